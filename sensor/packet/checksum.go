package packet

import (
	"encoding/binary"
	"math/bits"
)

// VerifyChecksum reckons the checksum of the IPv4 header and of TCP, UDP or ICMP, keeps the answer in p.Checksum and returns
// it. It reads the whole packet, so Decode leaves it to who needs it. The answer is CheckUnknown for a packet that was cut, a
// fragment, UDP without a checksum (RFC 768), segmentation offload, a source-routed IPv6 packet, and other transports.
func (p *Packet) VerifyChecksum() Check {
	p.Checksum = p.verify()
	return p.Checksum
}

func (p *Packet) verify() Check {
	if p.Kind < KindIP || p.offloaded {
		return CheckUnknown
	}
	if p.Version == 4 && p.HeaderLen <= len(p.IP) && fold(sum(p.IP[:p.HeaderLen])) != 0xffff {
		return CheckBad
	}
	if p.Truncated || p.Fragment || p.routed || p.Kind == KindIP {
		return CheckUnknown
	}
	b := p.IP[p.HeaderLen:]
	if p.Kind == KindUDP {
		if binary.BigEndian.Uint16(b[6:]) == 0 && p.Version == 4 {
			return CheckUnknown
		}
		b = b[:8+len(p.Payload)]
	}
	s := sum(b)
	if p.Kind != KindICMP {
		s += p.pseudoHeader(len(b))
	}
	if fold(s) != 0xffff {
		return CheckBad
	}
	return CheckGood
}

// pseudoHeader is the sum over the addresses, protocol and length that TCP, UDP and ICMPv6 include. The bytes in front of a
// mapped IPv4 address add 0xffff a time, which is zero in this arithmetic.
func (p *Packet) pseudoHeader(n int) uint64 {
	return uint64(fold(sum(p.Src[:]))) + uint64(fold(sum(p.Dst[:]))) + uint64(p.Proto) + uint64(n)
}

// sum adds up 16-bit words, eight bytes at a time (RFC 1071 section 2): carries out of the 64 bits are added back in.
func sum(b []byte) uint64 {
	var s, carry uint64
	for len(b) >= 8 {
		s, carry = bits.Add64(s, binary.BigEndian.Uint64(b), carry)
		b = b[8:]
	}
	var last [8]byte
	copy(last[:], b)
	s, carry = bits.Add64(s, binary.BigEndian.Uint64(last[:]), carry)
	s, carry = bits.Add64(s, 0, carry)
	return uint64(fold(s + carry))
}

// fold brings a sum down to 16 bits, ones' complement.
func fold(s uint64) uint16 {
	s = s>>32 + s&0xffffffff
	s = s>>32 + s&0xffffffff
	s = s>>16 + s&0xffff
	s = s>>16 + s&0xffff
	s = s>>16 + s&0xffff
	return uint16(s)
}
