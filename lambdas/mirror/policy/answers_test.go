package policy

import (
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestExpand says each rule as "direction number action protocol source destination", ports behind a p.
func TestExpand(t *testing.T) {
	for _, c := range []struct {
		name, rules string
		want        []string
	}{
		{"everything", "", []string{
			"ingress 10 accept 0 0.0.0.0/0 0.0.0.0/0 ", "ingress 20 accept 0 ::/0 ::/0 ",
			"egress 10 accept 0 0.0.0.0/0 0.0.0.0/0 ", "egress 20 accept 0 ::/0 ::/0 ",
		}},
		{"order and numbers", `
      - {action: reject, protocol: tcp, direction: egress, source: 10.0.0.0/8, destination_ports: 9000-9100, description: backups}
      - {action: accept, protocol: 47, direction: ingress, destination: "2001:db8::/32"}
      - {action: accept, protocol: icmpv6}
      - {action: accept, protocol: icmp, direction: egress}
      - {action: accept, protocol: udp, source_ports: 53, direction: ingress}`, []string{
			"ingress 10 accept 47 ::/0 2001:db8::/32 ",
			"ingress 20 accept 58 ::/0 ::/0 ",
			"ingress 30 accept 17 0.0.0.0/0p53 0.0.0.0/0 ",
			"ingress 40 accept 17 ::/0p53 ::/0 ",
			"egress 10 reject 6 10.0.0.0/8 0.0.0.0/0p9000-9100 backups",
			"egress 20 accept 58 ::/0 ::/0 ",
			"egress 30 accept 1 0.0.0.0/0 0.0.0.0/0 ",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := base
			if c.rules != "" {
				text += "profiles:\n  default:\n    rules:" + c.rules + "\n"
			}
			p, err := Parse("p", []byte(text))
			if err != nil {
				t.Fatal(err)
			}
			if got := said(p.ProfileRules("default")); !slices.Equal(got, c.want) {
				t.Errorf("got  %s\nwant %s", strings.Join(got, "\n     "), strings.Join(c.want, "\n     "))
			}
			if p.ProfileRules("nobody's") != nil {
				t.Error("a profile that is not there has rules")
			}
		})
	}
}

func said(rules []FilterRule) (lines []string) {
	for _, r := range rules {
		lines = append(lines, fmt.Sprintf("%s %d %s %d %s%s %s%s %s", r.Direction, r.Number, r.Action, r.Protocol, r.SourceCIDR, ported(r.SourcePorts), r.DestinationCIDR, ported(r.DestinationPorts), r.Description))
	}
	return lines
}

func ported(p Ports) string {
	if p == (Ports{}) {
		return ""
	}
	return "p" + p.String()
}

// TestExpandOfALiteral: planners' tests write profiles by hand, without what Parse fills in.
func TestExpandOfALiteral(t *testing.T) {
	if got := (Profile{}).Expand(); !reflect.DeepEqual(got, plainProfile().Expand()) || len(got) != 4 {
		t.Errorf("%+v", got)
	}
	got := Profile{Rules: []Rule{{Action: "accept", Destination: netip.MustParsePrefix("10.0.0.0/8")}}}.Expand()
	if len(got) != 2 || got[0].SourceCIDR != "0.0.0.0/0" || got[1].Direction != "egress" {
		t.Errorf("%+v", got)
	}
}

func TestFits(t *testing.T) {
	s := Subject{Account: "1", Region: "r", VPC: "vpc-1", Subnet: "subnet-1", InstanceType: "m5.large", Tags: map[string]string{"tier": "web", "team": ""}}
	for _, c := range []struct {
		name string
		m    Match
		want bool
	}{
		{"nothing", Match{}, true},
		{"account", Match{Accounts: []string{"2", "1"}}, true},
		{"other account", Match{Accounts: []string{"2"}}, false},
		{"region", Match{Regions: []string{"r"}}, true},
		{"other region", Match{Regions: []string{"s"}}, false},
		{"VPC", Match{VPCs: []string{"vpc-1"}}, true},
		{"other VPC", Match{VPCs: []string{"vpc-2"}}, false},
		{"subnet", Match{Subnets: []string{"subnet-1"}}, true},
		{"other subnet", Match{Subnets: []string{"subnet-11"}}, false},
		{"type", Match{InstanceTypes: []string{"c5.*", "m5.large"}}, true},
		{"family", Match{InstanceTypes: []string{"m5.*"}}, true},
		{"family without dot", Match{InstanceTypes: []string{"m5*"}}, true},
		{"longer type", Match{InstanceTypes: []string{"m5.l"}}, false},
		{"other family", Match{InstanceTypes: []string{"m5d.*"}}, false},
		{"tag", Match{Tags: map[string][]string{"tier": {"db", "web"}}}, true},
		{"tag of any value", Match{Tags: map[string][]string{"team": {}}}, true},
		{"tag with no value", Match{Tags: map[string][]string{"team": {""}}}, true},
		{"tag of another value", Match{Tags: map[string][]string{"tier": {"Web"}}}, false},
		{"no such tag", Match{Tags: map[string][]string{"owner": {}}}, false},
		{"all but one", Match{Accounts: []string{"1"}, VPCs: []string{"vpc-1"}, Tags: map[string][]string{"tier": {"db"}}}, false},
	} {
		if got := c.m.Fits(s); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
	s.InstanceType = ""
	if (Match{InstanceTypes: []string{"m*"}}).Fits(s) {
		t.Error("an interface without instance has an instance type")
	}
}

// TestApartIsWhatFitsSays draws matches and interfaces from few values: what is apart never fits one interface, and what is not apart
// fits one that can be named.
func TestApartIsWhatFitsSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		some := func(label string, of ...string) []string {
			return rapid.SliceOfNDistinct(rapid.SampledFrom(of), 0, 2, rapid.ID).Draw(t, label)
		}
		draw := func(name string) Match {
			m := Match{Accounts: some(name+" accounts", "1", "2", "3"), VPCs: some(name+" vpcs", "v", "w"), InstanceTypes: some(name+" types", "m5.*", "m5.large", "m5d.large", "m*", "c5.xlarge")}
			for _, key := range some(name+" keys", "tier", "team") {
				m.Tags = with(m.Tags, key, some(name+" "+key, "a", "b"))
			}
			return m
		}
		a, b := draw("a"), draw("b")
		if a.apart(b) != b.apart(a) {
			t.Fatal("apart depends on who is asked")
		}
		fits := false
		for _, account := range []string{"1", "2", "3"} {
			for _, vpc := range []string{"v", "w"} {
				for _, typ := range []string{"m5.large", "m5d.large", "m4.large", "c5.xlarge"} {
					for _, tier := range []string{"a", "b"} {
						for _, team := range []string{"a", "b"} {
							s := Subject{Account: account, VPC: vpc, InstanceType: typ, Tags: map[string]string{"tier": tier, "team": team}}
							fits = fits || a.Fits(s) && b.Fits(s)
						}
					}
				}
			}
		}
		if fits == a.apart(b) {
			t.Fatalf("%+v and %+v: one interface fits both: %v, apart: %v", a, b, fits, a.apart(b))
		}
	})
}

