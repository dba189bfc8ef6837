package events

import "time"

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
}
