package ec2fake

import (
	"context"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

const (
	here    = "111111111111"
	there   = "222222222222"
	other   = "333333333333"
	region1 = "eu-central-1"
)

// stage is a small world to test in: one VPC with a subnet, a load balancer as target, and a filter.
type stage struct {
	t      *testing.T
	c      *Cloud
	now    time.Time
	ec2    ec2api.EC2
	acc    ec2api.Account
	vpc    ec2api.Vpc
	subnet ec2api.Subnet
	fleet  Fleet
	target ec2api.TrafficMirrorTarget
	filter ec2api.TrafficMirrorFilter
}

// newStage builds a stage on which no rule may be broken.
func newStage(t *testing.T, s Settings) *stage {
	t.Helper()
	st := build(t, s)
	t.Cleanup(func() {
		if err := st.c.Check(); err != nil {
			t.Error(err)
		}
	})
	return st
}

func build(t *testing.T, s Settings) *stage {
	t.Helper()
	st := &stage{t: t, now: time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)}
	st.c = New(Options{Now: func() time.Time { return st.now }, Seed: 7})
	st.acc = st.c.Account(here, region1)
	st.ec2 = st.acc.EC2
	st.vpc = must(st.c.MakeVpc(here, region1, []string{"10.0.0.0/16"}, nil))(t)
	st.subnet = must(st.c.MakeSubnet(SubnetSpec{VPC: st.vpc.ID, CIDR: "10.0.0.0/18"}))(t)
	st.fleet = must(st.c.MakeBalancer(BalancerSpec{Account: here, Region: region1, Name: "fleet", Subnets: []string{st.subnet.ID}}))(t)
	ctx := context.Background()
	st.target = must(st.ec2.CreateTrafficMirrorTarget(ctx, ec2api.CreateTrafficMirrorTarget{NetworkLoadBalancer: st.fleet.Balancer.ARN}))(t)
	st.filter = must(st.ec2.CreateTrafficMirrorFilter(ctx, ec2api.CreateTrafficMirrorFilter{Description: "all"}))(t)
	st.c.Tune(func(set *Settings) { *set = s })
	return st
}

// must gives a value, or ends the test.
func must[T any](v T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func (st *stage) ok(err error) {
	st.t.Helper()
	if err != nil {
		st.t.Fatal(err)
	}
}

// refused holds that an error has a code.
func (st *stage) refused(err error, code string) {
	st.t.Helper()
	if ec2api.CodeOf(err) != code {
		st.t.Fatalf("got %v, want %s", err, code)
	}
}

func (st *stage) instance(in InstanceSpec) ec2api.Instance {
	st.t.Helper()
	if in.Subnet == "" {
		in.Subnet = st.subnet.ID
	}
	return must(st.c.RunInstance(in))(st.t)
}

// eni runs an instance and gives its interface.
func (st *stage) eni() string { st.t.Helper(); return st.instance(InstanceSpec{}).Interfaces[0] }

func (st *stage) ask(eni string, n int32) ec2api.CreateTrafficMirrorSession {
	return ec2api.CreateTrafficMirrorSession{NetworkInterface: eni, Target: st.target.ID, Filter: st.filter.ID, SessionNumber: n}
}

func (st *stage) session(eni string, n int32) ec2api.TrafficMirrorSession {
	st.t.Helper()
	return must(st.ec2.CreateTrafficMirrorSession(context.Background(), st.ask(eni, n)))(st.t)
}

func (st *stage) sessions(q ec2api.Query) []ec2api.TrafficMirrorSession {
	st.t.Helper()
	return must(st.ec2.DescribeTrafficMirrorSessions(context.Background(), q))(st.t).Items
}
