package ec2fake

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

func TestTargets(t *testing.T) {
	st := newStage(t, Settings{})
	ctx, eni := context.Background(), st.eni()
	endpoint := st.c.MakeEndpoint(here, region1)
	type in = ec2api.CreateTrafficMirrorTarget
	for _, c := range []struct {
		name string
		in   in
		code string
		kind string
	}{
		{"nothing", in{}, ec2api.CodeMissingParameter, ""},
		{"two ends", in{NetworkInterface: eni, NetworkLoadBalancer: st.fleet.Balancer.ARN}, ec2api.CodeInvalidParameterConflict, ""},
		{"a malformed interface", in{NetworkInterface: "i-123"}, "InvalidNetworkInterfaceID.Malformed", ""},
		{"an unknown interface", in{NetworkInterface: "eni-0123456789abcdef0"}, ec2api.CodeInterfaceNotFound, ""},
		{"an unknown load balancer", in{NetworkLoadBalancer: "arn:aws:elasticloadbalancing:eu-central-1:1:loadbalancer/net/x/1"}, ec2api.CodeInvalidParameterValue, ""},
		{"an unknown endpoint", in{GatewayLoadBalancerEndpoint: "vpce-0123456789abcdef0"}, codeEndpointNotFound, ""},
		{"an interface", in{NetworkInterface: eni}, "", "network-interface"},
		{"a load balancer", in{NetworkLoadBalancer: st.fleet.Balancer.ARN}, "", "network-load-balancer"},
		{"an endpoint", in{GatewayLoadBalancerEndpoint: endpoint}, "", "gateway-load-balancer-endpoint"},
	} {
		got, err := st.ec2.CreateTrafficMirrorTarget(ctx, c.in)
		if ec2api.CodeOf(err) != c.code || err != nil && c.code == "" || got.Type != c.kind {
			t.Errorf("%s: %+v, %v, want code %q and type %q", c.name, got, err, c.code, c.kind)
		}
	}
	s := st.session(st.eni(), 1)
	st.refused(st.ec2.DeleteTrafficMirrorTarget(ctx, ec2api.Delete{ID: st.target.ID}), ec2api.CodeTargetInUse)
	st.refused(st.ec2.DeleteTrafficMirrorFilter(ctx, ec2api.Delete{ID: st.filter.ID}), ec2api.CodeFilterInUse)
	st.ok(st.ec2.DeleteTrafficMirrorSession(ctx, ec2api.Delete{ID: s.ID}))
	st.ok(st.ec2.DeleteTrafficMirrorTarget(ctx, ec2api.Delete{ID: st.target.ID}))
	st.ok(st.ec2.DeleteTrafficMirrorFilter(ctx, ec2api.Delete{ID: st.filter.ID}))
	st.refused(st.ec2.DeleteTrafficMirrorTarget(ctx, ec2api.Delete{ID: st.target.ID}), ec2api.CodeTargetNotFound)
	st.refused(st.ec2.DeleteTrafficMirrorFilter(ctx, ec2api.Delete{ID: st.filter.ID}), ec2api.CodeFilterNotFound)
}

