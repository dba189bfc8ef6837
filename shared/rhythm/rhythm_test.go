package rhythm

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

const second = int64(time.Second)

// Catches: a measure that a jitter defeats, and one that takes people for machines.
func TestMeasure(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	series := func(n int, next func() float64) (m []int64) {
		at := 0.0
		for range n {
			m = append(m, int64(at*float64(second)))
			at += next()
		}
		return m
	}
	cases := []struct {
		name     string
		moments  []int64
		low, top float64
	}{
		{"clock", series(50, func() float64 { return 60 }), 1, 1},
		{"jitter of 30 %", series(200, func() float64 { return 60 * (0.7 + 0.6*random.Float64()) }), 0.6, 0.8},
		{"between 30 and 60 s", series(200, func() float64 { return 30 + 30*random.Float64() }), 0.6, 0.75},
		{"clock that misses beats", series(50, func() float64 { return 60 * float64(1+random.IntN(6)/5) }), 0.9, 1},
		{"memoryless", series(500, func() float64 { return 60 * random.ExpFloat64() }), 0, 0.1},
		{"pages and pauses", series(500, func() float64 { return math.Exp(2 * random.NormFloat64()) }), 0, 0.1},
		{"all at once", series(9, func() float64 { return 0 }), 0, 0},
		{"two", []int64{1, 2}, 0, 0},
		{"none", nil, 0, 0},
	}
	for _, c := range cases {
		if b := Measure(c.moments); b.Regular < c.low || b.Regular > c.top || b.Count != len(c.moments) {
			t.Errorf("%s: regular %.2f, want %.2f to %.2f (%+v)", c.name, b.Regular, c.low, c.top, b)
		}
	}
	if b := Measure(series(50, func() float64 { return 60 })); b.Median != time.Minute || b.Jitter != 0 {
		t.Errorf("clock: %+v", b)
	}
}

func TestCollapse(t *testing.T) {
	in := []int64{0, 1 * second, 2 * second, 300 * second, 301 * second, 600 * second}
	if got, want := Collapse(slices.Clone(in), 10*time.Second), []int64{0, 300 * second, 600 * second}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if got := Collapse(nil, time.Second); len(got) != 0 {
		t.Errorf("%v of nothing", got)
	}
}

func TestSpread(t *testing.T) {
	cases := []struct {
		values []float64
		want   float64
	}{{nil, 0}, {[]float64{0, 0, 5}, 0}, {[]float64{100, 100, 100, 900}, 0}, {[]float64{50, 100, 150}, 0.5}}
	for _, c := range cases {
		if got := Spread(c.values); got != c.want {
			t.Errorf("%v: %v, want %v", c.values, got, c.want)
		}
	}
}
