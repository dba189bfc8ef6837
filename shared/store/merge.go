package store

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// The rules of what becomes of a stored thing, in one place, so that every implementation keeps the same ones.

// Limits of what is stored.
const (
	MaxName         = 256 // bytes of an assignee, a device's name or its role
	MaxParticipants = 256 // of a detection; detectors name 64
)

// Merge says what is stored after a detector said d, where stored is there already (nil: nothing is). It does what Detections.Put
// promises. A state that has not ended is older than one of the same Update that has: going on would have moved Update. That is what
// makes a replay of all states of a detection change nothing.
func Merge(stored *events.Detection, d events.Detection, now time.Time) (merged events.Detection, changed bool) {
	d = inUTC(d)
	now = now.UTC()
	if stored == nil {
		d.Context, d.Risk = nil, Adjusted(d.Risk, nil)
		d.Revision, d.Created, d.Modified = 1, &now, &now
		if !d.Status.Valid() {
			d.Status = events.StatusOpen
		}
		if d.Status != events.StatusClosed || !d.Resolution.Valid() {
			d.Resolution = events.ResolutionNone
		}
		return d, true
	}
	if d.Update.Before(stored.Update) || d.Update.Equal(stored.Update) && d.End == nil && stored.End != nil {
		return *stored, false
	}
	hides := cmp.Or(stored.HiddenBy, d.HiddenBy)
	d.Triage = stored.Triage
	d.HiddenBy = hides
	var adjustments []events.Term
	if d.Context = stored.Context; d.Context != nil {
		adjustments = d.Context.Adjustments
	}
	// What a detector read back from the store may have terms of a context in it: they are the store's to say.
	d.Risk = Adjusted(d.Risk, adjustments)
	if len(Differing(stored, &d)) == 0 {
		return *stored, false
	}
	d.Revision, d.Modified = stored.Revision+1, &now
	return d, true
}

// inUTC gives a copy whose times are all in UTC and without a monotonic clock.
func inUTC(d events.Detection) events.Detection {
	d.Start, d.Update = d.Start.Round(0).UTC(), d.Update.Round(0).UTC()
	d.Evidence.Start, d.Evidence.End = d.Evidence.Start.Round(0).UTC(), d.Evidence.End.Round(0).UTC()
	if d.End != nil {
		end := d.End.Round(0).UTC()
		d.End = &end
	}
	d.Activity, d.Notes = slices.Clone(d.Activity), slices.Clone(d.Notes)
	for i := range d.Activity {
		d.Activity[i].Time = d.Activity[i].Time.Round(0).UTC()
	}
	for i := range d.Notes {
		d.Notes[i].Time = d.Notes[i].Time.Round(0).UTC()
	}
	return d
}

// CheckDetection says why a detection cannot be stored.
func CheckDetection(d *events.Detection) error {
	if err := CheckID("id", d.ID); err != nil {
		return err
	}
	if err := checkTime("start", d.Start); err != nil {
		return err
	}
	if err := checkTime("update", d.Update); err != nil {
		return err
	}
	if len(d.Participants) > MaxParticipants {
		return &Invalid{"participants", fmt.Sprintf("%d participants", len(d.Participants)), fmt.Sprintf("at most %d", MaxParticipants)}
	}
	if _, err := json.Marshal(d); err != nil {
		return &Invalid{"detection", shorten(err.Error()), "something that JSON can say"}
	}
	return nil
}

