package sqlite

import (
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
	"github.com/mirrorwatch/mirrorwatch/shared/store/segment"
)

// spot is the place of a row in the order of pages: by time, and among equals by the order of storing. It stays the same while rows are
// sealed and merged.
type spot struct {
	ts, seq int64
	piece   *piece
	seg     *segment.Segment
	row     int
}

// compare orders spots, the first of the page first.
func (a *spot) compare(b *spot, oldest bool) int {
	c := cmp.Or(cmp.Compare(a.ts, b.ts), cmp.Compare(a.seq, b.seq))
	if oldest {
		return c
	}
	return -c
}

// pager gathers the first rows of a page.
type pager struct {
	oldest bool
	after  *spot // the last row of the page before
	want   int

	mu    sync.Mutex
	spots []spot
	total int
}

// Search gives a page.
func (r *records) Search(ctx context.Context, q store.RecordQuery) (page store.RecordPage, err error) {
	if err := q.Validate(); err != nil {
		return page, err
	}
	if q.Limit == 0 {
		q.Limit = store.DefaultPage
	}
	after, last, err := readPlace(&q)
	if err != nil {
		return page, err
	}
	err = r.again(ctx, func() error {
		s, err := r.scan(&q, last)
		if err != nil {
			return err
		}
		last = s.last
		g := &pager{oldest: q.Oldest, after: after, want: q.Limit + 1}
		if page, err = s.page(ctx, &q, g); err != nil {
			return err
		}
		if len(g.spots) == g.want {
			page.Next = writePlace(&q, &g.spots[q.Limit-1], s.last)
		}
		return nil
	})
	if err != nil {
		return store.RecordPage{}, fmt.Errorf("search records: %w", err)
	}
	return page, nil
}

// question is what a cursor belongs to.
func question(q *store.RecordQuery) any {
	where := ""
	if q.Where != nil {
		where = q.Where.String()
	}
	return fmt.Sprint(nanos(q.From), nanos(q.To), q.Kinds, where, q.Oldest)
}

func writePlace(q *store.RecordQuery, at *spot, last int64) string {
	b := binary.BigEndian.AppendUint64(nil, uint64(at.ts))
	b = binary.BigEndian.AppendUint64(b, uint64(at.seq))
	return cursor(question(q), string(binary.BigEndian.AppendUint64(b, uint64(last))))
}

func readPlace(q *store.RecordQuery) (after *spot, last int64, err error) {
	position, err := place(question(q), q.Cursor)
	if err != nil || position == "" {
		return nil, 0, err
	}
	if len(position) != 24 {
		return nil, 0, store.BadCursor(q.Cursor)
	}
	ts, _ := number(position[:8])
	seq, _ := number(position[8:16])
	if last, _ = number(position[16:]); last <= 0 {
		return nil, 0, store.BadCursor(q.Cursor)
	}
	return &spot{ts: ts, seq: seq}, last, nil
}

// page finds the rows of a page and reads their lines.
func (s *scan) page(ctx context.Context, q *store.RecordQuery, g *pager) (page store.RecordPage, err error) {
	slices.SortFunc(s.pieces, func(a, b piece) int {
		if q.Oldest {
			return cmp.Compare(a.from, b.from)
		}
		return cmp.Compare(b.to, a.to)
	})
	err = s.each(ctx, workers, func(_ int, w *worker, p *piece) error { return g.look(w, p, q.Count) })
	if err != nil {
		return page, err
	}
	page.Complete, page.Total = true, -1
	if q.Count {
		page.Total = g.total
	}
	page.Items, err = s.lines(ctx, g.spots[:min(q.Limit, len(g.spots))])
	return page, err
}

// look takes from a piece what belongs on the page.
func (g *pager) look(w *worker, p *piece, count bool) error {
	from, to := g.span(w.scan)
	useful := from < to && p.from < to && p.to >= from && g.mayImprove(p)
	if count {
		from, to = w.scan.from, w.scan.to
	} else if !useful {
		return nil
	}
	h, err := w.find(p, from, to)
	if err != nil || h == nil {
		return err
	}
	var found []spot
	if useful {
		if found, err = g.first(h); err != nil {
			return err
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if count {
		g.total += h.rows.Count()
	}
	g.spots = append(g.spots, found...)
	slices.SortFunc(g.spots, func(a, b spot) int { return a.compare(&b, g.oldest) })
	g.spots = g.spots[:min(g.want, len(g.spots))]
	return nil
}

// span is the time in which rows after the cursor lie.
func (g *pager) span(s *scan) (from, to int64) {
	from, to = s.from, s.to
	switch {
	case g.after == nil:
	case g.oldest:
		from = max(from, g.after.ts)
	case g.after.ts < math.MaxInt64:
		to = min(to, g.after.ts+1)
	}
	return from, to
}

// mayImprove says whether a piece may hold a row that belongs before the last one found.
func (g *pager) mayImprove(p *piece) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.spots) < g.want {
		return true
	}
	worst := &g.spots[len(g.spots)-1]
	if g.oldest {
		return p.from <= worst.ts
	}
	return p.to >= worst.ts
}

// first gives the rows of a piece that come first in the order of the page. Rows of one time are all taken: their order is by storing,
// which is the order within a segment too.
func (g *pager) first(h *hits) (found []spot, err error) {
	ts, err := h.seg.Times()
	if err != nil {
		return nil, err
	}
	order, err := h.seg.Order()
	if err != nil {
		return nil, err
	}
	take := func(row int) bool {
		at := spot{ts: ts.At(row) * h.seg.Unit, seq: order.At(row), piece: h.piece, seg: h.seg, row: row}
		if g.after == nil || g.after.compare(&at, g.oldest) < 0 {
			found = append(found, at)
		}
		return len(found) < g.want
	}
	if g.oldest {
		h.rows.Walk(take)
	} else {
		h.rows.WalkBack(take)
	}
	return found, nil
}

// lines reads the lines of spots, those of one piece together.
func (s *scan) lines(ctx context.Context, spots []spot) ([]store.RecordItem, error) {
	items := make([]store.RecordItem, len(spots))
	at := map[*segment.Segment][]int{}
	var segs []*segment.Segment
	for i := range spots {
		if at[spots[i].seg] == nil {
			segs = append(segs, spots[i].seg)
		}
		at[spots[i].seg] = append(at[spots[i].seg], i)
	}
	read := &scan{r: s.r, pieces: make([]piece, len(segs))}
	of := map[*piece]*segment.Segment{}
	for i := range segs {
		of[&read.pieces[i]] = segs[i]
	}
	err := read.each(ctx, workers, func(_ int, _ *worker, p *piece) error {
		seg, next := of[p], 0
		rows := make([]int, 0, len(at[seg]))
		for _, i := range at[seg] {
			rows = append(rows, spots[i].row)
		}
		return seg.Lines(rows, func(row int, line []byte) error {
			i := at[seg][next]
			items[i] = store.RecordItem{Kind: events.Kind(spots[i].piece.kind), Time: moment(spots[i].ts), Line: slices.Clone(line)}
			next++
			return nil
		})
	})
	return items, err
}
