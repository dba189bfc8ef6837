package rhythm

import (
	"math"
	"slices"
	"time"
)

// Pulse is the steadiest beat that was found among moments. A sleep is a pause of so many beats that nobody would say that they were missed.
type Pulse struct {
	Base     time.Duration // from beat to beat, in the middle
	Low, Top time.Duration // between which a beat follows the one before
	Jitter   float64       // half of the middle nine tenths of the intervals, over Base: 0.16 where a sleep of 60 s is cut by up to 30 %
	Contacts int           // moments, bursts taken as one
	Seen     int           // of them, those that keep the beat
	Missed   int           // beats that should have come in between
	Sleeps   int
	Asleep   time.Duration // all sleeps together
	Burst    time.Duration // contacts that followed one another by less counted as one
	Second   time.Duration // base of another beat among the contacts that do not keep this one; 0 where there is none
	Chance   float64       // how often a beat would be met if the contacts came at random as often as they do
	Score    float64       // 0 to 1: 0 is chance, 1 is a clock that never fails
}

// Expected is how many beats there should have been while the series was awake.
func (p *Pulse) Expected() int { return p.Seen + p.Missed }

// MaxMoments is how many moments are looked at: of more, the last.
const MaxMoments = 256

const (
	leastBeats = 5    // fewer keep time by chance
	maxFold    = 4    // an interval of up to so many beats has missed some; a longer one is a sleep
	sleepCost  = 2    // beats that a sleep is charged with, so that pauses between bursts are not all explained away
	crowded    = 0.7  // contacts in the width of a beat, by chance: from there on every beat is met
	choice     = 1.5  // the best of all ways through chance meets that many more
	tried      = 4.0  // nats of evidence that the best of some seventy windows has by chance
	proof      = 6.0  // nats beyond these after which two thirds of the score are given
	plain      = 0.97 // a score that needs no further search
	secondLeft = 0.25 // least share of contacts that may hide a second beat
)

// orders: with other contacts in between, a beat is an interval to the next but one, or to the one after.
const orders = 3

// widths are how much longer the longest interval of a beat may be than the shortest: from a clock to a sleep that is cut, or made longer, by
// up to half.
var widths = [...]float64{1.02, 1.1, 1.25, 1.5, 2.05, 3.1}

// bursts are the gaps within which contacts count as one.
var bursts = [...]time.Duration{0, 2 * time.Second, 10 * time.Second, 30 * time.Second}

// Finder looks for beats. It keeps nothing between two calls but the room that it works in: about 40 KiB. It is not safe for use by several
// goroutines.
type Finder struct {
	points, rest []float64 // seconds
	diffs        [orders][]float64
	best         []float64 // of the ways that end at a point
	from         []int32
	step         []int8 // beats from the point before; 0 begins, asleep is a sleep
	beats        []float64
}

const asleep = -1

// window is a beat that may be: an interval lies between low and top.
type window struct{ low, top float64 }

// Find gives the steadiest beat of moments in nanoseconds, which must be in order. Beats of less than fastest are not looked for.
//
// Each window of intervals that holds more of them than its neighbours is a candidate. For a candidate the longest way through the
// contacts is sought on which each beat follows the one before within the window, or a small multiple of it where beats are missing, or
// after a sleep; what does not lie on the way is noise. The score is how much more of the beats are met than chance would, given
// how many contacts there are.
func (f *Finder) Find(moments []int64, fastest time.Duration) Pulse {
	var best Pulse
	before := 0
	for _, burst := range bursts {
		if !f.collapse(moments, burst) || len(f.points) == before {
			continue // too few, or no bursts that are longer
		}
		before = len(f.points)
		if p := f.steadiest(burst.Seconds(), max(fastest.Seconds(), 3*burst.Seconds())); p.Score > best.Score || best.Contacts == 0 {
			p.Burst = burst
			best = p
		}
		if best.Score >= plain {
			break
		}
	}
	return best
}

// collapse takes moments over in seconds, each burst as one, and says whether there are enough.
func (f *Finder) collapse(moments []int64, burst time.Duration) bool {
	if len(moments) > MaxMoments {
		moments = moments[len(moments)-MaxMoments:]
	}
	f.points = f.points[:0]
	last := int64(math.MinInt64 / 2)
	for _, m := range moments {
		if m-last >= int64(burst) && m != last {
			f.points = append(f.points, float64(m-moments[0])/1e9)
		}
		last = m
	}
	return len(f.points) >= leastBeats
}

// steadiest tries all candidates on the points, and looks for a second beat in what is left by the best.
func (f *Finder) steadiest(dead, fastest float64) Pulse {
	best := f.among(dead, fastest)
	left := len(f.points) - best.Seen
	if best.Score == 0 || left < 2*leastBeats || float64(left) < secondLeft*float64(len(f.points)) {
		return best
	}
	f.walk(window{best.Low.Seconds(), best.Top.Seconds()})
	f.remove()
	if second := f.among(dead, fastest); second.Score >= 0.5 && second.Seen >= 2*leastBeats {
		best.Second = second.Base
	}
	return best
}

