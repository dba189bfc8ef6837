package plan

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

type edit = func(*ec2api.NetworkInterface, *ec2api.Instance)

func instanceTag(value string) edit {
	return func(_ *ec2api.NetworkInterface, i *ec2api.Instance) { i.Tags["mirrorwatch"] = value }
}

func instanceState(state string) edit {
	return func(_ *ec2api.NetworkInterface, i *ec2api.Instance) { i.State = state }
}

func instanceType(name string) edit {
	return func(_ *ec2api.NetworkInterface, i *ec2api.Instance) { i.Type = name }
}

// TestCoverage names for each state a world, and what is said and done of the one interface that it is about.
func TestCoverage(t *testing.T) {
	long := noon.Add(-time.Hour)
	tests := []struct {
		name   string
		policy string
		world  func(s *scene)
		state  events.CoverageState
		reason string // part of it
		fix    string // part of it
		steps  []string
	}{
		{
			name: "wanted by its tag, no session yet", world: func(s *scene) { s.host("a") },
			state: events.CoveragePending, reason: "the tag mirrorwatch=on of instance i-a", steps: []string{"create_session eni-a"},
		},
		{
			name: "a session as it should be", world: func(s *scene) { s.host("a").session("a", 5) },
			state: events.CoverageMirrored, reason: "session tms-a sends its packets to tmt-ours",
		},
		{
			name: "no tag, default off", world: func(s *scene) {
				s.host("a", func(_ *ec2api.NetworkInterface, i *ec2api.Instance) { delete(i.Tags, "mirrorwatch") })
			},
			state: events.CoverageExcluded, reason: "the policy's default says so",
		},
		{
			name: "tag off removes at once", world: func(s *scene) { s.host("a", instanceTag("Off ")).session("a", 5) },
			state: events.CoverageExcluded, reason: "the tag mirrorwatch=Off  of instance i-a says so", steps: []string{"delete_session eni-a"},
		},
		{
			name: "excluded by policy, whatever the tag", policy: "exclude:\n  - {match: {vpcs: [vpc-1]}, reason: cardholder data}\n",
			world: func(s *scene) { s.host("a").session("a", 5) },
			state: events.CoverageExcluded, reason: "cardholder data", steps: []string{"delete_session eni-a"},
		},
		{
			name: "a typo deletes nothing", world: func(s *scene) { s.host("a", instanceTag("defualt")).session("a", 5) },
			state: events.CoverageError, reason: "names no profile", fix: "on, off or one of the profiles default",
			steps: []string{"bind_vni eni-a"}, // the tags behind its VNI changed
		},
		{
			name: "NAT gateway", world: func(s *scene) {
				s.host("a", func(n *ec2api.NetworkInterface, i *ec2api.Instance) {
					n.Type, n.Attachment = "natGateway", &ec2api.Attachment{}
				})
			},
			state: events.CoverageUnsupportedENI, reason: "type natGateway", fix: "mirror the instances",
		},
		{
			name: "IPv6-only subnet", world: func(s *scene) {
				s.account().Subnets["subnet-1"] = ec2api.Subnet{ID: "subnet-1", IPv6Native: true}
				s.host("a")
			},
			state: events.CoverageUnsupportedENI, reason: "has IPv6 only", fix: "give the subnet IPv4",
		},
		{
			name: "denied family", world: func(s *scene) { s.host("a", instanceType("m6i.large")) },
			state: events.CoverageUnsupportedType, reason: "instance family m6i cannot be a source", fix: "m5 or m6g",
		},
		{
			name: "learned family", world: func(s *scene) {
				s.host("a", instanceType("m8i.large"))
				s.Verdicts = map[string]Verdict{"m8i": {Family: "m8i", At: long, Interface: "eni-z"}}
			},
			state: events.CoverageUnsupportedType, reason: "NetworkInterfaceNotSupported for eni-z", fix: "copy its packets itself",
		},
		{
			name: "what was learned two days ago is tried again", world: func(s *scene) {
				s.host("a", instanceType("m8i.large"))
				s.Verdicts = map[string]Verdict{"m8i": {Family: "m8i", At: noon.Add(-48 * time.Hour), Interface: "eni-z"}}
			},
			state: events.CoveragePending, steps: []string{"create_session eni-a"},
		},
		{
			name: "unsupported after a resize, within grace", world: func(s *scene) {
				s.host("a", instanceType("m6i.large")).session("a", 5).before("eni-a", events.CoverageUnsupportedType, noon.Add(-14*time.Minute))
			},
			state: events.CoverageUnsupportedType, reason: "tms-a is kept for a grace time of 15m0s", fix: "copy its packets itself",
		},
		{
			name: "stopped, just now", world: func(s *scene) {
				s.host("a", instanceState("stopped")).session("a", 5).before("eni-a", events.CoverageMirrored, long)
			},
			state: events.CoverageStopped, reason: "its instance i-a is stopped; its session tms-a is kept", fix: "start the instance",
		},
		{
			name: "stopped beyond grace", world: func(s *scene) {
				s.host("a", instanceState("stopped")).session("a", 5).before("eni-a", events.CoverageStopped, long)
			},
			state: events.CoverageStopped, reason: "its instance i-a is stopped", fix: "start the instance", steps: []string{"delete_session eni-a"},
		},
		{
			name: "not attached", world: func(s *scene) {
				s.host("a", func(n *ec2api.NetworkInterface, _ *ec2api.Instance) {
					n.Attachment, n.Tags = nil, map[string]string{"mirrorwatch": "on"}
				})
			},
			state: events.CoverageStopped, reason: "not attached to anything", fix: "attach it",
		},
		{
			name: "instance starting", world: func(s *scene) { s.host("a", instanceState("pending")) },
			state: events.CoveragePending, reason: "its instance i-a is starting",
		},
		{
			name: "instance not visible yet", world: func(s *scene) {
				s.host("a").session("a", 5)
				delete(s.account().Instances, "i-a")
			},
			state: events.CoveragePending, reason: "instance i-a is not visible yet",
		},
		{
			name: "held by a service: tried", world: func(s *scene) {
				s.host("a", func(n *ec2api.NetworkInterface, _ *ec2api.Instance) {
					n.Attachment = &ec2api.Attachment{InstanceOwner: "amazon-rds", Status: "attached"}
					n.Description, n.RequesterManaged, n.Tags = "RDSNetworkInterface", true, map[string]string{"mirrorwatch": "on"}
				})
			},
			state: events.CoveragePending, reason: "the tag mirrorwatch=on of interface eni-a", steps: []string{"create_session eni-a"},
		},
		{
			name: "three sessions of others", world: func(s *scene) {
				s.host("a").foreign("tms-x", "eni-a", 1, "tmf-x").foreign("tms-y", "eni-a", 2, "tmf-x").foreign("tms-z", "eni-a", 3, "tmf-x")
			},
			state: events.CoverageSlotsFull, reason: "tms-x, tms-y, tms-z", fix: "delete one",
		},
		{
			name: "quota less reserve is used", policy: "limits: {session_quota: 101}\n",
			world: func(s *scene) { s.host("a").foreign("tms-x", "eni-x", 1, "tmf-x") },
			state: events.CoverageQuota, reason: "has 1 sessions of AWS's 101, and 100 are kept for others", fix: "lower budget.reserve",
		},
		{
			name: "budget is used", policy: "budget: {sessions: 1}\n", world: func(s *scene) { s.host("a").host("b").session("b", 5) },
			state: events.CoverageBudget, reason: "the policy's budget is 1 sessions", fix: "raise budget.sessions",
		},
		{
			name: "budget in money", policy: "budget: {usd_month: 20}\n", world: func(s *scene) { s.host("a").host("b").session("b", 5) },
			state: events.CoverageBudget, reason: "one more session costs 10.95 USD a month, and 10.95 of the budget's 20.00", fix: "raise budget.usd_month",
		},
		{
			name: "budget of a tag", policy: "budget: {tags: [{key: mirrorwatch, value: \"on\", sessions: 1}]}\n",
			world: func(s *scene) { s.host("a").host("b").session("b", 5) },
			state: events.CoverageBudget, reason: "the budget of tag mirrorwatch=on is 1 sessions", fix: "raise the tag's budget",
		},
		{
			name: "shadowed by a filter that takes the same", policy: "profiles: {default: {session_number: {place: after}}}\n", world: func(s *scene) {
				s.host("a").session("a", 5, func(t *ec2api.TrafficMirrorSession) { t.SessionNumber = 9 }).foreign("tms-x", "eni-a", 3, "tmf-x")
				s.account().Filters = append(s.account().Filters, theirs("tmf-x", "10.0.0.0/8"))
			},
			state: events.CoverageShadowed, reason: "session tms-x (number 3) comes before ours (number 9) and its filter tmf-x takes packets that ours wants", fix: "set session_number.place to before",
		},
		{
			name: "shadowed by what cannot be seen", policy: "profiles: {default: {session_number: {place: after}}}\n", world: func(s *scene) {
				s.host("a").session("a", 5, func(t *ec2api.TrafficMirrorSession) { t.SessionNumber = 9 }).foreign("tms-x", "eni-a", 3, "tmf-x")
			},
			state: events.CoverageShadowed, reason: "its filter tmf-x cannot be seen", fix: "narrow its filter",
		},
		{
			name:   "a session before ours with other packets is no shadow",
			policy: "profiles: {default: {rules: [{action: accept, protocol: udp, destination_ports: 53}], session_number: {place: after}}}\n", world: func(s *scene) {
				s.host("a").session("a", 5, func(t *ec2api.TrafficMirrorSession) { t.SessionNumber = 9 }).foreign("tms-x", "eni-a", 3, "tmf-x")
				f := theirs("tmf-x", "10.0.0.0/8")
				f.Ingress[0].Protocol = 6
				s.account().Filters = append(s.account().Filters, f)
			},
			state: events.CoverageMirrored,
		},
		{
			name: "others came before: ours moves below them", world: func(s *scene) {
				s.host("a").session("a", 5, func(t *ec2api.TrafficMirrorSession) { t.SessionNumber = 9 }).foreign("tms-x", "eni-a", 3, "tmf-x")
			},
			state: events.CoverageMirrored, steps: []string{"modify_session eni-a"},
		},
		{
			name: "silent", world: func(s *scene) {
				s.host("a").session("a", 5)
				s.Heard = map[uint32]events.Heard{6: {VNI: 6, LastSeen: noon}}
			},
			state: events.CoverageSilent, reason: "no sensor has heard a packet of its VNI 5 since it was made", fix: "UDP 4789 listener",
		},
		{
			name: "silent for twenty minutes", world: func(s *scene) {
				s.host("a").session("a", 5)
				s.Heard = map[uint32]events.Heard{5: {VNI: 5, LastSeen: noon.Add(-20 * time.Minute)}}
			},
			state: events.CoverageSilent, reason: "since 2026-11-25T11:40:00Z", fix: "subnet-1",
		},
		{
			name: "heard a minute ago", world: func(s *scene) {
				s.host("a").session("a", 5)
				s.Heard = map[uint32]events.Heard{5: {VNI: 5, Sensor: "s1", LastSeen: noon.Add(-time.Minute), Packets: 3}}
			},
			state: events.CoverageMirrored,
		},
		{
			name: "no traffic at the source either", world: func(s *scene) {
				s.host("a").session("a", 5)
				s.Heard, s.Traffic = map[uint32]events.Heard{}, map[string]bool{"eni-a": false}
			},
			state: events.CoverageMirrored,
		},
		{
			name: "too young to be silent", world: func(s *scene) {
				s.host("a").session("a", 5)
				b := s.Bindings["eni-a"]
				b.From = noon.Add(-time.Minute)
				s.Bindings["eni-a"], s.Heard = b, map[uint32]events.Heard{}
			},
			state: events.CoverageMirrored,
		},
		{
			name: "exact number is taken", policy: "profiles: {default: {session_number: {place: exact, number: 3}}}\n",
			world: func(s *scene) { s.host("a").foreign("tms-x", "eni-a", 3, "tmf-x") },
			state: events.CoverageError, reason: "session number 3, which profile default demands, is taken by tms-x", fix: "another session_number",
		},
		{
			name: "the switch is off", policy: "switch: off\n", world: func(s *scene) { s.host("a").session("a", 5) },
			state: events.CoverageExcluded, reason: "switch is off", fix: "set switch to on", steps: []string{"delete_session eni-a"},
		},
		{
			name: "an account that is not named", world: func(s *scene) {
				s.host("a")
				s.want.Accounts[0].ID = stranger
			},
			state: events.CoverageExcluded, reason: "account 111122223333 with region eu-central-1 is not among the accounts",
			steps: []string{"delete_filter tmf-default"},
		},
		{
			name: "instances could not be read: as before", world: func(s *scene) {
				s.host("a").session("a", 5).before("eni-a", events.CoverageSilent, long)
				s.account().Instances, s.account().Failures = nil, []string{"DescribeInstances: RequestLimitExceeded"}
			},
			state: events.CoverageSilent, reason: "as before", fix: "as before",
		},
		{
			name: "instances could not be read, and nothing is known", world: func(s *scene) {
				s.host("a")
				s.account().Instances, s.account().Failures = nil, []string{"DescribeInstances: RequestLimitExceeded"}
			},
			state: events.CoverageError, reason: "instance i-a could not be read: DescribeInstances: RequestLimitExceeded", fix: "the next pass",
		},
		{
			name: "subnets could not be read, and no nearer tag decides: as before", world: func(s *scene) {
				s.host("a", func(_ *ec2api.NetworkInterface, i *ec2api.Instance) { delete(i.Tags, "mirrorwatch") }).session("a", 5)
				s.before("eni-a", events.CoverageMirrored, long)
				b := s.Bindings["eni-a"]
				b.Tags = map[string]string{"Name": "host a"}
				s.Bindings["eni-a"] = b
				s.account().Subnets, s.account().Failures = nil, []string{"DescribeSubnets: RequestLimitExceeded"}
			},
			state: events.CoverageMirrored, reason: "as before", fix: "as before",
		},
		{
			name: "sessions could not be read: none is made", world: func(s *scene) {
				s.host("a")
				s.account().Failures = []string{"DescribeTrafficMirrorSessions: RequestLimitExceeded"}
			},
			state: events.CoverageError, reason: "its sessions could not be read", fix: "the next pass",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newScene(t, tt.policy)
			tt.world(s)
			p := s.plan()
			c := p.of(t, "eni-a")
			if c.State != tt.state || !strings.Contains(c.Reason, tt.reason) || !strings.Contains(c.Fix, tt.fix) || (tt.fix == "") != (c.Fix == "") {
				t.Errorf("state %s, reason %q, fix %q;\nwant  %s, reason %q, fix %q", c.State, c.Reason, c.Fix, tt.state, tt.reason, tt.fix)
			}
			if got := actions(p.Steps); !slices.Equal(got, append([]string{}, tt.steps...)) {
				t.Errorf("steps %v, want %v", got, tt.steps)
			}
		})
	}
}

// theirs is a filter of somebody else that accepts tcp and all else to a block.
func theirs(id, block string) ec2api.TrafficMirrorFilter {
	return ec2api.TrafficMirrorFilter{ID: id, Ingress: []ec2api.TrafficMirrorFilterRule{{ID: id + "-1", Filter: id, RuleSpec: ec2api.RuleSpec{
		Direction: "ingress", Number: 1, Action: "accept", SourceCIDR: "0.0.0.0/0", DestinationCIDR: block,
	}}}}
}
