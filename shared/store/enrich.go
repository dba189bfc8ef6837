package store

import (
	"encoding/json"
	"errors"
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

// MaxContext is how many bytes of JSON a context has at most; bus.FitContext makes it fit.
const MaxContext = 128 << 10

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
	for _, l := range []struct {
		name       string
		have, most int
	}{
		{"sources", len(c.Sources), len(events.ContextSources())}, {"who", len(c.Who), events.MaxIdentities},
		{"calls", len(c.Calls), events.MaxContextCalls}, {"counters", len(c.Counters), events.MaxCounterNews},
		{"adjustments", len(c.Adjustments), events.MaxAdjustments},
	} {
		if l.have > l.most {
			return &Invalid{"context." + l.name, fmt.Sprint(l.have), fmt.Sprintf("at most %d", l.most)}
		}
	}
	if err := checkText("context.incident", c.Incident, MaxID); err != nil {
		return err
	}
	if err := checkSources(c.Sources); err != nil {
		return err
	}
	return checkAdjustments(c.Adjustments)
}

// checkSources says which of the sources is none, or says nothing that a source may say.
func checkSources(list []events.SourceState) error {
	for i, s := range list {
		if !slices.Contains(events.ContextSources(), s.Source) {
			return &Invalid{"context.sources", shorten(string(s.Source)), oneOfNames(events.ContextSources())}
		}
		if !slices.Contains(events.SourceStatuses(), s.Status) {
			return &Invalid{"context.sources." + string(s.Source), shorten(string(s.Status)), oneOfNames(events.SourceStatuses())}
		}
		if slices.ContainsFunc(list[:i], func(o events.SourceState) bool { return o.Source == s.Source }) {
			return &Invalid{"context.sources", string(s.Source), "each source once"}
		}
	}
	return nil
}

// checkAdjustments says which of the terms cannot be told from a detector's, or weighs more than a score can.
func checkAdjustments(list []events.Term) error {
	for i, t := range list {
		if len(t.Name) <= len(events.AdjustmentPrefix) || !strings.HasPrefix(t.Name, events.AdjustmentPrefix) {
			return &Invalid{"context.adjustments", shorten(t.Name), "the name of an adjustment, which begins with " + events.AdjustmentPrefix}
		}
		if t.Points < -99 || t.Points > 99 {
			return &Invalid{"context.adjustments." + shorten(t.Name), fmt.Sprint(t.Points), "-99 to 99 points"}
		}
		if slices.ContainsFunc(list[:i], func(o events.Term) bool { return o.Name == t.Name }) {
			return &Invalid{"context.adjustments", shorten(t.Name), "each adjustment once"}
		}
	}
	return nil
}

// ApplyContext says what becomes of a detection when correlation says something of it. A context that says the same changes nothing,
// but for when it was made. Nothing of what comes out is shared with the enrichment.
func ApplyContext(d events.Detection, e Enrichment, now time.Time) (after events.Detection, changed bool, err error) {
	if err := CheckContext(&e.Context); err != nil {
		return d, false, err
	}
	if e.IfRevision != d.Revision {
		return d, false, fmt.Errorf("detection %s has revision %d, not %d: %w", d.ID, d.Revision, e.IfRevision, ErrConflict)
	}
	now = now.UTC()
	after = d
	if after.Context, err = settled(&e.Context); err != nil {
		return d, false, err
	}
	after.Risk = Adjusted(d.Risk, after.Context.Adjustments)
	if sameContext(d.Context, after.Context) && sameRisk(d.Risk, after.Risk) {
		return d, false, nil
	}
	after.Revision, after.Modified = d.Revision+1, &now
	return after, true, nil
}

// Beside gives the error of a document that is written beside a context. One that is missing where one was expected is a conflict, too:
// ErrNotFound of Enrich is the detection's alone.
func Beside(err error) error {
	if errors.Is(err, ErrNotFound) {
		return fmt.Errorf("%v: %w", err, ErrConflict)
	}
	return err
}

// settled gives a context as every store gives it back: text that is text, times in UTC, nothing shared with the one that came.
func settled(c *events.Context) (*events.Context, error) {
	body, err := json.Marshal(c)
	if err != nil {
		return nil, &Invalid{"context", shorten(err.Error()), "something that JSON can say"}
	}
	if len(body) > MaxContext {
		return nil, &Invalid{"context", fmt.Sprintf("%d bytes", len(body)), fmt.Sprintf("at most %d bytes of JSON", MaxContext)}
	}
	s := &events.Context{}
	if err := json.Unmarshal(body, s); err != nil {
		return nil, &Invalid{"context", shorten(err.Error()), "something that JSON can say"}
	}
	if s.Sources == nil {
		s.Sources = []events.SourceState{}
	}
	for _, t := range timesOf(s) {
		*t = t.UTC()
	}
	return s, nil
}

// timesOf gives every time in a context.
func timesOf(c *events.Context) []*time.Time {
	list := []*time.Time{&c.Of, &c.Made}
	for i := range c.Sources {
		list = append(list, c.Sources[i].Through)
	}
	for i := range c.Who {
		list = append(list, c.Who[i].From, c.Who[i].To)
	}
	for i := range c.Calls {
		list = append(list, &c.Calls[i].Time)
	}
	if c.Flows != nil {
		list = append(list, &c.Flows.From, &c.Flows.To)
	}
	return slices.DeleteFunc(list, func(t *time.Time) bool { return t == nil })
}

// Adjusted gives a risk with the adjustments of a context, and without those of an earlier one: events.Risk's own rule.
func Adjusted(r events.Risk, adjustments []events.Term) events.Risk { return r.Adjusted(adjustments) }

// sameContext compares contexts but for when they were made, and of which state.
func sameContext(a, b *events.Context) bool {
	if a == nil || b == nil {
		return a == b
	}
	x, y := *a, *b
	x.Made, y.Made = time.Time{}, time.Time{}
	x.Of, y.Of = time.Time{}, time.Time{}
	return same(&x, &y)
}
