package functions

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/trigger"
	"github.com/mirrorwatch/mirrorwatch/shared/deploy"
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
	patterns := patternsOf(t, string(event(t, page)))
	if len(patterns) < 6 {
		t.Fatalf("%d patterns", len(patterns))
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
		var sample map[string]any
		if err := json.Unmarshal(raw, &sample); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		n := 0
		for i, p := range patterns {
			if fits(t, p, sample) {
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
			t.Errorf("no sample is let in by %v", patterns[i])
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
	for name := range (deploy.Mirror{Table: "t", Policy: "p", Role: "r"}).Env() {
		if !strings.Contains(text, "`"+name+"`") {
			t.Errorf("variable %s is not on the page", name)
		}
	}
	for _, line := range []string{
		"cannot start", "message cannot be read", "batch comes again", "pass ended", "pass ended with errors", "cannot tell metrics",
		"read mirror policy", "the event must come again", "another pass holds it",
	} {
		if !strings.Contains(text, "`"+line) {
			t.Errorf("log line %q is not on the page", line)
		}
	}
}

// TestFits holds the matcher itself against what EventBridge documents of its operators.
func TestFits(t *testing.T) {
	for _, c := range []struct {
		pattern, event string
		want           bool
	}{
		{`{"a":["x","y"]}`, `{"a":"y"}`, true},
		{`{"a":["x"]}`, `{"a":"y"}`, false},
		{`{"a":["x"]}`, `{}`, false},
		{`{"a":["x"],"b":["y"]}`, `{"a":"x"}`, false},
		{`{"a":["x"]}`, `{"a":["z","x"]}`, true},
		{`{"a":["x"]}`, `{"a":[]}`, false},
		{`{"a":{"b":["x"]}}`, `{"a":{"b":"x"}}`, true},
		{`{"a":{"b":["x"]}}`, `{"a":["x"]}`, false},
		{`{"a":{"b":["x"]}}`, `{"a":[{"b":"y"},{"b":"x"}]}`, true},
		{`{"a":{"b":["x"]}}`, `{"a":[{"b":"y"}]}`, false},
		{`{"a":[{"prefix":"aws."}]}`, `{"a":"aws.ec2"}`, true},
		{`{"a":[{"prefix":"aws."}]}`, `{"a":"my.aws."}`, false},
		{`{"a":[{"exists":true}]}`, `{"a":"x"}`, true},
		{`{"a":[{"exists":true}]}`, `{}`, false},
		{`{"a":[{"exists":false}]}`, `{}`, true},
		{`{"a":[{"exists":false}]}`, `{"a":"x"}`, false},
		{`{"a":{"b":[{"exists":false}]}}`, `{"a":{"c":1}}`, true},
		{`{"a":[1]}`, `{"a":"1"}`, false},
	} {
		var p, e map[string]any
		if json.Unmarshal([]byte(c.pattern), &p) != nil || json.Unmarshal([]byte(c.event), &e) != nil {
			t.Fatal(c)
		}
		if got := fits(t, p, e); got != c.want {
			t.Errorf("%s of %s: %v", c.pattern, c.event, got)
		}
	}
}

// patternsOf reads the JSON blocks of a page. A rule with a schedule has no pattern: what it sends is always this.
func patternsOf(t *testing.T, text string) (list []map[string]any) {
	t.Helper()
	blocks := strings.Split(text, "```json\n")
	for _, rest := range blocks[1:] {
		block, _, ended := strings.Cut(rest, "```")
		var rule map[string]any
		if err := json.Unmarshal([]byte(block), &rule); err != nil || !ended {
			t.Fatalf("%v:\n%s", err, block)
		}
		if schedule, ok := rule["ScheduleExpression"]; ok {
			if schedule != "rate(5 minutes)" {
				t.Errorf("schedule %v", schedule)
			}
			rule = map[string]any{"source": []any{"aws.events"}, "detail-type": []any{"Scheduled Event"}}
		}
		if rule["source"] == nil || rule["detail-type"] == nil {
			t.Errorf("a block that is no pattern of events:\n%s", block)
		}
		list = append(list, rule)
	}
	return list
}

// fits is EventBridge's matching, as far as the page uses it: fields and their values, prefix and exists, and arrays of which one
// element must fit. An operator that it does not know fails the test.
func fits(t *testing.T, pattern, event map[string]any) bool {
	t.Helper()
	for name, want := range pattern {
		have, there := event[name]
		switch want := want.(type) {
		case map[string]any:
			if !slices.ContainsFunc(objects(have), func(o map[string]any) bool { return fits(t, want, o) }) {
				return false
			}
		case []any:
			if !slices.ContainsFunc(want, func(w any) bool { return fitsValue(t, w, have, there) }) {
				return false
			}
		default:
			t.Fatalf("%s: %v is neither a list nor an object", name, want)
		}
	}
	return true
}

// objects gives the object that something is, or the objects in the array that it is.
func objects(v any) (list []map[string]any) {
	switch v := v.(type) {
	case map[string]any:
		return []map[string]any{v}
	case []any:
		for _, e := range v {
			list = append(list, objects(e)...)
		}
	}
	return list
}

func fitsValue(t *testing.T, want, have any, there bool) bool {
	t.Helper()
	values, isList := have.([]any)
	if !isList && there {
		values = []any{have}
	}
	operator, isOperator := want.(map[string]any)
	if !isOperator {
		return slices.ContainsFunc(values, func(v any) bool { return reflect.DeepEqual(v, want) })
	}
	if len(operator) != 1 {
		t.Fatalf("%v has not one operator", operator)
	}
	for name, arg := range operator {
		switch name {
		case "exists":
			return there == (arg == true)
		case "prefix":
			return slices.ContainsFunc(values, func(v any) bool { return strings.HasPrefix(fmt.Sprint(v), fmt.Sprint(arg)) })
		default:
			t.Fatalf("operator %s is not known to this test", name)
		}
	}
	return false
}
