package events

import (
	"bytes"
	"encoding/json"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

// delivered is an event as EventBridge delivers it: what we put, in the envelope that it makes.
type delivered struct {
	Version    string     `json:"version"`
	ID         string     `json:"id"`
	DetailType DetailType `json:"detail-type"`
	Source     string     `json:"source"`
	Account    string     `json:"account"`
	Time       time.Time  `json:"time"`
	Region     string     `json:"region"`
	Resources  []string   `json:"resources"`
	Detail     Detail     `json:"detail"`
}

// eventSamples are what each event looks like in life, by the name of its file.
func eventSamples() map[string]delivered {
	at := time.Date(2026, 3, 2, 3, 4, 5, 0, time.UTC)
	envelope := func(id string, t DetailType, after time.Duration, d Detail) delivered {
		d.Version = DetailVersion
		return delivered{
			Version: "0", ID: id, DetailType: t, Source: Source, Account: "111122223333", Time: at.Add(after), Region: "eu-central-1",
			Resources: []string{d.Subject}, Detail: d,
		}
	}
	created := sampleDetection(at)
	updated := created
	updated.Revision, updated.Modified, updated.Update = 2, ptr(at.Add(10*time.Minute)), at.Add(10*time.Minute)
	updated.Description = "10.20.1.66 tried 240 passwords on the SSH server 10.20.1.5 within 10m; one was taken."
	updated.Risk = Risk{
		Score: 83, Band: "critical", Likelihood: High, Complexity: Low, Impact: High,
		Terms: []Term{{Name: "likelihood", Points: 20}, {Name: "complexity", Points: 15}, {Name: "impact", Points: 35}, {Name: "success", Points: 13, Reason: "a password was taken"}},
	}
	updated.Activity = append([]Activity{created.Activity[0]}, Activity{Time: updated.Update, Description: updated.Description, Score: 83})
	closed := updated
	closed.Revision, closed.Modified, closed.End = 3, ptr(at.Add(2*time.Hour)), ptr(updated.Update)
	closed.Status, closed.Resolution, closed.Assignee = StatusClosed, ResolutionTruePositive, "ana"
	closed.Notes = []Note{{Time: at.Add(2 * time.Hour), Author: "ana", Text: "Key-only log-in now; the account is closed."}}
	enriched := enrichedDetection(at)
	return map[string]delivered{
		"detection_created": envelope("6a7e8feb-b491-4cf7-a9f1-bf3703467718", DetectionCreated, 0, Detail{Subject: created.ID, Sequence: 1, Detection: &created}),
		"detection_updated": envelope("17793124-05d4-b198-2fde-7ededc63b103", DetectionUpdated, 10*time.Minute, Detail{
			Subject: created.ID, Sequence: 2, Changed: []string{"activity", "description", "risk", "update"}, Detection: &updated,
		}),
		"detection_closed": envelope("aaaaaaaa-bbbb-1111-2222-333333333333", DetectionClosed, 2*time.Hour, Detail{
			Subject: created.ID, Sequence: 3, Changed: []string{"assignee", "end", "notes", "resolution", "status"}, Actor: "ana", Detection: &closed,
		}),
		"detection_context": envelope("5b0c9a1e-3c51-4b62-9f0d-0d6b3f9a7c11", DetectionUpdated, 4*time.Second, Detail{
			Subject: enriched.ID, Sequence: 2, Changed: []string{"context", "risk"}, Actor: "correlate", Detection: &enriched,
		}),
		"coverage_changed": envelope("0d079340-135a-c8c6-95c2-41fb8f496c53", CoverageChanged, time.Hour, Detail{Subject: "eni-0a1b2c3d4e5f60718", Sequence: 7, Coverage: &Coverage{
			Interface: "eni-0a1b2c3d4e5f60718", Account: "111122223333", Region: "eu-central-1", VPC: "vpc-0123456789abcdef0", Instance: "i-0123456789abcdef0",
			Name: "bastion", Tags: map[string]string{"Environment": "production"}, State: CoverageSilent, Was: CoverageMirrored, Session: "tms-0123456789abcdef0",
			Reason: "No packet of it has come for 15 minutes.", Fix: "See that the target's security group lets UDP 4789 in.", VNI: 1001, Sensor: "sensor-a",
			LastSeen: ptr(at.Add(45 * time.Minute)), Packets: 482193, Changed: at.Add(time.Hour), Revision: 7, Addresses: []netip.Addr{netip.MustParseAddr("10.20.1.5")},
		}}),
		"sensor_unhealthy": envelope("c4c1c1c9-6542-e61b-6ef0-8c4d36933a92", SensorUnhealthy, time.Hour, Detail{Subject: "sensor-a", Sequence: 2, Health: &Health{
			Sensor: "sensor-a", Reason: "dropping: kernel 1200", Since: at.Add(55 * time.Minute), Packets: 90210044, Drops: 1200, Waiting: 31,
		}}),
		"mirror_health": envelope("sensor/sensor-a/vni/1001-1772424245000000000", MirrorHealth, time.Hour, Detail{Subject: "sensor/sensor-a/vni/1001", Sequence: 1772424245000000000, Heard: &Heard{
			VNI: 1001, Sensor: "sensor-a", Since: at, LastSeen: at.Add(time.Hour), Packets: 482193, Bytes: 391040221, Duplicates: 1204, Truncated: 97110, Gaps: 12,
			Interface: "eni-0a1b2c3d4e5f60718", Name: "bastion", Faults: []HeardFault{HeardTruncated},
			Reason: "20 % of its packets since 03:59:05 UTC are cut: raise the session's packet length, or the MTU on the way.",
		}}),
	}
}

func sampleDetection(at time.Time) Detection {
	return Detection{
		ID: "5d41402abc4b2a76b9719d911017c592", Type: "access.ssh_brute_force", Title: "SSH brute force", Category: "access",
		Description: "10.20.1.66 tried 24 passwords on the SSH server 10.20.1.5 within 1m.",
		Risk: Risk{
			Score: 70, Band: "high", Likelihood: High, Complexity: Low, Impact: High,
			Terms: []Term{{Name: "likelihood", Points: 20}, {Name: "complexity", Points: 15}, {Name: "impact", Points: 35}},
		},
		Confidence: 0.8, Triage: Triage{Status: StatusOpen, Revision: 1, Created: ptr(at), Modified: ptr(at)}, Start: at.Add(-time.Minute), Update: at,
		Participants: []Participant{
			{Role: "offender", Endpoint: "client", Device: "10.20.1.66", Address: netip.MustParseAddr("10.20.1.66"), Port: 50122},
			{
				Role: "victim", Endpoint: "server", Device: "eni-0a1b2c3d4e5f60718", Address: netip.MustParseAddr("10.20.1.5"), Port: 22, Hostname: "bastion.internal",
				Interface: "eni-0a1b2c3d4e5f60718", Instance: "i-0123456789abcdef0", VPC: "vpc-0123456789abcdef0", Account: "111122223333",
				Tags: map[string]string{"Environment": "production"},
			},
		},
		Tactics: []string{"TA0006"}, Techniques: []string{"T1110.001"}, Properties: map[string]any{"attempts": 24.0, "client": "SSH-2.0-Go"},
		Evidence: Evidence{UIDs: []string{"C8Kq2sT0vYxR", "CmZ71bQpL2aa"}, Start: at.Add(-time.Minute), End: at},
		Activity: []Activity{{Time: at, Description: "10.20.1.66 tried 24 passwords on the SSH server 10.20.1.5 within 1m.", Score: 70}},
		VNI:      1001, Sensor: "sensor-a", DetectorVersion: 1, GuardDutyEquivalent: "UnauthorizedAccess:EC2/SSHBruteForce",
	}
}

// TestEventSamples keeps the canonical sample of every event. What is read back and written again is the same bytes, also through
// Event, which is the same but for the envelope's version.
func TestEventSamples(t *testing.T) {
	missing := map[DetailType]bool{}
	for _, k := range DetailTypes() {
		missing[k] = true
	}
	for name, e := range eventSamples() {
		delete(missing, e.DetailType)
		path := filepath.Join("testdata", "event_"+name+".json")
		text, err := json.MarshalIndent(e, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		text = append(text, '\n')
		if *update {
			if err := os.WriteFile(path, text, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(text, want) {
			t.Errorf("%s has changed:\n got %s\nwant %s", path, text, want)
		}
		var back delivered
		strict := json.NewDecoder(bytes.NewReader(want))
		strict.DisallowUnknownFields()
		if err := strict.Decode(&back); err != nil || !reflect.DeepEqual(back, e) {
			t.Errorf("%s read back is %+v, %v", path, back, err)
		}
		checkAsEvent(t, path, want)
	}
	for k := range missing {
		t.Errorf("%s has no sample", k)
	}
}

func checkAsEvent(t *testing.T, path string, text []byte) {
	t.Helper()
	var e Event
	if err := json.Unmarshal(text, &e); err != nil {
		t.Fatal(err)
	}
	line, err := e.AppendJSON(nil)
	if err != nil {
		t.Fatal(err)
	}
	var got, want map[string]any
	if json.Unmarshal(line, &got) != nil || json.Unmarshal(text, &want) != nil {
		t.Fatal("not JSON")
	}
	delete(want, "version")
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s as an Event is %s", path, line)
	}
}

// TestEventPatterns matches the example patterns of docs/events.md against the samples: each says beside it which it takes.
func TestEventPatterns(t *testing.T) {
	page, err := os.ReadFile("../docs/events.md")
	if err != nil {
		t.Fatal(err)
	}
	samples := map[string]map[string]any{}
	for name := range eventSamples() {
		b, err := os.ReadFile(filepath.Join("testdata", "event_"+name+".json"))
		if err != nil {
			t.Fatal(err)
		}
		var v map[string]any
		if err := json.Unmarshal(b, &v); err != nil {
			t.Fatal(err)
		}
		samples[name] = v
	}
	patterns := 0
	for _, part := range strings.Split(string(page), "```json pattern: ")[1:] {
		head, rest, _ := strings.Cut(part, "\n")
		text, _, _ := strings.Cut(rest, "```")
		var p map[string]any
		if err := json.Unmarshal([]byte(text), &p); err != nil {
			t.Errorf("pattern %q: %v", head, err)
			continue
		}
		patterns++
		for name, s := range samples {
			if got, want := matchPattern(p, s), strings.Contains(" "+head+" ", " "+name+" "); got != want {
				t.Errorf("pattern %q takes %s: %v", head, name, got)
			}
		}
	}
	if patterns < 5 {
		t.Errorf("%d patterns in docs/events.md", patterns)
	}
}

// matchPattern is as much of EventBridge's matching as the examples use: equality, prefix, numeric, exists, anything-but; all of an
// object's members must match, and any of a list's. An array in an event matches where any of its elements does.
func matchPattern(p map[string]any, v map[string]any) bool {
	for k, want := range p {
		switch want := want.(type) {
		case map[string]any:
			in := []any{v[k]}
			if list, ok := v[k].([]any); ok {
				in = list
			}
			found := false
			for _, i := range in {
				m, ok := i.(map[string]any)
				found = found || ok && matchPattern(want, m)
			}
			if !found {
				return false
			}
		case []any:
			if !matchAny(want, v[k]) {
				return false
			}
		default:
			return false
		}
	}
	return true
}

func matchAny(wants []any, have any) bool {
	list, ok := have.([]any)
	if !ok {
		list = []any{have}
	}
	for _, w := range wants {
		for _, h := range list {
			if matchOne(w, h) {
				return true
			}
		}
	}
	return false
}

func matchOne(want, have any) bool {
	rule, ok := want.(map[string]any)
	if !ok {
		return want == have
	}
	if exists, ok := rule["exists"].(bool); ok {
		return exists == (have != nil)
	}
	if prefix, ok := rule["prefix"].(string); ok {
		s, is := have.(string)
		return is && strings.HasPrefix(s, prefix)
	}
	if but, ok := rule["anything-but"].([]any); ok {
		return have != nil && !matchAny(but, have)
	}
	terms, _ := rule["numeric"].([]any)
	n, is := have.(float64)
	for i := 0; is && i+1 < len(terms); i += 2 {
		bound := terms[i+1].(float64)
		is = map[any]bool{">=": n >= bound, ">": n > bound, "<=": n <= bound, "<": n < bound, "=": n == bound}[terms[i]]
	}
	return is && len(terms) > 0
}
