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

var weirdEncoder = encoderFor[Weird]()

// Kind is KindWeird.
func (*Weird) Kind() Kind { return KindWeird }

// AppendJSON appends the record as one JSON object.
func (r *Weird) AppendJSON(dst []byte) []byte { return weirdEncoder.appendTo(dst, unsafe.Pointer(r)) }
