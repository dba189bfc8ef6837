package mirrorsim

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/policy"
	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
	"github.com/mirrorwatch/mirrorwatch/shared/store/memory"
	"github.com/mirrorwatch/mirrorwatch/test/ec2fake"
)

// Estate is a large organization that holds still: interfaces in 20 VPCs of three accounts, all of which want to be mirrored, and a loop
// whose calls are paced on a clock that waiting moves.
type Estate struct {
	Cloud   *ec2fake.Cloud
	Store   *store.Store
	Loop    *mirror.Loop
	Policy  policy.Policy
	clock   *clock
	subnets []string
}

// NewEstate makes one with so many interfaces, an instance each.
func NewEstate(interfaces int) (*Estate, error) {
	e := &Estate{clock: &clock{now: time.Date(2126, 11, 25, 0, 0, 0, 0, time.UTC)}}
	e.Cloud = ec2fake.New(ec2fake.Options{Now: e.clock.Now, Seed: 1})
	e.Store = memory.New(memory.Options{Now: e.clock.Now})
	e.Cloud.Organize(accounts()...)
	for i := range 20 {
		vpc, err := e.Cloud.MakeVpc(accounts()[i%3], region, []string{fmt.Sprintf("10.%d.0.0/16", i)}, map[string]string{"mirrorwatch": "on"})
		if err != nil {
			return nil, err
		}
		subnet, err := e.Cloud.MakeSubnet(ec2fake.SubnetSpec{VPC: vpc.ID, CIDR: fmt.Sprintf("10.%d.0.0/17", i)})
		if err != nil {
			return nil, err
		}
		e.subnets = append(e.subnets, subnet.ID)
	}
	for i := range interfaces {
		if _, err := e.Launch(i); err != nil {
			return nil, err
		}
	}
	lb, err := e.Cloud.MakeBalancer(ec2fake.BalancerSpec{Account: fleet, Region: region, Name: "sensors", Subnets: e.subnets[:1]})
	if err != nil {
		return nil, err
	}
	if e.Policy, err = estatePolicy(lb); err != nil {
		return nil, err
	}
	e.clock.set(e.clock.Now().Add(time.Hour))
	e.Loop, err = mirror.New(mirror.Options{
		Policy: func(context.Context) (policy.Policy, error) { return e.Policy, nil }, Open: e.open, Store: e.Store,
		Now: e.clock.Now, Sleep: e.sleep, Holder: "estate", Workers: 1,
	})
	return e, err
}

func estatePolicy(lb ec2fake.Fleet) (policy.Policy, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "version: 1\ndeployment: %s\naccounts:\n", deployment)
	for _, a := range accounts() {
		fmt.Fprintf(&b, "  - {id: %q, role: \"arn:aws:iam::%s:role/mirrorwatch\", regions: [%s]}\n", a, a, region)
	}
	fmt.Fprintf(&b, "fleet:\n  account: %q\n  role: arn:aws:iam::%s:role/mirrorwatch\n  targets:\n    - {region: %s, load_balancer: %q, target_group: %q}\n",
		fleet, fleet, region, lb.Balancer.ARN, lb.TargetGroup.ARN)
	return policy.Parse("estate.yaml", []byte(b.String()))
}

func (e *Estate) sleep(ctx context.Context, d time.Duration) error {
	e.clock.set(e.clock.Now().Add(d))
	return ctx.Err()
}

func (e *Estate) open(_ context.Context, a policy.Account, r string) (ec2api.Account, error) {
	// Places come one after the other here, and a lease of one that waits is renewed on the machine's clock only: so all must be done
	// within a lease's minute of the clock that waiting moves.
	fast := ec2api.Rate{PerSecond: 1000}
	return ec2api.Pace(e.Cloud.Account(a.ID, r), ec2api.PaceOptions{Reads: fast, Writes: fast, Now: e.clock.Now, Sleep: e.sleep}), nil
}

// Launch runs an instance in the nth VPC.
func (e *Estate) Launch(n int) (ec2api.Instance, error) {
	return e.Cloud.RunInstance(ec2fake.InstanceSpec{Subnet: e.subnets[n%len(e.subnets)], Type: "m5.large", Tags: map[string]string{"Name": fmt.Sprintf("host-%d", n)}})
}

// Wait lets time pass.
func (e *Estate) Wait(d time.Duration) { e.clock.set(e.clock.Now().Add(d)) }

// Calls counts the calls by name that were made during do, of all accounts.
func (e *Estate) Calls(do func()) map[string]int {
	before, diff := e.Cloud.Calls(), map[string]int{}
	do()
	for place, calls := range e.Cloud.Calls() {
		for call, n := range calls {
			if n -= before[place][call]; n > 0 {
				diff[call] += n
			}
		}
	}
	return diff
}

// Split sums counts of calls: those that look, and those that change.
func Split(calls map[string]int) (looks, changed int) {
	for call, n := range calls {
		if changes(call) {
			changed += n
		} else {
			looks += n
		}
	}
	return looks, changed
}
