package mirror

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/plan"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/policy"
	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
	"github.com/mirrorwatch/mirrorwatch/shared/store/memory"
	"github.com/mirrorwatch/mirrorwatch/shared/store/sqlite"
	"github.com/mirrorwatch/mirrorwatch/test/ec2fake"
)

const (
	region     = "eu-central-1"
	fleetID    = "777788889999"
	firstID    = "111122223333"
	secondID   = "444455556666"
	deployment = "main"
)

// clock is a time that tests move. Sleeping moves it, too.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func (c *clock) Sleep(ctx context.Context, d time.Duration) error {
	c.Move(d)
	return ctx.Err()
}

// house is a cloud, a store and a policy that a loop keeps together.
type house struct {
	t       testing.TB
	clock   *clock
	cloud   *ec2fake.Cloud
	store   *store.Store
	policy  policy.Policy
	subnets map[string]string // by account
	fleet   ec2fake.Fleet
	newest  ec2api.Instance
	metrics []Metrics
}

// build makes a house with instances that are to be mirrored in the first account; more accounts get as many.
func build(t testing.TB, instances int, more string, accounts ...string) *house {
	t.Helper()
	// The context's deadline is of the wall clock, so the clock of tests is ahead of it.
	h := &house{t: t, clock: &clock{now: time.Date(2126, 11, 25, 12, 0, 0, 0, time.UTC)}, subnets: map[string]string{}}
	h.cloud = ec2fake.New(ec2fake.Options{Now: h.clock.Now, Seed: 1})
	h.store = memory.New(memory.Options{Now: h.clock.Now})
	accounts = append([]string{firstID}, accounts...)
	h.cloud.Organize(append(accounts, fleetID)...)
	for _, a := range append(accounts, fleetID) {
		h.subnets[a] = h.network(a)
	}
	var err error
	h.fleet, err = h.cloud.MakeBalancer(ec2fake.BalancerSpec{Account: fleetID, Region: region, Name: "sensors", Subnets: []string{h.subnets[fleetID]}})
	h.ok(err)
	for _, a := range accounts {
		for range instances {
			h.instance(a, map[string]string{"mirrorwatch": "on"})
		}
	}
	h.clock.Move(time.Hour)
	h.write(accounts, more)
	return h
}

func (h *house) ok(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) network(account string) string {
	vpc, err := h.cloud.MakeVpc(account, region, []string{"10.0.0.0/16"}, nil)
	h.ok(err)
	subnet, err := h.cloud.MakeSubnet(ec2fake.SubnetSpec{VPC: vpc.ID, CIDR: "10.0.0.0/20"})
	h.ok(err)
	return subnet.ID
}

func (h *house) instance(account string, tags map[string]string) ec2api.Instance {
	h.t.Helper()
	i, err := h.cloud.RunInstance(ec2fake.InstanceSpec{Subnet: h.subnets[account], Type: "m5.large", Tags: tags})
	h.ok(err)
	return i
}

// write makes the policy of the house.
func (h *house) write(accounts []string, more string) {
	h.t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "version: 1\ndeployment: %s\naccounts:\n", deployment)
	for _, a := range accounts {
		fmt.Fprintf(&b, "  - {id: %q, role: \"arn:aws:iam::%s:role/mirrorwatch\", regions: [%s]}\n", a, a, region)
	}
	fmt.Fprintf(&b, "fleet:\n  account: %q\n  role: arn:aws:iam::%s:role/mirrorwatch\n  targets:\n    - {region: %s, load_balancer: %q, target_group: %q}\n%s\n",
		fleetID, fleetID, region, h.fleet.Balancer.ARN, h.fleet.TargetGroup.ARN, more)
	p, err := policy.Parse("test.yaml", []byte(b.String()))
	h.ok(err)
	h.policy = p
}

// onDisk gives the house the store of a single box.
func (h *house) onDisk() {
	h.t.Helper()
	s, err := sqlite.Open(context.Background(), sqlite.Options{Folder: h.t.TempDir(), Now: h.clock.Now})
	h.ok(err)
	h.t.Cleanup(func() { _ = s.Close() })
	h.store = s
}

// options are those of a loop in the house.
func (h *house) options(holder string) Options {
	return Options{
		Policy: func(context.Context) (policy.Policy, error) { return h.policy, nil },
		Open: func(_ context.Context, a policy.Account, region string) (ec2api.Account, error) {
			return h.cloud.AccountAs(a.ID, region, "arn:aws:sts::"+a.ID+":assumed-role/mirrorwatch/"+holder), nil
		},
		Store: h.store, Now: h.clock.Now, Sleep: h.clock.Sleep, Holder: holder, Observe: func(m Metrics) { h.metrics = append(h.metrics, m) },
	}
}

