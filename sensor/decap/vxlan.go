package decap

import "encoding/binary"

// VXLAN takes off a VXLAN header (RFC 7348 section 5): flags, of which I must be set, three reserved bytes, a 24-bit network
// identifier, and a reserved byte. Reserved bits are ignored, as the RFC asks of a receiver. The frame inside is Ethernet.
func VXLAN(b []byte) (inner []byte, vni uint32, ok bool) {
	if len(b) < 8 || b[0]&0x08 == 0 {
		return nil, 0, false
	}
	return b[8:], binary.BigEndian.Uint32(b[4:]) >> 8, true
}

// VXLANGPE takes off the header of VXLAN's generic protocol extension (draft-ietf-nvo3-vxlan-gpe section 3), whose P flag says that
// its fourth byte names what is inside: 1 IPv4, 2 IPv6, 3 Ethernet.
func VXLANGPE(b []byte) (inner []byte, next uint8, vni uint32, ok bool) {
	const version, flagP, flagO = 0x30, 0x04, 0x01
	inner, vni, ok = VXLAN(b)
	if !ok || b[0]&(version|flagO) != 0 {
		return nil, 0, 0, false
	}
	if b[0]&flagP == 0 {
		return inner, 3, vni, true // without P it is plain VXLAN
	}
	return inner, b[3], vni, true
}

func (in *Inner) vxlan(b []byte) bool {
	inner, vni, ok := VXLAN(b)
	return ok && isEthernet(inner) && in.set(b, inner, LinkEthernet, vni, "VXLAN")
}

func (in *Inner) vxlanGPE(b []byte) bool {
	inner, next, vni, ok := VXLANGPE(b)
	switch {
	case !ok:
		return false
	case next == 1 && isIPv4(inner), next == 2 && isIPv6(inner):
		return in.set(b, inner, LinkRaw, vni, "VXLAN")
	case next == 3 && isEthernet(inner):
		return in.set(b, inner, LinkEthernet, vni, "VXLAN")
	}
	return false
}
