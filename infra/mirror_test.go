package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"

	"github.com/mirrorwatch/mirrorwatch/infra/settings"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/policy"
	"github.com/mirrorwatch/mirrorwatch/shared/deploy"
)

// standIn is a fleet as its stack would give it.
func standIn(s awscdk.Stack) *fleet {
	return &fleet{
		Kind: settings.EC2, Group: "mirrorwatch-main-sensors",
		Balancer:      "arn:aws:elasticloadbalancing:eu-central-1:111122223333:loadbalancer/net/sensors/fedcba0987654321",
		TargetGroup:   "arn:aws:elasticloadbalancing:eu-central-1:111122223333:targetgroup/sensors/1234567890abcdef",
		SecurityGroup: nil,
	}
}

// mirrorTemplate gives the template of the mirror stack.
func mirrorTemplate(t *testing.T, pairs ...string) template {
	t.Helper()
	return synthesizePart(t, testSettings(t, pairs...), func(s awscdk.Stack, p *place, pipe *pipeline) {
		f := standIn(s)
		vpc := awsec2.Vpc_FromVpcAttributes(s, key("Vpc"), &awsec2.VpcAttributes{VpcId: key("vpc-12345678"), AvailabilityZones: &[]*string{key("eu-central-1a")}})
		f.SecurityGroup = awsec2.NewSecurityGroup(s, key("Sensors"), &awsec2.SecurityGroupProps{Vpc: vpc})
		if _, err := newMirror(s, p, pipe, f); err != nil {
			t.Fatal(err)
		}
	})
}

// TestSessionsGoFirst: what wakes the function is gone before the resource that removes the sessions is deleted, and what that needs is
// still there.
func TestSessionsGoFirst(t *testing.T) {
	tpl := mirrorTemplate(t)
	var end string
	for id := range tpl.of("Custom::MirrorSessions") {
		end = id
	}
	if end == "" {
		t.Fatal("there is no custom resource")
	}
	feeds := 0
	for _, kind := range []string{"AWS::Events::Rule", "AWS::Lambda::EventSourceMapping", "AWS::Lambda::Permission"} {
		for id, r := range tpl.of(kind) {
			feeds++
			if !strings.Contains(text(r.DependsOn), `"`+end+`"`) {
				t.Errorf("%s would still wake the function while sessions are removed", id)
			}
		}
	}
	if want := len(mirrorRules()) + 3; feeds != want {
		t.Errorf("%d feeds, want %d", feeds, want)
	}
	needs := text(tpl.Resources[end].DependsOn)
	for _, kind := range []string{"AWS::SSM::Parameter", "AWS::Lambda::Function", "AWS::IAM::Policy", "AWS::Logs::LogGroup"} {
		for id := range tpl.of(kind) {
			if !strings.Contains(needs, `"`+id+`"`) {
				t.Errorf("%s %s may be gone before the sessions are", kind, id)
			}
		}
	}
	if got := tpl.Resources[end].Properties["ServiceTimeout"]; got != 3600.0 {
		t.Errorf("CloudFormation waits %v seconds, want an hour", got)
	}
}

// TestOnlyTheTeardownTearsDown: the function that the API may call is not the one that CloudFormation has remove every session, and the API
// may call no other.
func TestOnlyTheTeardownTearsDown(t *testing.T) {
	tpl := mirrorTemplate(t)
	for prefix, want := range map[string]bool{"mirrorFunction": false, "teardownFunction": true} {
		m, err := deploy.MirrorFromEnv(tpl.environment(t, prefix))
		if err != nil || m.Teardown != want {
			t.Errorf("%s: %+v, %v", prefix, m, err)
		}
	}
	service := text(tpl.only(t, "Custom::MirrorSessions", "").Properties["ServiceToken"])
	if !strings.Contains(service, "teardownFunction") {
		t.Errorf("CloudFormation calls %s", service)
	}
	api, _ := apiTemplates(t, everySetting()...)
	var may []string
	for _, p := range api.of("AWS::IAM::Policy") {
		for _, s := range dig(p.Properties, "PolicyDocument", "Statement").([]any) {
			if strings.Contains(text(dig(s, "Action")), "lambda:") {
				may = append(may, text(dig(s, "Action"))+" "+text(dig(s, "Resource")))
			}
		}
	}
	if len(may) != 1 || may[0] != `"lambda:InvokeFunction" "arn:aws:lambda:eu-central-1:111122223333:function:mirrorwatch-main-mirror"` {
		t.Errorf("the API may %q", may)
	}
}

// TestMirrorSettings holds the function, its queue and its feeds against docs/operations.md.
func TestMirrorSettings(t *testing.T) {
	tpl := mirrorTemplate(t)
	f := tpl.only(t, "AWS::Lambda::Function", "mirrorFunction").Properties
	for name, want := range map[string]any{"Timeout": 900.0, "MemorySize": 1024.0, "ReservedConcurrentExecutions": 3.0, "Runtime": "provided.al2023"} {
		if f[name] != want {
			t.Errorf("function: %s is %v, want %v", name, f[name], want)
		}
	}
	if f["VpcConfig"] != nil {
		t.Error("the function is in a VPC")
	}
	q := tpl.only(t, "AWS::SQS::Queue", "Queue").Properties
	if q["VisibilityTimeout"] != 5400.0 || q["MessageRetentionPeriod"] != 86400.0 || dig(q, "RedrivePolicy", "maxReceiveCount") != 5.0 || q["KmsMasterKeyId"] == nil {
		t.Errorf("queue: %s", text(q))
	}
	m := tpl.only(t, "AWS::Lambda::EventSourceMapping", "Events").Properties
	if m["BatchSize"] != 100.0 || m["MaximumBatchingWindowInSeconds"] != 5.0 || dig(m, "ScalingConfig", "MaximumConcurrency") != 2.0 || text(m["FunctionResponseTypes"]) != `["ReportBatchItemFailures"]` {
		t.Errorf("mapping: %s", text(m))
	}
	sweep := tpl.only(t, "AWS::Events::Rule", "Sweep").Properties
	if sweep["ScheduleExpression"] != "rate(5 minutes)" || !strings.Contains(text(sweep), `"MaximumRetryAttempts":0`) {
		t.Errorf("sweep: %s", text(sweep))
	}
}

