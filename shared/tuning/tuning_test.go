package tuning

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
	"github.com/mirrorwatch/mirrorwatch/shared/store/memory"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func found(n int, change ...func(*events.Detection)) events.Detection {
	d := events.Detection{
		ID: fmt.Sprintf("d%03d", n), Type: "recon.port_scan", Risk: events.Risk{Score: 40, Band: "medium"}, Start: noon, Update: noon,
		Participants: []events.Participant{{Role: "offender", Address: netip.MustParseAddr("10.0.0.1")}},
	}
	for _, c := range change {
		c(&d)
	}
	return d
}

func rule(id string, f store.DetectionFilter, change ...func(*store.TuningRule)) store.Item[store.TuningRule] {
	r := store.TuningRule{Name: id, Enabled: true, Match: f}
	for _, c := range change {
		c(&r)
	}
	return store.Item[store.TuningRule]{ID: id, Value: r}
}

func TestWhichRuleHides(t *testing.T) {
	scans, all := store.DetectionFilter{Types: []string{"recon.port_scan"}}, store.DetectionFilter{MinScore: 1}
	past, later := noon.Add(-time.Second), noon.Add(time.Second)
	d := found(1)
	for name, c := range map[string]struct {
		rules *Rules
		by    string // what hides it already
		want  string
	}{
		"none":                        {NewRules(), "", ""},
		"one that means it":           {NewRules(rule("a", scans)), "", "a"},
		"one that does not":           {NewRules(rule("a", store.DetectionFilter{Types: []string{"x"}})), "", ""},
		"disabled":                    {NewRules(rule("a", scans, func(r *store.TuningRule) { r.Enabled = false })), "", ""},
		"expired":                     {NewRules(rule("a", scans, func(r *store.TuningRule) { r.Expires = &past })), "", ""},
		"expires at this very moment": {NewRules(rule("a", scans, func(r *store.TuningRule) { r.Expires = &noon })), "", ""},
		"not expired yet":             {NewRules(rule("a", scans, func(r *store.TuningRule) { r.Expires = &later })), "", "a"},
		"the first of two":            {NewRules(rule("a", scans), rule("b", all)), "", "a"},
		"the one that hides it stays": {NewRules(rule("a", scans), rule("b", all)), "b", "b"},
		"the one that hid it is gone": {NewRules(rule("a", scans)), "b", "a"},
		"hidden by nothing there is":  {NewRules(), "b", ""},
		"its own hidden is ignored":   {NewRules(rule("a", store.DetectionFilter{MinScore: 1, Hidden: store.HiddenOnly})), "", "a"},
	} {
		d.HiddenBy = c.by
		if got := c.rules.HiddenBy(&d, noon); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestApplyHidesWhatIsToBeStored(t *testing.T) {
	rules := NewRules(rule("a", store.DetectionFilter{MinScore: 50}))
	list := []events.Detection{found(1), found(2, func(d *events.Detection) { d.Risk.Score = 60 }), found(3, func(d *events.Detection) { d.HiddenBy = "other" })}
	rules.Apply(list, noon)
	if list[0].HiddenBy != "" || list[1].HiddenBy != "a" || list[2].HiddenBy != "other" {
		t.Errorf("%q %q %q", list[0].HiddenBy, list[1].HiddenBy, list[2].HiddenBy)
	}
}

func TestNextExpiry(t *testing.T) {
	soon, later, past := noon.Add(time.Minute), noon.Add(time.Hour), noon.Add(-time.Hour)
	at := func(e time.Time) func(*store.TuningRule) { return func(r *store.TuningRule) { r.Expires = &e } }
	f := store.DetectionFilter{MinScore: 1}
	rules := NewRules(rule("a", f, at(later)), rule("b", f, at(soon)), rule("c", f, at(past)), rule("d", f))
	if next, ok := rules.NextExpiry(noon); !ok || !next.Equal(soon) {
		t.Errorf("%v %v", next, ok)
	}
	if _, ok := NewRules(rule("d", f)).NextExpiry(noon); ok {
		t.Error("a rule without an end ends")
	}
}

// world is a store with rules and detections.
type world struct {
	*store.Store
	t     *testing.T
	rules store.Collection[store.TuningRule]
}

func newWorld(t *testing.T) *world {
	s := memory.New(memory.Options{Now: func() time.Time { return noon }})
	return &world{s, t, store.Collection[store.TuningRule]{Kind: store.KindTuningRule, Documents: s.Documents}}
}

func (w *world) put(list ...events.Detection) {
	w.t.Helper()
	if _, err := w.Detections.Put(context.Background(), list...); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) rule(i store.Item[store.TuningRule]) {
	w.t.Helper()
	if _, err := w.rules.Put(context.Background(), i, store.Always, nil); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) reapply(limit int) Result {
	w.t.Helper()
	r, err := Reapply(context.Background(), Options{Documents: w.Documents, Detections: w.Detections, Now: func() time.Time { return noon }, Limit: limit})
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

func TestReapplyFollowsTheRules(t *testing.T) {
	w := newWorld(t)
	for n := range 1200 { // more than two pages
		w.put(found(n, func(d *events.Detection) { d.Risk.Score = 1 + n%99 }))
	}
	w.rule(rule("a", store.DetectionFilter{MinScore: 50}))
	if r := w.reapply(0); r.Hidden != 600 || r.Shown != 0 || !r.Complete {
		t.Errorf("made: %+v", r)
	}
	if r := w.reapply(0); r.Hidden != 0 || r.Shown != 0 || !r.Complete {
		t.Errorf("twice: %+v", r)
	}
	w.rule(rule("a", store.DetectionFilter{MinScore: 98}))
	if r := w.reapply(0); r.Shown != 576 || !r.Complete {
		t.Errorf("narrowed: %+v", r)
	}
	w.rule(rule("b", store.DetectionFilter{MaxScore: 1}))
	if r := w.reapply(0); r.Hidden != 13 {
		t.Errorf("a second: %+v", r)
	}
	if err := w.rules.Delete(context.Background(), "a", store.Always, nil); err != nil {
		t.Fatal(err)
	}
	if r := w.reapply(0); r.Shown != 24 || r.Hidden != 0 {
		t.Errorf("deleted: %+v", r)
	}
	entries, err := w.Audit.Entries(context.Background(), store.AuditQuery{Limit: 1})
	if err != nil || entries.Items[0].Actor != "rule:a" {
		t.Errorf("%+v, %v", entries.Items, err)
	}
}

func TestReapplyStopsAtItsLimitAndGoesOnThere(t *testing.T) {
	w := newWorld(t)
	for n := range 25 {
		w.put(found(n))
	}
	w.rule(rule("a", store.DetectionFilter{MinScore: 1}))
	for i, want := range []Result{{Hidden: 10}, {Hidden: 10}, {Hidden: 5, Complete: true}} {
		r := w.reapply(10)
		if r.Hidden != want.Hidden || r.Complete != want.Complete || (r.Why == "") != want.Complete {
			t.Errorf("call %d: %+v", i, r)
		}
	}
}

func TestADetectionThatGrewLeavesItsRule(t *testing.T) {
	w := newWorld(t)
	d := found(1, func(d *events.Detection) { d.Risk.Score = 20 })
	w.rule(rule("a", store.DetectionFilter{MaxScore: 30}))
	w.put(d)
	w.reapply(0)
	d.Risk.Score, d.Update = 90, noon.Add(time.Minute)
	w.put(d)
	if r := w.reapply(0); r.Shown != 1 {
		t.Errorf("%+v", r)
	}
}

// failing is a store that breaks when it is searched.
type failing struct{ store.Detections }

func (failing) Search(context.Context, store.DetectionQuery) (store.DetectionPage, error) {
	return store.DetectionPage{}, store.ErrUnavailable
}

func TestReapplySaysWhatFailed(t *testing.T) {
	w := newWorld(t)
	_, err := Reapply(context.Background(), Options{Documents: w.Documents, Detections: failing{w.Detections}, Now: func() time.Time { return noon }})
	if !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("%v", err)
	}
}
