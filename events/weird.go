package events

import "unsafe"

// KindWeird is the log of things that are odd but not by themselves an attack.
const KindWeird Kind = "weird"

// Weird is something on the wire that no honest program should do. Source: Zeek's weird.log.
type Weird struct {
	Head
	Name   string `json:"name"`             // TCP_overlap_mismatch, truncated_header, ...
	Addl   string `json:"addl,omitempty"`   // detail for a person
	Notice bool   `json:"notice"`           // always false: detections are raised elsewhere
	Source string `json:"source,omitempty"` // the stage or analyzer that saw it
	Count  uint64 `json:"count,omitempty"`  // how many times, where it was rate limited
}

// Names and details of weirds that detectors look for.
const (
	// TornFragment is the detail of a fragment that lies across the edge of another one of its datagram, as no host cuts them.
	TornFragment = "across the edge of another fragment"
	// WeirdLargeFragment is the name of a fragment that would make its datagram longer than any may be.
	WeirdLargeFragment = "excessively_large_fragment"
	// WeirdAdvertOption is the name of an ICMPv6 router advertisement with an option whose length cannot be; the detail says which.
	WeirdAdvertOption = "router_advertisement_option_length"
	// WeirdLongInstance is the name of a question to SQL Server's resolution service for a longer instance name than there can be.
	WeirdLongInstance = "ssrp_instance_too_long"
)

var weirdEncoder = encoderFor[Weird]()

// Kind is KindWeird.
func (*Weird) Kind() Kind { return KindWeird }

// AppendJSON appends the record as one JSON object.
func (r *Weird) AppendJSON(dst []byte) []byte { return weirdEncoder.appendTo(dst, unsafe.Pointer(r)) }
