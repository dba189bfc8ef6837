package plan

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/policy"
	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// fabricMadeFilter is what a filter of the default profile is after it was made.
func fabricMadeFilter(id string, p *policy.Policy, profile string) ec2api.TrafficMirrorFilter {
	prof := p.Profiles[profile]
	f := ec2api.TrafficMirrorFilter{ID: id, Tags: map[string]string{
		TagDeployment: p.Deployment, TagProfile: profile, TagFilterSpec: FilterSpec(&prof), TagName: "mirrorwatch " + profile, TagCreated: "2026-11-01T00:00:00Z",
	}}
	if prof.DNS {
		f.NetworkServices = []string{"amazon-dns"}
	}
	for _, r := range filterRules(&prof) {
		rule := ec2api.TrafficMirrorFilterRule{ID: "tmfr-" + strings.ReplaceAll(ruleName(r), " ", ""), Filter: id, RuleSpec: r}
		if r.Direction == "ingress" {
			f.Ingress = append(f.Ingress, rule)
		} else {
			f.Egress = append(f.Egress, rule)
		}
	}
	return f
}

var fabricCreatesDefault = []string{
	"222 create_filter filter/222222222222/eu-west-1/default",
	"222 set_network_services  <- filter/222222222222/eu-west-1/default +[amazon-dns] -[]",
	"222 create_rule  <- filter/222222222222/eu-west-1/default ingress 10 0.0.0.0/0",
	"222 create_rule  <- filter/222222222222/eu-west-1/default ingress 20 ::/0",
	"222 create_rule  <- filter/222222222222/eu-west-1/default egress 10 0.0.0.0/0",
	"222 create_rule  <- filter/222222222222/eu-west-1/default egress 20 ::/0",
}

