package baseline

import "math"

// Expected is what is usual at an hour, and where the range ends beyond which a value is out of the ordinary.
type Expected struct {
	Low, Mid, High float64 // nine in ten hours are between Low and High
	Least, Most    float64 // the limits; Most is +Inf while there is nothing to judge by
	Floor          float64 // what is not worth mention
	Basis          Basis
	Hours          int // of history

	median, spread float64 // of the residuals
	reach          float64 // the factor above the level, as a logarithm, up to which nothing has to be remembered
}

// What a limit is made of.
const (
	leastFactor  = 1.0986 // ln 3: whatever the past says, less than three times as much is nothing to speak of
	safetyPart   = 0.25   // of the quantile, on top of it
	safetyLeast  = 0.35
	safetyMost   = 1.1
	deviations   = 6.0    // of robust standard deviations
	madToSigma   = 1.4826 // of a normal distribution
	strayMargin  = 1.3
	fewSeen      = 0.25 // for each time that an hour was seen less than thrice
	fewResiduals = 0.4  // while a day's worth of them tells little of rare ones
)

// Group is what devices that are alike do: one summary of all their hours, and how far hours of each are from its own usual.
type Group struct {
	hours Usual
	own   spread
}

// NewGroup makes one that has seen nothing.
func NewGroup() *Group { return &Group{hours: Usual{group: true}} }

// Ready says that there is enough to judge a device by that has no past of its own.
func (g *Group) Ready() bool { return g != nil && g.hours.hours >= groupReady }

// Expect says what is usual at an hour (since the epoch, UTC). A nil summary is of something that was never there in known hours of the
// device; g may be nil. Floor is what is not worth mention, in the unit of the number.
func (u *Usual) Expect(hour int64, floor float64, known int, g *Group) Expected {
	switch {
	case u == nil && known < warmUp, u != nil && u.hours < warmUp:
		if !g.Ready() {
			return Expected{Most: math.Inf(1), Floor: floor, Basis: WarmingUp, Hours: known}
		}
		e := g.hours.expect(hour, floor, 0)
		e.Basis, e.Hours = PeerGroup, known
		return e
	case u == nil:
		e := Expected{Floor: floor, Basis: Overall, Hours: known, Most: 2 * floor}
		if g.Ready() {
			e.Most = max(e.Most, g.hours.expect(hour, floor, 0).Most)
		}
		return e
	}
	least := 0.0
	if u.hours < untilAlone && g != nil && g.own.count >= groupReady {
		least = g.own.above()
	}
	e := u.expect(hour, floor, least)
	if u.hours < untilAlone && g.Ready() {
		e.Most = max(e.Most, strayMargin*g.hours.largest(floor))
	}
	return e
}

// expect reckons the range. Least is a logarithm of the least factor to the limit.
func (u *Usual) expect(hour int64, floor, least float64) Expected {
	c, basis, n := u.level(seasonOf(hour))
	below, above := u.around(hour)
	r, mid := &u.ratios, value(c)
	slack := u.slack(n)
	e := Expected{
		Mid: mid, Low: times(mid, floor, float64(r.low)/1000), High: times(mid, floor, float64(r.high)/1000), Floor: floor, Basis: basis, Hours: int(u.hours),
		Least: times(value(below), floor, -(max(r.below(), leastFactor) + slack)), Most: times(value(above), floor, max(r.above(), least)+slack),
		median: float64(r.median) / 1000, spread: max(madToSigma*float64(r.mad)/1000, 0.05),
	}
	e.reach = math.Log((e.Most + floor) / (mid + floor))
	e.Most = max(e.Most, strayMargin*u.largest(floor))
	if e.Mid < e.Low || e.Mid > e.High { // a median that moved is no reason to show a range beside its middle
		e.Low, e.High = min(e.Low, e.Mid), max(e.High, e.Mid)
	}
	return e
}

// slack widens a range that rests on little.
func (u *Usual) slack(n uint8) float64 {
	slack := fewSeen * float64(3-min(n, 3))
	if u.ratios.count < 30 || u.hours < 3*warmUp {
		slack += fewResiduals
	}
	return slack
}

// times gives x by a factor, where the floor counts as much as the value.
func times(x, floor, factor float64) float64 { return max((x+floor)*math.Exp(factor)-floor, 0) }

// above is the logarithm of the factor above the level at which an hour is out of the ordinary.
func (s *spread) above() float64 {
	q := max(float64(s.highest)/1000, 0)
	sigma := (float64(s.median) + deviations*madToSigma*float64(s.mad)) / 1000
	most := q + max(safetyMost, leastFactor)
	return max(leastFactor, q+min(max(safetyPart*q, safetyLeast), safetyMost), min(sigma, most))
}

func (s *spread) below() float64 {
	q := max(-float64(s.lowest)/1000, 0)
	sigma := (deviations*madToSigma*float64(s.mad) - float64(s.median)) / 1000
	most := q + max(safetyMost, leastFactor)
	return max(leastFactor, q+min(max(safetyPart*q, safetyLeast), safetyMost), min(sigma, most))
}

// Judge says how a value stands: score is how many robust standard deviations it is from the middle, beyond by which factor, as a
// logarithm, it is outside the limits: positive above, negative below, 0 within.
func (e *Expected) Judge(x float64) (score, beyond float64) {
	if e.Basis == WarmingUp {
		return 0, 0
	}
	if e.spread > 0 {
		score = (math.Log((x+e.Floor)/(e.Mid+e.Floor)) - e.median) / e.spread
	}
	switch {
	case x > e.Most && x-e.Mid >= e.Floor:
		beyond = math.Log((x + e.Floor) / (e.Most + e.Floor))
	case x < e.Least && e.Mid-x >= e.Floor:
		beyond = math.Log((x + e.Floor) / (e.Least + e.Floor))
	}
	return score, beyond
}
