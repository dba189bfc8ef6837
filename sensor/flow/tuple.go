package flow

import (
	"encoding/binary"
	"math/bits"

	"github.com/mirrorwatch/mirrorwatch/sensor/packet"
)

// tuple is what a packet is looked up by, as its sender sees it.
type tuple struct {
	src, dst         *packet.Addr
	srcPort, dstPort uint16
	proto            uint8
	oneWay           bool
}

// read says false for packets that belong to no conversation: not IP, or TCP, UDP and ICMP whose header is not there.
func (k *tuple) read(p *packet.Packet) bool {
	k.src, k.dst, k.proto = &p.Src, &p.Dst, p.Proto
	switch p.Kind {
	case packet.KindTCP, packet.KindUDP:
		k.srcPort, k.dstPort = p.SrcPort, p.DstPort
	case packet.KindICMP, packet.KindICMPv6:
		other, paired := counterpart(p.Kind, p.SrcPort, p.DstPort)
		k.srcPort, k.dstPort, k.oneWay = p.SrcPort, other, !paired
	case packet.KindIP:
		switch p.Proto {
		case packet.ProtoTCP, packet.ProtoUDP, packet.ProtoICMP, packet.ProtoICMPv6:
			return false
		}
		return !p.Fragment
	default:
		return false
	}
	return true
}

// Odd constants for mixing: the fractional parts of the golden ratio and of the roots of 2 and 3.
const (
	mixA = 0x9e3779b97f4a7c15
	mixB = 0x6a09e667f3bcc909
	mixC = 0xbb67ae8584caa73b
)

func mix(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}

// side makes one number of an endpoint.
func side(a *packet.Addr, port uint16, seed uint64) uint64 {
	hi, lo := binary.LittleEndian.Uint64(a[:8]), binary.LittleEndian.Uint64(a[8:])
	return mix(hi^mixA^seed, lo^mixB+uint64(port)<<1)
}

// hash is the same for both directions, and leaves out the observation point, so that copies of a conversation meet in one bucket.
func (k *tuple) hash(seed uint64) uint32 {
	a, b := side(k.src, k.srcPort, seed), side(k.dst, k.dstPort, seed)
	h := mix(a+b^mixC, a^b^mixA^uint64(k.proto))
	return uint32(h ^ h>>32)
}

// number names a conversation. Unlike hash it takes no seed: it must be the same on every sensor and in every run.
func (k *tuple) number(vni uint32, start int64) uint64 {
	a, b := side(k.src, k.srcPort, 0), side(k.dst, k.dstPort, 0)
	return mix(mix(a^mixB, b^mixC^uint64(k.proto)), mix(uint64(start)^mixA, uint64(vni)^mixC))
}

// match says whether a packet of tuple k belongs to c, and in which direction it went.
func (c *Conversation) match(k *tuple) (Dir, bool) {
	if c.Proto != k.proto || (c.bits&oneWay != 0) != k.oneWay {
		return Orig, false
	}
	if c.Orig.Port == k.srcPort && c.Resp.Port == k.dstPort && c.Orig.Addr == *k.src && c.Resp.Addr == *k.dst {
		return Orig, true
	}
	if !k.oneWay && c.Orig.Port == k.dstPort && c.Resp.Port == k.srcPort && c.Orig.Addr == *k.dst && c.Resp.Addr == *k.src {
		return Resp, true
	}
	return Orig, false
}
