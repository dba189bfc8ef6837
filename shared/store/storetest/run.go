package storetest

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// Open opens an empty store that reads the time from now. It closes it when the test ends.
type Open func(t *testing.T, now func() time.Time) *store.Store

// Run holds every port that the store has against the contract.
func Run(t *testing.T, open Open) {
	s := open(t, NewClock().Now)
	for _, port := range []struct {
		name string
		has  bool
		run  func(*testing.T, Open)
	}{
		{"Detections", s.Detections != nil, RunDetections},
		{"Records", s.Records != nil, RunRecords},
		{"Devices", s.Devices != nil, RunDevices},
		{"Documents", s.Documents != nil, RunDocuments},
		{"Audit", s.Audit != nil, RunAudit},
		{"Mirror", s.Mirror != nil, RunMirror},
		{"Snapshots", s.Snapshots != nil, RunSnapshots},
		{"Outbox", s.Outbox != nil, RunOutbox},
	} {
		if port.has {
			t.Run(port.name, func(t *testing.T) { port.run(t, open) })
		}
	}
}

// each runs tests, each with a store and a clock of its own.
func each(t *testing.T, open Open, tests map[string]func(h *harness)) {
	t.Helper()
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			clock := NewClock()
			test(&harness{T: t, Store: open(t, clock.Now), clock: clock, ctx: t.Context()})
		})
	}
}

// harness is what a test of the contract holds in its hands.
type harness struct {
	*testing.T
	*store.Store
	clock *Clock
	ctx   context.Context
}

// must ends the test where something fails that has to work.
func (h *harness) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

// refused says that an error is the one that the contract names.
func (h *harness) refused(what string, err, want error) {
	h.Helper()
	if !errors.Is(err, want) {
		h.Errorf("%s: %v, not %q", what, err, want)
	}
	var invalid *store.Invalid
	if errors.Is(want, store.ErrInvalid) && (!errors.As(err, &invalid) || invalid.Field == "" || invalid.Allowed == "") {
		h.Errorf("%s: %v names no field, or not what is allowed", what, err)
	}
}

// cancelled says that a call with a context that is done comes back with its error.
func (h *harness) cancelled(what string, call func(ctx context.Context) error) {
	h.Helper()
	ctx, cancel := context.WithCancel(h.ctx)
	cancel()
	if err := call(ctx); !errors.Is(err, context.Canceled) {
		h.Errorf("%s with a context that is done: %v", what, err)
	}
}

// same compares as JSON, which is what an API shows.
func (h *harness) same(what string, got, want any) {
	h.Helper()
	a, err := json.Marshal(got)
	h.must(err)
	b, err := json.Marshal(want)
	h.must(err)
	if string(a) != string(b) {
		h.Errorf("%s:\n%s\nnot\n%s", what, a, b)
	}
}

// pending gives the events that wait, where the store has an outbox.
func (h *harness) pending() []events.Event {
	h.Helper()
	var list []events.Event
	if h.Outbox == nil {
		return nil
	}
	out, err := h.Outbox.Pending(h.ctx, 1_000_000)
	h.must(err)
	for _, o := range out {
		list = append(list, o.Event)
	}
	return list
}

// forget empties the outbox.
func (h *harness) forget() {
	h.Helper()
	if h.Outbox == nil {
		return
	}
	out, err := h.Outbox.Pending(h.ctx, 1_000_000)
	h.must(err)
	if len(out) > 0 {
		h.must(h.Outbox.Done(h.ctx, out[len(out)-1].Sequence))
	}
}

// audit gives the entries of a target, newest first.
func (h *harness) audit(target string) []store.AuditEntry {
	h.Helper()
	if h.Audit == nil {
		return nil
	}
	p, err := h.Audit.Entries(h.ctx, store.AuditQuery{Target: target})
	h.must(err)
	return p.Items
}

// Clock is a time that only the test moves.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock begins at a moment that is no round number of anything.
func NewClock() *Clock { return &Clock{now: time.Date(2026, 5, 4, 3, 2, 1, 123456789, time.UTC)} }

// Now reads it.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves it.
func (c *Clock) Advance(d time.Duration) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	return c.now
}

func pointer[T any](v T) *T { return &v }
