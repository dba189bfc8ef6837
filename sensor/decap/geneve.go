package decap

import "encoding/binary"

// GENEVE takes off a GENEVE header (RFC 8926 section 3.4) and its options. protocol is the EtherType of what is inside, 0x6558 for
// an Ethernet frame. AWS's Gateway Load Balancer sends IP directly inside, with its own options in front.
func GENEVE(b []byte) (inner []byte, protocol uint16, vni uint32, ok bool) {
	if len(b) < 8 || b[0]>>6 != 0 {
		return nil, 0, 0, false
	}
	header := 8 + int(b[0]&0x3f)*4
	if len(b) < header || !geneveOptions(b[8:header]) {
		return nil, 0, 0, false
	}
	return b[header:], binary.BigEndian.Uint16(b[2:]), binary.BigEndian.Uint32(b[4:]) >> 8, true
}

// geneveOptions says whether options fill their place exactly: class, type, and a length in words of what follows (RFC 8926
// section 3.5), which must not exceed it.
func geneveOptions(o []byte) bool {
	for len(o) >= 4 {
		n := 4 + int(o[3]&0x1f)*4
		if n > len(o) {
			return false
		}
		o = o[n:]
	}
	return len(o) == 0
}

func (in *Inner) geneve(b []byte) bool {
	const control = 0x80 // O: a message for the endpoint itself
	inner, protocol, vni, ok := GENEVE(b)
	switch {
	case !ok || b[1]&control != 0:
		return false
	case protocol == 0x6558 && isEthernet(inner):
		return in.set(b, inner, LinkEthernet, vni, "GENEVE")
	case protocol == 0x0800 && isIPv4(inner), protocol == 0x86dd && isIPv6(inner):
		return in.set(b, inner, LinkRaw, vni, "GENEVE")
	}
	return false
}
