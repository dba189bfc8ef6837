// Package mirror keeps mirror sessions as a policy asks. What comes in is keys (what an event was about) or nothing but the time (a
// sweep); what goes out is calls that make AWS as the plan wants it, the state of coverage of every interface in the store, an audit
// entry a change, and a Report. Each pass observes, plans, applies and remembers, and holds the lease of every account and region that
// it acts on. It never decides what should be (package plan does), never trusts its own memory over what AWS says, and never touches
// what the plan does not name: a pass that dies at any point leaves nothing that the next one does not mend.
package mirror

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/plan"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/policy"
	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
	"github.com/mirrorwatch/mirrorwatch/shared/inventory"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// Options set up a Loop.
type Options struct {
	// Policy gives the policy that holds now. A pass without one changes nothing.
	Policy func(ctx context.Context) (policy.Policy, error)
	// Open gives the way into an account and region, paced already. It is asked once for as long as the account's entry stays the same;
	// the fleet's account is given as an account with the fleet's role.
	Open func(ctx context.Context, account policy.Account, region string) (ec2api.Account, error)
	// Store keeps bindings, coverage, leases, verdicts, usage, detections and the audit log.
	Store *store.Store
	Now   func() time.Time
	// Sleep waits between tries of a write that somebody else was faster with, and for a lease.
	Sleep    func(ctx context.Context, d time.Duration) error
	Holder   string         // who this is, in leases: for people
	Log      *slog.Logger   // nil: silent
	Observe  func(Metrics)  // told of every pass; nil: nobody is
	Further  func(Progress) // told whenever a pass has come further, one call at a time; nil: nobody is
	Counts   *ec2api.Counts // that Open's calls are counted in, for how often AWS throttled; nil: nobody knows
	Patience time.Duration  // how long an event waits for the lease of a place that another pass holds; 0: not at all
	Workers  int            // accounts and regions looked at in parallel; 0: 8; 1: nothing at all goes on in parallel
}

const defaultWorkers = 8

// Loop makes passes. It may be used from several goroutines: the leases keep passes apart.
type Loop struct {
	o       Options
	lookFor time.Duration // that one place may be looked at
	beat    time.Duration // of the wall clock, at which a lease's background wakes

	mu     sync.Mutex
	opened map[string]ec2api.Account
	types  map[string]seenType // what AWS said of instance types, for a day
	memory recollection

	inventory inventory.Memory // what was last written of who holds what
}

// New makes a loop.
func New(o Options) (*Loop, error) {
	switch {
	case o.Policy == nil, o.Open == nil, o.Now == nil, o.Sleep == nil:
		return nil, errors.New("make mirror loop: Policy, Open, Now and Sleep must be given")
	case o.Store == nil || o.Store.Mirror == nil || o.Store.Documents == nil || o.Store.Audit == nil || o.Store.Detections == nil:
		return nil, errors.New("make mirror loop: the store must keep Mirror, Documents, Detections and Audit")
	case strings.TrimSpace(o.Holder) == "":
		return nil, errors.New("make mirror loop: Holder is empty: leases must say who holds them")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Observe == nil {
		o.Observe = func(Metrics) {}
	}
	if o.Further == nil {
		o.Further = func(Progress) {}
	}
	if o.Workers <= 0 {
		o.Workers = defaultWorkers
	}
	return &Loop{o: o, lookFor: lookFor, beat: beat, opened: map[string]ec2api.Account{}, types: map[string]seenType{}, memory: recollection{before: map[string]remembered{}}}, nil
}

// site is an account and region that a policy names.
type site struct {
	account policy.Account
	region  string
	mirrors bool // its interfaces are to be mirrored
	fleet   bool // targets and load balancers are kept there
}

func (s site) place() string { return plan.Place(s.account.ID, s.region) }

// sitesOf lists every account and region of a policy in its order, the fleet's first: others wait for what is made there.
func sitesOf(p *policy.Policy) []site {
	var list []site
	at := map[string]int{}
	add := func(s site) {
		i, known := at[s.place()]
		if !known {
			at[s.place()] = len(list)
			list = append(list, s)
			return
		}
		if s.mirrors {
			list[i].account = s.account // the entry of the account itself says more than the fleet's
		}
		list[i].mirrors, list[i].fleet = list[i].mirrors || s.mirrors, list[i].fleet || s.fleet
	}
	for _, t := range p.Fleet.Targets {
		if t.ID == "" { // of somebody else's target nothing is kept, and nothing is shared
			add(site{account: policy.Account{ID: p.Fleet.Account, Role: p.Fleet.Role, Name: "fleet"}, region: t.Region, fleet: true})
		}
	}
	for _, a := range p.Accounts {
		for _, region := range a.Regions {
			add(site{account: a, region: region, mirrors: true})
		}
	}
	return list
}

// siteAt gives the site of a place.
func siteAt(p *policy.Policy, account, region string) (site, bool) {
	for _, s := range sitesOf(p) {
		if s.account.ID == account && s.region == region {
			return s, true
		}
	}
	return site{}, false
}

// open gives the way into a site. It is kept, so that what paces the calls goes on from pass to pass.
func (l *Loop) open(ctx context.Context, s site) (ec2api.Account, error) {
	key := fmt.Sprintf("%s %s %v", s.place(), s.account.Role, s.account.Calls)
	l.mu.Lock()
	have, known := l.opened[key]
	l.mu.Unlock()
	if known {
		return have, nil
	}
	made, err := l.o.Open(ctx, s.account, s.region)
	if err != nil {
		return made, fmt.Errorf("open account %s: %w", s.place(), err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.opened[key] = made
	return made, nil
}

// policy reads the policy, and says so where there is none: without one nothing is known to be wanted, so nothing may be done.
func (l *Loop) policy(ctx context.Context) (*policy.Policy, error) {
	p, err := l.o.Policy(ctx)
	if err != nil {
		return nil, fmt.Errorf("read mirror policy: %w", err)
	}
	return &p, nil
}
