package mirrorsim

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
	"github.com/mirrorwatch/mirrorwatch/test/ec2fake"
)

// drift says what of a session is not as it should be, or "".
func (s *sim) drift(st *ec2fake.State, own *ec2api.TrafficMirrorSession, others []ec2api.TrafficMirrorSession, profile string) string {
	length := int32(0)
	if profile == "web" {
		length = int32(s.wish.length)
	}
	target := ""
	for _, t := range st.Targets {
		if ours(t.Tags) {
			target = t.ID
		}
	}
	switch {
	case own.Target != target:
		return "its target is not " + target
	case own.PacketLength != length && !(length == 0 && own.PacketLength == 8500):
		return fmt.Sprintf("its packet length is not %d", length)
	case own.Tags["mirrorwatch:profile"] != profile:
		return "its tags name another profile than " + profile
	case s.wish.narrowVNI && (own.VirtualNetworkID < 5000 || own.VirtualNetworkID > 5399):
		return "its VNI is out of range"
	case own.Description == "mine" || own.Tags["Name"] == "mine":
		return "what a person wrote on it is still there"
	case !placed(own, others, profile):
		return "its number is not where the profile wants it"
	}
	f := st.Filters[own.Filter]
	if got, want := filterText(&f), s.filterWanted(profile); !slices.Equal(got, want) {
		return fmt.Sprintf("its filter says %v and not %v", got, want)
	}
	return ""
}

func filterText(f *ec2api.TrafficMirrorFilter) []string {
	var list []string
	for _, r := range slices.Concat(f.Ingress, f.Egress) {
		list = append(list, fmt.Sprintf("%s %s %d %d-%d %s %s", r.Direction, r.Action, r.Protocol, r.DestinationPorts.From, r.DestinationPorts.To, r.SourceCIDR, r.DestinationCIDR))
	}
	list = append(list, f.NetworkServices...)
	slices.Sort(list)
	return list
}

// filterWanted is what the filter of a profile must say: both directions, both families.
func (s *sim) filterWanted(profile string) []string {
	ports, protocol := []int{0}, 0
	if profile == "web" {
		ports, protocol = []int{443, s.wish.port}, 6
	}
	var list []string
	for _, port := range ports {
		for _, direction := range []string{"ingress", "egress"} {
			for _, all := range []string{"0.0.0.0/0", "::/0"} {
				list = append(list, fmt.Sprintf("%s accept %d %d-%d %s %s", direction, protocol, port, port, all, all))
			}
		}
	}
	list = append(list, "amazon-dns")
	slices.Sort(list)
	return list
}

// compareFabric holds what sessions stand on.
func (s *sim) compareFabric(st *ec2fake.State) {
	targets := 0
	for _, t := range st.Targets {
		if ours(t.Tags) {
			targets++
		}
	}
	if targets != 1 {
		s.fail("%d targets of ours", targets)
	}
	perAccount, used := map[string]int{}, map[string]bool{}
	for _, x := range st.Sessions {
		used[x.Filter] = true
	}
	for id, f := range st.Filters {
		// A filter of ours that only a session uses which nothing may touch stays as long as that does: one that lost its tags and so is
		// somebody else's, or one whose interface has a tag with a typo.
		if ours(f.Tags) && !(used[id] && !s.weUse(st, id)) {
			perAccount[st.Owners[id]]++
		}
	}
	for _, a := range accounts() {
		if perAccount[a] > 4 {
			s.fail("%d filters of ours in account %s for four profiles", perAccount[a], a)
		}
	}
	listens := false
	for _, l := range st.Listeners[s.town.fleet.Balancer.ARN] {
		listens = listens || l.Port == 4789 && l.Protocol == "UDP" && l.TargetGroup == s.town.fleet.TargetGroup.ARN
	}
	if !listens {
		s.fail("nothing listens on UDP 4789")
	}
}

func (s *sim) weUse(st *ec2fake.State, filter string) bool {
	return slices.ContainsFunc(st.Sessions, func(x ec2api.TrafficMirrorSession) bool {
		i := slices.IndexFunc(st.Interfaces, func(n ec2api.NetworkInterface) bool { return n.ID == x.NetworkInterface })
		return x.Filter == filter && ours(x.Tags) && i >= 0 && s.judge(st, &st.Interfaces[i]).session != any_
	})
}

// compareBindings holds that each session of ours has a VNI of its own that is bound to its interface, and that nothing else is bound.
// A session that nothing may touch, because of a typo, may have lost its binding: it is counted, not held.
func (s *sim) compareBindings(st *ec2fake.State) {
	bound := map[uint32]string{}
	q := store.ListQuery{}
	for {
		page, err := s.store.Mirror.Bound(context.Background(), q)
		if err != nil {
			s.fail("read bindings: %v", err)
			return
		}
		for _, b := range page.Items {
			bound[b.VNI] = b.Interface
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			break
		}
	}
	free := map[string]bool{} // interfaces whose sessions are left alone
	for i := range st.Interfaces {
		free[st.Interfaces[i].ID] = s.judge(st, &st.Interfaces[i]).session == any_
	}
	// A session that nothing may touch may have the VNI of another, given to it by a person: it neither has nor uses up that one's binding.
	seen, kept := map[uint32]string{}, map[uint32]bool{}
	for _, x := range st.Sessions {
		if !ours(x.Tags) {
			continue
		}
		if !free[x.NetworkInterface] && bound[x.VirtualNetworkID] != x.NetworkInterface {
			s.fail("VNI %d of %s on %s is bound to %q", x.VirtualNetworkID, x.ID, x.NetworkInterface, bound[x.VirtualNetworkID])
		}
		if other := seen[x.VirtualNetworkID]; other != "" && !free[x.NetworkInterface] && !free[other] {
			s.fail("VNI %d is that of sessions on %s and %s", x.VirtualNetworkID, x.NetworkInterface, other)
		}
		seen[x.VirtualNetworkID] = x.NetworkInterface
		kept[x.VirtualNetworkID] = kept[x.VirtualNetworkID] || bound[x.VirtualNetworkID] == x.NetworkInterface
	}
	for vni, eni := range bound {
		if !kept[vni] && !free[eni] {
			s.fail("VNI %d is bound to %s, which has no session with it", vni, eni)
		}
	}
}

// listen tells the store what sensors hear.
func (s *sim) listen() {
	st := s.cloud.State(region)
	if len(st.Listeners[s.town.fleet.Balancer.ARN]) == 0 {
		return
	}
	byENI := map[string][]ec2api.TrafficMirrorSession{}
	for _, x := range st.Sessions {
		if !ours(x.Tags) {
			byENI[x.NetworkInterface] = append(byENI[x.NetworkInterface], x)
		}
	}
	var list []events.Heard
	for i := range st.Sessions {
		x := &st.Sessions[i]
		if !ours(x.Tags) || s.town.mute[x.NetworkInterface] || !s.cloud.Active(x.ID) || s.shadowed(x, byENI[x.NetworkInterface], x.Tags["mirrorwatch:profile"]) {
			continue
		}
		list = append(list, s.hears(x.VirtualNetworkID))
		s.told[x.VirtualNetworkID] = s.clock.Now()
	}
	if err := s.store.Mirror.Hear(context.Background(), list...); err != nil {
		s.fail("hear: %v", err)
	}
}

func (s *sim) hears(vni uint32) events.Heard {
	now := s.clock.Now()
	return events.Heard{VNI: vni, Sensor: fmt.Sprintf("sensor-%d", vni%2), Since: now.Add(-time.Hour), LastSeen: now, Packets: 1, Bytes: 60}
}
