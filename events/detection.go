package events

import (
	"cmp"
	"encoding/json"
	"net/netip"
	"time"
)

// Detection is one thing that goes on, raised by a detector, stored, published and served in this form.
// The same input gives the same ID, so that a retry or a replay never doubles it; a re-alert updates it.
type Detection struct {
	ID          string  `json:"id"`          // 32 hexadecimal digits
	Type        string  `json:"type"`        // "recon.port_scan": the path below shared/detect
	Title       string  `json:"title"`       // for a person, the same for every detection of the type
	Category    string  `json:"category"`    // the tactic's folder: recon, access, lateral, c2, exfil, impact, hygiene
	Description string  `json:"description"` // one plain sentence with numbers
	Risk        Risk    `json:"risk"`
	Confidence  float64 `json:"confidence"` // 0 to 1
	Triage

	Start  time.Time  `json:"start"`         // RFC 3339, from the packets
	Update time.Time  `json:"update"`        //
	End    *time.Time `json:"end,omitempty"` // absent while it goes on

	Participants []Participant  `json:"participants"`
	Tactics      []string       `json:"tactics,omitempty"`    // MITRE ATT&CK, TA....
	Techniques   []string       `json:"techniques,omitempty"` // MITRE ATT&CK, T....
	Properties   map[string]any `json:"properties,omitempty"` // typed evidence, a detector's own
	Evidence     Evidence       `json:"evidence"`
	Activity     []Activity     `json:"activity,omitempty"` // one entry an alert, oldest first
	Context      *Context       `json:"context,omitempty"`  // what correlation knows of it; detectors never write it

	VNI                 uint32 `json:"vni,omitempty"`
	Sensor              string `json:"sensor,omitempty"`
	DetectorVersion     int    `json:"detector_version"`
	GuardDutyEquivalent string `json:"guardduty_equivalent,omitempty"`
}

// Risk says how much a detection matters and how that was reckoned: Score is the sum of the Terms, held between 1 and 99.
type Risk struct {
	Score      int    `json:"score"`
	Band       Band   `json:"band"`
	Likelihood Level  `json:"likelihood"`
	Complexity Level  `json:"complexity"`
	Impact     Level  `json:"impact"`
	Terms      []Term `json:"terms"`
}

// Level is low, medium or high.
type Level string

// The three levels.
const (
	Low    Level = "low"
	Medium Level = "medium"
	High   Level = "high"
)

// Band is a range of risk scores: low 1-29, medium 30-59, high 60-79, critical 80-99.
type Band string

// BandOf gives the band of a score.
func BandOf(score int) Band {
	switch {
	case score >= 80:
		return "critical"
	case score >= 60:
		return "high"
	case score >= 30:
		return "medium"
	}
	return "low"
}

// Term is one named part of a risk score.
type Term struct {
	Name   string `json:"name"`
	Points int    `json:"points"`
	Reason string `json:"reason,omitempty"`
}

// Participant is one side of a detection. Role is what it did, not which way its packets went.
type Participant struct {
	Role     string     `json:"role"`               // offender or victim
	Endpoint string     `json:"endpoint,omitempty"` // client or server
	Device   string     `json:"device,omitempty"`   // the device's id
	Address  netip.Addr `json:"address"`            // "" of one that has none: who calls an AWS API by way of another service, or what the call is about
	Port     uint16     `json:"port,omitempty"`
	Hostname string     `json:"hostname,omitempty"`
	External bool       `json:"external"` // outside the local networks

	Interface string            `json:"interface,omitempty"`
	Instance  string            `json:"instance,omitempty"`
	VPC       string            `json:"vpc,omitempty"`
	Account   string            `json:"account,omitempty"`
	Tags      map[string]string `json:"tags,omitempty"`
	User      string            `json:"user,omitempty"`
}

// Label is what a participant is called for a person: "name (address)", and of one without an address what AWS calls it.
func (p *Participant) Label() string {
	if !p.Address.IsValid() {
		return cmp.Or(p.Hostname, p.Interface, p.Instance, p.VPC, p.User, p.Device)
	}
	if name := cmp.Or(p.Hostname, p.User); name != "" {
		return name + " (" + p.Address.String() + ")"
	}
	return p.Address.String()
}

// Evidence points at what a detection rests on.
type Evidence struct {
	UIDs  []string  `json:"uids,omitempty"` // conversations, at most 16
	Start time.Time `json:"start"`
	End   time.Time `json:"end"`
}

// Activity is one alert of a detection: when, and the sentence as it stood then.
type Activity struct {
	Time        time.Time `json:"time"`
	Description string    `json:"description"`
	Score       int       `json:"score"`
}

// AppendJSON appends the detection as one JSON object.
func (d *Detection) AppendJSON(dst []byte) ([]byte, error) {
	b, err := json.Marshal(d)
	return append(dst, b...), err
}
