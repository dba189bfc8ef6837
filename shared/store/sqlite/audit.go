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

// auditQuery finds a page. The columns with an index are named first; an empty argument says nothing of its column.
const auditQuery = `SELECT seq, at, actor, address, action, target, before, after, outcome FROM audit
	WHERE seq < ?1 AND at >= ?2 AND at < ?3 AND (?4 = '' OR actor = ?4) AND (?5 = '' OR target = ?5)
	AND (?6 = '' OR action = ?6 OR substr(action, 1, length(?6) + 1) = ?6 || '.') ORDER BY seq DESC LIMIT ?7`

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
	from, to := int64(-1<<63), int64(1<<63-1)
	if !q.From.IsZero() {
		from = nanos(q.From)
	}
	if !q.To.IsZero() {
		to = nanos(q.To)
	}
	stmt, err := s.d.query(auditQuery)
	if err != nil {
		return store.AuditPage{}, err
	}
	seqs := []int64{}
	rows, err := stmt.QueryContext(ctx, before, from, to, q.Actor, q.Target, q.Action, limit+1)
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
