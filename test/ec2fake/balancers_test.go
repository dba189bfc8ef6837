package ec2fake

import (
	"context"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

func TestBalancers(t *testing.T) {
	st := newStage(t, Settings{})
	ctx, lb := context.Background(), st.acc.LoadBalancing
	arn := st.fleet.Balancer.ARN
	if got := must(lb.DescribeLoadBalancers(ctx, []string{arn}))(t); len(got) != 1 || got[0].Type != "network" || got[0].VPC != st.vpc.ID || got[0].AvailabilityZones[0] != "eu-central-1a" {
		t.Errorf("the load balancer is %+v", got)
	}
	if got := must(lb.DescribeListeners(ctx, arn))(t); len(got) != 1 || got[0].Protocol != "UDP" || got[0].Port != 4789 {
		t.Errorf("listeners are %+v", got)
	}
	groups := must(lb.DescribeTargetGroups(ctx, arn, nil))(t)
	if len(groups) != 1 || groups[0].LoadBalancers[0] != arn {
		t.Fatalf("target groups are %+v", groups)
	}
	spare := st.c.MakeTargetGroup(here, region1, "spare", st.vpc.ID)
	if got := must(lb.DescribeTargetGroups(ctx, "", nil))(t); len(got) != 2 {
		t.Errorf("%d target groups, want 2", len(got))
	}
	elsewhere := st.c.MakeTargetGroup(here, region1, "elsewhere", "vpc-0123456789abcdef0")
	for _, c := range []struct {
		name string
		in   ec2api.Listener
		code string
	}{
		{"a port in use", ec2api.Listener{LoadBalancer: arn, Protocol: "UDP", Port: 4789, TargetGroup: spare.ARN}, ec2api.CodeListenerExists},
		{"no such load balancer", ec2api.Listener{LoadBalancer: "arn:x", Protocol: "UDP", Port: 1, TargetGroup: spare.ARN}, "LoadBalancerNotFound"},
		{"no such group", ec2api.Listener{LoadBalancer: arn, Protocol: "UDP", Port: 1, TargetGroup: "arn:x"}, "TargetGroupNotFound"},
		{"another protocol", ec2api.Listener{LoadBalancer: arn, Protocol: "TCP", Port: 1, TargetGroup: spare.ARN}, "InvalidConfigurationRequest"},
		{"a protocol of ALBs", ec2api.Listener{LoadBalancer: arn, Protocol: "HTTP", Port: 1, TargetGroup: spare.ARN}, "ValidationError"},
		{"no port", ec2api.Listener{LoadBalancer: arn, Protocol: "UDP", TargetGroup: spare.ARN}, "ValidationError"},
		{"another VPC", ec2api.Listener{LoadBalancer: arn, Protocol: "UDP", Port: 1, TargetGroup: elsewhere.ARN}, "InvalidConfigurationRequest"},
	} {
		if _, err := lb.CreateListener(ctx, c.in); ec2api.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %s", c.name, err, c.code)
		}
	}
	st.ok(st.c.DeleteListener(st.fleet.Listener.ARN))
	made := must(lb.CreateListener(ctx, ec2api.Listener{LoadBalancer: arn, Protocol: "UDP", Port: 4789, TargetGroup: spare.ARN}))(t)
	if got := must(lb.DescribeListeners(ctx, arn))(t); len(got) != 1 || got[0] != made {
		t.Errorf("listeners are %+v, want %+v", got, made)
	}
	changed := made
	changed.TargetGroup = st.fleet.TargetGroup.ARN
	if got := must(lb.ModifyListener(ctx, changed))(t); got != changed || must(lb.DescribeListeners(ctx, arn))(t)[0] != changed {
		t.Errorf("changed to %+v, want %+v", got, changed)
	}
	for code, in := range map[string]ec2api.Listener{
		"ListenerNotFound":            {ARN: "arn:x", TargetGroup: spare.ARN},
		"TargetGroupNotFound":         {ARN: made.ARN, TargetGroup: "arn:x"},
		"InvalidConfigurationRequest": {ARN: made.ARN, TargetGroup: elsewhere.ARN},
	} {
		if _, err := lb.ModifyListener(ctx, in); ec2api.CodeOf(err) != code {
			t.Errorf("%v, want %s", err, code)
		}
	}
	if _, err := st.c.Account(there, region1).LoadBalancing.ModifyListener(ctx, changed); ec2api.CodeOf(err) != "ListenerNotFound" {
		t.Errorf("another account changes the listener: %v", err)
	}
	if _, err := st.c.Account(there, region1).LoadBalancing.DescribeListeners(ctx, arn); ec2api.CodeOf(err) != "LoadBalancerNotFound" {
		t.Errorf("another account sees the load balancer: %v", err)
	}
}

