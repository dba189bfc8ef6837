package dynamo

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// audit keeps the entries of a day in one partition, in the order of their ids, which is that of time.
type audit struct{ *table }

func auditDay(day string) string { return "L#" + day }

// entry makes the write of an audit entry, for a transaction with what it tells of.
func (t *table) entry(ctx context.Context, e store.AuditEntry, now time.Time) (types.TransactWriteItem, error) {
	e.Time, e.ID = now.Round(0), store.AuditID(now, t.ticks.count())
	if err := t.mark(ctx, key{calendarAudit, day(now)}); err != nil {
		return types.TransactWriteItem{}, err
	}
	body, err := pack(e)
	if err != nil {
		return types.TransactWriteItem{}, err
	}
	if len(body) > maxItem {
		return types.TransactWriteItem{}, &store.Invalid{Field: "entry", Value: fmt.Sprintf("%d bytes compressed", len(body)), Allowed: fmt.Sprintf("at most %d bytes", maxItem)}
	}
	return t.putting(at(key{auditDay(day(now)), e.ID}, body), absent()), nil
}

// Log writes an entry alone.
func (a audit) Log(ctx context.Context, e store.AuditEntry) error {
	return again(ctx, "audit entry", func() error {
		w, err := a.entry(ctx, e, a.now())
		if err != nil {
			return err
		}
		return a.transact(ctx, AuditLog, []types.TransactWriteItem{w})
	})
}

// Entries gives a page, newest first.
func (a audit) Entries(ctx context.Context, q store.AuditQuery) (store.AuditPage, error) {
	if err := store.CheckLimit(q.Limit, store.MaxPage); err != nil {
		return store.AuditPage{}, err
	}
	if q.Limit == 0 {
		q.Limit = store.DefaultPage
	}
	c, err := readCursor(q.Cursor, hashOf(q.From, q.To, q.Actor, q.Action, q.Target))
	if err != nil {
		return store.AuditPage{}, err
	}
	days, err := a.days(ctx, calendarAudit, boundDay(q.From), boundDay(q.To))
	if err != nil {
		return store.AuditPage{}, err
	}
	page := store.AuditPage{Page: store.Page{Complete: true, Total: -1}, Items: []store.AuditEntry{}}
	b := a.fresh()
	for i := len(days) - 1; i >= 0 && page.Next == ""; i-- {
		if c.At != "" && days[i] > c.At {
			continue
		}
		if err := a.entriesOf(ctx, q, days[i], &c, b, &page); err != nil {
			return store.AuditPage{}, err
		}
	}
	return page, nil
}

func boundDay(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return day(t)
}

// entriesOf adds those of one day, and sets Next where there is more.
func (a audit) entriesOf(ctx context.Context, q store.AuditQuery, on string, c *cursor, b *budget, page *store.AuditPage) error {
	s := span{pk: auditDay(on), backwards: true, consistent: true}
	if on == c.At {
		s.high = c.ID
	}
	for it, err := range a.all(ctx, AuditEntries, s) {
		if err != nil {
			return err
		}
		id := textOf(it, attrSK)
		if id == c.ID {
			continue
		}
		if b.read > 0 && b.spent() {
			page.Complete, page.Why, page.Next = false, b.why(), c.String()
			return nil
		}
		b.read++
		e := store.AuditEntry{}
		if err := unpack(it, attrBody, &e); err != nil {
			return err
		}
		if wanted(&q, &e) {
			if len(page.Items) == q.Limit {
				page.Next = c.String()
				return nil
			}
			page.Items = append(page.Items, e)
		}
		c.At, c.ID = on, id
	}
	return nil
}

func wanted(q *store.AuditQuery, e *store.AuditEntry) bool {
	return (q.From.IsZero() || !e.Time.Before(q.From)) && (q.To.IsZero() || e.Time.Before(q.To)) &&
		(q.Actor == "" || q.Actor == e.Actor) && (q.Target == "" || q.Target == e.Target) &&
		(q.Action == "" || q.Action == e.Action || strings.HasPrefix(e.Action, q.Action+"."))
}

// Purge deletes entries before a time, day by day.
func (a audit) Purge(ctx context.Context, before time.Time) (int, error) {
	days, err := a.days(ctx, calendarAudit, "", day(before))
	if err != nil {
		return 0, err
	}
	deleted := 0
	for _, on := range days {
		// Ids begin with the nanosecond, so that all below this one are before the moment.
		n, err := a.clear(ctx, AuditPurge, span{pk: auditDay(on), high: store.AuditID(before, 0)[:16], keysOnly: true})
		if deleted += n; err != nil {
			return deleted, err
		}
	}
	return deleted, nil
}
