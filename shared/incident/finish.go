package incident

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// finish writes what a pass came to.
func (p *pass) finish(w *work, pieces []piece, now time.Time) (Result, error) {
	left := map[string]string{} // where each detection is now
	var r Result
	for i := range pieces {
		for j := range pieces[i].Members {
			left[pieces[i].Members[j].ID] = pieces[i].id
		}
	}
	for _, k := range p.documents(w, pieces, left) {
		changes, err := k.change(now)
		if err != nil {
			return Result{}, err
		}
		r.Changes = append(r.Changes, changes...)
		if k.id == left[p.d.ID] && k.Shown {
			r.Incident = k.id
		}
	}
	r.Unfinished = w.torn || len(p.wants) > 0
	for i, l := range p.ledgers {
		l.Wants = slices.DeleteFunc(l.Wants, func(id string) bool { _, asked := p.knots[id]; return asked })
		if i == 0 && p.filed > 0 {
			p.ask(l, pieces)
		}
		changes, err := l.change(now)
		if err == nil && (len(changes) > 0 || r.Unfinished) { // where detections are is brought up to date on the way
			p.point(l, left)
			changes, err = l.change(now)
		}
		if err != nil {
			return Result{}, err
		}
		r.Changes = append(r.Changes, changes...)
	}
	slices.SortFunc(r.Changes, compareKeys)
	for _, id := range p.wants {
		r.Need = append(r.Need, incidentKey(id))
	}
	return r, nil
}

// ask notes in a party's document what the next pass must read.
func (p *pass) ask(l *ledger, pieces []piece) {
	var wants []string
	for i := range pieces {
		if pieces[i].torn {
			wants = append(wants, pieces[i].id)
		}
	}
	for _, id := range append(wants, p.wants...) {
		if len(l.Wants) < maxWants && !slices.Contains(l.Wants, id) {
			l.Wants = append(l.Wants, id)
		}
	}
}

// point leads the detections of a party to where they are now, as far as that is known.
func (p *pass) point(l *ledger, left map[string]string) {
	for i := range l.Briefs {
		b := &l.Briefs[i]
		if b.Out {
			b.Incident = ""
			continue
		}
		if at, ok := left[b.ID]; ok {
			b.Incident = at
			continue
		}
		if k, missing := p.find(b.ID); k != nil {
			b.Incident = k.id
		} else if len(missing) > 0 {
			b.Incident = missing[0]
		}
	}
}

// documents gives those of incidents that this pass may change, in the order of their ids.
func (p *pass) documents(w *work, pieces []piece, left map[string]string) []*knot {
	var list []*knot
	aliases := map[string][]string{} // what pieces take over, by their id
	for _, k := range w.touched {
		if slices.ContainsFunc(pieces, func(o piece) bool { return o.id == k.id }) {
			continue
		}
		into := k.heir(left)
		aliases[into] = append(append(aliases[into], k.Aliases...), k.id)
		k.become(&weave{}, k.id, left)
		k.sheet = sheet{Summary: events.IncidentSummary{ID: k.id, Update: k.Summary.Update}, MergedInto: into, Forward: k.Forward}
		list = append(list, k)
	}
	for i := range pieces {
		o := &pieces[i]
		k := p.knots[o.id]
		if k == nil {
			k = &knot{index: map[string]int{}, went: map[string]string{}}
		}
		also := append(aliases[o.id], k.Aliases...)
		k.become(&o.weave, o.id, left)
		k.sheet = sheet{Torn: o.torn, Forward: k.Forward, Aliases: settled(also, pieces), Shown: o.shown()}
		k.Summary = k.weave.summary(o.id)
		list = append(list, k)
	}
	slices.SortFunc(list, func(a, b *knot) int { return cmp.Compare(a.id, b.id) })
	return list
}

// settled leaves out of aliases what is an incident by itself.
func settled(aliases []string, pieces []piece) []string {
	slices.Sort(aliases)
	aliases = slices.DeleteFunc(slices.Compact(aliases), func(id string) bool {
		return slices.ContainsFunc(pieces, func(o piece) bool { return o.id == id })
	})
	return aliases[:min(len(aliases), maxAliases)]
}

// heir is the incident that most of the detections went to, the earliest among equals.
func (k *knot) heir(left map[string]string) string {
	counts := map[string]int{}
	for i := range k.Members {
		if to := left[k.Members[i].ID]; to != "" {
			counts[to]++
		}
	}
	best := ""
	for _, id := range slices.Sorted(maps.Keys(counts)) { // ids of later ones come first
		if best == "" || counts[id] >= counts[best] {
			best = id
		}
	}
	return best
}

// shown says whether what hangs together is an incident: one of at least medium risk, or a link that means something by itself.
func (w *weave) shown() bool {
	return slices.ContainsFunc(w.Members, func(m member) bool { return m.Score >= mediumScore }) ||
		slices.ContainsFunc(w.Links, func(l madeLink) bool { return l.strong() })
}
