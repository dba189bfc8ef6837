package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/policy"
)

// maxWarnings is how many warnings a plan carries: nobody reads more, and a thousand VPCs may all have the same.
const maxWarnings = 50

// Packets behind a Gateway Load Balancer endpoint are cut here at the latest (IPv6; 20 bytes more over IPv4).
const endpointLength = 8426

// fabricWarnings tells what people should know of targets, shares, load balancers and profiles and no step mends. A part of the world
// says too little: then there are none.
func fabricWarnings(have *World, want *policy.Policy) []string {
	if have.Scope != nil {
		return nil
	}
	var w []string
	for _, region := range fabricRegions(want) {
		a := fabricPlace(have, want.Fleet.Account, region)
		if a == nil {
			continue // a pass about other places: that of the fleet's says it
		}
		w = append(w, warnTargets(have, want, region)...)
		w = append(w, warnShare(a, want)...)
		for _, t := range fabricManaged(want, region) {
			w = append(w, warnBalancer(have, want, a, t)...)
		}
	}
	w = append(w, warnLengths(want)...)
	return fabricBound(append(w, warnDuplicates(have, want)...))
}

// fabricBound keeps a list of warnings short.
func fabricBound(w []string) []string {
	if len(w) <= maxWarnings {
		return w
	}
	return append(w[:maxWarnings-1:maxWarnings-1], fmt.Sprintf("and %d more warnings", len(w)-maxWarnings+1))
}

// warnTargets tells of targets that others keep and nobody sees.
func warnTargets(have *World, want *policy.Policy, region string) []string {
	visible := map[string]bool{}
	for i := range have.Accounts {
		a := &have.Accounts[i]
		if a.Region == region && !fabricRead(a, "DescribeTrafficMirrorTargets") {
			return nil
		}
		for _, t := range a.Targets {
			visible[t.ID] = true
		}
	}
	var w []string
	for _, t := range want.Fleet.Targets {
		if t.Region == region && t.ID != "" && !visible[t.ID] {
			w = append(w, "target "+t.ID+" is not visible in "+region+": no session can be made to it; correct fleet.targets or share it with the accounts")
		}
	}
	return w
}

func warnShare(a *Account, want *policy.Policy) []string {
	share := fabricShare(a, want)
	if share == nil || !want.Fleet.Share.Manage {
		return nil
	}
	if want.Fleet.Share.External && !share.External {
		return []string{"share " + share.Name + " in " + a.Region + " does not allow accounts outside the organization, and the policy does: allow it in AWS RAM"}
	}
	if share.External && !want.Fleet.Share.External {
		return []string{"share " + share.Name + " in " + a.Region + " allows accounts outside the organization, and the policy does not: forbid it in AWS RAM"}
	}
	return nil
}

// warnBalancer tells what is wrong with a load balancer that a target points to and can only be mended by whoever owns it.
func warnBalancer(have *World, want *policy.Policy, a *Account, t policy.Target) []string {
	if t.LoadBalancer == "" || !fabricRead(a, "DescribeLoadBalancers") {
		return nil
	}
	name := "load balancer " + fabricShort(t.LoadBalancer) + " in " + a.Region
	b := fabricBalancer(a, t.LoadBalancer)
	if b == nil {
		return []string{name + " is not visible: nothing says whether mirrored packets arrive"}
	}
	var w []string
	if b.State != "active" && b.State != "" {
		w = append(w, name+" is "+b.State+", not active")
	}
	if fabricRead(a, "DescribeListeners", "DescribeTargetGroups") {
		w = append(w, warnListener(name, b, t)...)
	}
	if zones := fabricZones(have, want, a, t, b); len(zones) > 0 {
		w = append(w, name+" has no node in "+strings.Join(zones, ", ")+", where mirrored interfaces are: their packets cross zones, which costs; a zone added later counts only with cross-zone on")
	}
	if group := fabricGroup(b, t.TargetGroup); group != nil && fabricRead(a, "DescribeTargetHealth", "DescribeTargetGroupAttributes") {
		w = append(w, warnGroup(name, group)...)
	}
	return w
}

