package main

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestAlarmsNameTheirRunbook: who is woken finds what to do, and what docs/operations.md says rings does ring.
func TestAlarmsNameTheirRunbook(t *testing.T) {
	raw, err := os.ReadFile("../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	_, page, _ := strings.Cut(string(raw), "\n# When an alarm rings\n")
	sections := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^### (\w+)$`).FindAllStringSubmatch(page, -1) {
		sections[strings.ToLower(m[1])] = false
	}
	alarms := whole(t)["mirrorwatch-main-watch"].of("AWS::CloudWatch::Alarm")
	if len(alarms) < 50 {
		t.Errorf("%d alarms", len(alarms))
	}
	for id, a := range alarms {
		_, section, ok := strings.Cut(a.Properties["AlarmDescription"].(string), ". What to do: docs/operations.md#")
		if _, there := sections[section]; !ok || !there {
			t.Errorf("%s: there is no section %q", id, section)
		}
		sections[section] = true
		if len(listOf(a.Properties["AlarmActions"])) != 1 || len(listOf(a.Properties["OKActions"])) != 1 {
			t.Errorf("%s tells nobody when it rings, or when it is over", id)
		}
	}
	for section, rings := range sections {
		if !rings {
			t.Errorf("nothing rings for section %s", section)
		}
	}
}

// TestDashboardShowsWhatThereIs: a graph of a metric that nobody writes is an empty one.
func TestDashboardShowsWhatThereIs(t *testing.T) {
	told, err := os.ReadFile("../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	body := text(whole(t)["mirrorwatch-main-watch"].only(t, "AWS::CloudWatch::Dashboard", "Dashboard").Properties["DashboardBody"])
	found := regexp.MustCompile(`\\"(Mirrorwatch/\w+)\\\\",\\\\"(\w+)\\\\"|\[\\+"(Mirrorwatch/\w+)\\+",\\+"(\w+)\\+"`).FindAllStringSubmatch(body, -1)
	var names []string
	for _, f := range found {
		names = append(names, f[2]+f[4])
	}
	slices.Sort(names)
	names = slices.Compact(names)
	if len(names) < 12 {
		t.Fatalf("the dashboard has %d metrics of ours: %v", len(names), names)
	}
	for _, n := range names {
		if !strings.Contains(string(told), "`"+n+"`") {
			t.Errorf("docs/operations.md does not know metric %s", n)
		}
	}
}

// TestAlarmsAreOfMetricsThatThereAre holds our own metrics against what docs/operations.md says programs write.
func TestAlarmsAreOfMetricsThatThereAre(t *testing.T) {
	told, err := os.ReadFile("../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	for id, a := range whole(t)["mirrorwatch-main-watch"].of("AWS::CloudWatch::Alarm") {
		space, name := a.Properties["Namespace"].(string), a.Properties["MetricName"].(string)
		if strings.HasPrefix(space, "Mirrorwatch") && !strings.Contains(string(told), "`"+name+"`") && !strings.HasPrefix(name, "Coverage") {
			t.Errorf("%s is of metric %s, which docs/operations.md does not know", id, name)
		}
	}
}
