package mirrorsim

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/plan"
	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
	"github.com/mirrorwatch/mirrorwatch/test/ec2fake"
)

// What is waited for, as the policy and the loop state it: instances that are starting and the lease of a loop that died (started),
// then the grace time, the time until silence is called so, and the times of the lag and of the attachment within them.
const (
	started   = 3*time.Minute + lag + time.Second
	silentFor = 22 * time.Minute // Limits.Silent, until sensors speak again, and until the next sweep
	heardFor  = 10 * time.Minute // Limits.Silent without the time from sweep to sweep: what was told of so lately is not silent
	waits     = 35 * time.Minute
	mostHeld  = 40 // sweeps for what the bound on deletions holds back
	mostTries = 5  // sweeps for a family that is tried anew: AWS is asked twice, then the VNI goes back, and AWS may fail at some of it
)

// holdStill stops people and waits. AWS goes on throttling and failing. After two sweeps, and without a single event, everything must be
// as the policy wants it but for what is waited for by the policy's own word; when that is over, everything, and the plan is empty.
func (s *sim) holdStill() {
	s.quiet = true
	defer func() { s.quiet = false }()
	s.res.Quiets++
	s.say("people hold still")
	s.thaw()
	s.advance(started)
	due := s.deletesDue()
	s.sweep(0)
	s.advance(sweepEvery)
	s.freed = s.res.Gone + s.refused
	s.sweep(1)
	s.freed = s.res.Gone + s.refused - s.freed
	if s.failed() {
		return
	}
	if due <= 5 {
		s.compare(false)
	}
	s.freed = 0
	began, tries := s.clock.Now(), 0
	for n := 0; !s.failed(); n++ {
		s.rest(s.clock.Now().Add(sweepEvery))
		refused := s.refused
		s.sweep(n % 2)
		p, err := s.look()
		if err != nil {
			s.fail("look: %v", err)
			return
		}
		if s.clock.Now().Sub(began) < waits {
			continue
		}
		if p.Empty() && len(p.Held) == 0 {
			break
		}
		if tries < mostTries && s.triesAgain(&p, s.refused > refused) {
			tries++
			continue
		}
		if n > mostHeld || len(p.Held) == 0 {
			s.fail("the plan is not empty after %s (ours %v, counted as used %s): %s", s.clock.Now().Sub(began).Round(time.Second), s.oursByAccount(), s.used(), steps(&p))
		}
	}
	if !s.failed() {
		s.compare(true)
	}
}

// rest delivers what is in the queue, and otherwise lets time pass.
func (s *sim) rest(until time.Time) {
	for !s.failed() && s.clock.Now().Before(until) {
		s.deliver(s.rng.IntN(len(s.crew)))
		s.advance(min(batchEvery, max(until.Sub(s.clock.Now()), time.Millisecond)))
	}
}

// look asks a loop what it would do. What AWS fails at is asked again: this is a question of the simulation, not a pass.
func (s *sim) look() (p plan.Plan, err error) {
	for range 5 {
		ctx := context.Background()
		if s.crew[0].dead {
			if s.crew[0], err = s.hire(0); err != nil {
				return p, err
			}
		}
		if p, _, err = s.crew[0].loop.Plan(ctx, nil); err == nil {
			return p, nil
		}
	}
	return p, err
}

// triesAgain says whether all that a plan would do is to try a family that no list knows, or what comes of it: what was learned of it lasts
// a day, which may end at any moment. Only the second refusal is believed, then the VNI of the attempt goes back, and the room in the
// budget that was kept for what AWS refused in the last pass goes to another.
func (s *sim) triesAgain(p *plan.Plan, refused bool) bool {
	st := s.cloud.State(region)
	return len(p.Held) == 0 && !slices.ContainsFunc(p.Steps, func(x plan.Step) bool {
		switch x.Action {
		case plan.CreateSession:
			return !refused && !unlisted(&st, x.Interface)
		case plan.Release:
			return !unlisted(&st, x.Interface)
		}
		return true
	})
}

// unlisted says whether an interface is of the family that no list knows.
func unlisted(st *ec2fake.State, eni string) bool {
	at := slices.IndexFunc(st.Interfaces, func(n ec2api.NetworkInterface) bool { return n.ID == eni })
	return at >= 0 && st.Interfaces[at].Attachment != nil && strings.HasPrefix(st.Instances[st.Interfaces[at].Attachment.Instance].Type, "m8a.")
}

func steps(p *plan.Plan) string {
	text := ""
	for _, x := range p.Steps {
		text += fmt.Sprintf("\n  %s %s %s in %s: %s", x.Action, x.Object, x.Interface, x.Account, x.Reason)
	}
	for _, h := range p.Held {
		text += fmt.Sprintf("\n  held %s %s: %s", h.Step.Action, h.Step.Object, h.Rail)
	}
	return text
}

