package plan

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/policy"
	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
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

// TestWhatIsMirroredStays: a budget that was lowered removes nothing.
func TestWhatIsMirroredStays(t *testing.T) {
	s := newScene(t, "budget: {sessions: 2}\nlimits: {session_quota: 101}\n").hosts(6)
	if p := s.plan(); !p.Empty() || len(p.LeftOut) != 0 {
		t.Errorf("steps %v, left out %v", actions(p.Steps), p.LeftOut)
	}
}

// TestScope: a pass about one interface counts all the others as they were last counted, and touches none of them.
func TestScope(t *testing.T) {
	for _, used := range []int{2, 3} {
		s := newScene(t, "budget: {sessions: 3}\n").host("a").host("b", instanceTag("off")).session("b", 5)
		s.Scope, s.Usage = []string{"eni-a"}, map[string]int{Place(homeID, region): 1, Place(second, region): used - 1}
		s.Bindings["eni-gone"] = events.Binding{VNI: 9, Account: homeID, Region: region, Interface: "eni-gone", From: noon.Add(-time.Hour)}
		p := s.plan()
		want, state := []string{"create_session eni-a"}, events.CoveragePending
		if used == 3 {
			want, state = []string{}, events.CoverageBudget
		}
		if got := actions(p.Steps); !slices.Equal(got, want) || len(p.Coverage) != 1 || p.Coverage[0].State != state {
			t.Errorf("with %d used: steps %v, coverage %+v", used, got, p.Coverage)
		}
	}
}

// TestLeftovers: sessions and bindings that nothing needs any more.
func TestLeftovers(t *testing.T) {
	tests := map[string]struct {
		world func(*scene)
		steps []string
	}{
		"two sessions of ours: the bound one stays": {func(s *scene) {
			s.host("a").session("a", 5)
			twin := s.account().Sessions[0]
			twin.ID, twin.SessionNumber, twin.VirtualNetworkID = "tms-0", 2, 9
			s.account().Sessions = append(s.account().Sessions, twin)
		}, []string{"delete_session eni-a"}},
		"a session whose interface is gone": {func(s *scene) {
			s.host("a").session("a", 5)
			s.account().Interfaces = nil
		}, []string{"delete_session eni-a"}},
		"a session whose interface may not be visible yet": {func(s *scene) {
			s.host("a").session("a", 5, func(x *ec2api.TrafficMirrorSession) { x.Tags[TagCreated] = noon.Add(-time.Minute).Format(time.RFC3339) })
			s.account().Interfaces = nil
		}, nil},
		"a binding whose session is gone": {func(s *scene) {
			s.host("a", instanceTag("off")).session("a", 5)
			s.account().Sessions = nil
		}, []string{"release_vni eni-a"}},
		"a young binding stays": {func(s *scene) {
			s.Bindings["eni-a"] = events.Binding{VNI: 5, Account: homeID, Region: region, Interface: "eni-a", From: noon.Add(-time.Minute)}
		}, nil},
		"a binding of an account that was not looked at stays": {func(s *scene) {
			s.Bindings["eni-a"] = events.Binding{VNI: 5, Account: second, Region: region, Interface: "eni-a", From: noon.Add(-time.Hour)}
		}, nil},
		"a new address": {func(s *scene) {
			s.host("a", func(n *ec2api.NetworkInterface, _ *ec2api.Instance) {
				n.Addresses = append(n.Addresses, n.PrimaryAddress.Next())
			}).session("a", 5)
		}, []string{"bind_vni eni-a"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, "")
			tt.world(s)
			p := s.plan()
			if got := actions(p.Steps); !slices.Equal(got, append([]string{}, tt.steps...)) {
				t.Errorf("steps %v, want %v", got, tt.steps)
			}
			for _, step := range p.Steps {
				if name == "two sessions of ours: the bound one stays" && step.Object != "tms-0" {
					t.Errorf("%s goes", step.Object)
				}
			}
		})
	}
}

func TestFamilies(t *testing.T) {
	young := map[string]Verdict{"m9x": {Family: "m9x", At: noon.Add(-time.Hour)}, "m6i": {Family: "m6i", Supported: true, At: noon.Add(-time.Hour)}}
	tests := []struct {
		name             string
		verdicts         map[string]Verdict
		info             *ec2api.InstanceType
		supported, known bool
	}{
		{"m5.large", nil, nil, true, true},
		{"c6g.medium", nil, nil, true, true},
		{"m6i.large", nil, nil, false, true},
		{"M7I-flex.large", nil, nil, false, true},
		{"m6i.large", young, nil, true, true},
		{"t2.micro", nil, nil, false, true},
		{"m4.large", nil, nil, true, true},
		{"m3.large", nil, nil, false, true},
		{"m5.metal", nil, nil, false, true},
		{"m8i.metal-24xl", nil, nil, false, true},
		{"m8i.large", nil, nil, true, false},
		{"m9x.large", young, nil, false, true},
		{"old.large", nil, &ec2api.InstanceType{Hypervisor: "xen"}, false, true},
		{"mac9.large", nil, &ec2api.InstanceType{BareMetal: true}, false, true},
		{"new.large", nil, &ec2api.InstanceType{Hypervisor: "nitro"}, true, false},
	}
	for _, tt := range tests {
		got := SourceSupport(tt.name, tt.verdicts, tt.info, noon, 24*time.Hour)
		if got.Supported != tt.supported || got.Known != tt.known || got.Reason == "" || tt.supported != (got.Fix == "") {
			t.Errorf("%s: %+v", tt.name, got)
		}
	}
	for _, f := range []string{"t3", "t4g", "m5", "m6g", "c5", "c6g", "r5", "r6g", "i3en"} {
		if !SourceSupport(f+".large", nil, nil, noon, time.Hour).Supported {
			t.Errorf("%s is recommended and does not work", f)
		}
	}
}

