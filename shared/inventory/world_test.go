package inventory

import (
	"context"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
	"github.com/mirrorwatch/mirrorwatch/shared/store/memory"
)

const (
	account = "111122223333"
	region  = "eu-central-1"
)

func noon() time.Time { return time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC) }

// world is a store with an account and region that is looked at.
type world struct {
	t    testing.TB
	now  time.Time
	docs *counting
}

func newWorld(t testing.TB) *world {
	w := &world{t: t, now: noon()}
	w.docs = &counting{Documents: memory.New(memory.Options{Now: func() time.Time { return w.now }}).Documents}
	return w
}

// counting is documents whose calls are counted, and which may fail or be changed in between.
type counting struct {
	store.Documents
	reads, writes int
	most          int // documents of one call
	before        func(changes []store.Write) error
}

func (c *counting) GetMany(ctx context.Context, keys ...store.DocumentKey) (map[store.DocumentKey]store.Document, error) {
	c.reads++
	c.most = max(c.most, len(keys))
	return c.Documents.GetMany(ctx, keys...)
}

func (c *counting) Write(ctx context.Context, changes []store.Write, e *store.AuditEntry) ([]store.Document, error) {
	c.writes++
	if c.before != nil {
		if err := c.before(changes); err != nil {
			return nil, err
		}
	}
	return c.Documents.Write(ctx, changes, e)
}

func (c *counting) none() { c.reads, c.writes, c.most = 0, 0, 0 }

// keep keeps an observation, which must succeed, and gives how many documents it changed.
func (w *world) keep(o Observation) int {
	w.t.Helper()
	o.Account, o.Region, o.At = account, region, w.now
	n, err := Keep(w.t.Context(), w.docs, o)
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

// all is a complete observation.
func (w *world) all(seen ...events.Holding) int {
	w.t.Helper()
	return w.keep(Observation{Complete: true, Seen: seen})
}

// history reads what is known of participants, in the rounds that correlation makes.
func (w *world) history(d *events.Detection) *History {
	w.t.Helper()
	docs, err := w.docs.GetMany(w.t.Context(), Keys(d)...)
	if err != nil {
		w.t.Fatal(err)
	}
	h, err := Read(docs)
	if err != nil {
		w.t.Fatal(err)
	}
	if docs, err = w.docs.GetMany(w.t.Context(), h.More(d)...); err != nil {
		w.t.Fatal(err)
	}
	if err := h.Add(docs); err != nil {
		w.t.Fatal(err)
	}
	return h
}

// who says which instance (or interface, where there is none) a participant was, or "".
func (w *world) who(p events.Participant, at time.Time) string {
	w.t.Helper()
	v, ok := w.history(&events.Detection{Start: at, Participants: []events.Participant{p}}).Of(&p, at)
	switch {
	case !ok:
		return ""
	case v.Instance != "":
		return v.Instance
	}
	return v.Interface
}

func addr(text string) netip.Addr { return netip.MustParseAddr(text) }

func addrs(texts ...string) (list []netip.Addr) {
	for _, t := range texts {
		list = append(list, addr(t))
	}
	return list
}

// held is a holding of an instance that has one interface, attached at a time.
func held(n int, since time.Time, private ...string) events.Holding {
	return events.Holding{
		Interface: fmt.Sprintf("eni-%d", n), Instance: fmt.Sprintf("i-%d", n), VPC: "vpc-1", Subnet: "subnet-1", InstanceType: "m5.large",
		Tags: map[string]string{"Name": fmt.Sprint("web-", n)}, Name: fmt.Sprint("web-", n), Groups: []string{"sg-1"}, Addresses: addrs(private...), From: &since,
	}
}

func at(p string) events.Participant { return events.Participant{VPC: "vpc-1", Address: addr(p)} }
