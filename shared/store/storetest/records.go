package storetest

import (
	"context"
	"encoding/json"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/query"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// RunRecords holds a store's Records against the contract. The store must have been opened with a schema that has at least what Schema
// has.
func RunRecords(t *testing.T, open Open) {
	each(t, open, map[string]func(*harness){
		"records against brute force": recordsAgainstBrute,
		"pages of records":            pagesOfRecords,
		"record bounds":               recordBounds,
		"retain":                      retain,
		"records refused":             recordsRefused,
		"records by value":            recordsByValue,
		"records cancelled":           recordsCancelled,
	})
}

// Schema is the fields of the records that Record makes and the questions of RunRecords ask for.
func Schema() query.Schema {
	head := []query.Field{
		{Name: "ts", Type: query.Time}, {Name: "uid", Type: query.Text}, {Name: "id.orig_h", Type: query.Address}, {Name: "id.orig_p", Type: query.Number},
		{Name: "id.resp_h", Type: query.Address}, {Name: "id.resp_p", Type: query.Number}, {Name: "vni", Type: query.Number}, {Name: "sensor", Type: query.Text},
	}
	table := func(kind events.Kind, more ...query.Field) query.Table {
		return query.Table{Kind: string(kind), Fields: slices.Concat(head, more)}
	}
	return query.Schema{
		table(events.KindConn, query.Field{Name: "proto", Type: query.Text}, query.Field{Name: "service", Type: query.Text},
			query.Field{Name: "orig_bytes", Type: query.Number}, query.Field{Name: "resp_bytes", Type: query.Number}, query.Field{Name: "conn_state", Type: query.Text}),
		table(events.KindDNS, query.Field{Name: "query", Type: query.Text}, query.Field{Name: "rcode", Type: query.Number},
			query.Field{Name: "answers", Type: query.Text, List: true}),
		table(events.KindHTTP, query.Field{Name: "host", Type: query.Text}, query.Field{Name: "uri", Type: query.Text}, query.Field{Name: "status_code", Type: query.Number}),
		table(events.KindSSL, query.Field{Name: "server_name", Type: query.Text}, query.Field{Name: "version", Type: query.Text},
			query.Field{Name: "alpn", Type: query.Text, List: true}),
	}
}

// fillRecords stores n records over a span of time, some at the same moment, and gives them in the order of storing.
func (h *harness) fillRecords(n int) []store.Row {
	h.Helper()
	begin := h.clock.Now()
	var rows []store.Row
	for i := range n {
		rows = append(rows, Record(i, begin.Add(time.Duration(i*7919%n/2)*time.Second)))
	}
	for part := range slices.Chunk(rows, 37) {
		h.must(h.Records.Append(h.ctx, part...))
	}
	return rows
}

func (h *harness) span() (from, to time.Time) {
	return h.clock.Now().Add(-time.Hour), h.clock.Now().Add(24 * time.Hour)
}

func (h *harness) where(text string) *query.Query {
	h.Helper()
	if text == "" {
		return nil
	}
	q, err := query.Parse(text)
	h.must(err)
	return q
}

func members(h *harness, r *store.Row) map[string]any {
	h.Helper()
	var m map[string]any
	h.must(json.Unmarshal(r.Line, &m))
	return m
}

func recordsAgainstBrute(h *harness) {
	rows := h.fillRecords(600)
	for _, c := range questions {
		var want []store.Row
		for i := range rows {
			if c.holds(rows[i].Kind, members(h, &rows[i])) {
				want = append(want, rows[i])
			}
		}
		q := store.RecordQuery{Kinds: c.kinds, Where: h.where(c.text), Limit: 1 + len(want)/3, Count: true, Oldest: len(c.text)%2 == 0}
		q.From, q.To = h.span()
		h.agreeOnRecords(c.text, q, want)
		h.agreeOnTop(c.text, q, want, []string{"id.resp_p"})
		h.agreeOnTop(c.text, q, want, []string{"kind", "sensor"})
		h.agreeOnTop(c.text, q, want, []string{"answers"})
	}
}

func (h *harness) agreeOnRecords(text string, q store.RecordQuery, want []store.Row) {
	h.Helper()
	got, total := h.walkRecords(q, nil)
	inOrder := slices.IsSortedFunc(got, func(a, b store.RecordItem) int {
		if q.Oldest {
			return a.Time.Compare(b.Time)
		}
		return b.Time.Compare(a.Time)
	})
	if total != len(want) || !inOrder || !slices.Equal(linesOf(got), linesOf(want)) {
		h.Errorf("%q: %d records and a count of %d, not %d; in order %v", text, len(got), total, len(want), inOrder)
	}
	histogram, err := h.Records.Histogram(h.ctx, q, 25)
	h.must(err)
	counts := make([]int, 25)
	for _, r := range want {
		counts[r.Time.Sub(q.From)/histogram.Step]++
	}
	for i, b := range histogram.Buckets {
		if b.Count != counts[i] || !b.Start.Equal(q.From.Add(time.Duration(i)*histogram.Step)) {
			h.Errorf("%q: bar %d is %+v, not %d", text, i, b, counts[i])
		}
	}
}

// linesOf gives the lines, sorted: of records of one moment the order is the store's.
func linesOf[T store.Row | store.RecordItem](list []T) (lines []string) {
	for _, r := range list {
		switch r := any(r).(type) {
		case store.Row:
			lines = append(lines, string(r.Kind)+" "+string(r.Line))
		case store.RecordItem:
			lines = append(lines, string(r.Kind)+" "+string(r.Line))
		}
	}
	slices.Sort(lines)
	return lines
}

func (h *harness) agreeOnTop(text string, q store.RecordQuery, want []store.Row, fields []string) {
	h.Helper()
	q.Cursor, q.Limit = "", 0
	top, err := h.Records.Top(h.ctx, q, store.TopQuery{Fields: fields, Sum: []string{"orig_bytes"}, Limit: 4})
	h.must(err)
	if !top.Complete {
		return
	}
	groups, missing := h.topOf(want, fields)
	others := 0
	for _, g := range groups[min(4, len(groups)):] {
		others += g.Count
	}
	first := groups[:min(4, len(groups))]
	if len(first) != len(top.Values) || len(first) > 0 && !reflect.DeepEqual(top.Values, first) || top.Missing != missing || top.Distinct != len(groups) || top.Others != others {
		h.Errorf("%q by %v: %+v, not %+v, %d others, %d without, %d different", text, fields, top, first, others, missing, len(groups))
	}
}

func (h *harness) walkRecords(q store.RecordQuery, between func()) (list []store.RecordItem, total int) {
	h.Helper()
	for {
		p, err := h.Records.Search(h.ctx, q)
		h.must(err)
		if q.Limit > 0 && len(p.Items) > q.Limit || !p.Complete && p.Why == "" {
			h.Errorf("a page of %d, complete %v, %q", len(p.Items), p.Complete, p.Why)
		}
		list, total = append(list, p.Items...), p.Total
		if q.Cursor = p.Next; p.Next == "" {
			return list, total
		}
		if between != nil {
			between()
		}
	}
}

func pagesOfRecords(h *harness) {
	rows := h.fillRecords(100)
	next := 1000
	for _, oldest := range []bool{false, true} {
		q := store.RecordQuery{Oldest: oldest, Limit: 9}
		q.From, q.To = h.span()
		before, _ := h.walkRecords(q, nil)
		got, _ := h.walkRecords(q, func() {
			next++
			h.must(h.Records.Append(h.ctx, Record(next, rows[next%len(rows)].Time)))
		})
		if !slices.Equal(linesOf(got), linesOf(before)) {
			h.Errorf("oldest first %v: %d records of %d", oldest, len(got), len(before))
		}
	}
}

func recordBounds(h *harness) {
	at := h.clock.Now().Truncate(time.Second)
	for i, d := range []time.Duration{-time.Microsecond, 0, time.Second - time.Microsecond, time.Second} {
		h.must(h.Records.Append(h.ctx, Record(i, at.Add(d))))
	}
	got, _ := h.walkRecords(store.RecordQuery{From: at, To: at.Add(time.Second), Oldest: true}, nil)
	if len(got) != 2 || !got[0].Time.Equal(at) || !got[1].Time.Equal(at.Add(time.Second-time.Microsecond)) {
		h.Errorf("%d records of [from, to)", len(got))
	}
	h.must(h.Records.Append(h.ctx, Record(1, at))) // again, to the byte
	if n, err := h.Records.Size(h.ctx); err != nil || n.Records < 4 || n.Records > 5 || !n.Oldest.Equal(at.Add(-time.Microsecond)) {
		h.Errorf("%+v, %v", n, err)
	}
}

func retain(h *harness) {
	rows := h.fillRecords(400)
	before := h.clock.Now().Add(50 * time.Second)
	kept := slices.DeleteFunc(slices.Clone(rows), func(r store.Row) bool { return r.Time.Before(before) })
	got, err := h.Records.Retain(h.ctx, before, 0)
	h.must(err)
	if got.Records != int64(len(kept)) || got.Deleted != int64(len(rows)-len(kept)) || got.Oldest.Before(before) {
		h.Errorf("%+v; %d should be left", got, len(kept))
	}
	q := store.RecordQuery{Limit: 100}
	q.From, q.To = h.span()
	list, _ := h.walkRecords(q, nil)
	if !slices.Equal(linesOf(list), linesOf(kept)) {
		h.Errorf("%d can be found, %d should be left", len(list), len(kept))
	}
	again, err := h.Records.Retain(h.ctx, before, 0)
	h.must(err)
	if again.Deleted != 0 {
		h.Errorf("deleted %d of what was kept", again.Deleted)
	}
	all, err := h.Records.Retain(h.ctx, h.clock.Now().Add(24*time.Hour), 0)
	h.must(err)
	if all.Records != 0 || all.Deleted != int64(len(kept)) {
		h.Errorf("deleting all: %+v", all)
	}
}

func recordsRefused(h *harness) {
	from, to := h.span()
	for name, q := range map[string]store.RecordQuery{
		"no span": {}, "backwards": {From: to, To: from}, "limit": {From: from, To: to, Limit: store.MaxPage + 1},
		"kind": {From: from, To: to, Kinds: []events.Kind{"gopher"}}, "cursor": {From: from, To: to, Cursor: "%%"},
		"field": {From: from, To: to, Where: h.where("colour = blue")},
	} {
		_, err := h.Records.Search(h.ctx, q)
		h.refused(name, err, store.ErrInvalid)
	}
	q := store.RecordQuery{From: from, To: to}
	for name, t := range map[string]store.TopQuery{
		"no fields": {}, "many fields": {Fields: []string{"uid", "uid", "uid", "uid", "uid"}}, "unknown field": {Fields: []string{"colour"}},
		"limit": {Fields: []string{"uid"}, Limit: store.MaxGroups + 1},
	} {
		_, err := h.Records.Top(h.ctx, q, t)
		h.refused("top: "+name, err, store.ErrInvalid)
	}
	_, err := h.Records.Histogram(h.ctx, q, store.MaxBuckets+1)
	h.refused("buckets", err, store.ErrInvalid)
}

func recordsByValue(h *harness) {
	r := Record(1, h.clock.Now())
	want := string(r.Line)
	h.must(h.Records.Append(h.ctx, r))
	copy(r.Line, "XXXXXXXX")
	q := store.RecordQuery{}
	q.From, q.To = h.span()
	for range 2 {
		got, _ := h.walkRecords(q, nil)
		if len(got) != 1 || string(got[0].Line) != want {
			h.Fatalf("%d records", len(got))
		}
		copy(got[0].Line, "YYYYYYYY")
	}
}

func recordsCancelled(h *harness) {
	q := store.RecordQuery{}
	q.From, q.To = h.span()
	h.cancelled("append", func(ctx context.Context) error { return h.Records.Append(ctx, Record(1, h.clock.Now())) })
	h.cancelled("search", func(ctx context.Context) error { _, err := h.Records.Search(ctx, q); return err })
	h.cancelled("top", func(ctx context.Context) error {
		_, err := h.Records.Top(ctx, q, store.TopQuery{Fields: []string{"uid"}})
		return err
	})
	if n, err := h.Records.Size(h.ctx); err != nil || n.Records != 0 {
		h.Errorf("%+v, %v", n, err)
	}
}
