package sqlite

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/mirrorwatch/mirrorwatch/shared/query"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
	"github.com/mirrorwatch/mirrorwatch/shared/store/segment"
)

// maxGroups is how many different values, or combinations of them, one goroutine of a Top counts. Where there are more, the answer says
// that it is not complete.
const maxGroups = 1 << 20

// Histogram counts what matches by time.
func (r *records) Histogram(ctx context.Context, q store.RecordQuery, buckets int) (h store.Histogram, err error) {
	span := store.HistogramQuery{From: q.From, To: q.To, Buckets: buckets}
	if err := span.Validate(); err != nil {
		return h, err
	}
	if err := q.Validate(); err != nil {
		return h, err
	}
	h = store.Histogram{Complete: true, Step: span.Step(), Buckets: make([]store.Bucket, buckets)}
	err = r.again(ctx, func() error {
		s, err := r.scan(&q, 0)
		if err != nil {
			return err
		}
		var counts [workers][]int
		err = s.each(ctx, workers, func(n int, w *worker, p *piece) error {
			if counts[n] == nil {
				counts[n] = make([]int, buckets)
			}
			found, err := w.find(p, s.from, s.to)
			if err != nil || found == nil {
				return err
			}
			return found.spread(counts[n], s.from, int64(h.Step))
		})
		for i := range h.Buckets {
			h.Buckets[i] = store.Bucket{Start: q.From.UTC().Add(time.Duration(i) * h.Step)}
			for _, c := range counts {
				if c != nil {
					h.Buckets[i].Count += c[i]
				}
			}
		}
		return err
	})
	if err != nil {
		return store.Histogram{}, fmt.Errorf("count records by time: %w", err)
	}
	return h, nil
}

// spread counts hits into buckets. Rows are in the order of time, so that a bucket is a span of rows.
func (h *hits) spread(counts []int, from, step int64) error {
	first := max(0, (h.piece.from-from)/step)
	if first == (h.piece.to-from)/step && h.piece.from >= from {
		counts[first] += h.rows.Count()
		return nil
	}
	ts, err := h.seg.Times()
	if err != nil {
		return err
	}
	row := 0
	for i := first; i < int64(len(counts)) && row < h.seg.Rows; i++ {
		end := h.seg.Rows
		if bound := from + (i+1)*step; bound <= h.seg.MaxTS {
			end = ts.Search(h.seg.UnitsUp(bound))
		}
		counts[i] += h.rows.CountIn(row, end)
		row = end
	}
	return nil
}

// Top counts what matches by the values of fields.
func (r *records) Top(ctx context.Context, q store.RecordQuery, t store.TopQuery) (top store.Top, err error) {
	if err := q.Validate(); err != nil {
		return top, err
	}
	if err := t.Validate(); err != nil {
		return top, err
	}
	if err := r.checkFields(t); err != nil {
		return top, err
	}
	if t.Limit == 0 {
		t.Limit = 10
	}
	var all *segment.Grouping
	err = r.again(ctx, func() error {
		s, err := r.scan(&q, 0)
		if err != nil {
			return err
		}
		all, err = s.group(ctx, t)
		return err
	})
	if err != nil {
		return store.Top{}, fmt.Errorf("count records by value: %w", err)
	}
	return topOf(all, t), nil
}

func (r *records) checkFields(t store.TopQuery) error {
	for _, f := range slices.Concat(t.Fields, t.Sum) {
		if err := r.schema.Check(f); err != nil && f != query.KindField {
			return &store.Invalid{Field: "fields", Value: clip(f), Allowed: "a field: " + err.Error()}
		}
	}
	return nil
}

func (s *scan) group(ctx context.Context, t store.TopQuery) (*segment.Grouping, error) {
	var groupings [workers]*segment.Grouping
	err := s.each(ctx, workers, func(n int, w *worker, p *piece) error {
		if groupings[n] == nil {
			groupings[n] = segment.NewGrouping(len(t.Fields), len(t.Sum), maxGroups)
		}
		found, err := w.find(p, s.from, s.to)
		if err != nil || found == nil {
			return err
		}
		return groupings[n].Add(found.seg, p.kind, s.keys(p.kind, t.Fields), t.Sum, found.rows)
	})
	all := segment.NewGrouping(len(t.Fields), len(t.Sum), maxGroups)
	for _, g := range groupings {
		switch {
		case g == nil:
		case all.Rows == 0:
			all = g
		default:
			all.Merge(g)
		}
	}
	return all, err
}

// keys gives what each field stands for in a kind. A name that this kind does not have is taken as it stands: lines may have it all the same.
func (s *scan) keys(kind string, fields []string) []segment.Key {
	table, _ := s.r.schema.Table(kind)
	keys := make([]segment.Key, len(fields))
	for i, name := range fields {
		if keys[i] = table.Resolve(name); len(keys[i]) == 0 {
			keys[i] = segment.Key{query.Field{Name: name}}
		}
	}
	return keys
}

func topOf(g *segment.Grouping, t store.TopQuery) store.Top {
	top := store.Top{Complete: !g.Full, Missing: g.Missing, Distinct: g.Distinct(), Others: g.Counted()}
	if g.Full {
		top.Why = fmt.Sprintf("There are more than %d different values.", maxGroups)
	}
	for _, v := range g.Top(t.Limit) {
		value := store.TopValue{Values: v.Values, Count: v.Count}
		if len(t.Sum) > 0 {
			value.Sums = v.Sums
		}
		top.Values = append(top.Values, value)
		top.Others -= v.Count
	}
	return top
}
