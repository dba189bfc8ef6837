package sqlite

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// audit keeps who changed what, in the order in which it was changed.
type audit struct{ d *database }

// Log writes an entry that belongs to no change.
func (s audit) Log(ctx context.Context, e store.AuditEntry) error {
	err := s.d.change(ctx, func(t *tx) error { return logEntry(t, e, s.d.now()) })
	if err != nil {
		return fmt.Errorf("write audit entry: %w", err)
	}
	return nil
}

// logEntry writes an entry in the transaction of the change that it tells of.
func logEntry(t *tx, e store.AuditEntry, now time.Time) error {
	_, err := t.exec("INSERT INTO audit (at, actor, address, action, target, before, after, outcome) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
		nanos(now), e.Actor, e.Address, e.Action, e.Target, []byte(e.Before), []byte(e.After), e.Outcome)
	return err
}

// auditQuery finds a page: only what is asked for is in its text, so that SQLite sees which index serves.
func auditQuery(q *store.AuditQuery, before int64, limit int) (query string, args []any) {
	query, args = "SELECT seq, at, actor, address, action, target, before, after, outcome FROM audit WHERE seq < ?", []any{before}
	and := func(condition string, values ...any) {
		query += " AND " + condition
		args = append(args, values...)
	}
	if !q.From.IsZero() {
		and("at >= ?", nanos(q.From))
	}
	if !q.To.IsZero() {
		and("at < ?", nanos(q.To))
	}
	if q.Actor != "" {
		and("actor = ?", q.Actor)
	}
	if q.Target != "" {
		and("target = ?", q.Target)
	}
	if q.Action != "" {
		and("(action = ? OR substr(action, 1, length(?) + 1) = ? || '.')", q.Action, q.Action, q.Action)
	}
	return query + " ORDER BY seq DESC LIMIT ?", append(args, limit+1)
}

// Entries gives a page, newest first.
func (s audit) Entries(ctx context.Context, q store.AuditQuery) (store.AuditPage, error) {
	limit, err := limited(q.Limit, store.MaxPage)
	if err != nil {
		return store.AuditPage{}, err
	}
	question := []any{q.From.UnixNano(), q.To.UnixNano(), q.Actor, q.Action, q.Target}
	before, err := beforeSeq(question, q.Cursor)
	if err != nil {
		return store.AuditPage{}, err
	}
	query, args := auditQuery(&q, before, limit)
	stmt, err := s.d.query(query)
	if err != nil {
		return store.AuditPage{}, err
	}
	seqs := []int64{}
	rows, err := stmt.QueryContext(ctx, args...)
	items, err := collect(rows, err, func(scan func(...any) error) (store.AuditEntry, error) {
		e, seq, err := scanEntry(scan)
		seqs = append(seqs, seq)
		return e, err
	})
	if err != nil {
		return store.AuditPage{}, fmt.Errorf("read audit log: %w", s.d.seen(err))
	}
	p := store.AuditPage{Page: whole(), Items: items}
	if len(items) > limit {

		p.Items, p.Next = items[:limit], cursor(question, text(seqs[limit-1]))
	}
	return p, nil
}

// beforeSeq reads the sequence before which a page begins, which is beyond all at the first.
func beforeSeq(question any, given string) (int64, error) {
	at, err := place(question, given)
	if err != nil || at == "" {
		return 1<<63 - 1, err
	}
	n, ok := number(at)
	if !ok {
		return 0, store.BadCursor(given)
	}
	return n, nil
}

func scanEntry(scan func(...any) error) (e store.AuditEntry, seq int64, err error) {
	var at int64
	err = scan(&seq, &at, &e.Actor, &e.Address, &e.Action, &e.Target, (*[]byte)(&e.Before), (*[]byte)(&e.After), &e.Outcome)
	e.Time = moment(at)
	e.ID = store.AuditID(e.Time, uint32(seq))
	return e, seq, err
}

// Purge deletes entries before a time, and gives their space back.
func (s audit) Purge(ctx context.Context, before time.Time) (deleted int, err error) {
	return purge(ctx, s.d, math.MaxInt, func(t *tx, most int) (int, error) {
		return deletedBy(t.exec("DELETE FROM audit WHERE seq IN (SELECT seq FROM audit WHERE at < ? LIMIT ?)", nanos(before), most))
	})
}
