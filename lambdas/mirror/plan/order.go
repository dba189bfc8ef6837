package plan

import (
	"cmp"
	"slices"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// inOrder gives the world with its lists in one order, so that no planner's steps depend on the order in which AWS answered. The
// world that was given stays as it is.
func (w *World) inOrder() *World {
	out := *w
	out.Accounts = slices.Clone(w.Accounts)
	slices.SortFunc(out.Accounts, func(a, b Account) int { return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.Region, b.Region)) })
	for i := range out.Accounts {
		a := &out.Accounts[i]
		a.Failures = ordered(a.Failures, func(s string) string { return s })
		a.Interfaces = ordered(a.Interfaces, func(n ec2api.NetworkInterface) string { return n.ID })
		a.Sessions = ordered(a.Sessions, func(s ec2api.TrafficMirrorSession) string { return s.ID })
		a.Targets = ordered(a.Targets, func(t ec2api.TrafficMirrorTarget) string { return t.ID })
		a.Filters = ordered(a.Filters, func(f ec2api.TrafficMirrorFilter) string { return f.ID })
		a.Balancers = ordered(a.Balancers, func(b Balancer) string { return b.ARN })
		a.Shares = ordered(a.Shares, func(s ec2api.ResourceShare) string { return s.ARN })
		a.Invitations = ordered(a.Invitations, func(i ec2api.Invitation) string { return i.ARN })
		a.Filters = withRulesInOrder(a.Filters)
	}
	return &out
}

// ordered gives a list by a key: itself where it is in order already, else a copy.
func ordered[T any](list []T, key func(T) string) []T {
	by := func(a, b T) int { return cmp.Compare(key(a), key(b)) }
	if slices.IsSortedFunc(list, by) {
		return list
	}
	list = slices.Clone(list)
	slices.SortStableFunc(list, by)
	return list
}

func withRulesInOrder(filters []ec2api.TrafficMirrorFilter) []ec2api.TrafficMirrorFilter {
	by := func(a, b ec2api.TrafficMirrorFilterRule) int {
		return cmp.Or(cmp.Compare(a.Number, b.Number), cmp.Compare(a.ID, b.ID))
	}
	filters = slices.Clone(filters)
	for i := range filters {
		f := &filters[i]
		for _, rules := range []*[]ec2api.TrafficMirrorFilterRule{&f.Ingress, &f.Egress} {
			if !slices.IsSortedFunc(*rules, by) {
				*rules = slices.Clone(*rules)
				slices.SortFunc(*rules, by)
			}
		}
	}
	return filters
}
