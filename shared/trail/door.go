package trail

import (
	"fmt"
	"slices"
	"strings"
)

// Relevance of a door that is not the one that was used, and of one whose machine is not known.
const (
	otherPort    = 22 // to the other side, but at another port
	otherSide    = 18 // at the port, but to others
	otherDoor    = 12
	unknownPort  = 60 // to the other side; which ports were tried is not known
	byItsMaker   = 60 // whatever was opened, by someone who has to do with the attack
	fullFit      = 100
	unknownGroup = 50 // at the port and to the other side; whether the machine is in the group is not known
)

// door judges a rule of a security group or network ACL: whether it opened the port that a participant was then reached at, to the other
// side. A rule for another port or for others is an administrator's business, and stays low.
func (s *scene) door(e *entry, a args, act *act, j *join) {
	rules, whole := rulesOf(a)
	best, points := join{party: -1, caller: j.caller}, 0
	for i := range s.parties {
		n, why, member := s.doorOf(e, a, rules, &s.parties[i])
		if n > points {
			points, best = n, join{factor: 1, reason: why, party: i, close: member && n == fullFit, caller: j.caller}
		}
	}
	// Who opened it may be the stronger tie than what was opened.
	if j.caller && j.factor*byItsMaker > float64(points) {
		act.base, act.adjusts = min(act.base, byItsMaker), ""
		return
	}
	act.base = min(act.base, points)
	if !whole && points < unknownGroup {
		best.reason += " (there were more rules than are kept)"
	}
	if e.TS.Time().After(s.start) {
		best.close = false // what was opened later let nobody in before
	}
	*j = best
}

// doorOf says how well a door fits one participant, and whether it is surely one of its doors. Without the inventory a security group may be
// anybody's, and of a network ACL it is never known whose subnets it is before: then only what fits the port and the other side counts.
func (s *scene) doorOf(e *entry, a args, rules []rule, p *party) (points int, why string, member bool) {
	acl := strings.Contains(e.Name, "Acl")
	member = slices.Contains(p.Groups, firstOf(a.text("groupId"), a.first(e, "sg-"))) && !acl
	if !member && (len(p.Groups) > 0 && !acl || !s.inAccount(e)) {
		return 0, "", false
	}
	points, why = s.fit(rules, p, strings.HasSuffix(e.Name, "Egress") || a.text("egress") == "true")
	switch {
	case member:
		return points, why, true
	case points < unknownPort:
		return 0, "", false
	}
	return min(points, unknownGroup), why, false
}

// fit says how well rules fit what happened to a participant, and how that is said. out is true for rules about packets that leave it.
func (s *scene) fit(rules []rule, p *party, out bool) (points int, why string) {
	points, why = otherDoor, "it is about the doors of "+p.name()
	better := func(n int, format string, args ...any) {
		if n > points {
			points, why = n, fmt.Sprintf(format, args...)
		}
	}
	for i := range s.parties {
		other := &s.parties[i]
		if other.Address == p.Address {
			continue
		}
		side, server, port := "in to", p, p.port
		if out {
			side, server, port = "out from", other, other.port
		}
		for n := range rules {
			r := &rules[n]
			fits, lets := port != 0 && r.passes(port), r.lets(other)
			switch {
			case r.deny:
			case lets && fits:
				better(fullFit, "it let %s %s %s at port %d, which was then used", other.Address, side, p.name(), port)
			case lets && port == 0 && server.Endpoint != "client":
				better(unknownPort, "it let %s %s %s", other.Address, side, p.name())
			case lets:
				better(otherPort, "it let %s %s %s, but not at the port of the detection", other.Address, side, p.name())
			case fits:
				better(otherSide, "it opened port %d of %s, but not for %s", port, server.name(), other.Address)
			}
		}
	}
	return points, why
}

// inAccount says whether a call was made in the account of a participant; where no account is known, it may have been.
func (s *scene) inAccount(e *entry) bool {
	return len(s.accounts) == 0 || e.Account == "" || slices.Contains(s.accounts, e.Account)
}
