package events

import (
	"net/netip"
	"unsafe"
)

// KindSOCKS is the log of what was asked of SOCKS proxies.
const KindSOCKS Kind = "socks"

// SOCKS is one request to a proxy, and its answer. Source: Zeek's socks.log; RFC 1928. The password is never kept.
type SOCKS struct {
	Head
	Version     uint8      `json:"version"`
	User        string     `json:"user,omitempty"`         // at most 255 bytes
	Status      string     `json:"status,omitempty"`       // "succeeded", ...; absent where no answer was seen
	RequestHost netip.Addr `json:"request.host,omitempty"` // whom the client wants, by address
	RequestName string     `json:"request.name,omitempty"` // or by name
	RequestP    uint16     `json:"request_p,omitempty"`
	BoundHost   netip.Addr `json:"bound.host,omitempty"` // where the proxy connects from
	BoundName   string     `json:"bound.name,omitempty"`
	BoundP      uint16     `json:"bound_p,omitempty"`

	// Ours.
	Command string `json:"command,omitempty"` // connect, bind or udp
}

var socksEncoder = encoderFor[SOCKS]()

// Kind is KindSOCKS.
func (*SOCKS) Kind() Kind { return KindSOCKS }

// AppendJSON appends the record as one JSON object.
func (r *SOCKS) AppendJSON(dst []byte) []byte { return socksEncoder.appendTo(dst, unsafe.Pointer(r)) }
