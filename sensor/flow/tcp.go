package flow

import "github.com/mirrorwatch/mirrorwatch/sensor/packet"

// tcpState is what an endpoint has been seen to do. The names and the transitions are those of Zeek's connection summaries,
// which are about what passed the observer, not those of RFC 9293.
type tcpState uint8

const (
	tcpInactive    tcpState = iota // sent nothing
	tcpSynSent                     //
	tcpSynAckSent                  // as the originator
	tcpPartial                     // sends, but its SYN was not seen
	tcpEstablished                 //
	tcpClosed                      // sent a FIN
	tcpReset                       // sent a RST
)

func (s tcpState) handshaking() bool { return s == tcpSynSent || s == tcpSynAckSent }

// opened says that the endpoint was seen taking part from the start.
func (s tcpState) opened() bool { return s != tcpInactive && s != tcpPartial }

// step is one segment on its way through the counting.
type step struct {
	p        *packet.Packet
	d        Dir
	from, to *Endpoint
	size     int64  // payload on the wire
	end      uint32 // sequence number after it
	flags    uint8
	closes   bool // from has ended its side
}

// segment counts one TCP segment. The order of what it does decides the order of the history's letters and which numbers are
// believed, so it is Zeek's order.
func (c *Conversation) segment(p *packet.Packet, d Dir) Dir {
	s := step{p: p, d: d, flags: p.Flags, size: int64(max(p.PayloadLen, 0))}
	s.from, s.to = c.ends(d)
	s.end = p.Seq + s.span()
	if s.flags&(packet.SYN|packet.ACK) == packet.SYN|packet.ACK {
		c.doubtAnswer(&s)
	}
	s.from.open(&s)
	at := s.from.place(p.Seq, s.from.last)
	if s.flags&packet.RST != 0 || s.from.state == tcpReset {
		c.doubtReset(&s, at)
	}
	c.flagLetters(p, d, s.from, at)
	c.zeroWindow(&s)
	if s.from.bits&s.to.bits&closeKnown == 0 {
		c.Last = max(c.Last, p.Time)
	}
	if s.flags&packet.FIN != 0 {
		s.from.bits |= sentFIN
	}
	if d == Orig {
		c.Flags |= s.flags
	}
	acked := s.acknowledge()
	c.advance(&s)
	c.transit(&s)
	if s.flags&packet.ACK != 0 {
		s.to.confirm(acked)
		c.noticeEnd(s.to, s.from)
	}
	if s.size > 0 && s.flags&packet.RST == 0 && at >= 0 {
		s.from.receive(&s)
	}
	c.noticeEnd(s.from, s.to)
	if s.closes {
		c.closed(s.from, s.to)
	}
	c.endLateReset(&s)
	return s.d
}

// zeroWindow: after the peer's FIN there is nothing to be received, and a RST's window says nothing.
func (c *Conversation) zeroWindow(s *step) {
	if s.p.Window == 0 && s.flags&packet.RST == 0 && s.to.state != tcpClosed && s.from.state != tcpReset {
		c.scaled(s.d, &s.from.shut, 'W')
	}
}

// enter changes an endpoint's state.
func (e *Endpoint) enter(to tcpState, peer *Endpoint) {
	if e.state == to {
		return
	}
	e.before, e.state = e.state, to
	if to == tcpReset && e.before == tcpSynSent && peer.state == tcpInactive {
		e.bits |= aborted
	} else {
		e.bits &^= aborted
	}
	peer.bits &^= aborted
}

func (c *Conversation) transit(s *step) {
	switch s.from.state {
	case tcpInactive:
		c.fromInactive(s)
	case tcpSynSent, tcpSynAckSent:
		s.fromSynSent()
	case tcpPartial, tcpEstablished:
		s.fromEstablished()
	case tcpClosed:
		s.fromClosed()
	}
}

// fromInactive takes an endpoint's first segment, of which several flags may be set at once.
func (c *Conversation) fromInactive(s *step) {
	if s.flags&packet.SYN != 0 {
		c.firstSYN(s)
	}
	if s.flags&packet.FIN != 0 {
		s.from.enter(tcpClosed, s.to)
		s.closes = true
	}
	if s.flags&packet.RST != 0 {
		s.from.enter(tcpReset, s.to)
		s.closes = true
	}
	if s.from.state != tcpInactive {
		return
	}
	switch {
	case s.d == Resp && s.size == 0 && s.to.state == tcpSynSent:
		// Some hosts acknowledge a SYN before they answer it.
	case s.flags&packet.ACK != 0 && s.to.state == tcpEstablished:
		// The SYN was missed, but the SYN-ACK and this say that it was there.
		s.from.enter(tcpEstablished, s.to)
	default:
		s.from.enter(tcpPartial, s.to)
	}
}

