// Package ec2fake is an imitation of the AWS that mirroring needs: EC2's traffic mirroring, describes and tags, load balancers, Auto
// Scaling groups and resource shares of several accounts and regions, in process and as strict as AWS is. What comes in is the calls of
// package ec2api, and what a test makes of the world (RunInstance, StopInstance, ForeignSession); what goes out is AWS's answers and
// error codes, and the events that AWS would send. It never sleeps, never reads a clock of its own and never changes anything by
// itself: the same seed, clock and calls give the same ids and the same faults.
//
// Where AWS's behaviour is not documented, the comment beside the rule says so.
package ec2fake

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// Options set up a Cloud.
type Options struct {
	Now      func() time.Time // the clock of everything: lag, tokens, buckets, events; required
	Seed     uint64           // of ids and of everything that happens at random
	Settings Settings         // may be changed later by Tune
	// Before is asked before each call; an error is what the caller gets, and the call does not take place.
	Before func(ctx context.Context, account, region, call string) error
	// After is asked after each call with its outcome; an error is what the caller gets, though the call took place.
	After func(ctx context.Context, account, region, call string, outcome error) error
}

// Cloud is the whole imitation. All its methods may be used by several goroutines.
//
// Maps and slices in what it gives are shared with it, so that a describe of ten thousand interfaces is cheap: nobody may write to
// them. Check finds out.
type Cloud struct {
	now func() time.Time

	mu        sync.Mutex
	hooks     hooks
	set       Settings
	names     *rand.Rand // ids
	luck      *rand.Rand // faults and lag
	regions   map[string]*region
	tokens    tokens
	shares    map[string]*share // by ARN
	invites   map[string]*invitation
	org       map[string]bool
	orgARN    string
	denied    map[string]bool // account + " " + call
	buckets   map[bucketKey]*bucket
	calls     map[string]map[string]int // by place, by call
	total     int
	types     map[string]ec2api.InstanceType // made when first asked
	tagged    map[string]int                 // version of an object's tags
	tasks     map[string]task
	touched   []touch
	ended     []ending // oldest first
	broken    []string
	listeners []func(account, region string, event json.RawMessage)
	outbox    []outgoing
}

type hooks struct {
	before func(ctx context.Context, account, region, call string) error
	after  func(ctx context.Context, account, region, call string, outcome error) error
}

// region is what there is in one region, of every account.
type region struct {
	name       string
	vpcs       *table[ec2api.Vpc]
	subnets    *table[ec2api.Subnet]
	interfaces *table[ec2api.NetworkInterface]
	instances  *table[ec2api.Instance]
	sessions   *table[ec2api.TrafficMirrorSession]
	targets    *table[ec2api.TrafficMirrorTarget]
	filters    *table[ec2api.TrafficMirrorFilter]
	groups     *table[ec2api.AutoScalingGroup]

	rules     map[string]string          // filter by rule
	facts     map[string]facts           // of interfaces, what AWS does not tell
	guests    map[string]map[string]bool // accounts that a subnet, and so its VPC, is shared with
	endpoints map[string]string          // owner by Gateway Load Balancer endpoint
	balancers map[string]*balancer       // by ARN
	pools     map[string]*pool           // target groups by ARN
	hosts     map[string]uint32          // addresses given out by subnet
	second    map[string]string          // CIDR of IPv6 beside a subnet's own
}

// facts are what only AWS knows of an interface.
type facts struct {
	hardware string // instance type below a service's interface; "": one that can be mirrored
	keep     bool   // outlives its instance
}

// New makes an empty cloud.
func New(o Options) *Cloud {
	if o.Now == nil {
		panic("ec2fake: Options.Now is required")
	}
	c := &Cloud{
		now: o.Now, set: o.Settings.withDefaults(), hooks: hooks{o.Before, o.After},
		names: rand.New(rand.NewPCG(o.Seed, 1)), luck: rand.New(rand.NewPCG(o.Seed, 2)),
		regions: map[string]*region{}, tokens: tokens{made: map[tokenKey]madeBy{}},
		shares: map[string]*share{}, invites: map[string]*invitation{}, org: map[string]bool{},
		denied: map[string]bool{}, buckets: map[bucketKey]*bucket{}, calls: map[string]map[string]int{}, tagged: map[string]int{},
		tasks: map[string]task{},
	}
	return c
}

// Account gives one account and region to ask, as an administrator of it.
func (c *Cloud) Account(id, regionName string) ec2api.Account {
	return c.AccountAs(id, regionName, "arn:aws:sts::"+id+":assumed-role/admin/ec2fake")
}

// AccountAs is Account with the ARN of who asks, which stands in CloudTrail's userIdentity.
func (c *Cloud) AccountAs(id, regionName, caller string) ec2api.Account {
	c.mu.Lock()
	defer c.mu.Unlock()
	h := &handle{c: c, account: id, region: c.regionOf(regionName), caller: caller}
	return ec2api.Account{ID: id, Region: regionName, EC2: h, LoadBalancing: h, AutoScaling: h, Sharing: h}
}

// handle is one caller in one account and region.
type handle struct {
	c       *Cloud
	account string
	region  *region
	caller  string
}

func (c *Cloud) regionOf(name string) *region {
	if r := c.regions[name]; r != nil {
		return r
	}
	r := &region{
		name: name, rules: map[string]string{}, facts: map[string]facts{}, guests: map[string]map[string]bool{},
		endpoints: map[string]string{}, balancers: map[string]*balancer{}, pools: map[string]*pool{}, hosts: map[string]uint32{}, second: map[string]string{},
	}
	r.vpcs = newTable(func(owner string, v *ec2api.Vpc, keys []key) []key { return r.guestKeys(owner, v.ID, keys) })
	r.subnets = newTable(func(owner string, v *ec2api.Subnet, keys []key) []key { return r.guestKeys(owner, v.ID, keys) })
	r.interfaces = newTable(r.interfaceKeys)
	r.instances = newTable(func(owner string, _ *ec2api.Instance, keys []key) []key { return append(keys, key{seenBy, owner}) })
	r.sessions = newTable(r.sessionKeys)
	r.targets = newTable(targetKeys)
	r.filters = newTable(func(owner string, _ *ec2api.TrafficMirrorFilter, keys []key) []key {
		return append(keys, key{seenBy, owner})
	})
	r.groups = newTable(func(owner string, _ *ec2api.AutoScalingGroup, keys []key) []key {
		return append(keys, key{seenBy, owner})
	})
	c.regions[name] = r
	return r
}

// Hooks replaces Options.Before and Options.After; nil is none.
func (c *Cloud) Hooks(before func(ctx context.Context, account, region, call string) error,
	after func(ctx context.Context, account, region, call string, outcome error) error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.hooks = hooks{before, after}
}

// Calls gives how often each call was made, by "account/region", then by call. Calls that were refused or failed count too.
func (c *Cloud) Calls() map[string]map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := make(map[string]map[string]int, len(c.calls))
	for place, calls := range c.calls {
		out[place] = make(map[string]int, len(calls))
		for call, n := range calls {
			out[place][call] = n
		}
	}
	return out
}

// Total gives how many calls were made.
func (c *Cloud) Total() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.total
}

// Listen has every event told to tell, as EventBridge would give it, by the goroutine of the call that caused it and before that call
// returns. It may ask the cloud; where several goroutines call, it is called by several.
func (c *Cloud) Listen(tell func(account, region string, event json.RawMessage)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.listeners = append(c.listeners, tell)
}
