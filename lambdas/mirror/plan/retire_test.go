package plan

import (
	"testing"

	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/policy"
	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// fabricAged is a settled world with something old in every corner.
func fabricAged(t *testing.T, p *policy.Policy) *World {
	w := fabricSettled(t, p)
	old := fabricMadeFilter("tmf-old", p, "default")
	old.Tags[TagFilterSpec] = "before"
	foreign := fabricMadeFilter("tmf-foreign", p, "default")
	foreign.Tags = map[string]string{TagProfile: "default"}
	w.Accounts[1].Filters = append(w.Accounts[1].Filters, old, foreign)
	lost, alien, named := fabricOurTarget("tmt-zz-lost"), fabricOurTarget("tmt-alien"), fabricOurTarget("tmt-named")
	alien.Tags = nil
	named.NetworkLoadBalancer, p.Fleet.Targets = "arn:other", append(p.Fleet.Targets, policy.Target{Region: fabricHome, ID: "tmt-named"})
	w.Accounts[0].Targets = append(w.Accounts[0].Targets, lost, alien, named)
	return w
}

func TestRetire(t *testing.T) {
	both := []string{"222 delete_filter tmf-old", "111 delete_target tmt-zz-lost"}
	for name, c := range map[string]struct {
		world  func(w *World)
		policy func(p *policy.Policy)
		want   []string
	}{
		"what nobody wants": {want: both},
		"a session uses the filter": {
			world: func(w *World) {
				w.Accounts[1].Sessions = []ec2api.TrafficMirrorSession{{ID: "tms-1", Owner: fabricMemberID, Filter: "tmf-old"}}
			},
			want: both[1:],
		},
		"another account's session uses the target": {
			world: func(w *World) {
				w.Accounts[0].Sessions = []ec2api.TrafficMirrorSession{{ID: "tms-1", Owner: fabricAlienID, Target: "tmt-zz-lost"}}
			},
			want: both[:1],
		},
		"a call failed elsewhere": {world: func(w *World) { w.Accounts[0].Failures = []string{"DescribeVpcs: InternalError"} }},
		"an event sees a part":    {world: func(w *World) { w.Scope = []string{"eni-1"} }},
		"switched off":            {policy: func(p *policy.Policy) { p.Switch = policy.Off }},
		"the member is no longer in the policy": {
			policy: func(p *policy.Policy) { p.Accounts = p.Accounts[:1] },
			want:   []string{"222 delete_filter tmf-made0010", both[0], "111 delete_share arn:share-made0002", both[1]},
		},
		"its sessions still go through the share": {
			policy: func(p *policy.Policy) { p.Accounts = p.Accounts[:1] },
			world: func(w *World) {
				w.Accounts[0].Sessions = []ec2api.TrafficMirrorSession{{ID: "tms-1", Owner: fabricMemberID, Target: "tmt-made0001", Filter: "tmf-made0010"}}
			},
			want: both,
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := fabricPolicy()
			w := fabricAged(t, p)
			fabricChange(w, p, c.world, c.policy)
			for i := range w.Accounts[1].Filters { // the ids of what settled made tell in which order
				if f := &w.Accounts[1].Filters[i]; f.Tags[TagCreated] == fabricBegan(fabricNoon) {
					f.ID = "tmf-made0010"
				}
			}
			fabricSame(t, RetirePlanner{}.Plan(w, p), c.want...)
		})
	}
}
