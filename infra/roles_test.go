package main

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"

	"github.com/mirrorwatch/mirrorwatch/test/actions"
)

// made holds the templates that whole gives.
var made struct {
	once sync.Once
	all  map[string]template
}

// whole gives the templates of a deployment with one other account and everything switched on; made once for all tests.
func whole(tb testing.TB) map[string]template {
	tb.Helper()
	made.once.Do(func() {
		made.all = wholeOf(tb, "accounts", "222233334444/eu-central-1", "organization", "off", "cloudwatch", "on", "log_buckets", "flow-logs", "notify", "soc@example.com",
			"log_keys", "arn:aws:kms:eu-central-1:111122223333:key/1", "monthly_usd", "1000", "callers", "arn:aws:iam::111122223333:role/A viewer")
	})
	if made.all == nil {
		tb.Fatal("the templates could not be made: the first test that wanted them says why")
	}
	return made.all
}

// wholeOf gives the templates of a deployment with these settings.
func wholeOf(tb testing.TB, pairs ...string) map[string]template {
	s := testSettings(tb, pairs...)
	return synthesize(tb, func(app awscdk.App) {
		if err := build(app, s, code{}); err != nil {
			tb.Fatal(err)
		}
	})
}

// held is a role and the program that it is for.
type held struct {
	stack, role string   // logical id of the role begins so
	program     string   // of test/actions
	keyed       []string // services whose data lies under the key
	also        string   // actions that AWS, not the program, uses the role for
	without     string   // operations' actions that the program can call and this role must not have: another role has them
}

const (
	logged   = "logs:CreateLogStream logs:PutLogEvents "
	queued   = "sqs:ReceiveMessage sqs:DeleteMessage sqs:GetQueueAttributes kms:Decrypt "
	streamed = "dynamodb:DescribeStream dynamodb:GetRecords dynamodb:GetShardIterator dynamodb:ListStreams "
	buried   = "sqs:SendMessage kms:Decrypt kms:GenerateDataKey " // what fails to the end goes to dead letters, under the key
	invited  = "ram:AcceptResourceShareInvitation ram:GetResourceShareInvitations "
)

func roles() []held {
	return []held{
		{"pipeline", "PublishRole", "publish", nil, logged + streamed + buried, ""},
		{"pipeline", "CorrelateRole", "correlate-detections", []string{"dynamodb"}, logged + streamed + buried, ""},
		{"pipeline", "LogsRole", "correlate-logs", []string{"dynamodb", "s3"}, logged + queued, ""},
		{"pipeline", "ArchiveRole", "archive", []string{"s3"}, logged + queued, ""},
		{"api", "APIFunctionRole", "api", []string{"dynamodb", "s3", "sns"}, logged, ""},
		{"api", "NotifyFunctionRole", "notify", []string{"dynamodb", "sns"}, logged + buried, ""},
		{"mirror", "mirrorRole", "mirror", []string{"dynamodb"}, logged + queued, invited + "lambda:InvokeFunction"},
		{"mirror", "teardownRole", "mirror", []string{"dynamodb"}, logged, invited},
		{"fleet", "SensorRole", "sensor", []string{"dynamodb"}, "s3:GetObject cloudformation:SignalResource ", ""}, // the first boot fetches the program, and says that it hears,
	}
}

// TestRolesAreExact holds every role against what its program can call, which is read from the code. A surplus on either side is a mistake:
// what is granted and never called is a way in, and what is called and not granted fails at night.
func TestRolesAreExact(t *testing.T) {
	called := operations(t)
	for _, h := range roles() {
		t.Run(h.role, func(t *testing.T) {
			list, err := actions.IAM(called[h.program], h.keyed...)
			if err != nil {
				t.Fatal(err)
			}
			want := map[string]string{}
			for _, a := range list {
				want[a.Name] = a.String()
			}
			for _, a := range strings.Fields(h.also) {
				want[a] = a + ": AWS uses the role for it"
			}
			for _, a := range strings.Fields(h.without) {
				delete(want, a)
			}
			compare(t, want, granted(t, whole(t)["mirrorwatch-main-"+h.stack], h.role))
		})
	}
}

// TestSpokeIsExact: the role in another account has what the mirror function does there, no more; the fleet's account alone has balancers,
// targets, and shares.
func TestSpokeIsExact(t *testing.T) {
	want := map[string]string{}
	list, err := actions.IAM(operations(t)["mirror"])
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range list {
		service, name, _ := strings.Cut(a.Name, ":")
		switch {
		case service == "autoscaling", strings.Contains(invited, a.Name+" "):
		case service == "ec2" && name != "CreateTrafficMirrorTarget" && name != "DeleteTrafficMirrorTarget":
		default:
			continue
		}
		want[a.Name] = a.String()
	}
	compare(t, want, granted(t, whole(t)["mirrorwatch-main-spoke-222233334444"], "Role"))
}

