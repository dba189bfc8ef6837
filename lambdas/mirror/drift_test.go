package mirror

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/plan"
	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// bend changes by hand whatever a person can change of what is ours.
func bend(h *house) {
	ctx, ec2 := context.Background(), h.cloud.Account(firstID, region).EC2
	list := h.sessions(firstID)
	number, length, vni, text := int32(9), int32(64), list[1].VirtualNetworkID, "mine"
	for _, in := range []ec2api.ModifyTrafficMirrorSession{
		{ID: list[0].ID, PacketLength: &length, Description: &text}, {ID: list[1].ID, SessionNumber: &number}, {ID: list[2].ID, VirtualNetworkID: &vni},
	} {
		_, err := ec2.ModifyTrafficMirrorSession(ctx, in)
		h.ok(err)
	}
	h.ok(h.cloud.Tag(list[1].ID, map[string]string{plan.TagProfile: "other"}))
	_, err := h.cloud.ForeignSession(list[1].NetworkInterface, fakeForeign)
	h.ok(err)
	f := h.cloud.State(region).Filters[list[0].Filter]
	h.ok(ec2.DeleteTrafficMirrorFilterRule(ctx, ec2api.Delete{ID: f.Ingress[0].ID}))
	to := f.Egress[0].RuleSpec
	to.Action = "reject"
	_, err = ec2.ModifyTrafficMirrorFilterRule(ctx, ec2api.ModifyTrafficMirrorFilterRule{ID: f.Egress[0].ID, Was: f.Egress[0].RuleSpec, To: to})
	h.ok(err)
	to.Number = 5
	_, err = ec2.CreateTrafficMirrorFilterRule(ctx, ec2api.CreateTrafficMirrorFilterRule{Filter: f.ID, RuleSpec: to})
	h.ok(err)
	_, err = ec2.ModifyTrafficMirrorFilterNetworkServices(ctx, ec2api.ModifyNetworkServices{Filter: f.ID, Remove: []string{"amazon-dns"}})
	h.ok(err)
	for _, l := range h.cloud.State(region).Listeners[h.fleet.Balancer.ARN] {
		h.ok(h.cloud.DeleteListener(l.ARN))
	}
}

// straight says that nothing of it is left.
func (h *house) straight(name string) {
	h.t.Helper()
	st := h.cloud.State(region)
	for _, s := range h.sessions(firstID) {
		f := st.Filters[s.Filter]
		rejects := slices.ContainsFunc(slices.Concat(f.Ingress, f.Egress), func(r ec2api.TrafficMirrorFilterRule) bool { return r.Action != "accept" })
		if len(f.Ingress) != 2 || len(f.Egress) != 2 || rejects || len(f.NetworkServices) != 1 {
			h.t.Errorf("%s: filter %+v", name, f)
		}
		if s.PacketLength != 0 && s.PacketLength != 8500 || s.Description == "mine" || s.Tags[plan.TagProfile] != "default" {
			h.t.Errorf("%s: session %+v", name, s)
		}
	}
	if len(st.Listeners[h.fleet.Balancer.ARN]) != 1 {
		h.t.Errorf("%s: %d listeners", name, len(st.Listeners[h.fleet.Balancer.ARN]))
	}
}

// TestDriftIsRepaired in one sweep, in place: no session is made anew.
func TestDriftIsRepaired(t *testing.T) {
	h := build(t, 3, "")
	h.sweep(h.loop())
	h.clock.Move(time.Minute) // before that, asking again for a rule is the request that made it
	was := h.sessions(firstID)
	bend(h)
	h.clock.Move(leaseTTL)
	calls := h.calls(func() { h.sweep(h.loop()) })
	h.straight("drift")
	h.whole(map[string]int{firstID: 3})
	if calls["CreateTrafficMirrorSession"] != 0 || calls["DeleteTrafficMirrorSession"] != 0 {
		t.Errorf("calls %v", calls)
	}
	for i, s := range h.sessions(firstID) {
		if s.ID != was[i].ID {
			t.Errorf("%s was made anew as %s", was[i].ID, s.ID)
		}
	}
}
