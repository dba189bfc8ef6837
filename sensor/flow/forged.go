package flow

import "github.com/mirrorwatch/mirrorwatch/sensor/packet"

// nearHops is by how much the hops left in two packets of one host may differ: a route changes by one now and then.
const nearHops = 2

// doubtReset sees what shows that a reset was not sent by the host whose address it bears: it came over another number of hops, or
// that host goes on as if nothing had happened. at is the segment's place in the sender's sequence space.
func (c *Conversation) doubtReset(s *step, at int64) {
	e := s.from
	if s.flags&packet.RST != 0 {
		if hops := int(e.ttl) - int(s.p.TTL); e.Packets > 1 && (hops > nearHops || hops < -nearHops) {
			c.bits |= forDir(s.d, origFarReset, respFarReset)
		}
		return
	}
	// Data from before the reset may have been captured late; what lies at or behind it was sent by one who knows of none.
	if s.size > 0 && int32(uint32(at)-e.marks[markRST]) >= 0 {
		c.bits |= forDir(s.d, origWentOn, respWentOn)
	}
}

func forDir(d Dir, orig, resp conversationBits) conversationBits {
	if d == Orig {
		return orig
	}
	return resp
}

// WentOn says whether a side sent more data after a reset in its name.
func (c *Conversation) WentOn(d Dir) bool { return c.bits&forDir(d, origWentOn, respWentOn) != 0 }

// FarReset says whether a reset in a side's name came over another number of hops than its first packet.
func (c *Conversation) FarReset(d Dir) bool { return c.bits&forDir(d, origFarReset, respFarReset) != 0 }

// Acknowledged says whether the peer has acknowledged the byte at a sequence number of the side that sends in direction d.
func (c *Conversation) Acknowledged(d Dir, seq uint32) bool {
	e, _ := c.ends(d)
	return e.state != tcpInactive && e.place(seq, e.ack) < e.ack
}
