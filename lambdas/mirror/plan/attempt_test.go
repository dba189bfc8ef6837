package plan

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

func TestVNIs(t *testing.T) {
	two := func(s *scene) { s.host("a").host("b").session("a", 5).session("b", 6) }
	vni := func(id string, v uint32) func(*scene) {
		return func(s *scene) {
			for i := range s.account().Sessions {
				if x := &s.account().Sessions[i]; x.NetworkInterface == "eni-"+id {
					x.VirtualNetworkID = v
				}
			}
		}
	}
	unbind := func(id string) func(*scene) { return func(s *scene) { delete(s.Bindings, "eni-"+id) } }
	tests := map[string]struct {
		edits []func(*scene)
		steps []string
		vni   uint32 // of the first step
	}{
		"as bound":                        {edits: nil},
		"the store was lost":              {edits: []func(*scene){unbind("a"), unbind("b")}, steps: []string{"bind_vni eni-a", "bind_vni eni-b"}, vni: 5},
		"somebody changed it":             {edits: []func(*scene){vni("a", 9)}, steps: []string{"modify_session eni-a"}, vni: 5},
		"the same as another, both bound": {edits: []func(*scene){vni("b", 5)}, steps: []string{"modify_session eni-b"}, vni: 6},
		"the same as another, none bound": {edits: []func(*scene){vni("b", 5), unbind("a"), unbind("b")}, steps: []string{"modify_session eni-b", "bind_vni eni-a"}, vni: 0},
		"bound to another":                {edits: []func(*scene){vni("a", 6), unbind("a")}, steps: []string{"modify_session eni-a"}, vni: 0},
		"bound to one that has no session": {edits: []func(*scene){vni("a", 7), unbind("a"), func(s *scene) {
			s.Bindings["eni-x"] = events.Binding{VNI: 7, Account: second, Region: region, Interface: "eni-x", From: noon}
		}}, steps: []string{"modify_session eni-a"}, vni: 0},
		"outside the policy's range":       {edits: []func(*scene){vni("a", 2000), unbind("a")}, steps: []string{"modify_session eni-a"}, vni: 0},
		"bound, and outside the new range": {edits: []func(*scene){func(s *scene) { s.want.VNI.From = 6 }}, steps: []string{"modify_session eni-a"}, vni: 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, "vni: {from: 1, to: 1000}\n")
			two(s)
			for _, f := range tt.edits {
				f(s)
			}
			p := s.plan()
			if got := actions(p.Steps); !slices.Equal(got, append([]string{}, tt.steps...)) {
				t.Fatalf("steps %v, want %v", got, tt.steps)
			}
			if len(p.Steps) == 0 {
				return
			}
			in, got := p.Steps[0].Input, uint32(0)
			if in.ModifySession != nil {
				got = *in.ModifySession.VirtualNetworkID
			} else {
				got = in.Binding.VNI
			}
			if got != tt.vni || got == 0 && (in.Binding == nil || in.Binding.Interface != p.Steps[0].Interface) {
				t.Errorf("VNI %d, want %d; binding %+v", got, tt.vni, in.Binding)
			}
		})
	}
}

func TestAttempts(t *testing.T) {
	seen := func(s *scene) {
		s.before("eni-a", events.CoverageMirrored, noon.Add(-time.Hour))
		c := s.Before["eni-a"]
		c.Session, c.VNI = "tms-a", 5
		s.Before["eni-a"] = c
	}
	tests := map[string]struct {
		age   time.Duration
		edit  func(*scene)
		again bool
	}{
		"a minute old, never seen": {time.Minute, func(*scene) {}, true},
		"old, never seen":          {time.Hour, func(*scene) {}, true},
		"a minute old, VNI bound to another": {time.Minute, func(s *scene) {
			s.Bindings["eni-0"] = events.Binding{VNI: 5, Account: homeID, Region: region, Interface: "eni-0", From: noon}
		}, false},
		"old, seen and gone": {time.Hour, seen, false},
		"out of range":       {time.Minute, func(s *scene) { s.want.VNI.From = 6 }, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, "").host("a")
			from := noon.Add(-tt.age)
			s.Bindings["eni-a"] = events.Binding{VNI: 5, Account: homeID, Region: region, Interface: "eni-a", From: from}
			tt.edit(s)
			p := s.plan()
			if got := actions(p.Steps); !slices.Equal(got, []string{"create_session eni-a"}) {
				t.Fatalf("steps %v: the binding is the lease's to look after", got)
			}
			in := p.Steps[0].Input
			want := ec2api.CreateTrafficMirrorSession{Tags: map[string]string{TagCreated: noon.Format(time.RFC3339)}}
			if tt.again {
				want.VirtualNetworkID, want.ClientToken, want.Tags[TagCreated] = 5, ClientToken("main", "eni-a", 5, from), from.Format(time.RFC3339)
			}
			if c := in.CreateSession; c.VirtualNetworkID != want.VirtualNetworkID || c.ClientToken != want.ClientToken || c.Tags[TagCreated] != want.Tags[TagCreated] {
				t.Errorf("VNI %d, token %q, created %s; want %+v", c.VirtualNetworkID, c.ClientToken, c.Tags[TagCreated], want)
			}
		})
	}
}

func TestSettling(t *testing.T) {
	s := newScene(t, "budget: {sessions: 1}\n").host("a").host("b").before("eni-a", events.CoverageMirrored, noon)
	c := s.Before["eni-a"]
	c.Session, c.VNI = "tms-a", 5
	s.Before["eni-a"] = c
	s.Bindings["eni-a"] = events.Binding{VNI: 5, Account: homeID, Region: region, Interface: "eni-a", From: noon.Add(-time.Minute)}
	p := s.plan()
	if c := p.of(t, "eni-a"); !p.Empty() || c.State != events.CoverageMirrored || c.Session != "tms-a" || c.VNI != 5 || !strings.Contains(c.Reason, "not visible yet") {
		t.Errorf("steps %v, coverage %+v", actions(p.Steps), c)
	}
	if c := p.of(t, "eni-b"); c.State != events.CoverageBudget {
		t.Errorf("eni-b is %s: %s", c.State, c.Reason)
	}
}

func TestClientTokenTellsAttemptsApart(t *testing.T) {
	tokens := map[string]bool{}
	for _, from := range []time.Time{noon, noon.Add(time.Nanosecond)} {
		for _, vni := range []uint32{1, 2} {
			for _, pair := range [][2]string{{"main", "eni-1"}, {"maine", "ni-1"}, {"main", "eni-2"}} {
				tokens[ClientToken(pair[0], pair[1], vni, from)] = true
			}
		}
	}
	if len(tokens) != 12 {
		t.Errorf("%d different tokens of 12 attempts", len(tokens))
	}
	if a, b := ClientToken("main", "eni-1", 1, noon), ClientToken("main", "eni-1", 1, noon.Local()); a != b || len(a) > 64 {
		t.Errorf("%q and %q: the same moment is the same attempt, and AWS takes 64 characters", a, b)
	}
}
