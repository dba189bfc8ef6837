package baseline

import (
	"math"
	"math/bits"
)

// Hour is an hour that is over.
type Hour struct {
	At      int64   // hours since the epoch, UTC
	Total   float64 // of the number
	Floor   float64 // what is not worth mention
	Tainted bool    // it raised an alert: it teaches nothing
}

// Learned says what an hour taught.
type Learned struct {
	Factor   float64 // by which it differed from its level, as a logarithm
	Sound    bool    // Factor is against a level that is one
	Outside  int     // 1: above the range, -1: below
	Accepted bool    // what was outside for days is usual from now on
}

// When what is outside is accepted: the same hour of the day so many days in a row, or so many hours of the last window.
const (
	acceptDays   = 3
	acceptHours  = 24
	acceptWindow = 36
	sameAsBefore = 0.64 // ln 1.9: values of a pending level differ by no more; what doubles each day is not the same
	pendingDays  = 22   // three weeks: a job of every Sunday is known at its third
)

// pending is an hour of the day that is outside again and again.
type pending struct {
	level uint16
	times uint8 // that it was
	row   uint8 // of these, the latest on days in a row
	ago   uint8 // days since the last
	above bool
}

// Learn takes an hour into a summary. Hours come in their order, each once.
func (t *Tools) Learn(u *Usual, h Hour) Learned {
	s := seasonOf(h.At)
	c, _, n := u.level(s)
	e := u.expect(h.At, h.Floor, 0)
	x, level := max(h.Total, 0), value(c)
	out := Learned{Factor: math.Log((x + h.Floor) / (level + h.Floor)), Sound: n > 0}
	if u.hours >= warmUp {
		if _, beyond := e.Judge(x); beyond != 0 {
			out.Outside = int(math.Copysign(1, beyond))
		}
	}
	u.age(1)
	if u.drift(s, x, h.Floor, &out) {
		return out
	}
	if h.Tainted {
		return out
	}
	taught := x
	if u.hours >= 2*warmUp {
		taught = times(level, h.Floor, u.winsorise(out.Factor))
	}
	if out.Outside > 0 || out.Factor > e.reach || u.hours < 2*warmUp && x > explained*(level+h.Floor) {
		u.remember(s, x)
	}
	if u.hours == warmUp {
		u.ratios = spread{} // what a day without any season taught of residuals is of another kind
	}
	// Hours in which there was nothing worth mention, and was not to be, would only make the others look rare.
	if (out.Sound || u.hours < warmUp) && max(taught, level) > h.Floor/5 {
		t.residual(u, math.Log((taught+h.Floor)/(level+h.Floor)))
	}
	u.learn(s, taught, h.Floor)
	return out
}

func (t *Tools) residual(u *Usual, factor float64) {
	halve := uint32(halveAt)
	if u.group {
		halve = halveGroupAt
	}
	t.pool.add(&u.ratios, factor, halve)
}

// winsorise holds a residual to the edge of what was seen, without the margin of the limits: who stays just below the limit must not
// move it up step by step.
func (u *Usual) winsorise(factor float64) float64 {
	up, down := max(float64(u.ratios.highest)/1000, leastFactor), min(float64(u.ratios.lowest)/1000, -leastFactor)
	return min(max(factor, down), up)
}

// drift counts what is outside, and accepts it when it stays.
func (u *Usual) drift(s season, x, floor float64, out *Learned) (accepted bool) {
	const window = 1<<acceptWindow - 1
	u.above, u.below = u.above<<1&window, u.below<<1&window
	if out.Outside == 0 {
		u.wait(s)
		return false
	}
	side := &u.above
	if out.Outside < 0 {
		side = &u.below
	}
	if *side == 0 {
		u.shift = float32(out.Factor)
	}
	*side |= 1
	u.shift += float32(0.25 * (out.Factor - float64(u.shift)))
	if bits.OnesCount64(*side) >= acceptHours {
		u.move(float64(u.shift), floor)
		out.Accepted = true
		return true
	}
	p := u.again(s, x, floor, out.Outside > 0)
	switch {
	case p.row >= acceptDays:
		u.settle(s)
		out.Accepted = true
		return true
	case p.times >= acceptDays:
		// Not every day: the level stays, and the hour is known as one that may be so large.
		if p.above {
			u.remember(s, value(p.level))
		}
		*p = pending{}
		out.Accepted = true
		return true
	}
	return false
}

// wait lets a day pass for an hour of the day that was within the range.
func (u *Usual) wait(s season) {
	if u.pending == nil {
		return
	}
	p := &u.pending[s.day]
	p.row = 0
	p.ago++
	if p.ago > pendingDays {
		*p = pending{}
	}
	if *u.pending == [24]pending{} {
		u.pending = nil
	}
}

// again notes that an hour of the day was outside.
func (u *Usual) again(s season, x, floor float64, above bool) *pending {
	if u.pending == nil {
		u.pending = new([24]pending)
	}
	p := &u.pending[s.day]
	if p.times == 0 || p.above != above || math.Abs(math.Log((x+floor)/(value(p.level)+floor))) > sameAsBefore {
		*p = pending{level: code(x), times: 1, row: 1, above: above}
		return p
	}
	p.level = follow(p.level, x, floor, 0.5)
	p.times, p.row, p.ago = p.times+1, p.row+1, 0
	return p
}

// settle makes the pending level of an hour of the day its usual one.
func (u *Usual) settle(s season) {
	p := &u.pending[s.day]
	c := cell{p.level, acceptDays}
	*p = pending{}
	u.daily[s.weekend][s.day] = c
	if u.weekly != nil {
		for d := range 7 {
			u.weekly[d*24+s.day] = cell{}
		}
		u.weekly[s.week] = cell{c.level, 1}
	}
}

// move shifts all levels by a factor: everything is so many times what it was.
func (u *Usual) move(factor, floor float64) {
	moved := func(c uint16) uint16 { return code(times(value(c), floor, factor)) }
	u.overall = moved(u.overall)
	for kind := range u.daily {
		for i := range u.daily[kind] {
			u.daily[kind][i].level = moved(u.daily[kind][i].level)
		}
	}
	if u.weekly != nil {
		for i := range u.weekly {
			u.weekly[i].level = moved(u.weekly[i].level)
		}
	}
	u.above, u.below, u.pending = 0, 0, nil
}

// LearnGroup takes an hour of one member into its group. Factor is how it differed from the member's own level, where that is sound.
func (t *Tools) LearnGroup(g *Group, h Hour, l Learned) {
	if h.Tainted {
		return
	}
	t.Learn(&g.hours, h)
	g.hours.above, g.hours.below, g.hours.pending = 0, 0, nil // many members take turns: nothing drifts by their order
	if l.Sound {
		t.pool.add(&g.own, l.Factor, halveGroupAt)
	}
}
