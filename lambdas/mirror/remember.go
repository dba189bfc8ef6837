package mirror

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/plan"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

const (
	// heardEvery is how old the stored moment of an interface's last packet may be: writing it each pass would make every interface that
	// is busy a write every five minutes.
	heardEvery = time.Hour
	batch      = 100 // rows of coverage in one call
	writers    = 8   // batches in flight: a store that is far away takes its time for each row
	writeFor   = 5 * time.Minute
)

// remember writes down how everything stands. It goes on where a write fails, and what could not be written is in the report; it is done
// also where the pass was told to stop, in the time that was spared for it.
func (p *pass) remember(ctx context.Context) {
	ctx, cancel := p.last(ctx)
	defer cancel()
	if p.kind == KindTeardown {
		p.tornDown()
	}
	p.rewrite()
	for _, pl := range p.here() {
		if pl.lost(ctx) {
			p.fail(fmt.Errorf("%s: %w", pl.place(), errLost))
			continue
		}
		if err := p.settleUsage(ctx, pl); err != nil {
			p.fail(err)
		}
	}
	if err := p.putCoverage(ctx); err != nil {
		p.fail(err)
	}
	if p.world.Scope != nil || p.kind == KindTeardown {
		return
	}
	for _, do := range []func(context.Context) error{p.forget, p.tellRogues, p.tellTrend} {
		if err := do(ctx); err != nil {
			p.fail(err)
		}
	}
}

// last is the time that is left for writing down: to the caller's deadline, or a while where the caller only gave up.
func (p *pass) last(ctx context.Context) (context.Context, context.CancelFunc) {
	if deadline, ok := ctx.Deadline(); ok {
		return context.WithDeadline(context.WithoutCancel(ctx), deadline)
	}
	if ctx.Err() != nil {
		return context.WithTimeout(context.WithoutCancel(ctx), spare)
	}
	return context.WithTimeout(ctx, writeFor)
}

// plannedNow is what a plan says of an interface whose session it makes.
const plannedNow = "; its session is made in this pass"

// deleted are the sessions that the pass deleted.
func (p *pass) deleted() map[string]bool {
	list := map[string]bool{}
	for _, pl := range p.here() {
		for i := range pl.outcomes {
			if o := &pl.outcomes[i]; o.Step.Action == plan.DeleteSession && o.Result == Done {
				list[o.Step.Object] = true
			}
		}
	}
	return list
}

// rewrite gives the interfaces whose step ended otherwise than planned the state that follows, and takes from them the sessions that are
// no more: the next pass would miss them, and take a switch that was off for a bad answer of AWS.
func (p *pass) rewrite() {
	deleted := p.deleted()
	for i := range p.plan.Coverage {
		c := &p.plan.Coverage[i]
		if c.Session != "" && deleted[c.Session] {
			c.Session, c.VNI = "", 0
		}
		v, known := p.reason[c.Interface]
		if !known {
			continue
		}
		if before, planned := strings.CutSuffix(c.Reason, plannedNow); planned && v.session != "" {
			v.reason = before + v.sends // as the next plan says it, so that its row is no news then
		}
		c.State, c.Reason, c.Fix = v.state, v.reason, v.fix
		if v.session != "" {
			c.Session = v.session
		}
		if v.vni != 0 {
			c.VNI = v.vni
		}
	}
}

// putCoverage stores what differs from what is stored.
func (p *pass) putCoverage(ctx context.Context) error {
	var list []events.Coverage
	for _, c := range p.plan.Coverage {
		if pl := p.placeOf(c.Account, c.Region); pl == nil || pl.lost(ctx) {
			continue
		}
		if before, known := p.world.Before[c.Interface]; !known || differs(&before, &c) {
			list = append(list, c)
		}
	}
	if err := p.putAll(ctx, list); err != nil {
		return fmt.Errorf("store coverage: %w", err)
	}
	p.refresh(list)
	return nil
}

// putAll stores rows, some batches at a time.
func (p *pass) putAll(ctx context.Context, list []events.Coverage) error {
	var all sync.WaitGroup
	room := make(chan struct{}, p.l.atOnce(writers))
	errs := make(chan error, len(list)/batch+1)
	for some := range slices.Chunk(list, batch) {
		room <- struct{}{}
		all.Go(func() {
			defer func() { <-room }()
			if _, err := p.l.o.Store.Mirror.PutCoverage(ctx, some...); err != nil {
				errs <- err
			}
		})
	}
	all.Wait()
	close(errs)
	return <-errs
}

