package policy

import (
	"net/netip"
	"strconv"
)

const (
	mostRules = 10 // AWS's quota of a filter, ingress and egress together
	ruleStep  = 10 // between the numbers of rules, so that a rule made by hand in an emergency has room
)

// FilterRule is a rule as AWS has it: of one direction and one IP family.
type FilterRule struct {
	Direction        string // ingress, egress
	Number           int32  // 10, 20, ... of its direction; the lower is asked first
	Action           string // accept, reject
	Protocol         int32  // IANA number; 0: every protocol
	SourcePorts      Ports
	DestinationPorts Ports
	SourceCIDR       string
	DestinationCIDR  string
	Description      string
}

// ProfileRules is the filter of a profile, and nil where there is no such profile.
func (p *Policy) ProfileRules(name string) []FilterRule {
	profile, ok := p.Profiles[name]
	if !ok {
		return nil
	}
	return profile.Expand()
}

// Expand gives the rules of a profile's filter: all of ingress, then all of egress, each in the order in which they are asked. What a
// rule says of source and destination holds in both directions alike: they are those of the packet.
func (p Profile) Expand() []FilterRule {
	rules := p.Rules
	if len(rules) == 0 {
		rules = everything()
	}
	var all []FilterRule
	for _, direction := range []string{"ingress", "egress"} {
		next := int32(ruleStep)
		for _, rule := range rules {
			if !rule.goes(direction) {
				continue
			}
			for _, pair := range rule.pairs() {
				all = append(all, FilterRule{
					Direction: direction, Number: next, Action: rule.Action, Protocol: rule.protocol(),
					SourcePorts: rule.SourcePorts, DestinationPorts: rule.DestinationPorts,
					SourceCIDR: pair[0].String(), DestinationCIDR: pair[1].String(), Description: rule.Description,
				})
				next += ruleStep
			}
		}
	}
	return all
}

// Directions are those that a rule is for.
func (rule Rule) Directions() []string {
	if rule.Direction == "" || rule.Direction == "both" {
		return []string{"ingress", "egress"}
	}
	return []string{rule.Direction}
}

func (rule Rule) goes(direction string) bool {
	return rule.Direction == "" || rule.Direction == "both" || rule.Direction == direction
}

// pairs are the source and destination of each AWS rule that a rule makes. ICMP is of IPv4 and ICMPv6 of IPv6: the other family would
// take a rule out of ten for packets that do not exist.
func (rule Rule) pairs() [][2]netip.Prefix {
	src, dst := rule.Source, rule.Destination
	switch {
	case src.IsValid() && !dst.IsValid():
		dst = anywhere(src)
	case dst.IsValid() && !src.IsValid():
		src = anywhere(dst)
	}
	if src.IsValid() {
		return [][2]netip.Prefix{{src, dst}}
	}
	four, six := netip.PrefixFrom(netip.IPv4Unspecified(), 0), netip.PrefixFrom(netip.IPv6Unspecified(), 0)
	switch rule.protocol() {
	case 1:
		return [][2]netip.Prefix{{four, four}}
	case 58:
		return [][2]netip.Prefix{{six, six}}
	}
	return [][2]netip.Prefix{{four, four}, {six, six}}
}

// protocol is the IANA number of a rule's protocol.
func (rule Rule) protocol() int32 {
	switch rule.Protocol {
	case "", "all":
		return 0
	case "icmp":
		return 1
	case "tcp":
		return 6
	case "udp":
		return 17
	case "icmpv6":
		return 58
	}
	n, _ := strconv.ParseUint(rule.Protocol, 10, 8) // Parse lets nothing else through
	return int32(n)
}