// TestEveryRoleIsHeld: a role that somebody adds has to be held against something too.
func TestEveryRoleIsHeld(t *testing.T) {
	others := map[string]string{ // roles that no program of ours runs with
		"pipeline/RecordsRole": "Firehose writes to the archive", "network/FlowLogRole": "VPC flow logs", "spoke-222233334444/Role": "TestSpokeIsExact",
		"spoke-222233334444/Sender": "EventBridge sends to another account", "api/EdgeRole": "reads what the stack in us-east-1 made",
	}
	for name, tpl := range whole(t) {
		stack := strings.TrimPrefix(name, "mirrorwatch-main-")
		for id := range tpl.of("AWS::IAM::Role") {
			known := slices.ContainsFunc(roles(), func(h held) bool { return h.stack == stack && strings.HasPrefix(id, h.role) })
			for other := range others {
				s, r, _ := strings.Cut(other, "/")
				known = known || s == stack && strings.HasPrefix(id, r)
			}
			if !known {
				t.Errorf("role %s of stack %s is held against nothing", id, stack)
			}
		}
	}
}

// TestWideAndNarrowRolesShow: one action more or less is told, each with why.
func TestWideAndNarrowRolesShow(t *testing.T) {
	want, have := map[string]string{"a:B": "a:B by main", "a:C": "a:C by main"}, map[string]bool{"a:B": true, "a:D": true}
	var said []string
	differences(want, have, func(line string) { said = append(said, line) })
	if got := strings.Join(said, "; "); got != "the role lacks a:C by main; the role has a:D, which nothing calls" {
		t.Error(got)
	}
}

func compare(t *testing.T, want map[string]string, have map[string]bool) {
	t.Helper()
	differences(want, have, func(line string) { t.Error(line) })
}

func differences(want map[string]string, have map[string]bool, say func(string)) {
	for _, a := range slices.Sorted(maps.Keys(want)) {
		if !have[a] {
			say("the role lacks " + want[a])
		}
	}
	for _, a := range slices.Sorted(maps.Keys(have)) {
		if want[a] == "" {
			say("the role has " + a + ", which nothing calls")
		}
	}
}

// operations reads once, for all tests, what programs can call.
func operations(t *testing.T) map[string][]actions.Operation {
	t.Helper()
	called, err := calledOperations()
	if err != nil {
		t.Fatal(err)
	}
	return called
}

var calledOperations = sync.OnceValues(func() (map[string][]actions.Operation, error) {
	programs, err := actions.Programs("..")
	if err != nil {
		return nil, err
	}
	return actions.Of(context.Background(), "..", programs...)
})

// granted gives the actions that the policies of a role allow.
func granted(t *testing.T, tpl template, prefix string) map[string]bool {
	t.Helper()
	have := map[string]bool{}
	for _, p := range tpl.of("AWS::IAM::Policy") {
		if !strings.Contains(text(p.Properties["Roles"]), `"`+prefix) {
			continue
		}
		for _, st := range dig(p.Properties, "PolicyDocument", "Statement").([]any) {
			for _, a := range listOf(dig(st, "Action")) {
				have[a.(string)] = true
			}
			checkResources(t, st)
		}
	}
	if len(have) == 0 {
		t.Fatalf("no policy of a role %s", prefix)
	}
	return have
}

// checkResources: everything is one of four describes and look-ups that know no resources, or names what it is about.
func checkResources(t *testing.T, statement any) {
	t.Helper()
	for _, r := range listOf(dig(statement, "Resource")) {
		if r != "*" {
			continue
		}
		for _, a := range listOf(dig(statement, "Action")) {
			_, name, _ := strings.Cut(a.(string), ":")
			looks := strings.HasPrefix(name, "Describe") || strings.HasPrefix(name, "Get") || slices.Contains([]string{"PutMetricData", "CreateResourceShare", "TagResource", "AcceptResourceShareInvitation"}, name)
			if !looks {
				t.Errorf("%s is allowed on everything", a)
			}
		}
	}
}

func listOf(v any) []any {
	if list, ok := v.([]any); ok {
		return list
	}
	if v == nil {
		return nil
	}
	return []any{v}
}
