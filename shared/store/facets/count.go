package facets

import (
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// begin makes a filter ready for a scan over all that is there.
func (x *Index) begin(f *store.DetectionFilter) (p *plan, order []int) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	p = x.plan(f)
	return p, x.order(p)
}

func always(*chunk) bool { return true }

// Count says how many match.
func (x *Index) Count(f store.DetectionFilter) (int, error) {
	if err := f.Validate(); err != nil {
		return 0, err
	}
	n := 0
	p, order := x.begin(&f)
	x.scan(p, order, always, func(_ *chunk, rows []uint16) { n += len(rows) })
	return n, nil
}

// IDs gives the ids of those that match, at most limit, in no particular order.
func (x *Index) IDs(f store.DetectionFilter, limit int) ([]string, error) {
	if err := f.Validate(); err != nil {
		return nil, err
	}
	var ids []string
	p, order := x.begin(&f)
	x.scan(p, order, func(*chunk) bool { return len(ids) < limit }, func(c *chunk, rows []uint16) {
		for _, i := range rows[:min(len(rows), limit-len(ids))] {
			ids = append(ids, string(c.texts.idOf(i)))
		}
	})
	return ids, nil
}

// Histogram counts those that match by when they started, and by band.
func (x *Index) Histogram(f store.DetectionFilter, h store.HistogramQuery) (store.Histogram, error) {
	if err := h.Validate(); err != nil {
		return store.Histogram{}, err
	}
	if err := f.Validate(); err != nil {
		return store.Histogram{}, err
	}
	p, order := x.begin(&f)
	from, step := nanos(h.From), int64(h.Step())
	p.exact = true
	p.window.start.low = max(p.window.start.low, from)
	p.window.start.high = min(p.window.start.high, nanos(h.To)-1)
	x.mu.RLock()
	b := newBars(x, h.Buckets)
	x.mu.RUnlock()
	x.scan(p, order, always, func(c *chunk, rows []uint16) {
		for _, i := range rows {
			b.counts[b.band.of(c.nature[i])][(c.start[i]-from)/step]++
		}
	})
	return store.Histogram{Complete: true, Step: h.Step(), Buckets: b.buckets(h.From.UTC(), h.Step())}, nil
}

// bars counts by band and bucket. Bands are told apart by number while counting.
type bars struct {
	band   *memo[int]
	names  []events.Band
	counts [][]int
}

func newBars(x *Index, buckets int) *bars {
	b := &bars{}
	b.band = newMemo(&x.natures, x.clock, func(section string) int {
		d := readNature(&reader{rest: section})
		for i, name := range b.names {
			if name == d.Risk.Band {
				return i
			}
		}
		b.names, b.counts = append(b.names, d.Risk.Band), append(b.counts, make([]int, buckets))
		return len(b.names) - 1
	})
	b.names, b.counts = []events.Band{""}, [][]int{make([]int, buckets)}
	return b
}

func (b *bars) buckets(from time.Time, step time.Duration) []store.Bucket {
	list := make([]store.Bucket, len(b.counts[0]))
	for i := range list {
		list[i].Start = from.Add(time.Duration(i) * step)
		for band, counts := range b.counts {
			if counts[i] == 0 {
				continue
			}
			if list[i].Bands == nil {
				list[i].Bands = map[events.Band]int{}
			}
			list[i].Count += counts[i]
			list[i].Bands[b.names[band]] += counts[i]
		}
	}
	return list
}
