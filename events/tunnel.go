package events

import "unsafe"

// KindTunnel is the log of envelopes that carried other packets.
const KindTunnel Kind = "tunnel"

// Tunnel is one envelope between two hosts: it opens with action DISCOVER and ends with CLOSE. Source: Zeek's tunnel.log.
type Tunnel struct {
	Head
	TunnelType string `json:"tunnel_type"` // Tunnel::VXLAN, Tunnel::GENEVE, Tunnel::GRE, Tunnel::IP, Tunnel::AYIYA, Tunnel::TEREDO, ...
	Action     string `json:"action"`      // Tunnel::DISCOVER or Tunnel::CLOSE

	// Ours.
	Packets uint64 `json:"packets,omitempty"` // inner packets carried
	Bytes   uint64 `json:"bytes,omitempty"`   // inner bytes carried
}

var tunnelEncoder = encoderFor[Tunnel]()

// Kind is KindTunnel.
func (*Tunnel) Kind() Kind { return KindTunnel }

// AppendJSON appends the record as one JSON object.
func (r *Tunnel) AppendJSON(dst []byte) []byte { return tunnelEncoder.appendTo(dst, unsafe.Pointer(r)) }
