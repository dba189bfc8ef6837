package incident

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// story tells what happened in a few plain sentences.
func (t *teller) story(s *events.IncidentSummary, first, last *member) string {
	w := t.weave
	var b strings.Builder
	fmt.Fprintf(&b, "%s of %s", plural(len(w.Members), "detection", "detections"), when(s.Start, s.Update))
	if by := partyNames(s.Offenders); by != "" {
		b.WriteString(", by " + by)
	}
	if on := partyNames(s.Victims); on != "" {
		b.WriteString(", against " + on)
	}
	b.WriteString(".")
	say := func(text string) {
		if text != "" {
			b.WriteString(" " + sentence(text))
		}
	}
	if last == first {
		say(first.Description)
		return b.String()
	}
	say(also("It began with "+lower(first.Title), first.Description))
	if turned := t.turned(); len(turned) > 0 {
		say(others(turned) + " became an offender after being a victim")
	}
	if last.Phase != unknown && last.Phase != first.Phase {
		say(also("It came as far as "+last.Phase.words()+", with "+lower(last.Title), last.Description))
	} else {
		say(also("The last that matters is "+lower(last.Title), last.Description))
	}
	if c := w.calls(); len(c) > 0 {
		slices.SortStableFunc(c, func(a, b call) int { return cmp.Compare(b.Relevance, a.Relevance) })
		say("Of calls of AWS APIs the most telling is: " + c[0].Text)
	}
	return b.String()
}

// also puts a sentence of a detector behind what it is about.
func also(what, description string) string {
	if description == "" {
		return what
	}
	return what + ": " + description
}

func partyNames(list []events.IncidentParty) string {
	var names []string
	for i := range list {
		p := &list[i]
		names = append(names, cmp.Or(p.Name, p.Instance, p.Address, p.Device, "somebody"))
	}
	return others(names)
}

// when says a span of time.
func when(from, to time.Time) string {
	a, b := from.UTC().Format("2006-01-02 15:04"), to.UTC().Format("2006-01-02 15:04")
	switch {
	case a == b:
		return a + " UTC"
	case a[:10] == b[:10]:
		return a + " to " + b[11:] + " UTC"
	}
	return a + " to " + b + " UTC"
}

// calls are those of all members, each once, by time.
func (w *weave) calls() []call {
	var list []call
	for i := range w.Members {
		for _, c := range w.Members[i].Calls {
			if at := slices.IndexFunc(list, func(o call) bool { return o.Event == c.Event }); at < 0 {
				list = append(list, c)
			} else if c.Relevance > list[at].Relevance {
				list[at] = c
			}
		}
	}
	if len(list) > maxShownCalls {
		slices.SortStableFunc(list, func(a, b call) int {
			return cmp.Or(cmp.Compare(b.Relevance, a.Relevance), a.Time.Compare(b.Time), cmp.Compare(a.Event, b.Event))
		})
		list = list[:maxShownCalls]
	}
	slices.SortFunc(list, func(a, b call) int { return cmp.Or(a.Time.Compare(b.Time), cmp.Compare(a.Event, b.Event)) })
	return list
}

// Summary reads what a list shows of an incident. Shown is false for what is none: a single detection of low risk, or what was merged or fell apart.
func Summary(doc store.Document) (s events.IncidentSummary, shown bool, err error) {
	c, err := readSummary(doc)
	c.Summary.Revision = doc.Revision
	return c.Summary, c.Shown, err
}

// Read tells an incident whole. One that was merged gives only its id and MergedInto, where its story went on; one with neither members nor
// that is over, because nothing of it has a part in any incident any more.
func Read(doc store.Document) (in events.Incident, shown bool, err error) {
	s, w, _, err := readSheet(doc)
	if err != nil {
		return in, false, err
	}
	c := &s.Summary
	in = events.Incident{
		ID: doc.ID, Title: c.Title, Score: c.Score, Band: c.Band, Reason: c.Reason, Start: c.Start, Update: c.Update, End: c.End, Tactics: c.Tactics,
		Techniques: c.Techniques, Offenders: c.Offenders, Victims: c.Victims, Aliases: s.Aliases, Revision: doc.Revision, MergedInto: s.MergedInto,
		Description: c.Description, Members: []events.IncidentMember{}, Timeline: []events.IncidentEntry{},
	}
	if len(w.Members) == 0 {
		return in, false, nil
	}
	named := w.worst()
	for i := range w.Members {
		if named[w.Members[i].ID] {
			in.Members = append(in.Members, w.Members[i].IncidentMember)
		}
	}
	in.Left = len(w.Members) - len(in.Members)
	t := newTeller(&w)
	in.Links, in.Timeline = t.reasons(named), w.timeline(named)
	return in, s.Shown, nil
}

// worst are the detections that an incident names: the worst ones where there are too many, the earliest among equals.
func (w *weave) worst() map[string]bool {
	list := make([]*member, 0, len(w.Members))
	for i := range w.Members {
		list = append(list, &w.Members[i])
	}
	slices.SortStableFunc(list, func(a, b *member) int { return cmp.Compare(b.Score, a.Score) })
	named := map[string]bool{}
	for _, m := range list[:min(len(list), events.MaxMembers)] {
		named[m.ID] = true
	}
	return named
}

// timeline tells the detections that are named, and the calls, oldest first.
func (w *weave) timeline(named map[string]bool) []events.IncidentEntry {
	list := []events.IncidentEntry{}
	for i := range w.Members {
		m := &w.Members[i]
		if !named[m.ID] {
			continue
		}
		e := events.IncidentEntry{Time: m.Start, Kind: "detection", Ref: m.ID, Text: m.Title}
		if m.Description != "" {
			e.Text += ": " + m.Description
		}
		e.Tactic, e.Technique = head(m.Tactics), head(m.Techniques)
		list = append(list, e)
	}
	for _, c := range w.calls() {
		list = append(list, events.IncidentEntry{Time: c.Time, Kind: "call", Ref: c.Event, Text: c.Text, Technique: c.Technique})
	}
	slices.SortStableFunc(list, func(a, b events.IncidentEntry) int { return a.Time.Compare(b.Time) })
	return list
}

func head(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

// reasons say why detections that are named belong together. Two parties that make the same link are told once.
func (t *teller) reasons(named map[string]bool) []events.IncidentLink {
	var list []events.IncidentLink
	for i := range t.Links {
		l := &t.Links[i]
		if !named[l.From] || !named[l.To] || len(list) >= maxShownLinks {
			continue
		}
		if n := len(list); n > 0 && list[n-1].From == l.From && list[n-1].To == l.To && list[n-1].Kind == l.Kind {
			continue
		}
		list = append(list, events.IncidentLink{From: l.From, To: l.To, Kind: l.Kind, Reason: t.reason(l)})
	}
	slices.SortStableFunc(list, func(a, b events.IncidentLink) int { return t.member(a.To).Start.Compare(t.member(b.To).Start) })
	return list
}

func (t *teller) reason(l *madeLink) string {
	who, from, to := t.named(l), t.member(l.From), t.member(l.To)
	switch l.Kind {
	case sameOffender:
		return who + " is the offender of both"
	case chain:
		return fmt.Sprintf("%s, a victim of %s, became the offender of %s", who, lower(from.Title), lower(to.Title))
	case sameSession:
		return "both are of " + who
	}
	return fmt.Sprintf("%s is a victim of both, and %s goes further than %s", who, lower(to.Title), lower(from.Title))
}
