package packet

import (
	"encoding/binary"
	"math/bits"
)

// Odd constants with well-spread bits, each for one place in the hash so that equal fields do not cancel out.
const (
	mixAddr = 0x9e3779b97f4a7c15
	mixPort = 0xd6e8feb86659fd93
	mixLow  = 0xa0761d6478bd642f
)

// Shard is the same for both directions of a conversation and spreads well over any number of workers. The observation point is
// left out on purpose: the copies of a conversation mirrored at both its ends must meet in one worker to be counted once. ICMP
// goes by its addresses, so that an answer meets its request, and ARP by the two hosts it names. Fragments have no ports, so
// put a datagram together before asking for its shard.
func (p *Packet) Shard() uint32 {
	a, b := &p.Src, &p.Dst
	var ap, bp uint16
	switch p.Kind {
	case KindTCP, KindUDP:
		ap, bp = p.SrcPort, p.DstPort
	case KindARP:
		a, b = &p.ARP.Sender, &p.ARP.Target
	case KindOther:
		return uint32(finalise(etherSum(p.SrcMAC) + etherSum(p.DstMAC) + uint64(p.EtherType)))
	}
	// The sum is what makes it symmetric; each endpoint is mixed before it, or hosts that differ in one bit would cancel.
	return uint32(finalise(endpoint(a, ap) + endpoint(b, bp) + uint64(p.Proto)))
}

// ShardIPv4 is what Shard gives for a whole TCP segment or UDP datagram over IPv4, for who has not decoded it.
func ShardIPv4(src, dst [4]byte, srcPort, dstPort uint16, proto uint8) uint32 {
	return uint32(finalise(endpointAt(0, mapped(src), srcPort) + endpointAt(0, mapped(dst), dstPort) + uint64(proto)))
}

// mapped is the low half of an IPv4 address mapped into IPv6, as endpoint reads it.
func mapped(a [4]byte) uint64 { return 0xffff<<16 | uint64(binary.LittleEndian.Uint32(a[:]))<<32 }

func endpoint(a *Addr, port uint16) uint64 {
	return endpointAt(binary.LittleEndian.Uint64(a[:8]), binary.LittleEndian.Uint64(a[8:]), port)
}

func endpointAt(high, low uint64, port uint16) uint64 {
	x, y := bits.Mul64(high^low^mixLow, mixAddr)
	return (x^y)*mixPort ^ bits.RotateLeft64(low+uint64(port)*mixPort, 29)*mixAddr
}

func etherSum(m [6]byte) uint64 {
	v := uint64(binary.BigEndian.Uint32(m[:]))<<16 | uint64(binary.BigEndian.Uint16(m[4:]))
	return finalise(v + 1)
}

// finalise is MurmurHash3's 64-bit finaliser: each input bit flips half of the output bits, so the low bits serve as well as any.
func finalise(h uint64) uint64 {
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	h *= 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}