// ApplyTriage says what becomes of a detection when somebody makes a change, or why it cannot be made. Opening a closed detection again
// takes its resolution away, unless the change sets one, which is then refused.
func ApplyTriage(d events.Detection, t TriageChange, by Actor, now time.Time) (after events.Detection, changed bool, err error) {
	if t.IfRevision != nil && *t.IfRevision != d.Revision {
		return d, false, fmt.Errorf("detection %s has revision %d, not %d: %w", d.ID, d.Revision, *t.IfRevision, ErrConflict)
	}
	now = now.UTC()
	before := d
	set(&d.Status, t.Status)
	set(&d.Assignee, t.Assignee)
	set(&d.HiddenBy, t.HiddenBy)
	if d.Status != events.StatusClosed && t.Resolution == nil {
		d.Resolution = events.ResolutionNone
	}
	set(&d.Resolution, t.Resolution)
	if t.Note != nil {
		// A slice of its own: the caller's copy of the detection must not grow with it.
		d.Notes = append(slices.Clone(d.Notes), events.Note{Time: now, Author: by.Name, Text: *t.Note})
	}
	if err := checkTriage(&d, t.Note); err != nil {
		return before, false, err
	}
	if t.Note == nil && d.Status == before.Status && d.Resolution == before.Resolution && d.Assignee == before.Assignee && d.HiddenBy == before.HiddenBy {
		return before, false, nil
	}
	d.Revision, d.Modified = before.Revision+1, &now
	return d, true, nil
}

func set[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}

func checkTriage(d *events.Detection, note *string) error {
	switch {
	case !d.Status.Valid():
		return &Invalid{"status", shorten(string(d.Status)), oneOfNames(events.Statuses())}
	case !d.Resolution.Valid():
		return &Invalid{"resolution", shorten(string(d.Resolution)), oneOfNames(events.Resolutions())}
	case d.Resolution != events.ResolutionNone && d.Status != events.StatusClosed:
		return &Invalid{"resolution", string(d.Resolution), "possible while the status is " + string(d.Status) + ": close the detection"}
	case note != nil && strings.TrimSpace(*note) == "":
		return &Invalid{"note", shorten(*note), "a text"}
	case len(d.Notes) > events.MaxNotes:
		return &Invalid{"note", "", fmt.Sprintf("possible: a detection keeps %d notes", events.MaxNotes)}
	}
	if note != nil {
		if err := checkText("note", *note, events.MaxNote); err != nil {
			return err
		}
	}
	if err := checkText("assignee", d.Assignee, MaxName); err != nil {
		return err
	}
	return checkText("hidden_by", d.HiddenBy, MaxID)
}

// ApplyWrite says what becomes of a document, where stored is what is there (nil: nothing, or one that expired), or why it cannot be
// done. A nil result is a document that is gone.
func ApplyWrite(stored *Document, w Write, now time.Time) (*Document, error) {
	if err := w.Condition(stored); err != nil {
		return nil, err
	}
	if w.Body == nil {
		return nil, nil
	}
	d := Document{Kind: w.Kind, ID: w.ID, Revision: 1, Created: now.UTC(), Modified: now.UTC(), Body: slices.Clone(w.Body)}
	if !w.Expires.IsZero() {
		d.Expires = w.Expires.Round(0).UTC()
	}
	if stored != nil {
		d.Revision, d.Created = stored.Revision+1, stored.Created
	}
	return &d, nil
}

// Condition says whether the write's condition holds of what is stored (nil: nothing).
func (w *Write) Condition(stored *Document) error {
	switch {
	case w.If == New && stored != nil:
		return fmt.Errorf("%s %s is there already: %w", w.Kind, w.ID, ErrConflict)
	case (w.If == Exists || w.If > 0) && stored == nil:
		return fmt.Errorf("%s %s: %w", w.Kind, w.ID, ErrNotFound)
	case w.If > 0 && stored.Revision != int64(w.If):
		return fmt.Errorf("%s %s has revision %d, not %d: %w", w.Kind, w.ID, stored.Revision, w.If, ErrConflict)
	}
	return nil
}

// ApplyOverrides says what becomes of a device when somebody says something of it.
func ApplyOverrides(d events.Device, o events.DeviceOverrides, ifRevision *int64) (after events.Device, changed bool, err error) {
	if ifRevision != nil && *ifRevision != d.Revision {
		return d, false, fmt.Errorf("device %s has revision %d, not %d: %w", d.ID, d.Revision, *ifRevision, ErrConflict)
	}
	for _, t := range []struct {
		field, text string
		most        int
	}{{"name", o.Name, MaxName}, {"role", o.Role, MaxName}, {"note", o.Note, events.MaxNote}} {
		if err := checkText(t.field, t.text, t.most); err != nil {
			return d, false, err
		}
	}
	if o == d.Overrides {
		return d, false, nil
	}
	d.Overrides = o
	d.Revision++
	return d, true, nil
}