// deletesDue counts, in the account where they are most, the sessions that have to go at once.
func (s *sim) deletesDue() (most int) {
	st, n := s.cloud.State(region), map[string]int{}
	for i := range st.Interfaces {
		if v := s.judge(&st, &st.Interfaces[i]); v.session == no {
			for _, x := range st.Sessions {
				if x.NetworkInterface == st.Interfaces[i].ID && ours(x.Tags) {
					n[x.Owner]++
					most = max(most, n[x.Owner])
				}
			}
		}
	}
	return most
}

// compare holds what is, and what is stored of it, against the judgement. Strictly: nothing is waited for any more.
func (s *sim) compare(strict bool) {
	st := s.cloud.State(region)
	rows := map[string]events.Coverage{}
	q := store.CoverageQuery{}
	for {
		page, err := s.store.Mirror.Coverage(context.Background(), q)
		if err != nil {
			s.fail("read coverage: %v", err)
			return
		}
		for _, c := range page.Items {
			rows[c.Interface] = c
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			break
		}
	}
	t := tallyOf(&st)
	for i := range st.Interfaces {
		n := &st.Interfaces[i]
		row, has := rows[n.ID]
		if !has {
			s.fail("%s has no row of coverage", n.ID)
			continue
		}
		delete(rows, n.ID)
		s.res.Checked++
		s.res.States[slices.Index(events.CoverageStates(), row.State)]++
		s.compareOne(&st, n, row, t, strict)
	}
	if strict {
		for id, row := range rows {
			s.fail("coverage tells of %s (%s), which is gone", id, row.State)
		}
		s.compareFabric(&st)
		s.compareBindings(&st)
		if err := s.cloud.Check(); err != nil {
			s.fail("%v", err)
		}
	}
}

// tally counts sessions by account.
type tally struct{ all, ours map[string]int }

func tallyOf(st *ec2fake.State) tally {
	t := tally{map[string]int{}, map[string]int{}}
	for _, x := range st.Sessions {
		t.all[x.Owner]++
		if ours(x.Tags) {
			t.ours[x.Owner]++
		}
	}
	return t
}

// full says which bound leaves no room for one more session in an account.
func (s *sim) full(t tally, account string) (list []events.CoverageState) {
	w, total := &s.wish, s.freed // what the last sweep freed, or gave to one that AWS refused, the next one gives out
	for _, n := range t.ours {
		total += n
	}
	if w.budget > 0 && total >= w.budget || w.perHead > 0 && account == accounts()[1] && t.ours[account]+s.freed >= w.perHead {
		list = append(list, events.CoverageBudget)
	}
	if w.quota > 0 && t.all[account]+s.freed >= w.quota-w.reserve {
		list = append(list, events.CoverageQuota)
	}
	return list
}

func (s *sim) compareOne(st *ec2fake.State, n *ec2api.NetworkInterface, row events.Coverage, t tally, strict bool) {
	v := s.judge(st, n)
	var own []ec2api.TrafficMirrorSession
	var others []ec2api.TrafficMirrorSession
	for _, x := range st.Sessions {
		switch {
		case x.NetworkInterface != n.ID:
		case ours(x.Tags):
			own = append(own, x)
		default:
			others = append(others, x)
		}
	}
	states := v.states
	if v.session == yes && len(own) == 0 {
		states = s.full(t, n.Owner)
	}
	if !strict && v.session == yes && len(own) == 1 && v.states[0] != events.CoverageShadowed {
		states = []events.CoverageState{events.CoverageMirrored, events.CoverageSilent}
	}
	if !strict && len(own) == 1 && s.clock.Now().Sub(s.touched[own[0].ID]) < sweepEvery {
		states = append(slices.Clone(states), events.CoverageMirrored) // it was made just now: what is before it the next pass tells
	}
	about := fmt.Sprintf("%s is %s (%s); wanted %v with session %d, has %d of ours and %d others", n.ID, row.State, row.Reason, states, v.session, len(own), len(others))
	switch {
	case !slices.Contains(states, row.State):
		s.fail("strict %v: %s", strict, about)
	case len(own) > 1, v.session == no && len(own) > 0 && (strict || !v.waits):
		s.fail("strict %v: too many sessions: %s", strict, about)
	case v.session == yes && len(own) == 1:
		if why := s.drift(st, &own[0], others, v.profile); why != "" {
			s.fail("strict %v: %s: session %+v: %s", strict, about, own[0], why)
		}
	}
}
