// Package rhythm measures how regular a series is. What comes in is moments or sizes; what goes out is how far they keep to one
// beat. It never keeps a series and never says whether a rhythm is good or bad.
package rhythm

import (
	"math"
	"slices"
	"time"
)

// Beat is how a series of moments goes.
type Beat struct {
	Count   int           // moments
	Median  time.Duration // between neighbours
	Jitter  float64       // median absolute deviation of the intervals over their median: 0 is a clock, 0.15 a jitter of 30 %
	Skew    float64       // Bowley's: (Q1+Q3-2*Q2)/(Q3-Q1), between -1 and 1; people's pauses lean far to one side
	Regular float64       // 0 to 1: 1 is a clock
}

// Measure reckons the beat of moments in nanoseconds, which must be in order. Fewer than three have none.
func Measure(moments []int64) Beat {
	b := Beat{Count: len(moments)}
	if len(moments) < 3 {
		return b
	}
	gaps := make([]float64, len(moments)-1)
	for i := range gaps {
		gaps[i] = float64(moments[i+1] - moments[i])
	}
	slices.Sort(gaps)
	q1, q2, q3 := quantile(gaps, 0.25), quantile(gaps, 0.5), quantile(gaps, 0.75)
	b.Median = time.Duration(q2)
	if q2 <= 0 {
		return b
	}
	b.Jitter = spread(gaps, q2)
	// Bowley's skew says nothing about quartiles that all but coincide.
	if q3-q1 > 0.02*q2 && q2 > q1 && q2 < q3 {
		b.Skew = (q1 + q3 - 2*q2) / (q3 - q1)
	}
	// Intervals of people spread about as wide as their median; half of that is no rhythm any more.
	b.Regular = max(0, 1-2*b.Jitter) * (1 - 0.3*math.Abs(b.Skew))
	return b
}

// Collapse keeps the first moment of each burst: of those that follow one another by less than gap. The moments must be in order;
// the slice is reused.
func Collapse(moments []int64, gap time.Duration) []int64 {
	kept := moments[:0]
	last := int64(math.MinInt64 / 2)
	for _, m := range moments {
		if m-last >= int64(gap) {
			kept = append(kept, m)
		}
		last = m
	}
	return kept
}

// Spread is the median absolute deviation of values over their median: 0 where all are alike. It sorts the slice.
func Spread(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	slices.Sort(values)
	median := quantile(values, 0.5)
	if median == 0 {
		return 0
	}
	return spread(values, median)
}

func spread(sorted []float64, median float64) float64 {
	off := make([]float64, len(sorted))
	for i, v := range sorted {
		off[i] = math.Abs(v - median)
	}
	slices.Sort(off)
	return quantile(off, 0.5) / median
}

// quantile interpolates between the neighbours in a sorted slice.
func quantile(sorted []float64, q float64) float64 {
	at := q * float64(len(sorted)-1)
	low := int(at)
	if low+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[low] + (at-float64(low))*(sorted[low+1]-sorted[low])
}
