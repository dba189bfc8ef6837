package athena

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/shared/query"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// Histogram counts what matches by time.
func (r *Records) Histogram(ctx context.Context, q store.RecordQuery, buckets int) (store.Histogram, error) {
	s, err := r.selection(q)
	if err != nil {
		return store.Histogram{}, err
	}
	bars := store.HistogramQuery{From: q.From, To: q.To, Buckets: buckets}
	if err := bars.Validate(); err != nil {
		return store.Histogram{}, err
	}
	h := store.Histogram{Step: bars.Step(), Buckets: make([]store.Bucket, buckets)}
	for i := range h.Buckets {
		h.Buckets[i].Start = q.From.UTC().Add(time.Duration(i) * h.Step)
	}
	sql, err := r.engine.Histogram(s, h.Step)
	if err != nil {
		return store.Histogram{}, fmt.Errorf("count by time: %w", err)
	}
	a, err := r.run(ctx, sql)
	if err != nil {
		return store.Histogram{}, fmt.Errorf("count by time: %w", err)
	}
	h.Complete, h.Why = a.why == "", a.why
	for _, row := range a.rows {
		start, n, err := parseBar(row)
		if err != nil {
			return store.Histogram{}, fmt.Errorf("count by time: %w", err)
		}
		if i := (start - q.From.UnixNano()) / int64(h.Step); i >= 0 && i < int64(buckets) {
			h.Buckets[i].Count += n
		}
	}
	return h, nil
}

func parseBar(row []*string) (start int64, n int, err error) {
	texts, err := textsOf(row, 2)
	if err != nil {
		return 0, 0, err
	}
	start, bad := strconv.ParseInt(texts[0], 10, 64)
	n, worse := strconv.Atoi(texts[1])
	return start, n, errors.Join(bad, worse)
}

// Top counts what matches by the values of fields. A name that stands for several fields counts as a list of their values.
func (r *Records) Top(ctx context.Context, q store.RecordQuery, t store.TopQuery) (store.Top, error) {
	s, err := r.selection(q)
	if err != nil {
		return store.Top{}, err
	}
	if err := t.Validate(); err != nil {
		return store.Top{}, err
	}
	limit := t.Limit
	if limit == 0 {
		limit = 10
	}
	sql, err := r.engine.Top(s, t.Fields, t.Sum, limit)
	if err != nil {
		return store.Top{}, invalidField(t, err)
	}
	a, err := r.run(ctx, sql)
	if err != nil {
		return store.Top{}, fmt.Errorf("count by values: %w", err)
	}
	top := store.Top{Complete: a.why == "", Why: a.why}
	if err := fillTop(&top, t, a.rows, limit); err != nil {
		return store.Top{}, fmt.Errorf("count by values: %w", err)
	}
	return top, nil
}

func invalidField(t store.TopQuery, err error) error {
	var unknown *query.UnknownFieldError
	var wrong *query.ValueError
	if errors.As(err, &unknown) || errors.As(err, &wrong) {
		return fmt.Errorf("%w: %w", &store.Invalid{Field: "fields", Value: strings.Join(append(t.Fields, t.Sum...), ","), Allowed: "fields of records"}, err)
	}
	return fmt.Errorf("count by values: %w", err)
}

// fillTop reads the rows of engine.Top: those of the records that lack a field come first, as NULL.
func fillTop(top *store.Top, t store.TopQuery, rows [][]*string, limit int) error {
	n := len(t.Fields)
	for i, row := range rows {
		if len(row) != n+1+len(t.Sum)+2 {
			return fmt.Errorf("read row: %d values, want %d", len(row), n+1+len(t.Sum)+2)
		}
		numbers, err := parseNumbers(row[n:])
		if err != nil {
			return err
		}
		count, totals := int(numbers[0]), numbers[len(numbers)-2:]
		if i == 0 {
			top.Distinct, top.Others = int(totals[0]), int(totals[1])
		}
		if row[0] == nil {
			top.Missing, top.Distinct, top.Others = count, top.Distinct-1, top.Others-count
			continue
		}
		if len(top.Values) == limit {
			break
		}
		v := store.TopValue{Count: count, Sums: numbers[1 : len(numbers)-2]}
		if v.Values, err = textsOf(row[:n], n); err != nil {
			return err
		}
		if len(v.Sums) == 0 {
			v.Sums = nil
		}
		top.Values, top.Others = append(top.Values, v), top.Others-count
	}
	return nil
}

func parseNumbers(row []*string) ([]float64, error) {
	texts, err := textsOf(row, len(row))
	if err != nil {
		return nil, err
	}
	numbers := make([]float64, len(texts))
	for i, s := range texts {
		if numbers[i], err = strconv.ParseFloat(s, 64); err != nil {
			return nil, fmt.Errorf("read number: %w", err)
		}
	}
	return numbers, nil
}
