package plan

import (
	"math"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/policy"
)

// settle gives the last verdicts: of those that get a session, and of those that have one and are to keep it.
func (s *survey) settle(src *source) {
	switch {
	case src.state != "":
	case src.settling:
		src.say(events.CoverageMirrored, "", "%s; session %s was made at %s and is not visible yet",
			src.because(), src.before.Session, later(src.binding.From, src.before.Changed).UTC().Format(time.RFC3339))
	case src.create:
		src.say(events.CoveragePending, "", "%s; its session is made in this pass", src.because())
	case s.shadowed(src):
	case s.silent(src):
	default:
		src.say(events.CoverageMirrored, "", "%s; session %s sends its packets to %s", src.because(), src.keep.ID, src.keep.Target)
	}
}

// because says who wants it mirrored.
func (src *source) because() string {
	return "wanted by " + src.choice.by + " with profile " + src.choice.profile
}

// shadowed says whether a session of somebody else takes packets that ours wants: AWS mirrors each packet once, by the lowest number.
func (s *survey) shadowed(src *source) bool {
	for _, l := range src.foreign {
		if l.SessionNumber >= src.number {
			return false
		}
		if what := s.takes(src, l); what != "" {
			return src.say(events.CoverageShadowed, shadowFix(src, l), "session %s (number %d) comes before ours (number %d) and %s",
				l.ID, l.SessionNumber, src.number, what)
		}
	}
	return false
}

func shadowFix(src *source, l *link) string {
	return "have the owner of " + l.ID + " give it a number above " + strconv.Itoa(int(src.number)) +
		" or narrow its filter, or set session_number.place to before in profile " + src.choice.profile
}

// silent says whether there is a session and no packet of it arrives, where some should. What was heard counts up to when it was read.
func (s *survey) silent(src *source) bool {
	was := src.before != nil && src.before.State == events.CoverageSilent
	if s.have.Heard == nil && !was || s.otherVNI(src) { // where no sensor ever reported nobody can say; but what was silent is until it is heard
		return false
	}
	limit, at := s.want.Limits.Silent, s.have.At
	if !s.have.HeardAt.IsZero() {
		at = s.have.HeardAt
	}
	if traffic, known := s.have.Traffic[src.eni.ID]; known && !traffic || at.Sub(s.audible(src)) < limit {
		return false
	}
	vni := src.keep.VirtualNetworkID
	heard, ever := s.heard(src)
	if ever && at.Sub(heard.LastSeen) < limit {
		return false
	}
	since := "since it was made"
	if ever {
		since = "since " + heard.LastSeen.UTC().Format(time.RFC3339)
	}
	return src.say(events.CoverageSilent, silentFix(src),
		"session %s is there, but no sensor has heard a packet of its VNI %d %s", src.keep.ID, vni, since)
}

// otherVNI says whether the session has another VNI than it should, or had one when the pass before looked: nobody can say yet whether
// the right one is heard.
func (s *survey) otherVNI(src *source) bool {
	now, b := src.keep.VirtualNetworkID, src.before
	return s.want.Switch != policy.Frozen && src.vni.vni != now || b != nil && b.VNI != 0 && b.VNI != now
}

// audible is since when its packets could have been heard without a break: what was stopped, or behind another's session, when the pass
// before looked can only be heard from now on.
func (s *survey) audible(src *source) time.Time {
	switch b := src.before; {
	case b == nil || b.State == "" || b.State == events.CoverageSilent:
		return src.began()
	case b.State == events.CoverageMirrored:
		return later(src.began(), b.Changed)
	}
	return s.have.At
}

func silentFix(src *source) string {
	fix := "see that the load balancer has a UDP 4789 listener, that subnet " + src.eni.Subnet +
		" has a route to it, and that the sensors' security group lets UDP 4789 in from " + src.eni.PrimaryAddress.String()
	if src.instance != nil && src.instance.Type != "" {
		return fix + "; instance type " + src.instance.Type + " may not be able to mirror after all"
	}
	return fix + "; what AWS runs it on may not be able to mirror"
}

// began is since when packets with the session's VNI can be this interface's.
func (src *source) began() time.Time {
	at, _ := sessionBegan(src.keep)
	if b := src.binding; b != nil && b.VNI == src.keep.VirtualNetworkID && b.From.After(at) {
		return b.From
	}
	return at
}

// heard is what sensors heard of the session, without what they heard of who had the VNI before.
func (s *survey) heard(src *source) (events.Heard, bool) {
	if src.keep == nil {
		return events.Heard{}, false
	}
	h, ok := s.have.Heard[src.keep.VirtualNetworkID]
	return h, ok && !h.LastSeen.Before(src.began())
}

// coverage is what is reported of an interface.
func (s *survey) coverage(src *source) events.Coverage {
	c := events.Coverage{
		Interface: src.eni.ID, Account: src.site.ID, Region: src.site.Region, VPC: src.eni.VPC, Subnet: src.eni.Subnet,
		Instance: src.instanceID(), Name: src.name, Tags: src.tags, Addresses: src.addresses(),
		State: src.state, Reason: src.reason, Fix: src.fix, Changed: s.have.At,
	}
	if b := src.before; b != nil {
		c.Was, c.Revision = b.State, b.Revision
		if b.State == src.state {
			c.Was, c.Changed = b.Was, b.Changed
		}
	}
	switch {
	case src.keep != nil:
		c.Session, c.VNI = src.keep.ID, src.keep.VirtualNetworkID
	case src.settling, src.before != nil && !src.site.read(callSessions):
		c.Session, c.VNI = src.before.Session, src.before.VNI
	case src.before != nil && src.binding != nil && src.before.VNI == src.binding.VNI:
		c.VNI = src.before.VNI // remembers that the binding was used: see reusable
	}
	if h, ok := s.heard(src); ok {
		seen := h.LastSeen
		c.Sensor, c.LastSeen, c.Packets = h.Sensor, &seen, h.Packets
	}
	return c
}

// addresses are those of the interface, the primary first and the others in order.
func (src *source) addresses() []netip.Addr {
	list := src.eni.Addresses
	if len(list) < 2 {
		return list
	}
	list = slices.Clone(list)
	slices.SortFunc(list, func(a, b netip.Addr) int {
		switch {
		case a == b:
			return 0
		case a == src.eni.PrimaryAddress:
			return -1
		case b == src.eni.PrimaryAddress:
			return 1
		}
		return a.Compare(b)
	})
	return list
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// cents rounds an amount, so that the order of a sum does not show.
func cents(x float64) float64 { return math.Round(x*100) / 100 }

func protocolName(p int32) string {
	switch p {
	case 1:
		return "icmp"
	case 6:
		return "tcp"
	case 17:
		return "udp"
	case 58:
		return "icmpv6"
	}
	return number(p)
}
