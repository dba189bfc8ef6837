package events

import (
	"net/netip"
	"unsafe"
)

// KindRADIUS is the log of RADIUS authentications.
const KindRADIUS Kind = "radius"

// RADIUS is one authentication, with as many challenges as it took. Passwords and keys are never kept. Source: Zeek's radius.log; RFC 2865.
type RADIUS struct {
	Head
	Username     string     `json:"username,omitempty"`
	MAC          string     `json:"mac,omitempty"` // of the station that wants in
	FramedAddr   netip.Addr `json:"framed_addr,omitempty"`
	TunnelClient string     `json:"tunnel_client,omitempty"`
	ConnectInfo  string     `json:"connect_info,omitempty"`
	ReplyMsg     string     `json:"reply_msg,omitempty"`
	Result       string     `json:"result,omitempty"` // success, failed, unknown
	TTL          Interval   `json:"ttl,omitempty"`    // from the first request to the last answer
}

var radiusEncoder = encoderFor[RADIUS]()

// Kind is KindRADIUS.
func (*RADIUS) Kind() Kind { return KindRADIUS }

// AppendJSON appends the record as one JSON object.
func (r *RADIUS) AppendJSON(dst []byte) []byte { return radiusEncoder.appendTo(dst, unsafe.Pointer(r)) }
