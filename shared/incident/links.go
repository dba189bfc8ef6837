package incident

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Kinds of links.
const (
	sameOffender = "same_offender"
	chain        = "chain"
	sameSession  = "same_session"
	sameVictim   = "same_victim"
)

// How far apart linked detections may be, and how many make a hub.
const (
	day         = 24 * time.Hour
	chainSpan   = 7 * day
	soon        = time.Hour
	hubVictim   = 16
	hubOffender = 48
)

// link joins two detections, the earlier first.
type link struct {
	From string `json:"f"`
	To   string `json:"t"`
	Kind string `json:"k"`
}

func compareLinks(a, b link) int {
	return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To), cmp.Compare(a.Kind, b.Kind))
}

// strong links make an incident even of low risks.
func (l *link) strong() bool { return l.Kind == chain || l.Kind == sameSession }

// rule says whether the earlier of two detections of one party and the later one are linked.
type rule struct {
	kind string
	may  func(key string, a, b *sided) bool
}

// sided is a detection as one party sees it.
type sided struct {
	*brief
	hubOffender, hubVictim, hub bool // the party is a hub in that role, or as such, about its start
}

func rules() []rule {
	return []rule{{sameOffender, offends}, {chain, turns}, {sameSession, shares}, {sameVictim, suffers}}
}

func offends(_ string, a, b *sided) bool {
	return a.is(offender) && b.is(offender) && a.gap(b.brief) <= day && (a.medium() || b.medium())
}

func turns(_ string, a, b *sided) bool {
	if !a.is(victim) || !b.is(offender) || a.gap(b.brief) > chainSpan {
		return false
	}
	switch a.Phase {
	case recon: // everybody on the Internet is scanned every day
		return b.Phase > recon && b.medium() && a.gap(b.brief) <= soon
	case exfil, impact:
		return b.Phase >= a.Phase || b.Phase == unknown
	}
	return true
}

func shares(key string, a, b *sided) bool {
	if a.hub || b.hub || a.gap(b.brief) > day {
		return false
	}
	if strings.HasPrefix(key, keyPrincipal) {
		return true
	}
	if !strings.HasPrefix(key, keyInstance) || !a.Calls && !b.Calls {
		return false
	}
	return a.Calls && b.Calls || a.Phase != recon && b.Phase != recon
}

func suffers(_ string, a, b *sided) bool {
	if !a.is(victim) || !b.is(victim) || a.Phase == unknown || b.Phase <= a.Phase {
		return false
	}
	gotIn := (a.Phase == access || a.Phase == lateral) && (b.Phase == command || b.Phase >= exfil) && a.medium() && b.medium()
	return (a.medium() || b.medium()) && a.gap(b.brief) <= soon || gotIn && a.gap(b.brief) <= day
}

// is says that the party has a role in the detection, and is no hub in it.
func (s *sided) is(r role) bool {
	if r == offender {
		return s.Role&offender != 0 && !s.hubOffender
	}
	return s.Role&victim != 0 && !s.hubVictim
}

// linksOf gives the links that a party with these detections should have, sorted. The detections are in the order of byStart.
func linksOf(key string, briefs []brief) []link {
	list := sidesOf(briefs)
	var out []link
	for _, r := range rules() {
		for i := range list {
			for j := i - 1; j >= 0; j-- { // the nearest before
				if r.may(key, &list[j], &list[i]) {
					out = append(out, link{list[j].ID, list[i].ID, r.kind})
					break
				}
			}
			for j := i + 1; j < len(list); j++ { // the nearest after
				if r.may(key, &list[i], &list[j]) {
					out = append(out, link{list[i].ID, list[j].ID, r.kind})
					break
				}
			}
		}
	}
	slices.SortFunc(out, compareLinks)
	return slices.Compact(out)
}

// sidesOf leaves out what is linked with nothing, and finds out for whom the party is a hub.
func sidesOf(briefs []brief) []sided {
	list := make([]sided, 0, len(briefs))
	for i := range briefs {
		if !briefs[i].Out {
			list = append(list, sided{brief: &briefs[i]})
		}
	}
	for i := range list {
		offends, suffers, all := 0, 0, 0
		for j := range list {
			if d := list[j].Start - list[i].Start; max(d, -d) > int64(day) {
				continue
			}
			all++
			if list[j].Role&offender != 0 {
				offends++
			}
			if list[j].Role&victim != 0 {
				suffers++
			}
		}
		list[i].hubOffender, list[i].hubVictim, list[i].hub = offends > hubOffender, suffers > hubVictim, all > hubOffender
	}
	return list
}
