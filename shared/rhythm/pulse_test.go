package rhythm

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// A maker gives moments in seconds, in order.
type maker func(r *rand.Rand, n int) []float64

// every gives n moments whose intervals next draws.
func every(next func(r *rand.Rand) float64) maker {
	return func(r *rand.Rand, n int) (m []float64) {
		at := 1e6 * r.Float64()
		for range n {
			m = append(m, at)
			at += next(r)
		}
		return m
	}
}

// cobalt is a sleep that is cut by up to a share of it, as Cobalt Strike does.
func cobalt(sleep, jitter float64) maker {
	return every(func(r *rand.Rand) float64 { return sleep * (1 - jitter*r.Float64()) })
}

// missing drops a share.
func missing(share float64, of maker) maker {
	return func(r *rand.Rand, n int) []float64 {
		return slices.DeleteFunc(of(r, int(float64(n)/(1-share))), func(float64) bool { return r.Float64() < share })
	}
}

// sleeping pauses for so long after each n beats.
func sleeping(each int, pause float64, of maker) maker {
	return func(r *rand.Rand, n int) []float64 {
		m := of(r, n)
		for i := range m {
			m[i] += float64(i/each) * pause
		}
		return m
	}
}

// mixed adds so many of others for one, over the same time.
func mixed(share float64, of, noise maker) maker {
	return func(r *rand.Rand, n int) []float64 {
		m := of(r, int(float64(n)/(1+share)))
		first, last := m[0], m[len(m)-1]
		extra := noise(r, n-len(m))
		from, to := extra[0], extra[len(extra)-1]
		for _, at := range extra {
			m = append(m, first+(at-from)/(to-from)*(last-first))
		}
		slices.Sort(m)
		return m
	}
}

// bursting makes a few contacts of each.
func bursting(most int, apart float64, of maker) maker {
	return func(r *rand.Rand, n int) (m []float64) {
		for _, at := range of(r, n/most*2) {
			for range 1 + r.IntN(most) {
				m = append(m, at)
				at += apart * r.Float64()
			}
		}
		slices.Sort(m)
		return m[:min(len(m), n)]
	}
}

func poisson(mean float64) maker {
	return every(func(r *rand.Rand) float64 { return mean * r.ExpFloat64() })
}

func lognormal(median, sigma float64) maker {
	return every(func(r *rand.Rand) float64 { return median * math.Exp(sigma*r.NormFloat64()) })
}

// browsing: sessions of pages, read for a while each, with the files of each page at once.
func browsing(r *rand.Rand, n int) (m []float64) {
	at := 0.0
	for len(m) < n {
		for range 1 + r.IntN(12) {
			page := at
			for range 1 + r.IntN(6) {
				m = append(m, page)
				page += 0.4 * r.ExpFloat64()
			}
			at = page + 15*math.Exp(0.9*r.NormFloat64())
		}
		at += 1200 * r.ExpFloat64()
	}
	slices.Sort(m)
	return m[:n]
}

// typing: a person who asks, reads and asks again, at a pace of their own.
var typing = every(func(r *rand.Rand) float64 { return 6 + 20*r.ExpFloat64() })

// series are what the measure is held against: machines above, people below.
var series = []struct {
	name    string
	machine bool
	base    float64 // seconds, of machines
	make    maker
}{
	{"clock of 60 s", true, 60, cobalt(60, 0)},
	{"clock of 5 s", true, 5, cobalt(5, 0)},
	{"60 s, jitter 10 %", true, 57, cobalt(60, 0.1)},
	{"60 s, jitter 30 %", true, 51, cobalt(60, 0.3)},
	{"60 s, jitter 50 %", true, 45, cobalt(60, 0.5)},
	{"30 to 90 s", true, 60, every(func(r *rand.Rand) float64 { return 30 + 60*r.Float64() })},
	{"60 s, a fifth missing", true, 60, missing(0.2, cobalt(60, 0))},
	{"60 s, jitter 30 %, a fifth missing", true, 51, missing(0.2, cobalt(60, 0.3))},
	{"60 s, jitter 30 %, sleeps 8 h", true, 51, sleeping(40, 8*3600, cobalt(60, 0.3))},
	{"60 s, jitter 30 %, sleeps 8 h, a tenth missing", true, 51, missing(0.1, sleeping(50, 8*3600, cobalt(60, 0.3)))},
	{"60 s, jitter 30 %, with people (0.3)", true, 51, mixed(0.3, cobalt(60, 0.3), poisson(1))},
	{"60 s, jitter 10 %, with as many of people", true, 57, mixed(1, cobalt(60, 0.1), poisson(1))},
	{"300 s, jitter 20 %, in bursts", true, 270, bursting(4, 1, cobalt(300, 0.2))},
	{"two beacons, 60 s and 47 s", true, 0, mixed(1.2, cobalt(60, 0.05), cobalt(47, 0.05))},
	{"cron on the hour", true, 3600, every(func(r *rand.Rand) float64 { return 3600 })},
	{"NTP-like, 64 s", true, 64, every(func(r *rand.Rand) float64 { return 64 + 2*r.NormFloat64() })},

	{"memoryless, 60 s", false, 0, poisson(60)},
	{"memoryless, 3 s", false, 0, poisson(3)},
	{"pages, sigma 0.7", false, 0, lognormal(30, 0.7)},
	{"pages, sigma 1", false, 0, lognormal(30, 1)},
	{"pages and pauses, sigma 2", false, 0, lognormal(10, 2)},
	{"browsing", false, 0, browsing},
	{"typing", false, 0, typing},
	{"memoryless, by day", false, 0, sleeping(30, 16*3600, poisson(120))},
	{"bursts of few", false, 0, bursting(5, 3, poisson(600))},
}

