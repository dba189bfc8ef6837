package mirror

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/plan"
	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// filterOf is the filter of the house's sessions, as it is.
func (h *house) filterOf() ec2api.TrafficMirrorFilter {
	return h.cloud.State(region).Filters[h.sessions(firstID)[0].Filter]
}

// TestRuleDeletedIsMadeAgain: a rule that somebody deletes soon after it was made, as often as they like, is there again after the next sweep.
func TestRuleDeletedIsMadeAgain(t *testing.T) {
	h := build(t, 1, "")
	l := h.loop()
	h.sweep(l)
	for range 3 {
		h.clock.Move(time.Minute)
		h.ok(h.cloud.Account(firstID, region).EC2.DeleteTrafficMirrorFilterRule(context.Background(), ec2api.Delete{ID: h.filterOf().Ingress[0].ID}))
		h.sweep(l)
		if f := h.filterOf(); len(f.Ingress) != 2 || len(f.Egress) != 2 {
			t.Fatalf("the filter is %+v", f)
		}
	}
}

// TestRuleThatExists: AWS's answer that there is a rule already is a success only if the rule is the one that is wanted.
func TestRuleThatExists(t *testing.T) {
	for _, c := range []struct {
		name   string
		action string
		lag    time.Duration
		want   Result
	}{
		{"the same", "accept", 0, Done},
		{"another", "reject", 0, Failed},
		{"not shown", "accept", 5 * time.Second, Left},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := build(t, 1, "")
			l := h.loop()
			h.sweep(l)
			h.clock.Move(time.Hour)
			was, api := h.filterOf().Ingress[0], h.cloud.Account(firstID, region).EC2
			h.ok(api.DeleteTrafficMirrorFilterRule(context.Background(), ec2api.Delete{ID: was.ID}))
			made := ec2api.TrafficMirrorFilterRule{}
			h.cloud.Hooks(func(ctx context.Context, _, _, call string) (err error) {
				if call != "CreateTrafficMirrorFilterRule" || made.ID != "" {
					return nil
				}
				made.ID = "asked for"
				h.cloud.Tune(func(set *fakeSettings) { set.Lag = c.lag })
				in := ec2api.CreateTrafficMirrorFilterRule{Filter: was.Filter, RuleSpec: was.RuleSpec}
				in.Action = c.action
				made, err = api.CreateTrafficMirrorFilterRule(ctx, in)
				return err
			}, nil)
			report := h.sweep(l)
			var outcomes []Outcome
			for _, p := range report.Places {
				outcomes = append(outcomes, slices.Concat(p.Done, p.Failed, p.Left)...)
			}
			at := slices.IndexFunc(outcomes, func(o Outcome) bool { return o.Step.Action == plan.CreateRule })
			if at < 0 || outcomes[at].Result != c.want || c.want == Done && outcomes[at].ID != made.ID {
				t.Fatalf("%+v; want %s of rule %s", outcomes, c.want, made.ID)
			}
			h.clock.Move(5 * time.Minute)
			h.sweep(l)
			if now := h.filterOf().Ingress[0]; now.ID != made.ID || !plan.SameRule(now.RuleSpec, was.RuleSpec) {
				t.Errorf("in the end the rule is %+v; want %s as %+v", now, made.ID, was.RuleSpec)
			}
		})
	}
}
