package counters

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// What makes a number unusual: it is far above the middle of what it was before, above the highest of that by a margin that is wider the
// less there is to go by, and large enough in itself to matter. TestHowOftenTheUsualIsUnusual says how often that calls out for nothing.
const (
	farAbove    = 3.0 // times the median
	margin      = 2.0 // times the highest, of many hours
	wideMargin  = 3.0 // times the highest, of few
	manyHours   = 14
	fewestHours = 7   // of a time of day: fewer say nothing
	fewestWeeks = 4   // of an hour of the week
	steady      = 2.0 // the highest of an hour of the week is at most so many times its median: then the week repeats itself
	apart       = 2.0 // and the other days are so many times above or below all of them: then the week matters

	leastBytes   = 25e6 // an hour
	leastPackets = 25e3
	leastPercent = 50
	percentAbove = 15 // that processor time must be above the highest; it cannot be many times that
)

// MostNews is how many metrics of a detection are told at the most.
const MostNews = 64

// Term is the name of the adjustment of a risk that unusual counters make, and Points is how much.
const (
	Term   = events.AdjustmentPrefix + "counters_unusual"
	Points = 5
)

// Compare says what the counters of an hour are beside what they usually are: the farthest off first. A metric without a value in the
// hour, or without enough history to know what is usual of it, is left out; State names the machines of the latter. Feed is nil where
// nothing says whether the mirror showed all that was there. There is at most one adjustment.
func Compare(q Query, a Answer) (news []events.CounterNews, feed *events.FeedIntegrity, adjustments []events.Term) {
	all := index(&q, a)
	var list []finding
	for i := range q.Machines {
		for _, metric := range q.Metrics {
			if f, told := look(&q, &q.Machines[i], metric, all); told {
				list = append(list, f)
			}
		}
	}
	slices.SortStableFunc(list, func(a, b finding) int { return cmp.Compare(b.off(), a.off()) })
	for i := range list {
		f := &list[i]
		if len(adjustments) == 0 && f.matters(q.Category) {
			adjustments = append(adjustments, events.Term{Name: Term, Points: Points, Reason: f.Sentence})
		}
		if len(news) < MostNews {
			news = append(news, f.CounterNews)
		}
	}
	return news, integrity(&q, all), adjustments
}

// hours are the numbers of one series at one time of day, by hour since 1970. Those of other times are only known to be there: that is
// a day's work less for a day's numbers.
type hours struct {
	at    map[int64]float64
	other bool
}

type seriesKey struct{ machine, metric string }

// index sorts an answer by machine and metric. A number that cannot be one is as good as none.
func index(q *Query, a Answer) map[seriesKey]*hours {
	all := map[seriesKey]*hours{}
	now := hourOf(q.Hour)
	for _, s := range a.Series {
		key := seriesKey{s.Machine, s.Metric}
		for i := range min(len(s.Times), len(s.Values)) {
			v := s.Values[i]
			if math.IsNaN(v) || math.IsInf(v, 0) || v < 0 {
				continue
			}
			if all[key] == nil {
				all[key] = &hours{at: map[int64]float64{}}
			}
			if h := hourOf(s.Times[i]); (now-h)%24 == 0 {
				all[key].at[h] = v
			} else {
				all[key].other = true
			}
		}
	}
	return all
}

// of gives the number of an hour; a series that is not there has none.
func (h *hours) of(hour int64) (float64, bool) {
	if h == nil {
		return 0, false
	}
	v, there := h.at[hour]
	return v, there
}

func hourOf(t time.Time) int64 { return int64(math.Floor(float64(t.Unix()) / 3600)) }

// finding is news with what of it is not told in JSON.
type finding struct {
	events.CounterNews
	role string
}

// look holds one metric of one machine against its past.
func look(q *Query, m *Machine, metric Metric, all map[seriesKey]*hours) (finding, bool) {
	h := all[seriesKey{m.ID, metric.Name}]
	value, there := h.of(hourOf(q.Hour))
	u, known := usualOf(h, q.Hour, q.Weeks)
	if !there || !known || value == 0 && u.high == 0 {
		return finding{}, false
	}
	f := finding{events.CounterNews{
		Instance: m.ID, Metric: metric.Name, Value: value, Usual: u.median, High: u.high, Unit: metric.Unit, Basis: u.basis,
	}, m.Role}
	if u.median > 0 {
		f.Times = math.Round(value/u.median*100) / 100
	}
	f.Unusual = u.exceeded(value, metric.Unit)
	f.Sentence = sentence(q, m, &f.CounterNews)
	return f, true
}

// usual is what a number was in hours like this one.
type usual struct {
	low, median, high float64
	hours             int
	basis             string // which hours those are, in words
}

// usualOf finds what is usual of an hour: of the same hour of the day, unless this day of the week is another than the rest, as Sundays
// and the day of the backup are. Known is false where there is too little to go by. The hours are UTC, so that summer time moves them.
func usualOf(h *hours, hour time.Time, weeks int) (u usual, known bool) {
	var same, other []float64
	for d := 1; d <= 7*weeks; d++ {
		v, there := h.of(hourOf(hour) - int64(24*d))
		switch {
		case there && d%7 == 0:
			same = append(same, v)
		case there:
			other = append(other, v)
		}
	}
	if w, rest := middle(same), middle(other); w.isApart(&rest) {
		w.basis = fmt.Sprintf("this hour of the last %d %ss", w.hours, hour.UTC().Weekday())
		return w, true
	}
	u = middle(append(same, other...))
	u.basis = fmt.Sprintf("this hour of %d days before", u.hours)
	return u, u.hours >= fewestHours
}

// isApart says whether an hour of the week has a usual of its own.
func (u *usual) isApart(rest *usual) bool {
	alike := u.hours >= fewestWeeks && u.high <= steady*u.median
	return alike && rest.hours >= fewestHours && (rest.median > apart*u.high || rest.median < u.low/apart)
}

// middle gives the median and the highest of numbers.
func middle(list []float64) usual {
	if len(list) == 0 {
		return usual{}
	}
	slices.Sort(list)
	n := len(list)
	return usual{low: list[0], median: list[(n-1)/2]/2 + list[n/2]/2, high: list[n-1], hours: n}
}

// exceeded says whether a number is unusual.
func (u *usual) exceeded(value float64, unit string) bool {
	above := wideMargin
	if u.hours >= manyHours {
		above = margin
	}
	switch unit {
	case "Percent":
		return value >= leastPercent && value >= 2*u.median && value >= u.high+percentAbove
	case "Bytes":
		return value >= leastBytes && value >= farAbove*u.median && value >= above*u.high
	}
	return value >= leastPackets && value >= farAbove*u.median && value >= above*u.high
}

// off orders news: what is unusual first, and then by how far it is from the usual, whether above or below.
func (f *finding) off() float64 {
	const never = 1e3 // above a usual of nothing
	distance := never
	if f.Usual > 0 {
		distance = math.Abs(math.Log(max(f.Value, 1) / max(f.Usual, 1)))
	}
	if f.Unusual {
		return distance + 2*never
	}
	return distance
}

// matters says whether news makes a risk higher: an offender that sent far more than it does, or a victim from which that was taken.
func (f *finding) matters(category string) bool {
	if !f.Unusual || f.Metric != netOut && f.Metric != packetsOut && f.Metric != packetsIn {
		return false
	}
	return rank(f.role) == 0 || slices.Contains([]string{"exfil", "c2", "impact"}, category)
}