func nanoseconds(m []float64) []int64 {
	out := make([]int64, len(m))
	for i, at := range m {
		out[i] = int64(at * 1e9)
	}
	slices.Sort(out)
	return out
}

// Catches: a measure that takes people for machines, or that jitter, missing beats, sleeps, bursts or others' contacts defeat.
func TestFind(t *testing.T) {
	const seeds = 40
	cases := []struct {
		contacts       int
		machine, human float64 // what nineteen of twenty machines reach at the least, and nineteen of twenty people at the most
	}{{24, 0.4, 0.35}, {60, 0.6, 0.3}, {128, 0.65, 0.3}}
	var f Finder
	for _, c := range cases {
		least, most := 1.0, 0.0
		for _, s := range series {
			scores, off := make([]float64, 0, seeds), 0
			for seed := range uint64(seeds) {
				p := f.Find(nanoseconds(s.make(rand.New(rand.NewPCG(seed, 77)), c.contacts)), time.Second)
				scores = append(scores, p.Score)
				if s.base > 0 && math.Abs(p.Base.Seconds()/s.base-1) > 0.2 {
					off++
				}
			}
			slices.Sort(scores)
			low, middle, high := quantile(scores, 0.05), quantile(scores, 0.5), quantile(scores, 0.95)
			t.Logf("%3d contacts: %-46s %.2f %.2f %.2f", c.contacts, s.name, low, middle, high)
			switch {
			case s.machine && low < c.machine || !s.machine && high > c.human || off > seeds/10:
				t.Errorf("%s, %d contacts: %.2f to %.2f, another base in %d of %d", s.name, c.contacts, low, high, off, seeds)
			case s.machine:
				least = min(least, low)
			default:
				most = max(most, high)
			}
		}
		t.Logf("%d contacts: machines from %.2f, people to %.2f", c.contacts, least, most)
	}
}

// Catches: people who now and then reach what a detector takes for a beacon.
func TestPeopleRarelyKeepTime(t *testing.T) {
	const seeds, threshold = 250, 0.6
	var f Finder
	for _, n := range []int{20, 40} {
		all, over := 0, 0
		for _, s := range series {
			if s.machine {
				continue
			}
			for seed := range uint64(seeds) {
				all++
				if f.Find(nanoseconds(s.make(rand.New(rand.NewPCG(seed, 99)), n)), time.Second).Score >= threshold {
					over++
				}
			}
		}
		t.Logf("%d contacts: %d of %d series of people reach %.1f", n, over, all, threshold)
		if over > all/100 {
			t.Errorf("%d contacts: %d of %d", n, over, all)
		}
	}
}

// Catches: a pulse whose numbers do not tell what was there.
func TestPulseTells(t *testing.T) {
	minutes := func(list ...float64) (m []int64) {
		for _, at := range list {
			m = append(m, int64(at*60e9))
		}
		return m
	}
	var f Finder
	p := f.Find(minutes(0, 1, 2, 3, 4, 5, 8, 9, 10, 11, 12, 492, 493, 494, 495, 496, 497), time.Second)
	if p.Seen != 17 || p.Missed != 2 || p.Sleeps != 1 || p.Asleep != 8*time.Hour || p.Base != time.Minute || p.Expected() != 19 || p.Contacts != 17 || p.Jitter != 0 {
		t.Errorf("%+v", p)
	}
	r := rand.New(rand.NewPCG(1, 2))
	if p := f.Find(nanoseconds(mixed(1.2, cobalt(60, 0.05), cobalt(47, 0.05))(r, 80)), time.Second); p.Second == 0 || p.Base == p.Second {
		t.Errorf("two beacons: %+v", p)
	}
	if p := f.Find(nanoseconds(cobalt(60, 0.3)(r, 100)), time.Second); p.Second != 0 || math.Abs(p.Jitter-0.16) > 0.02 || p.Low < 41*time.Second || p.Top > 61*time.Second {
		t.Errorf("a jitter of 30 %%: %+v", p)
	}
	for _, m := range [][]int64{nil, {1}, {1, 2, 3}, make([]int64, 100), minutes(0, 0, 0, 1, 1, 1)} {
		if p := f.Find(m, time.Second); p.Score != 0 {
			t.Errorf("%v: %+v", m, p)
		}
	}
	if p := f.Find(nanoseconds(cobalt(0.2, 0)(r, 100)), time.Second); p.Score != 0 && p.Base < time.Second {
		t.Errorf("faster than asked for: %+v", p)
	}
}

func TestSameness(t *testing.T) {
	cases := []struct {
		values []float64
		want   float64
	}{
		{nil, 0}, {[]float64{5}, 1}, {[]float64{0, 0, 0, 900}, 0.75}, {[]float64{300, 310, 305, 320, 9000}, 0.8}, {[]float64{100, 200, 400, 800}, 0.25},
	}
	for _, c := range cases {
		if got := Sameness(c.values); got != c.want {
			t.Errorf("%v: %v, want %v", c.values, got, c.want)
		}
	}
}

func BenchmarkFind(b *testing.B) {
	for _, c := range []struct {
		name string
		make maker
		n    int
	}{{"beacon-24", cobalt(60, 0.3), 24}, {"beacon-128", cobalt(60, 0.3), 128}, {"people-128", browsing, 128}, {"memoryless-256", poisson(60), 256}} {
		b.Run(c.name, func(b *testing.B) {
			m := nanoseconds(c.make(rand.New(rand.NewPCG(1, 1)), c.n))
			var f Finder
			f.Find(m, time.Second)
			b.ReportAllocs()
			for b.Loop() {
				f.Find(m, time.Second)
			}
		})
	}
}
