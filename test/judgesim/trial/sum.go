package trial

import (
	"slices"
	"time"
)

// Sum is what many seeds came to.
type Sum struct {
	Seeds, Days     int // Days are those on which false alarms count: from the second on
	Cases, Found    int
	Ever            int // found, however late
	First, FirstGot int // attacks of the first day
	True, False     int // detections of medium risk and above, from the second day on
	Worst           int // false ones on the worst day
	WorstSeed       uint64
	Times           []time.Duration
	Simple          []*Simple
}

// Add counts a report.
func (s *Sum) Add(r *Report) {
	s.Seeds++
	s.Days += r.Days - 1
	for _, c := range r.Cases {
		s.Cases++
		if c.FoundAt != 0 {
			s.Ever++
			s.Times = append(s.Times, c.FoundAt.Sub(c.Visible))
		}
		if c.Found() {
			s.Found++
		}
	}
	for _, c := range r.First {
		s.First++
		if c.Found() {
			s.FirstGot++
		}
	}
	for _, n := range r.FalseByDay() {
		if n > s.Worst {
			s.Worst, s.WorstSeed = n, r.Seed
		}
	}
	for _, a := range r.Alarms {
		switch {
		case a.Day < 2:
		case a.True:
			s.True++
		default:
			s.False++
		}
	}
	s.addSimple(r.Simple)
}

func (s *Sum) addSimple(list []*Simple) {
	for i, o := range list {
		if i == len(s.Simple) {
			s.Simple = append(s.Simple, &Simple{Name: o.Name})
		}
		sum := s.Simple[i]
		sum.Found, sum.Ever, sum.Cases = sum.Found+o.Found, sum.Ever+o.Ever, sum.Cases+o.Cases
		sum.True, sum.False = sum.True+o.True, sum.False+o.False
		sum.Times = append(sum.Times, o.Times...)
	}
}

// FalseByDay counts the false detections of each day from the second on, at the place of the day's number.
func (r *Report) FalseByDay() []int {
	days := make([]int, r.Days+2)
	for _, a := range r.Alarms {
		if !a.True && a.Day >= 2 && a.Day < len(days) {
			days[a.Day]++
		}
	}
	return days
}

// Holds says whether the bar is met: everything found within the hour, and at most one false detection a day on the average from the
// second day on, on each seed.
func (r *Report) Holds() bool {
	for _, c := range append(slices.Clone(r.Cases), r.First...) {
		if !c.Found() {
			return false
		}
	}
	wrong := 0
	for _, n := range r.FalseByDay() {
		wrong += n
	}
	return wrong <= r.Days-1
}

// Median is the middle of some times; 0 where there are none.
func Median(list []time.Duration) time.Duration {
	if len(list) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(list))
	return sorted[len(sorted)/2]
}

// Longest is the greatest of some times.
func Longest(list []time.Duration) time.Duration {
	if len(list) == 0 {
		return 0
	}
	return slices.Max(list)
}

// Share is a part of a whole; 1 where there is nothing to be had.
func Share(part, whole int) float64 {
	if whole == 0 {
		return 1
	}
	return float64(part) / float64(whole)
}
