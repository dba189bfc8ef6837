package incident

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// Limits of what an incident shows.
const (
	maxShownParties = 32
	maxShownLinks   = 400
	maxShownCalls   = 50
	maxShownTactics = 32
	maxTitle        = 240
)

// What the score of an incident gains beyond that of its worst detection.
const (
	pointsTactic = 4
	mostTactics  = 4
	pointsChain  = 6
	mostChains   = 2
)

// summary tells an incident in short. It is a function of the members and links alone.
func (w *weave) summary(id string) events.IncidentSummary {
	t := newTeller(w)
	first, last := w.ends()
	s := events.IncidentSummary{ID: id, Start: w.Members[0].Start, Detections: len(w.Members), Title: t.title(first, last), End: w.end()}
	s.Score, s.Reason = t.score()
	s.Band = events.BandOf(s.Score)
	s.Tactics, s.Techniques = []string{}, []string{}
	for i := range w.Members {
		m := &w.Members[i]
		s.Update = later(s.Update, m.Update)
		s.Tactics, s.Techniques = add(s.Tactics, m.Tactics), add(s.Techniques, m.Techniques)
	}
	s.Offenders, s.Victims = first32(w.who(false)), first32(w.who(true))
	s.Description = t.story(&s, first, last)
	return s
}

func add(list, more []string) []string {
	for _, s := range more {
		if len(list) < maxShownTactics && !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	return list
}

// end is when the last one ended; nil while one goes on.
func (w *weave) end() *time.Time {
	var end time.Time
	for i := range w.Members {
		if w.Members[i].End == nil {
			return nil
		}
		end = later(end, *w.Members[i].End)
	}
	return &end
}

// ends are what a story begins with, and the farthest that it came: the earliest and the last of the highest phase, of those that matter. With
// one detection both are it.
func (w *weave) ends() (first, last *member) {
	low := !slices.ContainsFunc(w.Members, func(m member) bool { return m.Score >= mediumScore })
	for i := range w.Members {
		m := &w.Members[i]
		if m.Score < mediumScore && !low {
			continue
		}
		if first == nil {
			first, last = m, m
			continue
		}
		if last == first || m.Phase >= last.Phase {
			last = m
		}
	}
	return first, last
}

// teller tells a story with the names that its parties have.
type teller struct {
	*weave
	at    map[string]int
	names []string
}

// newTeller finds what a person calls each party: the same in all detections, however little one of them knows.
func newTeller(w *weave) *teller {
	t := &teller{weave: w, at: map[string]int{}}
	var best []party
	for i := range w.Members {
		for j := range w.Members[i].Parties {
			p := w.Members[i].Parties[j]
			n, has := p.known(t.at)
			if !has {
				n, best = len(best), append(best, party{})
			}
			p.know(t.at, n)
			b := &best[n]
			b.Name, b.Instance, b.Address = cmp.Or(b.Name, p.Name), cmp.Or(b.Instance, p.Instance), cmp.Or(b.Address, p.Address)
			b.User, b.Device = cmp.Or(b.User, p.User), cmp.Or(b.Device, p.Device)
		}
	}
	for _, b := range best {
		t.names = append(t.names, cmp.Or(b.Name, b.Instance, b.Address, b.User, b.Device, "somebody"))
	}
	return t
}

// name is what a person calls a party.
func (t *teller) name(p *party) string {
	if n, has := p.known(t.at); has {
		return t.names[n]
	}
	return "somebody"
}

// title says who, what first and what last.
func (t *teller) title(first, last *member) string {
	s := t.phrase(first)
	if last != first {
		s += ", then " + lower(t.phrase(last))
	}
	return text(s, maxTitle)
}

// lower begins with a small letter, but for names in capitals.
func lower(s string) string {
	if len(s) > 1 && s[0] >= 'A' && s[0] <= 'Z' && s[1] >= 'a' && s[1] <= 'z' {
		return string(s[0]+'a'-'A') + s[1:]
	}
	return s
}

// phrase says what was done by whom to whom.
func (t *teller) phrase(m *member) string {
	s := m.Title
	if by := t.side(m, false); by != "" {
		s += " by " + by
	}
	if on := t.side(m, true); on != "" {
		s += " on " + on
	}
	return s
}

// side names the parties of one side: the first, and how many more.
func (t *teller) side(m *member, victims bool) string {
	var names []string
	for i := range m.Parties {
		if p := &m.Parties[i]; p.Victim == victims && !slices.Contains(names, t.name(p)) {
			names = append(names, t.name(p))
		}
	}
	return others(names)
}

func others(names []string) string {
	switch len(names) {
	case 0:
		return ""
	case 1:
		return names[0]
	case 2:
		return names[0] + " and " + names[1]
	}
	return fmt.Sprintf("%s and %d others", names[0], len(names)-1)
}

// who gathers the parties of one side, those of most detections first.
func (w *weave) who(victims bool) []events.IncidentParty {
	list, at := []events.IncidentParty{}, map[string]int{}
	for i := range w.Members {
		seen := map[int]bool{}
		for j := range w.Members[i].Parties {
			p := &w.Members[i].Parties[j]
			if p.Victim != victims {
				continue
			}
			n, has := p.known(at)
			if !has {
				n = len(list)
				list = append(list, events.IncidentParty{External: p.External})
			}
			p.know(at, n)
			one := &list[n]
			one.Device, one.Address = cmp.Or(one.Device, p.Device), cmp.Or(one.Address, p.Address)
			one.Name, one.Instance = cmp.Or(one.Name, p.Name, p.User), cmp.Or(one.Instance, p.Instance)
			if !seen[n] {
				seen[n] = true
				one.Count++
			}
		}
	}
	slices.SortStableFunc(list, func(a, b events.IncidentParty) int { return cmp.Compare(b.Count, a.Count) })
	return list
}

// names are those by which a party is told from others: a machine is one, whether packets or calls of AWS show it. An address says who somebody is
// only where nothing else does, and a principal where not even that is known: many call from one address, and one from many.
func (p *party) names() [2]string {
	switch {
	case p.Instance != "" || p.Device != "":
		return [2]string{"i/" + p.Instance, "d/" + p.Device}
	case p.Address != "":
		return [2]string{"a/" + p.VPC + "/" + p.Address}
	}
	return [2]string{"u/" + p.User}
}

// known finds the place of a party that was met under any of its names.
func (p *party) known(at map[string]int) (int, bool) {
	for _, name := range p.names() {
		if n, has := at[name]; has && len(name) > 2 {
			return n, true
		}
	}
	return 0, false
}

// know remembers the place of a party under all of its names.
func (p *party) know(at map[string]int, n int) {
	for _, name := range p.names() {
		if _, has := at[name]; !has && len(name) > 2 {
			at[name] = n
		}
	}
}

func first32(list []events.IncidentParty) []events.IncidentParty {
	return list[:min(len(list), maxShownParties)]
}

// score is the worst detection's, and more for each further tactic and for victims that became offenders; with the reason.
func (t *teller) score() (int, string) {
	w := t.weave
	worst := &w.Members[0]
	phases := map[phase]bool{}
	for i := range w.Members {
		if w.Members[i].Score > worst.Score {
			worst = &w.Members[i]
		}
		if p := w.Members[i].Phase; p != unknown {
			phases[p] = true
		}
	}
	why := []string{fmt.Sprintf("the worst of its detections (%s) scores %d", worst.Title, worst.Score)}
	if len(w.Members) == 1 {
		why[0] = fmt.Sprintf("its one detection scores %d", worst.Score)
	}
	score := worst.Score
	if n := min(len(phases)-1, mostTactics); n > 0 {
		score += n * pointsTactic
		why = append(why, fmt.Sprintf("%d more for %s", n*pointsTactic, plural(n, "further step of an attack", "further steps of an attack")))
	}
	if turned := t.turned(); len(turned) > 0 {
		n := min(len(turned), mostChains)
		score += n * pointsChain
		why = append(why, fmt.Sprintf("%d more because %s became an offender after being a victim", n*pointsChain, others(turned)))
	}
	if score > 99 {
		why = append(why, "99 is the most")
	}
	s := strings.Join(why, "; ") + "."
	return min(max(score, 1), 99), text(strings.ToUpper(s[:1])+s[1:], 2*maxText)
}

// turned names the victims that became offenders.
func (t *teller) turned() []string {
	var names []string
	for i := range t.Links {
		if l := &t.Links[i]; l.Kind == chain {
			if name := t.named(l); !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return names
}

// named names the party that makes a link.
func (t *teller) named(l *madeLink) string {
	for _, id := range []string{l.From, l.To} {
		if m := t.member(id); m != nil {
			if p := m.party(l.Key); p != nil {
				return t.name(p)
			}
		}
	}
	_, rest, _ := strings.Cut(l.Key, "/")
	return cmp.Or(strings.TrimPrefix(rest, "/"), l.Key)
}

func (w *weave) member(id string) *member {
	for i := range w.Members {
		if w.Members[i].ID == id {
			return &w.Members[i]
		}
	}
	return nil
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
