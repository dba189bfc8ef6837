package plan

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/policy"
	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// TestPrecedence puts the tag at each level: the nearest that has it decides, whatever the others say.
func TestPrecedence(t *testing.T) {
	const rule = "select: {default: \"on\", rules: [{name: r1, match: {vpcs: [vpc-1]}, profile: \"off\", priority: 1}, {name: r2, match: {tags: {a: [b]}}, profile: deep, priority: 2}]}\nprofiles: {deep: {priority: 2}}\n"
	tests := []struct {
		eni, instance, group, subnet, vpc string
		more                              map[string]string // of the instance
		decides, profile                  string
	}{
		{eni: "off", instance: "on", group: "on", subnet: "on", vpc: "on", decides: "interface"},
		{instance: "on", group: "off", subnet: "off", vpc: "off", decides: "instance", profile: "default"},
		{group: "Deep", subnet: "off", vpc: "off", decides: "group", profile: "deep"},
		{subnet: " ON ", vpc: "off", decides: "subnet", profile: "default"},
		{vpc: "on", decides: "vpc", profile: "default"},
		{more: map[string]string{"a": "b"}, decides: "rule", profile: "deep"},
		{decides: "rule"},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%s of %+v", tt.decides, tt), func(t *testing.T) {
			s := newScene(t, rule)
			tag := func(v string) map[string]string {
				if v == "" {
					return map[string]string{}
				}
				return map[string]string{"mirrorwatch": v}
			}
			s.host("a", func(n *ec2api.NetworkInterface, i *ec2api.Instance) {
				n.Tags, i.Tags = tag(tt.eni), tag(tt.instance)
				i.Tags[tagGroup] = "fleet"
				for k, v := range tt.more {
					i.Tags[k] = v
				}
			})
			s.account().Groups["fleet"] = ec2api.AutoScalingGroup{Name: "fleet", Tags: tag(tt.group)}
			s.account().Subnets["subnet-1"] = ec2api.Subnet{ID: "subnet-1", Tags: tag(tt.subnet)}
			s.account().Vpcs["vpc-1"] = ec2api.Vpc{ID: "vpc-1", Tags: tag(tt.vpc)}
			e := Explain(&s.World, &s.want, "eni-a")
			var decides []string
			for _, l := range e.Levels {
				if l.Decides {
					decides = append(decides, l.Level)
				}
			}
			if !slices.Equal(decides, []string{tt.decides}) || e.Profile != tt.profile {
				t.Errorf("decided by %v, profile %q; want %s, %q (%s)", decides, e.Profile, tt.decides, tt.profile, e.Decision)
			}
		})
	}
}

// TestNever: sensors, mirror targets and the fleet's load balancer are excluded, whatever is asked.
func TestNever(t *testing.T) {
	tests := map[string]struct {
		edit   edit
		reason string
	}{
		"tags":           {func(_ *ec2api.NetworkInterface, i *ec2api.Instance) { i.Tags["role"] = "sensor" }, "by its tags"},
		"security group": {func(n *ec2api.NetworkInterface, _ *ec2api.Instance) { n.Groups = []string{"sg-0123456789abcdef0"} }, "security group"},
		"scaling group":  {func(_ *ec2api.NetworkInterface, i *ec2api.Instance) { i.Tags[tagGroup] = "sensors" }, "Auto Scaling group sensors"},
		"in its group":   {func(_ *ec2api.NetworkInterface, i *ec2api.Instance) { i.ID = "i-sensor" }, "Auto Scaling group sensors"},
		"mirror target":  {func(n *ec2api.NetworkInterface, _ *ec2api.Instance) { n.ID = "eni-target" }, "mirror target tmt-eni"},
		"load balancer": {func(n *ec2api.NetworkInterface, _ *ec2api.Instance) {
			n.Description, n.Attachment = "ELB net/sensors/1234567890abcdef", &ec2api.Attachment{InstanceOwner: "amazon-elb"}
		}, "load balancer"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, "select: {default: \"on\"}\n")
			s.want.Fleet.Sensors = policy.Sensors{
				Tags: map[string]string{"role": "sensor"}, SecurityGroups: []string{"sg-0123456789abcdef0"}, AutoScalingGroups: []string{"sensors"},
			}
			a := s.account()
			a.Targets = append(a.Targets, ec2api.TrafficMirrorTarget{ID: "tmt-eni", NetworkInterface: "eni-target"})
			a.Groups["sensors"] = ec2api.AutoScalingGroup{Name: "sensors", Instances: []string{"i-sensor"}}
			s.host("a", func(n *ec2api.NetworkInterface, i *ec2api.Instance) {
				tt.edit(n, i)
				if n.Attachment.Instance != "" {
					n.Attachment.Instance = i.ID
				}
			})
			p := s.plan()
			if c := p.Coverage[0]; c.State != events.CoverageExcluded || !strings.Contains(c.Reason, tt.reason) || !p.Empty() {
				t.Errorf("%s, %q, %v", c.State, c.Reason, actions(p.Steps))
			}
		})
	}
}

