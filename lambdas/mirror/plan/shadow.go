package plan

import (
	"cmp"
	"net/netip"
	"slices"

	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/policy"
	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// shadowKey names a comparison: of another's filter, in an account and region, with what a profile wants.
type shadowKey struct {
	site            *site
	filter, profile string
}

// shadow is the outcome, as the end of a sentence; empty: their packets are not ours.
type shadow struct{ what string }

// takes says what a session takes away from ours, or "".
func (s *survey) takes(src *source, l *link) string {
	key := shadowKey{src.site, l.Filter, src.choice.profile}
	had, ok := s.shadows[key]
	if !ok {
		had = shadow{s.compare(src, l)}
		s.shadows[key] = had
	}
	return had.what
}

func (s *survey) compare(src *source, l *link) string {
	f := src.site.shown[l.Filter]
	if f == nil {
		return "may take its packets: its filter " + l.Filter + " cannot be seen from this account"
	}
	if r := firstCommon(s.boxes(src.choice.profile), boxesOf(f)); r != "" {
		return "its filter " + l.Filter + " takes packets that ours wants (" + r + ")"
	}
	return ""
}

// box is the packets that a rule fits: in each dimension a set. A protocol of 0, a range of 0 and a block that is not valid are all.
type box struct {
	ingress  bool
	accept   bool
	protocol int32
	ports    [2][2]int32 // source, destination: from, to
	blocks   [2]netip.Prefix
}

func (s *survey) boxes(profile string) []box {
	rules, ok := s.filters[profile]
	if !ok {
		p := s.want.Profiles[profile]
		rules = p.Expand()
		s.filters[profile] = rules
	}
	list := make([]box, 0, len(rules))
	for _, r := range rules {
		list = append(list, boxOf(ec2api.RuleSpec{
			Direction: r.Direction, Action: r.Action, Protocol: r.Protocol, SourcePorts: rangeOf(r.SourcePorts),
			DestinationPorts: rangeOf(r.DestinationPorts), SourceCIDR: r.SourceCIDR, DestinationCIDR: r.DestinationCIDR,
		}))
	}
	return list
}

func rangeOf(p policy.Ports) ec2api.PortRange { return ec2api.PortRange{From: p.From, To: p.To} }

func boxesOf(f *ec2api.TrafficMirrorFilter) []box {
	var list []box
	for _, rules := range [][]ec2api.TrafficMirrorFilterRule{f.Ingress, f.Egress} {
		rules = slices.Clone(rules)
		slices.SortFunc(rules, func(a, b ec2api.TrafficMirrorFilterRule) int { return cmp.Compare(a.Number, b.Number) })
		for i := range rules {
			list = append(list, boxOf(rules[i].RuleSpec))
		}
	}
	return list
}

func boxOf(r ec2api.RuleSpec) box {
	b := box{ingress: r.Direction == "ingress", accept: r.Action == "accept", protocol: r.Protocol}
	for i, p := range []ec2api.PortRange{r.SourcePorts, r.DestinationPorts} {
		b.ports[i] = [2]int32{p.From, p.To}
		if p.From == 0 && p.To == 0 {
			b.ports[i] = [2]int32{0, 65535}
		}
	}
	for i, c := range []string{r.SourceCIDR, r.DestinationCIDR} {
		if p, err := netip.ParsePrefix(c); err == nil {
			b.blocks[i] = p.Masked()
		}
	}
	return b
}

// firstCommon finds packets that both lists of rules accept. Each list is in the order in which its rules hold, so that what an
// earlier rule rejects whole is not counted.
func firstCommon(ours, theirs []box) string {
	for i, a := range ours {
		for j, b := range theirs {
			common, ok := meet(a, b)
			if !ok || !a.accept || !b.accept || rejected(ours[:i], common) || rejected(theirs[:j], common) {
				continue
			}
			return common.String()
		}
	}
	return ""
}

func rejected(before []box, b box) bool {
	return slices.ContainsFunc(before, func(r box) bool { return !r.accept && r.covers(b) })
}

// meet gives what two boxes have in common.
func meet(a, b box) (box, bool) {
	if a.ingress != b.ingress || a.protocol != 0 && b.protocol != 0 && a.protocol != b.protocol {
		return a, false
	}
	a.protocol = max(a.protocol, b.protocol)
	for i := range a.ports {
		a.ports[i] = [2]int32{max(a.ports[i][0], b.ports[i][0]), min(a.ports[i][1], b.ports[i][1])}
		if a.ports[i][0] > a.ports[i][1] {
			return a, false
		}
	}
	for i := range a.blocks {
		p, q := a.blocks[i], b.blocks[i]
		if p.IsValid() && q.IsValid() && !p.Overlaps(q) {
			return a, false
		}
		if !p.IsValid() || q.IsValid() && q.Bits() > p.Bits() {
			a.blocks[i] = q
		}
	}
	return a, true
}

func (b box) covers(c box) bool {
	if b.ingress != c.ingress || b.protocol != 0 && b.protocol != c.protocol {
		return false
	}
	for i := range b.ports {
		if b.ports[i][0] > c.ports[i][0] || b.ports[i][1] < c.ports[i][1] {
			return false
		}
	}
	for i, p := range b.blocks {
		if q := c.blocks[i]; p.IsValid() && !(q.IsValid() && p.Overlaps(q) && p.Bits() <= q.Bits()) {
			return false
		}
	}
	return true
}

// String says which packets, as far as they are narrower than all.
func (b box) String() string {
	text := "egress"
	if b.ingress {
		text = "ingress"
	}
	if b.protocol != 0 {
		text += " of protocol " + protocolName(b.protocol)
	}
	for i, end := range []string{" from ", " to "} {
		if b.blocks[i].IsValid() {
			text += end + b.blocks[i].String()
		}
	}
	return text
}
