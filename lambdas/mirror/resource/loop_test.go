package resource

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/cfn"

	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/policy"
	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
	"github.com/mirrorwatch/mirrorwatch/shared/store/memory"
	"github.com/mirrorwatch/mirrorwatch/test/ec2fake"
)

// house is a world in which the loop is the real one, before an imitation of EC2 with two accounts and something to mirror in both.
type house struct {
	*world
	cloud *ec2fake.Cloud
	loop  *mirror.Loop
}

func (w *world) ok(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func furnish(t *testing.T) *house {
	t.Helper()
	h := &house{world: build(t)}
	clock := h.now
	h.cloud = ec2fake.New(ec2fake.Options{Now: clock, Seed: 1})
	h.cloud.Organize(account, second)
	var fleet ec2fake.Fleet
	for _, id := range []string{account, second} {
		vpc, err := h.cloud.MakeVpc(id, region, []string{"10.0.0.0/16"}, nil)
		h.ok(err)
		subnet, err := h.cloud.MakeSubnet(ec2fake.SubnetSpec{VPC: vpc.ID, CIDR: "10.0.0.0/20"})
		h.ok(err)
		for range 5 {
			_, err := h.cloud.RunInstance(ec2fake.InstanceSpec{Subnet: subnet.ID, Type: "m5.large", Tags: map[string]string{"mirrorwatch": "on"}})
			h.ok(err)
		}
		if id == account {
			fleet, err = h.cloud.MakeBalancer(ec2fake.BalancerSpec{Account: account, Region: region, Name: "sensors", Subnets: []string{subnet.ID}})
			h.ok(err)
		}
	}
	h.rest(time.Hour)
	var err error
	h.policy, err = policy.Parse("test.yaml", fmt.Appendf(nil, `version: 1
deployment: main
accounts:
  - {id: %q, regions: [%s]}
  - {id: %q, role: "arn:aws:iam::%s:role/mirrorwatch", regions: [%s]}
fleet:
  account: %q
  targets: [{region: %s, load_balancer: %q}]
`, account, region, second, second, region, account, region, fleet.Balancer.ARN))
	h.ok(err)
	h.loop, err = mirror.New(mirror.Options{
		Policy: func(context.Context) (policy.Policy, error) { return h.policy, nil },
		Open: func(_ context.Context, a policy.Account, region string) (ec2api.Account, error) {
			return h.cloud.AccountAs(a.ID, region, "arn:aws:sts::"+a.ID+":assumed-role/mirrorwatch/test"), nil
		},
		Store: memory.New(memory.Options{Now: clock}), Now: clock, Sleep: h.h.o.Sleep, Holder: "test",
	})
	h.ok(err)
	h.pass = func(ctx context.Context, _ int) (mirror.Report, error) { return h.loop.Teardown(ctx) }
	_, err = h.loop.Sweep(t.Context())
	h.ok(err)
	h.rest(5 * time.Minute)
	if n := h.sessions(); n != 10 {
		t.Fatalf("%d sessions", n)
	}
	return h
}

// sessions counts those of ours.
func (h *house) sessions() (n int) {
	for _, s := range h.cloud.Sessions(region) {
		if h.policy.Owned(s.Tags) {
			n++
		}
	}
	return n
}

// again deletes once more, as a person does who has mended what the answer said.
func (h *house) again() cfn.Response {
	h.t.Helper()
	h.answers, h.calls = nil, nil
	return h.whole(h.event(cfn.RequestDelete))
}

// ended checks that nothing is left and that AWS's rules were kept.
func (h *house) ended(a cfn.Response) {
	h.t.Helper()
	h.says(a, cfn.StatusSuccess, "nothing of deployment main is left in 2 accounts and regions")
	list, err := ec2api.All(h.t.Context(), h.cloud.Account(account, region).EC2.DescribeTrafficMirrorTargets, ec2api.Query{})
	h.ok(err)
	for _, x := range list {
		if h.policy.Owned(x.Tags) {
			h.t.Errorf("target %s is left", x.ID)
		}
	}
	if n := h.sessions(); n > 0 {
		h.t.Errorf("%d sessions are left", n)
	}
	h.ok(h.cloud.Check())
}

// TestSessionsOfOthers on our target keep it: ours are gone, and the answer names theirs.
func TestSessionsOfOthers(t *testing.T) {
	h := furnish(t)
	var mine ec2api.TrafficMirrorSession
	for _, s := range h.cloud.Sessions(region) {
		if s.Owner == second {
			mine = s
		}
	}
	theirs, err := h.cloud.ForeignSession(mine.NetworkInterface, ec2fake.ForeignSpec{Target: mine.Target})
	h.ok(err)
	h.says(h.whole(h.event(cfn.RequestDelete)), cfn.StatusFailed, mine.Target, theirs.ID, second)
	if n := h.sessions(); n > 0 {
		t.Errorf("%d sessions of ours are left", n)
	}
	h.ok(h.cloud.DropSession(theirs.ID))
	h.ended(h.again())
}

// TestAccountThatIsNotSeen keeps what its sessions may stand on; all else is gone.
func TestAccountThatIsNotSeen(t *testing.T) {
	h := furnish(t)
	h.cloud.Deny(second, "DescribeTrafficMirrorSessions")
	h.says(h.whole(h.event(cfn.RequestDelete)), cfn.StatusFailed, second+"/"+region+" was not seen whole: DescribeTrafficMirrorSessions", "delete target tmt-")
	if n := h.sessions(); n != 5 {
		t.Errorf("%d sessions are left, want the five that nobody saw", n)
	}
	h.cloud.Allow(second, "DescribeTrafficMirrorSessions")
	h.ended(h.again())
}

// TestSlow is a world of which AWS shows everything late: it is still clean in the end.
func TestSlow(t *testing.T) {
	h := furnish(t)
	h.cloud.Tune(func(s *ec2fake.Settings) { s.Lag = 20 * time.Second })
	h.limit = 0
	n := 0
	h.pass = func(ctx context.Context, _ int) (mirror.Report, error) {
		if n++; n == 4 { // a pass of which nobody knew; EC2 takes the same request for the same target for a quarter of an hour
			h.rest(20 * time.Minute)
			_, err := h.loop.Sweep(t.Context())
			h.ok(err)
			if h.sessions() == 0 {
				t.Error("the pass made nothing, so nothing is tried here")
			}
		}
		return h.loop.Teardown(ctx)
	}
	h.ended(h.whole(h.event(cfn.RequestDelete)))
}
