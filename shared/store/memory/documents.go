package memory

import (
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// documents implements store.Documents.
type documents struct{ w *world }

type documentKey struct {
	kind store.Kind
	id   string
}

// document gives one that is there and has not expired; nil otherwise.
func (w *world) document(k documentKey) *store.Document {
	d, ok := w.documents[k]
	if !ok || w.expired(&d) {
		return nil
	}
	d.Body = slices.Clone(d.Body)
	return &d
}

func (w *world) expired(d *store.Document) bool {
	return !d.Expires.IsZero() && !w.now().Before(d.Expires)
}

func (s documents) Get(ctx context.Context, k store.Kind, id string) (store.Document, error) {
	if err := s.w.look(ctx); err != nil {
		return store.Document{}, err
	}
	defer s.w.mu.RUnlock()
	d := s.w.document(documentKey{k, id})
	if d == nil {
		return store.Document{}, fmt.Errorf("%s %s: %w", k, id, store.ErrNotFound)
	}
	return *d, nil
}

func (s documents) List(ctx context.Context, k store.Kind, q store.ListQuery) (p store.DocumentPage, err error) {
	if err := s.w.look(ctx); err != nil {
		return p, err
	}
	defer s.w.mu.RUnlock()
	var ids []string
	for key, d := range s.w.documents {
		if key.kind == k && strings.HasPrefix(key.id, q.Prefix) && !s.w.expired(&d) {
			ids = append(ids, key.id)
		}
	}
	ids, p.Page, err = page(ids, strings.Compare, q.Cursor, q.Limit)
	for _, id := range ids {
		p.Items = append(p.Items, *s.w.document(documentKey{k, id}))
	}
	return p, err
}

// page sorts keys and cuts out what follows a cursor, which is the last key of the page before: what comes later with a smaller key was
// passed already, and does no harm.
func page(keys []string, order func(a, b string) int, cursor string, limit int) (cut []string, p store.Page, err error) {
	if err := store.CheckLimit(limit, store.MaxPage); err != nil {
		return nil, p, err
	}
	slices.SortFunc(keys, order)
	if cursor != "" {
		after, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
		if err != nil {
			return nil, p, store.BadCursor(cursor)
		}
		at, there := slices.BinarySearchFunc(keys, string(after), order)
		if there {
			at++
		}
		keys = keys[at:]
	}
	p = store.Page{Complete: true, Total: -1}
	if most := cmp.Or(limit, store.MaxPage); len(keys) > most {
		keys = keys[:most]
		p.Next = base64.RawURLEncoding.EncodeToString([]byte(keys[most-1]))
	}
	return keys, p, nil
}

func (s documents) Write(ctx context.Context, changes []store.Write, entry *store.AuditEntry) ([]store.Document, error) {
	if err := store.CheckWrites(changes); err != nil {
		return nil, err
	}
	if err := s.w.enter(ctx); err != nil {
		return nil, err
	}
	defer s.w.mu.Unlock()
	after, err := s.w.prepare(changes)
	if err != nil {
		return nil, err
	}
	docs := s.w.keep(changes, after)
	if entry != nil {
		s.w.log(*entry)
	}
	return docs, nil
}

// prepare says what becomes of each document, or why nothing is written.
func (w *world) prepare(changes []store.Write) ([]*store.Document, error) {
	after := make([]*store.Document, len(changes))
	for i, c := range changes {
		var err error
		if after[i], err = store.ApplyWrite(w.document(documentKey{c.Kind, c.ID}), c, w.now()); err != nil {
			return nil, err
		}
	}
	return after, nil
}

// keep writes what prepare gave, and drops what has expired.
func (w *world) keep(changes []store.Write, after []*store.Document) []store.Document {
	docs := make([]store.Document, len(changes))
	for i, c := range changes {
		key := documentKey{c.Kind, c.ID}
		docs[i] = store.Document{Kind: c.Kind, ID: c.ID}
		if after[i] == nil {
			delete(w.documents, key)
			continue
		}
		w.documents[key] = *after[i]
		if d := w.document(key); d != nil {
			docs[i] = *d
		}
	}
	if w.written += len(changes); w.written > len(w.documents)/8 { // so that a write costs the same however many there are
		w.written = 0
		w.forgetExpired()
	}
	return docs
}

func (s documents) GetMany(ctx context.Context, keys ...store.DocumentKey) (map[store.DocumentKey]store.Document, error) {
	if err := store.CheckKeys(keys); err != nil {
		return nil, err
	}
	if err := s.w.look(ctx); err != nil {
		return nil, err
	}
	defer s.w.mu.RUnlock()
	found := map[store.DocumentKey]store.Document{}
	for _, k := range keys {
		if d := s.w.document(documentKey{k.Kind, k.ID}); d != nil {
			found[k] = *d
		}
	}
	return found, nil
}

// forgetExpired drops what has expired, so that sessions do not pile up.
func (w *world) forgetExpired() {
	maps.DeleteFunc(w.documents, func(_ documentKey, d store.Document) bool { return w.expired(&d) })
}

// audit implements store.Audit.
type audit struct{ w *world }

// log adds an entry. Ids grow even where the clock does not.
func (w *world) log(e store.AuditEntry) {
	e.Time = w.now().UTC()
	n := uint32(0)
	if len(w.audit) > 0 {
		last := w.audit[len(w.audit)-1]
		if !e.Time.After(last.Time) {
			e.Time = last.Time
			_, _ = fmt.Sscanf(last.ID[16:], "%08x", &n)
			n++
		}
	}
	e.ID = store.AuditID(e.Time, n)
	e.Before, e.After = slices.Clone(e.Before), slices.Clone(e.After)
	w.audit = append(w.audit, e)
}

func (s audit) Log(ctx context.Context, e store.AuditEntry) error {
	if err := s.w.enter(ctx); err != nil {
		return err
	}
	defer s.w.mu.Unlock()
	s.w.log(e)
	return nil
}

func (s audit) Entries(ctx context.Context, q store.AuditQuery) (p store.AuditPage, err error) {
	if err := s.w.look(ctx); err != nil {
		return p, err
	}
	defer s.w.mu.RUnlock()
	byID := map[string]store.AuditEntry{}
	var ids []string
	for _, e := range s.w.audit {
		if meant(&q, &e) {
			byID[e.ID] = e
			ids = append(ids, e.ID)
		}
	}
	newestFirst := func(a, b string) int { return strings.Compare(b, a) }
	ids, p.Page, err = page(ids, newestFirst, q.Cursor, q.Limit)
	for _, id := range ids {
		e := byID[id]
		e.Before, e.After = slices.Clone(e.Before), slices.Clone(e.After)
		p.Items = append(p.Items, e)
	}
	return p, err
}

func meant(q *store.AuditQuery, e *store.AuditEntry) bool {
	return (q.From.IsZero() || !e.Time.Before(q.From)) && (q.To.IsZero() || e.Time.Before(q.To)) &&
		(q.Actor == "" || e.Actor == q.Actor) && (q.Target == "" || e.Target == q.Target) &&
		(q.Action == "" || e.Action == q.Action || strings.HasPrefix(e.Action, q.Action+"."))
}

func (s audit) Purge(ctx context.Context, before time.Time) (deleted int, err error) {
	if err := s.w.enter(ctx); err != nil {
		return 0, err
	}
	defer s.w.mu.Unlock()
	had := len(s.w.audit)
	s.w.audit = slices.DeleteFunc(s.w.audit, func(e store.AuditEntry) bool { return e.Time.Before(before) })
	return had - len(s.w.audit), nil
}
