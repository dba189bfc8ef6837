package store

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// Limits of what is told of a plan. Names and reasons are of AWS and of tags, so each text has one, too (characters, of which JSON may
// make six bytes each); and all together never exceed MaxBody, because lists end where the room does.
const (
	MaxMirrorSteps    = 1000
	MaxMirrorHeld     = 300
	MaxMirrorLeftOut  = 300
	MaxMirrorPlaces   = 200
	MaxMirrorRogues   = 100
	MaxMirrorWarnings = 50
	MaxMirrorFailures = 5  // of one place
	MaxMirrorChanges  = 12 // of one step
	MaxMirrorCounts   = 80
	maxMirrorWord     = 40 // actions, outcomes, kinds
	maxMirrorName     = 256
	maxMirrorText     = 512
	mirrorSlack       = 256 // bytes, for what is counted last
)

// othersAction stands for actions that are not told apart.
const othersAction = "others"

// fitted gives a copy that fits into a document: counts of everything, and of the lists what matters most.
func (p *MirrorPlan) fitted() MirrorPlan {
	out := MirrorPlan{
		At: p.At, Kind: firstRunes(p.Kind, maxMirrorWord), Holder: firstRunes(p.Holder, maxMirrorName), AskedBy: firstRunes(p.AskedBy, maxMirrorName),
		Seconds: p.Seconds, Estimate: p.Estimate, Counts: p.counted(),
	}
	head, _ := json.Marshal(out) // of numbers and bounded texts: it cannot fail
	left := MaxBody - len(head) - mirrorSlack
	first := left / 2 // that a flood of warnings must leave to the steps
	left -= first
	unseen, seen := split(p.Places, func(pl *MirrorPlace) bool { return pl.Skipped != "" || len(pl.Failures) > 0 })
	out.Places = fit(nil, unseen, MaxMirrorPlaces, &first, MirrorPlace.cut)
	out.Rogues = fit(nil, p.Rogues, MaxMirrorRogues, &first, MirrorRogue.cut)
	out.Warnings = fit(nil, p.Warnings, MaxMirrorWarnings, &first, cutText)
	left += first
	failed, others := split(p.Steps, func(s *MirrorStep) bool { return s.Outcome == MirrorFailed })
	waiting, others := split(others, func(s *MirrorStep) bool { return s.Outcome == MirrorLeft })
	out.Steps = fit(nil, failed, MaxMirrorSteps, &left, MirrorStep.cut)
	out.Held = fit(nil, p.Held, MaxMirrorHeld, &left, MirrorHeld.cut)
	out.Steps = fit(out.Steps, waiting, MaxMirrorSteps, &left, MirrorStep.cut)
	out.LeftOut = fit(nil, p.LeftOut, MaxMirrorLeftOut, &left, MirrorLeftOut.cut)
	out.Steps = fit(out.Steps, others, MaxMirrorSteps, &left, MirrorStep.cut)
	out.Places = fit(out.Places, seen, MaxMirrorPlaces, &left, MirrorPlace.cut)
	out.Rest = MirrorRest{
		Places: len(p.Places) - len(out.Places), Steps: len(p.Steps) - len(out.Steps), Held: len(p.Held) - len(out.Held),
		LeftOut: len(p.LeftOut) - len(out.LeftOut), Rogues: len(p.Rogues) - len(out.Rogues), Warnings: len(p.Warnings) - len(out.Warnings),
	}
	return out
}

// fit adds to a list from another, in order, until it has so many or the next one does not fit into the room.
func fit[T any](to, from []T, most int, room *int, cut func(T) T) []T {
	if to == nil {
		to = []T{}
	}
	for i := range from {
		if len(to) >= most {
			break
		}
		one := cut(from[i])
		b, err := json.Marshal(one)
		if err != nil || len(b)+1 > *room {
			break
		}
		*room -= len(b) + 1
		to = append(to, one)
	}
	return to
}

// split gives those that are so, and the others, each in order.
func split[T any](list []T, is func(*T) bool) (so, others []T) {
	for i := range list {
		if is(&list[i]) {
			so = append(so, list[i])
		} else {
			others = append(others, list[i])
		}
	}
	return so, others
}

