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

// validators keeps the compiled schemas of a test, by profiles.
type validators map[string]*jsonschema.Schema

func (v validators) of(t *testing.T, f Finding) *jsonschema.Schema {
	t.Helper()
	key := strings.Join(f.Metadata.Profiles, ",")
	if v[key] == nil {
		v[key] = compiled(t, f.Metadata.Profiles)
	}
	return v[key]
}

// generic is a finding as a reader of its JSON sees it.
func generic(t *testing.T, f Finding) map[string]any {
	t.Helper()
	b, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return v.(map[string]any)
}

func (v validators) check(t *testing.T, f Finding) map[string]any {
	t.Helper()
	out := generic(t, f)
	if err := v.of(t, f).Validate(out); err != nil {
		t.Errorf("%v\nin %.2000v", err, out)
	}
	return out
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
	v := validators{}
	for _, d := range replayed(t) {
		for _, typ := range []events.DetailType{events.DetectionCreated, events.DetectionUpdated, events.DetectionClosed} {
			a := About{Event: "e1", Type: typ, Time: d.Update, Sequence: 3, Version: "1.0.0"}
			v.check(t, New(&d, a)) // outside AWS
			a.Account, a.Region = "111122223333", "eu-central-1"
			f := v.check(t, New(&d, a))
			if f["finding_info"].(map[string]any)["uid"] != d.ID {
				t.Errorf("%s: finding of %v", d.ID, f["finding_info"])
			}
			if c := f["cloud"].(map[string]any); c["region"] != a.Region || c["account"].(map[string]any)["uid"] != a.Account {
				t.Errorf("%s: cloud %v", d.ID, c)
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
	validators{}.check(t, f)
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
	long, v := strings.Repeat("日", MaxText+10), validators{}
	many := events.Detection{ID: "d", Type: "x", Confidence: math.NaN(), Properties: map[string]any{"f": func() {}}, Start: time.Unix(-5, 0)}
	for range 5000 {
		many.Participants = append(many.Participants, events.Participant{Role: "victim", Address: netip.MustParseAddr("::ffff:10.0.0.1"), Hostname: strings.Repeat("<", 300)})
	}
	texts := events.Detection{
		ID: long, Type: long, Title: long, Description: long, Category: long, Tactics: []string{long, "TA0001"}, Techniques: []string{long, "T1", "T1.001"},
		Triage:       events.Triage{Status: events.Status(long), Resolution: events.Resolution(long), Notes: []events.Note{{Text: long}}},
		Participants: []events.Participant{{Role: long, Device: long, Hostname: long, Interface: long, Instance: long, VPC: long}},
	}
	odd := events.Detection{ID: "d", Type: "x", Participants: []events.Participant{
		{Role: "victim", Port: 80, VPC: "vpc-1"}, // a port of nobody
		{Address: netip.MustParseAddr("fe80::1%a-zone-that-is-longer-than-the-schema-takes-it"), Hostname: "_printer._tcp.local"},
		{Hostname: "-a.example"}, {Hostname: "a..example"}, {Hostname: "bücher.example"}, {Hostname: "\xff"}, {Hostname: "a.example"},
	}}
	for _, d := range []events.Detection{{ID: "d", Type: "x"}, {ID: "d", Type: "x", Participants: []events.Participant{{}}}, many, texts, odd} {
		f := New(&d, About{Event: long, Version: long, Account: long, Region: long, Time: time.Unix(-1, 0)})
		v.check(t, f)
		if len(f.Evidences) > MaxEvidences+1 || len(f.Resources) > MaxEvidences || len(f.Observables) > 2*MaxEvidences {
			t.Errorf("%d evidences, %d resources, %d observables", len(f.Evidences), len(f.Resources), len(f.Observables))
		}
	}
	f := New(&odd, About{})
	if len(f.Evidences) != 7 || f.Evidences[0].SrcEndpoint.Name != "_printer._tcp.local" || f.Evidences[0].SrcEndpoint.IP != "fe80::1" {
		t.Errorf("evidences %+v", f.Evidences)
	}
	if len(f.Observables) != 2 || f.Observables[1].Value != "a.example" {
		t.Errorf("observables %+v: only what may be a host's name is said to be one", f.Observables)
	}
}
