package baseline

import (
	"fmt"
	"math"
	"slices"

	"github.com/DataDog/sketches-go/ddsketch"
	"github.com/DataDog/sketches-go/ddsketch/mapping"
	"github.com/DataDog/sketches-go/ddsketch/store"
)

// spread is a distribution of factors. It is kept as the bytes of a sketch, with what is asked of it all the time beside it, as
// thousandths of a natural logarithm.
type spread struct {
	sketch []byte
	count  uint32 // values in it

	median, mad     int16
	low, high       int16 // 5 % are below and above these
	lowest, highest int16 // and 0.5 % these

	waits   uint8 // values that wait to be taken into the sketch together, which is most of the work
	waiting [batch]int16
}

const (
	batch  = 8
	atOnce = 100 // so many are taken at once, each
)

// Limits of a sketch. Its resolution is 5 % of a factor; factors end at e^9, about 8000.
const (
	accuracy  = 0.05
	maxBins   = 256
	maxFactor = 9.0
	maxSketch = 4 << 10 // bytes

	// When the counts are halved: what is older weighs less. The half-life is three weeks of hours.
	halveAt      = 6 * 7 * 24
	halveGroupAt = 50_000
)

// pool is the sketch in which all of them are worked on, one after the other.
type pool struct {
	sketch *ddsketch.DDSketch
	buf    []byte
	bins   []bin
}

type bin struct{ at, count float64 }

func newPool() *pool {
	// The accuracy is a constant that the mapping allows.
	m, _ := mapping.NewLogarithmicMapping(accuracy)
	return &pool{sketch: ddsketch.NewDDSketch(m, store.NewCollapsingLowestDenseStore(maxBins), store.NewSparseStore())}
}

// open loads a sketch.
func (p *pool) open(b []byte) error {
	p.sketch.Clear()
	if len(b) == 0 {
		return nil
	}
	if err := p.sketch.DecodeAndMergeWith(b); err != nil {
		return fmt.Errorf("decode sketch: %w", err)
	}
	return nil
}

// add takes a factor, as a logarithm, into a spread, and every so often halves what is old.
func (p *pool) add(s *spread, factor float64, halve uint32) {
	s.waiting[s.waits] = thousandths(min(max(factor, -maxFactor), maxFactor))
	s.waits++
	s.count++
	if s.waits < batch && s.count > atOnce {
		return
	}
	if err := p.open(s.sketch); err != nil { // bytes that were read from somewhere: what is broken is begun anew
		p.sketch.Clear()
		s.count = uint32(s.waits)
	}
	for _, w := range s.waiting[:s.waits] {
		p.put(float64(w)/1000, 1)
	}
	s.waits = 0
	if s.count >= halve {
		p.halve(s)
	}
	p.summarise(s)
	p.close(s)
}

// put adds to the open sketch. Factors are within bounds, so that it takes them.
func (p *pool) put(factor, count float64) {
	p.sketch.AddWithCount(math.Exp(factor), count) //nolint:errcheck // see above
}

func (p *pool) close(s *spread) {
	p.buf = p.buf[:0]
	p.sketch.Encode(&p.buf, true)
	if n := len(p.buf); cap(s.sketch) < n || cap(s.sketch) > 2*n+16 {
		s.sketch = make([]byte, 0, n+8)
	}
	s.sketch = append(s.sketch[:0], p.buf...)
}

// halve keeps counts whole, which takes a byte or two each; the last one in a place stays.
func (p *pool) halve(s *spread) {
	p.gather()
	p.sketch.Clear()
	s.count = 0
	for _, b := range p.bins {
		n := math.Ceil(b.count / 2)
		p.put(b.at, n)
		s.count += uint32(n)
	}
}

// gather lists what the sketch has, the smallest factor first.
func (p *pool) gather() (total float64) {
	p.bins = p.bins[:0]
	p.sketch.ForEach(func(value, count float64) bool {
		if value > 0 && count > 0 && len(p.bins) < 4*maxBins {
			p.bins = append(p.bins, bin{math.Log(value), count})
			total += count
		}
		return false
	})
	slices.SortFunc(p.bins, func(a, b bin) int {
		if a.at < b.at {
			return -1
		}
		return 1
	})
	return total
}

func (p *pool) summarise(s *spread) {
	total := p.gather()
	if total == 0 {
		return
	}
	s.median = thousandths(quantile(p.bins, total, 0.5))
	s.low, s.high = thousandths(quantile(p.bins, total, 0.05)), thousandths(quantile(p.bins, total, 0.95))
	s.lowest, s.highest = thousandths(quantile(p.bins, total, 0.005)), thousandths(quantile(p.bins, total, 0.995))
	median := float64(s.median) / 1000
	for i := range p.bins {
		p.bins[i].at = math.Abs(p.bins[i].at - median)
	}
	slices.SortFunc(p.bins, func(a, b bin) int {
		if a.at < b.at {
			return -1
		}
		return 1
	})
	s.mad = thousandths(quantile(p.bins, total, 0.5))
}

// quantile gives the place at or below which a share of the counts is.
func quantile(sorted []bin, total, share float64) float64 {
	sum := 0.0
	for _, b := range sorted {
		sum += b.count
		if sum >= share*total {
			return b.at
		}
	}
	return sorted[len(sorted)-1].at
}

func thousandths(x float64) int16 { return int16(math.Round(min(max(x, -30), 30) * 1000)) }

// calm makes the spread of something that never differed.
func (p *pool) calm(s *spread, hours int) {
	n := min(max(hours, 0), halveAt/2)
	p.sketch.Clear()
	p.put(0, float64(n))
	s.count = uint32(n)
	p.summarise(s)
	p.close(s)
}
