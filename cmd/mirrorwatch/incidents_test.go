package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/archive"
	"github.com/mirrorwatch/mirrorwatch/shared/incident/incidenttest"
	"github.com/mirrorwatch/mirrorwatch/shared/store/sqlite"
)

// storyFolder is the folder of a server that knows two stories: a break-in that went on, with a host that has a hostile name, and a beacon.
func storyFolder(t *testing.T) (folder string, ids map[string]string) {
	t.Helper()
	folder = t.TempDir()
	s, err := sqlite.Open(t.Context(), sqlite.Options{Folder: folder, Now: time.Now, Schema: archive.Schema()})
	if err != nil {
		t.Fatal(err)
	}
	start := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	made := func(n int, title, category string, score int, after time.Duration, who, whom string) events.Detection {
		at := start.Add(after)
		d := events.Detection{
			ID: fmt.Sprintf("%032x", n), Type: category + ".test", Title: title, Category: category, Description: title + " was seen.",
			Risk: events.Risk{Score: score, Band: events.BandOf(score)}, Triage: events.Triage{Status: events.StatusOpen}, Start: at, Update: at, End: &at,
		}
		for _, p := range []struct{ role, address string }{{"offender", who}, {"victim", whom}} {
			a := netip.MustParseAddr(p.address)
			d.Participants = append(d.Participants, events.Participant{Role: p.role, Address: a, External: !a.IsPrivate(), Device: p.address})
		}
		return d
	}
	in := made(1, "SSH brute force", "access", 62, 0, "203.0.113.9", "10.0.0.7")
	in.Participants[1].Hostname = "web\x1b[31m-1\u202e"
	on := made(2, "Remote execution", "lateral", 70, time.Hour, "10.0.0.7", "10.0.0.8")
	beacon := made(3, "Beaconing", "c2", 45, 48*time.Hour, "198.51.100.80", "10.0.0.99")
	if _, err := s.Detections.Put(t.Context(), in, on, beacon); err != nil {
		t.Fatal(err)
	}
	ids, err = incidenttest.Chain(context.Background(), s, time.Now(), in.ID, on.ID, beacon.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return folder, map[string]string{"story": ids[in.ID], "beacon": ids[beacon.ID]}
}

// TestIncidentsCommand lists and tells what is stored, and lets nothing through that steers a terminal.
func TestIncidentsCommand(t *testing.T) {
	folder, ids := storyFolder(t)
	with := func(want int, args ...string) (out, stderr string) {
		code, out, stderr := do(append(append([]string{"incidents"}, args...), "--data", folder)...)
		if code != want {
			t.Fatalf("%v: exit code %d, want %d\n%s%s", args, code, want, out, stderr)
		}
		if strings.ContainsAny(out+stderr, "\x1b\u202e") {
			t.Errorf("%v prints what steers a terminal: %q", args, out+stderr)
		}
		return out, stderr
	}
	out, _ := with(0, "list")
	if a, b := strings.Index(out, ids["beacon"]), strings.Index(out, ids["story"]); a < 0 || b < a || !strings.Contains(out, "then remote execution by web?[31m-1?") {
		t.Errorf("newest first:\n%s", out)
	}
	out, _ = with(0, "list", "--sort", "worst")
	if a, b := strings.Index(out, ids["beacon"]), strings.Index(out, ids["story"]); b < 0 || a < b {
		t.Errorf("worst first:\n%s", out)
	}
	for _, c := range []struct{ args, has, lacks string }{
		{"list --band medium", "beacon", "story"}, {"list --address 10.0.0.8", "story", "beacon"}, {"list --device 10.0.0.99", "beacon", "story"},
		{"list --text BEACON", "beacon", "story"}, {"list --to 2026-03-03T00:00:00Z", "story", "beacon"}, {"list --limit 1", "beacon", "story"},
	} {
		out, _ := with(0, strings.Fields(c.args)...)
		if !strings.Contains(out, ids[c.has]) || strings.Contains(out, ids[c.lacks]) {
			t.Errorf("%s:\n%s", c.args, out)
		}
	}
	if out, _ := with(0, "list", "--from", "1h"); out != "No incidents.\n" {
		t.Errorf("%q", out)
	}
	out, _ = with(0, "show", ids["story"])
	for _, want := range []string{"a victim of SSH brute force", "OFFENDER", "203.0.113.9", "outside", "Remote execution was seen.", "Why they belong together:"} {
		if !strings.Contains(out, want) {
			t.Errorf("show has no %q:\n%s", want, out)
		}
	}
	var whole []events.Incident
	out, _ = with(0, "show", "--json", ids["story"], ids["beacon"])
	if err := json.Unmarshal([]byte(out), &whole); err != nil || len(whole) != 2 || len(whole[0].Members) != 2 || whole[1].ID != ids["beacon"] {
		t.Errorf("%v: %s", err, out)
	}
	var list []events.IncidentSummary
	out, _ = with(0, "list", "--json", "--text", "no such")
	if err := json.Unmarshal([]byte(out), &list); err != nil || list == nil || len(list) != 0 {
		t.Errorf("%v: %s", err, out)
	}
}

// TestIncidentsMistakes: each gets one line that names the flag, the value and what is allowed.
func TestIncidentsMistakes(t *testing.T) {
	folder, _ := storyFolder(t)
	for args, want := range map[string]string{
		"list --sort best": "newest or worst", "list --limit 0": "1 to 1000", "list --from yesterday": "such as 24h", "list --band odd": "critical",
		"list --address 10.0.0": "CIDR", "list --min-score 200": "0 to 99", "list --text x": "3 to", "show": "takes the id", "list more": "more",
	} {
		code, _, stderr := do(append(append([]string{"incidents"}, strings.Fields(args)...), "--data", folder)...)
		if code != exitUsage || !strings.Contains(stderr, want) {
			t.Errorf("%s: exit code %d, %s", args, code, stderr)
		}
	}
	if code, _, stderr := do("incidents", "show", "none", "--data", folder); code != exitInput || !strings.Contains(stderr, `no incident "none"`) {
		t.Errorf("%d, %s", code, stderr)
	}
}

// TestIncidentsComplete offers ids with titles.
func TestIncidentsComplete(t *testing.T) {
	folder, ids := storyFolder(t)
	code, out, stderr := do("__complete", "incidents", "--data", folder, "show", "")
	if code != 0 || !strings.Contains(out, ids["beacon"]+"\tBeaconing by 198.51.100.80") {
		t.Errorf("%d, %q, %s", code, out, stderr)
	}
}
