package detect

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// One act is told once. Where a type says more exactly what another type sees in general, the general one yields: it keeps quiet while
// the exact one is told of the same offender, and where it had spoken first, its detection comes down to low risk and says why.

// yieldFor is how long after its latest evidence a detection still explains what is found.
const yieldFor = time.Hour

// acts finds the live detections of a type by their offender: of the types that yield to another, and of those that others yield to.
type acts struct {
	yielding map[string][]string // by the type that says more exactly, the general ones
	linked   map[string]bool
	keys     map[actBy][]string
}

type actBy struct {
	kind     string
	offender netip.Addr
}

func newActs(specs []Spec) acts {
	a := acts{map[string][]string{}, map[string]bool{}, map[actBy][]string{}}
	for _, s := range specs {
		for _, exact := range s.Yields {
			a.yielding[exact] = append(a.yielding[exact], s.Type)
			a.linked[exact], a.linked[s.Type] = true, true
		}
	}
	return a
}

// note enters a detection that is live under its key.
func (a *acts) note(key string, d *events.Detection) {
	if !a.linked[d.Type] {
		return
	}
	for i := range d.Participants {
		if p := &d.Participants[i]; p.Role == Offender {
			at := actBy{d.Type, p.Address}
			if !slices.Contains(a.keys[at], key) {
				a.keys[at] = append(a.keys[at], key)
			}
		}
	}
}

// forget takes it out.
func (a *acts) forget(key string, d *events.Detection) {
	for i := range d.Participants {
		at := actBy{d.Type, d.Participants[i].Address}
		list := a.keys[at]
		where := slices.Index(list, key)
		switch {
		case where < 0:
		case len(list) == 1:
			delete(a.keys, at)
		default:
			a.keys[at] = slices.Delete(list, where, where+1)
		}
	}
}

// same yields the live detections of some types that are of the same act as a finding.
func (j *Judge) same(types []string, f *Finding) func(yield func(key string, d *ongoing) bool) {
	return func(yield func(key string, d *ongoing) bool) {
		for _, kind := range types {
			for i := range f.Offenders {
				for _, key := range j.acts.keys[actBy{kind, f.Offenders[i].Addr}] {
					if d := j.live.Peek(key); d != nil && sameAct(&d.Detection, f) && !yield(key, d) {
						return
					}
				}
			}
		}
	}
}

// explained says whether a detection that is going on tells the same more exactly.
func (j *Judge) explained(s *Spec, f *Finding) bool {
	for range j.same(s.Yields, f) {
		return true
	}
	return false
}

// sameAct says whether a detection and a finding are of one offender, about the same time, and share a victim where both name a few.
func sameAct(d *events.Detection, f *Finding) bool {
	if f.Start.Time().Sub(d.Evidence.End) > yieldFor || d.Evidence.Start.Sub(f.End.Time()) > yieldFor {
		return false
	}
	return involved(d, Offender, f.Offenders) && involved(d, Victim, f.Victims)
}

func involved(d *events.Detection, role string, parties []Party) bool {
	for i := range d.Participants {
		if d.Participants[i].Role != role {
			continue
		}
		if slices.ContainsFunc(parties, func(p Party) bool { return p.is(&d.Participants[i]) }) {
			return true
		}
	}
	return false
}

// settle lowers the general detections that an exact one explains, now that it was told.
func (j *Judge) settle(s *Spec, f *Finding) {
	for key, d := range j.same(j.acts.yielding[s.Type], f) {
		if d.Risk.Score <= explainedScore {
			continue
		}
		lower(&d.Detection, s)
		j.changed.Note(key)
		copied := d.Detection
		j.emit(&copied)
	}
}

// explainedScore is what a detection comes down to that another one explains: low, and still there for who looks.
const explainedScore = 20

func lower(d *events.Detection, s *Spec) {
	term := events.Term{Name: "explained", Points: explainedScore - d.Risk.Score, Reason: fmt.Sprintf("%s says more exactly what this is", s.Type)}
	d.Risk.Terms = append(slices.Clip(d.Risk.Terms), term)
	d.Risk.Score = explainedScore
	d.Risk.Band = events.BandOf(explainedScore)
}