func TestAttributesAndHealth(t *testing.T) {
	st := newStage(t, Settings{})
	ctx, lb := context.Background(), st.acc.LoadBalancing
	arn, group := st.fleet.Balancer.ARN, st.fleet.TargetGroup.ARN
	st.ok(lb.ModifyLoadBalancerAttributes(ctx, arn, map[string]string{crossZoneOfGroup: "true"}))
	st.ok(lb.ModifyTargetGroupAttributes(ctx, group, map[string]string{"stickiness.enabled": "true", "stickiness.type": "source_ip"}))
	if got := must(lb.DescribeLoadBalancerAttributes(ctx, arn))(t)[crossZoneOfGroup]; got != "true" {
		t.Errorf("cross-zone is %s", got)
	}
	if got := must(lb.DescribeTargetGroupAttributes(ctx, group))(t)["stickiness.enabled"]; got != "true" {
		t.Errorf("stickiness is %s", got)
	}
	st.refused(lb.ModifyLoadBalancerAttributes(ctx, arn, map[string]string{"idle_timeout.timeout_seconds": "5"}), "ValidationError")
	st.refused(lb.ModifyLoadBalancerAttributes(ctx, arn, nil), "ValidationError")
	st.refused(lb.ModifyTargetGroupAttributes(ctx, group, map[string]string{"stickiness.type": "lb_cookie"}), "InvalidConfigurationRequest")
	st.refused(lb.ModifyTargetGroupAttributes(ctx, group, map[string]string{"stickiness.enabled": "yes"}), "InvalidConfigurationRequest")
	i := st.instance(InstanceSpec{})
	st.ok(st.c.SetHealth(group, i.ID, "healthy"))
	if got := must(lb.DescribeTargetHealth(ctx, group))(t); len(got) != 1 || got[i.ID] != "healthy" {
		t.Errorf("health is %v", got)
	}
	st.ok(st.c.SetHealth(group, i.ID, ""))
	if got := must(lb.DescribeTargetHealth(ctx, group))(t); len(got) != 0 {
		t.Errorf("health is %v", got)
	}
}

func TestGroups(t *testing.T) {
	st := newStage(t, Settings{})
	ctx, as := context.Background(), st.acc.AutoScaling
	for _, name := range []string{"api", "batch", "web"} {
		st.ok(st.c.MakeGroup(here, region1, name, map[string]string{"mirrorwatch": "on"}))
	}
	st.ok(st.c.MakeGroup(there, region1, "web", nil))
	i := st.instance(InstanceSpec{Group: "web"})
	if i.Tags[groupTag] != "web" {
		t.Errorf("the instance has tags %v", i.Tags)
	}
	got := must(as.DescribeAutoScalingGroups(ctx, ec2api.Query{IDs: []string{"web", "nowhere"}}))(t).Items
	if len(got) != 1 || got[0].Instances[0] != i.ID || got[0].Tags["mirrorwatch"] != "on" {
		t.Errorf("groups are %+v", got)
	}
	var names []string
	for q := (ec2api.Query{MaxResults: 1}); ; {
		p := must(as.DescribeAutoScalingGroups(ctx, q))(t)
		names = append(names, p.Items[0].Name)
		if q.NextToken = p.Next; p.Next == "" {
			break
		}
	}
	if len(names) != 3 {
		t.Errorf("paged groups are %v", names)
	}
	_, err := as.DescribeAutoScalingGroups(ctx, ec2api.Query{NextToken: "x"})
	st.refused(err, "InvalidNextToken")
	if st.c.DeleteGroup(here, region1, "web") == nil {
		t.Error("a group with instances was deleted")
	}
	st.ok(st.c.TerminateInstance(i.ID))
	st.ok(st.c.DeleteGroup(here, region1, "web"))
	if _, err := st.c.RunInstance(InstanceSpec{Subnet: st.subnet.ID, Group: "web"}); err == nil {
		t.Error("an instance joined a group that is not there")
	}
}
