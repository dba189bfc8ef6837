package plan

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/policy"
)

// hosts puts in n hosts with their sessions, h00 to hNN.
func (s *scene) hosts(n int, edit ...edit) *scene {
	for i := range n {
		id := fmt.Sprintf("h%02d", i)
		s.host(id, edit...).session(id, uint32(100+i))
	}
	return s
}

func count(steps []Step, a Action) int {
	n := 0
	for _, s := range steps {
		if s.Action == a {
			n++
		}
	}
	return n
}

func rail(p *Plan) string {
	if len(p.Held) == 0 {
		return ""
	}
	return p.Held[0].Rail
}

// TestDeleteBound: somebody sets the tag of 60 instances to off by mistake.
func TestDeleteBound(t *testing.T) {
	tests := []struct {
		limits  string
		n, gone int
		rail    string
	}{
		{"{}", 60, 6, "deletes: 7 of at most 6 a pass in 111122223333/eu-central-1"},
		{"{delete_percent: 100}", 60, 25, "deletes: 26 of at most 25 a pass"},
		{"{delete_percent: 1}", 60, 5, "deletes: 6 of at most 5 a pass"},
		{"{deletes: 2}", 60, 2, "deletes: 3 of at most 2 a pass"},
		{"{}", 5, 5, ""},
	}
	for _, tt := range tests {
		s := newScene(t, "limits: "+tt.limits+"\n").hosts(tt.n, instanceTag("off"))
		p := s.plan()
		if got := count(p.Steps, DeleteSession); got != tt.gone || len(p.Held) != tt.n-tt.gone || !strings.HasPrefix(rail(&p), tt.rail) {
			t.Errorf("%s: %d go, %d are held by %q; want %d, %d, %q", tt.limits, got, len(p.Held), rail(&p), tt.gone, tt.n-tt.gone, tt.rail)
		}
		s.want.Switch = policy.Off
		if p := s.plan(); count(p.Steps, DeleteSession) != tt.n {
			t.Errorf("%s, switch off: %d go, want all %d", tt.limits, count(p.Steps, DeleteSession), tt.n)
		}
	}
}

// TestRails: what holds a step, and what people read.
func TestRails(t *testing.T) {
	tests := map[string]struct {
		policy string
		world  func(*scene)
		steps  []string
		held   []string
		rail   string
	}{
		"frozen": {"switch: frozen\n", func(s *scene) { s.host("a").host("b", instanceTag("off")).session("b", 5) }, nil,
			[]string{"delete_session eni-b", "create_session eni-a"}, "frozen: "},
		"a call failed": {"", func(s *scene) {
			s.host("a").host("b", instanceTag("off")).session("b", 5)
			s.account().Failures = []string{"DescribeVpcs: InternalError"}
		}, []string{"create_session eni-a"}, []string{"delete_session eni-b"}, "failed: not everything could be read: DescribeVpcs: InternalError"},
		"off does not wait for what failed": {"switch: off\n", func(s *scene) {
			s.host("b").session("b", 5)
			s.account().Failures = []string{"DescribeVpcs: InternalError"}
		}, []string{"delete_session eni-b"}, nil, ""},
		"the target is not there and cannot be made here": {"", func(s *scene) {
			s.host("a")
			s.account().Targets, s.want.Fleet.Account = nil, second
		}, nil, []string{"create_session eni-a"}, "waits: target/eu-central-1/" + fleetLB},
		"the filter is made first": {"", func(s *scene) {
			s.host("a")
			s.account().Filters = nil
		}, []string{"create_filter ", "set_network_services ", "create_rule ", "create_rule ", "create_rule ", "create_rule ", "create_session eni-a"}, nil, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, tt.policy)
			tt.world(s)
			p := s.plan()
			held := []string{}
			for _, h := range p.Held {
				held = append(held, actions([]Step{h.Step})[0])
			}
			if got := actions(p.Steps); !slices.Equal(got, append([]string{}, tt.steps...)) || !slices.Equal(held, append([]string{}, tt.held...)) || !strings.HasPrefix(rail(&p), tt.rail) {
				t.Errorf("steps %v, held %v by %q;\nwant  %v, held %v by %q", got, held, rail(&p), tt.steps, tt.held, tt.rail)
			}
			if slices.Contains(held, "create_session eni-a") {
				if c := p.of(t, "eni-a"); c.State != events.CoveragePending || !strings.Contains(c.Reason, tt.rail) {
					t.Errorf("eni-a is %s: %q", c.State, c.Reason)
				}
			}
		})
	}
}