func TestFilters(t *testing.T) {
	for name, c := range map[string]struct {
		filter func(f *ec2api.TrafficMirrorFilter) // there is one, changed so
		world  func(a *Account)
		policy func(p *policy.Policy)
		scope  []string
		want   []string
	}{
		"none yet":                    {want: fabricCreatesDefault},
		"an event about what is gone": {scope: []string{"eni-1"}},
		"an event about what is there": {
			scope: []string{"eni-1"}, world: func(a *Account) { a.Interfaces = []ec2api.NetworkInterface{{ID: "eni-1"}} },
			want: fabricCreatesDefault,
		},
		"as it should": {filter: func(*ec2api.TrafficMirrorFilter) {}},
		"services, then rules": {
			filter: func(f *ec2api.TrafficMirrorFilter) {
				f.NetworkServices, f.Ingress, f.Egress = nil, f.Ingress[:1], f.Egress[1:]
			},
			want: []string{
				"222 set_network_services tmf-1 +[amazon-dns] -[]",
				"222 create_rule tmf-1 ingress 20 ::/0", "222 create_rule tmf-1 egress 10 0.0.0.0/0",
			},
		},
		"services that nobody wants": {
			filter: func(f *ec2api.TrafficMirrorFilter) { f.NetworkServices = []string{"amazon-dns"} },
			policy: func(p *policy.Policy) {
				d := p.Profiles["default"]
				d.DNS = false
				p.Profiles["default"] = d
			},
			want: []string{"222 set_network_services tmf-1 +[] -[amazon-dns]"},
		},
		"a rule says something else": {
			filter: func(f *ec2api.TrafficMirrorFilter) {
				f.Egress[0].Action, f.Egress[0].Protocol, f.Egress[0].DestinationPorts = "reject", 6, ec2api.PortRange{From: 22, To: 22}
			},
			want: []string{"222 modify_rule tmfr-egress10 [{action reject accept} {protocol 6 0} {destination_ports 22-22 all}]"},
		},
		"one block in two spellings is no drift": {
			filter: func(f *ec2api.TrafficMirrorFilter) { f.Egress[1].SourceCIDR = "0:0::/0" },
		},
		"a rule too many goes last": {
			filter: func(f *ec2api.TrafficMirrorFilter) {
				extra := ec2api.TrafficMirrorFilterRule{ID: "tmfr-extra", RuleSpec: ec2api.RuleSpec{Direction: "ingress", Number: 5, Action: "reject"}}
				f.Ingress = []ec2api.TrafficMirrorFilterRule{extra, f.Ingress[1]}
			},
			want: []string{"222 create_rule tmf-1 ingress 10 0.0.0.0/0", "222 delete_rule tmfr-extra"},
		},
		"in a full filter it goes first": {
			filter: func(f *ec2api.TrafficMirrorFilter) {
				f.Ingress, f.Egress[0].Action = fabricFullDirection("ingress"), "reject"
			},
			want: slices.Concat(fabricDeletesOf("ingress"),
				[]string{"222 create_rule tmf-1 ingress 10 0.0.0.0/0", "222 create_rule tmf-1 ingress 20 ::/0", "222 modify_rule tmfr-egress10 [{action reject accept}]"}),
		},
		"after a failure nothing is taken away, and a full filter waits": {
			filter: func(f *ec2api.TrafficMirrorFilter) {
				f.Ingress, f.Egress[0].Action = fabricFullDirection("ingress"), "reject"
			},
			world: func(a *Account) { a.Failures = []string{"DescribeVpcs: InternalError"} },
			want:  []string{"222 modify_rule tmfr-egress10 [{action reject accept}]"},
		},
		"after a failure what has room is made": {
			filter: func(f *ec2api.TrafficMirrorFilter) {
				f.Ingress, f.Egress = fabricFullDirection("ingress")[:5], f.Egress[:1]
			},
			world: func(a *Account) { a.Failures = []string{"DescribeVpcs: InternalError"} },
			want: []string{
				"222 create_rule tmf-1 ingress 10 0.0.0.0/0", "222 create_rule tmf-1 ingress 20 ::/0", "222 create_rule tmf-1 egress 20 ::/0",
			},
		},
		"renamed": {
			filter: func(f *ec2api.TrafficMirrorFilter) { f.Tags[TagName] = "x" },
			want:   []string{"222 tag tmf-1 [{tag Name x mirrorwatch default}]"},
		},
		"the policy changed: another filter": {
			filter: func(f *ec2api.TrafficMirrorFilter) { f.Tags[TagFilterSpec] = "before" },
			want:   fabricCreatesDefault,
		},
		"another deployment's is not touched": {
			filter: func(f *ec2api.TrafficMirrorFilter) { f.Tags[TagDeployment], f.Ingress = "test", nil },
			want:   fabricCreatesDefault,
		},
		"filters were not read": {world: func(a *Account) { a.Failures = []string{"DescribeTrafficMirrorFilters: InternalError"} }},
		"nothing is mirrored":   {policy: func(p *policy.Policy) { p.Select.Default = "off" }},
		"switched off":          {policy: func(p *policy.Policy) { p.Switch = policy.Off }},
		"a tag asks for it": {
			policy: func(p *policy.Policy) { p.Select.Default = "off" },
			world: func(a *Account) {
				a.Subnets = map[string]ec2api.Subnet{"s": {Tags: map[string]string{"mirrorwatch": " ON "}}}
			},
			want: fabricCreatesDefault,
		},
		"a rule asks for it elsewhere": {
			policy: func(p *policy.Policy) {
				p.Select.Default = "off"
				p.Select.Rules = []policy.SelectRule{{Profile: "on", Match: policy.Match{Accounts: []string{fabricFleetID}}}}
			},
		},
		"a session of ours has it": {
			policy: func(p *policy.Policy) { p.Select.Default = "off" },
			world:  func(a *Account) { fabricMirror(a, "eni-1", "vpc-1", "a") },
			want:   fabricCreatesDefault,
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := fabricPolicy()
			w := &World{At: fabricNoon, Scope: c.scope, Accounts: []Account{{ID: fabricMemberID, Region: fabricHome}, {ID: fabricAlienID, Region: fabricHome}}}
			if c.policy != nil {
				c.policy(p)
			}
			if c.filter != nil {
				f := fabricMadeFilter("tmf-1", p, "default")
				c.filter(&f)
				w.Accounts[0].Filters = append(w.Accounts[0].Filters, f)
			}
			if c.world != nil {
				c.world(&w.Accounts[0])
			}
			fabricSame(t, FilterPlanner{}.Plan(w, p), c.want...)
		})
	}
}

func fabricFullDirection(direction string) []ec2api.TrafficMirrorFilterRule {
	var out []ec2api.TrafficMirrorFilterRule
	for n := int32(1); n <= 8; n++ { // with the two of the other direction: ten
		r := ec2api.RuleSpec{Direction: direction, Number: 10*n + 1, Action: "reject"}
		out = append(out, ec2api.TrafficMirrorFilterRule{ID: "tmfr-" + strings.ReplaceAll(ruleName(r), " ", ""), RuleSpec: r})
	}
	return out
}

