package facets

import (
	"cmp"
	"encoding/base64"
	"encoding/binary"
	"math"
	"slices"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// position is where a detection stands in an order: what is less comes first, and ids decide among equals.
type position struct {
	first, second int64
	id            string
}

func (a position) compare(b position) int {
	return cmp.Or(cmp.Compare(a.first, b.first), cmp.Compare(a.second, b.second), strings.Compare(a.id, b.id))
}

// order is one of store's sorts. Where the greatest comes first, the bits are turned over, which turns the order and cannot overflow.
type order struct {
	at    func(c *chunk, i uint16) (first, second int64)
	reach func(z *zone) (first, second bounds)
}

var noSecond = bounds{0, 0}

func turned(b bounds) bounds { return bounds{^b.high, ^b.low} }

func orderOf(s store.Sort) order {
	switch s {
	case store.ByUpdate:
		return order{
			func(c *chunk, i uint16) (int64, int64) { return ^c.update[i], 0 },
			func(z *zone) (bounds, bounds) { return turned(z.update), noSecond },
		}
	case store.ByScore:
		return order{
			func(c *chunk, i uint16) (int64, int64) { return ^int64(c.score[i]), ^c.start[i] },
			func(z *zone) (bounds, bounds) { return turned(z.score), turned(z.start) },
		}
	case store.ByOldest:
		return order{
			func(c *chunk, i uint16) (int64, int64) { return c.start[i], 0 },
			func(z *zone) (bounds, bounds) { return z.start, noSecond },
		}
	case store.ByCreated:
		return order{
			func(c *chunk, i uint16) (int64, int64) { return c.created[i], 0 },
			func(z *zone) (bounds, bounds) { return z.created, noSecond },
		}
	}
	return order{
		func(c *chunk, i uint16) (int64, int64) { return ^c.start[i], 0 },
		func(z *zone) (bounds, bounds) { return turned(z.start), noSecond },
	}
}

// Search gives the ids of a page. The walk that it begins leaves out what is put in later: the cursor carries how far storing had come.
func (x *Index) Search(q store.DetectionQuery) (ids []string, page store.Page, err error) {
	if err := q.Validate(); err != nil {
		return nil, store.Page{}, err
	}
	q.Sort, q.Limit = cmp.Or(q.Sort, store.ByStart), cmp.Or(q.Limit, store.DefaultPage)
	w := walk{order: orderOf(q.Sort), limit: q.Limit, all: q.Count}
	w.after.first = math.MinInt64
	x.mu.RLock()
	w.mark = x.latest
	if q.Cursor != "" {
		if w.mark, w.after, err = readCursor(q.Cursor, q.Sort); err != nil {
			x.mu.RUnlock()
			return nil, store.Page{}, err
		}
	}
	p := x.plan(&q.Filter)
	p.window.created, p.exact = bounds{math.MinInt64, w.mark}, true
	sequence := x.nearest(w.order, x.order(p))
	x.mu.RUnlock()
	x.scan(p, sequence, w.matters, w.see)
	ids, next := w.page()
	page = store.Page{Complete: true, Total: -1}
	if q.Count {
		page.Total = w.total
	}
	if next != nil {
		page.Next = writeCursor(q.Sort, w.mark, *next)
	}
	return ids, page, nil
}

// nearest puts chunks into the order of what comes first in each, so that a page is full before most of them are looked at.
func (x *Index) nearest(o order, chunks []int) []int {
	chunks = slices.DeleteFunc(chunks, func(at int) bool { return x.chunks[at] == nil })
	slices.SortFunc(chunks, func(a, b int) int {
		a1, a2 := o.reach(&x.chunks[a].zone)
		b1, b2 := o.reach(&x.chunks[b].zone)
		return cmp.Or(cmp.Compare(a1.low, b1.low), cmp.Compare(a2.low, b2.low))
	})
	return chunks
}

// walk gathers one page.
type walk struct {
	order order
	after position
	mark  int64
	limit int
	all   bool // count all that match, those beyond the page too

	best  []position // sorted up to the last cut
	worst *position  // nothing behind it matters any more
	total int
}

// matters says whether a chunk can have anything of the page.
func (w *walk) matters(c *chunk) bool {
	if w.all {
		return true
	}
	first, second := w.order.reach(&c.zone)
	if (position{first.high, second.high, ""}).behind(w.after) < 0 {
		return false
	}
	return w.worst == nil || (position{first.low, second.low, ""}).behind(*w.worst) <= 0
}

// behind compares without the ids.
func (a position) behind(b position) int {
	return cmp.Or(cmp.Compare(a.first, b.first), cmp.Compare(a.second, b.second))
}

func (w *walk) see(c *chunk, rows []uint16) {
	w.total += len(rows)
	for _, i := range rows {
		var p position
		p.first, p.second = w.order.at(c, i)
		if p.behind(w.after) < 0 || w.worst != nil && p.behind(*w.worst) > 0 {
			continue
		}
		p.id = string(c.texts.idOf(i))
		if p.compare(w.after) <= 0 || w.worst != nil && p.compare(*w.worst) >= 0 {
			continue
		}
		if w.best = append(w.best, p); len(w.best) >= 2*w.limit+64 {
			w.cut()
		}
	}
	w.cut()
}

// cut keeps the page, and one more that says whether there is another.
func (w *walk) cut() {
	slices.SortFunc(w.best, position.compare)
	if len(w.best) > w.limit {
		w.best = w.best[:w.limit+1]
		worst := w.best[w.limit]
		w.worst = &worst
	}
}

func (w *walk) page() (ids []string, next *position) {
	ids = make([]string, 0, w.limit)
	for i := range w.best[:min(w.limit, len(w.best))] {
		ids = append(ids, w.best[i].id)
	}
	if len(w.best) > w.limit {
		next = &w.best[w.limit-1]
	}
	return ids, next
}

// cursorVersion stands first in every cursor.
const cursorVersion = 1

func writeCursor(s store.Sort, mark int64, p position) string {
	b := []byte{cursorVersion, byte(slices.Index(store.Sorts(), s))}
	b = binary.AppendVarint(b, mark)
	b = binary.AppendVarint(b, p.first)
	b = binary.AppendVarint(b, p.second)
	return base64.RawURLEncoding.EncodeToString(append(b, p.id...))
}

func readCursor(cursor string, s store.Sort) (mark int64, p position, err error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	r := reader{rest: string(raw)}
	known := err == nil && r.byte() == cursorVersion && int(r.byte()) == slices.Index(store.Sorts(), s)
	mark, p.first, p.second = r.varint(), r.varint(), r.varint()
	p.id = r.rest
	if !known || r.bad || store.CheckID("id", p.id) != nil {
		return 0, position{}, store.BadCursor(cursor)
	}
	return mark, p, nil
}