// MergeCoverage says what is stored after somebody reported c. Only another state, or an interface heard of first, is a change that
// makes an event. Revisions are taken from the clock, so that those of an interface that was forgotten and came back still grow.
func MergeCoverage(stored *events.Coverage, c events.Coverage, now time.Time) (merged events.Coverage, changed bool) {
	now = now.UTC()
	if stored != nil && stored.State == c.State {
		c.Was, c.Changed, c.Revision = stored.Was, stored.Changed, stored.Revision
		return c, false
	}
	c.Was, c.Changed, c.Revision = "", now, now.UnixMicro()
	if stored != nil {
		c.Was, c.Revision = stored.State, max(stored.Revision+1, c.Revision)
	}
	return c, true
}

// CheckCoverage says why the state of an interface cannot be stored.
func CheckCoverage(c *events.Coverage) error {
	if !slices.Contains(events.CoverageStates(), c.State) {
		return &Invalid{"state", shorten(string(c.State)), oneOfNames(events.CoverageStates())}
	}
	return CheckID("interface", c.Interface)
}

// CheckHeard says why what a sensor heard cannot be stored.
func CheckHeard(h *events.Heard) error {
	if err := checkVNI(h.VNI); err != nil {
		return err
	}
	if err := CheckID("sensor", h.Sensor); err != nil {
		return err
	}
	if err := checkTime("last_seen", h.LastSeen); err != nil {
		return err
	}
	if !h.Since.IsZero() {
		if err := checkTime("since", h.Since); err != nil {
			return err
		}
	}
	if err := checkText("interface", h.Interface, MaxID); err != nil {
		return err
	}
	return checkText("name", h.Name, MaxName)
}

// NewestHeard gives what is worth storing of a list: of each VNI and sensor the newest, in their order, with times in UTC. It says why
// something cannot be stored.
func NewestHeard(list []events.Heard) ([]events.Heard, error) {
	newest := map[string]events.Heard{}
	for _, h := range list {
		if err := CheckHeard(&h); err != nil {
			return nil, err
		}
		h.Since, h.LastSeen = h.Since.Round(0).UTC(), h.LastSeen.Round(0).UTC()
		k := HeardKey(&h)
		if have, known := newest[k]; !known || h.LastSeen.After(have.LastSeen) {
			newest[k] = h
		}
	}
	out := make([]events.Heard, 0, len(newest))
	for _, k := range slices.Sorted(maps.Keys(newest)) {
		out = append(out, newest[k])
	}
	return out, nil
}

// VNIKey writes a VNI so that the order of the text is the order of the numbers.
func VNIKey(vni uint32) string { return fmt.Sprintf("%08d", vni) }

// HeardKey names what one sensor heard of one VNI. The order of keys is that of pages.
func HeardKey(h *events.Heard) string { return VNIKey(h.VNI) + "#" + h.Sensor }

// CheckExpectation says why an expectation cannot be stored.
func CheckExpectation(e *events.Expectation) error {
	if !e.Time.Equal(e.Time.Truncate(time.Hour)) {
		return &Invalid{"time", e.Time.Format(time.RFC3339Nano), "the beginning of an hour"}
	}
	for name, r := range e.Metrics {
		if err := CheckID("metrics", name); err != nil {
			return err
		}
		if sum := r.Low + r.Mid + r.High; math.IsNaN(sum) || math.IsInf(sum, 0) || r.Low > r.High {
			return &Invalid{"metrics." + name, fmt.Sprint(r.Low, " to ", r.High), "a range of numbers"}
		}
	}
	return CheckID("device", e.Device)
}

// CheckSample says why a sample cannot be stored.
func CheckSample(v *events.Sample) error {
	if !v.Time.Equal(v.Time.Truncate(time.Minute)) {
		return &Invalid{"time", v.Time.Format(time.RFC3339Nano), "the beginning of a minute"}
	}
	return CheckID("device", v.Device)
}
