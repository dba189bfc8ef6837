package mirror

import (
	"cmp"
	"context"
	"errors"
	"path"
	"time"

	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/plan"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// Wanted is a look that somebody asks for.
type Wanted struct {
	By string    // who, for people
	At time.Time // when: a plan of a look or sweep that was begun later is the answer, and nobody looks again. Zero: look in any case
}

// Look makes a plan as Plan does for everything, and keeps it for people. It changes nothing else: no lease, nothing in AWS. Where a plan
// that answers it is there already, looked is false and the plan empty: a hundred who ask cost AWS one look.
func (l *Loop) Look(ctx context.Context, want Wanted) (made plan.Plan, looked bool, err error) {
	if !want.At.IsZero() {
		answered, err := store.MirrorLookAnswered(ctx, l.o.Store.Documents, want.At)
		if answered || err != nil {
			return plan.Plan{}, false, err
		}
	}
	p, err := l.look(ctx, nil)
	if err != nil {
		return plan.Plan{}, true, err
	}
	p.by = want.By
	p.plan = plan.Make(p.world, *p.policy)
	p.keepPlan(ctx)
	return p.plan, true, errors.Join(p.errs...)
}

// keepPlan keeps what a sweep, a teardown or a look came to, so that people see it. Passes about events keep nothing: each knows a corner
// only, and there are too many of them to read. Nothing of what the loop does rests on it.
func (p *pass) keepPlan(ctx context.Context) {
	if p.kind == KindEvent {
		return
	}
	ctx, cancel := p.last(ctx)
	defer cancel()
	if err := store.KeepMirrorPlan(ctx, p.l.o.Store.Documents, p.forPeople()); err != nil {
		p.fail(err)
	}
}

// forPeople is what the pass came to.
func (p *pass) forPeople() store.MirrorPlan {
	e := p.plan.Estimate
	t := store.MirrorPlan{
		At: p.at, Kind: p.kind, Holder: p.l.o.Holder, AskedBy: p.by, Seconds: p.l.o.Now().Sub(p.at).Seconds(), Warnings: p.plan.Warnings,
		Estimate: store.MirrorEstimate{Sessions: e.Sessions, SessionsAfter: e.SessionsAfter, MonthlyUSD: e.MonthlyUSD, MonthlyUSDAfter: e.MonthlyUSDAfter},
	}
	for _, pl := range p.places {
		t.Places = append(t.Places, store.MirrorPlace{Account: pl.account.ID, Region: pl.region, Skipped: pl.skipped, Failures: pl.seen.Failures})
		for i := range pl.outcomes {
			t.Steps = append(t.Steps, pl.outcomes[i].told())
		}
	}
	if p.kind == KindLook {
		for i := range p.plan.Steps {
			t.Steps = append(t.Steps, toldStep(&p.plan.Steps[i]))
		}
	}
	for i := range p.plan.Held {
		t.Held = append(t.Held, store.MirrorHeld{Step: toldStep(&p.plan.Held[i].Step), Rail: p.plan.Held[i].Rail})
	}
	for _, l := range p.plan.LeftOut {
		t.LeftOut = append(t.LeftOut, store.MirrorLeftOut{Interface: l.Interface, Account: l.Account, Region: l.Region, Name: l.Name, Priority: l.Priority, Reason: l.Reason})
	}
	for _, r := range p.plan.Rogues {
		t.Rogues = append(t.Rogues, store.MirrorRogue{
			Account: r.Account, Region: r.Region, Object: r.Object, Interface: r.Interface, Instance: r.Instance, Target: r.Target, Owner: r.Owner, Reason: r.Reason,
		})
	}
	return t
}

// told is a step and what became of it. What was skipped because something else failed has failed, too, as reports have it.
func (o *Outcome) told() store.MirrorStep {
	t := toldStep(&o.Step)
	t.Object = cmp.Or(t.Object, o.ID)
	t.Error = o.Reason
	switch o.Result {
	case Done:
		t.Outcome = store.MirrorDone
	case Left:
		t.Outcome = store.MirrorLeft
	default:
		t.Outcome = store.MirrorFailed
	}
	return t
}

// toldStep is a step without what exactly is asked of AWS: names of what is made are short, for its place stands beside it.
func toldStep(s *plan.Step) store.MirrorStep {
	t := store.MirrorStep{
		Does: string(s.Action.Does()), Action: string(s.Action), Account: s.Account, Region: s.Region, Object: s.Object, Interface: s.Interface, Name: s.Name,
		Reason: s.Reason, MonthlyUSD: s.Monthly,
	}
	if t.Name == "" && s.Makes != "" {
		t.Name = path.Base(s.Makes)
	}
	for _, c := range s.Changes {
		t.Changes = append(t.Changes, store.MirrorChange{Field: c.Field, From: c.From, To: c.To})
	}
	return t
}
