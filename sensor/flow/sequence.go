package flow

import "github.com/mirrorwatch/mirrorwatch/sensor/packet"

// wildJump is how far a SYN's or RST's sequence number may lie from what was seen and still be believed, and an acknowledgement
// of 0: many hosts reset with numbers of their own making.
const wildJump = 1 << 20

// lastSeq is the sequence number after the last byte sent.
func (e *Endpoint) lastSeq() uint32 { return e.start + uint32(e.last) }

// span is the sequence space that a segment takes (RFC 9293 section 3.4). What a RST carries is not part of the stream.
func (s *step) span() uint32 {
	n := uint32(s.size)
	if s.flags&packet.RST != 0 {
		n = 0
	}
	if s.flags&packet.SYN != 0 {
		n++
	}
	if s.flags&packet.FIN != 0 {
		n++
	}
	return n
}

// begin sets the numbering so that start is the place of the SYN.
func (e *Endpoint) begin(start uint32, last, ack int64) {
	if start != e.start || e.state == tcpInactive {
		e.ready = start + 1 // else a SYN came again, and what was seen since stays seen
	}
	e.start, e.last, e.ack = start, last, ack
}

// open sets a sender's numbering by its first segment, or anew by a SYN that shows the old to be wrong.
func (e *Endpoint) open(s *step) {
	syn := s.flags&packet.SYN != 0
	switch e.state {
	case tcpInactive:
		if syn {
			e.begin(s.p.Seq, int64(s.span()), 0)
		} else {
			// As if a SYN had come just before, and this segment were still to be counted.
			e.begin(s.p.Seq-1, 1, 0)
		}
	case tcpSynSent, tcpSynAckSent, tcpPartial, tcpEstablished:
		if syn && (s.p.Seq != e.start || e.state == tcpPartial || e.state == tcpEstablished) {
			e.begin(s.p.Seq, int64(s.span()), 0)
		}
	case tcpReset:
		if syn && e.before == tcpInactive {
			e.begin(s.p.Seq, int64(s.span()), 0) // the numbers so far were those of a RST, which may be forged
		}
	}
}

// place is where a sequence number lies from start on, taking it for the one of its 2^32 places that is nearest to another place.
func (e *Endpoint) place(seq uint32, near int64) int64 {
	return near + int64(int32(seq-(e.start+uint32(near))))
}

// acknowledge notes what a segment says of the other side's data, and gives how far that reaches.
func (s *step) acknowledge() int64 {
	if s.flags&packet.ACK == 0 {
		return 0
	}
	e := s.to
	if e.state == tcpInactive {
		e.begin(s.p.Ack-1, 0, 0)
		return 1
	}
	at := e.place(s.p.Ack, e.ack)
	if at < 0 {
		return 0
	}
	broken := s.p.Ack == 0 && at-e.ack > wildJump
	if s.flags&packet.RST == 0 && at > e.ack && !broken {
		e.ack = at
	}
	return at
}

// advance moves the sender's end, or counts a retransmission.
func (c *Conversation) advance(s *step) {
	e := s.from
	ahead := int64(int32(s.end - e.lastSeq()))
	switch {
	case s.flags&(packet.SYN|packet.RST) != 0 && (ahead > wildJump || ahead < -wildJump):
	case s.flags&packet.FIN != 0 && e.last == 1:
		// Between SYN and FIN nothing was seen, and it may have been more than half of the sequence space.
		e.last += int64(s.end - e.lastSeq())
	case e.state == tcpReset:
	case ahead > 0:
		e.last += ahead
	case s.size > 0:
		c.scaled(s.d, &e.resent, 'T')
	}
}

// receive notes what is contiguous of the sender's data.
func (e *Endpoint) receive(s *step) {
	first := s.p.Seq
	if s.flags&packet.SYN != 0 {
		first++
	}
	end := first + uint32(s.size)
	if int32(first-e.ready) <= 0 && int32(end-e.ready) > 0 {
		e.ready = end
	}
}

// confirm takes data up to an acknowledged place as there, whether it was seen or not.
func (e *Endpoint) confirm(at int64) {
	if e.bits&sentFIN != 0 && at >= e.last {
		at = e.last - 1
	}
	if seq := e.start + uint32(at); at > 0 && int32(seq-e.ready) > 0 {
		e.ready = seq
	}
}

// missing says that data is not there yet; the FIN's own number does not count.
func (e *Endpoint) missing() bool { return int32(e.lastSeq()-e.ready) > 1 }

// pending says that the end of a side is not yet the end of what it sent, or that it may still acknowledge what it was sent.
func (e *Endpoint) pending(peer *Endpoint) bool {
	if e.missing() {
		return true
	}
	return e.state != tcpReset && peer.state != tcpInactive && peer.missing()
}
