package main

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// checkCorrelate holds both functions, the queue and the rules against docs/operations.md.
func checkCorrelate(t *testing.T, most, least template) {
	on, logs := most.only(t, "AWS::Lambda::Function", "Correlate").Properties, most.only(t, "AWS::Lambda::Function", "Logs").Properties
	if on["MemorySize"] != 512.0 || on["Timeout"] != 60.0 || on["ReservedConcurrentExecutions"] != nil {
		t.Errorf("on detections: %s", text(on))
	}
	if logs["MemorySize"] != 1024.0 || logs["Timeout"] != 300.0 || logs["ReservedConcurrentExecutions"] != 1.0 {
		t.Errorf("on logs: %s", text(logs))
	}
	q := most.only(t, "AWS::SQS::Queue", "LogsQueue").Properties
	if q["VisibilityTimeout"] != 6*300.0 || q["MessageRetentionPeriod"] != 4.0*24*3600 || dig(q, "RedrivePolicy", "maxReceiveCount") != 20.0 {
		t.Errorf("queue: %s", text(q))
	}
	m := most.only(t, "AWS::Lambda::EventSourceMapping", "LogsQueue").Properties
	if m["BatchSize"] != 10.0 || dig(m, "ScalingConfig", "MaximumConcurrency") != 2.0 || text(m["FunctionResponseTypes"]) != `["ReportBatchItemFailures"]` {
		t.Errorf("mapping: %s", text(m))
	}
	tick := most.only(t, "AWS::Events::Rule", "CorrelateEachMinute")
	may := most.only(t, "AWS::Lambda::Permission", "Correlate")
	if tick.Properties["ScheduleExpression"] != "rate(1 minute)" || !strings.Contains(text(may.Properties["SourceArn"]), "CorrelateEachMinute") {
		t.Errorf("schedule %s, and who may call: %s", text(tick.Properties), text(may.Properties))
	}
	if c := most.only(t, "AWS::Lambda::EventInvokeConfig", "Correlate").Properties; c["MaximumRetryAttempts"] != 0.0 {
		t.Errorf("a tick that failed comes again: %s", text(c))
	}
	checkLogRules(t, most, least)
}

func checkLogRules(t *testing.T, most, least template) {
	calls := most.Resources["Calls"].Properties
	if text(calls["EventPattern"]) != `{"detail-type":["AWS API Call via CloudTrail","AWS Console Sign In via CloudTrail"],"source":[{"prefix":"aws."}]}` || calls["State"] != "ENABLED" {
		t.Errorf("calls: %s", text(calls))
	}
	objects := most.Resources["LogObjects"].Properties
	if text(objects["EventPattern"]) != `{"detail":{"bucket":{"name":["our-flow-logs","our-trail"]}},"detail-type":["Object Created"],"source":["aws.s3"]}` {
		t.Errorf("objects: %s", text(objects))
	}
	if _, there := least.Resources["LogObjects"]; there {
		t.Error("without buckets of logs there is a rule for them")
	}
	policy := text(most.only(t, "AWS::SQS::QueuePolicy", "LogsQueue").Properties)
	for _, rule := range []any{calls["Name"], objects["Name"]} {
		if !strings.Contains(policy, `"arn:aws:events:eu-central-1:111122223333:rule/`+rule.(string)+`"`) {
			t.Errorf("the queue takes nothing of rule %v: %s", rule, policy)
		}
	}
}

// checkDocumentedRoles holds the roles against the table "What its role needs" of docs/operations.md, in both directions. Writing logs and using our own key,
// which all roles may, is not in the table.
func checkDocumentedRoles(t *testing.T, most, least template) {
	page, err := os.ReadFile("../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "## What its role needs\n")
	rest, _, _ = strings.Cut(rest, "\n## ")
	action := regexp.MustCompile("`([a-z0-9]+:[A-Z][A-Za-z]+)`")
	want := map[string][]string{}
	for line := range strings.SplitSeq(rest, "\n") {
		cells := strings.Split(line, "|")
		if len(cells) != 5 || !strings.Contains(line, "`") {
			continue
		}
		for _, m := range action.FindAllStringSubmatch(cells[1]+cells[2], -1) {
			if m[1] == "dynamodb:TransactWriteItems" {
				continue
			}
			who, _, _ := strings.Cut(strings.TrimSpace(cells[3]), " ")
			who = strings.Trim(who, ",:.")
			if who == "detections" || who == "both" {
				want["Correlate"] = append(want["Correlate"], m[1])
			}
			if who == "logs" || who == "both" {
				want["Logs"] = append(want["Logs"], m[1])
			}
		}
	}
	for part, list := range want {
		got := actionsOfRole(t, most, part+"Role", func(s map[string]any) bool {
			return !isKey(s["Resource"]) && !strings.HasPrefix(text(s["Action"]), `["logs:`)
		})
		slices.Sort(list)
		if list = slices.Compact(list); len(list) < 10 || !slices.Equal(got, list) {
			t.Errorf("%s may\n%v\nand the page says\n%v", part, got, list)
		}
	}
	for part, never := range map[string]string{"Correlate": "cloudwatch:", "Logs": "s3:"} {
		all := func(map[string]any) bool { return true }
		if got := actionsOfRole(t, least, part+"Role", all); strings.Contains(strings.Join(got, " "), never) {
			t.Errorf("without the setting %s may %v", part, got)
		}
	}
}

// actionsOfRole gives what the policy of a role allows in the statements that count, sorted.
func actionsOfRole(t *testing.T, in template, prefix string, counts func(map[string]any) bool) (actions []string) {
	t.Helper()
	for _, s := range statements(in.only(t, "AWS::IAM::Policy", prefix).Properties["PolicyDocument"]) {
		if counts(s) {
			actions = append(actions, values(s["Action"])...)
		}
	}
	slices.Sort(actions)
	return slices.Compact(actions)
}
