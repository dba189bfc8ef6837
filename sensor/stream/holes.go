package stream

import (
	"bytes"

	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
	"github.com/mirrorwatch/mirrorwatch/sensor/packet"
)

// acknowledge looks at what a packet says of the data that went in direction d. What the receiver has, and we have not, was missed
// by the mirror. A packet with payload may be the answer to just that, so the hole is given up before the payload is read;
// a bare acknowledgement may have overtaken the data on its way here, so a second one is awaited.
func (r *Reassembler) acknowledge(c *Conn, d flow.Dir, p *packet.Packet, h Handler) {
	s := &c.halves[d]
	if s.bits&begun == 0 {
		s.begin(p.Ack)
		return
	}
	ack := p.Ack
	if ack == s.next {
		return // the common case: nothing is missing
	}
	if s.bits&ended != 0 && ack == s.fin+1 {
		ack = s.fin
	}
	ahead := int32(ack - s.next)
	if ahead <= 0 || ahead > window {
		return
	}
	if ahead == 1 && s.guessed() {
		s.next = ack
		return
	}
	to := ack
	if p.PayloadLen <= 0 {
		if s.bits&doubted == 0 || int32(s.acked-s.next) <= 0 {
			s.acked = ack
			s.bits |= doubted
			return
		}
		to = s.acked
	}
	r.giveUpTo(&run{c: c, s: s, d: d, h: h, time: p.Time}, to)
	if s.acked = ack; int32(ack-s.next) > 0 {
		s.bits |= doubted
	} else {
		s.bits &^= doubted
	}
}

// giveUpTo gives out everything before a sequence number, with gaps for what is missing.
func (r *Reassembler) giveUpTo(u *run, seq uint32) {
	s := u.s
	for s.bits&stopped == 0 && int32(seq-s.next) > 0 {
		if s.first != 0 && int32(r.pages.at(s.first).seq-seq) < 0 {
			r.giveUp(u)
			continue
		}
		r.gap(u, int(seq-s.next))
	}
	r.drain(u)
}

// giveUp takes the first hole as lost, and gives out what follows upon it.
func (r *Reassembler) giveUp(u *run) {
	if n := int(r.pages.at(u.s.first).seq - u.s.next); n > 0 {
		r.gap(u, n)
	}
	r.drain(u)
}

// drain gives out held pages as long as they follow upon each other.
func (r *Reassembler) drain(u *run) {
	s := u.s
	for s.first != 0 && s.bits&stopped == 0 && r.pages.at(s.first).seq == s.next {
		r.giveFirst(u)
	}
}

// giveFirst gives out the first page, which begins at next.
func (r *Reassembler) giveFirst(u *run) {
	i := u.s.first
	g := r.pages.at(i)
	// Off the list before the handler sees it, which may stop the conversation, but not free before it returns.
	r.unlinkFirst(u.s, g)
	r.give(u, g.data[:g.n], g.span(), max(u.time, g.time))
	r.pages.give(i)
}

func (r *Reassembler) dropFirst(s *half) {
	i := s.first
	r.unlinkFirst(s, r.pages.at(i))
	r.pages.give(i)
}

func (r *Reassembler) unlinkFirst(s *half, g *page) {
	s.first = g.next
	if s.first == 0 {
		s.last = 0
	}
	s.pages--
}

// compare reports where a segment's bytes are not those of a page that covers the same place.
func (r *Reassembler) compare(u *run, g *page) {
	from := max(0, int(int32(u.seq-g.seq)))
	skip := max(0, int(int32(g.seq-u.seq)))
	if from >= int(g.n) || skip >= len(u.data) {
		return
	}
	held, now := g.data[from:g.n], u.data[skip:]
	n := min(len(held), len(now))
	r.stats.Overlaps++
	if !bytes.Equal(held[:n], now[:n]) {
		r.mismatch(u, g.seq+uint32(from))
	}
}

// hold keeps a segment that came too early. Data is never dropped for want of room: the hole before it is given up instead.
func (r *Reassembler) hold(u *run) {
	for !r.fits(u, r.need(u)) {
		r.stats.Forced++
		if u.s.first == 0 {
			r.giveUpTo(u, u.seq)
		} else {
			r.giveUp(u)
		}
		if u.s.bits&stopped != 0 {
			return
		}
		if int32(u.seq-u.s.next) <= 0 {
			r.overtaken(u)
			return
		}
	}
	r.insert(u)
	r.stats.PeakBuffered = max(r.stats.PeakBuffered, r.pages.used*pageSize)
}

// overtaken deals with a segment whose turn came while room was made for it.
func (r *Reassembler) overtaken(u *run) {
	if old := int(u.s.next - u.seq); old < u.wire {
		u.skip(old)
		r.deliver(u)
	}
}

func (r *Reassembler) fits(u *run, need int) bool {
	limit := r.limits.FlowPages
	if u.c.halves[u.d.Other()].bits&heard == 0 {
		limit = r.limits.BlindPages
	}
	// Pages of both directions count, since one host can fill both.
	held := int(u.c.halves[0].pages) + int(u.c.halves[1].pages)
	return held+need <= limit && r.pages.room(need)
}

// need is how many pages a segment takes at the most: one more for each held page that may split it.
func (r *Reassembler) need(u *run) int {
	n := (u.wire + pageSize - 1) / pageSize
	if s := u.s; s.last == 0 || int32(u.seq-r.pages.at(s.last).end()) >= 0 {
		return n
	}
	end := u.seq + uint32(u.wire)
	for i := u.s.first; i != 0; i = r.pages.at(i).next {
		seq := r.pages.at(i).seq
		if int32(seq-end) >= 0 {
			break
		}
		if int32(seq-u.seq) > 0 {
			n++
		}
	}
	return n
}

// insert puts the parts of a segment that are not held yet into pages.
func (r *Reassembler) insert(u *run) {
	s := u.s
	before := uint32(0)
	if s.last != 0 && int32(u.seq-r.pages.at(s.last).end()) >= 0 {
		before = s.last // the common case: behind all others
	}
	for u.wire > 0 {
		next := s.first
		if before != 0 {
			next = r.pages.at(before).next
		}
		n := u.wire
		if next != 0 {
			g := r.pages.at(next)
			if n = min(n, int(int32(g.seq-u.seq))); n <= 0 {
				r.pass(u, g)
				before = next
				continue
			}
		}
		before = r.fill(u, before, next, min(n, pageSize))
	}
}

// pass moves a segment behind a page that lies before its remaining bytes, or covers the first of them.
func (r *Reassembler) pass(u *run, g *page) {
	if covered := int(int32(g.end() - u.seq)); covered > 0 {
		r.compare(u, g)
		u.skip(min(covered, u.wire))
	}
}

// fill puts the next n bytes of a segment into a new page between two others.
func (r *Reassembler) fill(u *run, before, next uint32, n int) uint32 {
	i, g := r.pages.take()
	got := copy(g.data[:n], u.data)
	g.seq, g.n, g.lost, g.time, g.next = u.seq, uint32(got), uint32(n-got), u.time, next
	if before == 0 {
		u.s.first = i
	} else {
		r.pages.at(before).next = i
	}
	if next == 0 {
		u.s.last = i
	}
	u.s.pages++
	u.skip(n)
	return i
}
