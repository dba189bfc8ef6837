package plan

import (
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/policy"
	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

func TestListeners(t *testing.T) {
	const (
		listener = "111 create_listener LB"
		group    = "111 set_target_group_attributes TG [{stickiness.enabled false true}]"
		cross    = "111 set_load_balancer_attributes LB [{load_balancing.cross_zone.enabled false true}]"
	)
	listens := func(w *World, protocol, to string) {
		w.Accounts[0].Balancers[0].Listeners = []ec2api.Listener{{Protocol: protocol, Port: 4789, TargetGroup: to}}
	}
	for name, c := range map[string]struct {
		world  func(w *World)
		policy func(p *policy.Policy)
		want   []string
		warns  string
	}{
		"nothing is as it should be": {want: []string{listener, group, cross}},
		"the listener is there":      {world: func(w *World) { listens(w, "UDP", fabricSensorTG) }, want: []string{group, cross}},
		"it is of another protocol": {
			world: func(w *World) { listens(w, "TCP", fabricSensorTG) }, want: []string{group, cross},
			warns: "listens for TCP at port 4789, not for UDP",
		},
		"it forwards elsewhere": {
			world: func(w *World) { listens(w, "UDP", "arn:aws:elasticloadbalancing:x:y:targetgroup/other/1") }, want: []string{group, cross},
			warns: "forwards UDP 4789 to other, not to sensors",
		},
		"attributes were not read": {
			world: func(w *World) {
				w.Accounts[0].Balancers[0].Attributes = nil
				w.Accounts[0].Failures = []string{"DescribeLoadBalancerAttributes: x", "DescribeTargetGroupAttributes: x", "DescribeListeners: x"}
			},
		},
		"the target group cannot be listened for": {
			world: func(w *World) { w.Accounts[0].Balancers[0].TargetGroups[0].Protocol = "TCP" }, want: []string{group, cross},
			warns: "the target group must be of protocol UDP",
		},
		"nobody asked to look after it": {
			policy: func(p *policy.Policy) { p.Fleet.Targets[0].TargetGroup = "" },
			warns:  "name its target_group in the policy",
		},
		"the load balancer is another's": {
			world: func(w *World) { w.Accounts[0].Balancers[0].ARN = "arn:other" },
			warns: "load balancer sensors in eu-west-1 is not visible",
		},
		"an event reads none": {world: func(w *World) { w.Scope = []string{"eni-1"} }},
		"switched off":        {policy: func(p *policy.Policy) { p.Switch = policy.Off }},
		"it is not active": {
			world: func(w *World) { w.Accounts[0].Balancers[0].State = "provisioning" }, want: []string{listener, group, cross},
			warns: "is provisioning, not active",
		},
		"no sensor is healthy": {
			world: func(w *World) {
				w.Accounts[0].Balancers[0].TargetGroups[0].Health = map[string]string{"i-1": "unhealthy", "i-2": "initial"}
			},
			want: []string{listener, group, cross}, warns: "no healthy target among 2",
		},
		"one sensor is not healthy": {
			world: func(w *World) {
				w.Accounts[0].Balancers[0].TargetGroups[0].Health = map[string]string{"i-1": "unhealthy", "i-2": "healthy"}
			},
			want: []string{listener, group, cross}, warns: "1 of 2 targets are unhealthy (i-1)",
		},
		"no sensors": {
			world: func(w *World) { w.Accounts[0].Balancers[0].TargetGroups[0].Health = nil },
			want:  []string{listener, group, cross}, warns: "has no targets",
		},
		"a zone is missing": {
			world: func(w *World) {
				fabricMirror(&w.Accounts[0], "eni-1", "vpc-1", "eu-west-1a")
				fabricMirror(&w.Accounts[0], "eni-2", "vpc-1", "eu-west-1c")
			},
			want: []string{listener, group, cross}, warns: "has no node in eu-west-1c",
		},
		"a zone is missing that is not its own": {
			world: func(w *World) {
				w.Accounts[0].Balancers[0].AvailabilityZones = []string{"eu-west-1a"}
				fabricMirror(&w.Accounts[0], "eni-2", "vpc-1", "eu-west-1c")
			},
			policy: func(p *policy.Policy) { p.Fleet.Targets[0].Zones = []string{"eu-west-1a"} },
			want:   []string{listener, group, cross},
		},
		"another account has more zones": {
			world: func(w *World) {
				for _, zone := range []string{"x", "y", "z"} {
					fabricMirror(&w.Accounts[1], "eni-"+zone, "vpc-1", zone)
				}
			},
			want: []string{listener, group, cross}, warns: "has no node in 1 of 3 zones",
		},
	} {
		t.Run(name, func(t *testing.T) {
			w, p := fabricBare(), fabricPolicy()
			fabricChange(w, p, c.world, c.policy)
			fabricSame(t, ListenerPlanner{}.Plan(w, p), c.want...)
			fabricWarns(t, fabricWarnings(w, p), c.warns)
		})
	}
}

// fabricWarns fails unless exactly one warning has the text, or there is none where the text is empty.
func fabricWarns(t *testing.T, got []string, text string) {
	t.Helper()
	n := 0
	for _, g := range got {
		if text != "" && strings.Contains(g, text) {
			n++
		}
	}
	if text == "" && len(got) > 0 || text != "" && n != 1 {
		t.Errorf("of\n\t%s\n%d say %q", strings.Join(got, "\n\t"), n, text)
	}
}

// fabricMirror puts an interface with a session of ours into an account.
func fabricMirror(a *Account, id, vpc, zone string) {
	a.Interfaces = append(a.Interfaces, ec2api.NetworkInterface{ID: id, Owner: a.ID, Type: "interface", VPC: vpc, AvailabilityZone: zone})
	a.Sessions = append(a.Sessions, ec2api.TrafficMirrorSession{
		ID: "tms-" + id, Owner: a.ID, NetworkInterface: id, Target: "tmt-1", Filter: "tmf-1", VirtualNetworkID: uint32(len(a.Sessions) + 1),
		Tags: map[string]string{TagDeployment: "prod", TagProfile: "default"},
	})
}
