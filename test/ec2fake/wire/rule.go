package wire

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

func ruleActions() map[string]action {
	return map[string]action{
		"CreateTrafficMirrorFilterRule":    asks(readRule, createRule),
		"ModifyTrafficMirrorFilterRule":    asks(readRuleChange, modifyRule),
		"DeleteTrafficMirrorFilterRule":    remove("TrafficMirrorFilterRuleId", "trafficMirrorFilterRuleId", ec2api.EC2.DeleteTrafficMirrorFilterRule),
		"DescribeTrafficMirrorFilterRules": asks(readRuleQuery, describeRules),
	}
}

// newRule is a rule with the tags that the contract's call does not take.
type newRule struct {
	in   ec2api.CreateTrafficMirrorFilterRule
	tags map[string]string
}

func readRule(p *params) newRule {
	in := ec2api.CreateTrafficMirrorFilterRule{
		Filter: p.need("TrafficMirrorFilterId"), ClientToken: p.text("ClientToken"), DryRun: p.flag("DryRun"),
		RuleSpec: ec2api.RuleSpec{
			Direction: p.need("TrafficDirection"), Action: p.need("RuleAction"),
			SourceCIDR: p.need("SourceCidrBlock"), DestinationCIDR: p.need("DestinationCidrBlock"), Description: p.text("Description"),
			SourcePorts: readPorts(p, "SourcePortRange"), DestinationPorts: readPorts(p, "DestinationPortRange"),
		},
	}
	p.need("RuleNumber")
	if n := p.number("RuleNumber"); n != nil {
		in.Number = int32(*n)
	}
	if n := p.number("Protocol"); n != nil {
		in.Protocol = int32(*n)
	}
	return newRule{in: in, tags: readTags(p, "traffic-mirror-filter-rule")}
}

func readPorts(p *params, name string) ec2api.PortRange {
	if !p.has(name) {
		return ec2api.PortRange{}
	}
	var out ec2api.PortRange
	for part, into := range map[string]*int32{"FromPort": &out.From, "ToPort": &out.To} {
		n := p.at(name).number(part)
		switch {
		case n == nil:
			p.fail(missing(name + "." + part))
		case *n < 0 || *n > 65535:
			p.fail(invalid(strconv.FormatInt(*n, 10), name+"."+part, "it must be between 0 and 65535"))
		default:
			*into = int32(*n)
		}
	}
	return out
}

func createRule(c *call, in newRule) ([]element, error) {
	made, err := c.account.EC2.CreateTrafficMirrorFilterRule(c.ctx, in.in)
	if err == nil && len(in.tags) > 0 {
		made.Tags = in.tags
		err = c.account.EC2.CreateTags(c.ctx, []string{made.ID}, in.tags)
	}
	if err != nil {
		return nil, err
	}
	return []element{group("trafficMirrorFilterRule", showRule(made)...), maybe("clientToken", in.in.ClientToken)}, nil
}

// ruleChange is what of a rule is to be otherwise. The contract says whole rules, so the rule as it is must be found first, by one more
// describe; where describes lag, two changes of different fields of one rule within the lag end with the second only.
type ruleChange struct {
	id     string
	dryRun bool
	change []func(*ec2api.RuleSpec)
}

func readRuleChange(p *params) ruleChange {
	in := ruleChange{id: p.need("TrafficMirrorFilterRuleId"), dryRun: p.flag("DryRun")}
	set := func(change func(*ec2api.RuleSpec)) { in.change = append(in.change, change) }
	for param, field := range map[string]func(*ec2api.RuleSpec) *string{
		"TrafficDirection":     func(r *ec2api.RuleSpec) *string { return &r.Direction },
		"RuleAction":           func(r *ec2api.RuleSpec) *string { return &r.Action },
		"SourceCidrBlock":      func(r *ec2api.RuleSpec) *string { return &r.SourceCIDR },
		"DestinationCidrBlock": func(r *ec2api.RuleSpec) *string { return &r.DestinationCIDR },
		"Description":          func(r *ec2api.RuleSpec) *string { return &r.Description },
	} {
		if v := p.maybe(param); v != nil {
			set(func(r *ec2api.RuleSpec) { *field(r) = *v })
		}
	}
	if n := p.number("RuleNumber"); n != nil {
		set(func(r *ec2api.RuleSpec) { r.Number = int32(*n) })
	}
	if n := p.number("Protocol"); n != nil {
		set(func(r *ec2api.RuleSpec) { r.Protocol = int32(*n) })
	}
	in.change = append(in.change, readPortChanges(p)...)
	return in
}

func readPortChanges(p *params) []func(*ec2api.RuleSpec) {
	var out []func(*ec2api.RuleSpec)
	source, destination := readPorts(p, "SourcePortRange"), readPorts(p, "DestinationPortRange")
	gone := removals(p, map[string]string{
		"source-port-range": "SourcePortRange", "destination-port-range": "DestinationPortRange", "protocol": "Protocol", "description": "Description",
	})
	if p.has("SourcePortRange") || gone["source-port-range"] {
		out = append(out, func(r *ec2api.RuleSpec) { r.SourcePorts = source })
	}
	if p.has("DestinationPortRange") || gone["destination-port-range"] {
		out = append(out, func(r *ec2api.RuleSpec) { r.DestinationPorts = destination })
	}
	if gone["protocol"] {
		out = append(out, func(r *ec2api.RuleSpec) { r.Protocol = 0 })
	}
	if gone["description"] {
		out = append(out, func(r *ec2api.RuleSpec) { r.Description = "" })
	}
	return out
}

