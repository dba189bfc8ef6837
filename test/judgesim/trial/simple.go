package trial

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
	"github.com/mirrorwatch/mirrorwatch/test/judgesim"
)

// Simple is what a simple threshold came to.
type Simple struct {
	Name       string
	Found      int             // deviations, within the hour in which they became visible
	Ever       int             // deviations, however late
	Cases      int             //
	True       int             // alarms that were about a deviation, from the second day on
	False      int             // alarms that were not
	Times      []time.Duration // from visible to found
	alarms     []simpleAlarm
	last       map[series]events.Time
	over       func(s series, value float64, h *history) bool
	thresholds [device.NumMetrics]float64
}

type simpleAlarm struct {
	series
	at events.Time
}

// series is one metric of one device.
type series struct {
	device string
	metric int
}

// history is all the past of a series, by the hour; hours without anything count as zero.
type history struct {
	sum, squares float64
	began        events.Time
}

// simples are the thresholds that the judge is held beside: a fixed one for each metric, such as would have given one alarm a day and
// metric in the first week, and three, four or five standard deviations above the mean of all history. They see what the judge's own
// meter measured, and speak as soon as the running sum of an hour is over.
type simples struct {
	site     *judgesim.Site
	past     map[series]*history
	week     []simpleHour // of the first week
	seven    events.Time  // when that is over
	fixed    *Simple
	all      []*Simple
	settled  bool
	tops     [device.NumMetrics][]float64 // highest hours of the first week
	lastSeen events.Time
}

type simpleHour struct {
	series
	end   events.Time
	value float64
}

const (
	aWeek   = 7
	settle  = 24 * time.Hour // before that a mean says nothing
	mergeAs = 24 * time.Hour // alarms of a series within it are one, as the judge's are
)

func newSimples(site *judgesim.Site) *simples {
	s := &simples{site: site, past: map[series]*history{}, seven: site.Start().Add(aWeek * 24 * time.Hour)}
	s.fixed = &Simple{Name: "fixed threshold", last: map[series]events.Time{}}
	s.fixed.over = func(id series, value float64, _ *history) bool { return value > s.fixed.thresholds[id.metric] }
	s.all = append(s.all, s.fixed)
	for _, z := range []float64{3, 4, 5} {
		s.all = append(s.all, &Simple{Name: fmt.Sprintf("z-score above %.0f", z), last: map[series]events.Time{}, over: func(_ series, value float64, h *history) bool {
			return h.z(value, s.lastSeen) > z
		}})
	}
	return s
}

// z is how many standard deviations a value lies above the mean; below a day of history nothing is far.
func (h *history) z(value float64, now events.Time) float64 {
	n := math.Floor(now.Sub(h.began).Hours())
	if n < settle.Hours() {
		return 0
	}
	mean := h.sum / n
	spread := math.Sqrt(max(h.squares/n-mean*mean, 0))
	return (value - mean) / max(spread, 1)
}

// turned takes what the meter says of a minute or an hour.
func (s *simples) turned(t *device.Turned) {
	id := t.Device.ID()
	s.lastSeen = t.At
	if !s.settled && t.At >= s.seven {
		s.set()
	}
	for m := range device.NumMetrics {
		k := series{id, m}
		h := s.past[k]
		if h == nil {
			if t.SoFar[m] == 0 {
				continue
			}
			h = &history{began: t.At}
			s.past[k] = h
		}
		if !t.Hour {
			s.judge(k, t.SoFar[m], t.At.Add(time.Minute), h)
			continue
		}
		h.sum, h.squares = h.sum+t.Counts[m], h.squares+t.Counts[m]*t.Counts[m]
		if !s.settled && t.Counts[m] > 0 {
			s.week = append(s.week, simpleHour{k, t.At.Add(time.Hour), t.Counts[m]})
			s.tops[m] = append(s.tops[m], t.Counts[m])
		}
	}
}

func (s *simples) judge(k series, value float64, at events.Time, h *history) {
	for _, o := range s.all {
		if o == s.fixed && !s.settled {
			continue
		}
		if o.over(k, value, h) {
			o.alarm(k, at)
		}
	}
}

func (o *Simple) alarm(k series, at events.Time) {
	if last, ok := o.last[k]; !ok || at.Sub(last) > mergeAs {
		o.alarms = append(o.alarms, simpleAlarm{k, at})
	} else if last/events.Time(time.Hour) != at/events.Time(time.Hour) {
		o.alarms = append(o.alarms, simpleAlarm{series{k.device, k.metric | again}, at})
	}
	o.last[k] = at
}

// again marks an alarm that goes on: it may find something, and is no other false one.
const again = 1 << 16

// set fixes the thresholds after the first week, and looks at its hours with them.
func (s *simples) set() {
	s.settled = true
	for m := range s.tops {
		slices.SortFunc(s.tops[m], func(a, b float64) int { return int(math.Copysign(1, b-a)) })
		if len(s.tops[m]) > 0 {
			s.fixed.thresholds[m] = s.tops[m][min(aWeek, len(s.tops[m])-1)]
		}
		s.tops[m] = nil
	}
	slices.SortStableFunc(s.week, func(a, b simpleHour) int { return int(a.end/1e9 - b.end/1e9) })
	for _, w := range s.week {
		if s.fixed.over(w.series, w.value, nil) {
			s.fixed.alarm(w.series, w.end)
		}
	}
	s.week = nil
}

// results holds the alarms against the truth.
func (s *simples) results(cases []*Case) []*Simple {
	if !s.settled {
		s.set()
	}
	names := device.Metrics()
	for _, o := range s.all {
		o.Cases = len(cases)
		found := map[*Case]events.Time{}
		for _, a := range o.alarms {
			about := false
			m := names[a.metric&^again].Name
			for _, c := range cases {
				if a.device != c.Device || !c.during(a.at) {
					continue
				}
				about = true
				if slices.Contains(c.Simple, m) && found[c] == 0 {
					found[c] = a.at
				}
			}
			if s.site.Day(a.at) >= 2 && a.metric&again == 0 {
				if about {
					o.True++
				} else {
					o.False++
				}
			}
		}
		for _, c := range cases {
			if at := found[c]; at != 0 {
				o.Ever++
				o.Times = append(o.Times, at.Sub(c.Visible))
				if at.Sub(c.Visible) <= time.Hour {
					o.Found++
				}
			}
		}
	}
	return s.all
}
