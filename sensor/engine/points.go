package engine

import (
	"cmp"
	"slices"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/packet"
)

// Listener is an Outlet that also wants to know who was heard.
type Listener interface {
	// Heard takes what came of observation points since the call before, by VNI, each once; Since and LastSeen are of the packets in
	// between, and zero where only a gap was found. List is borrowed.
	Heard(list []events.Heard)
}

const (
	// maxPoints is how many observation points a worker counts in one period; packets of more are counted as so many. An account has
	// 10,000 mirror sessions at most (AWS quota "Sessions per account").
	maxPoints = 10_000

	// pointsEvery is how long, in packet time, a worker gathers before what it counted leaves with a round.
	pointsEvery = int64(time.Second)

	// pointsKept is the most counts that a round keeps room for: there are many rounds.
	pointsKept = 1024
)

// pointCount is what a worker saw of one observation point in one period.
type pointCount struct {
	vni         uint32
	first, last int64 // of its packets; 0 where there were none
	packets     uint64
	bytes       uint64
	duplicates  uint64
	truncated   uint64
	gaps        uint64
}

// points are a worker's counts by VNI. The table begins anew with each period, so that VNIs long out of use leave nothing behind.
// Packets of one point come in runs: the one counted last is at hand.
type points struct {
	counts   []pointCount
	place    map[uint32]int
	latest   int
	due      int64
	overflow uint64 // packets of points beyond maxPoints
}

// of gives the count of a VNI, or nil where there is no room for one more.
func (t *points) of(vni uint32) *pointCount {
	if t.latest < len(t.counts) && t.counts[t.latest].vni == vni {
		return &t.counts[t.latest]
	}
	return t.seek(vni)
}

func (t *points) seek(vni uint32) *pointCount {
	at, known := t.place[vni]
	if !known {
		if len(t.counts) >= maxPoints {
			return nil
		}
		if t.place == nil {
			t.place = map[uint32]int{}
		}
		at = len(t.counts)
		t.place[vni] = at
		t.counts = append(t.counts, pointCount{vni: vni})
	}
	t.latest = at
	return &t.counts[at]
}

// hear counts the frame at hand for its observation point. Whoever has charge of its conversation does, and nobody else.
func (w *worker) hear(p *packet.Packet, at int64, copied bool) {
	c := w.points.of(p.VNI)
	if c == nil {
		w.points.overflow++
		return
	}
	if c.packets == 0 {
		c.first, c.last = at, at
	}
	c.first, c.last = min(c.first, at), max(c.last, at)
	c.packets++
	c.bytes += uint64(w.wire)
	if copied {
		c.duplicates++
	}
	if p.Truncated || w.cut {
		c.truncated++
	}
}

// missed counts a hole in a stream for the observation point that its conversation began at.
func (w *worker) missed(vni uint32) {
	if vni == 0 {
		return
	}
	if c := w.points.of(vni); c != nil {
		c.gaps++
	}
}

// tell puts the counts into the outbox when their period is over. That depends on the round's time alone, so that all workers of a file
// tell with the same round. A clock that was set back must not silence them.
func (w *worker) tell(r *round) {
	t := &w.points
	if !r.last && r.now < t.due && r.now > t.due-2*pointsEvery {
		return
	}
	if t.due = r.now + pointsEvery; r.last {
		t.due = 0
	}
	if len(t.counts) == 0 {
		return
	}
	w.box.points = append(w.box.points, t.counts...)
	clear(t.place)
	t.counts, t.latest = t.counts[:0], 0
}

// hear adds up what the workers counted of each point and passes it on.
func (e *Engine) hear(r *round) {
	list := e.counted[:0]
	for i := range r.boxes {
		list = append(list, r.boxes[i].points...)
	}
	if e.counted = list; len(list) == 0 || e.listener == nil {
		return
	}
	slices.SortFunc(list, func(a, b pointCount) int { return cmp.Compare(a.vni, b.vni) })
	e.heard = e.heard[:0]
	for i := 0; i < len(list); {
		sum := list[i]
		for i++; i < len(list) && list[i].vni == sum.vni; i++ {
			sum.add(&list[i])
		}
		e.heard = append(e.heard, sum.heard(e.cfg.Sensor))
	}
	e.listener.Heard(e.heard)
}

func (c *pointCount) add(o *pointCount) {
	switch {
	case c.packets == 0:
		c.first, c.last = o.first, o.last
	case o.packets > 0:
		c.first, c.last = min(c.first, o.first), max(c.last, o.last)
	}
	c.packets += o.packets
	c.bytes += o.bytes
	c.duplicates += o.duplicates
	c.truncated += o.truncated
	c.gaps += o.gaps
}

func (c *pointCount) heard(sensor string) events.Heard {
	h := events.Heard{
		VNI: c.vni, Sensor: sensor, Packets: c.packets, Bytes: c.bytes, Duplicates: c.duplicates, Truncated: c.truncated, Gaps: c.gaps,
	}
	if c.packets > 0 {
		h.Since, h.LastSeen = events.Time(c.first).Time(), events.Time(c.last).Time()
	}
	return h
}