func modifyRule(c *call, in ruleChange) ([]element, error) {
	was, err := c.server.findRule(c, in.id)
	if err != nil {
		return nil, err
	}
	to := was.RuleSpec
	for _, change := range in.change {
		change(&to)
	}
	now, err := c.account.EC2.ModifyTrafficMirrorFilterRule(c.ctx, ec2api.ModifyTrafficMirrorFilterRule{ID: in.id, Was: was.RuleSpec, To: to, DryRun: in.dryRun})
	if err != nil {
		return nil, err
	}
	return []element{group("trafficMirrorFilterRule", showRule(now)...)}, nil
}

// findRule reads the filters until one has the rule.
func (s *Server) findRule(c *call, id string) (ec2api.TrafficMirrorFilterRule, error) {
	filters, err := every(c.ctx, c.account.EC2.DescribeTrafficMirrorFilters, ec2api.Query{})
	if err != nil {
		return ec2api.TrafficMirrorFilterRule{}, err
	}
	for _, f := range filters {
		for _, r := range rulesOf(f) {
			if r.ID == id {
				return r, nil
			}
		}
	}
	return ec2api.TrafficMirrorFilterRule{}, noRule(id)
}

func noRule(id string) error {
	return fault(ec2api.CodeFilterRuleNotFound, "The traffic mirror filter rule '%.80s' does not exist", id)
}

func rulesOf(f ec2api.TrafficMirrorFilter) []ec2api.TrafficMirrorFilterRule {
	return append(slices.Clone(f.Ingress), f.Egress...)
}

// every reads all pages of a describe.
func every[T any](ctx context.Context, ask func(context.Context, ec2api.Query) (ec2api.Page[T], error), q ec2api.Query) ([]T, error) {
	var out []T
	for {
		page, err := ask(ctx, q)
		if err != nil {
			return nil, err
		}
		out = append(out, page.Items...)
		if page.Next == "" {
			return out, nil
		}
		q.NextToken = page.Next
	}
}

// ruleQuery asks for rules, which the contract has only inside their filters.
type ruleQuery struct {
	reading
	filter string
}

func readRuleQuery(p *params) ruleQuery {
	return ruleQuery{reading: readQuery(p, "TrafficMirrorFilterRuleId"), filter: p.text("TrafficMirrorFilterId")}
}

func describeRules(c *call, in ruleQuery) ([]element, error) {
	if in.dryRun {
		return nil, dryRun()
	}
	var q ec2api.Query
	if in.filter != "" {
		q.IDs = []string{in.filter}
	}
	filters, err := every(c.ctx, c.account.EC2.DescribeTrafficMirrorFilters, q)
	if err != nil {
		return nil, err
	}
	var all []ec2api.TrafficMirrorFilterRule
	for _, f := range filters {
		all = append(all, rulesOf(f)...)
	}
	kept, err := pickRules(all, in.q)
	if err != nil {
		return nil, err
	}
	page, next, err := slicePage(kept, in.q.NextToken, int(in.q.MaxResults))
	if err != nil {
		return nil, err
	}
	return []element{set("trafficMirrorFilterRuleSet", page, showRule), maybe("nextToken", next)}, nil
}

// pickRules keeps those that are named and that fit the filters. Every rule that is named must be there.
func pickRules(all []ec2api.TrafficMirrorFilterRule, q ec2api.Query) ([]ec2api.TrafficMirrorFilterRule, error) {
	for _, id := range q.IDs {
		if !slices.ContainsFunc(all, func(r ec2api.TrafficMirrorFilterRule) bool { return r.ID == id }) {
			return nil, noRule(id)
		}
	}
	var kept []ec2api.TrafficMirrorFilterRule
	for _, r := range all {
		fits, err := fitsFilters(ruleFields(r), r.Tags, q.Filters)
		if err != nil {
			return nil, err
		}
		if fits && (len(q.IDs) == 0 || slices.Contains(q.IDs, r.ID)) {
			kept = append(kept, r)
		}
	}
	return kept, nil
}

// ruleFields are what DescribeTrafficMirrorFilterRules can filter by.
func ruleFields(r ec2api.TrafficMirrorFilterRule) map[string]string {
	ports := func(p ec2api.PortRange) string {
		return strconv.Itoa(int(p.From)) + "-" + strconv.Itoa(int(p.To))
	}
	return map[string]string{
		"traffic-mirror-filter-rule-id": r.ID, "traffic-mirror-filter-id": r.Filter, "rule-number": strconv.Itoa(int(r.Number)),
		"rule-action": r.Action, "traffic-direction": r.Direction, "protocol": strconv.Itoa(int(r.Protocol)),
		"source-cidr-block": r.SourceCIDR, "destination-cidr-block": r.DestinationCIDR,
		"source-port-range": ports(r.SourcePorts), "destination-port-range": ports(r.DestinationPorts), "description": r.Description,
	}
}

// fitsFilters holds fields against filters as EC2 does: any of a filter's values, all of the filters. An unknown filter is refused.
func fitsFilters(fields, tags map[string]string, filters map[string][]string) (bool, error) {
	for _, name := range slices.Sorted(maps.Keys(filters)) {
		value, known := fields[name]
		if key, isTag := strings.CutPrefix(name, "tag:"); isTag && tags != nil {
			if value, known = tags[key]; !known {
				return false, nil
			}
		}
		if !known {
			return false, invalid(name, "Filter", "there is no such filter")
		}
		if !slices.ContainsFunc(filters[name], func(pattern string) bool { return wildcard(pattern, value) }) {
			return false, nil
		}
	}
	return true, nil
}
