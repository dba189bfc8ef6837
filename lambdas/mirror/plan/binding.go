package plan

import (
	"fmt"
	"slices"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/policy"
)

// Bindings keeps the store's knowledge of VNIs as the sessions are: they are its source, so that a lost store is found again by them.
type Bindings struct{ survey *survey }

// Name is the planner's name in steps.
func (Bindings) Name() string { return "binding" }

// Plan gives bindings that are missing or tell an old name, then those that outlived their session.
func (p Bindings) Plan(have *World, want *policy.Policy) []Step {
	s := p.survey
	if s == nil {
		s = look(have, want)
	}
	var steps []Step
	for _, src := range s.sources {
		if step, ok := s.bind(src); ok {
			steps = append(steps, step)
		}
	}
	return append(steps, s.releases()...)
}

func (s *survey) bind(src *source) (Step, bool) {
	if src.keep == nil || src.remove != "" || src.instance == nil && src.showsInstance() {
		return Step{}, false
	}
	step := s.step(src, Bind, src.keep.ID)
	step.Planner = "binding"
	switch {
	case src.vni.bind:
		from, ok := sessionBegan(src.keep)
		if !ok {
			from = s.have.At
		}
		step.Reason = fmt.Sprintf("session %s has VNI %d, and no binding says so", src.keep.ID, src.vni.vni)
		step.Input.Binding = src.bindingOf(src.vni.vni, from)
	case src.vni.vni != 0 && src.stale():
		step.Reason = fmt.Sprintf("the name, tags or addresses behind VNI %d changed", src.vni.vni)
		step.Input.Binding = src.bindingOf(src.vni.vni, src.binding.From)
	default:
		return Step{}, false
	}
	return step, true
}

// releases ends bindings whose interface has no session any more, and gets none: only where everything was seen, and not while a
// session may still be invisible.
func (s *survey) releases() []Step {
	if s.have.Scope != nil {
		return nil
	}
	places := make(map[string]*site, len(s.sites))
	for _, t := range s.sites {
		places[t.key] = t
	}
	var steps []Step
	for id, b := range s.have.Bindings {
		t := places[Place(b.Account, b.Region)]
		if t == nil || t.halted != "" || s.have.At.Sub(b.From) < s.want.Limits.Settle || s.occupied(id) {
			continue
		}
		steps = append(steps, s.release(t, id, b))
	}
	slices.SortFunc(steps, byInterface)
	return steps
}

// occupied says whether an interface has a session of ours, or gets one in this pass: then the lease looks after its binding.
func (s *survey) occupied(id string) bool {
	if src := s.byID[id]; src != nil && src.create {
		return true
	}
	return slices.ContainsFunc(s.links[id], func(l *link) bool { return l.ours })
}

func (s *survey) release(t *site, id string, b events.Binding) Step {
	return Step{
		Planner: "binding", Action: Release, Account: t.ID, Region: t.Region, Interface: id, Name: b.Name,
		Reason: fmt.Sprintf("interface %s has no session any more, so VNI %d is free", id, b.VNI),
		Input:  Input{Binding: &b},
	}
}
