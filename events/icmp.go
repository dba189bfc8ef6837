package events

import (
	"net/netip"
	"unsafe"
)

// KindICMP is the log of ICMP and ICMPv6 exchanges.
const KindICMP Kind = "icmp"

// ICMP is one ICMP exchange: the messages between two hosts of one type, and of one identifier for an echo.
// Zeek has no such log; names follow its style.
type ICMP struct {
	Head
	V6         bool       `json:"v6"`
	Type       uint8      `json:"itype"`                  // first message's type
	Code       uint8      `json:"icode"`                  //
	Name       string     `json:"name,omitempty"`         // echo, unreachable, time_exceeded, ...
	Requests   uint64     `json:"requests"`               // messages of the originator
	Replies    uint64     `json:"replies"`                // messages of the responder
	MinLen     uint32     `json:"min_len"`                // payload bytes after the ICMP header, least and most of a message
	MaxLen     uint32     `json:"max_len"`                //
	Distinct   uint32     `json:"distinct_payloads"`      // different payloads among the first 64 messages, timestamps left out; many of them carry data
	Mismatched uint64     `json:"mismatched"`             // replies whose payload differs from the request's
	OrigUnH    netip.Addr `json:"orig_unreach,omitempty"` // of the packet an error message quotes: its source
	RespUnH    netip.Addr `json:"resp_unreach,omitempty"` // its destination
	UnProto    uint8      `json:"proto_unreach,omitempty"`
	OrigUnP    uint16     `json:"orig_p_unreach,omitempty"`
	RespUnP    uint16     `json:"resp_p_unreach,omitempty"`
	Duration   Interval   `json:"duration,omitempty"`
	Interim    bool       `json:"interim,omitempty"` // the exchange goes on: a later record counts these messages again
}

var icmpEncoder = encoderFor[ICMP]()

// Kind is KindICMP.
func (*ICMP) Kind() Kind { return KindICMP }

// AppendJSON appends the record as one JSON object.
func (r *ICMP) AppendJSON(dst []byte) []byte { return icmpEncoder.appendTo(dst, unsafe.Pointer(r)) }
