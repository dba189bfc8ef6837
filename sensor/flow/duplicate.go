package flow

import (
	"encoding/binary"

	"github.com/mirrorwatch/mirrorwatch/sensor/packet"
)

// Where both ends of a conversation are mirrored, each packet comes twice, under two VNIs. Such a conversation is one flow that
// knows several observation points, and each of its directions is counted from one of them: the first that showed it. What the
// others show is a copy. When the one that counts has been silent for takeOver while another goes on, that other counts from
// then on; as packets are counted from one point at any time, and a copy is never so late, nothing is counted twice.
const (
	takeOver   = 5_000   // milliseconds
	copyWithin = 1_000   // milliseconds between a datagram and its copy
	copyWindow = 4 << 20 // bytes of sequence space between a segment and its copy: two foreign conversations meet once in 260,000
	printed    = 64      // bytes of payload that enter a fingerprint
)

func (c *Conversation) observedAt(vni uint32) bool {
	if vni == c.VNI {
		return true
	}
	for _, v := range c.DuplicateVNIs() {
		if v == vni {
			return true
		}
	}
	return false
}

// addDuplicate gives 1 when the observation point could be remembered. If not, each of its packets is compared anew.
func (c *Conversation) addDuplicate(vni uint32) uint64 {
	if c.known == maxDuplicates {
		return 0
	}
	c.duplicates[c.known] = vni
	c.known++
	return 1
}

// isCopy decides whether a packet counts elsewhere.
func (c *Conversation) isCopy(p *packet.Packet, d Dir, s *Stats) bool {
	e, _ := c.ends(d)
	if p.VNI == e.vni || e.Packets == 0 {
		return false
	}
	if c.clock(p.Time) > e.seen+takeOver {
		s.Promoted++
		return false
	}
	// On a known point TCP still has to fit: a new conversation on the same ports may show there first.
	if c.Kind == packet.KindTCP && !c.segmentFits(p, d) {
		return false
	}
	c.copies++
	return true
}

// showsCopy decides whether a packet from an observation point not yet known is a copy, or of a conversation between other hosts
// that have the same addresses.
func (c *Conversation) showsCopy(p *packet.Packet, d Dir) bool {
	if c.Kind == packet.KindTCP {
		return c.segmentFits(p, d)
	}
	e, _ := c.ends(d)
	if c.clock(p.Time) > e.seen+copyWithin {
		return false
	}
	print := fingerprint(p)
	for _, m := range e.marks {
		if m == print {
			return true
		}
	}
	return false
}

// segmentFits says whether a segment's numbers are those of this conversation.
func (c *Conversation) segmentFits(p *packet.Packet, d Dir) bool {
	e, peer := c.ends(d)
	sent := e.state != tcpInactive
	if p.Flags&packet.SYN != 0 && sent {
		return p.Seq == e.start
	}
	if p.Flags&packet.ACK != 0 {
		known := peer.state != tcpInactive || sent
		return known && near(p.Ack, peer.start+uint32(max(peer.last, peer.ack))) && (!sent || near(p.Seq, e.lastSeq()))
	}
	return sent && near(p.Seq, e.lastSeq())
}

func near(a, b uint32) bool {
	d := int32(a - b)
	return -copyWindow <= d && d <= copyWindow
}

// remember keeps the fingerprint of a datagram for comparison with what other observation points show.
func (e *Endpoint) remember(p *packet.Packet) {
	e.marks[2], e.marks[1], e.marks[0] = e.marks[1], e.marks[0], fingerprint(p)
}

// fingerprint is made of what does not change on the way: not of the TTL, and not of checksums. It is never 0.
func fingerprint(p *packet.Packet) uint32 {
	h := uint64(p.IPID)<<32 ^ uint64(uint32(p.PayloadLen)) ^ mixA
	h = mix(h, uint64(p.ICMPID)<<16^uint64(p.ICMPSeq)^mixB)
	data := p.Payload[:min(len(p.Payload), printed)]
	for len(data) >= 8 {
		h = mix(h^binary.LittleEndian.Uint64(data), mixC)
		data = data[8:]
	}
	for _, b := range data {
		h = mix(h^uint64(b), mixB)
	}
	return uint32(h^h>>32) | 1
}
