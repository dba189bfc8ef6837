package plan

import (
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/policy"
	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// RetirePlanner takes away the filters, shares and targets of ours that no policy wants and no session uses. It decides only where
// everything was seen: one call that failed anywhere may hide the session that stands on them.
type RetirePlanner struct{ specs *filterSpecs }

// Name is the planner's name in steps.
func (RetirePlanner) Name() string { return "retire" }

// Plan deletes what has outlived its use. With the switch off everything stays, so that switching on again finds it.
func (p RetirePlanner) Plan(have *World, want *policy.Policy) []Step {
	if have.Scope != nil || want.Switch == policy.Off || fabricFailed(have) {
		return nil
	}
	users, specs := fabricUsers(have), p.specs.orNew(want)
	var filters, shares, targets []Step
	for i := range have.Accounts {
		a := &have.Accounts[i]
		filters = append(filters, p.filters(a, specs, users)...)
		shares = append(shares, p.shares(a, want, users)...)
		targets = append(targets, p.targets(a, want, users)...)
	}
	return append(append(filters, shares...), targets...)
}

func (p RetirePlanner) step(a *Account, action Action, object, reason string) Step {
	return Step{Planner: p.Name(), Action: action, Account: a.ID, Region: a.Region, Object: object, Reason: reason}
}

// filters keeps the filter of every profile of the policy, used or not: an interface that is tagged tomorrow finds it.
func (p RetirePlanner) filters(a *Account, specs *filterSpecs, users map[string][]ec2api.TrafficMirrorSession) []Step {
	want, keep := specs.want, map[string]bool{}
	if fabricMirrors(want, a.ID, a.Region) {
		for name := range want.Profiles {
			if f, ok := specs.find(a.Filters, name); ok {
				keep[f.ID] = true
			}
		}
	}
	var steps []Step
	for _, f := range a.Filters {
		if want.Owned(f.Tags) && !keep[f.ID] && len(users[f.ID]) == 0 {
			steps = append(steps, p.step(a, DeleteFilter, f.ID, "the policy has no profile that says what it says, and no session uses it"))
		}
	}
	return steps
}

// shares waits for the sessions of other accounts: they stop without a word when a target is no longer shared.
func (p RetirePlanner) shares(a *Account, want *policy.Policy, users map[string][]ec2api.TrafficMirrorSession) []Step {
	if !want.Fleet.Share.Manage || len(fabricPrincipals(want, a.Region)) > 0 && len(fabricManaged(want, a.Region)) > 0 {
		return nil
	}
	var steps []Step
	for _, s := range fabricShares(a, want) {
		if !fabricShareUsed(&s, a.ID, users) {
			steps = append(steps, p.step(a, DeleteShare, s.ARN, "no other account of the policy sends to this region's targets"))
		}
	}
	return steps
}

func fabricShareUsed(s *ec2api.ResourceShare, owner string, users map[string][]ec2api.TrafficMirrorSession) bool {
	for _, arn := range s.Resources {
		for _, session := range users[fabricTargetID(arn)] {
			if session.Owner != owner {
				return true
			}
		}
	}
	return false
}

func (p RetirePlanner) targets(a *Account, want *policy.Policy, users map[string][]ec2api.TrafficMirrorSession) []Step {
	keep := map[string]bool{}
	if a.ID == want.Fleet.Account {
		for _, t := range fabricManaged(want, a.Region) {
			if kept, ok := fabricKept(a, want, t); ok {
				keep[kept.ID] = true
			}
		}
	}
	var steps []Step
	for _, t := range a.Targets {
		if t.Owner == a.ID && want.Owned(t.Tags) && !keep[t.ID] && !fabricNamed(want, t.ID) && len(users[t.ID]) == 0 {
			steps = append(steps, p.step(a, DeleteTarget, t.ID, "the policy names nothing that it points to, or another target of ours points there, and no session uses it"))
		}
	}
	return steps
}
