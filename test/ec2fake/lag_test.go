package ec2fake

import (
	"context"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// TestLag holds that describes show what was five seconds ago: of what is made, changed and deleted.
func TestLag(t *testing.T) {
	st := newStage(t, Settings{})
	ctx, eni := context.Background(), st.eni()
	st.c.Tune(func(s *Settings) { s.Lag = 5 * time.Second })
	s := st.session(eni, 1)
	byInterface := ec2api.Query{Filters: map[string][]string{"network-interface-id": {eni}}}
	seen := func(want ...int32) {
		t.Helper()
		for _, q := range []ec2api.Query{{}, byInterface} {
			got := st.sessions(q)
			if len(got) != len(want) || len(got) == 1 && got[0].SessionNumber != want[0] {
				t.Fatalf("at %s: %+v, want numbers %v", st.now.Format("05"), got, want)
			}
		}
	}
	seen()
	st.now = st.now.Add(2 * time.Second) // 2: changed before it was ever shown
	n := int32(7)
	must(st.ec2.ModifyTrafficMirrorSession(ctx, ec2api.ModifyTrafficMirrorSession{ID: s.ID, SessionNumber: &n}))(t)
	seen()
	st.now = st.now.Add(3 * time.Second) // 5
	seen(1)
	_, err := st.ec2.CreateTrafficMirrorSession(ctx, st.ask(eni, 7))
	st.refused(err, ec2api.CodeInvalidParameterValue) // rules hold what is, not what is shown
	st.now = st.now.Add(2 * time.Second)              // 7
	seen(7)
	st.ok(st.ec2.DeleteTrafficMirrorSession(ctx, ec2api.Delete{ID: s.ID}))
	seen(7)
	st.refused(st.ec2.DeleteTrafficMirrorSession(ctx, ec2api.Delete{ID: s.ID}), ec2api.CodeSessionNotFound)
	st.now = st.now.Add(5 * time.Second) // 12
	seen()
	if r := st.c.regions[region1]; len(r.sessions.rows) != 0 || len(r.sessions.pending) != 0 || len(r.sessions.lists) != 0 {
		t.Errorf("what nobody is shown any more is still kept: %d rows, %d changes, %d lists", len(r.sessions.rows), len(r.sessions.pending), len(r.sessions.lists))
	}
}

// TestRulesDoNotLag holds that rules are held against what is: a target that was used until now may go, one used since may not.
func TestRulesDoNotLag(t *testing.T) {
	st := newStage(t, Settings{})
	ctx := context.Background()
	s := st.session(st.eni(), 1)
	next := must(st.ec2.CreateTrafficMirrorTarget(ctx, ec2api.CreateTrafficMirrorTarget{NetworkLoadBalancer: st.fleet.Balancer.ARN}))(t)
	st.c.Tune(func(s *Settings) { s.Lag = 5 * time.Second })
	must(st.ec2.ModifyTrafficMirrorSession(ctx, ec2api.ModifyTrafficMirrorSession{ID: s.ID, Target: &next.ID}))(t)
	st.refused(st.ec2.DeleteTrafficMirrorTarget(ctx, ec2api.Delete{ID: next.ID}), ec2api.CodeTargetInUse)
	st.ok(st.ec2.DeleteTrafficMirrorTarget(ctx, ec2api.Delete{ID: st.target.ID}))
	byTarget := func(id string) int {
		return len(st.sessions(ec2api.Query{Filters: map[string][]string{"traffic-mirror-target-id": {id}}}))
	}
	if byTarget(st.target.ID) != 1 || byTarget(next.ID) != 0 {
		t.Error("a filter does not go by what is shown")
	}
	st.now = st.now.Add(5 * time.Second)
	if byTarget(st.target.ID) != 0 || byTarget(next.ID) != 1 {
		t.Error("a filter does not go by what is shown after the lag")
	}
	st.ok(st.ec2.DeleteTrafficMirrorSession(ctx, ec2api.Delete{ID: s.ID}))
	st.ok(st.ec2.DeleteTrafficMirrorFilter(ctx, ec2api.Delete{ID: st.filter.ID}))
}

// TestUnseen holds both answers to a call on what no describe shows yet.
func TestUnseen(t *testing.T) {
	st := newStage(t, Settings{})
	ctx, eni := context.Background(), st.eni()
	st.c.Tune(func(s *Settings) { s.Lag = 5 * time.Second })
	st.ok(st.ec2.DeleteTrafficMirrorSession(ctx, ec2api.Delete{ID: st.session(eni, 1).ID}))
	s := st.session(eni, 1)
	st.c.Tune(func(s *Settings) { s.UnseenNotFound = true })
	st.refused(st.ec2.DeleteTrafficMirrorSession(ctx, ec2api.Delete{ID: s.ID}), ec2api.CodeSessionNotFound)
	st.refused(st.ec2.CreateTags(ctx, []string{s.ID}, map[string]string{"a": "b"}), ec2api.CodeSessionNotFound)
	rule := must(st.ec2.CreateTrafficMirrorFilterRule(ctx, ec2api.CreateTrafficMirrorFilterRule{Filter: st.filter.ID, RuleSpec: everything("egress", 1)}))(t)
	st.refused(st.ec2.DeleteTrafficMirrorFilterRule(ctx, ec2api.Delete{ID: rule.ID}), ec2api.CodeFilterRuleNotFound)
	st.now = st.now.Add(5 * time.Second)
	st.ok(st.ec2.DeleteTrafficMirrorFilterRule(ctx, ec2api.Delete{ID: rule.ID}))
	st.ok(st.ec2.CreateTags(ctx, []string{s.ID}, map[string]string{"a": "b"}))
	st.ok(st.ec2.DeleteTrafficMirrorSession(ctx, ec2api.Delete{ID: s.ID}))
}

// TestRandomLag holds that with random lag every change is shown within the bound, in the order of the changes of an object, and that
// the log of changes stays short.
func TestRandomLag(t *testing.T) {
	st := newStage(t, Settings{})
	ctx, eni := context.Background(), st.eni()
	s := st.session(eni, 1)
	st.c.Tune(func(s *Settings) { s.Lag, s.RandomLag = 10*time.Second, true })
	last, stale := int32(1), 0
	for n := int32(2); n < 500; n++ {
		must(st.ec2.ModifyTrafficMirrorSession(ctx, ec2api.ModifyTrafficMirrorSession{ID: s.ID, SessionNumber: &n}))(t)
		st.now = st.now.Add(time.Second)
		got := st.sessions(ec2api.Query{})[0].SessionNumber
		if got < last || n-got > 10 {
			t.Fatalf("change %d: shown is %d, and %d was", n, got, last)
		}
		if got != n {
			stale++
		}
		last = got
		if p := st.c.regions[region1].sessions.pending; len(p) > 11 || len(p) > 0 && len(p[0].r.past) > 12 {
			t.Fatalf("%d changes are kept", len(p))
		}
	}
	if stale < 100 {
		t.Errorf("only %d of 500 reads were stale", stale)
	}
}
