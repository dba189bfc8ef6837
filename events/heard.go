package events

import "time"

// HeardFault is what is wrong with what a sensor hears of an observation point.
type HeardFault string

// The faults of an observation point.
const (
	HeardSilent     HeardFault = "silent"     // no packet of it comes
	HeardTruncated  HeardFault = "truncated"  // many of its packets are cut
	HeardGaps       HeardFault = "gaps"       // packets are missing
	HeardDuplicates HeardFault = "duplicates" // nearly all that it shows is seen at another point first
)

// Heard is what one sensor has heard of one observation point, since the sensor began.
type Heard struct {
	VNI        uint32    `json:"vni"`
	Sensor     string    `json:"sensor"`
	Since      time.Time `json:"since"`     // when the counts began
	LastSeen   time.Time `json:"last_seen"` // its last packet
	Packets    uint64    `json:"packets"`
	Bytes      uint64    `json:"bytes"`      // of inner frames
	Duplicates uint64    `json:"duplicates"` // packets that were seen before, at this point or another
	Truncated  uint64    `json:"truncated"`  // packets that were cut on the way
	Gaps       uint64    `json:"gaps"`       // holes in TCP streams that nothing filled
	Interface  string    `json:"interface,omitempty"`
	Name       string    `json:"name,omitempty"`

	Faults []HeardFault `json:"faults,omitempty"` // that hold now; absent where all is well
	Reason string       `json:"reason,omitempty"` // in an event only: what changed, one sentence
}
