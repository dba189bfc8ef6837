package events

import (
	"encoding/json"
	"time"
)

// DetailType names what an event tells, in the words that EventBridge rules match on.
type DetailType string

// The detail types. Their samples are testdata/event_<name>.json.
const (
	DetectionCreated DetailType = "Detection Created"
	DetectionUpdated DetailType = "Detection Updated"
	DetectionClosed  DetailType = "Detection Closed"
	CoverageChanged  DetailType = "Coverage Changed"
	SensorUnhealthy  DetailType = "Sensor Unhealthy"
	MirrorHealth     DetailType = "Mirror Health"
)

// DetailTypes lists every detail type there is.
func DetailTypes() []DetailType {
	return []DetailType{DetectionCreated, DetectionUpdated, DetectionClosed, CoverageChanged, SensorUnhealthy, MirrorHealth}
}

const (
	// Source is the source of every event of ours on a bus.
	Source = "mirrorwatch"
	// DetailVersion is the version of the detail's shape. It is raised when a member changes its meaning or goes; members may be
	// added without.
	DetailVersion = 1
)

// Event is something that happened, as it is published: on EventBridge the detail is its Detail, elsewhere it is the whole.
// The shape is that of an EventBridge event, so that a consumer reads the same whichever way it came.
type Event struct {
	ID         string     `json:"id"` // the same for the same happening, however often it is published: consumers drop what they have seen
	DetailType DetailType `json:"detail-type"`
	Source     string     `json:"source"`
	Account    string     `json:"account,omitempty"` // AWS account; empty outside AWS
	Region     string     `json:"region,omitempty"`
	Time       time.Time  `json:"time"`
	Resources  []string   `json:"resources,omitempty"` // detection id, interface ids, ...
	URL        string     `json:"url,omitempty"`       // its page in the console; only in what notification rules send
	Detail     Detail     `json:"detail"`
}

// Detail is the versioned part of an event. Exactly one of Detection, Coverage, Health and Heard is there.
type Detail struct {
	Version   int        `json:"version"`             // DetailVersion
	Subject   string     `json:"subject"`             // what it is about: the events of one subject are in order
	Sequence  int64      `json:"sequence"`            // grows with each event of one subject; a smaller one came late
	Changed   []string   `json:"changed,omitempty"`   // members of the detection that differ from the event before: "risk", "status", ...
	Actor     string     `json:"actor,omitempty"`     // who changed it; empty where a detector did
	Truncated bool       `json:"truncated,omitempty"` // the longest members were cut to fit a carrier's limit: the store has the whole
	Detection *Detection `json:"detection,omitempty"` // exactly as stored
	Coverage  *Coverage  `json:"coverage,omitempty"`
	Health    *Health    `json:"health,omitempty"`
	Heard     *Heard     `json:"heard,omitempty"`
}

// Health is how a sensor fares.
type Health struct {
	Sensor  string    `json:"sensor"`
	Healthy bool      `json:"healthy"`
	Reason  string    `json:"reason,omitempty"` // "dropping: kernel 1200", ...
	Since   time.Time `json:"since"`
	Packets uint64    `json:"packets"` // received since the sensor began
	Drops   uint64    `json:"drops"`   // thrown away for a limit's sake
	Waiting int       `json:"waiting"` // rounds of records that wait for the detectors
}

// AppendJSON appends the event as one JSON object.
func (e *Event) AppendJSON(dst []byte) ([]byte, error) {
	b, err := json.Marshal(e)
	return append(dst, b...), err
}
