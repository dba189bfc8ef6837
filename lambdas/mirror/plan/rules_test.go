package plan

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

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
func TestVNIs(t *testing.T) {
	two := func(s *scene) { s.host("a").host("b").session("a", 5).session("b", 6) }
	vni := func(id string, v uint32) func(*scene) {
		return func(s *scene) {
			for i := range s.account().Sessions {
				if x := &s.account().Sessions[i]; x.NetworkInterface == "eni-"+id {
					x.VirtualNetworkID = v
				}
			}
		}
	}
	unbind := func(id string) func(*scene) { return func(s *scene) { delete(s.Bindings, "eni-"+id) } }
	tests := map[string]struct {
		edits []func(*scene)
		steps []string
		vni   uint32 // of the first step
	}{
		"as bound":                         {edits: nil},
		"the store was lost":               {edits: []func(*scene){unbind("a"), unbind("b")}, steps: []string{"bind_vni eni-a", "bind_vni eni-b"}, vni: 5},
		"somebody changed it":              {edits: []func(*scene){vni("a", 9)}, steps: []string{"modify_session eni-a"}, vni: 5},
		"the same as another, both bound":  {edits: []func(*scene){vni("b", 5)}, steps: []string{"modify_session eni-b"}, vni: 6},
		"the same as another, none bound":  {edits: []func(*scene){vni("b", 5), unbind("a"), unbind("b")}, steps: []string{"modify_session eni-b", "bind_vni eni-a"}, vni: 0},
		"bound to another":                 {edits: []func(*scene){vni("a", 6), unbind("a")}, steps: []string{"modify_session eni-a"}, vni: 0},
		"outside the policy's range":       {edits: []func(*scene){vni("a", 2000), unbind("a")}, steps: []string{"modify_session eni-a"}, vni: 0},
		"bound, and outside the new range": {edits: []func(*scene){func(s *scene) { s.want.VNI.From = 6 }}, steps: []string{"modify_session eni-a"}, vni: 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, "vni: {from: 1, to: 1000}\n")
			two(s)
			for _, f := range tt.edits {
				f(s)
			}
			p := s.plan()
			if got := actions(p.Steps); !slices.Equal(got, append([]string{}, tt.steps...)) {
				t.Fatalf("steps %v, want %v", got, tt.steps)
			}
			if len(p.Steps) == 0 {
				return
			}
			in, got := p.Steps[0].Input, uint32(0)
			if in.ModifySession != nil {
				got = *in.ModifySession.VirtualNetworkID
			} else {
				got = in.Binding.VNI
			}
			if got != tt.vni || got == 0 && (in.Binding == nil || in.Binding.Interface != p.Steps[0].Interface) {
				t.Errorf("VNI %d, want %d; binding %+v", got, tt.vni, in.Binding)
			}
		})
	}
}

// TestAttempts: the binding of an interface without a session is used again while the session may be there unseen, and only then.
func TestAttempts(t *testing.T) {
	seen := func(s *scene) {
		s.before("eni-a", events.CoverageMirrored, noon)
		c := s.Before["eni-a"]
		c.Session, c.VNI = "tms-a", 5
		s.Before["eni-a"] = c
	}
	tests := map[string]struct {
		age   time.Duration
		edit  func(*scene)
		again bool
	}{
		"a minute old, never seen": {time.Minute, func(*scene) {}, true},
		"old, never seen":          {time.Hour, func(*scene) {}, true},
		"old, seen and gone":       {time.Hour, seen, false},
		"out of range":             {time.Minute, func(s *scene) { s.want.VNI.From = 6 }, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, "").host("a")
			from := noon.Add(-tt.age)
			s.Bindings["eni-a"] = events.Binding{VNI: 5, Account: homeID, Region: region, Interface: "eni-a", From: from}
			tt.edit(s)
			p := s.plan()
			if got := actions(p.Steps); !slices.Equal(got, []string{"create_session eni-a"}) {
				t.Fatalf("steps %v: the binding is the lease's to look after", got)
			}
			in := p.Steps[0].Input
			want := ec2api.CreateTrafficMirrorSession{Tags: map[string]string{TagCreated: noon.Format(time.RFC3339)}}
			if tt.again {
				want.VirtualNetworkID, want.ClientToken, want.Tags[TagCreated] = 5, ClientToken("main", "eni-a", 5, from), from.Format(time.RFC3339)
			}
			if c := in.CreateSession; c.VirtualNetworkID != want.VirtualNetworkID || c.ClientToken != want.ClientToken || c.Tags[TagCreated] != want.Tags[TagCreated] {
				t.Errorf("VNI %d, token %q, created %s; want %+v", c.VirtualNetworkID, c.ClientToken, c.Tags[TagCreated], want)
			}
		})
	}
}

// TestSettling: what was made a minute ago and is not shown yet is neither asked for again nor forgotten by the budget.
func TestSettling(t *testing.T) {
	s := newScene(t, "budget: {sessions: 1}\n").host("a").host("b").before("eni-a", events.CoverageMirrored, noon)
	c := s.Before["eni-a"]
	c.Session, c.VNI = "tms-a", 5
	s.Before["eni-a"] = c
	s.Bindings["eni-a"] = events.Binding{VNI: 5, Account: homeID, Region: region, Interface: "eni-a", From: noon.Add(-time.Minute)}
	p := s.plan()
	if c := p.of(t, "eni-a"); !p.Empty() || c.State != events.CoverageMirrored || c.Session != "tms-a" || c.VNI != 5 || !strings.Contains(c.Reason, "not visible yet") {
		t.Errorf("steps %v, coverage %+v", actions(p.Steps), c)
	}
	if c := p.of(t, "eni-b"); c.State != events.CoverageBudget {
		t.Errorf("eni-b is %s: %s", c.State, c.Reason)
	}
}

func TestClientTokenTellsAttemptsApart(t *testing.T) {
	tokens := map[string]bool{}
	for _, from := range []time.Time{noon, noon.Add(time.Nanosecond)} {
		for _, vni := range []uint32{1, 2} {
			for _, pair := range [][2]string{{"main", "eni-1"}, {"maine", "ni-1"}, {"main", "eni-2"}} {
				tokens[ClientToken(pair[0], pair[1], vni, from)] = true
			}
		}
	}
	if len(tokens) != 12 {
		t.Errorf("%d different tokens of 12 attempts", len(tokens))
	}
	if a, b := ClientToken("main", "eni-1", 1, noon), ClientToken("main", "eni-1", 1, noon.Local()); a != b || len(a) > 64 {
		t.Errorf("%q and %q: the same moment is the same attempt, and AWS takes 64 characters", a, b)
	}
}
