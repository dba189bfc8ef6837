package mirror

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/plan"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/policy"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/trigger"
)

// Sweep looks at everything and makes it as the policy asks. The error tells of every place that could not be seen or dealt with whole;
// the report tells what was done all the same.
func (l *Loop) Sweep(ctx context.Context) (Report, error) {
	p, err := l.begin(ctx, KindSweep)
	if err != nil {
		return Report{Kind: KindSweep, At: l.o.Now().UTC()}, err
	}
	return p.run(ctx, everywhere(p.policy), plan.Make)
}

// Teardown removes everything that is ours, everywhere. It is asked for by a person, so no bound on deletions holds it.
func (l *Loop) Teardown(ctx context.Context) (Report, error) {
	p, err := l.begin(ctx, KindTeardown)
	if err != nil {
		return Report{Kind: KindTeardown, At: l.o.Now().UTC()}, err
	}
	return p.run(ctx, everywhere(p.policy), plan.Teardown)
}

func everywhere(p *policy.Policy) []*place {
	var list []*place
	for _, s := range sitesOf(p) {
		list = append(list, &place{site: s})
	}
	return list
}

// Handle looks at what events were about, at a cost that does not depend on how large the accounts are. A key that says no more than an
// account and region is a sweep of it. A place that another pass holds is in the report as skipped: its keys must come again.
func (l *Loop) Handle(ctx context.Context, keys []trigger.Key) (Report, error) {
	return l.handle(ctx, keys, cause{})
}

// cause is why a pass is made: of events the oldest's time, and what they were, for the audit log.
type cause struct {
	oldest time.Time
	events []string
}

// maxCauses is how many events an audit entry names.
const maxCauses = 8

func (l *Loop) handle(ctx context.Context, keys []trigger.Key, why cause) (Report, error) {
	if slices.Contains(keys, trigger.Key{Kind: trigger.Sweep}) {
		return l.Sweep(ctx)
	}
	p, err := l.begin(ctx, KindEvent)
	if err != nil {
		return Report{Kind: KindEvent, At: l.o.Now().UTC()}, err
	}
	p.cause = why
	some, whole := p.placesOf(keys)
	if len(some)+len(whole) == 0 {
		return p.report(), nil // the policy names none of it
	}
	if len(whole) == 0 {
		return p.run(ctx, some, plan.Make)
	}
	if len(some) == 0 {
		return p.run(ctx, whole, plan.Make)
	}
	first, err1 := p.run(ctx, some, plan.Make)
	second, err := l.begin(ctx, KindEvent)
	if err != nil {
		return first, errors.Join(err1, err)
	}
	second.cause = why
	r, err2 := second.run(ctx, whole, plan.Make)
	return joined(first, r), errors.Join(err1, err2)
}

// joined is the report of two passes, one about interfaces and one about places.
func joined(a, b Report) Report {
	a.Places = append(a.Places, b.Places...)
	a.Plan.Steps = append(a.Plan.Steps, b.Plan.Steps...)
	a.Plan.Held = append(a.Plan.Held, b.Plan.Held...)
	a.Plan.Coverage = append(a.Plan.Coverage, b.Plan.Coverage...)
	a.Plan.LeftOut = append(a.Plan.LeftOut, b.Plan.LeftOut...)
	a.Plan.Rogues = append(a.Plan.Rogues, b.Plan.Rogues...)
	a.Plan.Warnings = append(a.Plan.Warnings, b.Plan.Warnings...)
	return a
}

// placesOf sorts keys into places, those that are about interfaces and those that are about everything. What the policy does not name is
// nobody's business.
func (p *pass) placesOf(keys []trigger.Key) (some, whole []*place) {
	byPlace := map[string]*place{}
	sweeps := map[string]bool{}
	for _, k := range keys {
		s, known := siteAt(p.policy, k.Account, k.Region)
		if !known {
			continue
		}
		pl := byPlace[s.place()]
		if pl == nil {
			pl = &place{site: s, want: &keysOf{}}
			byPlace[s.place()] = pl
		}
		switch {
		case k.Kind == trigger.Interface:
			pl.want.interfaces = append(pl.want.interfaces, k.ID)
		case k.Kind == trigger.Instance:
			pl.want.instances = append(pl.want.instances, k.ID)
		default:
			sweeps[s.place()] = true
		}
	}
	for _, s := range sitesOf(p.policy) {
		pl := byPlace[s.place()]
		switch {
		case pl == nil:
		case sweeps[s.place()] || len(pl.want.interfaces)+len(pl.want.instances) > maxScope || !s.mirrors:
			pl.want = nil
			whole = append(whole, pl)
		default:
			some = append(some, pl)
		}
	}
	return some, whole
}

// maxScope is how many keys of one place are looked at by themselves: of more, one sweep of the place is cheaper.
const maxScope = 200

// Plan says what a pass would do, and what it saw, without a lease and without changing anything anywhere. Without keys it is about
// everything.
func (l *Loop) Plan(ctx context.Context, keys []trigger.Key) (plan.Plan, plan.World, error) {
	p, err := l.look(ctx, keys)
	if err != nil {
		return plan.Plan{}, plan.World{}, err
	}
	return plan.Make(p.world, *p.policy), p.world, errors.Join(p.errs...)
}

// look observes and no more.
func (l *Loop) look(ctx context.Context, keys []trigger.Key) (*pass, error) {
	p, err := l.begin(ctx, KindLook)
	if err != nil {
		return nil, err
	}
	list := everywhere(p.policy)
	if len(keys) > 0 {
		some, whole := p.placesOf(keys)
		if list = some; len(some) == 0 {
			list = whole
		}
	}
	p.enter(ctx, list)
	return p, p.observe(ctx)
}

// Explain says how one interface stands and why, with everything that was asked about it.
func (l *Loop) Explain(ctx context.Context, eni string) (plan.Explanation, error) {
	p, err := l.begin(ctx, KindLook)
	if err != nil {
		return plan.Explanation{}, err
	}
	var keys []trigger.Key
	for _, s := range sitesOf(p.policy) {
		if s.mirrors {
			keys = append(keys, trigger.Key{Account: s.account.ID, Region: s.region, Kind: trigger.Interface, ID: eni})
		}
	}
	if p, err = l.look(ctx, keys); err != nil {
		return plan.Explanation{}, err
	}
	e := plan.Explain(&p.world, p.policy, eni)
	if !e.Found {
		return e, errors.Join(append(p.errs, fmt.Errorf("explain %s: no account and region of the policy has this interface", eni))...)
	}
	return e, nil
}

// tornDown is how interfaces stand whose sessions were removed with everything else, be it by a teardown before of which the answer was
// lost. A session that was made a moment ago may only not be visible yet.
func (p *pass) tornDown() {
	deleted := p.deleted()
	for _, id := range slices.Sorted(maps.Keys(p.world.Before)) {
		c := p.world.Before[id]
		pl := p.placeOf(c.Account, c.Region)
		switch {
		case c.Session == "" || pl == nil:
			continue
		case deleted[c.Session]:
		case !pl.wholly() || pl.shows(c.Session) || p.at.Sub(c.Changed) < p.policy.Limits.Settle:
			continue
		}
		c.State, c.Reason, c.Fix, c.Session, c.VNI = events.CoverageExcluded, "torn down: everything of this deployment was removed", "", "", 0
		p.plan.Coverage = append(p.plan.Coverage, c)
	}
}
