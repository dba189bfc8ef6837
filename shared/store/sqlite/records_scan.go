package sqlite

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/query"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
	"github.com/mirrorwatch/mirrorwatch/shared/store/segment"
)

// workers is how many pieces are searched at a time, by all queries together.
const workers = 2

// attempts is how often a query begins anew because what it read was merged or deleted meanwhile.
const attempts = 8

// scan is one query on its way over the pieces.
type scan struct {
	r        *records
	from, to int64
	last     int64          // rows that were stored later do not count
	match    *query.Matcher // nil: every row
	pieces   []piece        // those that may hold something
}

// scan begins a query. Where last is not 0 it is the newest row that counts.
func (r *records) scan(q *store.RecordQuery, last int64) (*scan, error) {
	s := &scan{r: r, from: nanos(q.From), to: nanos(q.To), last: last}
	if q.Where != nil && q.Where.Root != nil {
		m, err := query.Compile(q.Where, r.schema)
		if err != nil {
			return nil, &store.Invalid{Field: "where", Value: clip(q.Where.String()), Allowed: "a query of records: " + err.Error()}
		}
		s.match = m
	}
	pieces, newest := r.view()
	if last == 0 {
		s.last = newest
	}
	for _, p := range pieces {
		if p.from < s.to && p.to >= s.from && (len(q.Kinds) == 0 || slices.Contains(q.Kinds, events.Kind(p.kind))) && !s.never(p.kind) {
			s.pieces = append(s.pieces, p)
		}
	}
	return s, nil
}

// never says that nothing of a kind can match.
func (s *scan) never(kind string) bool {
	if s.match == nil {
		return false
	}
	p := s.match.Plan(kind)
	return p == nil || p.Never()
}

// hits is what matches in a piece: rows of seg.
type hits struct {
	piece *piece
	seg   *segment.Segment
	rows  segment.Bitmap
}

// worker is what one goroutine of a scan keeps from piece to piece.
type worker struct {
	scan     *scan
	matching map[string]*segment.Matching
}

// find gives what matches in a piece between two times; nil where nothing does.
func (w *worker) find(p *piece, from, to int64) (*hits, error) {
	seg, err := p.open(w.scan.r.codec)
	if err != nil {
		return nil, err
	}
	first, end, err := seg.Range(from, to)
	if err != nil {
		return nil, err
	}
	m := w.matching[p.kind]
	if m == nil {
		m = segment.NewMatching(nil)
		if w.scan.match != nil {
			m = segment.NewMatching(w.scan.match.Plan(p.kind))
		}
		w.matching[p.kind] = m
	}
	rows, err := m.Match(seg, max(first, p.dead), end)
	if err != nil || rows == nil {
		return nil, err
	}
	if p.maxSeq > w.scan.last {
		if err := seg.Until(rows, w.scan.last); err != nil {
			return nil, err
		}
	}
	return &hits{p, seg, rows}, nil
}

// each calls do with every piece, on several goroutines: each has its number, and a worker of its own.
func (s *scan) each(ctx context.Context, goroutines int, do func(n int, w *worker, p *piece) error) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var next atomic.Int64
	var group sync.WaitGroup
	for n := range min(goroutines, len(s.pieces)) {
		group.Go(func() {
			w := &worker{scan: s, matching: map[string]*segment.Matching{}}
			for {
				i := int(next.Add(1)) - 1
				if i >= len(s.pieces) || ctx.Err() != nil {
					return
				}
				if err := s.one(ctx, func() error { return do(n, w, &s.pieces[i]) }); err != nil {
					stop(err)
					return
				}
			}
		})
	}
	group.Wait()
	return context.Cause(ctx)
}

// one waits for its turn among all queries.
func (s *scan) one(ctx context.Context, do func() error) error {
	select {
	case s.r.slots <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	defer func() { <-s.r.slots }()
	return do()
}

// again runs a query until nothing that it reads goes away under it.
func (r *records) again(ctx context.Context, do func() error) error {
	for i := 1; ; i++ {
		err := do()
		if err == nil || !errors.Is(err, errGone) || i == attempts {
			if errors.Is(err, segment.ErrDamaged) {
				err = fmt.Errorf("%w: %w", store.ErrCorrupt, err)
			}
			return err
		}
		if r.d.write == nil { // another process writes; this one only looks
			if err := r.reload(ctx); err != nil {
				return err
			}
		}
	}
}

// reload reads everything anew.
func (r *records) reload(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fresh, r.bytes, r.chunks = map[string]*freshKind{}, 0, 0
	return r.load(ctx)
}