// TestSourceAndTarget holds that an interface is never both, and how many sources an interface as target has.
func TestSourceAndTarget(t *testing.T) {
	st := newStage(t, Settings{})
	ctx := context.Background()
	small, large := st.instance(InstanceSpec{Type: "m5.large"}), st.instance(InstanceSpec{Type: "m5.24xlarge"})
	target := func(i ec2api.Instance) string {
		return must(st.ec2.CreateTrafficMirrorTarget(ctx, ec2api.CreateTrafficMirrorTarget{NetworkInterface: i.Interfaces[0]}))(t).ID
	}
	for _, c := range []struct {
		target string
		limit  int
	}{{target(small), 10}, {target(large), 100}} {
		for n := range c.limit + 1 {
			ask := st.ask(st.eni(), 1)
			ask.Target = c.target
			_, err := st.ec2.CreateTrafficMirrorSession(ctx, ask)
			if n == c.limit {
				st.refused(err, ec2api.CodeSourcesPerTarget)
			} else {
				st.ok(err)
			}
		}
	}
	_, err := st.ec2.CreateTrafficMirrorSession(ctx, st.ask(small.Interfaces[0], 1))
	st.refused(err, ec2api.CodeInvalidParameterValue)
	source := st.eni()
	s := st.session(source, 1)
	_, err = st.ec2.CreateTrafficMirrorTarget(ctx, ec2api.CreateTrafficMirrorTarget{NetworkInterface: source})
	st.refused(err, ec2api.CodeInvalidParameterValue)
	full := target(st.instance(InstanceSpec{}))
	must(st.ec2.ModifyTrafficMirrorSession(ctx, ec2api.ModifyTrafficMirrorSession{ID: s.ID, Target: &full}))(t)
	gone := must(st.ec2.DescribeTrafficMirrorTargets(ctx, ec2api.Query{IDs: []string{full}}))(t).Items[0].NetworkInterface
	holder := must(st.ec2.DescribeNetworkInterfaces(ctx, ec2api.Query{IDs: []string{gone}}))(t).Items[0].Attachment.Instance
	st.ok(st.c.TerminateInstance(holder))
	ask := st.ask(st.eni(), 1)
	ask.Target = full
	_, err = st.ec2.CreateTrafficMirrorSession(ctx, ask)
	st.refused(err, codeInvalidTarget)
	if st.c.Active(s.ID) {
		t.Error("a session to an interface that is gone is active")
	}
}

func TestQuotas(t *testing.T) {
	st := newStage(t, Settings{SessionQuota: 2, TargetQuota: 2, FilterQuota: 1, RuleQuota: 1})
	ctx := context.Background()
	st.session(st.eni(), 1)
	st.session(st.eni(), 1)
	_, err := st.ec2.CreateTrafficMirrorSession(ctx, st.ask(st.eni(), 1))
	st.refused(err, ec2api.CodeSessionLimit)
	_, err = st.ec2.CreateTrafficMirrorFilter(ctx, ec2api.CreateTrafficMirrorFilter{})
	st.refused(err, ec2api.CodeFilterLimit)
	for n := range 2 {
		_, err = st.ec2.CreateTrafficMirrorTarget(ctx, ec2api.CreateTrafficMirrorTarget{NetworkLoadBalancer: st.fleet.Balancer.ARN})
		if n == 1 {
			st.refused(err, ec2api.CodeTargetLimit)
		}
	}
	for n := range int32(2) {
		_, err = st.ec2.CreateTrafficMirrorFilterRule(ctx, ec2api.CreateTrafficMirrorFilterRule{Filter: st.filter.ID, RuleSpec: everything("egress", n+1)})
	}
	st.refused(err, ec2api.CodeFilterRuleLimit)
	// Another region has a quota of its own.
	if st.c.Account(here, "us-east-1").EC2 == st.ec2 {
		t.Error("two regions are one")
	}
	must(st.c.Account(here, "us-east-1").EC2.CreateTrafficMirrorFilter(ctx, ec2api.CreateTrafficMirrorFilter{}))(t)
}

