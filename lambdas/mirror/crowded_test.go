package mirror

import (
	"context"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/trigger"
)

// TestCrowdedRange: an event finds the free VNIs of a range of which most are taken, to the last one.
func TestCrowdedRange(t *testing.T) {
	h := build(t, 150, "vni: {from: 1, to: 200}")
	l := h.loop()
	h.sweep(l)
	h.clock.Move(5 * time.Minute)
	attach := func() Report {
		i := h.instance(firstID, map[string]string{"mirrorwatch": "on"})
		h.clock.Move(10 * time.Second)
		r, err := l.Handle(context.Background(), []trigger.Key{{Account: firstID, Region: region, Kind: trigger.Instance, ID: i.ID}})
		h.ok(err)
		return r
	}
	for range 50 {
		r := attach()
		if _, failed, _ := r.Outcomes(); failed > 0 {
			t.Fatalf("of a range that is not full: %s", r.Places[0].Failed[0].Reason)
		}
	}
	h.whole(map[string]int{firstID: 200})
	r := attach()
	if _, failed, _ := r.Outcomes(); failed != 1 {
		t.Errorf("the 201st session got a VNI of 200: %+v", r.Places)
	}
	h.whole(map[string]int{firstID: 200})
}
