// Package decap takes envelopes off frames: VXLAN, GENEVE, GRE, ERSPAN, IP in IP, AYIYA, Teredo and GTP-U. What comes in is the
// payload of a UDP datagram or of an IP packet; what goes out is the frame inside as a slice of it, with what kind of frame that
// is. It never allocates, never looks at more than the envelope and the first header inside, never keeps anything, and takes
// off one envelope a call: how deep to go is the caller's to bound.
package decap

import "encoding/binary"

// Kinds of frame that come out of an envelope, numbered as in a capture file (the LINKTYPE_ registry).
const (
	LinkEthernet uint16 = 1
	LinkPPP      uint16 = 9
	LinkRaw      uint16 = 101 // IP of either version
	LinkMPLS     uint16 = 219
)

// Inner is a frame taken out of its envelope.
type Inner struct {
	Frame  []byte // borrowed from the payload; cut where that was
	Link   uint16
	Offset int    // bytes of payload in front of Frame: the frame's length on the wire is the payload's less this
	VNI    uint32 // of VXLAN and GENEVE, or ERSPAN's session; 0 where the envelope has none that both directions share
	Type   string // VXLAN, GENEVE, GRE, ERSPAN, IP, AYIYA, TEREDO or GTPv1
}

// Well-known UDP ports (IANA, except that Linux used 8472 for VXLAN before one was assigned and still does by default).
const (
	portGTP      = 2152
	portTeredo   = 3544
	portVXLAN    = 4789
	portVXLANGPE = 4790
	portAYIYA    = 5072
	portGENEVE   = 6081
	portVXLANOld = 8472
)

// portBits has a bit for each of the ports, by their last six bits, counted from the top so that a shift brings it to the sign.
// Nearly every datagram is ruled out by one look at it, cheap enough that UDP is inlined.
const portBits int64 = 1<<(63-portGTP&63) | 1<<(63-portTeredo&63) | 1<<(63-portVXLAN&63) | 1<<(63-portVXLANGPE&63) |
	1<<(63-portAYIYA&63) | 1<<(63-portGENEVE&63) | 1<<(63-portVXLANOld&63)

// UDP takes off the envelope that a datagram's ports announce. The ports are a hint only: what does not hold a plausible frame is
// an ordinary datagram.
func UDP(srcPort, dstPort uint16, payload []byte) (in Inner, ok bool) {
	ok = portBits<<(srcPort&63)|portBits<<(dstPort&63) < 0 && in.byPorts(srcPort, dstPort, payload)
	return
}

// Announced says whether UDP would look into a datagram of these ports.
func Announced(srcPort, dstPort uint16) bool {
	return portBits<<(srcPort&63)|portBits<<(dstPort&63) < 0 && (announced(srcPort) || announced(dstPort))
}

func announced(port uint16) bool {
	switch port {
	case portVXLAN, portVXLANOld, portVXLANGPE, portGENEVE, portTeredo, portAYIYA, portGTP:
		return true
	}
	return false
}

func (in *Inner) byPorts(srcPort, dstPort uint16, b []byte) bool {
	return in.byPort(dstPort, b) || in.byPort(srcPort, b)
}

func (in *Inner) byPort(port uint16, b []byte) bool {
	switch port {
	case portVXLAN, portVXLANOld:
		return in.vxlan(b)
	case portVXLANGPE:
		return in.vxlanGPE(b)
	case portGENEVE:
		return in.geneve(b)
	case portTeredo:
		inner, ok := Teredo(b)
		return ok && in.set(b, inner, LinkRaw, 0, "TEREDO")
	case portAYIYA:
		inner, ok := AYIYA(b)
		return ok && in.set(b, inner, LinkRaw, 0, "AYIYA")
	case portGTP:
		inner, ok := GTPU(b)
		return ok && in.set(b, inner, LinkRaw, 0, "GTPv1")
	}
	return false
}

// IP protocol numbers of envelopes (IANA).
const (
	protoIPIP = 4
	protoIPv6 = 41
	protoGRE  = 47
	protoMPLS = 137
)

// IP takes off the envelope that an IP packet's protocol number announces. payload is what follows the IP headers.
func IP(proto uint8, payload []byte) (in Inner, ok bool) {
	switch proto {
	case protoIPIP:
		ok = isIPv4(payload) && in.set(payload, payload, LinkRaw, 0, "IP")
	case protoIPv6:
		ok = isIPv6(payload) && in.set(payload, payload, LinkRaw, 0, "IP")
	case protoGRE:
		ok = in.gre(payload)
	case protoMPLS: // RFC 4023
		ok = len(payload) > 4 && in.set(payload, payload, LinkMPLS, 0, "IP")
	}
	return in, ok
}

// set describes inner, which ends where outer does. It is always true, so that it can end a condition.
func (in *Inner) set(outer, inner []byte, link uint16, vni uint32, kind string) bool {
	// Field by field: a literal would be built elsewhere and copied here, which costs more than all the rest.
	in.Frame, in.Link, in.Offset = inner, link, len(outer)-len(inner)
	in.VNI, in.Type = vni, kind
	return true
}

// isIPv4 says whether b begins with an IPv4 header (RFC 791 section 3.1) of a length and total length that can be. A total
// length of zero is segmentation offload's.
func isIPv4(b []byte) bool {
	if len(b) < 20 || b[0]>>4 != 4 || b[0]&0x0f < 5 {
		return false
	}
	total := binary.BigEndian.Uint16(b[2:])
	return total == 0 || total >= 20
}

// isIPv6 says whether b begins with an IPv6 header, which has little to check beside its version.
func isIPv6(b []byte) bool { return len(b) >= 40 && b[0]>>4 == 6 }

func isIP(b []byte) bool { return isIPv4(b) || isIPv6(b) }

// isEthernet says whether b begins with an Ethernet header that a host may have sent: no group address for a source, and a type
// that leads somewhere or an IEEE 802.3 length.
func isEthernet(b []byte) bool {
	if len(b) < 14 || b[6]&1 != 0 {
		return false
	}
	t := binary.BigEndian.Uint16(b[12:])
	if t <= 1500 {
		return true
	}
	switch t {
	case 0x0800, 0x86dd: // the version must agree, where it was captured
		return len(b) == 14 || b[14]>>4 == 4 && t == 0x0800 || b[14]>>4 == 6 && t == 0x86dd
	case 0x0806, 0x8035, 0x8100, 0x88a8, 0x9100, 0x8847, 0x8848, 0x8863, 0x8864, 0x8808, 0x8809, 0x888e, 0x88cc, 0x88e5,
		0x88f7, 0x8902, 0x6558, 0x9000, 0x893a:
		return true
	}
	return false
}
