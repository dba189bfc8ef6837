package ec2fake

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"slices"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// CreateTrafficMirrorFilterRule adds a rule to a filter.
func (h *handle) CreateTrafficMirrorFilterRule(ctx context.Context, in ec2api.CreateTrafficMirrorFilterRule) (ec2api.TrafficMirrorFilterRule, error) {
	var made ec2api.TrafficMirrorFilterRule
	r := request{name: "CreateTrafficMirrorFilterRule", write: true, dryRun: in.DryRun,
		asked: func() map[string]any {
			return wrapped("CreateTrafficMirrorFilterRuleRequest", ruleAsked(in.Filter, "", in.RuleSpec))
		},
		made: func() map[string]any { return wrapped("CreateTrafficMirrorFilterRuleResponse", ruleMade(made)) }}
	return do(ctx, h, r, func() (ec2api.TrafficMirrorFilterRule, error) {
		if err := firstError(filterNoun().required(in.Filter, "TrafficMirrorFilterId"), checkRule(in.RuleSpec), dry(in.DryRun)); err != nil {
			return made, err
		}
		var err error
		made, err = once(h, r.name, in.ClientToken, in, func() (ec2api.TrafficMirrorFilterRule, error) { return h.newRule(in) })
		return made, err
	})
}

// checkRule refuses what is wrong whatever there is.
func checkRule(s ec2api.RuleSpec) error {
	switch {
	case s.Direction == "":
		return missing("TrafficDirection")
	case s.Number == 0:
		return missing("RuleNumber")
	case s.Action == "":
		return missing("RuleAction")
	case s.DestinationCIDR == "":
		return missing("DestinationCidrBlock")
	case s.SourceCIDR == "":
		return missing("SourceCidrBlock")
	case s.Direction != "ingress" && s.Direction != "egress":
		return invalid(s.Direction, "TrafficDirection", "Expecting ingress or egress.")
	case s.Action != "accept" && s.Action != "reject":
		return invalid(s.Action, "RuleAction", "Expecting accept or reject.")
	}
	return firstError(
		number(int64(s.Number), "RuleNumber", minNumber, maxNumber),
		number(int64(s.Protocol), "Protocol", 0, 255),
		checkPair(s),
		checkPorts("SourcePortRange", s.Protocol, s.SourcePorts),
		checkPorts("DestinationPortRange", s.Protocol, s.DestinationPorts),
		description(s.Description),
	)
}

// checkPair holds that both CIDRs are ones, of one family.
func checkPair(s ec2api.RuleSpec) error {
	source, err := netip.ParsePrefix(s.SourceCIDR)
	if err != nil {
		return invalid(s.SourceCIDR, "SourceCidrBlock", "This is not a valid CIDR block.")
	}
	destination, err := netip.ParsePrefix(s.DestinationCIDR)
	if err != nil {
		return invalid(s.DestinationCIDR, "DestinationCidrBlock", "This is not a valid CIDR block.")
	}
	if source.Addr().Is4() != destination.Addr().Is4() {
		return invalid(s.SourceCIDR+" and "+s.DestinationCIDR, "SourceCidrBlock", "Both CIDR blocks must be of one address family.")
	}
	return nil
}

const (
	protocolTCP = 6
	protocolUDP = 17
)

func checkPorts(parameter string, protocol int32, p ec2api.PortRange) error {
	switch {
	case p == ec2api.PortRange{}:
		return nil
	case protocol != protocolTCP && protocol != protocolUDP:
		return refuse(ec2api.CodeInvalidParameterConflict, "%s may be given with protocol 6 (TCP) or 17 (UDP) only, not %d", parameter, protocol)
	case p.From < 0 || p.To > 65535 || p.From > p.To:
		return invalid(fmt.Sprintf("%d-%d", p.From, p.To), parameter, "Expecting ports between 0 and 65535, the first not above the last.")
	}
	return nil
}

func (h *handle) newRule(in ec2api.CreateTrafficMirrorFilterRule) (ec2api.TrafficMirrorFilterRule, error) {
	if err := h.ownFilter(in.Filter); err != nil {
		return ec2api.TrafficMirrorFilterRule{}, err
	}
	f, _ := h.region.filters.get(in.Filter)
	if ruleAt(f, in.Direction, in.Number, "") {
		return ec2api.TrafficMirrorFilterRule{}, taken(in.RuleSpec)
	}
	if limit := h.c.set.RuleQuota; len(f.Ingress)+len(f.Egress) >= limit {
		return ec2api.TrafficMirrorFilterRule{}, refuse(ec2api.CodeFilterRuleLimit, "The filter '%s' has %d rules, which is the limit", in.Filter, limit)
	}
	rule := ec2api.TrafficMirrorFilterRule{ID: h.c.newID(ruleNoun()), Filter: in.Filter, RuleSpec: in.RuleSpec}
	h.c.touch(h, "CreateTrafficMirrorFilterRule", in.Filter, f.Tags)
	h.region.rules[rule.ID] = in.Filter
	h.setRules(f, append(rulesOf(f), rule))
	return rule, nil
}

func taken(s ec2api.RuleSpec) error {
	return refuse(ec2api.CodeFilterRuleExists, "There is a rule with number %d for %s traffic already", s.Number, s.Direction)
}

