package plan

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

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
		"two sessions of ours and a tag that names nothing: a person has to say": {func(s *scene) {
			s.host("a", instanceTag("defualt")).session("a", 5)
			twin := s.account().Sessions[0]
			twin.ID, twin.SessionNumber, twin.VirtualNetworkID = "tms-0", 2, 9
			s.account().Sessions = append(s.account().Sessions, twin)
		}, []string{"bind_vni eni-a"}},
		"another account's session, seen through the shared target": {func(s *scene) {
			s.session("a", 5, func(x *ec2api.TrafficMirrorSession) { x.Owner = second })
			s.Bindings = nil
		}, nil},
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

// A typo keeps a session from being mended also where somebody gave it the VNI of another. Then somebody has to be told: whatever a sensor
// names by that VNI may be the other's.
func TestAVNIThatATypoKeepsIsTold(t *testing.T) {
	for name, c := range map[string]struct {
		tag  string
		told bool
	}{"a typo": {"onn", true}, "none": {"on", false}} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, "").host("a").session("a", 5).host("b", instanceTag(c.tag)).session("b", 6)
			s.account().Sessions[1].VirtualNetworkID = 5
			p := s.plan()
			told := slices.ContainsFunc(p.Warnings, func(w string) bool {
				return strings.Contains(w, "tms-b of eni-b has VNI 5, which is that of eni-a") && strings.Contains(w, "names no profile")
			})
			if mended := slices.Contains(actions(p.Steps), "modify_session eni-b"); told != c.told || mended == c.told {
				t.Errorf("told is %v and mended is %v, want %v and %v: %v", told, mended, c.told, !c.told, p.Warnings)
			}
		})
	}
}
