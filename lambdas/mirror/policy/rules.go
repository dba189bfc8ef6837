package policy

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// everything is what a profile without rules mirrors.
func everything() []Rule { return []Rule{{Action: "accept", Direction: "both", Protocol: "all"}} }

func (r *reader) rule(n *yaml.Node, path string) Rule {
	rule := Rule{Direction: "both", Protocol: "all", Line: n.Line}
	r.mapping(n, path,
		must("action", r.text(&rule.Action, oneOf("accept", "reject"))),
		may("direction", r.text(&rule.Direction, oneOf("ingress", "egress", "both"))),
		may("protocol", r.text(&rule.Protocol, protocolName)),
		may("source", r.prefix(&rule.Source)),
		may("destination", r.prefix(&rule.Destination)),
		may("source_ports", r.ports(&rule.SourcePorts)),
		may("destination_ports", r.ports(&rule.DestinationPorts)),
		may("description", r.text(&rule.Description, description)),
	)
	if !r.broken(path) {
		r.families(&rule, path)
		r.portsFit(&rule, path)
	}
	return rule
}

// prefix reads a CIDR block whose host bits are zero: AWS would zero them, and then the rule would differ from what was asked for ever.
func (r *reader) prefix(to *netip.Prefix) reads {
	const allowed = "a CIDR block such as 10.0.0.0/8 or 2001:db8::/32"
	return func(n *yaml.Node, path string) {
		s, ok := r.scalar(n, path, allowed)
		if !ok {
			return
		}
		p, err := netip.ParsePrefix(s)
		switch addr, lone := netip.ParseAddr(s); {
		case lone == nil && addr.Zone() == "" && !addr.Is4In6():
			r.say(path, fmt.Sprintf("%s has no length: write %s/%d", shown(s), addr, addr.BitLen()), allowed)
		case err != nil || p.Addr().Is4In6():
			r.wrong(path, s, allowed)
		case p != p.Masked():
			r.say(path, fmt.Sprintf("%s has host bits set: write %s", shown(s), p.Masked()), allowed)
		default:
			*to = p
		}
	}
}

// ports reads "443" or "1000-2000".
func (r *reader) ports(to *Ports) reads {
	const allowed = "a port such as 443 or a range such as 1000-2000, of 1 to 65535"
	return func(n *yaml.Node, path string) {
		s, ok := r.scalar(n, path, allowed)
		if !ok {
			return
		}
		low, high, isRange := strings.Cut(s, "-")
		if !isRange {
			high = low
		}
		from, bad := port(low)
		until, alsoBad := port(high)
		switch {
		case bad || alsoBad:
			r.wrong(path, s, allowed)
		case from > until:
			r.say(path, fmt.Sprintf("%s is reversed: write %d-%d", shown(s), until, from), allowed)
		default:
			*to = Ports{from, until}
		}
	}
}

func port(s string) (p int32, bad bool) {
	v, err := strconv.ParseUint(s, 10, 16)
	return int32(v), err != nil || v == 0
}

// families gives a rule with one CIDR block the other one, and refuses two that no packet can have.
func (r *reader) families(rule *Rule, path string) {
	src, dst := rule.Source, rule.Destination
	switch {
	case src.IsValid() && dst.IsValid() && src.Addr().Is4() != dst.Addr().Is4():
		r.say(path, fmt.Sprintf("source %s is %s and destination %s is %s: a packet has one family, so write two rules",
			src, family(src), dst, family(dst)), "two CIDR blocks of one family")
		return
	case src.IsValid() && !dst.IsValid():
		rule.Destination = anywhere(src)
	case dst.IsValid() && !src.IsValid():
		rule.Source = anywhere(dst)
	}
	own, bound := map[string]string{"icmp": "IPv4", "1": "IPv4", "icmpv6": "IPv6", "58": "IPv6"}[rule.Protocol]
	if bound && rule.Source.IsValid() && family(rule.Source) != own {
		r.say(under(path, "protocol"), fmt.Sprintf("%s is of %s, but the rule's addresses are %s", rule.Protocol, own, family(rule.Source)),
			"icmp with IPv4 addresses, icmpv6 with IPv6 addresses")
	}
}

func family(p netip.Prefix) string {
	if p.Addr().Is4() {
		return "IPv4"
	}
	return "IPv6"
}

// anywhere is every address of the family of p.
func anywhere(p netip.Prefix) netip.Prefix {
	if p.Addr().Is4() {
		return netip.PrefixFrom(netip.IPv4Unspecified(), 0)
	}
	return netip.PrefixFrom(netip.IPv6Unspecified(), 0)
}

// portsFit refuses ports where AWS knows none.
func (r *reader) portsFit(rule *Rule, path string) {
	switch rule.Protocol {
	case "tcp", "udp", "6", "17":
		return
	}
	for key, p := range map[string]Ports{"source_ports": rule.SourcePorts, "destination_ports": rule.DestinationPorts} {
		if p != (Ports{}) {
			r.say(under(path, key), fmt.Sprintf("protocol %s has no ports", rule.Protocol), "ports with protocol tcp or udp only")
		}
	}
}

// filter refuses a profile whose rules are more than AWS lets a filter have, or that mirrors nothing.
func (r *reader) filter(p Profile, path string) {
	rules := under(path, "rules")
	if r.broken(rules) {
		return
	}
	if len(p.Rules) == 0 {
		r.say(rules, "no rules mirror nothing: write one, or leave rules out to mirror everything", "1 to 10 rules")
		return
	}
	accepts := p.DNS
	var counts []string
	for i, rule := range p.Rules {
		accepts = accepts || rule.Action == "accept"
		counts = append(counts, fmt.Sprintf("rules[%d] makes %d", i, len(rule.Directions())*len(rule.pairs())))
	}
	if !accepts {
		r.say(rules, "nothing is accepted, so nothing would be mirrored", "an accept rule, or dns: true")
	}
	if n := len(p.Expand()); n > mostRules {
		if len(counts) > mostRules {
			counts = append(counts[:mostRules], "...")
		}
		r.say(rules, fmt.Sprintf("%d rules are more than the %d of a filter: each direction is a rule, and so is each IP family of a rule without CIDR blocks (%s)",
			n, mostRules, strings.Join(counts, ", ")), "rules that make 10 at the most")
	}
}