func warnListener(name string, b *Balancer, t policy.Target) []string {
	l, group := fabricListens(b), fabricGroup(b, t.TargetGroup)
	switch {
	case l == nil && t.TargetGroup == "":
		return []string{name + " has no listener for UDP 4789: mirrored packets are dropped without a word; name its target_group in the policy and the listener is made"}
	case l == nil && !fabricCanListen(b, group):
		return []string{name + " has no listener for UDP 4789 and none can be made: it must not have failed, and the target group must be of protocol UDP"}
	case l != nil && !fabricIsUDP(l.Protocol):
		return []string{fmt.Sprintf("%s listens for %s at port 4789, not for UDP: mirrored packets are dropped without a word; delete that listener", name, l.Protocol)}
	case l != nil && t.TargetGroup != "" && l.TargetGroup != t.TargetGroup && !(fabricAstray(l, t) && group != nil && fabricCanListen(b, group)):
		return []string{name + " forwards UDP 4789 to " + fabricShort(l.TargetGroup) + ", not to " + fabricShort(t.TargetGroup) + " as the policy says: change the listener or the policy"}
	}
	return nil
}

func warnGroup(name string, g *TargetGroup) []string {
	var w []string
	if g.Attributes["load_balancing.cross_zone.enabled"] == "false" {
		w = append(w, "target group "+g.Name+" turns cross-zone off for itself, whatever "+name+" says")
	}
	var bad []string
	for _, id := range fabricKeys(g.Health) {
		if strings.HasPrefix(g.Health[id], "unhealthy") || g.Health[id] == "unavailable" {
			bad = append(bad, id)
		}
	}
	healthy := 0
	for _, state := range g.Health {
		if state == "healthy" {
			healthy++
		}
	}
	switch {
	case len(g.Health) == 0:
		w = append(w, "target group "+g.Name+" has no targets: no sensor hears "+name)
	case healthy == 0:
		w = append(w, fmt.Sprintf("target group %s has no healthy target among %d: no sensor surely hears %s", g.Name, len(g.Health), name))
	case len(bad) > 0:
		w = append(w, fmt.Sprintf("target group %s: %d of %d targets are unhealthy (%s)", g.Name, len(bad), len(g.Health), fabricFirst(bad, 5)))
	}
	return w
}

// fabricZones lists the zones of mirrored interfaces in which a load balancer has no node. Zones have other names in other accounts, so
// only the fleet's own interfaces are compared.
func fabricZones(have *World, want *policy.Policy, a *Account, t policy.Target, b *Balancer) []string {
	mirrored := fabricMirrored(a, want)
	missing := map[string]bool{}
	for i := range a.Interfaces {
		zone := a.Interfaces[i].AvailabilityZone
		if _, ok := mirrored[a.Interfaces[i].ID]; ok && zone != "" && fabricAmong(t.Zones, zone) && !slices.Contains(b.AvailabilityZones, zone) {
			missing[zone] = true
		}
	}
	if n := fabricZonesElsewhere(have, want, a, t); len(missing) == 0 && n > len(b.AvailabilityZones) {
		return []string{fmt.Sprintf("%d of %d zones", n-len(b.AvailabilityZones), n)}
	}
	return fabricKeys(missing)
}

// fabricZonesElsewhere is in how many zones another account of the region has mirrored interfaces, at most.
func fabricZonesElsewhere(have *World, want *policy.Policy, fleet *Account, t policy.Target) int {
	most := 0
	for i := range have.Accounts {
		a := &have.Accounts[i]
		if a.Region != fleet.Region || a.ID == fleet.ID || len(t.Zones) > 0 {
			continue
		}
		zones, mirrored := map[string]bool{}, fabricMirrored(a, want)
		for j := range a.Interfaces {
			if _, ok := mirrored[a.Interfaces[j].ID]; ok {
				zones[a.Interfaces[j].AvailabilityZone] = true
			}
		}
		most = max(most, len(zones))
	}
	return most
}

// fabricMirrored gives the profile of the session of ours that an interface of an account has.
func fabricMirrored(a *Account, want *policy.Policy) map[string]string {
	out := map[string]string{}
	for _, s := range a.Sessions {
		if s.Owner == a.ID && want.Owned(s.Tags) {
			out[s.NetworkInterface] = s.Tags[TagProfile]
		}
	}
	return out
}

func fabricFirst(list []string, n int) string {
	if len(list) <= n {
		return strings.Join(list, ", ")
	}
	return strings.Join(list[:n], ", ") + ", ..."
}
