package ocsf

import (
	"bufio"
	"bytes"
	"encoding/json"
	"math"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/mirrorwatch/mirrorwatch/events"
)

func schema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	s, err := c.Compile("testdata/detection_finding-1.1.0.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func check(t *testing.T, s *jsonschema.Schema, f Finding) map[string]any {
	t.Helper()
	b, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Validate(v); err != nil {
		t.Errorf("%v\nin %s", err, b)
	}
	return v.(map[string]any)
}

// replayed gives every detection of the recorded captures.
func replayed(t *testing.T) (list []events.Detection) {
	t.Helper()
	files, err := filepath.Glob("../../test/replay/*.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		lines := bufio.NewScanner(f)
		lines.Buffer(nil, 16<<20)
		for lines.Scan() {
			var l struct{ Detection *events.Detection }
			if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if l.Detection != nil {
				list = append(list, *l.Detection)
			}
		}
	}
	if len(list) < 25 {
		t.Fatalf("only %d detections in test/replay: the test looks in the wrong place", len(list))
	}
	return list
}

func TestReplayedDetectionsAreFindings(t *testing.T) {
	s := schema(t)
	for _, d := range replayed(t) {
		for _, typ := range []events.DetailType{events.DetectionCreated, events.DetectionUpdated, events.DetectionClosed} {
			f := check(t, s, New(&d, About{Event: "e1", Type: typ, Time: d.Update, Sequence: 3, Version: "1.0.0", Account: "111122223333", Region: "eu-central-1"}))
			if f["finding_info"].(map[string]any)["uid"] != d.ID {
				t.Errorf("%s: finding of %v", d.ID, f["finding_info"])
			}
		}
	}
}

func TestWords(t *testing.T) {
	at := time.Date(2026, 3, 2, 3, 4, 5, 678e6, time.UTC)
	d := events.Detection{
		ID: "d1", Type: "c2.dns_tunnel", Title: "DNS tunnel", Description: "Much is asked.", Start: at, Update: at.Add(time.Hour), Confidence: 0.9,
		Risk: events.Risk{Score: 85, Band: "critical", Impact: events.High}, Tactics: []string{"TA0011"}, Techniques: []string{"T1071.004", "T1572"},
		Triage: events.Triage{Status: events.StatusClosed, Resolution: events.ResolutionFalsePositive, Notes: []events.Note{{Text: "a"}, {Text: "ours"}}},
		Participants: []events.Participant{
			{Role: "offender", Endpoint: "client", Address: netip.MustParseAddr("10.20.1.40"), Instance: "i-1"},
			{Role: "victim", Endpoint: "server", Address: netip.MustParseAddr("203.0.113.53"), Hostname: "ns.example", External: true, Port: 53},
		},
	}
	f := New(&d, About{Type: events.DetectionClosed, Time: at})
	check(t, schema(t), f)
	if f.TypeUID != 200403 || f.ActivityName != "Close" || f.SeverityID != 5 || f.RiskLevelID != 4 || f.StatusID != 3 || f.ConfidenceScore != 90 || f.Comment != "ours" {
		t.Errorf("%+v", f)
	}
	if f.Time != 1772420645678 || f.StartTime != 1772420645678 || f.EndTime != 1772424245678 {
		t.Errorf("times %d, %d, %d", f.Time, f.StartTime, f.EndTime)
	}
	a := f.FindingInfo.Attacks
	if len(a) != 2 || a[0].Technique.UID != "T1071" || a[0].SubTechnique.UID != "T1071.004" || a[0].Tactic.Name != "Command and Control" {
		t.Errorf("attacks %+v", a)
	}
	if e := f.Evidences; len(e) != 3 || e[0].SrcEndpoint.IP != "10.20.1.40" || e[1].DstEndpoint.Port != 53 {
		t.Errorf("evidences %+v", e)
	}
	if len(f.Resources) != 1 || f.Resources[0].UID != "i-1" {
		t.Errorf("resources %+v: the far end is not ours", f.Resources)
	}
}

// TestHostile holds what a detection should never be against the schema too.
func TestHostile(t *testing.T) {
	s := schema(t)
	many := events.Detection{ID: "d", Type: "x", Confidence: math.NaN(), Properties: map[string]any{"f": func() {}}}
	for range 5000 {
		many.Participants = append(many.Participants, events.Participant{Role: "victim", Address: netip.MustParseAddr("::ffff:10.0.0.1"), Hostname: strings.Repeat("<", 300)})
	}
	for _, d := range []events.Detection{{ID: "d", Type: "x"}, {ID: "d", Type: "x", Participants: []events.Participant{{}}}, many} {
		f := New(&d, About{})
		check(t, s, f)
		if len(f.Evidences) > MaxEvidences+1 || len(f.Resources) > MaxEvidences || len(f.Observables) > 2*MaxEvidences {
			t.Errorf("%d evidences, %d resources, %d observables", len(f.Evidences), len(f.Resources), len(f.Observables))
		}
	}
}

// TestSchemaRefuses shows that the schema can fail.
func TestSchemaRefuses(t *testing.T) {
	s := schema(t)
	d := replayed(t)[0]
	for name, spoil := range map[string]func(*Finding){
		"class":        func(f *Finding) { f.ClassUID = 2001 },
		"activity":     func(f *Finding) { f.ActivityID = 7 },
		"type":         func(f *Finding) { f.TypeUID = 200499 - 50 },
		"version":      func(f *Finding) { f.Metadata.Version = "2.0.0" },
		"no id":        func(f *Finding) { f.FindingInfo.UID = "" },
		"empty proof":  func(f *Finding) { f.Evidences = append(f.Evidences, Evidence{}) },
		"no address":   func(f *Finding) { f.Evidences[0] = Evidence{SrcEndpoint: &Endpoint{IP: "elsewhere"}} },
		"wrong tactic": func(f *Finding) { f.FindingInfo.Attacks = []Attack{{Tactic: &Technique{UID: "T1046"}}} },
	} {
		f := New(&d, About{Type: events.DetectionCreated, Time: d.Update})
		spoil(&f)
		b, _ := json.Marshal(f)
		v, _ := jsonschema.UnmarshalJSON(bytes.NewReader(b))
		if s.Validate(v) == nil {
			t.Errorf("%s: the schema takes it", name)
		}
	}
}