// TestNumbers: which number a session gets, and that one which is there is moved only where that gains something.
func TestNumbers(t *testing.T) {
	tests := []struct {
		place   policy.Place
		number  int32
		has     int32 // 0: there is none yet
		foreign []int32
		want    int32
	}{
		{policy.Before, 1, 0, nil, 1},
		{policy.Before, 7, 0, nil, 7},
		{policy.Before, 7, 0, []int32{9}, 7},
		{policy.Before, 7, 0, []int32{5}, 4},
		{policy.Before, 7, 0, []int32{7}, 6},
		{policy.Before, 1, 0, []int32{1}, 2},
		{policy.Before, 1, 0, []int32{1, 2}, 3},
		{policy.Before, 1, 0, []int32{2, 9}, 1},
		{policy.Before, 1, 5, nil, 5},
		{policy.Before, 1, 5, []int32{6}, 5},
		{policy.Before, 1, 5, []int32{3}, 1},
		{policy.Before, 4, 5, []int32{3}, 2},
		{policy.Before, 1, 5, []int32{1}, 5},
		{policy.Before, 1, 2, []int32{1}, 2},
		{policy.After, 1, 0, nil, 1},
		{policy.After, 1, 0, []int32{4}, 5},
		{policy.After, 9, 0, []int32{4}, 9},
		{policy.After, 1, 0, []int32{4, 5}, 6},
		{policy.After, 1, 2, []int32{4}, 2},
		{policy.After, 1, 0, []int32{maxNumber}, maxNumber - 1},
		{policy.Exact, 3, 0, []int32{1}, 3},
		{policy.Exact, 3, 8, []int32{1}, 3},
		{policy.Exact, 3, 8, []int32{3}, 8},
	}
	for _, tt := range tests {
		src := &source{}
		for i, n := range tt.foreign {
			src.foreign = append(src.foreign, &link{TrafficMirrorSession: &ec2api.TrafficMirrorSession{ID: fmt.Sprint("tms-", i), SessionNumber: n}})
		}
		if tt.has != 0 {
			src.keep = &link{TrafficMirrorSession: &ec2api.TrafficMirrorSession{ID: "tms-ours", SessionNumber: tt.has}}
		}
		if got, _ := src.pickNumber(policy.Number{Place: tt.place, Number: tt.number}); got != tt.want {
			t.Errorf("%s %d, has %d, others %v: %d, want %d", tt.place, tt.number, tt.has, tt.foreign, got, tt.want)
		}
	}
}

