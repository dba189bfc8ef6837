package incident

import (
	"cmp"
	"slices"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// brief is what a party's document says of one detection: what the rules of linking ask, and nothing else.
type brief struct {
	ID       string   `json:"id"`
	Start    int64    `json:"s"` // nanoseconds
	Update   int64    `json:"u"`
	Role     role     `json:"r"` // of the party
	Score    int      `json:"n"`
	Phase    phase    `json:"p,omitempty"`
	Calls    bool     `json:"c,omitempty"` // it is told by calls of AWS APIs
	Out      bool     `json:"o,omitempty"` // it is linked with nothing
	Incident string   `json:"i,omitempty"` // that it was part of when this was written
	Keys     []string `json:"k,omitempty"` // under which it is filed
	Revision int64    `json:"v,omitempty"` // of the detection
}

// briefOf is what is filed of a detection, but for the role and the incident, which each party's document has its own of.
func briefOf(d *events.Detection, filed []filing) brief {
	b := brief{
		ID: d.ID, Start: d.Start.UnixNano(), Update: d.Update.UnixNano(), Score: d.Risk.Score, Phase: phaseOf(d), Out: isOut(d), Revision: d.Revision,
	}
	b.Calls = slices.ContainsFunc(d.Participants, func(p events.Participant) bool { return isPrincipal(p.User) })
	for _, f := range filed {
		b.Keys = append(b.Keys, f.key)
	}
	return b
}

// sameBut compares all but the revision and the incident.
func (b *brief) sameBut(o *brief) bool {
	return b.ID == o.ID && b.Start == o.Start && b.Update == o.Update && b.Role == o.Role && b.Score == o.Score && b.Phase == o.Phase &&
		b.Calls == o.Calls && b.Out == o.Out && slices.Equal(b.Keys, o.Keys)
}

// byStart is the order of detections: by start and then id.
func byStart(a, b *brief) int { return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.ID, b.ID)) }

func (b *brief) medium() bool { return b.Score >= mediumScore }

// gap is how long after the last activity of b a later one began; at most 0 where it still went on.
func (b *brief) gap(later *brief) time.Duration {
	return time.Duration(later.Start - max(b.Start, b.Update))
}

// Where the bands begin.
const (
	mediumScore = 30
	highScore   = 60
)

// isOut says that a detection has no part in any incident.
func isOut(d *events.Detection) bool {
	switch {
	case d.HiddenBy != "":
		return true
	case d.Status == events.StatusClosed && (d.Resolution == events.ResolutionFalsePositive || d.Resolution == events.ResolutionBenign):
		return true
	case d.Category == "hygiene" && d.Risk.Score < highScore:
		return true
	}
	return slices.ContainsFunc(d.Risk.Terms, func(t events.Term) bool { return t.Name == "known_scanner" })
}

// phase says how far an attack has come.
type phase int

const (
	unknown phase = iota // neither before nor after another
	recon
	access
	command
	lateral
	exfil
	impact
)

// words names a phase in a sentence.
func (p phase) words() string {
	return [...]string{"", "reconnaissance", "access", "command and control", "lateral movement", "exfiltration", "impact"}[p]
}

// phaseOf goes by the category; where that says nothing, by the tactic that is farthest on. To blind somebody is done at any time.
func phaseOf(d *events.Detection) phase {
	switch d.Category {
	case "recon":
		return recon
	case "access":
		return access
	case "c2":
		return command
	case "lateral":
		return lateral
	case "exfil":
		return exfil
	case "impact":
		return impact
	}
	p := unknown
	for _, t := range d.Tactics {
		p = max(p, phaseOfTactic(t))
	}
	return p
}

func phaseOfTactic(tactic string) phase {
	switch tactic {
	case "TA0043", "TA0007":
		return recon
	case "TA0001", "TA0002", "TA0003", "TA0004", "TA0006":
		return access
	case "TA0011":
		return command
	case "TA0008":
		return lateral
	case "TA0009", "TA0010":
		return exfil
	case "TA0040":
		return impact
	}
	return unknown
}