func (c *Conversation) firstSYN(s *step) {
	if s.d == Orig {
		if s.flags&packet.ACK != 0 {
			s.from.enter(tcpSynAckSent, s.to)
		} else {
			s.from.enter(tcpSynSent, s.to)
		}
		return
	}
	if s.flags&packet.ACK == 0 && s.to.state == tcpSynAckSent && s.p.Seq == s.from.start {
		// SYN and SYN-ACK were captured in the wrong order. The endpoints change places, and so do the pointers to them.
		c.flip()
		s.d, s.from, s.to = s.d.Other(), s.to, s.from
		c.Flags = s.flags
		s.to.enter(tcpEstablished, s.from)
	}
	if s.to.state == tcpSynSent {
		s.to.enter(tcpEstablished, s.from)
	}
	s.from.enter(tcpEstablished, s.to)
}

func (s *step) fromSynSent() {
	if s.flags&packet.FIN != 0 {
		s.from.enter(tcpClosed, s.to)
		s.closes = true
	}
	if s.flags&packet.RST != 0 {
		s.from.enter(tcpReset, s.to)
		s.closes = true
	}
}

func (s *step) fromEstablished() {
	if s.flags&(packet.SYN|packet.ACK) == packet.SYN && s.from.state == tcpPartial && s.to.state == tcpInactive {
		s.from.enter(tcpSynSent, s.to)
	}
	if s.flags&(packet.FIN|packet.RST) == packet.FIN {
		s.from.enter(tcpClosed, s.to)
		if s.to.state == tcpReset && s.to.before == tcpClosed {
			s.to.enter(tcpClosed, s.from) // its RST came after its FIN: this was an orderly end
		}
		s.closes = true
	}
	if s.flags&packet.RST != 0 {
		s.from.enter(tcpReset, s.to)
		s.closes = true
	}
}

func (s *step) fromClosed() {
	if s.flags&packet.RST != 0 && s.to.state != tcpClosed {
		s.from.enter(tcpReset, s.to)
		if s.from.bits&closeKnown == 0 {
			s.closes = true
		}
	}
}

// closed notes that a side has ended, once all its data was seen, and whether the conversation is over with that.
func (c *Conversation) closed(e, peer *Endpoint) {
	if e.pending(peer) {
		c.bits |= closeDeferred
		return
	}
	c.bits &^= closeDeferred
	if e.bits&closeKnown != 0 {
		return
	}
	e.bits |= closeKnown
	if e.state == tcpReset || peer.bits&closeKnown != 0 || peer.state == tcpInactive {
		c.bits |= over
	}
}

// noticeEnd sees when the last missing data of a side that had closed is there.
func (c *Conversation) noticeEnd(e, peer *Endpoint) {
	if e.bits&finished != 0 || e.bits&sentFIN == 0 && e.state != tcpClosed && e.state != tcpReset || e.pending(peer) {
		return
	}
	e.bits |= finished
	if c.bits&closeDeferred != 0 {
		c.closed(e, peer)
		c.bits &^= closeDeferred
	}
}

// endLateReset: a RST after the sender's own FIN ends what still waits for the other side.
func (c *Conversation) endLateReset(s *step) {
	if s.from.state == tcpReset && s.from.bits&closeKnown != 0 {
		c.bits |= over
	}
}

// reusedBy says that a segment begins a new conversation on the same addresses and ports.
func (c *Conversation) reusedBy(p *packet.Packet) bool {
	if p.Flags&packet.SYN == 0 {
		return false
	}
	first := &c.Orig
	if p.Flags&packet.ACK != 0 {
		if c.Orig.state != tcpInactive {
			return false
		}
		first = &c.Resp
	}
	if c.Orig.bits&c.Resp.bits&closeKnown != 0 {
		return true
	}
	if p.Seq == first.start {
		return false
	}
	// A SYN that arrives after its SYN-ACK belongs to it.
	late := p.Flags&packet.ACK == 0 && first.state == tcpSynAckSent && c.Resp.state == tcpInactive && p.Seq == c.Resp.start
	return !late
}