// TestShrank: an answer from which more than half is missing removes nothing, and the next pass goes on from it.
func TestShrank(t *testing.T) {
	full := newScene(t, "").hosts(12)
	stored := func(s *scene) {
		for _, c := range full.plan().Coverage {
			s.Before[c.Interface] = c
		}
	}
	t.Run("interfaces", func(t *testing.T) {
		s := newScene(t, "").hosts(12)
		stored(s)
		s.account().Interfaces = s.account().Interfaces[:5]
		p := s.plan()
		if !p.Empty() || len(p.Held) != 7 || !strings.Contains(rail(&p), "of 12 interfaces only 5 are seen") {
			t.Errorf("steps %v, held %d by %q", actions(p.Steps), len(p.Held), rail(&p))
		}
		if !strings.Contains(strings.Join(p.Warnings, "\n"), "nothing is removed in 111122223333/eu-central-1") {
			t.Errorf("nobody is told: %v", p.Warnings)
		}
	})
	t.Run("sessions", func(t *testing.T) {
		s := newScene(t, "").hosts(12)
		stored(s)
		s.account().Sessions = s.account().Sessions[:5]
		p := s.plan()
		if c := p.of(t, "eni-h11"); !p.Empty() || c.State != events.CoveragePending || !strings.Contains(c.Reason, "of 12 sessions only 5 are seen") {
			t.Errorf("steps %v, eni-h11 is %s: %s", actions(p.Steps), c.State, c.Reason)
		}
		next, err := After(s.World, s.want, p, noon.Add(5*time.Minute))
		if err != nil {
			t.Fatal(err)
		}
		if p := Make(next, s.want); count(p.Steps, CreateSession) != 7 {
			t.Errorf("the next pass does %v", actions(p.Steps))
		}
	})
	t.Run("of a handful", func(t *testing.T) {
		s := newScene(t, "").hosts(3)
		s.before("eni-x", events.CoverageMirrored, noon).before("eni-y", events.CoverageMirrored, noon)
		s.account().Interfaces = s.account().Interfaces[:1]
		if p := s.plan(); count(p.Steps, DeleteSession) != 2 {
			t.Errorf("steps %v", actions(p.Steps))
		}
	})
}

// TestPriority: where the budget does not suffice the higher priority is let in, and the others are named in order.
func TestPriority(t *testing.T) {
	s := newScene(t, "profiles: {low: {priority: -1}, high: {priority: 9}}\nbudget: {sessions: 3}\n")
	s.host("a", instanceTag("low")).host("b").host("c", instanceTag("high")).host("d", instanceTag("high")).host("e").host("f").session("f", 5)
	p := s.plan()
	if got := actions(p.Steps); !slices.Equal(got, []string{"create_session eni-c", "create_session eni-d"}) {
		t.Errorf("steps %v", got)
	}
	var left []string
	for _, l := range p.LeftOut {
		left = append(left, fmt.Sprintf("%s %d %s", l.Interface, l.Priority, l.Reason))
	}
	why := " the policy's budget is 3 sessions, and all are used"
	if want := []string{"eni-b 0" + why, "eni-e 0" + why, "eni-a -1" + why}; !slices.Equal(left, want) {
		t.Errorf("left out:\n%s", strings.Join(left, "\n"))
	}
	if e := p.Estimate; e != (Estimate{Sessions: 1, SessionsAfter: 3, MonthlyUSD: 10.95, MonthlyUSDAfter: 32.85}) {
		t.Errorf("estimate %+v", e)
	}
}

// TestEstimate: what goes saves, in the price of its region.
func TestEstimate(t *testing.T) {
	s := newScene(t, "prices: {regions: {eu-central-1: 0.02}}\n").hosts(4, instanceTag("off")).host("a")
	if e := s.plan().Estimate; e != (Estimate{Sessions: 4, SessionsAfter: 1, MonthlyUSD: 58.4, MonthlyUSDAfter: 14.6}) {
		t.Errorf("estimate %+v", e)
	}
}

// TestWhatIsMirroredStays: a budget that was lowered removes nothing.
func TestWhatIsMirroredStays(t *testing.T) {
	s := newScene(t, "budget: {sessions: 2}\nlimits: {session_quota: 101}\n").hosts(6)
	if p := s.plan(); !p.Empty() || len(p.LeftOut) != 0 {
		t.Errorf("steps %v, left out %v", actions(p.Steps), p.LeftOut)
	}
}

// TestScope: a pass about one interface counts all the others as they were last counted, and touches none of them.
// TestLeftovers: sessions and bindings that nothing needs any more.
// TestCommonPackets: which filters have packets in common.
// TestExplain: everything that an analyst would have to look up, in one answer.
