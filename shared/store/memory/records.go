package memory

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/query"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// records implements store.Records.
type records struct{ w *world }

// record is a row, and its place in the order of storing.
type record struct {
	store.Row
	place int64
}

func (s records) Append(ctx context.Context, list ...store.Row) error {
	if err := s.w.enter(ctx); err != nil {
		return err
	}
	defer s.w.mu.Unlock()
	for i := range list {
		if !json.Valid(list[i].Line) || !slices.Contains(events.Kinds(), list[i].Kind) {
			return &store.Invalid{Field: "record", Value: string(list[i].Kind), Allowed: "a JSON object of a kind that there is"}
		}
	}
	for _, r := range list {
		s.w.lines++
		r.Time, r.Line = r.Time.UTC(), slices.Clone(r.Line)
		s.w.records = append(s.w.records, record{r, s.w.lines})
	}
	return nil
}

// find gives what matches, oldest first: of equal times in the order of storing.
func (s records) find(ctx context.Context, q *store.RecordQuery) ([]record, error) {
	if err := q.Validate(); err != nil {
		return nil, err
	}
	where, err := s.compile(q.Where)
	if err != nil {
		return nil, err
	}
	if err := s.w.look(ctx); err != nil {
		return nil, err
	}
	defer s.w.mu.RUnlock()
	var found []record
	for _, r := range s.w.records {
		if !r.Time.Before(q.From) && r.Time.Before(q.To) && (len(q.Kinds) == 0 || slices.Contains(q.Kinds, r.Kind)) && where(&r.Row) {
			found = append(found, r)
		}
	}
	slices.SortStableFunc(found, func(a, b record) int { return a.Time.Compare(b.Time) })
	return found, nil
}

// compile makes a query ready, or says what in it makes no sense.
func (s records) compile(q *query.Query) (func(*store.Row) bool, error) {
	if q == nil {
		return func(*store.Row) bool { return true }, nil
	}
	m, err := query.Compile(q, s.w.schema)
	if err != nil {
		return nil, &store.Invalid{Field: "query", Value: q.Text, Allowed: "possible: " + err.Error()}
	}
	return func(r *store.Row) bool { return m.Match(string(r.Kind), r.Line) }, nil
}

func (s records) Search(ctx context.Context, q store.RecordQuery) (p store.RecordPage, err error) {
	found, err := s.find(ctx, &q)
	if err != nil {
		return p, err
	}
	s.w.mu.RLock()
	c := recordCursor{mark: s.w.lines, oldest: q.Oldest}
	s.w.mu.RUnlock()
	if q.Cursor != "" {
		if c, err = readCursor(q.Cursor, q.Oldest); err != nil {
			return p, err
		}
	}
	found = slices.DeleteFunc(found, func(r record) bool { return r.place > c.mark })
	if !q.Oldest {
		slices.Reverse(found)
	}
	p.Page = store.Page{Complete: true, Total: -1}
	if q.Count {
		p.Total = len(found)
	}
	if q.Cursor != "" {
		found = slices.DeleteFunc(found, func(r record) bool { return !c.before(&r) })
	}
	if limit := cmp.Or(q.Limit, store.DefaultPage); len(found) > limit {
		found = found[:limit]
		last := found[limit-1]
		c.at, c.place = last.Time.UnixNano(), last.place
		p.Next = c.text()
	}
	for _, r := range found {
		p.Items = append(p.Items, store.RecordItem{Kind: r.Kind, Time: r.Time, Line: slices.Clone(r.Line)})
	}
	return p, nil
}

// recordCursor is where a page ended, and how far storing had come when the walk began.
type recordCursor struct {
	mark, at, place int64
	oldest          bool
}

// before says whether a record comes after the page.
func (c *recordCursor) before(r *record) bool {
	order := cmp.Or(cmp.Compare(c.at, r.Time.UnixNano()), cmp.Compare(c.place, r.place))
	return order < 0 == c.oldest && order != 0
}

