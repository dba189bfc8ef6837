package mirror

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// TestHiccupAnywhere fails each contact with AWS and the store once, before or after it took effect, and lets the same pass go on: what
// it does from then on must be as right as what a new one would do, and what is counted must be what is there.
func TestHiccupAnywhere(t *testing.T) {
	for _, s := range stories() {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			for _, lag := range []time.Duration{0, 90 * time.Second} {
				contacts := hiccup(t, s, 0, false, lag)
				for n := int64(1); n <= contacts; n++ {
					hiccup(t, s, n, false, lag)
					hiccup(t, s, n, true, lag)
				}
			}
		})
	}
}

// hiccup tells a story in which one contact fails, and gives how many there were.
func hiccup(t *testing.T, s story, at int64, after bool, lag time.Duration) int64 {
	t.Helper()
	name := fmt.Sprintf("%s/%d/%v/%s", s.name, at, after, lag)
	h := build(t, 3, "vni: {from: 10, to: 29}\nbudget: {sessions: 8}", s.accounts...)
	s.ready(h)
	h.cloud.Tune(func(set *fakeSettings) { set.Lag = lag })
	d := &death{at: at, after: after, once: true}
	l := h.loop(h.mortal(d), func(o *Options) { o.Workers = 1 })
	first, _ := s.act(h, l)
	contacts := d.contact.Load()
	h.cloud.Hooks(nil, nil)
	d.at = 0
	h.clock.Move(leaseTTL + time.Second)
	for range 4 {
		if _, err := s.act(h, l); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		h.clock.Move(5 * time.Minute)
	}
	if s.want[firstID] > 0 {
		h.sweep(l) // an event counts on from what it finds, which a reservation without an answer made too much
		h.clock.Move(5 * time.Minute)
	}
	if r, err := s.act(h, l); err != nil || !r.Plan.Empty() {
		t.Errorf("%s: it does not come to rest: %+v, %v; first %+v", name, r.Plan.Steps, err, first.Places)
	}
	h.clock.Move(2 * time.Minute)
	h.whole(s.want)
	h.fabric(name, s.want[firstID] > 0, len(s.want))
	used, err := l.usage(context.Background())
	h.ok(err)
	for account, n := range s.want {
		if got := used.Value.Places[account+"/"+region]; got != n && s.want[firstID] > 0 {
			t.Errorf("%s: %d sessions are counted of %d", name, got, n)
		}
	}
	rows, err := h.store.Mirror.Coverage(context.Background(), store.CoverageQuery{})
	h.ok(err)
	there := map[string]bool{}
	for account := range s.want {
		for _, x := range h.sessions(account) {
			there[x.ID] = true
		}
	}
	for _, c := range rows.Items {
		if c.Session != "" && !there[c.Session] || c.State == "mirrored" && c.Session == "" {
			t.Errorf("%s: row %+v", name, c)
		}
	}
	if t.Failed() {
		t.Fatalf("%s failed", name)
	}
	return contacts
}
