package store

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// Enrichment is what correlation says of a detection.
type Enrichment struct {
	IfRevision int64 // the revision that was looked at: of another one nothing is written
	Context    events.Context
}

// MaxEnrichWrites is how many documents change at most together with a detection's context.
const MaxEnrichWrites = 40

// DocumentKey names a document.
type DocumentKey struct {
	Kind Kind
	ID   string
}

// MaxGet is how many documents one GetMany gives: as many as one call of DynamoDB takes.
const MaxGet = 100

// ActorCorrelate is who writes context: its events carry the name, so that correlation does not answer itself.
const ActorCorrelate = "correlate"

// CheckKeys says why documents cannot be read together.
func CheckKeys(keys []DocumentKey) error {
	if len(keys) > MaxGet {
		return &Invalid{"keys", fmt.Sprint(len(keys)), fmt.Sprintf("at most %d", MaxGet)}
	}
	return nil
}

// CheckEnrichWrites says why documents cannot be written together with a context.
func CheckEnrichWrites(changes []Write) error {
	if len(changes) == 0 {
		return nil
	}
	return checkWrites(changes, MaxEnrichWrites)
}

// CheckContext says why a context cannot be stored.
func CheckContext(c *events.Context) error {
	for _, t := range c.Adjustments {
		if !strings.HasPrefix(t.Name, events.AdjustmentPrefix) {
			return &Invalid{"context.adjustments", shorten(t.Name), "the name of an adjustment, which begins with " + events.AdjustmentPrefix}
		}
	}
	if len(c.Who) > events.MaxIdentities {
		return &Invalid{"context.who", fmt.Sprint(len(c.Who)), fmt.Sprintf("at most %d", events.MaxIdentities)}
	}
	if len(c.Calls) > events.MaxContextCalls {
		return &Invalid{"context.calls", fmt.Sprint(len(c.Calls)), fmt.Sprintf("at most %d", events.MaxContextCalls)}
	}
	return nil
}

// ApplyContext says what becomes of a detection when correlation says something of it. A context that says the same changes nothing,
// but for when it was made.
func ApplyContext(d events.Detection, e Enrichment, now time.Time) (after events.Detection, changed bool, err error) {
	if err := CheckContext(&e.Context); err != nil {
		return d, false, err
	}
	if e.IfRevision != d.Revision {
		return d, false, fmt.Errorf("detection %s has revision %d, not %d: %w", d.ID, d.Revision, e.IfRevision, ErrConflict)
	}
	now = now.UTC()
	c := e.Context
	c.Of, c.Made = c.Of.Round(0).UTC(), c.Made.Round(0).UTC()
	after = d
	after.Context = &c
	after.Risk = Adjusted(d.Risk, c.Adjustments)
	if sameContext(d.Context, after.Context) && sameRisk(d.Risk, after.Risk) {
		return d, false, nil
	}
	after.Revision, after.Modified = d.Revision+1, &now
	return after, true, nil
}

// Adjusted gives a risk with the adjustments of a context, and without those of an earlier one. Its score is the sum of its terms, held
// between 1 and 99.
func Adjusted(r events.Risk, adjustments []events.Term) events.Risk {
	adjustment := func(t events.Term) bool { return strings.HasPrefix(t.Name, events.AdjustmentPrefix) }
	if len(adjustments) == 0 && !slices.ContainsFunc(r.Terms, adjustment) {
		return r
	}
	r.Terms = slices.DeleteFunc(slices.Clone(r.Terms), adjustment)
	r.Terms = append(r.Terms, adjustments...)
	score := 0
	for _, t := range r.Terms {
		score += t.Points
	}
	r.Score = min(max(score, 1), 99)
	r.Band = events.BandOf(r.Score)
	return r
}

// sameContext compares contexts but for when they were made, and of which state.
func sameContext(a, b *events.Context) bool {
	if a == nil || b == nil {
		return a == b
	}
	x, y := *a, *b
	x.Made, y.Made = time.Time{}, time.Time{}
	return same(&x, &y)
}
