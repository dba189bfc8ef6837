package plan

import (
	"fmt"
	"slices"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// repair mends a filter in place against what it was made for: services first, then rules by direction and number.
func (w *filterWanted) repair(f ec2api.TrafficMirrorFilter) []Step {
	name := map[string]string{TagName: w.tags[TagName]}
	steps := fabricTagStep(w.step(Tag, f.ID, "the name of filter "+f.ID+" was changed"), f.Tags, name)
	switch lets := slices.Contains(f.NetworkServices, amazonDNS); {
	case w.dns && !lets:
		steps = append(steps, w.services(f.ID, []string{amazonDNS}, nil))
	case !w.dns && lets:
		steps = append(steps, w.services(f.ID, nil, []string{amazonDNS}))
	}
	return append(steps, w.mend(f)...)
}

// mend mends the rules. What is missing comes first, so that nothing is unseen meanwhile, except in a full filter, where what is too
// much must make room. After a failed call nothing is taken away, and what is missing in a full filter has to wait.
func (w *filterWanted) mend(f ec2api.TrafficMirrorFilter) []Step {
	var missing, differing, extra []Step
	have := slices.Concat(f.Ingress, f.Egress)
	for _, r := range w.rules {
		switch i := slices.IndexFunc(have, func(h ec2api.TrafficMirrorFilterRule) bool { return sameSlot(h.RuleSpec, r) }); {
		case i < 0:
			missing = append(missing, w.createRule(f.ID, r))
		case !SameRule(have[i].RuleSpec, r):
			differing = append(differing, w.modifyRule(have[i], r))
		}
	}
	for _, h := range have {
		if !slices.ContainsFunc(w.rules, func(r ec2api.RuleSpec) bool { return sameSlot(h.RuleSpec, r) }) {
			extra = append(extra, w.step(DeleteRule, h.ID, "rule "+ruleName(h.RuleSpec)+" is not of profile "+w.profile))
		}
	}
	full := len(have)+len(missing) > rulesPerFilter
	if len(w.account.Failures) > 0 {
		extra = nil
		if full {
			missing = nil
		}
	}
	if full {
		return slices.Concat(extra, missing, differing)
	}
	return slices.Concat(missing, differing, extra)
}

// sameSlot says whether two rules have one place: AWS lets a filter have one rule of a direction and number.
func sameSlot(a, b ec2api.RuleSpec) bool { return a.Direction == b.Direction && a.Number == b.Number }

func (w *filterWanted) modifyRule(have ec2api.TrafficMirrorFilterRule, want ec2api.RuleSpec) Step {
	s := w.step(ModifyRule, have.ID, "rule "+ruleName(want)+" does not say what profile "+w.profile+" says")
	was := have.RuleSpec
	for _, f := range []Change{
		{"action", was.Action, want.Action},
		{"protocol", fmt.Sprint(was.Protocol), fmt.Sprint(want.Protocol)},
		{"source_ports", portsName(was.SourcePorts), portsName(want.SourcePorts)},
		{"destination_ports", portsName(was.DestinationPorts), portsName(want.DestinationPorts)},
		{"source", fabricCIDR(was.SourceCIDR), want.SourceCIDR},
		{"destination", fabricCIDR(was.DestinationCIDR), want.DestinationCIDR},
		{"description", was.Description, want.Description},
	} {
		if f.From != f.To {
			s.Changes = append(s.Changes, f)
		}
	}
	s.Input.ModifyRule = &ec2api.ModifyTrafficMirrorFilterRule{ID: have.ID, Was: was, To: want}
	return s
}

// SameRule says whether a rule that AWS shows is the one that is wanted, in whatever spelling of its blocks.
func SameRule(have, want ec2api.RuleSpec) bool {
	have.SourceCIDR, have.DestinationCIDR = fabricCIDR(have.SourceCIDR), fabricCIDR(have.DestinationCIDR)
	return have == want
}

func portsName(p ec2api.PortRange) string {
	if p == (ec2api.PortRange{}) {
		return "all"
	}
	return fmt.Sprintf("%d-%d", p.From, p.To)
}
