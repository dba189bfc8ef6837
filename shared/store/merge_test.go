package store

import (
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

var noon = time.Date(2026, 5, 1, 12, 0, 0, 5, time.UTC)

func scan() events.Detection {
	return events.Detection{
		ID: "d1", Type: "recon.port_scan", Title: "Port scan", Description: "10.0.0.1 asked for 10 ports",
		Start: noon, Update: noon, Properties: map[string]any{"ports": 10, "rate": 0.1, "list": []int{1, 2}},
		Evidence: events.Evidence{Start: noon, End: noon},
	}
}

// stored gives a detection as it comes back from a store: through JSON.
func stored(t *testing.T, d events.Detection) *events.Detection {
	t.Helper()
	text, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	var back events.Detection
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	return &back
}

func TestMergeBegins(t *testing.T) {
	d := scan()
	d.Resolution, d.Revision = events.ResolutionBenign, 7
	got, changed := Merge(nil, d, noon)
	if !changed || got.Revision != 1 || got.Status != events.StatusOpen || got.Resolution != "" || !got.Created.Equal(noon) || !got.Modified.Equal(noon) {
		t.Errorf("changed %v, triage %+v", changed, got.Triage)
	}
}

func TestMergeIsIdempotent(t *testing.T) {
	first, _ := Merge(nil, scan(), noon)
	old := stored(t, first)
	later := noon.Add(time.Hour)
	if got, changed := Merge(old, scan(), later); changed || !reflect.DeepEqual(got, *old) {
		t.Errorf("the same again changed %v", Differing(old, &got))
	}
	local := scan()
	local.Start = local.Start.In(time.FixedZone("", 7200))
	local.Participants = []events.Participant{}
	if got, changed := Merge(old, local, later); changed {
		t.Errorf("the same in another zone changed %v", Differing(old, &got))
	}
	stale := scan()
	stale.Update, stale.Description, stale.HiddenBy = noon.Add(-1), "older", "rule"
	if _, changed := Merge(old, stale, later); changed {
		t.Error("an older state was taken")
	}
}

func TestMergeEndsAndReplays(t *testing.T) {
	first, _ := Merge(nil, scan(), noon)
	ended := scan()
	ended.End = &ended.Update
	second, changed := Merge(stored(t, first), ended, noon)
	if !changed || second.Revision != 2 || second.End == nil {
		t.Fatalf("the end was not taken: %+v", second)
	}
	if _, changed := Merge(stored(t, second), scan(), noon); changed {
		t.Error("a replay opened what had ended")
	}
	again := scan()
	again.Update = noon.Add(time.Second)
	if got, changed := Merge(stored(t, second), again, noon); !changed || got.End != nil {
		t.Error("new evidence does not open it again")
	}
}

func TestMergeKeepsTriage(t *testing.T) {
	first, _ := Merge(nil, scan(), noon)
	first.Status, first.Assignee, first.HiddenBy = events.StatusInProgress, "ada", "r1"
	d := scan()
	d.Update, d.Status, d.Assignee, d.HiddenBy = noon.Add(1), events.StatusClosed, "bob", "r2"
	got, _ := Merge(&first, d, noon)
	if got.Status != events.StatusInProgress || got.Assignee != "ada" || got.HiddenBy != "r1" || got.Revision != 2 {
		t.Errorf("triage %+v", got.Triage)
	}
	first.HiddenBy = ""
	if got, changed := Merge(&first, d, noon); !changed || got.HiddenBy != "r2" {
		t.Errorf("hidden by %q", got.HiddenBy)
	}
}

func TestCheckDetection(t *testing.T) {
	for _, bad := range []func(*events.Detection){
		func(d *events.Detection) { d.ID = "" },
		func(d *events.Detection) { d.ID = strings.Repeat("x", MaxID+1) },
		func(d *events.Detection) { d.ID = "ä" },
		func(d *events.Detection) { d.Start = time.Time{} },
		func(d *events.Detection) { d.Update = time.Date(2300, 1, 1, 0, 0, 0, 0, time.UTC) },
		func(d *events.Detection) { d.Properties = map[string]any{"x": math.NaN()} },
		func(d *events.Detection) { d.Confidence = math.Inf(1) },
	} {
		d := scan()
		bad(&d)
		if err := CheckDetection(&d); !errors.Is(err, ErrInvalid) {
			t.Errorf("%+v: %v", d, err)
		}
	}
	d := scan()
	if err := CheckDetection(&d); err != nil {
		t.Error(err)
	}
}

func TestApplyTriage(t *testing.T) {
	d, _ := Merge(nil, scan(), noon)
	closed, benign, open, none := events.StatusClosed, events.ResolutionBenign, events.StatusOpen, events.ResolutionNone
	got, changed, err := ApplyTriage(d, TriageChange{Status: &closed, Resolution: &benign}, Actor{Name: "ada"}, noon.Add(1))
	if err != nil || !changed || got.Revision != 2 || !got.Modified.Equal(noon.Add(1)) || got.Resolution != benign {
		t.Fatalf("%+v, %v, %v", got.Triage, changed, err)
	}
	if again, changed, err := ApplyTriage(got, TriageChange{Status: &closed}, Actor{}, noon); err != nil || changed || again.Revision != 2 {
		t.Errorf("no change: %+v, %v, %v", again.Triage, changed, err)
	}
	if back, _, err := ApplyTriage(got, TriageChange{Status: &open}, Actor{}, noon); err != nil || back.Resolution != none {
		t.Errorf("opened again: %+v, %v", back.Triage, err)
	}
	text := "seen"
	noted, _, err := ApplyTriage(got, TriageChange{Note: &text}, Actor{Name: "bob"}, noon)
	if err != nil || len(noted.Notes) != 1 || noted.Notes[0].Author != "bob" || len(got.Notes) != 0 {
		t.Errorf("note: %+v, %v", noted.Notes, err)
	}
}

func TestApplyTriageRefuses(t *testing.T) {
	d, _ := Merge(nil, scan(), noon)
	full := d
	full.Notes = make([]events.Note, events.MaxNotes)
	odd, benign, strange := events.Status("odd"), events.ResolutionBenign, events.Resolution("strange")
	closed, long, blank, text, two := events.StatusClosed, strings.Repeat("x", events.MaxNote+1), " ", "x", int64(2)
	for name, c := range map[string]struct {
		d    events.Detection
		t    TriageChange
		want error
	}{
		"status":     {d, TriageChange{Status: &odd}, ErrInvalid},
		"resolution": {d, TriageChange{Status: &closed, Resolution: &strange}, ErrInvalid},
		"not closed": {d, TriageChange{Resolution: &benign}, ErrInvalid},
		"long note":  {d, TriageChange{Note: &long}, ErrInvalid},
		"blank note": {d, TriageChange{Note: &blank}, ErrInvalid},
		"full":       {full, TriageChange{Note: &text}, ErrInvalid},
		"assignee":   {d, TriageChange{Assignee: &long}, ErrInvalid},
		"revision":   {d, TriageChange{IfRevision: &two, Status: &closed}, ErrConflict},
	} {
		if got, changed, err := ApplyTriage(c.d, c.t, Actor{}, noon); !errors.Is(err, c.want) || changed || got.Revision != 1 {
			t.Errorf("%s: %v, %v", name, changed, err)
		}
	}
}

func TestDetectionEvent(t *testing.T) {
	first, _ := Merge(nil, scan(), noon)
	e := DetectionEvent(nil, first, "")
	if e.ID != "d1-1" || e.DetailType != events.DetectionCreated || e.Detail.Sequence != 1 || e.Detail.Changed != nil || !e.Time.Equal(noon) {
		t.Errorf("created: %+v", e)
	}
	d := scan()
	d.Update, d.Description = noon.Add(1), "more"
	second, _ := Merge(stored(t, first), d, noon)
	e = DetectionEvent(stored(t, first), second, "")
	if e.ID != "d1-2" || e.DetailType != events.DetectionUpdated || !reflect.DeepEqual(e.Detail.Changed, []string{"description", "update"}) {
		t.Errorf("updated: %+v", e)
	}
	closed := events.StatusClosed
	third, _, _ := ApplyTriage(second, TriageChange{Status: &closed}, Actor{Name: "ada"}, noon)
	e = DetectionEvent(&second, third, "ada")
	if e.DetailType != events.DetectionClosed || e.Detail.Actor != "ada" || !reflect.DeepEqual(e.Detail.Changed, []string{"status"}) {
		t.Errorf("closed: %+v", e)
	}
}

func TestTriageEntry(t *testing.T) {
	before, _ := Merge(nil, scan(), noon)
	closed, note := events.StatusClosed, "done"
	after, _, _ := ApplyTriage(before, TriageChange{Status: &closed, Note: &note}, Actor{}, noon)
	e, err := TriageEntry(&before, &after, Actor{Name: "ada", Address: "10.0.0.9"})
	if err != nil || string(e.Before) != `{"status":"open"}` || string(e.After) != `{"note":"done","status":"closed"}` || e.Target != "d1" || e.Actor != "ada" {
		t.Errorf("%+v, %s, %s, %v", e, e.Before, e.After, err)
	}
}

func TestBind(t *testing.T) {
	end := noon.Add(time.Hour)
	a := events.Binding{VNI: 7, Interface: "eni-a", From: noon, To: &end}
	b := events.Binding{VNI: 7, Interface: "eni-b", From: end}
	history := []events.Binding{a, b}
	for _, c := range []struct {
		name  string
		with  events.Binding
		at    int
		fails error
	}{
		{"again", events.Binding{VNI: 7, Interface: "eni-b", From: end.Add(5)}, 1, nil},
		{"replay of an ended one", events.Binding{VNI: 7, Interface: "eni-a", From: noon}, 0, nil},
		{"held by another", events.Binding{VNI: 7, Interface: "eni-c", From: end.Add(5)}, 0, ErrConflict},
		{"held by another before its end", events.Binding{VNI: 7, Interface: "eni-b", From: noon.Add(5)}, 0, ErrConflict},
		{"no vni", events.Binding{Interface: "eni-b", From: noon}, 0, ErrInvalid},
		{"no interface", events.Binding{VNI: 7, From: noon}, 0, ErrInvalid},
	} {
		if at, _, err := Bind(history, c.with); at != c.at || !errors.Is(err, c.fails) {
			t.Errorf("%s: at %d, %v", c.name, at, err)
		}
	}
	if at, got, err := Bind(history[:1], b); at != 1 || err != nil || !got.From.Equal(end) {
		t.Errorf("right at the end of the one before: %d, %v", at, err)
	}
	if Holds(&a, end) || !Holds(&a, noon) || !Holds(&b, end) {
		t.Error("a binding holds from its beginning, and no more at its end")
	}
}

func TestMergeCoverage(t *testing.T) {
	c := events.Coverage{Interface: "eni-a", State: events.CoveragePending, Was: "odd"}
	first, changed := MergeCoverage(nil, c, noon)
	if !changed || first.Was != "" || !first.Changed.Equal(noon) {
		t.Errorf("first: %+v", first)
	}
	c.Packets = 5
	same, changed := MergeCoverage(&first, c, noon.Add(time.Minute))
	if changed || same.Packets != 5 || !same.Changed.Equal(noon) || same.Revision != first.Revision {
		t.Errorf("same state: %+v", same)
	}
	c.State = events.CoverageMirrored
	other, changed := MergeCoverage(&same, c, noon.Add(-time.Hour))
	if !changed || other.Was != events.CoveragePending || other.Revision != first.Revision+1 {
		t.Errorf("other state, clock set back: %+v", other)
	}
}

func TestFilterValidate(t *testing.T) {
	many := make([]string, MaxValues+1)
	for field, f := range map[string]DetectionFilter{
		"text":              {Text: "ab"},
		"bands":             {Bands: []events.Band{"severe"}},
		"statuses":          {Statuses: []events.Status{"done"}},
		"not.resolutions":   {Not: []DetectionFilter{{Resolutions: []events.Resolution{"x"}}}},
		"hidden":            {Hidden: "maybe"},
		"min_score":         {MinScore: 100},
		"max_score":         {MaxScore: -1},
		"types":             {Types: many},
		"victim.hostnames":  {Victim: &ParticipantFilter{Hostnames: many}},
		"not":               {Not: make([]DetectionFilter, MaxNot+1)},
		"offender.devices":  {Offender: &ParticipantFilter{Devices: many}},
		"not.participant.x": {},
	} {
		err := f.Validate()
		var invalid *Invalid
		if field == "not.participant.x" {
			if err != nil {
				t.Errorf("the empty filter: %v", err)
			}
		} else if !errors.As(err, &invalid) || invalid.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
}

func TestKeys(t *testing.T) {
	d := scan()
	d.Participants = []events.Participant{
		{Role: "offender", Device: "a", Hostname: "x.example", VPC: "v1"}, {Role: "victim", Device: "b"}, {Role: "victim", Device: "b", VPC: "v2"},
	}
	for g, want := range map[GroupBy][]string{
		GroupType: {"recon.port_scan"}, GroupOffender: {"a"}, GroupVictim: {"b"}, GroupVPC: {"v1", "v2"}, GroupVNI: {""}, GroupTechnique: {""},
	} {
		if got := g.Keys(&d); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %q", g, got)
		}
	}
	if got := GroupOffender.Label(&d, "a"); got != "x.example" {
		t.Errorf("label %q", got)
	}
}
