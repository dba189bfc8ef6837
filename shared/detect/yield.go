package detect

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// One act is told once. Where a type says more exactly what another type sees in general, the general one yields: it keeps quiet while
// the exact one is told of the same offender, and where it had spoken first, its detection comes down to low risk and says why.

// yieldFor is how long after its latest evidence a detection still explains what is found.
const yieldFor = time.Hour

// explains gives, for each type, the general ones that yield to it.
func explains(specs []Spec) map[string][]string {
	m := map[string][]string{}
	for _, s := range specs {
		for _, exact := range s.Yields {
			m[exact] = append(m[exact], s.Type)
		}
	}
	return m
}

// explained says whether a detection that is going on tells the same more exactly.
func (j *Judge) explained(s *Spec, f *Finding) bool {
	if len(s.Yields) == 0 {
		return false
	}
	for key, d := range j.live.Newest {
		if !slices.Contains(s.Yields, typeOfKey(key)) {
			continue
		}
		if sameAct(&d.Detection, f) {
			return true
		}
	}
	return false
}

func typeOfKey(key string) string {
	t, _, _ := strings.Cut(key, "\x00")
	return t
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
		if slices.ContainsFunc(parties, func(p Party) bool { return p.Addr == d.Participants[i].Address }) {
			return true
		}
	}
	return false
}

// settle lowers the general detections that an exact one explains, now that it was told.
func (j *Judge) settle(s *Spec, f *Finding) {
	general := j.yielding[s.Type]
	if len(general) == 0 {
		return
	}
	for key, d := range j.live.Newest {
		if !slices.Contains(general, typeOfKey(key)) || d.Risk.Score <= explainedScore || !sameAct(&d.Detection, f) {
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