// TestCommonPackets: which filters have packets in common.
func TestCommonPackets(t *testing.T) {
	r := func(action string, protocol, low, high int32, block string) ec2api.RuleSpec {
		return ec2api.RuleSpec{Direction: "ingress", Action: action, Protocol: protocol, DestinationPorts: ec2api.PortRange{From: low, To: high}, SourceCIDR: "0.0.0.0/0", DestinationCIDR: block}
	}
	all := r("accept", 0, 0, 0, "0.0.0.0/0")
	out := all
	out.Direction = "egress"
	six := all
	six.SourceCIDR, six.DestinationCIDR = "::/0", "::/0"
	tests := []struct {
		name         string
		ours, theirs []ec2api.RuleSpec
		common       string
	}{
		{"everything", []ec2api.RuleSpec{all}, []ec2api.RuleSpec{all}, "ingress from 0.0.0.0/0 to 0.0.0.0/0"},
		{"no rule is no packet", []ec2api.RuleSpec{all}, nil, ""},
		{"other direction", []ec2api.RuleSpec{all}, []ec2api.RuleSpec{out}, ""},
		{"other family", []ec2api.RuleSpec{all}, []ec2api.RuleSpec{six}, ""},
		{"other protocol", []ec2api.RuleSpec{r("accept", 6, 0, 0, "0.0.0.0/0")}, []ec2api.RuleSpec{r("accept", 17, 0, 0, "0.0.0.0/0")}, ""},
		{"one protocol of all", []ec2api.RuleSpec{all}, []ec2api.RuleSpec{r("accept", 17, 0, 0, "0.0.0.0/0")}, "ingress of protocol udp from 0.0.0.0/0 to 0.0.0.0/0"},
		{"ports apart", []ec2api.RuleSpec{r("accept", 6, 1, 79, "0.0.0.0/0")}, []ec2api.RuleSpec{r("accept", 6, 80, 90, "0.0.0.0/0")}, ""},
		{"ports that touch", []ec2api.RuleSpec{r("accept", 6, 1, 80, "0.0.0.0/0")}, []ec2api.RuleSpec{r("accept", 6, 80, 90, "0.0.0.0/0")}, "ingress of protocol tcp from 0.0.0.0/0 to 0.0.0.0/0"},
		{"blocks apart", []ec2api.RuleSpec{r("accept", 0, 0, 0, "10.0.0.0/9")}, []ec2api.RuleSpec{r("accept", 0, 0, 0, "10.128.0.0/9")}, ""},
		{"the narrower block", []ec2api.RuleSpec{r("accept", 0, 0, 0, "10.0.0.0/8")}, []ec2api.RuleSpec{r("accept", 0, 0, 0, "10.1.0.0/16")}, "ingress from 0.0.0.0/0 to 10.1.0.0/16"},
		{"they reject it first", []ec2api.RuleSpec{r("accept", 6, 0, 0, "10.1.0.0/16")}, []ec2api.RuleSpec{r("reject", 0, 0, 0, "10.0.0.0/8"), all}, ""},
		{"we reject it first", []ec2api.RuleSpec{r("reject", 6, 0, 0, "0.0.0.0/0"), all}, []ec2api.RuleSpec{r("accept", 6, 22, 22, "0.0.0.0/0")}, ""},
		{"they reject it after", []ec2api.RuleSpec{all}, []ec2api.RuleSpec{r("accept", 1, 0, 0, "0.0.0.0/0"), r("reject", 0, 0, 0, "0.0.0.0/0")}, "ingress of protocol icmp from 0.0.0.0/0 to 0.0.0.0/0"},
		{"they reject a part", []ec2api.RuleSpec{all}, []ec2api.RuleSpec{r("reject", 6, 0, 0, "0.0.0.0/0"), all}, "ingress from 0.0.0.0/0 to 0.0.0.0/0"},
	}
	boxes := func(list []ec2api.RuleSpec) (out []box) {
		for _, x := range list {
			out = append(out, boxOf(x))
		}
		return out
	}
	for _, tt := range tests {
		if got := firstCommon(boxes(tt.ours), boxes(tt.theirs)); got != tt.common {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.common)
		}
	}
}

// TestExplain: everything that an analyst would have to look up, in one answer.
func TestExplain(t *testing.T) {
	s := newScene(t, "").host("a").session("a", 5, func(x *ec2api.TrafficMirrorSession) { x.SessionNumber = 9 }).foreign("tms-x", "eni-a", 3, "tmf-x").host("b")
	e := Explain(&s.World, &s.want, "eni-a")
	if !e.Found || e.Profile != "default" || e.Target != "tmt-ours" || e.Filter != "tmf-default" || e.Binding == nil || e.InstanceType != "m5.large" || !e.Support.Supported {
		t.Errorf("%+v", e)
	}
	if e.Number != 1 || e.NumberReason != "profile default wants to come before others, of which the lowest has 3" {
		t.Errorf("number %d: %s", e.Number, e.NumberReason)
	}
	if len(e.Sessions) != 2 || e.Sessions[0].ID != "tms-x" || e.Sessions[0].Ours || e.Sessions[1].ID != "tms-a" || !e.Sessions[1].Ours || !e.Sessions[1].Stays {
		t.Errorf("sessions %+v", e.Sessions)
	}
	if got := actions(e.Steps); !slices.Equal(got, []string{"modify_session eni-a"}) || e.Coverage.State != events.CoverageMirrored {
		t.Errorf("steps %v, coverage %s", got, e.Coverage.State)
	}
	if e := Explain(&s.World, &s.want, "eni-none"); e.Found || e.Interface != "eni-none" {
		t.Errorf("%+v", e)
	}
}
