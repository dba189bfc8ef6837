package athena

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/query"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// maxEqual is how many records that are the same to the byte a walk can pass.
const maxEqual = 100_000

// cursor is where a page ended, and of which query.
type cursor struct {
	Query string         `json:"q"`
	After query.Position `json:"p"`
}

// Search gives a page. Where records reach the archive late, a walk sees those that lie beyond its place.
func (r *Records) Search(ctx context.Context, q store.RecordQuery) (store.RecordPage, error) {
	s, err := r.selection(q)
	if err != nil {
		return store.RecordPage{}, err
	}
	after, err := parseCursor(q)
	if err != nil {
		return store.RecordPage{}, err
	}
	limit := q.Limit
	if limit == 0 {
		limit = store.DefaultPage
	}
	given := 0
	if after != nil {
		given = after.Given
	}
	sql, err := r.engine.Search(s, q.Oldest, after, limit+1+given)
	if err != nil {
		return store.RecordPage{}, fmt.Errorf("search records: %w", err)
	}
	a, err := r.run(ctx, sql)
	if err != nil {
		return store.RecordPage{}, fmt.Errorf("search records: %w", err)
	}
	p := store.RecordPage{Page: store.Page{Complete: a.why == "", Why: a.why, Total: -1}}
	if err := fillPage(&p, q, a.rows, after, limit); err != nil {
		return store.RecordPage{}, fmt.Errorf("search records: %w", err)
	}
	if q.Count && p.Complete {
		err = r.count(ctx, s, &p)
	}
	return p, err
}

// fillPage takes what the page before did not give, and notes where this one ends.
func fillPage(p *store.RecordPage, q store.RecordQuery, rows [][]*string, after *query.Position, limit int) error {
	var last query.Position
	skip := 0
	if after != nil {
		last, skip = *after, after.Given
	}
	for _, row := range rows {
		item, at, err := parseRow(row)
		if err != nil {
			return err
		}
		if after != nil && skip > 0 && samePlace(at, *after) {
			skip--
			continue
		}
		if len(p.Items) == limit {
			p.Next = writeCursor(q, last)
			return nil
		}
		p.Items = append(p.Items, item)
		if samePlace(at, last) {
			at.Given = last.Given
		}
		at.Given++
		last = at
	}
	return nil
}

func samePlace(a, b query.Position) bool {
	return a.Nanos == b.Nanos && a.Kind == b.Kind && a.Digest == b.Digest
}

func parseRow(row []*string) (store.RecordItem, query.Position, error) {
	texts, err := textsOf(row, 4)
	if err != nil {
		return store.RecordItem{}, query.Position{}, err
	}
	nanos, err := strconv.ParseInt(texts[1], 10, 64)
	if err != nil {
		return store.RecordItem{}, query.Position{}, fmt.Errorf("read ts_nanos: %w", err)
	}
	item := store.RecordItem{Kind: events.Kind(texts[0]), Time: time.Unix(0, nanos).UTC(), Line: json.RawMessage(texts[3])}
	return item, query.Position{Nanos: nanos, Kind: texts[0], Digest: texts[2]}, nil
}

// textsOf gives a row of n values, none of which may be NULL.
func textsOf(row []*string, n int) ([]string, error) {
	if len(row) != n {
		return nil, fmt.Errorf("read row: %d values, want %d", len(row), n)
	}
	texts := make([]string, n)
	for i, v := range row {
		if v == nil {
			return nil, fmt.Errorf("read row: value %d is NULL", i)
		}
		texts[i] = *v
	}
	return texts, nil
}

func (r *Records) count(ctx context.Context, s query.Selection, p *store.RecordPage) error {
	sql, err := r.engine.Count(s)
	if err != nil {
		return fmt.Errorf("count records: %w", err)
	}
	a, err := r.run(ctx, sql)
	if err != nil {
		return fmt.Errorf("count records: %w", err)
	}
	if a.why != "" {
		return nil // the page is whole; only how many there are is not known
	}
	if p.Total = 0; len(a.rows) == 0 {
		return nil
	}
	texts, err := textsOf(a.rows[0], 1)
	if err != nil {
		return fmt.Errorf("count records: %w", err)
	}
	if p.Total, err = strconv.Atoi(texts[0]); err != nil {
		return fmt.Errorf("count records: %w", err)
	}
	return nil
}

func writeCursor(q store.RecordQuery, after query.Position) string {
	b, err := json.Marshal(cursor{Query: fingerprint(q), After: after})
	if err != nil {
		return "" // texts and numbers always encode
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

func parseCursor(q store.RecordQuery) (*query.Position, error) {
	if q.Cursor == "" {
		return nil, nil
	}
	var c cursor
	b, err := base64.RawURLEncoding.DecodeString(q.Cursor)
	if err == nil {
		err = json.Unmarshal(b, &c)
	}
	if err != nil || c.Query != fingerprint(q) || c.After.Given < 0 || c.After.Given > maxEqual {
		return nil, store.BadCursor(q.Cursor)
	}
	return &c.After, nil
}

// fingerprint tells queries apart: a cursor is only good for the one that it came from.
func fingerprint(q store.RecordQuery) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d %d %q %q %v", q.From.UnixNano(), q.To.UnixNano(), q.Kinds, q.Where.String(), q.Oldest))
	return hex.EncodeToString(sum[:8])
}
