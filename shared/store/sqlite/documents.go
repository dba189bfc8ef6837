package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// documents keeps documents, each a row.
type documents struct{ d *database }

const documentColumns = "SELECT id, revision, created, modified, expires, body FROM document"

// Get gives one.
func (s documents) Get(ctx context.Context, k store.Kind, id string) (store.Document, error) {
	q, err := s.d.query(documentColumns + " WHERE kind = ? AND id = ? AND (expires IS NULL OR expires > ?)")
	if err != nil {
		return store.Document{}, err
	}
	d, err := scanDocument(k, q.QueryRowContext(ctx, string(k), id, nanos(s.d.now())).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return d, fmt.Errorf("%s %s: %w", k, id, store.ErrNotFound)
	}
	if err != nil {
		return d, fmt.Errorf("read %s %s: %w", k, id, s.d.seen(err))
	}
	return d, nil
}

// manyDocuments reads documents by their keys, which come as one value: the text stays the same however many they are.
const manyDocuments = `SELECT d.kind, d.id, d.revision, d.created, d.modified, d.expires, d.body FROM json_each(?) AS k CROSS JOIN document AS d
	WHERE d.kind = k.value ->> 0 AND d.id = k.value ->> 1 AND (d.expires IS NULL OR d.expires > ?)`

// GetMany gives those that are there, all as they were at one moment: it is one query.
func (s documents) GetMany(ctx context.Context, keys ...store.DocumentKey) (map[store.DocumentKey]store.Document, error) {
	if err := store.CheckKeys(keys); err != nil {
		return nil, err
	}
	q, err := s.d.query(manyDocuments)
	if err != nil {
		return nil, err
	}
	return s.many(ctx, q, keys)
}

// many runs that query, by itself or in a transaction.
func (s documents) many(ctx context.Context, q *sql.Stmt, keys []store.DocumentKey) (map[store.DocumentKey]store.Document, error) {
	asked := make([][2]string, len(keys))
	for i, k := range keys {
		asked[i] = [2]string{string(k.Kind), k.ID}
	}
	list, err := json.Marshal(asked)
	if err != nil {
		return nil, fmt.Errorf("read documents: %w", err)
	}
	rows, err := q.QueryContext(ctx, string(list), nanos(s.d.now()))
	docs, err := collect(rows, err, func(scan func(...any) error) (store.Document, error) {
		var k store.Kind
		d, err := scanDocument(k, func(into ...any) error { return scan(append([]any{&k}, into...)...) })
		d.Kind = k
		return d, err
	})
	if err != nil {
		return nil, fmt.Errorf("read documents: %w", s.d.seen(err))
	}
	found := make(map[store.DocumentKey]store.Document, len(docs))
	for _, d := range docs {
		found[store.DocumentKey{Kind: d.Kind, ID: d.ID}] = d
	}
	return found, nil
}

func scanDocument(k store.Kind, scan func(...any) error) (store.Document, error) {
	d := store.Document{Kind: k}
	var created, modified int64
	var expires sql.NullInt64
	if err := scan(&d.ID, &d.Revision, &created, &modified, &expires, (*[]byte)(&d.Body)); err != nil {
		return d, err
	}
	d.Created, d.Modified = moment(created), moment(modified)
	if expires.Valid {
		d.Expires = moment(expires.Int64)
	}
	return d, nil
}

// List gives a page in the order of ids.
func (s documents) List(ctx context.Context, k store.Kind, q store.ListQuery) (store.DocumentPage, error) {
	limit, err := limited(q.Limit, store.MaxPage)
	if err != nil {
		return store.DocumentPage{}, err
	}
	question := []string{string(k), q.Prefix}
	after, err := place(question, q.Cursor)
	if err != nil {
		return store.DocumentPage{}, err
	}
	// No id holds a byte beyond 0x7e, so that 0x7f ends what begins with the prefix.
	stmt, err := s.d.query(documentColumns + " WHERE kind = ? AND id > ? AND id >= ? AND id < ? AND (expires IS NULL OR expires > ?) ORDER BY id LIMIT ?")
	if err != nil {
		return store.DocumentPage{}, err
	}
	rows, err := stmt.QueryContext(ctx, string(k), after, q.Prefix, q.Prefix+"\x7f", nanos(s.d.now()), limit+1)
	items, err := collect(rows, err, func(scan func(...any) error) (store.Document, error) { return scanDocument(k, scan) })
	if err != nil {
		return store.DocumentPage{}, fmt.Errorf("list %s: %w", k, s.d.seen(err))
	}
	p := store.DocumentPage{Page: whole(), Items: items}
	if len(items) > limit {
		p.Items = items[:limit]
		p.Next = cursor(question, items[limit-1].ID)
	}
	return p, nil
}

// whole is the page of which nothing is missing.
func whole() store.Page { return store.Page{Complete: true, Total: -1} }

// collect reads rows to their end.
func collect[T any](rows *sql.Rows, err error, read func(scan func(...any) error) (T, error)) ([]T, error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var items []T
	for rows.Next() {
		item, err := read(rows.Scan)
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	return items, rows.Err()
}

// Write makes the changes and the audit entry, or none.
func (s documents) Write(ctx context.Context, changes []store.Write, entry *store.AuditEntry) ([]store.Document, error) {
	if err := store.CheckWrites(changes); err != nil {
		return nil, err
	}
	var docs []store.Document
	err := s.d.change(ctx, func(t *tx) error {
		docs = nil
		now := s.d.now()
		for _, w := range changes {
			d, err := write(t, w, now)
			if err != nil {
				return err
			}
			docs = append(docs, d)
		}
		if err := sweep(t, now); err != nil {
			return err
		}
		if entry == nil {
			return nil
		}
		return logEntry(t, *entry, now)
	})
	if err != nil {
		return nil, fmt.Errorf("write documents: %w", err)
	}
	return docs, nil
}

func write(t *tx, w store.Write, now time.Time) (store.Document, error) {
	stored, err := storedDocument(t, w.Kind, w.ID, now)
	if err != nil {
		return store.Document{}, err
	}
	d, err := store.ApplyWrite(stored, w, now)
	if err != nil {
		return store.Document{}, err
	}
	if d == nil {
		_, err := t.exec("DELETE FROM document WHERE kind = ? AND id = ?", string(w.Kind), w.ID)
		return store.Document{Kind: w.Kind, ID: w.ID}, err
	}
	_, err = t.exec(`INSERT INTO document (kind, id, revision, created, modified, expires, body) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (kind, id) DO UPDATE SET revision = excluded.revision, created = excluded.created, modified = excluded.modified,
		expires = excluded.expires, body = excluded.body`,
		string(d.Kind), d.ID, d.Revision, nanos(d.Created), nanos(d.Modified), optional(d.Expires), []byte(d.Body))
	return *d, err
}

// storedDocument gives what is there, nil for nothing; what expired is nothing.
func storedDocument(t *tx, k store.Kind, id string, now time.Time) (*store.Document, error) {
	args := []any{string(k), id, nanos(now)}
	d, err := scanDocument(k, func(into ...any) error {
		return t.row(documentColumns+" WHERE kind = ? AND id = ? AND (expires IS NULL OR expires > ?)", args, into...)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return &d, err
}

// sweep deletes a few of those that expired, and more than one change can write: whoever writes cleans up after those before, so that
// no clock need tick for it.
func sweep(t *tx, now time.Time) error {
	_, err := t.exec("DELETE FROM document WHERE rowid IN (SELECT rowid FROM document WHERE expires <= ? LIMIT ?)", nanos(now), 2*store.MaxEnrichWrites)
	return err
}
