package stream

import (
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
	"github.com/mirrorwatch/mirrorwatch/sensor/packet"
)

// Reassembler serves all conversations of one worker. It is not safe for use by several goroutines.
type Reassembler struct {
	limits Limits
	pages  pages
	stats  Stats
}

// NewReassembler makes one that holds nothing yet.
func NewReassembler(l Limits) *Reassembler {
	return &Reassembler{limits: l, pages: pages{limit: l.TotalPages}}
}

// Stats are the counters so far.
func (r *Reassembler) Stats() Stats {
	s := r.stats
	s.Buffered = r.pages.used * pageSize
	return s
}

// run is one segment's data, or what is left of it, on its way to the handler.
type run struct {
	c    *Conn
	s    *half
	d    flow.Dir
	h    Handler
	time int64
	seq  uint32
	data []byte
	wire int // length on the wire: more than len(data) where the frame was cut
}

// Segment takes the next packet of a conversation, whether it has payload or not: acknowledgements tell real holes from
// late segments, and SYN and FIN where a direction begins and ends. RSTs are not looked at; call Flush.
func (r *Reassembler) Segment(c *Conn, d flow.Dir, p *packet.Packet, h Handler) {
	s := &c.halves[d]
	if s.bits&stopped != 0 || p.Flags&packet.RST != 0 {
		return
	}
	seq := p.Seq
	if p.Flags&packet.SYN != 0 {
		seq++
		s.syn(seq)
	}
	wire := max(p.PayloadLen, 0)
	s.settle(seq, wire)
	if p.Flags&packet.ACK != 0 {
		r.acknowledge(c, d.Other(), p, h)
	}
	if p.Flags&packet.FIN != 0 {
		s.fin = seq + uint32(wire)
		s.bits |= ended
	}
	if wire == 0 || s.bits&stopped != 0 {
		return
	}
	if seq == s.next && s.first == 0 && wire == len(p.Payload) {
		r.direct(s, d, p, h)
		return
	}
	data := p.Payload[:min(len(p.Payload), wire)]
	r.place(&run{c: c, s: s, d: d, h: h, time: p.Time, seq: seq, data: data, wire: wire})
}

// direct gives out a segment that came in order, the common case.
func (r *Reassembler) direct(s *half, d flow.Dir, p *packet.Packet, h Handler) {
	s.head, s.headLen = headOf(p.Payload)
	s.headSeq = s.next
	off := s.offset
	s.offset += uint64(len(p.Payload))
	s.next += uint32(len(p.Payload))
	h.Chunk(Chunk{Dir: d, Time: p.Time, Offset: off, Data: p.Payload, Wire: len(p.Payload)})
}

// place puts a segment where it belongs.
func (r *Reassembler) place(u *run) {
	ahead := int(int32(u.seq - u.s.next))
	switch {
	case ahead > window:
		r.far(u)
	case ahead > 0:
		r.stats.OutOfOrder++
		r.hold(u)
	case ahead <= -window:
		r.stats.Dropped++
	case -ahead >= u.wire:
		r.repeated(u)
	default:
		if ahead < 0 {
			r.repeated(u)
			u.skip(-ahead)
		}
		r.deliver(u)
	}
}

// repeated counts a segment that was there before, and compares what of it is still known. A keep-alive's one byte may be anything
// (RFC 9293 section 3.8.4).
func (r *Reassembler) repeated(u *run) {
	if u.wire == 1 {
		return
	}
	r.stats.Overlaps++
	if u.s.differs(u.seq, u.data) {
		r.mismatch(u, u.seq)
	}
}

func (r *Reassembler) mismatch(u *run, seq uint32) {
	r.stats.Mismatches++
	u.h.Mismatch(u.d, u.s.offset+uint64(int64(int32(seq-u.s.next))))
}

// far sees a segment too far ahead. One is ignored; when the next follows upon it, so much was missed that the stream goes on there.
func (r *Reassembler) far(u *run) {
	s := u.s
	if s.bits&strayed == 0 || s.stray != u.seq {
		s.stray = u.seq + uint32(u.wire)
		s.bits |= strayed
		r.stats.Dropped++
		return
	}
	r.giveUpTo(u, u.seq)
	if s.bits&stopped == 0 {
		r.deliver(u)
	}
}

// skip drops bytes at the front.
func (u *run) skip(n int) {
	u.seq += uint32(n)
	u.wire -= n
	u.data = u.data[min(n, len(u.data)):]
}

// deliver gives out a segment that begins at next, and what was held behind it. Where held pages cover a part of it they came
// first, so theirs are the bytes that count.
func (r *Reassembler) deliver(u *run) {
	s := u.s
	for u.wire > 0 && s.bits&stopped == 0 {
		n := u.wire
		if s.first != 0 {
			n = min(n, int(r.pages.at(s.first).seq-s.next))
		}
		if n > 0 {
			s.head, s.headLen = headOf(u.data)
			s.headSeq = s.next
			r.give(u, u.data[:min(n, len(u.data))], n, u.time)
			u.skip(n)
			continue
		}
		g := r.pages.at(s.first)
		n = min(u.wire, g.span())
		r.compare(u, g)
		u.skip(n)
		r.giveFirst(u)
	}
	r.drain(u)
}

// give passes bytes on, and says that the rest up to wire is missing.
func (r *Reassembler) give(u *run, data []byte, wire int, at int64) {
	s := u.s
	if len(data) > 0 {
		off := s.offset
		s.offset += uint64(len(data))
		s.next += uint32(len(data))
		u.h.Chunk(Chunk{Dir: u.d, Time: at, Offset: off, Data: data, Wire: len(data)})
	}
	if lost := wire - len(data); lost > 0 && s.bits&stopped == 0 {
		r.gap(u, lost)
	}
}

func (r *Reassembler) gap(u *run, n int) {
	u.s.next += uint32(n)
	u.s.offset += uint64(n)
	r.stats.Gaps++
	r.stats.Missed += uint64(n)
	u.h.Gap(u.d, n)
}

// Stop says that nobody reads the conversation any more. Its pages are free, and Segment returns at once from now on.
func (r *Reassembler) Stop(c *Conn) {
	for i := range c.halves {
		r.empty(&c.halves[i])
		c.halves[i].bits |= stopped
	}
}

// Release frees what is held without giving it out, and leaves c as new.
func (r *Reassembler) Release(c *Conn) {
	r.Stop(c)
	*c = Conn{}
}

func (r *Reassembler) empty(s *half) {
	for s.first != 0 {
		r.dropFirst(s)
	}
}

// Flush gives out what is held, with the holes between as gaps: the conversation is over.
func (r *Reassembler) Flush(c *Conn, h Handler) {
	for d := range c.halves {
		s := &c.halves[d]
		if s.bits&stopped != 0 || s.first == 0 && s.bits&doubted == 0 {
			continue
		}
		u := run{c: c, s: s, d: flow.Dir(d), h: h}
		for s.first != 0 && s.bits&stopped == 0 {
			r.giveUp(&u)
		}
		if s.bits&(doubted|stopped) == doubted {
			r.giveUpTo(&u, s.acked)
		}
	}
}