func TestWhatCannotBeMirrored(t *testing.T) {
	st := newStage(t, Settings{})
	ctx := context.Background()
	try := func(eni string) string {
		s, err := st.ec2.CreateTrafficMirrorSession(ctx, st.ask(eni, 1))
		if err == nil {
			st.ok(st.ec2.DeleteTrafficMirrorSession(ctx, ec2api.Delete{ID: s.ID}))
		}
		return ec2api.CodeOf(err)
	}
	for kind, supported := range map[string]bool{
		"m5.large": true, "c5n.9xlarge": true, "t3.nano": true, "r6g.large": true, "m9z.large": true, "c4.large": true, "i3.large": true,
		"m6i.large": false, "m7i-flex.large": false, "p5.24xlarge": false, "m5.metal": false, "i3.metal": false, "m5.metal-24xl": false,
		"t2.micro": false, "m3.large": false, "c3.large": false,
	} {
		want := ""
		if !supported {
			want = ec2api.CodeInterfaceNotSupported
		}
		if got := try(st.instance(InstanceSpec{Type: kind}).Interfaces[0]); got != want {
			t.Errorf("%s: code %q, want %q", kind, got, want)
		}
	}
	loose := must(st.c.MakeInterface(InterfaceSpec{Subnet: st.subnet.ID}))(t)
	if got := try(loose.ID); got != ec2api.CodeInterfaceNotSupported {
		t.Errorf("an interface attached to nothing: %q", got)
	}
	i := st.instance(InstanceSpec{})
	st.ok(st.c.AttachInterface(loose.ID, i.ID))
	st.ok(st.c.SetAttachment(loose.ID, "attaching"))
	if got := try(loose.ID); got != ec2api.CodeInterfaceNotSupported {
		t.Errorf("an interface being attached: %q", got)
	}
	st.ok(st.c.SetAttachment(loose.ID, "attached"))
	if got := try(loose.ID); got != "" {
		t.Errorf("an attached interface: %q", got)
	}
	for _, kind := range []string{"natGateway", "lambda", "vpc_endpoint", "branch", "network_load_balancer"} {
		v := must(st.c.MakeInterface(InterfaceSpec{Subnet: st.subnet.ID, Type: kind, Requester: "amazon-x"}))(t)
		st.ok(st.c.ServeInterface(v.ID, "amazon-aws"))
		if got := try(v.ID); got != ec2api.CodeInterfaceNotSupported {
			t.Errorf("an interface of type %s: %q", kind, got)
		}
	}
	for hardware, want := range map[string]string{"": "", "m5.large": "", "m6i.large": ec2api.CodeInterfaceNotSupported} {
		v := must(st.c.MakeInterface(InterfaceSpec{Subnet: st.subnet.ID, Requester: "amazon-rds", Hardware: hardware}))(t)
		st.ok(st.c.ServeInterface(v.ID, "amazon-rds"))
		if got := try(v.ID); got != want {
			t.Errorf("a database on %q: %q, want %q", hardware, got, want)
		}
	}
	v6 := must(st.c.MakeSubnet(SubnetSpec{VPC: st.vpc.ID, CIDR: "2001:db8::/64", IPv6Native: true}))(t)
	if got := try(st.instance(InstanceSpec{Subnet: v6.ID}).Interfaces[0]); got != ec2api.CodeInterfaceNotSupported {
		t.Errorf("a subnet of IPv6 only: %q", got)
	}
	st.c.Tune(func(s *Settings) { s.Unsupported = []string{"t3"} })
	if got := try(i.Interfaces[0]); got != ec2api.CodeInterfaceNotSupported {
		t.Errorf("a family that was set: %q", got)
	}
}

