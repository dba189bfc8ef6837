package judgesim

import (
	"math"
	"math/rand/v2"
	"time"
)

// dice is where all chance comes from. It is set anew for each thing that a host does in an hour, so that what one host does never
// depends on what another did: with and without a deviation, the rest of the site lives the same weeks.
type dice struct {
	*rand.Rand
	source *rand.PCG
}

func newDice() *dice {
	source := rand.NewPCG(0, 0)
	return &dice{rand.New(source), source}
}

// throw sets the dice for one purpose.
func (d *dice) throw(parts ...uint64) *dice {
	sum := uint64(0x9E3779B97F4A7C15)
	for _, p := range parts {
		sum = mix(sum ^ p)
	}
	d.source.Seed(sum, mix(sum))
	return d
}

// mix is the finaliser of SplitMix64: neighbouring numbers come out far apart.
func mix(x uint64) uint64 {
	x += 0x9E3779B97F4A7C15
	x = (x ^ x>>30) * 0xBF58476D1CE4E5B9
	x = (x ^ x>>27) * 0x94D049BB133111EB
	return x ^ x>>31
}

// hashOf is FNV-1a, mixed.
func hashOf(s string) uint64 {
	h := uint64(0xcbf29ce484222325)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 0x100000001b3
	}
	return mix(h)
}

func (d *dice) chance(p float64) bool { return d.Float64() < p }

func (d *dice) between(from, to float64) float64 { return from + (to-from)*d.Float64() }

// time gives a moment between two, evenly.
func (d *dice) time(from, to time.Duration) time.Duration {
	return from + time.Duration(d.Int64N(int64(max(to-from, 1))))
}

// lognormal has the median, and a tail that grows with sigma: at 1 one in a hundred is ten times the median, at 1.5 thirty times.
func (d *dice) lognormal(median, sigma float64) float64 {
	return median * math.Exp(sigma*d.NormFloat64())
}

// poisson counts what happens by itself, mean times on the average.
func (d *dice) poisson(mean float64) int {
	if mean <= 0 {
		return 0
	}
	if mean > 60 {
		return max(0, int(math.Round(mean+math.Sqrt(mean)*d.NormFloat64())))
	}
	limit, product := math.Exp(-mean), 1.0
	for n := 0; ; n++ {
		product *= d.Float64()
		if product <= limit {
			return n
		}
	}
}

// often is poisson for what comes in bursts: the mean itself is drawn, so that some hours have none and some many.
func (d *dice) often(mean float64) int { return d.poisson(d.lognormal(mean*0.8, 0.65)) }

// zipf picks a place in a list, the first ones most.
func (d *dice) zipf(n int) int {
	if n < 2 {
		return 0
	}
	return min(n-1, int(math.Exp(d.Float64()*math.Log(float64(n+1))))-1)
}

func one[T any](d *dice, list []T) T { return list[d.IntN(len(list))] }

// seconds is a length of time from a number that was drawn, never below a millisecond and never above a day.
func seconds(s float64) time.Duration {
	return time.Duration(min(max(s, 0.001), 86400) * float64(time.Second))
}
