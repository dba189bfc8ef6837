package mirror

import (
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/test/ec2fake"
)

// TestRefusedHolder asks AWS twice, then once a day about the interface of a service that runs on what cannot be mirrored, and not in
// every pass.
func TestRefusedHolder(t *testing.T) {
	h := build(t, 0, "")
	eni, err := h.cloud.MakeInterface(ec2fake.InterfaceSpec{
		Subnet: h.subnets[firstID], Requester: "amazon-elb", Description: "ELB app/shop/1234567890abcdef", Hardware: "m6i.large",
		Tags: map[string]string{"mirrorwatch": "on"}})
	h.ok(err)
	h.ok(h.cloud.ServeInterface(eni.ID, "amazon-elb"))
	h.clock.Move(time.Hour)
	l := h.loop()
	for pass, want := range []struct {
		calls int
		state events.CoverageState
	}{{1, events.CoveragePending}, {1, events.CoverageUnsupportedENI}, {0, events.CoverageUnsupportedENI}, {0, events.CoverageUnsupportedENI}} {
		if n := h.calls(func() { h.sweep(l) })["CreateTrafficMirrorSession"]; n != want.calls {
			t.Errorf("pass %d: asked %d times, want %d", pass, n, want.calls)
		}
		if c := h.coverage()[eni.ID]; c.State != want.state || c.Reason == "" || (c.Fix == "") != (want.state == events.CoveragePending) {
			t.Errorf("pass %d: %+v", pass, c)
		}
		h.clock.Move(5 * time.Minute)
	}
	h.clock.Move(24 * time.Hour)
	if n := h.calls(func() { h.sweep(l) })["CreateTrafficMirrorSession"]; n != 1 {
		t.Errorf("a day later: asked %d times", n)
	}
}
