package mirror

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/plan"
)

// phase is when a step is due. What one account makes and others need comes before, and what others may still use goes after: between
// phases every place waits for all. Within one a place waits for no other.
func phase(a plan.Action) int {
	switch a {
	case plan.CreateTarget, plan.CreateShare, plan.AssociateShare, plan.CreateListener, plan.ModifyListener, plan.SetGroup, plan.SetBalancer:
		return 0
	case plan.AcceptShare:
		return 1
	case plan.DisassociateShare, plan.DeleteShare, plan.DeleteTarget:
		return 3
	}
	return 2
}

const phases = 4

// maxAtOnce is in how many places steps are done at once. It is many: each is held to its own pace, so that a place with ten thousand
// sessions to be made takes an hour, and must not keep others from theirs.
const maxAtOnce = 256

// atOnce is how many things go on at a time; with one worker everything goes one after the other.
func (l *Loop) atOnce(most int) int {
	if l.o.Workers == 1 {
		return 1
	}
	return most
}

// apply does the steps, place by place in the plan's order.
func (p *pass) apply() {
	work := p.sorted()
	p.further(func(f *Progress) { f.Steps = len(p.plan.Steps) })
	for i := range phases {
		p.each(p.l.atOnce(maxAtOnce), func(pl *place) {
			for _, s := range work[i][pl] {
				pl.outcomes = append(pl.outcomes, p.step(pl, s))
				p.further(func(f *Progress) { f.Taken++ })
			}
		})
	}
}

// sorted gives the steps of each phase by place.
func (p *pass) sorted() (work [phases]map[*place][]*plan.Step) {
	for i := range work {
		work[i] = map[*place][]*plan.Step{}
	}
	for i := range p.plan.Steps {
		s := &p.plan.Steps[i]
		pl := p.placeOf(s.Account, s.Region)
		if pl == nil {
			p.fail(fmt.Errorf("%s in %s/%s: the pass is not there", s.Action, s.Account, s.Region))
			continue
		}
		if s.Action == plan.CreateSession {
			pl.creates++
		}
		work[phase(s.Action)][pl] = append(work[phase(s.Action)][pl], s)
	}
	return work
}

// step does one step, unless there is a reason not to begin it.
func (p *pass) step(pl *place, s *plan.Step) Outcome {
	if why := p.over(pl); why != "" {
		o := Outcome{Step: *s, Result: Left, Reason: why}
		p.judge(pl, s, effect{}, &o, context.DeadlineExceeded)
		return o
	}
	if h, halted := pl.halted[s.Action]; halted {
		o := Outcome{Step: *s, Result: h.result, Code: h.code, Reason: h.reason}
		if s.Interface != "" {
			p.mu.Lock()
			p.reason[s.Interface] = verdictOf{state: h.state, reason: h.reason, fix: h.fix}
			p.mu.Unlock()
		}
		return o
	}
	filled := *s
	got, err := p.perform(pl, &filled)
	o := p.outcome(pl, &filled, got, err)
	if got.called {
		p.audit(pl, &filled, &o)
	}
	return o
}

// over says why no further step begins in a place, or "".
func (p *pass) over(pl *place) string {
	if err := context.Cause(pl.ctx); err != nil {
		return "the pass ended: " + err.Error()
	}
	if pl.lease == nil {
		return "the pass only looks"
	}
	if err := pl.lease.check(pl.ctx); err != nil {
		return err.Error()
	}
	if !p.stop.IsZero() && !p.l.o.Now().Before(p.stop) {
		return "the time of the pass is up"
	}
	return ""
}

// effect is what a step did.
type effect struct {
	id     string
	vni    uint32
	called bool // something outside was asked to change
	absent bool // what was to go was gone already
}

// made is what steps of this pass made, by the names that later steps call it.
type made struct {
	mu     sync.Mutex
	ids    map[string]string
	failed map[string]string
}

// notMade is why a step cannot be done: what it refers to was not made.
type notMade struct{ name, why string }

func (n notMade) Error() string { return "skipped: " + n.name + " was not made" + n.why }

// is notes what was made under a name.
func (m *made) is(name, id string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ids[name] = id
}

// isNot notes that something was not made, or not whole: what refers to it is skipped.
func (m *made) isNot(name, why string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.ids, name)
	m.failed[name] = why
}

// id gives the id of what was made under a name, or why it was not.
func (m *made) id(name string) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if id := m.ids[name]; id != "" {
		return id, nil
	}
	return "", notMade{name, strings.Replace(m.failed[name], "skipped: ", "", 1)}
}
