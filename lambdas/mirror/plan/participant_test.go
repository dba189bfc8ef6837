package plan

import (
	"slices"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// The owner of a shared subnet sees a participant's interface and never its instance: it is chosen by what can be seen.
func TestInterfaceOfAParticipant(t *testing.T) {
	s := newScene(t, "").host("a", func(n *ec2api.NetworkInterface, i *ec2api.Instance) {
		n.Owner, n.Attachment.InstanceOwner = stranger, stranger
	})
	delete(s.account().Instances, "i-a")
	p := s.plan()
	if c := p.of(t, "eni-a"); c.State != events.CoverageExcluded {
		t.Errorf("state is %s (%s)", c.State, c.Reason)
	}
	subnet := s.account().Subnets["subnet-1"]
	subnet.Tags = map[string]string{"mirrorwatch": "on"}
	s.account().Subnets["subnet-1"] = subnet
	p = s.plan()
	if c := p.of(t, "eni-a"); c.State != events.CoveragePending || len(p.Steps) != 1 || p.Steps[0].Action != CreateSession {
		t.Errorf("state is %s (%s), steps are %v", c.State, c.Reason, actions(p.Steps))
	}
	s.session("a", 7)
	delete(s.Bindings, "eni-a")
	if p = s.plan(); !slices.Contains(actions(p.Steps), "bind_vni eni-a") {
		t.Errorf("its session is not written down: %v", actions(p.Steps))
	}
}
