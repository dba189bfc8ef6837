package trail

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// The adjustments that calls make, in the order in which they are named, and their points.
const (
	stolenCredentials = events.AdjustmentPrefix + "stolen_credentials"
	doorOpened        = events.AdjustmentPrefix + "door_opened"
	monitoringStopped = events.AdjustmentPrefix + "monitoring_stopped"
	newAccessKey      = events.AdjustmentPrefix + "new_access_key"
	consoleSignIn     = events.AdjustmentPrefix + "console_sign_in"
)

var adjustmentPoints = []struct {
	name   string
	points int
}{{stolenCredentials, 20}, {doorOpened, 15}, {monitoringStopped, 15}, {newAccessKey, 5}, {consoleSignIn, 5}}

const (
	leastAdjusting = 45 // relevance from which on a call may change a risk
	mostAlike      = 4  // calls of one name by one principal from one address that are shown
)

// verdict is what a call has to do with a detection.
type verdict struct {
	entry     *entry
	summary   string
	reason    string
	technique string
	adjusts   string // the adjustment that it may make; empty: none
	relevance int
}

// Rank gives the calls that have to do with a detection, the most relevant first, and what of it changes the risk. who are the participants'
// identities as far as they are known: without them groups, roles and public addresses cannot be joined, and theft of credentials is not
// seen. The same calls give the same answer, in whatever order they came.
func (x *Index) Rank(d *events.Detection, who []events.Identity) (calls []events.ContextCall, adjustments []events.Term) {
	s := newScene(x, d, who)
	var all []verdict
	for _, e := range s.entries {
		if v, ok := s.judge(e); ok {
			all = append(all, v)
		}
	}
	slices.SortFunc(all, byRelevance)
	all = s.adjust(all, &adjustments)
	for i := range all {
		calls = append(calls, all[i].call())
	}
	return calls, adjustments
}

func byRelevance(a, b verdict) int {
	return cmp.Or(b.relevance-a.relevance, byTime(a.entry, b.entry))
}

// adjust lets the most relevant call of each adjustment make it, and picks what is shown: those that adjust, then the others in their order,
// of those that are alike only a few.
func (s *scene) adjust(all []verdict, adjustments *[]events.Term) []verdict {
	shown := map[*entry]bool{}
	for _, a := range adjustmentPoints {
		made := false
		for i := range all {
			v := &all[i]
			switch {
			case v.adjusts != a.name:
			case s.own(v): // the detection tells of that very call, and its risk knows of it
				v.adjusts = ""
			case made || v.relevance < leastAdjusting:
				v.adjusts = ""
			default:
				made = true
				shown[v.entry] = true
				*adjustments = append(*adjustments, events.Term{Name: a.name, Points: a.points, Reason: principalOf(v.entry) + " " + v.summary + ": " + v.reason})
			}
		}
	}
	alike := map[string]int{}
	room := events.MaxContextCalls - len(shown)
	return slices.DeleteFunc(all, func(v verdict) bool {
		if shown[v.entry] {
			return false
		}
		kind := strings.Join([]string{v.entry.Service, v.entry.Name, v.entry.whose(), v.entry.From}, "\x00")
		if alike[kind]++; room == 0 || alike[kind] > mostAlike {
			return true
		}
		room--
		return false
	})
}

// own says whether a detection tells of that very call, or of the same thing as the adjustment: its risk knows of it.
func (s *scene) own(v *verdict) bool {
	return slices.Contains(s.d.Evidence.UIDs, v.entry.UID) || v.adjusts == monitoringStopped && s.d.Type == "evasion.monitoring_stopped" ||
		v.adjusts == stolenCredentials && s.d.Type == "access.stolen_role_credentials"
}

func (v *verdict) call() events.ContextCall {
	e := v.entry
	summary := v.summary
	if n := e.times(); n > 1 {
		summary += fmt.Sprintf(" (%d times)", n)
	}
	return events.ContextCall{
		Time: e.TS.Time(), Event: e.UID, Name: e.Name, Service: e.Service, Principal: principalOf(e), Address: e.From, Error: e.ErrorCode,
		Resources: slices.Clone(e.Resources), Summary: summary, Relevance: v.relevance, Reason: v.reason, Technique: v.technique, Adjustment: v.adjusts,
	}
}

// principalOf is who called, shortened to what tells: an ARN without partition, service and account.
func principalOf(e *entry) string {
	parts := strings.SplitN(e.Principal, ":", 6)
	if len(parts) == 6 && parts[0] == "arn" {
		return parts[5]
	}
	return firstOf(e.Principal, e.InvokedBy, e.PrincipalType, "someone")
}

// judge says what a call has to do with the detection; false where that is nothing.
func (s *scene) judge(e *entry) (verdict, bool) {
	args := s.index.arguments(e)
	a := actOf(e, args)
	j := s.join(e)
	switch a.mark {
	case aDoor:
		s.door(e, args, &a, &j)
	case aBlind:
		s.blinding(e, &j)
	case aTarget:
		s.taken(e, &a, &j)
	case aWay:
		if s.inAccount(e) {
			j.better(0.4, -1, false, "it changes the network of the account")
		}
	}
	s.theft(e, &a, &j)
	if j.factor == 0 {
		return verdict{}, false
	}
	v := verdict{entry: e, summary: a.summary, technique: a.technique, adjusts: a.adjusts}
	weight := float64(a.base) * j.factor * s.nearness(e, a.consequence)
	if e.ErrorCode != "" && a.adjusts != stolenCredentials {
		weight *= refusedFactor
		v.adjusts = ""
	}
	if why := s.planned(e); why != "" {
		weight *= plannedFactor
		v.adjusts = ""
		j.reason += ", as planned: " + why
	}
	if !j.close {
		v.adjusts = ""
	}
	v.relevance = min(max(int(math.Round(weight)), 1), 100)
	v.reason = j.reason + ", " + s.when(e)
	return v, true
}

// Factors of what makes a call weigh less.
const (
	refusedFactor = 0.6 // it changed nothing
	plannedFactor = 0.3 // AWS or Mirrorwatch itself did it in the course of things
)

// nearness weighs when a call was: the closer the better, and before a detection is better than behind, but for what follows an attack.
func (s *scene) nearness(e *entry, consequence bool) float64 {
	away := e.TS.Time().Sub(s.start)
	share := math.Abs(float64(away)) / float64(around)
	switch {
	case away <= 0:
		return 1 - 0.35*share
	case consequence:
		return 0.98 - 0.3*share
	}
	return 0.85 - 0.45*share
}

// when says it in words.
func (s *scene) when(e *entry) string {
	away := e.TS.Time().Sub(s.start)
	side := "after"
	if away < 0 {
		away, side = -away, "before"
	}
	switch {
	case away < time.Second:
		return "in the second in which it began"
	case away < 2*time.Minute:
		return fmt.Sprintf("%d s %s it began", int(away/time.Second), side)
	}
	return fmt.Sprintf("%d minutes %s it began", int(away/time.Minute), side)
}
