package store

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// Match says whether a detection is meant. It is the definition: an implementation may go another way, but not elsewhere.
func (f *DetectionFilter) Match(d *events.Detection) bool {
	switch f.Hidden {
	case HiddenExclude:
		if d.HiddenBy != "" {
			return false
		}
	case HiddenOnly:
		if d.HiddenBy == "" {
			return false
		}
	}
	if !f.matchOne(d) {
		return false
	}
	return !slices.ContainsFunc(f.Not, func(n DetectionFilter) bool { return n.matchOne(d) })
}

func (f *DetectionFilter) matchOne(d *events.Detection) bool {
	return f.matchTime(d) && f.matchKind(d) && f.matchTriage(d) && f.matchPlace(d) && f.matchText(d)
}

func (f *DetectionFilter) matchTime(d *events.Detection) bool {
	return within(d.Start, f.From, f.To) && within(d.Update, f.UpdatedFrom, f.UpdatedTo) &&
		(f.ModifiedFrom == nil || d.Modified != nil && !d.Modified.Before(*f.ModifiedFrom)) &&
		(f.Ongoing == nil || *f.Ongoing == (d.End == nil))
}

func within(t time.Time, from, to *time.Time) bool {
	return (from == nil || !t.Before(*from)) && (to == nil || t.Before(*to))
}

func (f *DetectionFilter) matchKind(d *events.Detection) bool {
	return oneOf(f.IDs, d.ID) && oneOf(f.Types, d.Type) && oneOf(f.Categories, d.Category) &&
		anyOf(f.Tactics, d.Tactics, func(want, have string) bool { return want == have }) && anyOf(f.Techniques, d.Techniques, IsTechnique) &&
		oneOf(f.Bands, d.Risk.Band) && d.Risk.Score >= f.MinScore && (f.MaxScore == 0 || d.Risk.Score <= f.MaxScore)
}

func (f *DetectionFilter) matchTriage(d *events.Detection) bool {
	return oneOf(f.Statuses, d.Status) && oneOf(f.Resolutions, d.Resolution) && oneOf(f.Assignees, d.Assignee)
}

func (f *DetectionFilter) matchPlace(d *events.Detection) bool {
	return oneOf(f.Sensors, d.Sensor) && oneOf(f.VNIs, d.VNI) &&
		f.Participant.matchAny(d, "") && f.Offender.matchAny(d, "offender") && f.Victim.matchAny(d, "victim")
}

func (f *DetectionFilter) matchText(d *events.Detection) bool {
	return f.Text == "" || strings.Contains(Text(d), strings.ToLower(f.Text))
}

// IsTechnique says whether have is the technique want or one of its sub-techniques: T1110.001 is a T1110.
func IsTechnique(want, have string) bool {
	return have == want || len(have) > len(want) && have[len(want)] == '.' && have[:len(want)] == want
}

// IsBelow says whether a host name is a domain or a name below it, whatever the case.
func IsBelow(domain, host string) bool {
	domain, host = strings.ToLower(strings.TrimSuffix(domain, ".")), strings.ToLower(host)
	return host == domain || strings.HasSuffix(host, "."+domain)
}

// Text is what a search for text looks through, in lower case, a line each: title, type, description, who took part, and the notes.
func Text(d *events.Detection) string {
	var b strings.Builder
	b.WriteString(d.Title + "\n" + d.Type + "\n" + d.Description)
	for i := range d.Participants {
		p := &d.Participants[i]
		b.WriteString("\n" + p.Hostname + "\n" + AddressText(p.Address) + "\n" + p.Instance + "\n" + p.User)
	}
	for i := range d.Notes {
		b.WriteString("\n" + d.Notes[i].Text)
	}
	return strings.ToLower(b.String())
}

// AddressText is how an address is written where one is looked for; nothing where there is none, such as that of who calls an AWS API by
// way of another service.
func AddressText(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	return a.String()
}

func (p *ParticipantFilter) matchAny(d *events.Detection, role string) bool {
	if p == nil {
		return true
	}
	return slices.ContainsFunc(d.Participants, func(have events.Participant) bool {
		return (role == "" || have.Role == role) && p.Match(&have)
	})
}

// Match says whether a participant is meant.
func (p *ParticipantFilter) Match(have *events.Participant) bool {
	return oneOf(p.Devices, have.Device) && p.matchAddress(have.Address) && p.matchHost(have.Hostname) && oneOf(p.VPCs, have.VPC) &&
		oneOf(p.Accounts, have.Account) && oneOf(p.Interfaces, have.Interface) && oneOf(p.Instances, have.Instance) &&
		oneOf(p.Users, have.User) && MatchTags(p.Tags, have.Tags) && oneOf(p.Ports, have.Port) &&
		(p.External == nil || *p.External == have.External)
}

func (p *ParticipantFilter) matchAddress(a netip.Addr) bool {
	return len(p.Addresses) == 0 || slices.ContainsFunc(p.Addresses, func(n netip.Prefix) bool { return n.Contains(a.Unmap()) })
}

func (p *ParticipantFilter) matchHost(host string) bool {
	return len(p.Hostnames) == 0 || slices.ContainsFunc(p.Hostnames, func(d string) bool { return IsBelow(d, host) })
}

// MatchTags says whether have holds every tag of want, where "*" stands for any value.
func MatchTags(want, have map[string]string) bool {
	for k, v := range want {
		got, there := have[k]
		if !there || v != "*" && got != v {
			return false
		}
	}
	return true
}

func oneOf[T comparable](want []T, have T) bool { return len(want) == 0 || slices.Contains(want, have) }

func anyOf(want, have []string, same func(want, have string) bool) bool {
	return len(want) == 0 || slices.ContainsFunc(want, func(w string) bool {
		return slices.ContainsFunc(have, func(h string) bool { return same(w, h) })
	})
}
