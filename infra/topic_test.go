package main

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// matches holds an event against a pattern, as far as ours go: members, values, and whether something is there.
func matches(pattern, event any) bool {
	if members, ok := pattern.(map[string]any); ok {
		for name, p := range members {
			if !matches(p, dig(event, name)) {
				return false
			}
		}
		return true
	}
	for _, one := range pattern.([]any) {
		if exists, ok := dig(one, "exists").(bool); ok && exists == (event != nil) || event != nil && one == event {
			return true
		}
	}
	return false
}

// sample reads one of the canonical events.
func sample(t *testing.T, name string) map[string]any {
	t.Helper()
	raw, err := os.ReadFile("../events/testdata/event_" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var e map[string]any
	if err := json.Unmarshal(raw, &e); err != nil {
		t.Fatal(err)
	}
	return e
}

// checkTopic wants each address asked, and each critical detection told once.
func checkTopic(t *testing.T, most, least template) {
	asked := map[any]bool{}
	for _, r := range most.of("AWS::SNS::Subscription") {
		asked[r.Properties["Endpoint"]] = r.Properties["Protocol"] == "email"
	}
	if len(asked) != 2 || !asked["soc@example.com"] || !asked["night@example.com"] || len(least.of("AWS::SNS::Subscription")) != 0 {
		t.Errorf("asked: %v", asked)
	}
	for _, s := range statements(most.only(t, "AWS::SNS::TopicPolicy", "Topic").Properties["PolicyDocument"]) {
		switch dig(s, "Principal", "Service") {
		case "events.amazonaws.com":
			if s["Condition"] != nil {
				t.Error("EventBridge takes no condition in a topic's policy: nothing would come")
			}
		case "cloudwatch.amazonaws.com":
			if dig(s, "Condition", "StringEquals", "aws:SourceAccount") != "111122223333" {
				t.Errorf("alarms of strangers come: %s", text(s))
			}
		}
	}
	checkCritical(t, most.Resources["Critical"].Properties)
}

func checkCritical(t *testing.T, rule map[string]any) {
	created := sample(t, "detection_created")
	detection := dig(created, "detail", "detection").(map[string]any)
	risk := detection["risk"].(map[string]any)
	risk["band"] = "high"
	if matches(rule["EventPattern"], created) {
		t.Error("a detection that is not critical is told of")
	}
	risk["band"] = "critical"
	if !matches(rule["EventPattern"], created) {
		t.Error("a critical detection is not told of")
	}
	detection["hidden_by"] = "rule-1"
	if matches(rule["EventPattern"], created) {
		t.Error("what a tuning rule hides is told of")
	}
	for _, later := range []string{"detection_updated", "detection_context", "detection_closed"} {
		e := sample(t, later)
		dig(e, "detail", "detection", "risk").(map[string]any)["band"] = "critical"
		if matches(rule["EventPattern"], e) {
			t.Errorf("%s: the same detection is told of again", later)
		}
	}
	targets := rule["Targets"].([]any)
	how := dig(targets[0], "InputTransformer")
	paths, _ := dig(how, "InputPathsMap").(map[string]any)
	template, _ := dig(how, "InputTemplate").(string)
	for name, path := range paths {
		if dig(created, strings.Split(strings.TrimPrefix(path.(string), "$."), ".")...) == nil || !strings.Contains(template, "<"+name+">") {
			t.Errorf("%s at %v is not in the event, or not in the mail", name, path)
		}
	}
	for line := range strings.SplitSeq(template, "\n") {
		if len(line) < 3 || line[0] != '"' || line[len(line)-1] != '"' {
			t.Errorf("a line of the mail is no text, which EventBridge refuses: %s", line)
		}
	}
}