// TestDrift: everything that is not as it should be is mended by one call, and tags by another.
func TestDrift(t *testing.T) {
	tests := map[string]struct {
		edit    func(*ec2api.TrafficMirrorSession)
		action  Action
		changes []string
	}{
		"target":        {func(s *ec2api.TrafficMirrorSession) { s.Target = "tmt-x" }, ModifySession, []string{"target tmt-x→tmt-ours"}},
		"filter":        {func(s *ec2api.TrafficMirrorSession) { s.Filter = "tmf-x" }, ModifySession, []string{"filter tmf-x→tmf-default"}},
		"packet length": {func(s *ec2api.TrafficMirrorSession) { s.PacketLength = 99 }, ModifySession, []string{"packet length 99→0"}},
		"description":   {func(s *ec2api.TrafficMirrorSession) { s.Description = "" }, ModifySession, []string{"description →Mirrorwatch, deployment main, profile default"}},
		"VNI":           {func(s *ec2api.TrafficMirrorSession) { s.VirtualNetworkID = 9 }, ModifySession, []string{"VNI 9→5"}},
		"several": {func(s *ec2api.TrafficMirrorSession) { s.Target, s.Filter, s.PacketLength = "tmt-x", "tmf-x", 9 }, ModifySession,
			[]string{"target tmt-x→tmt-ours", "filter tmf-x→tmf-default", "packet length 9→0"}},
		"profile tag": {func(s *ec2api.TrafficMirrorSession) { s.Tags[TagProfile] = "x" }, Tag, []string{"tag mirrorwatch:profile x→default"}},
		"name":        {func(s *ec2api.TrafficMirrorSession) { s.Tags[TagName] = "old" }, Tag, []string{"tag Name old→mirrorwatch host a"}},
		"created":     {func(s *ec2api.TrafficMirrorSession) { delete(s.Tags, TagCreated) }, Tag, []string{"tag mirrorwatch:created →2026-11-25T12:00:00Z"}},
		"whole packets to a load balancer are 8500 bytes": {func(s *ec2api.TrafficMirrorSession) { s.PacketLength = 8500 }, "", nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, "").host("a").session("a", 5, tt.edit)
			p := s.plan()
			if tt.action == "" {
				if !p.Empty() {
					t.Fatalf("steps %v", actions(p.Steps))
				}
				return
			}
			if len(p.Steps) != 1 || p.Steps[0].Action != tt.action || p.Steps[0].Object != "tms-a" {
				t.Fatalf("steps %v, want one %s of tms-a", actions(p.Steps), tt.action)
			}
			var got []string
			for _, c := range p.Steps[0].Changes {
				got = append(got, c.Field+" "+c.From+"→"+c.To)
			}
			if !slices.Equal(got, tt.changes) {
				t.Errorf("changes %v, want %v", got, tt.changes)
			}
		})
	}
}

// TestVNIs: a session keeps the VNI that is its own, and gets another where it is not.
// TestAttempts: the binding of an interface without a session is used again while the session may be there unseen, and only then.
// TestSettling: what was made a minute ago and is not shown yet is neither asked for again nor forgotten by the budget.
// TestSharedTargets: the tags of a shared target cannot be seen, so only the fleet's account can tell which of two is ours.
func TestSharedTargets(t *testing.T) {
	target := func(id string, tags map[string]string) ec2api.TrafficMirrorTarget {
		return ec2api.TrafficMirrorTarget{ID: id, Owner: second, NetworkLoadBalancer: fleetLB, Tags: tags}
	}
	ours := map[string]string{TagDeployment: "main", TagTarget: fleetLB, TagName: "mirrorwatch sensors"}
	fleet := Account{ID: second, Region: region, Targets: []ec2api.TrafficMirrorTarget{target("tmt-1", nil), target("tmt-2", ours)}}
	tests := map[string]struct {
		accounts []Account // besides the interface's
		targets  []ec2api.TrafficMirrorTarget
		has      string // where the session sends to; empty: there is none yet
		want     string
	}{
		"the fleet's account tells":             {[]Account{fleet}, []ec2api.TrafficMirrorTarget{target("tmt-1", nil), target("tmt-2", nil)}, "", "tmt-2"},
		"and mends":                             {[]Account{fleet}, []ec2api.TrafficMirrorTarget{target("tmt-1", nil), target("tmt-2", nil)}, "tmt-1", "tmt-2"},
		"it was not looked at: nothing changes": {nil, []ec2api.TrafficMirrorTarget{target("tmt-1", nil), target("tmt-2", nil)}, "tmt-2", "tmt-2"},
		"it was not looked at: a new session":   {nil, []ec2api.TrafficMirrorTarget{target("tmt-2", nil)}, "", "tmt-2"},
		"shared in this pass":                   {[]Account{fleet}, nil, "", "tmt-2"},
		"not the fleet's": {nil, []ec2api.TrafficMirrorTarget{{ID: "tmt-0", Owner: stranger, NetworkLoadBalancer: fleetLB}}, "",
			"target/" + region + "/" + fleetLB},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, "").host("a")
			s.want.Fleet.Account = second
			s.account().Targets = tt.targets
			s.Accounts = append(s.Accounts, tt.accounts...)
			if tt.has != "" {
				s.session("a", 5, func(x *ec2api.TrafficMirrorSession) { x.Target = tt.has })
			}
			if e := Explain(&s.World, &s.want, "eni-a"); e.Target != tt.want {
				t.Errorf("target %s, want %s", e.Target, tt.want)
			}
		})
	}
}