func (f *Finder) among(dead, fastest float64) Pulse {
	best := Pulse{Contacts: len(f.points)}
	for order := 1; order <= orders && order < len(f.points); order++ {
		diffs := f.intervals(order)
		for _, width := range widths {
			w, ok := densest(diffs, width, fastest)
			if !ok {
				continue
			}
			if p := f.score(w, dead); p.Score > best.Score {
				best = p
			}
			if best.Score >= plain {
				return best
			}
		}
	}
	return best
}

// intervals gives the times from each point to the order-th after it, sorted.
func (f *Finder) intervals(order int) []float64 {
	diffs := f.diffs[order-1][:0]
	for i := order; i < len(f.points); i++ {
		diffs = append(diffs, f.points[i]-f.points[i-order])
	}
	slices.Sort(diffs)
	f.diffs[order-1] = diffs
	return diffs
}

// densest gives the window of a width that holds the most intervals.
func densest(sorted []float64, width, fastest float64) (window, bool) {
	most, at, low := 0, 0, 0
	for top := range sorted {
		for sorted[low]*width < sorted[top] {
			low++
		}
		if sorted[low] >= fastest && top-low+1 > most {
			most, at = top-low+1, low
		}
	}
	if most < 3 {
		return window{}, false
	}
	// A hair wider than what was seen, for the next beat.
	const hair = 0.005
	return window{sorted[at] * (1 - hair), sorted[at+most-1] * (1 + hair)}, true
}

// score measures a window twice: by the way through the points, and by the intervals between neighbours alone, of which a random series has
// fewer, so that a wide window still means something where nothing else is mixed in. The better one counts.
func (f *Finder) score(w window, dead float64) Pulse {
	// The pace of the contacts, bursts' silence and long pauses left out, says how many beats chance would meet.
	awake, gaps := 0.0, 0
	for i := 1; i < len(f.points); i++ {
		if gap := f.points[i] - f.points[i-1]; gap <= maxFold*w.top {
			awake += gap
			gaps++
		}
	}
	if gaps < leastBeats-1 {
		return Pulse{}
	}
	pace := float64(gaps) / max(awake-dead*float64(gaps), 1e-9)
	best := f.neighbours(w)
	best.rate(len(f.points), math.Exp(-pace*max(w.low-dead, 0))-math.Exp(-pace*(w.top-dead)))
	if pace*(w.top-w.low) <= crowded {
		way := f.follow(w)
		way.rate(len(f.points), 1-math.Exp(-choice*pace*(w.top-w.low)))
		if way.Score > best.Score {
			return way
		}
	}
	return best
}

// rate gives the score: how much more beats are met than chance would, less what is not explained and not yet proven.
func (p *Pulse) rate(points int, chance float64) {
	p.Contacts, p.Chance = points, chance
	if p.Seen < leastBeats || p.Base == 0 {
		return
	}
	met := float64(p.Seen-1) / float64(p.Seen-1+p.Missed+sleepCost*p.Sleeps)
	if met <= chance {
		return
	}
	kept := float64(p.Seen) / float64(points)
	evidence := max(float64(p.Seen)*divergence(met, chance)-tried, 0)
	p.Score = (met - chance) / (1 - chance) * math.Sqrt(kept) * (1 - math.Exp(-evidence/proof))
}

// neighbours counts the intervals between neighbours that lie within the window. The others, sleeps left out, count as missed beats.
func (f *Finder) neighbours(w window) Pulse {
	p := Pulse{Low: seconds(w.low), Top: seconds(w.top), Seen: 1}
	f.beats = f.beats[:0]
	for i := 1; i < len(f.points); i++ {
		switch gap := f.points[i] - f.points[i-1]; {
		case gap > maxFold*w.top:
			p.Sleeps++
			p.Asleep += seconds(gap)
		case gap >= w.low && gap <= w.top:
			f.beats = append(f.beats, gap)
			p.Seen++
		default:
			p.Missed++
		}
	}
	p.measure(f.beats)
	return p
}

// divergence is Kullback and Leibler's, of two coins: the evidence for the one that each throw of the other gives, in nats.
func divergence(q, p float64) float64 {
	p = min(max(p, 0.005), 0.995)
	d := q * math.Log(q/p)
	if q < 1 {
		d += (1 - q) * math.Log((1-q)/(1-p))
	}
	return d
}

// Sameness is the share of values, sizes say, that lie within a tenth of the most frequent one. It sorts the slice.
func Sameness(values []float64) float64 {
	slices.Sort(values)
	most, low := 0, 0
	for top := range values {
		// A few bytes are no difference, however small the values are.
		for values[low]*1.1+8 < values[top] {
			low++
		}
		most = max(most, top-low+1)
	}
	if len(values) == 0 {
		return 0
	}
	return float64(most) / float64(len(values))
}
