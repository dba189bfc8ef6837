package mirror

import (
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/plan"
	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// TestDeploymentIsRenamed: what carries the old name is somebody else's now. It stays as it is, and no session of the new name takes a
// VNI that one of the old sends with.
func TestDeploymentIsRenamed(t *testing.T) {
	h := build(t, 8, "vni: {from: 1, to: 16}")
	l := h.loop()
	h.sweep(l)
	h.clock.Move(time.Hour)
	old := map[uint32]ec2api.TrafficMirrorSession{}
	for _, s := range h.sessions(firstID) {
		old[s.VirtualNetworkID] = s
	}
	touched := h.cloud.Foreign(plan.TagDeployment, "renamed")
	h.policy.Deployment = "renamed"
	h.sweep(l)
	if h.cloud.Foreign(plan.TagDeployment, "renamed") != touched {
		t.Errorf("what carries the old name was touched: %v", h.cloud.Touched("", plan.TagDeployment, "renamed"))
	}
	list, err := ec2api.All(t.Context(), h.cloud.Account(firstID, region).EC2.DescribeTrafficMirrorSessions, everyPage)
	h.ok(err)
	made := 0
	for _, s := range list {
		if s.Tags[plan.TagDeployment] != "renamed" {
			continue
		}
		made++
		if o, double := old[s.VirtualNetworkID]; double {
			t.Errorf("%s of %s has VNI %d, and so has %s of %s", s.ID, s.NetworkInterface, s.VirtualNetworkID, o.ID, o.NetworkInterface)
		}
	}
	if len(old) != 8 || made != 8 {
		t.Errorf("%d sessions of the old name and %d of the new", len(old), made)
	}
}
