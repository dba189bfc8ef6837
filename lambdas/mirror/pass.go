package mirror

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/plan"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/policy"
	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// Kinds of passes.
const (
	KindSweep    = store.MirrorSweep
	KindEvent    = "event"
	KindTeardown = store.MirrorTeardown
	KindLook     = store.MirrorLook // without lease, and without writes but for its plan where somebody wants that kept
)

// spare is how much of the caller's time is left for remembering: a step that would begin later is left to the next pass.
const spare = 10 * time.Second

// askAgain is how often an event asks for a lease that another pass holds.
const askAgain = 2 * time.Second

// pass is one way through observe, plan, apply and remember.
type pass struct {
	l      *Loop
	kind   string
	policy *policy.Policy
	at     time.Time
	cause  cause
	by     string    // who asked for the look
	stop   time.Time // no step begins after it; zero: whenever
	places []*place
	index  map[string]*place // those that are looked at, by plan.Place
	world  plan.World
	plan   plan.Plan
	book   *book
	calls  tally
	made   made

	stray []string // interfaces with coverage of places that the policy does not name any more

	throttledBefore int

	mu     sync.Mutex
	far    Progress
	errs   []error
	reason map[string]verdictOf // what became of an interface's step, where that changes its coverage
}

// place is an account and region in a pass.
type place struct {
	site
	api      ec2api.Account
	lease    *lease // nil: nothing may be changed
	ctx      context.Context
	want     *keysOf // what a scoped pass is about; nil: everything
	seen     plan.Account
	took     time.Duration
	skipped  string // why nobody looked
	outcomes []Outcome
	halted   map[plan.Action]halt // actions that make no sense here any more in this pass
	denials  map[plan.Action]int
	creates  int   // sessions that the plan makes here
	granted  int   // of those, how many the budget has room for
	asked    bool  // whether it was asked
	used     int   // of what was granted
	unshown  int   // sessions that were made moments ago, and that AWS does not show yet
	short    error // why it is no more
}

// keysOf is what a scoped pass looks at in one place.
type keysOf struct{ interfaces, instances []string }

func (l *Loop) begin(ctx context.Context, kind string) (*pass, error) {
	pol, err := l.policy(ctx)
	if err != nil {
		return nil, err
	}
	p := &pass{l: l, kind: kind, policy: pol, at: l.o.Now().UTC(), reason: map[string]verdictOf{}}
	p.index = map[string]*place{}
	p.made.ids, p.made.failed = map[string]string{}, map[string]string{}
	if l.o.Counts != nil {
		p.throttledBefore = l.o.Counts.Total().Throttled
	}
	if deadline, ok := ctx.Deadline(); ok {
		p.stop = deadline.Add(-spare)
	}
	return p, nil
}

// enter takes the leases of the places, as far as they are free. A place that is not is in the report, and nothing else happens to it.
func (p *pass) enter(ctx context.Context, list []*place) {
	for _, pl := range list {
		pl.halted, pl.denials = map[plan.Action]halt{}, map[plan.Action]int{}
		p.places = append(p.places, pl)
		if p.kind == KindLook {
			pl.ctx, p.index[pl.place()] = ctx, pl
			continue
		}
		held, under, err := p.lease(ctx, pl.place())
		if err != nil {
			pl.skipped = err.Error()
			if !errors.Is(err, errTaken) {
				p.fail(err)
			}
			continue
		}
		pl.lease, pl.ctx, p.index[pl.place()] = held, under, pl
	}
}

// lease takes the lease of a place. An event waits a while for the pass that holds it: in a queue it would wait for much longer.
func (p *pass) lease(ctx context.Context, place string) (*lease, context.Context, error) {
	for until := p.at.Add(p.l.o.Patience); ; {
		held, under, err := p.l.acquire(ctx, place)
		now := p.l.o.Now()
		if err == nil || p.kind != KindEvent || !errors.Is(err, errTaken) || !now.Add(askAgain).Before(until) || !p.stop.IsZero() && now.Add(askAgain).After(p.stop) {
			p.at = now.UTC()
			return held, under, err
		}
		if err := p.l.o.Sleep(ctx, askAgain); err != nil {
			return nil, nil, err
		}
	}
}

// leave gives the leases back.
func (p *pass) leave(ctx context.Context) {
	for _, pl := range p.places {
		if pl.lease == nil {
			continue
		}
		if err := pl.lease.release(ctx); err != nil {
			p.fail(err)
		}
	}
}

// here gives the places that are looked at.
func (p *pass) here() []*place {
	var list []*place
	for _, pl := range p.places {
		if pl.skipped == "" {
			list = append(list, pl)
		}
	}
	return list
}

// placeOf finds the place that is looked at, or gives nil.
func (p *pass) placeOf(account, region string) *place { return p.index[plan.Place(account, region)] }

// wholly says whether everything of the place was seen.
func (pl *place) wholly() bool { return pl.want == nil && len(pl.seen.Failures) == 0 }

// lost says whether another pass may be acting there: then nothing that this one believes is worth writing down.
// It asks the lease, as every call to AWS does: a pass that stood still for a while has not noticed yet.
func (pl *place) lost(ctx context.Context) bool { return pl.lease != nil && pl.lease.check(ctx) != nil }

// fail notes an error that the caller should hear of although the pass goes on.
func (p *pass) fail(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.errs = append(p.errs, err)
}

// each does something in every place at once, at most so many at a time.
func (p *pass) each(most int, do func(*place)) {
	var all sync.WaitGroup
	room := make(chan struct{}, most)
	for _, pl := range p.here() {
		room <- struct{}{}
		all.Go(func() {
			defer func() { <-room }()
			do(pl)
		})
	}
	all.Wait()
}

// run is a pass from the leases to what is remembered.
func (p *pass) run(ctx context.Context, list []*place, decide func(plan.World, policy.Policy) plan.Plan) (Report, error) {
	p.enter(ctx, list)
	defer p.leave(ctx)
	if len(p.here()) == 0 { // others are everywhere
		r := p.report()
		p.l.o.Observe(r.Metrics)
		return r, errors.Join(p.errs...)
	}
	if err := p.observe(ctx); err != nil {
		return p.report(), errors.Join(append(p.errs, err)...)
	}
	p.plan = decide(p.world, *p.policy)
	p.plan.Steps = append(p.plan.Steps, p.surplus()...)
	p.countUnshown()
	p.apply()
	p.remember(ctx)
	p.leave(ctx)
	p.keepPlan(ctx)
	r := p.report()
	p.l.o.Observe(r.Metrics)
	p.note(ctx)
	return r, errors.Join(p.errs...)
}

// tally counts calls by name.
type tally struct {
	mu     sync.Mutex
	byCall map[string]int
	places map[string]map[string]int
}

func (t *tally) add(place, call string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.byCall == nil {
		t.byCall, t.places = map[string]int{}, map[string]map[string]int{}
	}
	t.byCall[call]++
	if t.places[place] == nil {
		t.places[place] = map[string]int{}
	}
	t.places[place][call]++
}

// counted is a call that is counted, and made only while the lease is held.
func counted[I, O any](p *pass, pl *place, name string, call func(context.Context, I) (O, error)) func(context.Context, I) (O, error) {
	return func(ctx context.Context, in I) (O, error) {
		if pl.lease != nil {
			if err := pl.lease.check(ctx); err != nil {
				var none O
				return none, fmt.Errorf("%s: %w", name, err)
			}
		}
		p.calls.add(pl.place(), name)
		return call(ctx, in)
	}
}