// differs says whether a row is worth a write.
func differs(a, b *events.Coverage) bool {
	if a.State != b.State || a.Reason != b.Reason || a.Fix != b.Fix || a.Session != b.Session || a.VNI != b.VNI || a.Name != b.Name ||
		a.Instance != b.Instance || a.VPC != b.VPC || a.Subnet != b.Subnet || a.Account != b.Account || a.Region != b.Region {
		return true
	}
	if !maps.Equal(a.Tags, b.Tags) || !slices.Equal(a.Addresses, b.Addresses) {
		return true
	}
	switch {
	case b.LastSeen == nil:
		return false
	case a.LastSeen == nil:
		return true
	}
	return b.LastSeen.Sub(*a.LastSeen) >= heardEvery
}

// refresh puts what was stored into the memory that events rely on.
func (p *pass) refresh(list []events.Coverage) {
	byPlace := map[string][]events.Coverage{}
	for _, c := range list {
		byPlace[plan.Place(c.Account, c.Region)] = append(byPlace[plan.Place(c.Account, c.Region)], c)
	}
	for place, some := range byPlace {
		p.l.mu.Lock()
		have := p.l.memory.before[place]
		p.l.mu.Unlock()
		rows := make(map[string]events.Coverage, len(have.rows)+len(some))
		maps.Copy(rows, have.rows)
		for _, c := range some {
			var before *events.Coverage
			if b, known := rows[c.Interface]; known {
				before = &b
			}
			rows[c.Interface], _ = store.MergeCoverage(before, c, p.at)
		}
		p.l.keep(place, rows, have.at)
	}
}

// forget deletes the rows of interfaces that are no more. A place that could not be seen whole keeps them. One that shrank by more than
// half does not: the plan took that for a bad answer in this pass, and would take it for one for ever if the rows stayed.
func (p *pass) forget(ctx context.Context) error {
	there := map[string]bool{}
	for _, c := range p.plan.Coverage {
		there[c.Interface] = true
	}
	gone := map[string][]string{}
	for id, c := range p.world.Before {
		if place := plan.Place(c.Account, c.Region); !there[id] {
			gone[place] = append(gone[place], id)
		}
	}
	for _, pl := range p.here() {
		ids := gone[pl.place()]
		if !pl.wholly() || pl.lost(ctx) {
			continue
		}
		if err := p.forgetAll(ctx, ids); err != nil {
			return err
		}
	}
	return p.forgetAll(ctx, p.stray) // nobody looks there any more, so nobody can say how they stand
}

func (p *pass) forgetAll(ctx context.Context, ids []string) error {
	slices.Sort(ids)
	for some := range slices.Chunk(ids, batch) {
		if err := p.l.o.Store.Mirror.Forget(ctx, some...); err != nil {
			return fmt.Errorf("forget coverage: %w", err)
		}
	}
	return nil
}

// tellTrend stores how much is watched, for the hour. A place that could not be seen counts as it was stored; where another pass was
// somewhere, a later sweep of the hour tells it.
func (p *pass) tellTrend(ctx context.Context) error {
	if p.kind != KindSweep || len(p.here()) != len(p.places) {
		return nil
	}
	list := slices.Clone(p.plan.Coverage)
	there := map[string]bool{}
	for i := range list {
		there[list[i].Interface] = true
	}
	for id, c := range p.world.Before {
		if pl := p.placeOf(c.Account, c.Region); !there[id] && pl != nil && !pl.wholly() {
			list = append(list, c)
		}
	}
	if err := store.PutCoverageTrend(ctx, p.l.o.Store.Documents, store.ShareCoverage(list, p.at, p.tagKeys())); err != nil {
		return fmt.Errorf("store trend of coverage: %w", err)
	}
	return nil
}

// tagKeys are the tags that the policy has an eye on: people ask how much is watched by those.
func (p *pass) tagKeys() []string {
	keys := []string{p.policy.Select.Tag}
	for _, b := range p.policy.Budget.Tags {
		keys = append(keys, b.Key)
	}
	for _, r := range p.policy.Select.Rules {
		keys = slices.AppendSeq(keys, maps.Keys(r.Match.Tags))
	}
	first := keys[0]
	slices.Sort(keys)
	keys = slices.Compact(append([]string{first}, slices.DeleteFunc(keys, func(k string) bool { return k == first })...))
	return keys[:min(len(keys), store.MaxCoverageTags)]
}
