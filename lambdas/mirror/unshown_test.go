package mirror

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/trigger"
)

// TestUnshownIsUsed: a sweep that comes before AWS shows what the one before it made does not give its room away, neither of a few nor of so
// many that the answer is not believed.
func TestUnshownIsUsed(t *testing.T) {
	for _, budget := range []int{3, 12} {
		h := build(t, budget+2, fmt.Sprintf("budget: {sessions: %d}", budget))
		h.cloud.Tune(func(set *fakeSettings) { set.Lag = 5 * time.Second })
		l := h.loop()
		for _, wait := range []time.Duration{0, time.Second, time.Second, 10 * time.Second} {
			h.clock.Move(wait)
			h.sweep(l)
			used, err := l.usage(context.Background())
			h.ok(err)
			if n := used.Value.Places[firstID+"/"+region]; n != budget || len(h.cloud.Sessions(region)) != budget {
				t.Errorf("after %s: %d sessions are used, and %d are there; want %d", wait, n, len(h.cloud.Sessions(region)), budget)
			}
		}
	}
}

// TestGoneIsCountedOnce: an event about a session that a sweep has just deleted, and that AWS still shows, frees no room again.
func TestGoneIsCountedOnce(t *testing.T) {
	h := build(t, 3, "budget: {sessions: 3}")
	h.cloud.Tune(func(set *fakeSettings) { set.Lag = 5 * time.Second })
	l := h.loop()
	h.sweep(l)
	h.clock.Move(5 * time.Minute)
	eni := h.sessions(firstID)[0].NetworkInterface
	h.ok(h.cloud.Tag(eni, map[string]string{"mirrorwatch": "off"}))
	h.clock.Move(10 * time.Second)
	h.sweep(l)
	h.clock.Move(time.Second)
	_, err := l.Handle(context.Background(), []trigger.Key{{Account: firstID, Region: region, Kind: trigger.Interface, ID: eni}})
	h.ok(err)
	used, err := l.usage(context.Background())
	h.ok(err)
	if n := used.Value.Places[firstID+"/"+region]; n != 2 {
		t.Errorf("%d sessions are used, want 2", n)
	}
}
