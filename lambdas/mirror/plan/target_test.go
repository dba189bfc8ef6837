package plan

import (
	"slices"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/policy"
	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

func fabricOurTarget(id string) ec2api.TrafficMirrorTarget {
	return ec2api.TrafficMirrorTarget{
		ID: id, Owner: fabricFleetID, Type: "network-load-balancer", NetworkLoadBalancer: fabricSensorLB,
		Tags: map[string]string{TagDeployment: "prod", TagTarget: fabricSensorLB, TagName: "mirrorwatch sensors", TagCreated: "2026-11-01T00:00:00Z"},
	}
}

func TestTargets(t *testing.T) {
	const makes = "111 create_target target/eu-west-1/LB"
	for name, c := range map[string]struct {
		world  func(w *World)
		policy func(p *policy.Policy)
		want   []string
	}{
		"none yet": {want: []string{makes}},
		"there is one": {
			world: func(w *World) { w.Accounts[0].Targets = append(w.Accounts[0].Targets, fabricOurTarget("tmt-1")) },
		},
		"another deployment's is not ours": {
			world: func(w *World) {
				x := fabricOurTarget("tmt-1")
				x.Tags[TagDeployment] = "test"
				w.Accounts[0].Targets = append(w.Accounts[0].Targets, x)
			},
			want: []string{makes},
		},
		"nobody's is not adopted": {
			world: func(w *World) {
				x := fabricOurTarget("tmt-1")
				x.Tags = nil
				w.Accounts[0].Targets = append(w.Accounts[0].Targets, x)
			},
			want: []string{makes},
		},
		"of two the lower id is kept and mended": {
			world: func(w *World) {
				low, high := fabricOurTarget("tmt-1"), fabricOurTarget("tmt-2")
				low.Tags[TagName] = "renamed"
				w.Accounts[0].Targets = append(w.Accounts[0].Targets, high, low)
			},
			want: []string{"111 tag tmt-1 [{tag Name renamed mirrorwatch sensors}]"},
		},
		"targets were not read":       {world: func(w *World) { w.Accounts[0].Failures = []string{"DescribeTrafficMirrorTargets: InternalError"} }},
		"the role was not had":        {world: func(w *World) { w.Accounts[0].Failures = []string{"AssumeRole: AccessDenied"} }},
		"something else failed":       {world: func(w *World) { w.Accounts[0].Failures = []string{"DescribeVpcs: InternalError"} }, want: []string{makes}},
		"the fleet's is not there":    {world: func(w *World) { w.Accounts = w.Accounts[1:] }},
		"an event about what is gone": {world: func(w *World) { w.Scope = []string{"eni-1"} }},
		"an event about what is there": {
			world: func(w *World) {
				w.Scope, w.Accounts[0].Interfaces = []string{"eni-1"}, []ec2api.NetworkInterface{{ID: "eni-1"}}
			},
			want: []string{makes},
		},
		"switched off": {policy: func(p *policy.Policy) { p.Switch = policy.Off }},
		"somebody else keeps it": {
			policy: func(p *policy.Policy) { p.Fleet.Targets = []policy.Target{{Region: fabricHome, ID: "tmt-9"}} },
		},
		"an endpoint": {
			policy: func(p *policy.Policy) {
				p.Fleet.Targets = append(p.Fleet.Targets, policy.Target{Region: fabricHome, Endpoint: "vpce-1"}, p.Fleet.Targets[0])
			},
			want: []string{makes, "111 create_target target/eu-west-1/vpce-1"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			w, p := fabricBare(), fabricPolicy()
			fabricChange(w, p, c.world, c.policy)
			fabricSame(t, TargetPlanner{}.Plan(w, p), c.want...)
		})
	}
}

// TestTargetIsAskedForOnce: while a target that was made may be invisible, asking again is the same request; later it is another.
func TestTargetIsAskedForOnce(t *testing.T) {
	w, p := fabricBare(), fabricPolicy()
	first := TargetPlanner{}.Plan(w, p)
	w.At = w.At.Add(5e9)
	again := TargetPlanner{}.Plan(w, p)
	if a, b := first[0].Input.CreateTarget, again[0].Input.CreateTarget; a.ClientToken != b.ClientToken || a.Tags[TagCreated] != b.Tags[TagCreated] {
		t.Errorf("five seconds later %v is %v: AWS would refuse the token or make a second target", a, b)
	}
	w.At = w.At.Add(fabricEpoch)
	if later := (TargetPlanner{}).Plan(w, p); later[0].Input.CreateTarget.ClientToken == first[0].Input.CreateTarget.ClientToken {
		t.Error("an epoch later AWS would replay a target that somebody deleted")
	}
	tags := fabricKeys(first[0].Input.CreateTarget.Tags)
	if !slices.Equal(tags, []string{TagName, TagCreated, TagDeployment, TagTarget}) {
		t.Errorf("tags %v", tags)
	}
}
