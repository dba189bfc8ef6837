package api

import (
	"context"
	"slices"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/lambdas/api/gen"
	"github.com/mirrorwatch/mirrorwatch/shared/query"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// records gives the store's, or says that none are kept here.
func (s *server) records() (store.Records, error) {
	if s.Store.Records == nil {
		return nil, notKept("Records", "the store has no room for them")
	}
	return s.Store.Records, nil
}

// where reads a query, and holds it against the fields that there are.
func (s *server) where(text string) (*query.Query, error) {
	q, err := query.Parse(text)
	if err != nil || q.Root == nil {
		return nil, err
	}
	if _, err := query.Compile(q, s.Fields); err != nil {
		return nil, asQueryError(err)
	}
	return q, nil
}

// asQueryError makes one of the caller's of whatever a query's check says: nothing else can be at fault.
func asQueryError(err error) error {
	if refusalOfInput(err) != nil {
		return err
	}
	return invalidField("query", "", "possible: "+err.Error())
}

// recordQuery makes a question of what a request says.
func (s *server) recordQuery(text string, from, to time.Time, kinds []string) (store.RecordQuery, error) {
	q := store.RecordQuery{From: from, To: to, Kinds: namesOf[events.Kind](kinds)}
	var err error
	if q.Where, err = s.where(text); err != nil {
		return q, err
	}
	return q, q.Validate()
}

func (s *server) searchRecords(ctx context.Context, q store.RecordQuery) (gen.RecordList, error) {
	records, err := s.records()
	if err != nil {
		return gen.RecordList{}, err
	}
	if err := q.Validate(); err != nil {
		return gen.RecordList{}, err
	}
	page, err := records.Search(ctx, q)
	if err != nil {
		return gen.RecordList{}, err
	}
	out := gen.RecordList{Items: []gen.Record{}, Complete: page.Complete, Why: page.Why, Next: page.Next, Total: total(page.Page, q.Count)}
	for _, i := range page.Items {
		out.Items = append(out.Items, gen.Record{Kind: string(i.Kind), Time: i.Time.UTC(), Record: i.Line})
	}
	return out, nil
}

// ListRecords searches with query parameters.
func (s *server) ListRecords(ctx context.Context, q gen.ListRecordsRequestObject) (gen.ListRecordsResponseObject, error) {
	p := q.Params
	rq, err := s.recordQuery(p.Query, p.From, p.To, p.Kind)
	if err != nil {
		return nil, err
	}
	rq.Oldest, rq.Limit, rq.Cursor, rq.Count = p.Order == gen.ListRecordsParamsOrderOldest, p.Limit, p.Cursor, p.Count
	out, err := s.searchRecords(ctx, rq)
	return gen.ListRecords200JSONResponse(out), err
}

// SearchRecords searches with a body.
func (s *server) SearchRecords(ctx context.Context, q gen.SearchRecordsRequestObject) (gen.SearchRecordsResponseObject, error) {
	b := q.Body
	rq, err := s.recordQuery(b.Query, b.From, b.To, b.Kinds)
	if err != nil {
		return nil, err
	}
	rq.Oldest, rq.Limit, rq.Cursor, rq.Count = b.Order == gen.RecordSearchOrderOldest, b.Limit, b.Cursor, b.Count
	out, err := s.searchRecords(ctx, rq)
	return gen.SearchRecords200JSONResponse(out), err
}

// HistogramRecords counts by time.
func (s *server) HistogramRecords(ctx context.Context, q gen.HistogramRecordsRequestObject) (gen.HistogramRecordsResponseObject, error) {
	records, err := s.records()
	if err != nil {
		return nil, err
	}
	b := q.Body
	rq, err := s.recordQuery(b.Query, b.From, b.To, b.Kinds)
	if err != nil {
		return nil, err
	}
	got, err := records.Histogram(ctx, rq, b.Buckets)
	return gen.HistogramRecords200JSONResponse(histogram(got)), err
}

// TopRecords counts by the values of fields.
func (s *server) TopRecords(ctx context.Context, q gen.TopRecordsRequestObject) (gen.TopRecordsResponseObject, error) {
	records, err := s.records()
	if err != nil {
		return nil, err
	}
	b := q.Body
	rq, err := s.recordQuery(b.Query, b.From, b.To, b.Kinds)
	if err != nil {
		return nil, err
	}
	t := store.TopQuery{Fields: b.Fields, Sum: b.Sum, Limit: b.Limit}
	if err := s.checkTop(t); err != nil {
		return nil, err
	}
	got, err := records.Top(ctx, rq, t)
	return gen.TopRecords200JSONResponse{
		Items: list(got.Values), Complete: got.Complete, Why: got.Why, Others: got.Others, Missing: got.Missing, Distinct: got.Distinct,
	}, err
}

// checkTop refuses fields that no kind of record has: they would be missing from every record, which looks like an answer.
func (s *server) checkTop(t store.TopQuery) error {
	if err := t.Validate(); err != nil {
		return err
	}
	for _, name := range t.Fields {
		if name != query.KindField && !s.hasField(name) {
			return invalidField("fields", name, "the name of a field of a record (see /v1/records/fields)")
		}
	}
	for _, name := range t.Sum {
		if !s.hasField(name) {
			return invalidField("sum", name, "the name of a field of a record (see /v1/records/fields)")
		}
	}
	return nil
}

func (s *server) hasField(name string) bool {
	return slices.ContainsFunc(s.Fields, func(t query.Table) bool { _, ok := t.Field(name); return ok })
}

// ListFields gives the fields of each kind.
func (s *server) ListFields(context.Context, gen.ListFieldsRequestObject) (gen.ListFieldsResponseObject, error) {
	out := gen.ListFields200JSONResponse{Items: []gen.RecordField{}, Complete: true}
	at := map[string]int{}
	for _, a := range query.Aliases() {
		at[a.Name] = len(out.Items) // one that some kind has as a field besides is listed once
		out.Items = append(out.Items, gen.RecordField{Name: a.Name, Type: gen.RecordFieldTypeText, Kinds: []string{}, Description: a.Means})
	}
	out.Items = append(out.Items, gen.RecordField{Name: query.KindField, Type: gen.RecordFieldTypeText, Kinds: []string{}, Description: "the record's log"})
	for _, t := range s.Fields {
		for _, f := range t.Fields {
			i, known := at[f.Name]
			if !known {
				i = len(out.Items)
				at[f.Name] = i
				out.Items = append(out.Items, gen.RecordField{Name: f.Name, Type: fieldType(f)})
			}
			out.Items[i].Kinds = append(out.Items[i].Kinds, t.Kind)
		}
	}
	return out, nil
}

func fieldType(f query.Field) gen.RecordFieldType {
	if f.List {
		return gen.RecordFieldTypeList
	}
	switch f.Type {
	case query.Number:
		return gen.RecordFieldTypeNumber
	case query.Bool:
		return gen.RecordFieldTypeBool
	case query.Address:
		return gen.RecordFieldTypeAddress
	case query.Time:
		return gen.RecordFieldTypeTime
	case query.Duration:
		return gen.RecordFieldTypeInterval
	}
	return gen.RecordFieldTypeText
}

// evidenceSlack is how much before and after its evidence the records of a detection are looked for: a conversation's record comes at
// its end.
const evidenceSlack = time.Hour

// ListDetectionRecords gives the records that a detection rests on.
func (s *server) ListDetectionRecords(ctx context.Context, q gen.ListDetectionRecordsRequestObject) (gen.ListDetectionRecordsResponseObject, error) {
	if _, err := s.records(); err != nil {
		return nil, err
	}
	d, err := s.Store.Detections.Get(ctx, q.Id)
	if err != nil {
		return nil, err
	}
	node := anyOf("uid", d.Evidence.UIDs)
	if q.Params.Scope == gen.ListDetectionRecordsParamsScopeParticipants {
		node = between(d)
	}
	if node == nil {
		return gen.ListDetectionRecords200JSONResponse{Items: []gen.Record{}, Complete: true}, nil
	}
	from, to := evidenceSpan(d)
	rq := store.RecordQuery{From: from, To: to, Where: made(node)}
	rq.Limit, rq.Cursor = q.Params.Limit, q.Params.Cursor
	out, err := s.searchRecords(ctx, rq)
	return gen.ListDetectionRecords200JSONResponse(out), err
}

// evidenceSpan is the time in which the records of a detection are, at most 31 days.
func evidenceSpan(d events.Detection) (from, to time.Time) {
	from, to = d.Start, d.Update
	if !d.Evidence.Start.IsZero() && d.Evidence.Start.Before(from) {
		from = d.Evidence.Start
	}
	if d.Evidence.End.After(to) {
		to = d.Evidence.End
	}
	from, to = from.Add(-evidenceSlack), to.Add(evidenceSlack)
	if to.Sub(from) > longestSpan {
		from = to.Add(-longestSpan)
	}
	return from, to
}

// mostTests is how many comparisons a query that is made here has.
const mostTests = 100

// made is a query of a tree that was not read from a text.
func made(n query.Node) *query.Query {
	q := &query.Query{Root: n}
	q.Text = q.String()
	return q
}

// is holds where a field has a value.
func is(field, value string) query.Test {
	return query.Test{Field: field, Op: query.Equal, Value: query.ValueOf(value)}
}

// anyOf holds where a field has any of some values; nil where there are none.
func anyOf(field string, values []string) query.Node {
	var parts []query.Node
	for _, v := range values[:min(len(values), mostTests)] {
		parts = append(parts, is(field, v))
	}
	switch len(parts) {
	case 0:
		return nil
	case 1:
		return parts[0]
	}
	return query.Or{Parts: parts}
}

// allOf holds where all of the nodes do that there are.
func allOf(nodes ...query.Node) query.Node {
	parts := slices.DeleteFunc(nodes, func(n query.Node) bool { return n == nil })
	switch len(parts) {
	case 0:
		return nil
	case 1:
		return parts[0]
	}
	return query.And{Parts: parts}
}

// between holds for what went on between offenders and victims; for one side alone where there is no other.
func between(d events.Detection) query.Node {
	return allOf(anyOf("addr", addresses(d, "offender")), anyOf("addr", addresses(d, "victim")))
}

func addresses(d events.Detection, role string) []string {
	var out []string
	for _, p := range parties(d, role) {
		if p.Address.IsValid() {
			out = append(out, p.Address.Unmap().WithZone("").String())
		}
	}
	return unique(out)
}