func fabricDeletesOf(direction string) []string {
	var out []string
	for _, r := range fabricFullDirection(direction) {
		out = append(out, "222 delete_rule "+r.ID)
	}
	return out
}

func TestFilterSpecTellsProfilesApart(t *testing.T) {
	net := netip.MustParsePrefix("10.0.0.0/8")
	base := policy.Rule{Action: "accept", Direction: "both", Protocol: "all"}
	with := func(f func(r *policy.Rule)) policy.Profile {
		r := base
		f(&r)
		return policy.Profile{DNS: true, Rules: []policy.Rule{r}}
	}
	seen := map[string]string{}
	for name, p := range map[string]policy.Profile{
		"base":        with(func(*policy.Rule) {}),
		"reject":      with(func(r *policy.Rule) { r.Action = "reject" }),
		"egress":      with(func(r *policy.Rule) { r.Direction = "egress" }),
		"block":       with(func(r *policy.Rule) { r.Source, r.Destination = net, net }),
		"port":        with(func(r *policy.Rule) { r.DestinationPorts = policy.Ports{From: 443, To: 443} }),
		"description": with(func(r *policy.Rule) { r.Description = "x" }),
		"no dns":      {Rules: []policy.Rule{base}},
		"nothing":     {Rules: []policy.Rule{{Action: "reject"}}},
	} {
		spec := FilterSpec(&p)
		if other, twice := seen[spec]; twice || len(spec) != 16 {
			t.Errorf("%q and %q are both %q", name, other, spec)
		}
		seen[spec] = name
		q := p
		q.Priority, q.PacketLength = 7, 100
		if FilterSpec(&q) != spec {
			t.Errorf("%s: priority and packet length are not the filter's", name)
		}
	}
}

func TestFindFilterTakesTheLowestOfOurs(t *testing.T) {
	p := fabricPolicy()
	foreign, old := fabricMadeFilter("tmf-0", p, "default"), fabricMadeFilter("tmf-1", p, "default")
	foreign.Tags[TagDeployment], old.Tags[TagFilterSpec] = "other", "before"
	filters := []ec2api.TrafficMirrorFilter{foreign, old, fabricMadeFilter("tmf-3", p, "default"), fabricMadeFilter("tmf-2", p, "default")}
	if id, ok := FindFilter(filters, p, "default"); id != "tmf-2" || !ok {
		t.Errorf("found %q, %v", id, ok)
	}
	if id, ok := FindFilter(filters[:2], p, "default"); ok {
		t.Errorf("found %q, which is another's or says what the profile said before", id)
	}
	if _, ok := FindFilter(filters, p, "unknown"); ok {
		t.Error("found a filter of a profile that the policy does not have")
	}
}

// TestRuleIsAskedForOnce: on a filter that is only being made a rule is the same request for as long as the filter is. On one that is
// there it is another a minute later, so that one that somebody deleted is made again.
func TestRuleIsAskedForOnce(t *testing.T) {
	p := fabricPolicy()
	w := &World{At: fabricNoon, Accounts: []Account{{ID: fabricMemberID, Region: fabricHome}}}
	tokens := func(after time.Duration) (list []string) {
		w.At = fabricNoon.Truncate(fabricEpoch).Add(after)
		for _, s := range (FilterPlanner{}).Plan(w, p) {
			if s.Action == CreateRule {
				list = append(list, s.Input.CreateRule.ClientToken)
			}
		}
		if len(list) != 4 || len(slices.Compact(slices.Sorted(slices.Values(list)))) != 4 {
			t.Fatalf("tokens of four rules are %v", list)
		}
		return list
	}
	made := tokens(0)
	if again := tokens(fabricEpoch - time.Second); !slices.Equal(made, again) {
		t.Errorf("the rules of a filter that nobody sees yet are asked for again as %v, not %v", again, made)
	}
	f := fabricMadeFilter("tmf-1", p, "default")
	f.Ingress, f.Egress = nil, nil
	w.Accounts[0].Filters = []ec2api.TrafficMirrorFilter{f}
	if there := tokens(0); !slices.Equal(there, tokens(59*time.Second)) || slices.Contains(made, there[0]) {
		t.Errorf("the rules of a filter that is there are asked for as %v", there)
	} else if later := tokens(time.Minute); slices.Contains(there, later[0]) {
		t.Error("a rule that somebody deleted would be replayed")
	}
}