// counted counts the steps by action and outcome, and those that are held by action and kind of rail.
func (p *MirrorPlan) counted() MirrorCounts {
	steps, held := map[MirrorCount]int{}, map[MirrorHeldCount]int{}
	for i := range p.Steps {
		s := &p.Steps[i]
		steps[MirrorCount{Does: cutWord(s.Does), Action: cutWord(s.Action), Outcome: cutWord(s.Outcome)}]++
	}
	for i := range p.Held {
		s := &p.Held[i].Step
		rail, _, _ := strings.Cut(p.Held[i].Rail, ":")
		held[MirrorHeldCount{Does: cutWord(s.Does), Action: cutWord(s.Action), Rail: cutWord(rail)}]++
	}
	return MirrorCounts{
		Steps: rowsOf(steps, MirrorCount{Action: othersAction}, func(c MirrorCount, n int) MirrorCount { c.Count = n; return c }, func(a, b MirrorCount) int {
			return cmp.Or(cmp.Compare(a.Does, b.Does), cmp.Compare(a.Action, b.Action), cmp.Compare(a.Outcome, b.Outcome))
		}),
		Held: rowsOf(held, MirrorHeldCount{Action: othersAction, Rail: othersAction}, func(c MirrorHeldCount, n int) MirrorHeldCount { c.Count = n; return c }, func(a, b MirrorHeldCount) int {
			return cmp.Or(cmp.Compare(a.Rail, b.Rail), cmp.Compare(a.Does, b.Does), cmp.Compare(a.Action, b.Action))
		}),
	}
}

// rowsOf gives counts in an order. Where there are more than MaxMirrorCounts the last ones are one row, which is that of the others.
func rowsOf[K comparable](counts map[K]int, others K, with func(K, int) K, order func(a, b K) int) []K {
	keys := slices.SortedFunc(maps.Keys(counts), order)
	rows, rest := make([]K, 0, min(len(keys), MaxMirrorCounts)), 0
	for _, k := range keys {
		if len(keys) > MaxMirrorCounts && len(rows) == MaxMirrorCounts-1 {
			rest += counts[k]
			continue
		}
		rows = append(rows, with(k, counts[k]))
	}
	if rest > 0 {
		rows = append(rows, with(others, rest))
	}
	return rows
}

func cutWord(s string) string { return firstRunes(s, maxMirrorWord) }
func cutName(s string) string { return firstRunes(s, maxMirrorName) }
func cutText(s string) string { return firstRunes(s, maxMirrorText) }

func (p MirrorPlace) cut() MirrorPlace {
	p.Account, p.Region, p.Skipped = cutWord(p.Account), cutWord(p.Region), cutText(p.Skipped)
	all := p.Failures
	p.Failures = nil
	for _, f := range all[:min(len(all), MaxMirrorFailures)] {
		p.Failures = append(p.Failures, cutText(f))
	}
	p.FailuresRest = len(all) - len(p.Failures)
	return p
}

func (s MirrorStep) cut() MirrorStep {
	s.Does, s.Action, s.Outcome, s.Account, s.Region = cutWord(s.Does), cutWord(s.Action), cutWord(s.Outcome), cutWord(s.Account), cutWord(s.Region)
	s.Object, s.Interface, s.Name = cutName(s.Object), cutName(s.Interface), cutName(s.Name)
	s.Reason, s.Error = cutText(s.Reason), cutText(s.Error)
	all := s.Changes
	s.Changes = nil
	for _, c := range all[:min(len(all), MaxMirrorChanges)] {
		s.Changes = append(s.Changes, MirrorChange{Field: cutName(c.Field), From: cutName(c.From), To: cutName(c.To)})
	}
	s.ChangesRest = len(all) - len(s.Changes)
	return s
}

func (h MirrorHeld) cut() MirrorHeld {
	return MirrorHeld{Step: h.Step.cut(), Rail: cutText(h.Rail)}
}

func (l MirrorLeftOut) cut() MirrorLeftOut {
	l.Account, l.Region, l.Interface, l.Name, l.Reason = cutWord(l.Account), cutWord(l.Region), cutName(l.Interface), cutName(l.Name), cutText(l.Reason)
	return l
}

func (r MirrorRogue) cut() MirrorRogue {
	r.Account, r.Region, r.Object, r.Interface = cutWord(r.Account), cutWord(r.Region), cutName(r.Object), cutName(r.Interface)
	r.Instance, r.Target, r.Owner, r.Reason = cutName(r.Instance), cutName(r.Target), cutName(r.Owner), cutText(r.Reason)
	return r
}