// TestLifecycle holds what becomes of sessions when their source changes.
func TestLifecycle(t *testing.T) {
	st := newStage(t, Settings{})
	i := st.instance(InstanceSpec{Interfaces: 2})
	a, b := st.session(i.Interfaces[0], 1), st.session(i.Interfaces[1], 1)
	alive := func() (ids []string) {
		for _, s := range st.sessions(ec2api.Query{}) {
			ids = append(ids, s.ID)
		}
		return ids
	}
	both := []string{a.ID, b.ID}
	slices.Sort(both)
	step := func(what string, active bool, err error) {
		t.Helper()
		st.ok(err)
		if !slices.Equal(alive(), both) || st.c.Active(a.ID) != active {
			t.Fatalf("after %s: sessions %v, active %v", what, alive(), !active)
		}
	}
	step("run", true, nil)
	step("stop", false, st.c.StopInstance(i.ID))
	st.refused(st.c.StopInstance(i.ID), "IncorrectInstanceState")
	step("change of type", false, st.c.ChangeType(i.ID, "m7i.large"))
	step("start", false, st.c.StartInstance(i.ID))
	st.ok(st.c.StopInstance(i.ID))
	st.ok(st.c.ChangeType(i.ID, "m5.large"))
	step("start again", true, st.c.StartInstance(i.ID))
	st.refused(st.c.DeleteInterface(i.Interfaces[1]), "InvalidNetworkInterface.InUse")
	step("detach", true, st.c.DetachInterface(i.Interfaces[1]))
	st.ok(st.c.DeleteInterface(i.Interfaces[1]))
	if got := alive(); !slices.Equal(got, []string{a.ID}) {
		t.Fatalf("a deleted interface leaves sessions %v", got)
	}
	st.ok(st.c.TerminateInstance(i.ID))
	if got := alive(); len(got) != 0 {
		t.Fatalf("a terminated instance leaves sessions %v", got)
	}
	ctx := context.Background()
	if got := must(st.ec2.DescribeInstances(ctx, ec2api.Query{IDs: []string{i.ID}}))(t).Items[0].State; got != "terminated" {
		t.Errorf("the instance is %s", got)
	}
	st.now = st.now.Add(time.Hour)
	_, err := st.ec2.DescribeInstances(ctx, ec2api.Query{IDs: []string{i.ID}})
	st.refused(err, ec2api.CodeInstanceNotFound)
	kept := st.instance(InstanceSpec{})
	st.ok(st.c.KeepInterface(kept.Interfaces[0]))
	st.session(kept.Interfaces[0], 1)
	st.ok(st.c.TerminateInstance(kept.ID))
	if len(alive()) != 1 {
		t.Error("an interface that outlives its instance lost its session")
	}
}

func TestModifySession(t *testing.T) {
	st := newStage(t, Settings{})
	ctx, eni := context.Background(), st.eni()
	ask := st.ask(eni, 1)
	ask.PacketLength, ask.Description = 128, "was"
	s := must(st.ec2.CreateTrafficMirrorSession(ctx, ask))(t)
	st.session(eni, 2)
	two, low, high, none, empty := int32(2), uint32(0), uint32(16777215), int32(0), ""
	unknown, target := "tmt-0123456789abcdef0", must(st.ec2.CreateTrafficMirrorTarget(ctx, ec2api.CreateTrafficMirrorTarget{NetworkLoadBalancer: st.fleet.Balancer.ARN}))(t).ID
	type in = ec2api.ModifyTrafficMirrorSession
	for _, c := range []struct {
		in   in
		code string
	}{
		{in{}, ec2api.CodeMissingParameter},
		{in{ID: "tms-0123456789abcdef0"}, ec2api.CodeSessionNotFound},
		{in{ID: s.ID, SessionNumber: &two}, ec2api.CodeInvalidParameterValue},
		{in{ID: s.ID, SessionNumber: &none}, ec2api.CodeInvalidParameterValue},
		{in{ID: s.ID, VirtualNetworkID: &low}, ec2api.CodeInvalidParameterValue},
		{in{ID: s.ID, Target: &unknown}, ec2api.CodeTargetNotFound},
		{in{ID: s.ID, Filter: &target}, "InvalidTrafficMirrorFilterId.Malformed"},
		{in{ID: s.ID, DryRun: true}, ec2api.CodeDryRun},
		{in{ID: s.ID, VirtualNetworkID: &high, PacketLength: &none, Description: &empty, Target: &target}, ""},
	} {
		got, err := st.ec2.ModifyTrafficMirrorSession(ctx, c.in)
		if ec2api.CodeOf(err) != c.code || err != nil && c.code == "" {
			t.Errorf("%+v: %v, want code %q", c.in, err, c.code)
		}
		if c.code == "" && fmt.Sprint(got) != fmt.Sprint(ec2api.TrafficMirrorSession{ID: s.ID, Owner: here, NetworkInterface: eni, Target: target,
			Filter: st.filter.ID, SessionNumber: 1, VirtualNetworkID: high}) {
			t.Errorf("the session is %+v", got)
		}
	}
}
