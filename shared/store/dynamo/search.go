package dynamo

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// maxCursor bounds what is taken for a cursor.
const maxCursor = 4096

// cursor is where a walk from page to page stands. It holds nothing but keys, and a hand-made one reads nothing that its maker may not.
type cursor struct {
	Query string `json:"q"`           // hash of the query: the rest of it must be as it was
	As    string `json:"a,omitempty"` // moment of the first page
	At    string `json:"k,omitempty"` // place of the last that was given, or looked at
	ID    string `json:"i,omitempty"`
	End   string `json:"e,omitempty"`  // of a window that is sorted: the place of its last, and below what was given of it
	EndID string `json:"ei,omitempty"` //
	Rank  *rank  `json:"r,omitempty"`
	Total *int   `json:"n,omitempty"`
}

func (c cursor) String() string {
	b, err := json.Marshal(c)
	if err != nil {
		return "" // strings and numbers always can be written
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// hashOf names a query: what must stay the same from page to page.
func hashOf(query ...any) string {
	b, err := json.Marshal(query)
	if err != nil {
		b = []byte(fmt.Sprint(query...))
	}
	sum := sha256.Sum256(b)
	return base64.RawURLEncoding.EncodeToString(sum[:9])
}

// readCursor reads one that was given for the same query; the empty text is the beginning.
func readCursor(s, query string) (cursor, error) {
	if s == "" {
		return cursor{Query: query}, nil
	}
	c := cursor{}
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil || len(s) > maxCursor || json.Unmarshal(b, &c) != nil || c.Query != query {
		return cursor{}, store.BadCursor(s)
	}
	return c, nil
}

// rank is what detections are sorted by where no index has the order.
type rank struct {
	Score  int    `json:"s"`
	Start  string `json:"f"`
	Update string `json:"u"`
	Tick   string `json:"t"`
	ID     string `json:"i"`
}

func rankOf(f found) rank {
	d := f.detection
	return rank{d.Risk.Score, stamp(d.Start), stamp(d.Update), f.tick, f.id}
}

func (r rank) compare(o rank, by store.Sort) int {
	n := 0
	switch by {
	case store.ByScore:
		if n = o.Score - r.Score; n == 0 {
			n = strings.Compare(o.Start, r.Start)
		}
	case store.ByUpdate:
		n = strings.Compare(o.Update, r.Update)
	case store.ByCreated:
		n = strings.Compare(r.Tick, o.Tick)
	case store.ByOldest:
		n = strings.Compare(r.Start, o.Start)
	default:
		n = strings.Compare(o.Start, r.Start)
	}
	if n == 0 {
		n = strings.Compare(r.ID, o.ID)
	}
	return n
}

// Search gives a page. An order that an index has is walked; any other is made by sorting windows: as many of the newest as the budget
// reads are one window, its detections come in order, and the next window goes on behind it. Complete is false then.
func (d detections) Search(ctx context.Context, q store.DetectionQuery) (store.DetectionPage, error) {
	if err := q.Validate(); err != nil {
		return store.DetectionPage{}, err
	}
	if q.Limit == 0 {
		q.Limit = store.DefaultPage
	}
	if q.Sort == "" {
		q.Sort = store.ByStart
	}
	c, err := readCursor(q.Cursor, hashOf(q.Filter, q.Sort))
	if err != nil {
		return store.DetectionPage{}, err
	}
	if c.As == "" {
		c.As = d.asOf()
	}
	p, sorted := pathOf(&q)
	page := store.DetectionPage{}
	if sorted {
		page, err = d.windowed(ctx, q, p, c)
	} else {
		page, err = d.walked(ctx, q, p, c)
	}
	return page, err
}

// pathOf picks the path, and says whether what comes by it must be sorted.
func pathOf(q *store.DetectionQuery) (path, bool) {
	narrow := len(q.Filter.IDs) > 0 || narrowest(&q.Filter) != nil
	switch {
	case q.Sort == store.ByOldest:
		return byStart(&q.Filter, true), false
	case q.Sort == store.ByUpdate && !narrow:
		return byUpdate(&q.Filter), false
	case q.Sort == store.ByCreated && !narrow:
		return byCreated(), false
	}
	return byStart(&q.Filter, false), q.Sort != store.ByStart
}

func (d detections) walked(ctx context.Context, q store.DetectionQuery, p path, c cursor) (store.DetectionPage, error) {
	p.first = firstOf(q.Limit)
	m, err := d.search(ctx, &q.Filter, p, found{at: c.At, id: c.ID}, c.As, d.fresh())
	if err != nil {
		return store.DetectionPage{}, err
	}
	var list []found
	more := false
	for !more {
		f, there, err := m.next(ctx)
		if errors.Is(err, errSpent) {
			c.At, c.ID = m.last.at, m.last.id
			return d.page(ctx, q, p, list, c, m.spend.why())
		}
		if err != nil {
			return store.DetectionPage{}, err
		}
		if !there {
			break
		}
		if more = len(list) == q.Limit; !more {
			list = append(list, f)
			c.At, c.ID = f.at, f.id
		}
	}
	if !more {
		c.At = ""
	}
	return d.page(ctx, q, p, list, c, "")
}

// windowed reads a window, sorts it and gives a page of it.
func (d detections) windowed(ctx context.Context, q store.DetectionQuery, p path, c cursor) (store.DetectionPage, error) {
	list, end, spent, err := d.window(ctx, q, p, c)
	if err != nil {
		return store.DetectionPage{}, err
	}
	order := func(a, b found) int { return rankOf(a).compare(rankOf(b), q.Sort) }
	slices.SortFunc(list, order)
	if c.Rank != nil {
		list = slices.DeleteFunc(list, func(f found) bool { return rankOf(f).compare(*c.Rank, q.Sort) <= 0 })
	}
	why := ""
	if spent != nil {
		why = "sorted in parts, the newest detections first: " + spent.why()
	}
	switch {
	case len(list) > q.Limit:
		list = list[:q.Limit]
		r := rankOf(list[len(list)-1])
		c.Rank = &r
		if spent != nil {
			c.End, c.EndID = end.at, end.id
		}
	case spent != nil:
		c.At, c.ID, c.End, c.EndID, c.Rank = end.at, end.id, "", "", nil
	default:
		c.At, c.Rank = "", nil
	}
	return d.page(ctx, q, p, list, c, why)
}

// window reads what matches from the cursor's place to the end of its window, or as far as the budget goes, which is given then.
func (d detections) window(ctx context.Context, q store.DetectionQuery, p path, c cursor) (list []found, end found, spent *budget, err error) {
	b := d.fresh()
	if c.End != "" {
		b.items = 1 << 30 // a window that was read before is read whole again
		b.until = b.until.Add(d.patience)
	}
	m, err := d.search(ctx, &q.Filter, p, found{at: c.At, id: c.ID}, c.As, b)
	if err != nil {
		return nil, end, nil, err
	}
	for {
		f, there, err := m.next(ctx)
		if errors.Is(err, errSpent) {
			return list, m.last, b, nil
		}
		if err != nil || !there {
			return list, end, nil, err
		}
		if c.End != "" && behind(f, c, p.forward) {
			return list, found{at: c.End, id: c.EndID}, b, nil
		}
		f.detection = slim(f.detection)
		list = append(list, f)
	}
}

// behind says whether one lies after the end of the cursor's window.
func behind(f found, c cursor, forward bool) bool {
	if f.at == c.End {
		return f.id > c.EndID
	}
	return (f.at > c.End) == forward
}

// slim keeps what sorting needs. A whole detection may have a megabyte, and twenty thousand of them do not fit into a function.
func slim(d *events.Detection) *events.Detection {
	return &events.Detection{ID: d.ID, Start: d.Start, Update: d.Update, Risk: events.Risk{Score: d.Risk.Score}}
}

// page reads the detections that were found and makes the page; why says why it is not complete.
func (d detections) page(ctx context.Context, q store.DetectionQuery, p path, list []found, c cursor, why string) (store.DetectionPage, error) {
	for i := range list {
		list[i].whole = list[i].whole && list[i].detection.Created != nil // sorting has kept a slim one
	}
	read, err := d.whole(ctx, list)
	if err != nil {
		return store.DetectionPage{}, err
	}
	// An index lags behind the table: what does not match any more is not given.
	read = slices.DeleteFunc(read, func(f found) bool { return !q.Filter.Match(f.detection) })
	page := store.DetectionPage{Items: eventsOf(read), Page: store.Page{Complete: why == "", Why: why, Total: -1}}
	if q.Count {
		if c.Total, err = d.total(ctx, q, p, c); err != nil {
			return store.DetectionPage{}, err
		}
		if c.Total != nil && page.Complete {
			page.Total = *c.Total
		}
	}
	if c.At != "" || c.Rank != nil {
		page.Next = c.String()
	}
	return page, nil
}

// total counts all that match; nil where the budget does not last for it. The cursor carries it from the first page on.
func (d detections) total(ctx context.Context, q store.DetectionQuery, p path, c cursor) (*int, error) {
	if c.Total != nil {
		return c.Total, nil
	}
	n := 0
	spent, err := d.each(ctx, &q.Filter, p, c.As, func(*events.Detection) { n++ })
	if err != nil || spent != nil {
		return nil, err
	}
	return &n, nil
}

// each shows every detection that matches to do; the budget is given where it did not last.
func (d detections) each(ctx context.Context, f *store.DetectionFilter, p path, as string, do func(*events.Detection)) (*budget, error) {
	b := d.fresh()
	m, err := d.search(ctx, f, p, found{}, as, b)
	if err != nil {
		return nil, err
	}
	for {
		one, there, err := m.next(ctx)
		if errors.Is(err, errSpent) {
			return b, nil
		}
		if err != nil || !there {
			return nil, err
		}
		do(one.detection)
	}
}
