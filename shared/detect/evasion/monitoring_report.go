package evasion

import (
	"fmt"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
)

// maxThings is how many things the properties name.
const maxThings = 20

// report says what a principal did to a kind of monitoring.
func (s *Stopped) report(key string, row *detect.Calls) detect.Finding {
	act := actOf(key)
	f := row.Finding(key, confidence(row), sentence(act, row))
	var names []string
	for _, p := range row.About[:min(len(row.About), maxThings)] {
		names = append(names, nameOf(p.AWS))
	}
	f.Properties = map[string]any{
		"monitoring": act, "calls": row.Names, "carried_out": row.Count, "refused": row.Refused, "things": row.Things.Count(), "names": names,
		"put_back": row.Tally[back],
	}
	f.Terms = s.terms(key, row)
	return f
}

// confidence is that of a detector that sees what it looks for, and less where a call may as well have widened something.
func confidence(row *detect.Calls) float64 {
	if row.Count > 0 && row.Flags&ended == 0 {
		return 0.6
	}
	return 0.85
}

func (s *Stopped) terms(key string, row *detect.Calls) []events.Term {
	all := []struct {
		holds bool
		term  events.Term
	}{
		{row.Count == 0, events.Term{Name: "refused", Points: -30, Reason: "every call was refused: nothing has come of it yet"}},
		{row.Count > 0 && row.Flags&ended == 0, events.Term{Name: "narrowed", Points: -15, Reason: "less is seen, but not nothing"}},
		{row.Flags&byInstance != 0, events.Term{Name: "instance_role", Points: 10, Reason: "the session of an instance's role did it, which no person uses"}},
		{row.Count > 0 && row.Flags&(ofOthers|lowered) == 0, events.Term{Name: "own_making", Points: -20, Reason: "whoever ended it had made it"}},
		{row.Flags&byDeploy != 0, events.Term{Name: "planned_principal", Points: -25, Reason: "a principal that is known to deploy did it by itself"}},
		{s.others(key, row) > 0, events.Term{Name: "several_kinds", Points: 10, Reason: "the same principal stopped other monitoring within the hour"}},
	}
	var list []events.Term
	for i := range all {
		if all[i].holds {
			list = append(list, all[i].term)
		}
	}
	return append(list, backTerm(row)...)
}

// backTerm takes the risk away from what is watched again.
func backTerm(row *detect.Calls) []events.Term {
	switch n := row.Tally[gone]; {
	case n == 0 || row.Tally[back]+row.Tally[perhaps] < n:
		return nil
	case row.Tally[perhaps] > 0:
		return []events.Term{{Name: "perhaps_put_back", Points: -20, Reason: "the same principal made as many anew, and it is not known whether for the same"}}
	}
	return []events.Term{{Name: "put_back", Points: -45, Reason: "the same principal put all of it back"}}
}

// others counts the other kinds of monitoring that the principal stopped about the same time.
func (s *Stopped) others(key string, row *detect.Calls) (n int) {
	act := actOf(key)
	for _, other := range acts() {
		if other == act {
			continue
		}
		o := s.rows.Peek(strings.TrimSuffix(key, act) + other)
		if o != nil && o.Count > 0 && o.Flags&lowered == 0 && o.Last.Sub(row.Start) > -time.Hour && row.Last.Sub(o.Last) < time.Hour {
			n++
		}
	}
	return n
}

func sentence(act string, row *detect.Calls) string {
	verb := "narrowed"
	switch {
	case row.Count == 0:
		verb = "tried to stop"
	case row.Flags&ended != 0:
		verb = "stopped"
	}
	tail := ""
	switch {
	case row.Count == 0:
		tail = ", and was refused"
	case row.Flags&lowered != 0 && row.Tally[perhaps] == 0:
		tail = ", and put it back"
	}
	return fmt.Sprintf("%s %s %s of %s by %s (%s)%s%s.", row.Callers[0].AWS.User, verb, act, named(row), calls(row.Total()), strings.Join(row.Names, ", "), from(row), tail)
}

func calls(n int) string {
	if n == 1 {
		return "1 call"
	}
	return fmt.Sprintf("%d calls", n)
}

func from(row *detect.Calls) string {
	if a := row.Callers[0].Addr; a.IsValid() {
		return " from " + a.String()
	}
	return ""
}

// named gives the first few things, and how many more there are.
func named(row *detect.Calls) string {
	const few = 3
	var list []string
	for _, p := range row.About[:min(len(row.About), few)] {
		list = append(list, nameOf(p.AWS))
	}
	if more := row.Things.Count() - len(list); more > 0 {
		list = append(list, fmt.Sprintf("%d more", more))
	}
	if n := len(list); n > 1 {
		return strings.Join(list[:n-1], ", ") + " and " + list[n-1]
	}
	return strings.Join(list, "")
}

func nameOf(n *detect.Named) string {
	for _, one := range []string{n.Interface, n.VPC, n.Thing, n.Instance} {
		if one != "" {
			return one
		}
	}
	return "the account"
}