func (c *recordCursor) text() string {
	b := []byte{0}
	if c.oldest {
		b[0] = 1
	}
	for _, n := range []int64{c.mark, c.at, c.place} {
		b = binary.BigEndian.AppendUint64(b, uint64(n))
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

func readCursor(text string, oldest bool) (c recordCursor, err error) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(b) != 25 || (b[0] == 1) != oldest {
		return c, store.BadCursor(text)
	}
	n := func(i int) int64 { return int64(binary.BigEndian.Uint64(b[i:])) }
	return recordCursor{n(1), n(9), n(17), oldest}, nil
}

func (s records) Histogram(ctx context.Context, q store.RecordQuery, buckets int) (h store.Histogram, err error) {
	span := store.HistogramQuery{From: q.From, To: q.To, Buckets: buckets}
	if err := span.Validate(); err != nil {
		return h, err
	}
	found, err := s.find(ctx, &q)
	if err != nil {
		return h, err
	}
	h = store.Histogram{Complete: true, Step: span.Step(), Buckets: make([]store.Bucket, buckets)}
	for i := range h.Buckets {
		h.Buckets[i].Start = q.From.UTC().Add(time.Duration(i) * h.Step)
	}
	for _, r := range found {
		h.Buckets[r.Time.Sub(q.From)/h.Step].Count++
	}
	return h, nil
}

func (s records) Top(ctx context.Context, q store.RecordQuery, t store.TopQuery) (top store.Top, err error) {
	if err := t.Validate(); err != nil {
		return top, err
	}
	if err := s.checkFields(t); err != nil {
		return top, err
	}
	found, err := s.find(ctx, &q)
	if err != nil {
		return top, err
	}
	top.Complete = true
	groups := map[string]*store.TopValue{}
	for _, r := range found {
		var members map[string]json.RawMessage
		if err := json.Unmarshal(r.Line, &members); err != nil {
			return top, errors.Join(errors.New("read record"), err)
		}
		members[query.KindField] = json.RawMessage(`"` + r.Kind + `"`)
		if !count(groups, members, t) {
			top.Missing++
		}
	}
	for _, g := range groups {
		top.Values = append(top.Values, *g)
	}
	slices.SortFunc(top.Values, func(a, b store.TopValue) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), slices.Compare(a.Values, b.Values))
	})
	top.Distinct = len(top.Values)
	if limit := cmp.Or(t.Limit, 10); len(top.Values) > limit {
		for _, g := range top.Values[limit:] {
			top.Others += g.Count
		}
		top.Values = top.Values[:limit]
	}
	return top, nil
}

func (s records) checkFields(t store.TopQuery) error {
	for _, f := range slices.Concat(t.Fields, t.Sum) {
		if f == query.KindField {
			continue
		}
		if err := s.w.schema.Check(f); err != nil {
			return &store.Invalid{Field: "fields", Value: f, Allowed: "a field: " + err.Error()}
		}
	}
	return nil
}

// count counts a record in each of its combinations of values: a list has several. It gives false where one of the fields is missing.
func count(groups map[string]*store.TopValue, members map[string]json.RawMessage, t store.TopQuery) bool {
	combinations := [][]string{nil}
	for _, f := range t.Fields {
		var longer [][]string
		for _, c := range combinations {
			for _, v := range valuesOf(members[f]) {
				longer = append(longer, append(slices.Clone(c), v))
			}
		}
		combinations = longer
	}
	for _, c := range combinations {
		key := strings.Join(c, "\x00")
		g := groups[key]
		if g == nil {
			g = &store.TopValue{Values: c}
			if len(t.Sum) > 0 {
				g.Sums = make([]float64, len(t.Sum))
			}
			groups[key] = g
		}
		g.Count++
		for i, f := range t.Sum {
			var n float64
			if json.Unmarshal(members[f], &n) == nil {
				g.Sums[i] += n
			}
		}
	}
	return len(combinations) > 0
}

// valuesOf gives the different values of a member as they stand in its JSON, without quotes.
func valuesOf(raw json.RawMessage) (values []string) {
	if raw == nil {
		return nil
	}
	list := []json.RawMessage{raw}
	if raw[0] == '[' && json.Unmarshal(raw, &list) != nil {
		return nil
	}
	for _, v := range list {
		var s string
		if json.Unmarshal(v, &s) != nil {
			s = string(v)
		}
		if !slices.Contains(values, s) {
			values = append(values, s)
		}
	}
	return values
}

func (s records) Retain(ctx context.Context, before time.Time, size int64) (r store.Retained, err error) {
	if err := s.w.enter(ctx); err != nil {
		return r, err
	}
	defer s.w.mu.Unlock()
	had := len(s.w.records)
	kept := slices.DeleteFunc(slices.Clone(s.w.records), func(r record) bool { return r.Time.Before(before) })
	if size > 0 {
		slices.SortStableFunc(kept, func(a, b record) int { return b.Time.Compare(a.Time) })
		for i := range kept {
			if size -= int64(len(kept[i].Line)); size < 0 {
				kept = kept[:i]
				break
			}
		}
		slices.SortFunc(kept, func(a, b record) int { return cmp.Compare(a.place, b.place) })
	}
	s.w.records = kept
	r = s.w.size()
	r.Deleted = int64(had - len(kept))
	return r, nil
}

func (s records) Size(ctx context.Context) (store.Retained, error) {
	if err := s.w.look(ctx); err != nil {
		return store.Retained{}, err
	}
	defer s.w.mu.RUnlock()
	return s.w.size(), nil
}

func (w *world) size() (r store.Retained) {
	for _, have := range w.records {
		r.Records++
		r.Bytes += int64(len(have.Line))
		if r.Oldest.IsZero() || have.Time.Before(r.Oldest) {
			r.Oldest = have.Time
		}
	}
	return r
}
