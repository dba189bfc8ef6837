package plan

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/policy"
	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// fabricStanding is a settled world with a session of ours in each account, bound, and one of somebody else.
func fabricStanding(t *testing.T, p *policy.Policy) *World {
	w := fabricSettled(t, p)
	w.Bindings = map[string]events.Binding{}
	for i := range w.Accounts {
		a := &w.Accounts[i]
		fabricMirror(a, "eni-"+a.ID[:3], "vpc-1", "eu-west-1a")
		a.Sessions[0].Target, a.Sessions[0].Filter = w.Accounts[0].Targets[0].ID, a.Filters[0].ID
		a.Sessions = append(a.Sessions, ec2api.TrafficMirrorSession{ID: "tms-foreign-" + a.ID[:3], Owner: a.ID, Target: "tmt-x", Filter: "tmf-x"})
		w.Bindings["eni-"+a.ID[:3]] = events.Binding{VNI: 1, Account: a.ID, Region: fabricHome, Interface: "eni-" + a.ID[:3]}
		w.Bindings["eni-gone-"+a.ID[:3]] = events.Binding{VNI: 7, Account: a.ID, Region: fabricHome, Interface: "eni-gone-" + a.ID[:3]}
	}
	w.Accounts[0].Sessions = append(w.Accounts[0].Sessions, w.Accounts[1].Sessions[0]) // the target's owner sees it, too
	return w
}

func fabricActions(steps []Step) []string {
	var out []string
	for _, s := range steps {
		out = append(out, s.Account[:3]+" "+string(s.Action))
	}
	return out
}

func TestTeardown(t *testing.T) {
	all := []string{
		"111 delete_session", "222 delete_session", "111 delete_filter", "222 delete_filter",
		"111 delete_share", "111 delete_target", "111 release_vni", "222 release_vni", // the VNIs of the sessions are given back with them
	}
	for name, c := range map[string]struct {
		world  func(w *World)
		policy func(p *policy.Policy)
		want   []string
		held   []string // with the beginning of the rail
	}{
		"everything of ours, sessions first": {want: all},
		"one account was not seen whole": {
			world: func(w *World) { w.Accounts[1].Failures = []string{"DescribeTrafficMirrorSessions: InternalError"} },
			want:  []string{"111 delete_session", "222 delete_session", "111 delete_filter", "111 release_vni"},
			held:  []string{"222 delete_filter failures", "111 delete_share failures", "111 delete_target failures", "222 release_vni failures"},
		},
		"one account was not seen at all": {
			world: func(w *World) { w.Accounts = w.Accounts[:1] },
			want:  []string{"111 delete_session", "111 delete_filter", "111 release_vni"},
			held:  []string{"111 delete_share unseen", "111 delete_target unseen", "222 release_vni unseen", "222 release_vni unseen"},
		},
		"a session may have been made a moment ago": {
			world: func(w *World) {
				b := w.Bindings["eni-gone-222"]
				b.From = w.At.Add(-time.Minute)
				w.Bindings["eni-gone-222"] = b
			},
			want: all[:7],
			held: []string{"222 release_vni settle"},
		},
		"somebody else uses our target": {
			world: func(w *World) {
				w.Accounts[0].Sessions = append(w.Accounts[0].Sessions, ec2api.TrafficMirrorSession{ID: "tms-z", Owner: fabricAlienID, Target: w.Accounts[0].Targets[0].ID})
			},
			want: slices.Concat(all[:4], all[6:]),
			held: []string{"111 delete_share in use", "111 delete_target in use"},
		},
		"a part of the world": {
			world: func(w *World) { w.Scope = []string{"eni-111"} },
			want:  all[:2],
			held: []string{
				"111 delete_filter scope", "222 delete_filter scope", "111 delete_share scope", "111 delete_target scope",
				"111 release_vni scope", "222 release_vni scope",
			},
		},
		"frozen": {
			policy: func(p *policy.Policy) { p.Switch = policy.Frozen },
			held: []string{
				"111 delete_session frozen", "222 delete_session frozen", "111 delete_filter frozen", "222 delete_filter frozen",
				"111 delete_share frozen", "111 delete_target frozen", "111 release_vni frozen", "222 release_vni frozen",
			},
		},
		"somebody else shares": {
			policy: func(p *policy.Policy) { p.Fleet.Share.Manage = false },
			want:   slices.Concat(all[:4], all[5:]),
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := fabricPolicy()
			p.Limits.Settle = 2 * time.Minute
			w := fabricStanding(t, p)
			fabricChange(w, p, c.world, c.policy)
			got := Teardown(*w, *p)
			if a := fabricActions(got.Steps); !slices.Equal(a, c.want) {
				t.Errorf("takes %v, want %v", a, c.want)
			}
			var held []string
			for i, h := range got.Held {
				held = append(held, fabricActions([]Step{h.Step})[0]+" "+h.Rail)
				if i < len(c.held) && strings.HasPrefix(held[i], c.held[i]) {
					held[i] = c.held[i]
				}
			}
			if !slices.Equal(held, c.held) {
				t.Errorf("holds %q, want %q", held, c.held)
			}
			after := fabricApply(t, w, got.Steps)
			for i, a := range after.Accounts {
				if !slices.ContainsFunc(a.Sessions, func(s ec2api.TrafficMirrorSession) bool { return s.ID == "tms-foreign-"+a.ID[:3] }) {
					t.Errorf("the foreign session of account %d is gone", i)
				}
			}
		})
	}
}

func TestTeardownSaysWhatIsLeftAndWhatItSaves(t *testing.T) {
	p := fabricPolicy()
	w := fabricStanding(t, p)
	got := Teardown(*w, *p)
	if e := got.Estimate; e.Sessions != 2 || e.SessionsAfter != 0 || e.MonthlyUSD != 2*0.015*730 || e.MonthlyUSDAfter != 0 || got.Steps[0].Monthly != -0.015*730 {
		t.Errorf("estimate %+v, first step %v", e, got.Steps[0].Monthly)
	}
	fabricWarns(t, got.Warnings, "load balancer sensors in eu-west-1 stays")
	w.Accounts[1].Failures = []string{"DescribeVpcs: InternalError"}
	fabricWarns(t, Teardown(*w, *p).Warnings, "of 222222222222/eu-west-1 not everything was seen")
	w.Accounts = w.Accounts[:1]
	fabricWarns(t, Teardown(*w, *p).Warnings, "of 222222222222/eu-west-1 nothing was read")
}
