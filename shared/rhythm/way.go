package rhythm

import (
	"math"
	"slices"
	"time"
)

// follow walks the best way and tells what lies on it. The intervals of its single beats are left in f.beats.
func (f *Finder) follow(w window) Pulse {
	p := Pulse{Low: seconds(w.low), Top: seconds(w.top)}
	f.beats = f.beats[:0]
	for i := f.walk(w); i >= 0; i = f.from[i] {
		p.Seen++
		if f.from[i] < 0 {
			break
		}
		gap := f.points[i] - f.points[f.from[i]]
		switch k := f.step[i]; k {
		case asleep:
			p.Sleeps++
			p.Asleep += seconds(gap)
		case 1:
			f.beats = append(f.beats, gap)
		default:
			p.Missed += int(k) - 1
		}
	}
	p.measure(f.beats)
	return p
}

// measure tells the middle and the width of intervals, unless they are too few.
func (p *Pulse) measure(beats []float64) {
	if len(beats) < leastBeats-2 {
		return
	}
	slices.Sort(beats)
	base := quantile(beats, 0.5)
	p.Base, p.Jitter = seconds(base), (quantile(beats, 0.95)-quantile(beats, 0.05))/2/base
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// walk finds the way that meets the most beats, less what is missed and the sleeps, and gives the point where it ends. From there on, from and
// step lead back.
func (f *Finder) walk(w window) (end int32) {
	n := len(f.points)
	f.best, f.from, f.step = sized(f.best, n), sized(f.from, n), sized(f.step, n)
	end = -1
	rested, restedAt := 0.0, int32(-1) // the best way that ended so long ago that the rest was a sleep
	next := 0
	fits := w.folds()
	for i := range n {
		f.best[i], f.from[i], f.step[i] = 1, -1, 0
		for ; f.points[i]-f.points[next] > maxFold*w.top; next++ {
			if f.best[next] > rested {
				rested, restedAt = f.best[next], int32(next)
			}
		}
		for j := next; j < i; j++ {
			k := fits.of(f.points[i] - f.points[j])
			if v := f.best[j] + 1 - 0.5*float64(k-1); k > 0 && v > f.best[i] {
				f.best[i], f.from[i], f.step[i] = v, int32(j), int8(k)
			}
		}
		if v := rested + 1 - sleepCost; restedAt >= 0 && v > f.best[i] {
			f.best[i], f.from[i], f.step[i] = v, restedAt, asleep
		}
		if end < 0 || f.best[i] > f.best[end] {
			end = int32(i)
		}
	}
	return end
}

// folds are the intervals of one beat, of two with one missing, and so on. The jitter of several beats adds up as chance has it: by its root.
// Where two would meet, each goes half way.
type folds [maxFold]window

func (w window) folds() (f folds) {
	f[0] = w
	middle, half := (w.low+w.top)/2, (w.top-w.low)/2
	for i := 1; i < maxFold; i++ {
		k := float64(i + 1)
		wide := min(math.Sqrt(k)*half, middle/2)
		f[i] = window{k*middle - wide, k*middle + wide}
	}
	return f
}

// of says how many beats an interval is; 0 where it fits none.
func (f *folds) of(gap float64) int {
	for i := range f {
		if gap <= f[i].top {
			if gap < f[i].low {
				return 0
			}
			return i + 1
		}
	}
	return 0
}

// remove takes the points of the way just walked away.
func (f *Finder) remove() {
	end, best := int32(-1), 0.0
	for i, v := range f.best {
		if v > best {
			end, best = int32(i), v
		}
	}
	f.rest = append(f.rest[:0], f.points...)
	for i := end; i >= 0; i = f.from[i] {
		f.rest[i] = -1
	}
	f.points = f.points[:0]
	for _, at := range f.rest {
		if at >= 0 {
			f.points = append(f.points, at)
		}
	}
}

func sized[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n, max(n, MaxMoments))
	}
	return s[:n]
}
