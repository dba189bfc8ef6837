package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// TestNotifyIsWoken by every event of ours, and by the minute; what it cannot take is kept.
func TestNotifyIsWoken(t *testing.T) {
	tpl, _ := apiTemplates(t)
	rule := tpl.only(t, "AWS::Events::Rule", "NotifyEvents").Properties
	if rule["EventBusName"] != "mirrorwatch-main" || text(dig(rule, "EventPattern", "source")) != `["mirrorwatch"]` {
		t.Errorf("%v", rule)
	}
	samples, err := filepath.Glob("../events/testdata/event_*.json")
	if err != nil || len(samples) < 6 {
		t.Fatalf("%d samples, %v", len(samples), err)
	}
	for _, file := range samples {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var e events.Event
		if err := json.Unmarshal(b, &e); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(text(dig(rule, "EventPattern", "detail-type")), text(e.DetailType)) {
			t.Errorf("%s is told to nobody", file)
		}
	}
	target := rule["Targets"].([]any)[0]
	if !strings.Contains(text(dig(target, "DeadLetterConfig")), "NotifyDeadLetters") || !strings.Contains(text(dig(target, "Arn")), "NotifyFunction") {
		t.Errorf("%s", text(target))
	}
	if tick := tpl.only(t, "AWS::Events::Rule", "NotifyTick").Properties; tick["ScheduleExpression"] != "rate(1 minute)" {
		t.Errorf("%v", tick)
	}
	calls := tpl.only(t, "AWS::Lambda::EventInvokeConfig", "Notify").Properties
	if calls["MaximumRetryAttempts"] != 2.0 || !strings.Contains(text(dig(calls, "DestinationConfig", "OnFailure")), "NotifyDeadLetters") {
		t.Errorf("%v", calls)
	}
	allowed := 0
	for id, p := range tpl.of("AWS::Lambda::Permission") {
		if strings.HasPrefix(id, "Notify") && p.Properties["Principal"] == "events.amazonaws.com" && p.Properties["SourceArn"] != nil {
			allowed++
		}
	}
	if allowed != 2 {
		t.Errorf("%d rules may call, want two", allowed)
	}
}

// TestTopicOnly: whoever sends may write to the one topic, and nowhere else.
func TestTopicOnly(t *testing.T) {
	tpl, _ := apiTemplates(t)
	for _, prefix := range []string{"NotifyFunctionRole", "APIFunctionRole"} {
		found := false
		for _, s := range dig(tpl.only(t, "AWS::IAM::Policy", prefix).Properties, "PolicyDocument", "Statement").([]any) {
			if dig(s, "Action") == "sns:Publish" {
				found = true
				if got := text(dig(s, "Resource")); !strings.Contains(got, "Fn::ImportValue") || !strings.Contains(got, "Topic") {
					t.Errorf("%s may write to %s", prefix, got)
				}
			}
		}
		if !found {
			t.Errorf("%s may write to no topic", prefix)
		}
	}
}

// TestRolesAreWhatIsCalled holds the roles of both functions against what their programs can ask of AWS (test/actions), and what AWS does with
// them for logs and for events that failed.
func TestRolesAreWhatIsCalled(t *testing.T) {
	tpl, _ := apiTemplates(t)
	for prefix, c := range map[string]struct {
		program string
		more    []string
	}{
		"APIFunctionRole":    {"api", []string{"logs:CreateLogStream", "logs:PutLogEvents"}},
		"NotifyFunctionRole": {"notify", []string{"logs:CreateLogStream", "logs:PutLogEvents", "sqs:SendMessage"}},
	} {
		called, err := os.ReadFile(filepath.Join("..", "test", "actions", "testdata", c.program+".txt"))
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]bool{}
		for line := range strings.Lines(string(called)) {
			if action, _, _ := strings.Cut(strings.TrimSpace(line), " "); strings.Contains(action, ":") {
				want[action] = true
			}
		}
		for _, a := range c.more {
			want[a] = true
		}
		for _, s := range dig(tpl.only(t, "AWS::IAM::Policy", prefix).Properties, "PolicyDocument", "Statement").([]any) {
			list, ok := dig(s, "Action").([]any)
			if !ok {
				list = []any{dig(s, "Action")}
			}
			for _, a := range list {
				if _, known := want[a.(string)]; !known {
					t.Errorf("%s may %s, and nothing asks for it", prefix, a)
				}
				want[a.(string)] = false
			}
		}
		for a, missing := range want {
			if missing {
				t.Errorf("%s lacks %s", prefix, a)
			}
		}
	}
}
