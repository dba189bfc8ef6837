package mirror

import (
	"context"
	"testing"
	"time"
)

// TestUnshownIsUsed: a sweep that comes before AWS shows what the one before it made does not give its room away.
func TestUnshownIsUsed(t *testing.T) {
	h := build(t, 4, "budget: {sessions: 3}")
	h.cloud.Tune(func(set *fakeSettings) { set.Lag = 5 * time.Second })
	l := h.loop()
	for _, wait := range []time.Duration{0, time.Second, time.Second, 10 * time.Second} {
		h.clock.Move(wait)
		h.sweep(l)
		used, err := l.usage(context.Background())
		h.ok(err)
		if n := used.Value.Places[firstID+"/"+region]; n != 3 || len(h.cloud.Sessions(region)) != 3 {
			t.Errorf("after %s: %d sessions are used, and %d are there; want 3", wait, n, len(h.cloud.Sessions(region)))
		}
	}
}