func TestAnswers(t *testing.T) {
	p, err := Parse("example.yaml", Example())
	if err != nil {
		t.Fatal(err)
	}
	if p.Price("eu-central-1") != 0.018 || p.Price("eu-west-1") != 0.015 {
		t.Error(p.Prices)
	}
	if a, ok := p.Account("444455556666"); !ok || a.Name != "staging" {
		t.Error(a, ok)
	}
	if a, ok := p.Account("777788889999"); ok {
		t.Error(a, "is mirrored")
	}
	if !p.Owned(map[string]string{TagDeployment: "main"}) || p.Owned(map[string]string{TagDeployment: "other"}) || p.Owned(nil) || (&Policy{}).Owned(nil) {
		t.Error("ownership is the deployment's tag")
	}
}

func TestTargetFor(t *testing.T) {
	p := Policy{Fleet: Fleet{Targets: []Target{
		{Region: "r", ID: "b", Zones: []string{"rb"}}, {Region: "r", ID: "any"}, {Region: "r", ID: "a", Zones: []string{"ra", "rc"}},
		{Region: "s", ID: "s1", Zones: []string{"sa"}}, {Region: "s", ID: "s2", Zones: []string{"sb"}},
	}}}
	for _, c := range [][3]string{{"r", "ra", "a"}, {"r", "rb", "b"}, {"r", "rc", "a"}, {"r", "rd", "any"}, {"r", "", "any"}, {"s", "sb", "s2"}, {"s", "sc", "s1"}, {"t", "ta", ""}} {
		got, ok := p.TargetFor(c[0], c[1])
		if got.ID != c[2] || ok != (c[2] != "") {
			t.Errorf("TargetFor(%s, %s) = %q, %v; want %q", c[0], c[1], got.ID, ok, c[2])
		}
	}
}

// TestManyRulesAreHeldAgainstEachOther: all 124,750 pairs of as many rules as there may be, and one more that quarrels with the first.
func TestManyRulesAreHeldAgainstEachOther(t *testing.T) {
	var b strings.Builder
	for i := range mostSelects {
		fmt.Fprintf(&b, "    - {match: {vpcs: [vpc-%d]", i)
		b.WriteString(", instance_types: [m5.*, c5.*], tags: {a: [x, y, z]}}, profile: ")
		b.WriteString([]string{"on", "off"}[i%2] + "}\n")
	}
	if _, err := Parse("p", []byte(base+"select:\n  rules:\n"+b.String())); err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(base+"select:\n  rules:\n"+b.String(), fmt.Sprintf("[vpc-%d]", mostSelects-1), "[vpc-0]", 1)
	if _, err := Parse("p", []byte(text)); err == nil || !strings.HasPrefix(err.Error(), "p:515: select.rules[499]: an interface can fit this rule (off) and that in line 16 (on)") {
		t.Fatal(err)
	}
}
