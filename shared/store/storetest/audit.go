package storetest

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// RunAudit holds a store's Audit against the contract.
func RunAudit(t *testing.T, open Open) {
	each(t, open, map[string]func(*harness){
		"log":             logEntry,
		"newest first":    newestFirst,
		"audit filters":   auditFilters,
		"audit pages":     auditPages,
		"audit purge":     auditPurge,
		"audit cancelled": auditCancelled,
	})
}

func (h *harness) log(i int) {
	h.Helper()
	h.must(h.Audit.Log(h.ctx, store.AuditEntry{
		Actor: []string{"ada", "bob", "key:1"}[i%3], Address: "192.0.2.1", Action: []string{"session.create", "session.delete", "user.create"}[i%3],
		Target: fmt.Sprint("t", i%5), Outcome: []string{"", "wrong password"}[i%2], After: json.RawMessage(`{"n":` + fmt.Sprint(i) + `}`),
	}))
}

func (h *harness) entries(q store.AuditQuery, between func()) (list []store.AuditEntry) {
	h.Helper()
	for {
		p, err := h.Audit.Entries(h.ctx, q)
		h.must(err)
		if q.Limit > 0 && len(p.Items) > q.Limit {
			h.Errorf("a page of %d, not %d", len(p.Items), q.Limit)
		}
		list = append(list, p.Items...)
		if q.Cursor = p.Next; p.Next == "" {
			return list
		}
		if between != nil {
			between()
		}
	}
}

func logEntry(h *harness) {
	h.must(h.Audit.Log(h.ctx, store.AuditEntry{ID: "mine", Time: h.clock.Now().Add(-time.Hour), Actor: "ada", Action: "session.create", Target: "ada", Outcome: "locked"}))
	list := h.entries(store.AuditQuery{}, nil)
	if len(list) != 1 || !list[0].Time.Equal(h.clock.Now()) || list[0].ID == "" || list[0].ID == "mine" || list[0].Outcome != "locked" || list[0].Before != nil {
		h.Errorf("%+v: id and time are the store's to set", list)
	}
}

func newestFirst(h *harness) {
	for i := range 20 {
		h.log(i)
		if i%3 == 0 {
			h.clock.Advance(time.Nanosecond)
		}
	}
	list := h.entries(store.AuditQuery{Limit: 6}, nil)
	for i := range list {
		if string(list[i].After) != fmt.Sprintf(`{"n":%d}`, 19-i) || i > 0 && list[i].ID >= list[i-1].ID {
			h.Errorf("entry %d: %s %s", i, list[i].ID, list[i].After)
		}
	}
	if len(list) != 20 {
		h.Errorf("%d of 20", len(list))
	}
}

func auditFilters(h *harness) {
	begin := h.clock.Now()
	for i := range 30 {
		h.log(i)
		h.clock.Advance(time.Minute)
	}
	for name, c := range map[string]struct {
		q    store.AuditQuery
		want int
	}{
		"actor": {store.AuditQuery{Actor: "ada"}, 10}, "action": {store.AuditQuery{Action: "session.create"}, 10},
		"actions before the dot": {store.AuditQuery{Action: "session"}, 20}, "half a word": {store.AuditQuery{Action: "sess"}, 0},
		"target": {store.AuditQuery{Target: "t2"}, 6}, "from": {store.AuditQuery{From: begin.Add(20 * time.Minute)}, 10},
		"to": {store.AuditQuery{To: begin.Add(20 * time.Minute)}, 20}, "span": {store.AuditQuery{From: begin.Add(time.Minute), To: begin.Add(3 * time.Minute)}, 2},
		"two": {store.AuditQuery{Actor: "ada", Target: "t3"}, 2},
	} {
		c.q.Limit = 4
		if got := h.entries(c.q, nil); len(got) != c.want {
			h.Errorf("%s: %d, not %d", name, len(got), c.want)
		}
	}
	_, err := h.Audit.Entries(h.ctx, store.AuditQuery{Limit: store.MaxPage + 1})
	h.refused("limit", err, store.ErrInvalid)
	_, err = h.Audit.Entries(h.ctx, store.AuditQuery{Cursor: "%%"})
	h.refused("cursor", err, store.ErrInvalid)
}

func auditPages(h *harness) {
	for i := range 30 {
		h.log(i)
	}
	list := h.entries(store.AuditQuery{Limit: 7}, func() { h.clock.Advance(1); h.log(99) })
	var ids []string
	for _, e := range list {
		ids = append(ids, e.ID)
	}
	slices.Sort(ids)
	if len(slices.Compact(ids)) != 30 || len(list) != 30 {
		h.Errorf("%d entries, %d of them different: what is logged meanwhile is left out", len(list), len(slices.Compact(ids)))
	}
}

func auditPurge(h *harness) {
	begin := h.clock.Now()
	for i := range 10 {
		h.log(i)
		h.clock.Advance(time.Minute)
	}
	n, err := h.Audit.Purge(h.ctx, begin.Add(4*time.Minute))
	h.must(err)
	list := h.entries(store.AuditQuery{}, nil)
	if n != 4 || len(list) != 6 || !list[5].Time.Equal(begin.Add(4*time.Minute)) {
		h.Errorf("deleted %d, %d are left", n, len(list))
	}
}

func auditCancelled(h *harness) {
	h.cancelled("log", func(ctx context.Context) error {
		return h.Audit.Log(ctx, store.AuditEntry{Actor: "x", Action: "y", Target: "z"})
	})
	h.cancelled("entries", func(ctx context.Context) error { _, err := h.Audit.Entries(ctx, store.AuditQuery{}); return err })
	if list := h.entries(store.AuditQuery{}, nil); len(list) != 0 {
		h.Errorf("%d entries of calls that were given up", len(list))
	}
}
