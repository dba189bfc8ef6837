package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/archive"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
	"github.com/mirrorwatch/mirrorwatch/shared/store/sqlite"
)

// enriched is the sample of a detection with a context.
func enriched(t *testing.T) events.Detection {
	t.Helper()
	b, err := os.ReadFile("../../events/testdata/event_detection_context.json")
	if err != nil {
		t.Fatal(err)
	}
	var e events.Event
	if err := json.Unmarshal(b, &e); err != nil || e.Detail.Detection == nil || e.Detail.Detection.Context == nil {
		t.Fatalf("the sample has no context: %v", err)
	}
	return *e.Detail.Detection
}

// displayed stores a detection as detectors and correlation do, and gives what a command line prints of it.
func displayed(t *testing.T, d events.Detection, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "data")
	s, err := sqlite.Open(t.Context(), sqlite.Options{Folder: folder, Now: func() time.Time { return d.Update }, Schema: archive.Schema()})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close() // a server has it open while it is shown
	if _, err := s.Detections.Put(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	if d.Context != nil {
		if _, err := s.Detections.Enrich(t.Context(), d.ID, store.Enrichment{IfRevision: 1, Context: *d.Context}); err != nil {
			t.Fatal(err)
		}
	}
	var out, problems bytes.Buffer
	code = run(t.Context(), append([]string{"detections", "show", "--data", folder}, args...), &out, &problems)
	return code, out.String(), problems.String()
}

// TestShowDetection holds what is printed of a detection: with all of a context, with one of which nothing came, and without.
func TestShowDetection(t *testing.T) {
	whole := enriched(t)
	bare := whole
	bare.Context = nil
	poor := whole
	poor.Context = &events.Context{Of: whole.Update, Made: whole.Update, Complete: true}
	for _, s := range events.ContextSources() {
		poor.Context.Sources = append(poor.Context.Sources, events.SourceState{Source: s, Status: events.SourceMissing, Why: "It is not set up."})
	}
	for name, d := range map[string]events.Detection{"whole": whole, "bare": bare, "poor": poor} {
		code, got, problems := displayed(t, d, d.ID)
		if code != exitDone || problems != "" {
			t.Fatalf("%s: exit %d, %s", name, code, problems)
		}
		path := filepath.Join("testdata", "detection_"+name+".txt")
		if *update {
			if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s is not what is printed; run with -update after a change:\n%s", path, got)
		}
	}
}

// TestShowDetectionAsJSON has all that is stored.
func TestShowDetectionAsJSON(t *testing.T) {
	d := enriched(t)
	code, out, problems := displayed(t, d, d.ID, "--json")
	var list []events.Detection
	if err := json.Unmarshal([]byte(out), &list); code != exitDone || err != nil || len(list) != 1 {
		t.Fatalf("exit %d, %v, %s%s", code, err, out, problems)
	}
	got, _ := json.Marshal(list[0].Context)
	want, _ := json.Marshal(d.Context)
	if !bytes.Equal(got, want) || list[0].Risk.Score != 90 {
		t.Errorf("risk %+v, context %s", list[0].Risk, got)
	}
}

// TestShowDetectionMistakes: one line says what is wrong.
func TestShowDetectionMistakes(t *testing.T) {
	d, other := enriched(t), strings.Repeat("0", 32)
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{other}, exitInput, "there is no detection " + other},
		{[]string{d.ID, "c2.beacon"}, exitUsage, "show either"},
		{[]string{"c2.beacn"}, exitUsage, `"c2.beacn" is no type`},
		{[]string{d.ID, "--data", "/no/such/folder"}, exitInput, "no server has stored anything in /no/such/folder"},
	} {
		code, out, problems := displayed(t, d, c.args...)
		if code != c.code || out != "" || !strings.Contains(problems, c.says) {
			t.Errorf("%q: exit %d, %q, %q", c.args, code, out, problems)
		}
	}
}

// Catches: a name from the wire or the account that steers the terminal, and colours where none were asked for.
func TestShowDetectionIsSafe(t *testing.T) {
	d := enriched(t)
	const evil = "\x1b[2J\u202eevil\n\r"
	d.Title, d.Description, d.Participants[1].User, d.Risk.Terms[0].Reason = evil, evil, evil, evil
	c := d.Context
	c.Incident, c.Who[1].Name, c.Who[1].Tags = evil, evil, map[string]string{evil: evil}
	c.Calls[0].Principal, c.Calls[0].Summary, c.Calls[0].Reason, c.Calls[0].Error = evil, evil, evil, evil
	c.Flows.Sentence, c.Counters[0].Sentence, c.Sources[4].Why = evil, evil, evil
	c.Feed = &events.FeedIntegrity{Sentence: evil}
	var plainly, coloured bytes.Buffer
	(&view{w: &plainly, all: true}).detection(&d)
	(&view{w: &coloured, all: true, colour: true, wrap: true}).detection(&d)
	for _, r := range plainly.String() {
		if r != '\n' && (r < ' ' || r == 0x202e) {
			t.Fatalf("%q is printed", r)
		}
	}
	if n := strings.Count(plainly.String(), "?[2J?evil??"); n < 14 {
		t.Errorf("only %d of the texts are shown:\n%s", n, &plainly)
	}
	if strings.Contains(coloured.String(), "[2J\u202e") || strings.Contains(coloured.String(), "\x1b[2J") || !strings.Contains(coloured.String(), "\x1b[31m") {
		t.Errorf("%q", &coloured)
	}
}