func rulesOf(f *ec2api.TrafficMirrorFilter) []ec2api.TrafficMirrorFilterRule {
	return slices.Concat(f.Ingress, f.Egress)
}

func ruleAt(f *ec2api.TrafficMirrorFilter, direction string, n int32, except string) bool {
	return slices.ContainsFunc(rulesOf(f), func(r ec2api.TrafficMirrorFilterRule) bool {
		return r.Direction == direction && r.Number == n && r.ID != except
	})
}

// setRules stores a filter with other rules, by direction and number.
func (h *handle) setRules(f *ec2api.TrafficMirrorFilter, rules []ec2api.TrafficMirrorFilterRule) {
	slices.SortFunc(rules, func(a, b ec2api.TrafficMirrorFilterRule) int { return cmp.Compare(a.Number, b.Number) })
	next := *f
	next.Ingress, next.Egress = nil, nil
	for _, r := range rules {
		if r.Direction == "ingress" {
			next.Ingress = append(next.Ingress, r)
		} else {
			next.Egress = append(next.Egress, r)
		}
	}
	store(h.c, h.region.filters, f.ID, h.account, &next)
}

// ownRule gives a rule of the account and its filter.
func (h *handle) ownRule(id string) (ec2api.TrafficMirrorFilterRule, *ec2api.TrafficMirrorFilter, error) {
	filter := h.region.rules[id]
	f, owner := found(h.c, h.region.filters, filter)
	if f == nil || owner != h.account {
		return ec2api.TrafficMirrorFilterRule{}, nil, ruleNoun().notFound(id)
	}
	rule, has := ruleOf(f, id)
	if h.c.set.UnseenNotFound {
		_, shown := ruleOf(h.region.filters.rows[filter].shown(h.c.now()), id)
		has = has && shown
	}
	if !has {
		return ec2api.TrafficMirrorFilterRule{}, nil, ruleNoun().notFound(id)
	}
	return rule, f, nil
}

func ruleOf(f *ec2api.TrafficMirrorFilter, id string) (ec2api.TrafficMirrorFilterRule, bool) {
	for _, r := range rulesOf(f) {
		if r.ID == id {
			return r, true
		}
	}
	return ec2api.TrafficMirrorFilterRule{}, false
}

// ModifyTrafficMirrorFilterRule makes a rule say something else. As in EC2's call, Was is not compared with what the rule says.
func (h *handle) ModifyTrafficMirrorFilterRule(ctx context.Context, in ec2api.ModifyTrafficMirrorFilterRule) (ec2api.TrafficMirrorFilterRule, error) {
	var made ec2api.TrafficMirrorFilterRule
	r := request{name: "ModifyTrafficMirrorFilterRule", write: true, dryRun: in.DryRun,
		asked: func() map[string]any {
			return wrapped("ModifyTrafficMirrorFilterRuleRequest", ruleAsked("", in.ID, in.To))
		},
		made: func() map[string]any { return wrapped("ModifyTrafficMirrorFilterRuleResponse", ruleMade(made)) }}
	return do(ctx, h, r, func() (ec2api.TrafficMirrorFilterRule, error) {
		if err := firstError(ruleNoun().required(in.ID, "TrafficMirrorFilterRuleId"), checkRule(in.To), dry(in.DryRun)); err != nil {
			return made, err
		}
		old, f, err := h.ownRule(in.ID)
		if err != nil {
			return made, err
		}
		if ruleAt(f, in.To.Direction, in.To.Number, in.ID) {
			return made, taken(in.To)
		}
		h.c.touch(h, r.name, f.ID, f.Tags)
		made = old
		made.RuleSpec = in.To
		rest := slices.DeleteFunc(rulesOf(f), func(o ec2api.TrafficMirrorFilterRule) bool { return o.ID == in.ID })
		h.setRules(f, append(rest, made))
		return made, nil
	})
}

// DeleteTrafficMirrorFilterRule removes a rule, also one of a filter in use.
func (h *handle) DeleteTrafficMirrorFilterRule(ctx context.Context, in ec2api.Delete) error {
	r := request{name: "DeleteTrafficMirrorFilterRule", write: true, dryRun: in.DryRun,
		asked: deleteAsked("DeleteTrafficMirrorFilterRuleRequest", "TrafficMirrorFilterRuleId", in.ID),
		made:  deleteAsked("DeleteTrafficMirrorFilterRuleResponse", "trafficMirrorFilterRuleId", in.ID)}
	return gone(do(ctx, h, r, func() (struct{}, error) {
		if err := firstError(ruleNoun().required(in.ID, "TrafficMirrorFilterRuleId"), dry(in.DryRun)); err != nil {
			return struct{}{}, err
		}
		_, f, err := h.ownRule(in.ID)
		if err != nil {
			return struct{}{}, err
		}
		h.c.touch(h, r.name, f.ID, f.Tags)
		delete(h.region.rules, in.ID)
		h.setRules(f, slices.DeleteFunc(rulesOf(f), func(o ec2api.TrafficMirrorFilterRule) bool { return o.ID == in.ID }))
		return struct{}{}, nil
	}))
}
