package plan

import (
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/policy"
	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

func TestRogues(t *testing.T) {
	const trusted = "333333333333"
	session := func(id, owner, target string) ec2api.TrafficMirrorSession {
		return ec2api.TrafficMirrorSession{ID: id, Owner: owner, NetworkInterface: "eni-1", Target: target, Filter: "tmf-x"}
	}
	target := func(id, owner string) ec2api.TrafficMirrorTarget {
		return ec2api.TrafficMirrorTarget{ID: id, Owner: owner}
	}
	for name, c := range map[string]struct {
		world  func(fleet, member *Account)
		policy func(p *policy.Policy)
		want   string // objects with owner and a part of the reason
	}{
		"nothing": {world: func(_, _ *Account) {}},
		"a session to a target that nobody sees": {
			world: func(_, m *Account) { m.Sessions = append(m.Sessions, session("tms-1", fabricMemberID, "tmt-x")) },
			want:  "222222222222 tms-1 [] owner is unknown",
		},
		"targets were not read: nothing is said": {
			world: func(_, m *Account) {
				m.Sessions = append(m.Sessions, session("tms-1", fabricMemberID, "tmt-x"))
				m.Failures = []string{"DescribeTrafficMirrorTargets: InternalError"}
			},
		},
		"targets of another account were not read: nobody knows whose it is": {
			world: func(f, m *Account) {
				m.Sessions = append(m.Sessions, session("tms-1", fabricMemberID, "tmt-x"))
				f.Failures = []string{"AssumeRole: AccessDenied"}
			},
		},
		"another account was not looked at: nobody knows whose it is": {
			world: func(f, m *Account) {
				m.Sessions = append(m.Sessions, session("tms-1", fabricMemberID, "tmt-x"))
				*f = Account{ID: "444444444444", Region: f.Region}
			},
		},
		"a stranger's target, and a session to it": {
			world: func(_, m *Account) {
				m.Targets = append(m.Targets, target("tmt-x", fabricAlienID))
				m.Sessions = append(m.Sessions, session("tms-1", fabricMemberID, "tmt-x"))
			},
			want: "222222222222 tms-1 [999999999999] of account 999999999999; 222222222222 tmt-x [999999999999] shares this target",
		},
		"a trusted account's": {
			world: func(f, m *Account) {
				m.Targets = append(m.Targets, target("tmt-x", trusted))
				m.Sessions = append(m.Sessions, session("tms-1", fabricMemberID, "tmt-x"))
				f.Targets = append(f.Targets, target("tmt-f", fabricFleetID))
				f.Sessions = append(f.Sessions, session("tms-2", trusted, "tmt-f"))
			},
		},
		"a trusted account's to a stranger": {
			world: func(f, m *Account) {
				m.Targets = append(m.Targets, target("tmt-x", fabricAlienID))
				m.Sessions = append(m.Sessions, session("tms-1", trusted, "tmt-x"))
			},
			want: "222222222222 tmt-x [999999999999] shares this target",
		},
		"one of our accounts to itself": {
			world: func(_, m *Account) {
				m.Targets = append(m.Targets, target("tmt-x", fabricMemberID))
				m.Sessions = append(m.Sessions, session("tms-1", fabricMemberID, "tmt-x"))
			},
		},
		"another deployment to the fleet, seen twice": {
			world: func(f, m *Account) {
				f.Targets = append(f.Targets, target("tmt-f", fabricFleetID))
				m.Sessions = append(m.Sessions, session("tms-1", fabricMemberID, "tmt-f"))
				f.Sessions = m.Sessions
			},
		},
		"a stranger sends to our fleet": {
			world: func(f, _ *Account) {
				f.Targets = append(f.Targets, target("tmt-f", fabricFleetID))
				f.Sessions = append(f.Sessions, session("tms-1", fabricAlienID, "tmt-f"))
			},
			want: "999999999999 tms-1 [111111111111] sends packets to target tmt-f, which is visible here",
		},
		"a stranger who copies our tag is a stranger": {
			world: func(f, _ *Account) {
				s := session("tms-1", fabricAlienID, "tmt-f")
				s.Tags = map[string]string{TagDeployment: "prod"}
				f.Sessions = append(f.Sessions, s)
			},
			want: "999999999999 tms-1 [] does not name",
		},
		"the policy names the stranger's target": {
			world: func(_, m *Account) {
				m.Targets = append(m.Targets, target("tmt-x", fabricAlienID))
				m.Sessions = append(m.Sessions, session("tms-1", fabricMemberID, "tmt-x"))
			},
			policy: func(p *policy.Policy) {
				p.Fleet.Targets = append(p.Fleet.Targets, policy.Target{Region: fabricHome, ID: "tmt-x"})
			},
		},
		"ours": {
			world: func(_, m *Account) { fabricMirror(m, "eni-1", "vpc-1", "a") },
		},
	} {
		t.Run(name, func(t *testing.T) {
			w, p := fabricBare(), fabricPolicy()
			c.world(&w.Accounts[0], &w.Accounts[1])
			if c.policy != nil {
				c.policy(p)
			}
			got := rogues(w, p)
			wants := strings.Split(c.want, "; ")
			if c.want == "" {
				wants = nil
			}
			if len(got) != len(wants) {
				t.Fatalf("got %+v, want %q", got, wants)
			}
			for i, r := range got {
				head, reason, _ := strings.Cut(wants[i], "] ")
				if h := r.Account + " " + r.Object + " [" + r.Owner; h != head || !strings.Contains(r.Reason, reason) {
					t.Errorf("got %q %q, want %q %q", h, r.Reason, head, reason)
				}
			}
		})
	}
}

func TestRogueSaysWhereItIs(t *testing.T) {
	w, p := fabricBare(), fabricPolicy()
	m := &w.Accounts[1]
	m.Interfaces = []ec2api.NetworkInterface{{ID: "eni-1", VPC: "vpc-1", Attachment: &ec2api.Attachment{Instance: "i-1"}}}
	m.Sessions = []ec2api.TrafficMirrorSession{{ID: "tms-1", Owner: fabricMemberID, NetworkInterface: "eni-1", Target: "tmt-x"}}
	if got := rogues(w, p); len(got) != 1 || got[0].VPC != "vpc-1" || got[0].Instance != "i-1" || got[0].Interface != "eni-1" || got[0].Target != "tmt-x" {
		t.Errorf("%+v", got)
	}
}
