package ec2fake

import (
	"context"
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

func everything(direction string, n int32) ec2api.RuleSpec {
	return ec2api.RuleSpec{Direction: direction, Number: n, Action: "accept", SourceCIDR: "0.0.0.0/0", DestinationCIDR: "0.0.0.0/0"}
}

func TestRuleParameters(t *testing.T) {
	st := newStage(t, Settings{})
	ctx := context.Background()
	for _, c := range []struct {
		name   string
		change func(s *ec2api.RuleSpec)
		code   string
	}{
		{"nothing wrong", func(*ec2api.RuleSpec) {}, ""},
		{"no direction", func(s *ec2api.RuleSpec) { s.Direction = "" }, ec2api.CodeMissingParameter},
		{"no number", func(s *ec2api.RuleSpec) { s.Number = 0 }, ec2api.CodeMissingParameter},
		{"no action", func(s *ec2api.RuleSpec) { s.Action = "" }, ec2api.CodeMissingParameter},
		{"no source", func(s *ec2api.RuleSpec) { s.SourceCIDR = "" }, ec2api.CodeMissingParameter},
		{"no destination", func(s *ec2api.RuleSpec) { s.DestinationCIDR = "" }, ec2api.CodeMissingParameter},
		{"both directions", func(s *ec2api.RuleSpec) { s.Direction = "both" }, ec2api.CodeInvalidParameterValue},
		{"an action that is none", func(s *ec2api.RuleSpec) { s.Action = "drop" }, ec2api.CodeInvalidParameterValue},
		{"a number below", func(s *ec2api.RuleSpec) { s.Number = -4 }, ec2api.CodeInvalidParameterValue},
		{"a number above", func(s *ec2api.RuleSpec) { s.Number = 32767 }, ec2api.CodeInvalidParameterValue},
		{"no CIDR", func(s *ec2api.RuleSpec) { s.SourceCIDR = "10.0.0.0" }, ec2api.CodeInvalidParameterValue},
		{"no CIDR at the other end", func(s *ec2api.RuleSpec) { s.DestinationCIDR = "10.0.0.0/33" }, ec2api.CodeInvalidParameterValue},
		{"two families", func(s *ec2api.RuleSpec) { s.SourceCIDR = "::/0" }, ec2api.CodeInvalidParameterValue},
		{"IPv6", func(s *ec2api.RuleSpec) { s.SourceCIDR, s.DestinationCIDR = "::/0", "2001:db8::/32" }, ""},
		{"ports without protocol", func(s *ec2api.RuleSpec) { s.DestinationPorts = ec2api.PortRange{From: 80, To: 80} }, ec2api.CodeInvalidParameterConflict},
		{"ports of ICMP", func(s *ec2api.RuleSpec) { s.Protocol, s.SourcePorts = 1, ec2api.PortRange{From: 80, To: 80} }, ec2api.CodeInvalidParameterConflict},
		{"ports of UDP", func(s *ec2api.RuleSpec) { s.Protocol, s.SourcePorts = 17, ec2api.PortRange{From: 53, To: 53} }, ""},
		{"ports backwards", func(s *ec2api.RuleSpec) { s.Protocol, s.SourcePorts = 6, ec2api.PortRange{From: 90, To: 80} }, ec2api.CodeInvalidParameterValue},
		{"a port above", func(s *ec2api.RuleSpec) { s.Protocol, s.SourcePorts = 6, ec2api.PortRange{From: 1, To: 65536} }, ec2api.CodeInvalidParameterValue},
		{"a protocol above", func(s *ec2api.RuleSpec) { s.Protocol = 256 }, ec2api.CodeInvalidParameterValue},
	} {
		spec := everything("ingress", 10)
		c.change(&spec)
		rule, err := st.ec2.CreateTrafficMirrorFilterRule(ctx, ec2api.CreateTrafficMirrorFilterRule{Filter: st.filter.ID, RuleSpec: spec})
		if ec2api.CodeOf(err) != c.code || err != nil && c.code == "" {
			t.Errorf("%s: %v, want code %q", c.name, err, c.code)
		}
		if err == nil {
			st.ok(st.ec2.DeleteTrafficMirrorFilterRule(ctx, ec2api.Delete{ID: rule.ID}))
		}
	}
	_, err := st.ec2.CreateTrafficMirrorFilterRule(ctx, ec2api.CreateTrafficMirrorFilterRule{Filter: "tmf-0123456789abcdef0", RuleSpec: everything("egress", 1)})
	st.refused(err, ec2api.CodeFilterNotFound)
}

func TestRules(t *testing.T) {
	st := newStage(t, Settings{})
	ctx := context.Background()
	add := func(s ec2api.RuleSpec) (ec2api.TrafficMirrorFilterRule, error) {
		return st.ec2.CreateTrafficMirrorFilterRule(ctx, ec2api.CreateTrafficMirrorFilterRule{Filter: st.filter.ID, RuleSpec: s})
	}
	first := must(add(everything("ingress", 20)))(t)
	_, err := add(everything("ingress", 20))
	st.refused(err, ec2api.CodeFilterRuleExists)
	must(add(everything("egress", 20)))(t) // numbers are a direction's own
	for n := int32(1); n <= 8; n++ {
		must(add(everything("ingress", n)))(t)
	}
	_, err = add(everything("egress", 30))
	st.refused(err, ec2api.CodeFilterRuleLimit)
	change := first.RuleSpec
	change.Number, change.Action = 8, "reject"
	_, err = st.ec2.ModifyTrafficMirrorFilterRule(ctx, ec2api.ModifyTrafficMirrorFilterRule{ID: first.ID, Was: first.RuleSpec, To: change})
	st.refused(err, ec2api.CodeFilterRuleExists)
	change.Number, change.Direction = 5, "egress"
	must(st.ec2.ModifyTrafficMirrorFilterRule(ctx, ec2api.ModifyTrafficMirrorFilterRule{ID: first.ID, Was: first.RuleSpec, To: change}))(t)
	f := must(st.ec2.DescribeTrafficMirrorFilters(ctx, ec2api.Query{IDs: []string{st.filter.ID}}))(t).Items[0]
	if len(f.Ingress) != 8 || len(f.Egress) != 2 || f.Egress[0].RuleSpec != change || f.Egress[0].ID != first.ID || f.Ingress[0].Number != 1 {
		t.Errorf("the filter is %+v", f)
	}
	st.ok(st.ec2.DeleteTrafficMirrorFilterRule(ctx, ec2api.Delete{ID: first.ID}))
	st.refused(st.ec2.DeleteTrafficMirrorFilterRule(ctx, ec2api.Delete{ID: first.ID}), ec2api.CodeFilterRuleNotFound)
	st.refused(st.ec2.DeleteTrafficMirrorFilterRule(ctx, ec2api.Delete{ID: "tmfr-1"}), "InvalidTrafficMirrorFilterRuleId.Malformed")
}

func TestNetworkServices(t *testing.T) {
	st := newStage(t, Settings{})
	ctx := context.Background()
	set := func(add, remove []string) (ec2api.TrafficMirrorFilter, error) {
		return st.ec2.ModifyTrafficMirrorFilterNetworkServices(ctx, ec2api.ModifyNetworkServices{Filter: st.filter.ID, Add: add, Remove: remove})
	}
	dns := []string{"amazon-dns"}
	for range 2 {
		if f := must(set(dns, nil))(t); len(f.NetworkServices) != 1 {
			t.Errorf("services are %v", f.NetworkServices)
		}
	}
	if f := must(set(nil, dns))(t); len(f.NetworkServices) != 0 {
		t.Errorf("services are %v", f.NetworkServices)
	}
	_, err := set([]string{"amazon-ntp"}, nil)
	st.refused(err, ec2api.CodeInvalidParameterValue)
	_, err = set(dns, dns)
	st.refused(err, ec2api.CodeInvalidParameterConflict)
}

func TestTags(t *testing.T) {
	st := newStage(t, Settings{})
	ctx := context.Background()
	i := st.instance(InstanceSpec{Tags: map[string]string{"Name": "web"}})
	s := st.session(i.Interfaces[0], 1)
	rule := must(st.ec2.CreateTrafficMirrorFilterRule(ctx, ec2api.CreateTrafficMirrorFilterRule{Filter: st.filter.ID, RuleSpec: everything("ingress", 1)}))(t)
	all := []string{i.ID, i.Interfaces[0], st.subnet.ID, st.vpc.ID, s.ID, st.target.ID, st.filter.ID, rule.ID}
	st.ok(st.ec2.CreateTags(ctx, all, map[string]string{"team": "red"}))
	st.ok(st.ec2.DeleteTags(ctx, all[:1], []string{"Name", "never there"}))
	if got := must(st.ec2.DescribeInstances(ctx, ec2api.Query{}))(t).Items[0].Tags; len(got) != 1 || got["team"] != "red" {
		t.Errorf("the instance has %v", got)
	}
	if got := must(st.ec2.DescribeTrafficMirrorFilters(ctx, ec2api.Query{}))(t).Items[0]; got.Tags["team"] != "red" || got.Ingress[0].Tags["team"] != "red" {
		t.Errorf("the filter is %+v", got)
	}
	fifty := map[string]string{}
	for n := range 50 {
		fifty[strings.Repeat("k", n+1)] = ""
	}
	one := map[string]string{"k": "v"}
	for _, c := range []struct {
		name string
		ids  []string
		tags map[string]string
		code string
	}{
		{"no id", nil, one, ec2api.CodeMissingParameter},
		{"no tag", all, nil, ec2api.CodeMissingParameter},
		{"AWS's own", all, map[string]string{"AWS:x": ""}, ec2api.CodeInvalidParameterValue},
		{"an empty key", all, map[string]string{"": "x"}, ec2api.CodeInvalidParameterValue},
		{"a 51st", all, fifty, codeTagLimit},
		{"no such sort of id", []string{"bucket-12345678"}, one, codeInvalidID},
		{"malformed", []string{"tms-1"}, one, "InvalidTrafficMirrorSessionId.Malformed"},
		{"not there", []string{all[0], "i-0123456789abcdef0"}, one, ec2api.CodeInstanceNotFound},
	} {
		if err := st.ec2.CreateTags(ctx, c.ids, c.tags); ec2api.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %s", c.name, err, c.code)
		}
	}
	st.ok(st.c.MakeGroup(here, region1, "web", nil))
	grouped := st.instance(InstanceSpec{Group: "web"})
	st.ok(st.ec2.CreateTags(ctx, []string{grouped.ID}, fifty)) // AWS's own do not count
	if got := must(st.ec2.DescribeInstances(ctx, ec2api.Query{IDs: []string{i.ID}}))(t).Items[0].Tags; len(got) != 1 {
		t.Errorf("a refused call left tags: %v", got)
	}
	st.refused(st.ec2.DeleteTags(ctx, all, []string{groupTag}), ec2api.CodeInvalidParameterValue)
	st.refused(st.c.Account(there, region1).EC2.CreateTags(ctx, all[:1], one), ec2api.CodeInstanceNotFound)
}
