package flow

import "github.com/mirrorwatch/mirrorwatch/sensor/packet"

// nearHops is by how much the hops left in two packets of one host may differ: a route changes by one now and then.
const nearHops = 2

// doubtReset sees what shows that a reset was not sent by the host whose address it bears: it came over another number of hops or from
// another network card than that host's first packet, or the host goes on as if nothing had happened. at is the segment's place in the
// sender's sequence space.
func (c *Conversation) doubtReset(s *step, at int64) {
	e, far := s.from, forDir(s.d, origFarReset, respFarReset)
	if s.flags&packet.RST != 0 {
		if e.Packets > 1 && !e.cameFrom(s.p) {
			c.bits |= far
		}
		return
	}
	// Data from before the reset may have been captured late; what lies at or behind it was sent by one who knows of none. Where the
	// reset came from elsewhere, anything the host says afterwards shows that it was not its own.
	goesOn := s.size > 0 && int32(uint32(at)-e.marks[markRST]) >= 0
	if goesOn || c.bits&far != 0 && e.cameFrom(s.p) {
		c.bits |= forDir(s.d, origWentOn, respWentOn)
	}
}

// cameFrom says whether a packet came the way of an endpoint's first one.
func (e *Endpoint) cameFrom(p *packet.Packet) bool {
	hops := int(e.ttl) - int(p.TTL)
	return -nearHops <= hops && hops <= nearHops && p.SrcMAC == e.MAC
}

// doubtAnswer sees a second acceptance of the same request with another number, after the first was acknowledged: one of them is forged.
func (c *Conversation) doubtAnswer(s *step) {
	e := s.from
	if e.state == tcpEstablished && s.p.Seq != e.start && e.ack >= 1 && s.p.Ack == s.to.start+1 {
		c.letters[s.d] |= secondAnswer
	}
}

// AnsweredTwice says whether a side accepted the connection twice, with different numbers.
func (c *Conversation) AnsweredTwice(d Dir) bool { return c.letters[d]&secondAnswer != 0 }

func forDir(d Dir, orig, resp conversationBits) conversationBits {
	if d == Orig {
		return orig
	}
	return resp
}

// WentOn says whether a side went on after a reset in its name.
func (c *Conversation) WentOn(d Dir) bool { return c.bits&forDir(d, origWentOn, respWentOn) != 0 }

// FarReset says whether a reset in a side's name came over another number of hops, or from another card, than its first packet.
func (c *Conversation) FarReset(d Dir) bool { return c.bits&forDir(d, origFarReset, respFarReset) != 0 }

// Acknowledged says whether the peer has acknowledged the byte at a sequence number of the side that sends in direction d.
func (c *Conversation) Acknowledged(d Dir, seq uint32) bool {
	e, _ := c.ends(d)
	return e.state != tcpInactive && e.place(seq, e.ack) < e.ack
}
