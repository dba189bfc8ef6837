package policy

import (
	"slices"
	"strings"
)

// Subject is an interface as matches see it.
type Subject struct {
	Account, Region, VPC, Subnet string
	InstanceType                 string            // empty where no instance holds it
	Tags                         map[string]string // of the interface and its instance, the interface's winning
}

// Fits says whether all that is given fits. A match that gives nothing fits everything.
func (m Match) Fits(s Subject) bool {
	return among(m.Accounts, s.Account) && among(m.Regions, s.Region) && among(m.VPCs, s.VPC) && among(m.Subnets, s.Subnet) &&
		m.typeFits(s.InstanceType) && m.tagsFit(s.Tags)
}

// Empty says whether nothing is given.
func (m Match) Empty() bool {
	return len(m.Accounts)+len(m.Regions)+len(m.VPCs)+len(m.Subnets)+len(m.InstanceTypes)+len(m.Tags) == 0
}

func among(values []string, v string) bool { return len(values) == 0 || slices.Contains(values, v) }

func (m Match) typeFits(instanceType string) bool {
	if len(m.InstanceTypes) == 0 {
		return true
	}
	return instanceType != "" && slices.ContainsFunc(m.InstanceTypes, func(p string) bool {
		if begin, open := strings.CutSuffix(p, "*"); open {
			return strings.HasPrefix(instanceType, begin)
		}
		return p == instanceType
	})
}

func (m Match) tagsFit(tags map[string]string) bool {
	for key, values := range m.Tags {
		v, there := tags[key]
		if !there || !among(values, v) {
			return false
		}
	}
	return true
}

// apart says whether no interface can fit both: one thing of which each names values, and none in common. Anything else is not proof,
// as an interface may have any tags.
func (m Match) apart(o Match) bool {
	if disjoint(m.Accounts, o.Accounts) || disjoint(m.Regions, o.Regions) || disjoint(m.VPCs, o.VPCs) ||
		disjoint(m.Subnets, o.Subnets) || typesApart(m.InstanceTypes, o.InstanceTypes) {
		return true
	}
	for key, values := range m.Tags {
		if others, both := o.Tags[key]; both && disjoint(values, others) {
			return true
		}
	}
	return false
}

// disjoint says whether two lists that each name something have nothing in common.
func disjoint(a, b []string) bool {
	if len(a) == 0 || len(b) == 0 {
		return false
	}
	set := make(map[string]bool, len(a))
	for _, v := range a {
		set[v] = true
	}
	return !slices.ContainsFunc(b, func(v string) bool { return set[v] })
}

// typesApart compares patterns: two have a type in common where the beginning of one begins the other.
func typesApart(a, b []string) bool {
	if len(a) == 0 || len(b) == 0 {
		return false
	}
	for _, p := range a {
		for _, q := range b {
			if meet(p, q) {
				return false
			}
		}
	}
	return true
}

func meet(p, q string) bool {
	begin, open := strings.CutSuffix(p, "*")
	other, otherOpen := strings.CutSuffix(q, "*")
	return p == q || open && strings.HasPrefix(other, begin) || otherOpen && strings.HasPrefix(begin, other)
}
