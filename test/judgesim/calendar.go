package judgesim

import (
	"math"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// calendar knows what day it is. The site's clock is UTC.
type calendar struct {
	start   time.Time // midnight
	days    int
	holiday int // day on which nobody works, always a Monday; -1 none
	// A mailing or a mention somewhere sends many visitors at once, for some hours.
	rush []rush
}

type rush struct {
	from, to events.Time
	factor   float64
}

// newCalendar begins on any day of the week, at such a day of the month that the month ends within the four weeks.
func newCalendar(days int, d *dice) calendar {
	c := calendar{days: days, holiday: -1}
	c.start = time.Date(2026, time.Month(2+d.IntN(9)), 5+d.IntN(20), 0, 0, 0, 0, time.UTC)
	var mondays []int
	for day := 4; day < days; day++ {
		if c.date(day).Weekday() == time.Monday {
			mondays = append(mondays, day)
		}
	}
	if len(mondays) > 0 {
		c.holiday = one(d, mondays)
	}
	for range d.poisson(float64(days) / 12) {
		from := c.at(d.IntN(days), d.time(8*time.Hour, 19*time.Hour))
		c.rush = append(c.rush, rush{from, from.Add(d.time(time.Hour, 5*time.Hour)), d.between(1.5, 2.8)})
	}
	return c
}

func (c *calendar) date(day int) time.Time { return c.start.AddDate(0, 0, day) }

func (c *calendar) at(day int, into time.Duration) events.Time {
	return events.TimeOf(c.date(day).Add(into))
}

// off says whether the offices are empty: weekends, and a holiday is as a Sunday.
func (c *calendar) off(day int) bool {
	w := c.date(day).Weekday()
	return w == time.Saturday || w == time.Sunday || day == c.holiday
}

// monthEnd is the last two days of a month and the first of the next: the books are closed.
func (c *calendar) monthEnd(day int) bool {
	t := c.date(day)
	return t.Day() == 1 || t.AddDate(0, 0, 2).Month() != t.Month()
}

// growth is two per cent a week.
func (c *calendar) growth(day int) float64 { return math.Pow(1.02, float64(day)/7) }

// hour is one hour of the site, in which hosts do what they do.
type hour struct {
	index  int // from the beginning
	day    int
	of     int // of the day
	start  events.Time
	off    bool    // weekend or holiday
	demand float64 // customers: about 1 in a good hour of the first week
}

func (t hour) end() events.Time { return t.start.Add(time.Hour) }

// moment is any time within the hour.
func (t hour) moment(d *dice) events.Time { return t.start.Add(d.time(0, time.Hour)) }

func (c *calendar) hour(index int, d *dice) hour {
	t := hour{index: index, day: index / 24, of: index % 24}
	t.start = c.at(t.day, time.Duration(t.of)*time.Hour)
	t.off = c.off(t.day)
	t.demand = c.growth(t.day) * demand(float64(t.of)+0.5, t.off) * d.lognormal(1, 0.1)
	for _, r := range c.rush {
		if t.start >= r.from && t.start < r.to {
			t.demand *= r.factor
		}
	}
	return t
}

// demand is the day of customers: little before dawn, a first top before noon, the highest in the evening; later and flatter when
// they are off themselves.
func demand(h float64, off bool) float64 {
	bell := func(mid, width float64) float64 {
		x := math.Mod(h-mid+36, 24) - 12
		return math.Exp(-x * x / (2 * width * width))
	}
	if off {
		return 0.08 + 0.45*bell(13, 3.5) + 0.5*bell(20.5, 2.5)
	}
	return 0.08 + 0.65*bell(11, 2.7) + 0.35*bell(15.5, 2) + 0.75*bell(20, 2.3)
}
