package mirror

import (
	"errors"
	"fmt"
	"slices"

	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/plan"
	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// errUnshown is why a step is left for the next pass: what it would have made is there, and AWS does not show it yet.
var errUnshown = errors.New("AWS does not show yet what is there")

// createRule makes a rule of a filter. Where AWS says that there is one of its direction and number, an earlier try made it that the
// plan did not see yet, or a person did: it is as it should be only if reading it back says so.
func (p *pass) createRule(pl *place, in *ec2api.CreateTrafficMirrorFilterRule) (effect, error) {
	made, err := called(p, pl, "CreateTrafficMirrorFilterRule", pl.api.EC2.CreateTrafficMirrorFilterRule, *in)
	if !ec2api.Is(err, ec2api.CodeFilterRuleExists) {
		return effect{id: made.ID, called: true}, err
	}
	have, seen, readErr := p.ruleAt(pl, in)
	switch {
	case ec2api.IsNotFound(readErr):
		err = fmt.Errorf("filter %s: %w: %w", in.Filter, errUnshown, err)
	case readErr != nil:
		err = fmt.Errorf("read back rule %s %d of filter %s: %w", in.Direction, in.Number, in.Filter, readErr)
	case !seen:
		err = fmt.Errorf("rule %s %d of filter %s: %w: %w", in.Direction, in.Number, in.Filter, errUnshown, err)
	case !plan.SameRule(have.RuleSpec, in.RuleSpec):
		err = fmt.Errorf("rule %s %d of filter %s says something else, which the next pass mends: %w", in.Direction, in.Number, in.Filter, err)
	default:
		err = nil
	}
	return effect{id: have.ID, called: true}, err
}

// ruleAt reads the rule that has the direction and number of one that is asked for.
func (p *pass) ruleAt(pl *place, in *ec2api.CreateTrafficMirrorFilterRule) (have ec2api.TrafficMirrorFilterRule, seen bool, err error) {
	page, err := called(p, pl, "DescribeTrafficMirrorFilters", pl.api.EC2.DescribeTrafficMirrorFilters, ec2api.Query{IDs: []string{in.Filter}})
	if err != nil {
		return have, false, err
	}
	for _, f := range page.Items {
		rules := slices.Concat(f.Ingress, f.Egress)
		at := slices.IndexFunc(rules, func(r ec2api.TrafficMirrorFilterRule) bool {
			return r.Direction == in.Direction && r.Number == in.Number
		})
		if f.ID == in.Filter && at >= 0 {
			return rules[at], true, nil
		}
	}
	return have, false, nil
}