func (h *house) loop(change ...func(*Options)) *Loop {
	h.t.Helper()
	o := h.options("test")
	for _, c := range change {
		c(&o)
	}
	l, err := New(o)
	h.ok(err)
	return l
}

// sweep makes a pass that must succeed.
func (h *house) sweep(l *Loop) Report {
	h.t.Helper()
	r, err := l.Sweep(context.Background())
	h.ok(err)
	return r
}

// calls counts the calls during do, by name, of everybody.
func (h *house) calls(do func()) map[string]int {
	before := h.cloud.Calls()
	do()
	diff := map[string]int{}
	for place, byCall := range h.cloud.Calls() {
		for call, n := range byCall {
			if d := n - before[place][call]; d > 0 {
				diff[call] += d
			}
		}
	}
	return diff
}

func changes(calls map[string]int) (n int) {
	for call, times := range calls {
		if !strings.HasPrefix(call, "Describe") && !strings.HasPrefix(call, "Get") {
			n += times
		}
	}
	return n
}

func total(calls map[string]int) (n int) {
	for _, times := range calls {
		n += times
	}
	return n
}

// sessions are those of ours that AWS has.
func (h *house) sessions(account string) []ec2api.TrafficMirrorSession {
	h.t.Helper()
	list, err := ec2api.All(context.Background(), h.cloud.Account(account, region).EC2.DescribeTrafficMirrorSessions, ec2api.Query{})
	h.ok(err)
	return slices.DeleteFunc(list, func(s ec2api.TrafficMirrorSession) bool {
		return s.Owner != account || s.Tags[plan.TagDeployment] != deployment
	})
}

// whole says that every account has one session an interface that is wanted, that no VNI is twice, that each is bound to its interface,
// and that nothing else is bound.
func (h *house) whole(want map[string]int) {
	h.t.Helper()
	vnis, ifaces := map[uint32]string{}, map[string]string{}
	for account, n := range want {
		list := h.sessions(account)
		if len(list) != n {
			h.t.Errorf("account %s has %d sessions, want %d", account, len(list), n)
		}
		for _, s := range list {
			if other := vnis[s.VirtualNetworkID]; other != "" {
				h.t.Errorf("VNI %d of %s is that of %s, too", s.VirtualNetworkID, s.ID, other)
			}
			if other := ifaces[s.NetworkInterface]; other != "" {
				h.t.Errorf("%s and %s are both of %s", s.ID, other, s.NetworkInterface)
			}
			vnis[s.VirtualNetworkID], ifaces[s.NetworkInterface] = s.ID, s.ID
			b, err := h.store.Mirror.BoundAt(context.Background(), s.VirtualNetworkID, h.clock.Now())
			if err != nil || b.Interface != s.NetworkInterface {
				h.t.Errorf("VNI %d of %s is bound to %q (%v)", s.VirtualNetworkID, s.NetworkInterface, b.Interface, err)
			}
		}
	}
	bound, err := h.store.Mirror.Bound(context.Background(), store.ListQuery{})
	h.ok(err)
	if len(bound.Items) != len(vnis) {
		h.t.Errorf("%d VNIs are bound for %d sessions", len(bound.Items), len(vnis))
	}
	h.ok(h.cloud.Check())
}

// coverage is what is stored, by interface.
func (h *house) coverage() map[string]events.Coverage {
	h.t.Helper()
	p, err := h.store.Mirror.Coverage(context.Background(), store.CoverageQuery{})
	h.ok(err)
	m := map[string]events.Coverage{}
	for _, c := range p.Items {
		m[c.Interface] = c
	}
	return m
}

func states(m map[string]events.Coverage) map[events.CoverageState]int {
	n := map[events.CoverageState]int{}
	for c := range maps.Values(m) {
		n[c.State]++
	}
	return n
}

var errDead = errors.New("the process is dead")

var (
	trends      = store.CoverageTrends
	auditAll    = store.AuditQuery{}
	everyPage   = ec2api.Query{}
	fakeForeign = ec2fake.ForeignSpec{}
)

type (
	fakeSettings  = ec2fake.Settings
	policyAccount = policy.Account
	policyType    = policy.Policy
)