// TestMirrorRulesAreThoseOfTheDocs holds the patterns against the blocks of docs/operations.md, which are held against samples of events.
func TestMirrorRulesAreThoseOfTheDocs(t *testing.T) {
	raw, err := os.ReadFile("../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	_, page, _ := strings.Cut(string(raw), "\n## The rules\n")
	page, _, _ = strings.Cut(page, "\n## ")
	var docs []any
	for _, b := range regexp.MustCompile("(?s)```json\n(.*?)```").FindAllStringSubmatch(page, -1) {
		var v map[string]any
		if err := json.Unmarshal([]byte(b[1]), &v); err != nil {
			t.Fatal(err)
		}
		if v["ScheduleExpression"] == nil {
			docs = append(docs, v)
		}
	}
	var ours []any
	for _, r := range mirrorRules() {
		var v any
		if err := json.Unmarshal([]byte(text(r.pattern)), &v); err != nil {
			t.Fatal(err)
		}
		ours = append(ours, v)
	}
	if !reflect.DeepEqual(docs, ours) {
		t.Errorf("docs/operations.md has\n%s\nthe stack has\n%s", text(docs), text(ours))
	}
}

// TestMirrorPolicy: what is deployed is a policy that the function reads, with what people wrote, and mistakes are found at synth with
// their lines.
func TestMirrorPolicy(t *testing.T) {
	write := func(s string) string {
		path := filepath.Join(t.TempDir(), "mirror.yaml")
		if err := os.WriteFile(path, []byte(s), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good := write("select:\n  default: on\nbudget:\n  sessions: 7\n")
	p := &place{testSettings(t, "policy", good, "accounts", "222233334444/eu-central-1", "organization", "off"), "eu-central-1", code{}}
	f := fleetOfPolicy{
		balancer: standIn(nil).Balancer, targetGroup: standIn(nil).TargetGroup, securityGroup: "sg-0123456789abcdef0", group: "mirrorwatch-main-sensors",
	}
	whole, err := p.mirrorPolicy(f)
	if err != nil {
		t.Fatal(err)
	}
	got, err := policy.Parse("whole", []byte(whole))
	if err != nil {
		t.Fatalf("%v in\n%s", err, whole)
	}
	if got.Deployment != "main" || got.Budget.Sessions != 7 || len(got.Accounts) != 2 || got.Accounts[1].Role != "arn:aws:iam::222233334444:role/mirrorwatch-main-spoke-eu-central-1" || !got.Fleet.Share.External {
		t.Errorf("%+v", got)
	}
	for text, want := range map[string]string{
		"select:\n  defualt: on\n":   ":2:",
		"deployment: other\n":        "deployment, which the deployment writes itself",
		strings.Repeat("# x\n", 2e3): "allowed: 7168",
	} {
		p.Policy = write(text)
		if _, err := p.mirrorPolicy(f); err == nil || !strings.Contains(err.Error(), "setting policy: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q in it", text[:20], err, want)
		}
	}
	p.Policy = "no/such/file"
	if _, err := p.mirrorPolicy(f); err == nil || !strings.Contains(err.Error(), "setting policy: ") {
		t.Errorf("no file: %v", err)
	}
}

// TestSpoke: only the deployment's two functions may take the role on, and it can delete no session that is not this deployment's.
func TestSpoke(t *testing.T) {
	s := testSettings(t, "accounts", "222233334444/eu-central-1")
	tpl := synthesizePart(t, s, func(stack awscdk.Stack, p *place, _ *pipeline) { newSpoke(stack, p, p.Accounts[0]) })
	role := tpl.only(t, "AWS::IAM::Role", "Role").Properties
	trust := text(role["AssumeRolePolicyDocument"])
	for _, want := range []string{"role/mirrorwatch-main-mirror-eu-central-1", "role/mirrorwatch-main-teardown-eu-central-1", "aws:PrincipalArn", ":111122223333:root"} {
		if !strings.Contains(trust, want) {
			t.Errorf("trust lacks %s: %s", want, trust)
		}
	}
	deletes := 0
	for _, st := range dig(tpl.only(t, "AWS::IAM::Policy", "Role").Properties, "PolicyDocument", "Statement").([]any) {
		if strings.Contains(text(dig(st, "Action")), "ec2:DeleteTrafficMirrorSession") {
			deletes++
			if text(dig(st, "Condition", "StringEquals", "aws:ResourceTag/mirrorwatch:deployment")) != `["main"]` {
				t.Errorf("deletes without the tag: %s", text(st))
			}
		}
		if strings.Contains(text(dig(st, "Action")), "ram:Accept") {
			t.Errorf("accepts invitations in an organization: %s", text(st))
		}
	}
	if deletes != 1 {
		t.Errorf("%d statements delete sessions, want one", deletes)
	}
	if n := len(tpl.of("AWS::Events::Rule")); n != len(mirrorRules()) {
		t.Errorf("%d rules, want %d", n, len(mirrorRules()))
	}
}
