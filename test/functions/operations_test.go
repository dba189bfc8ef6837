package functions

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/trigger"
	"github.com/mirrorwatch/mirrorwatch/shared/deploy"
	"github.com/mirrorwatch/mirrorwatch/test/eventpattern"
)

// page is what people set the mirror function up by.
const page = "../../docs/operations.md"

// passed are samples that give no keys and come all the same: no pattern can tell them from those that do, or AWS sends none of them.
// The function ignores them.
var passed = map[string]string{
	"no_account":         "AWS sends no event without an account",
	"tag_session_marked": "a pattern cannot say that two fields hold together",
	"trail_version":      "a new version of CloudTrail's events must be seen to be ignored",
	"unknown_version":    "and so must a new version of EventBridge's",
}

// TestRulePatterns holds every JSON block of the page against the samples of AWS's events: what gives keys comes by exactly one rule,
// and nothing else comes.
func TestRulePatterns(t *testing.T) {
	patterns, err := eventpattern.Rules(string(event(t, page)))
	if err != nil || len(patterns) < 6 {
		t.Fatalf("%d patterns, %v", len(patterns), err)
	}
	used := make([]int, len(patterns))
	files, _ := filepath.Glob("../../lambdas/mirror/trigger/testdata/*.json")
	if len(files) < 50 {
		t.Fatalf("%d samples", len(files))
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		raw := event(t, file)
		read, err := trigger.Read(raw)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		n := 0
		for i, p := range patterns {
			if p.Pattern.Takes(raw) {
				n++
				used[i]++
			}
		}
		_, harmless := passed[name]
		switch {
		case len(read.Keys) > 0 && n != 1:
			t.Errorf("%s gives %d keys, and %d patterns let it in; want exactly one", name, len(read.Keys), n)
		case len(read.Keys) == 0 && !harmless && n > 0:
			t.Errorf("%s gives no keys (%s), and %d patterns let it in", name, read.Ignored, n)
		case harmless && n != 1:
			t.Errorf("%s is listed as one that comes all the same, and %d patterns let it in", name, n)
		}
	}
	for i, n := range used {
		if n == 0 {
			t.Errorf("no sample is let in by %s", patterns[i].Pattern)
		}
		if s := patterns[i].Schedule; s != "" && s != "rate(5 minutes)" {
			t.Errorf("schedule %s", s)
		}
	}
}

// TestPageIsWhole has every metric, every log line and every variable of the function on the page.
func TestPageIsWhole(t *testing.T) {
	text := strings.Join(strings.Fields(string(event(t, page))), " ") // wherever its lines break
	var out bytes.Buffer
	coverage := map[events.CoverageState]int{}
	for _, s := range events.CoverageStates() {
		coverage[s] = 1
	}
	place := mirror.PlaceMetrics{Account: "1", Region: "r", Quota: 1, Coverage: coverage}
	m := mirror.Metrics{Deployment: "main", Kind: mirror.KindEvent, At: time.Now(), Places: []mirror.PlaceMetrics{place}}
	if err := (&mirror.EMF{W: &out}).Observe(m); err != nil {
		t.Fatal(err)
	}
	for _, l := range metricLines(t, out.String()) {
		for name := range l.values {
			state, isState := strings.CutPrefix(name, "Coverage")
			if isState && state != "Percent" && strings.Contains(text, "`Coverage<State>`") {
				continue
			}
			if !strings.Contains(text, "`"+name+"`") {
				t.Errorf("metric %s is not on the page", name)
			}
		}
	}
	for name := range (deploy.Mirror{Table: "t", Policy: "p", Role: "r", Teardown: true}).Env() {
		if !strings.Contains(text, "`"+name+"`") {
			t.Errorf("variable %s is not on the page", name)
		}
	}
	for _, line := range []string{
		"cannot start", "message cannot be read", "batch comes again", "pass ended", "pass ended with errors", "look ended", "look ended with errors", "cannot tell metrics",
		"read mirror policy", "the event must come again", "another pass holds it",
	} {
		if !strings.Contains(text, "`"+line) {
			t.Errorf("log line %q is not on the page", line)
		}
	}
}
