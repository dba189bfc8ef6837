package plan

import (
	"fmt"
	"net/netip"

	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/policy"
)

// fewInterfaces is below how many interfaces of a VPC nobody is told that packets come twice: it does not matter yet.
const fewInterfaces = 4

// warnLengths tells which profiles see only the beginnings of packets, or ask for more than an endpoint carries.
func warnLengths(want *policy.Policy) []string {
	endpoint := false
	for _, t := range want.Fleet.Targets {
		endpoint = endpoint || t.Endpoint != ""
	}
	var w []string
	for _, name := range fabricKeys(want.Profiles) {
		n := want.Profiles[name].PacketLength
		switch {
		case n > endpointLength && endpoint:
			w = append(w, fmt.Sprintf("profile %s asks for %d bytes a packet; a Gateway Load Balancer endpoint carries %d at most, so longer packets are cut there", name, n, endpointLength))
		case n > 0:
			w = append(w, fmt.Sprintf("profile %s mirrors %d bytes a packet: what lies behind them is not inspected, and files are not whole", name, n))
		}
	}
	return w
}

// warnDuplicates tells in which VPCs most conversations are mirrored at both ends, and how to see them once.
func warnDuplicates(have *World, want *policy.Policy) []string {
	var w []string
	for i := range have.Accounts {
		a := &have.Accounts[i]
		mirrored := fabricMirrored(a, want)
		if len(mirrored) == 0 {
			continue
		}
		vpcs := map[string]*vpcCount{}
		for j := range a.Interfaces {
			n := &a.Interfaces[j]
			if n.Type != "interface" {
				continue
			}
			c := vpcs[n.VPC]
			if c == nil {
				c = &vpcCount{profiles: map[string]int{}}
				vpcs[n.VPC] = c
			}
			c.all++
			if profile, ok := mirrored[n.ID]; ok {
				c.mirrored++
				c.profiles[profile]++
			}
		}
		for _, id := range fabricKeys(vpcs) {
			w = append(w, vpcs[id].warn(a, want, id)...)
		}
	}
	return w
}

type vpcCount struct {
	all, mirrored int
	profiles      map[string]int
}

func (c *vpcCount) warn(a *Account, want *policy.Policy, vpc string) []string {
	cidrs := a.Vpcs[vpc].CIDRs
	if c.all < fewInterfaces || c.mirrored*2 <= c.all || len(insidePairs(cidrs)) == 0 {
		return nil
	}
	var w []string
	for _, name := range fabricKeys(c.profiles) {
		p, ok := want.Profiles[name]
		if !ok || rejectsInside(&p, cidrs) {
			continue
		}
		w = append(w, fmt.Sprintf("VPC %s (%s): %d of %d interfaces are mirrored, so conversations inside it are seen twice; %s",
			vpc, Place(a.ID, a.Region), c.mirrored, c.all, onceHint(&p, name, cidrs)))
	}
	return w
}

// onceHint says which rules of a profile would show each conversation inside a VPC once, if they fit.
func onceHint(p *policy.Profile, profile string, cidrs []string) string {
	pairs := insidePairs(cidrs)
	n := len(p.Expand()) + len(pairs)
	if n > rulesPerFilter {
		return fmt.Sprintf("to see them once profile %s would need %d rules of at most %d: let it have fewer, or put these interfaces on a profile of their own",
			profile, n, rulesPerFilter)
	}
	pair := pairs[0]
	return fmt.Sprintf("to see them once put before the rules of profile %s: {action: reject, direction: egress, source: %s, destination: %s}%s; "+
		"what a mirrored interface sends to one that is not mirrored is then not seen", profile, pair[0], pair[1], andSo(len(pairs)-1))
}

func andSo(more int) string {
	if more == 0 {
		return ""
	}
	return fmt.Sprintf(", and the same of its other pairs of blocks (%d more)", more)
}

// insidePairs lists the pairs of a VPC's blocks of one family.
func insidePairs(cidrs []string) [][2]netip.Prefix {
	var out [][2]netip.Prefix
	for _, a := range cidrs {
		for _, b := range cidrs {
			p, err := netip.ParsePrefix(a)
			q, err2 := netip.ParsePrefix(b)
			if err == nil && err2 == nil && p.Addr().Is4() == q.Addr().Is4() {
				out = append(out, [2]netip.Prefix{p, q})
			}
		}
	}
	return out
}

// rejectsInside says whether a profile shows the conversations inside a VPC once already: each pair of its blocks is rejected in one
// direction, at least. A rule for some ports or one protocol does not do it.
func rejectsInside(p *policy.Profile, cidrs []string) bool {
	for _, pair := range insidePairs(cidrs) {
		if !rejectsPair(p.Rules, pair) {
			return false
		}
	}
	return true
}

// rejectsPair goes by the first rule that is about all packets of a pair of blocks.
func rejectsPair(rules []policy.Rule, pair [2]netip.Prefix) bool {
	for _, r := range rules {
		anywhere := !r.Source.IsValid() && !r.Destination.IsValid()
		about := anywhere || holds(r.Source, pair[0]) && holds(r.Destination, pair[1])
		if about && (r.Protocol == "" || r.Protocol == "all") && r.SourcePorts == (policy.Ports{}) && r.DestinationPorts == (policy.Ports{}) {
			return r.Action == "reject"
		}
	}
	return false
}

func holds(outer, inner netip.Prefix) bool {
	return outer.IsValid() && outer.Bits() <= inner.Bits() && outer.Contains(inner.Addr())
}
