package plan

import (
	"cmp"
	"fmt"

	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/policy"
)

// alwaysDeletes is how many deletions the percentage never forbids: of a handful of sessions a percentage is nothing.
const alwaysDeletes = 5

// rails holds steps back: what a mistake in a tag, a policy or an answer of AWS could do at most in one pass.
type rails struct {
	s       *survey
	sites   map[string]*site
	made    map[string]bool // names that steps of this plan make
	deletes map[*site]int
}

// hold gives the steps that are taken, in their order, and those that are not.
func (s *survey) hold(steps []Step) (taken []Step, held []Held) {
	r := &rails{s: s, sites: map[string]*site{}, made: map[string]bool{}, deletes: map[*site]int{}}
	for _, t := range s.sites {
		r.sites[t.key] = t
	}
	for i := range steps {
		step := &steps[i]
		if why := r.forbids(step); why != "" {
			held = append(held, Held{Step: *step, Rail: why})
			continue
		}
		if step.Makes != "" {
			r.made[step.Makes] = true
		}
		taken = append(taken, *step)
	}
	return taken, held
}

func (r *rails) forbids(step *Step) string {
	t := r.sites[Place(step.Account, step.Region)]
	off := r.s.want.Switch == policy.Off
	switch {
	case r.s.want.Switch == policy.Frozen:
		return "frozen: the policy's switch is frozen, so nothing is changed"
	case t != nil && t.halted != "" && takesAway(step.Action) && !off:
		return "failed: " + t.halted
	case step.Action == DeleteSession && t != nil && !off:
		return r.bound(t)
	}
	for _, name := range []string{step.TargetRef, step.FilterRef} {
		if name != "" && !r.made[name] {
			return "waits: " + name + " is not there yet, and no step of this pass makes it"
		}
	}
	return ""
}

// takesAway says whether an action removes something: a wrong answer of AWS must never lead to one.
func takesAway(a Action) bool {
	switch a {
	case DeleteSession, DeleteFilter, DeleteRule, DeleteTarget, DeleteShare, DisassociateShare, Untag, Release:
		return true
	}
	return false
}

// bound counts deletions of sessions in an account and region.
func (r *rails) bound(t *site) string {
	r.deletes[t]++
	if n, most := r.deletes[t], r.s.deleteBound(t); n > most {
		return fmt.Sprintf("deletes: %d of at most %d a pass in %s", n, most, t.key)
	}
	return ""
}

// deleteBound is how many sessions one pass may delete in an account and region.
func (s *survey) deleteBound(t *site) int {
	ours := s.oursAt(t)
	return min(s.want.Limits.Deletes, max(alwaysDeletes, ours*s.want.Limits.DeletePercent/100))
}

func (s *survey) oursAt(t *site) int {
	if s.countedWhole(t) {
		return t.ours
	}
	return max(t.ours, s.have.Usage[t.key])
}

func byInterface(a, b Step) int {
	return cmp.Or(cmp.Compare(a.Interface, b.Interface), cmp.Compare(a.Object, b.Object))
}
