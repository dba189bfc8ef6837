// Package baseline learns what is usual of a number that is counted by the hour, and says how far a value is from it. What comes in
// is hours with their totals; what goes out is the range to be expected at an hour, and how a value stands to it. It knows no device,
// no metric and no clock, never keeps the values themselves, and a summary never takes more than about 1.5 KiB.
//
// A summary has levels by season (hour of the week, hour of the day on working days and at weekends, overall) and one pool of
// residuals: by which factor an hour differed from its level. What is far outside teaches no more than the edge of the range does,
// what raised an alert teaches nothing, and what stays for days is accepted.
package baseline

import "math"

// Basis says what an expectation rests on.
type Basis string

// The bases, the best first.
const (
	HourOfWeek Basis = "hour of the week"
	HourOfDay  Basis = "hour of the day"
	Overall    Basis = "overall"
	PeerGroup  Basis = "peer group"
	WarmingUp  Basis = "warming up"
)

// How long it takes until there is something to say, in hours learned.
const (
	warmUp     = 24      // until then there is no judgement from a device's own past
	weekLong   = 7 * 24  // from then on hours of the week are kept
	untilAlone = 14 * 24 // until then what peers do counts, too
	groupReady = 100     // hours of members that a group must have seen
)

// Tools is the working memory of learning, shared by all summaries of one goroutine.
type Tools struct {
	pool *pool
}

// NewTools makes working memory of a few KiB.
func NewTools() *Tools { return &Tools{newPool()} }

// Usual is the summary of one number of one device, or of a group of them.
type Usual struct {
	hours   uint32      // learned
	overall uint16      // level of all hours
	group   bool        // of many devices: an hour comes many times
	daily   [2][24]cell // by hour of the day: working days, weekend
	weekly  *[168]cell  // by hour of the week; nil before there was a week
	ratios  spread      // residuals: by which factor hours differ from their level

	strays  [strayPlaces]stray // the largest hours that were out of season
	pending *[24]pending       // hours that are outside day after day; nil where none is
	above   uint64             // the last hours, the latest in the lowest bit: was it above the range,
	below   uint64             // or below
	shift   float32            // by which factor those outside were, as a logarithm
}

// NewUsual makes the summary of something that was never there in so many hours of which the device is known.
func (t *Tools) NewUsual(hours int) *Usual {
	u := &Usual{hours: uint32(min(max(hours, 0), math.MaxUint32))}
	if hours < warmUp {
		u.hours = 0
		return u
	}
	for kind, perWeek := range [2]int{5, 2} {
		for h := range 24 {
			u.daily[kind][h].n = uint8(min(hours*perWeek/weekLong+1, maxCell))
		}
	}
	t.pool.calm(&u.ratios, hours)
	return u
}

// Hours is how many hours it learned from.
func (u *Usual) Hours() int { return int(u.hours) }

// Mid is what is expected at an hour.
func (u *Usual) Mid(hour int64) float64 {
	c, _, _ := u.level(seasonOf(hour))
	return value(c)
}

// Idle says that there was nothing for so long that nothing is expected any more.
func (u *Usual) Idle(floor float64) bool {
	if value(u.overall) > floor/50 {
		return false
	}
	for kind := range u.daily {
		for _, c := range u.daily[kind] {
			if value(c.level) > floor/20 {
				return false
			}
		}
	}
	return true
}

// levels are kept as codes: 1024 times the natural logarithm of 1 + x, which is exact to a thousandth up to e^64.
const codes = 1024

func code(x float64) uint16 {
	if !(x > 0) {
		return 0
	}
	return uint16(min(math.Round(codes*math.Log1p(x)), math.MaxUint16))
}

func value(c uint16) float64 { return math.Expm1(float64(c) / codes) }

// season is an hour by its place in the day and the week. Hours are those of UTC, counted from the epoch.
type season struct {
	day     int // hour of the day
	week    int // hour of the week, from Monday
	weekend int // 1 on Saturdays and Sundays
}

func seasonOf(hour int64) season {
	s := season{day: int(hour % 24), week: int((hour + 3*24) % 168)} // the epoch was a Thursday
	if s.week >= 5*24 {
		s.weekend = 1
	}
	return s
}
