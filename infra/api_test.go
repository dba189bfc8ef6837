package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"go.yaml.in/yaml/v4"

	"github.com/mirrorwatch/mirrorwatch/shared/deploy"
)

// everySetting asks for all that the api stack can have.
func everySetting() []string {
	return []string{"callers", "arn:aws:iam::111122223333:role/T analyst", "domain", "mw.example.com", "zone", "Z0123456789ABC", "saml", "https://idp.example.com/metadata"}
}

// apiTemplates gives the templates of the api stack and of the edge's, the latter empty where there is none.
func apiTemplates(t *testing.T, pairs ...string) (api, before template) {
	t.Helper()
	s := testSettings(t, pairs...)
	p := &place{s, s.Regions[0], code{}}
	all := synthesize(t, func(app awscdk.App) {
		neighbours := p.stack(app, "pipeline", "neighbours")
		pipe := &pipeline{
			Key: newTestKey(neighbours), Topic: awssns.NewTopic(neighbours, key("Topic"), nil), Table: "mirrorwatch-main", Bus: "mirrorwatch-main",
			TableArn: "arn:aws:dynamodb:eu-central-1:111122223333:table/mirrorwatch-main", BusArn: "arn:aws:events:eu-central-1:111122223333:event-bus/mirrorwatch-main",
			Archive: "archive", ArchiveArn: "arn:aws:s3:::archive", Database: "mirrorwatch_main", Workgroup: "mirrorwatch-main",
		}
		e := &edge{}
		if p.needsEdge() {
			e = newEdge(p.stackIn(app, edgeRegion, "edge-"+p.region, "the edge"), p)
		}
		if _, err := newAPI(p.stack(app, "api", "the api"), p, pipe, e); err != nil {
			t.Fatal(err)
		}
	})
	return all["mirrorwatch-main-api"], all["mirrorwatch-main-edge-"+p.region]
}

// routes gives the authorisers of routes, by route, of the API whose logical id begins so.
func (t template) routes(api string) map[string]string {
	out := map[string]string{}
	for _, r := range t.of("AWS::ApiGatewayV2::Route") {
		if strings.HasPrefix(text(dig(r.Properties, "ApiId")), `{"Ref":"`+api) {
			out[text(r.Properties["RouteKey"])] = text(r.Properties["AuthorizationType"])
		}
	}
	return out
}

// openOperations gives the operations that the contract asks no sign-in for, and how many there are in all.
func openOperations(t *testing.T) (open []string, all int) {
	t.Helper()
	b, err := os.ReadFile("../lambdas/api/openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var contract struct {
		Security []any
		Paths    map[string]map[string]any
	}
	if err := yaml.Unmarshal(b, &contract); err != nil {
		t.Fatal(err)
	}
	if len(contract.Security) == 0 {
		t.Fatal("the contract asks for no sign-in at all")
	}
	for path, methods := range contract.Paths {
		for method, operation := range methods {
			o, ok := operation.(map[string]any)
			if !ok || o["operationId"] == nil {
				continue
			}
			all++
			if security, said := o["security"].([]any); said && len(security) == 0 {
				open = append(open, text(strings.ToUpper(method)+" "+path))
			}
		}
	}
	return open, all
}

// TestRoutesAreAsTheContractSays: what the contract leaves open is open, and nothing else; programs sign, whatever they ask.
func TestRoutesAreAsTheContractSays(t *testing.T) {
	tpl, _ := apiTemplates(t, everySetting()...)
	open, all := openOperations(t)
	if all < 80 || len(open) != 4 {
		t.Errorf("%d operations, of which %q are open: the contract is read wrongly", all, open)
	}
	people := tpl.routes("PeopleAPI")
	for route, kind := range people {
		if want := map[bool]string{true: `"NONE"`, false: `"JWT"`}[slices.Contains(open, route)]; kind != want {
			t.Errorf("%s has %s, want %s", route, kind, want)
		}
	}
	for _, route := range open {
		if people[route] == "" {
			t.Errorf("%s asks for a token, and the contract says that it does not", route)
		}
	}
	if len(people) != len(open)+1 || people[text(everyRoute)] != `"JWT"` {
		t.Errorf("routes %v", people)
	}
	if programs := tpl.routes("ProgramsAPI"); len(programs) != 1 || programs[text(everyRoute)] != `"AWS_IAM"` {
		t.Errorf("routes of programs %v", programs)
	}
	if plain, _ := apiTemplates(t); len(plain.routes("Programs")) > 0 || len(plain.of("AWS::ApiGatewayV2::Api")) != 1 {
		t.Error("there is an API for programs, and no program may call")
	}
}

// TestHTTPAPIs: payload, limits, logs, and no CORS.
func TestHTTPAPIs(t *testing.T) {
	tpl, _ := apiTemplates(t, everySetting()...)
	for id, a := range tpl.of("AWS::ApiGatewayV2::Api") {
		if a.Properties["CorsConfiguration"] != nil {
			t.Errorf("%s lets other sites in: %v", id, a.Properties)
		}
	}
	for id, i := range tpl.of("AWS::ApiGatewayV2::Integration") {
		if i.Properties["PayloadFormatVersion"] != "2.0" || dig(i.Properties, "TimeoutInMillis").(float64) > 30000 {
			t.Errorf("%s: %v", id, i.Properties)
		}
	}
	stages := tpl.of("AWS::ApiGatewayV2::Stage")
	if len(stages) != 2 {
		t.Errorf("%d stages, want two", len(stages))
	}
	for id, s := range stages {
		limits := dig(s.Properties, "DefaultRouteSettings")
		if s.Properties["StageName"] != "$default" || dig(limits, "ThrottlingRateLimit") != 100.0 || dig(limits, "ThrottlingBurstLimit") != 200.0 ||
			dig(limits, "DetailedMetricsEnabled") != true {
			t.Errorf("%s: %v", id, s.Properties)
		}
		var line map[string]string
		if err := json.Unmarshal([]byte(dig(s.Properties, "AccessLogSettings", "Format").(string)), &line); err != nil {
			t.Fatalf("%s: a line of the log is not JSON: %v", id, err)
		}
		for name, value := range line {
			if !strings.HasPrefix(value, "$context.") || strings.Contains(strings.ToLower(value), "query") || strings.Contains(value, "header") || value == "$context.protocol" {
				t.Errorf("%s logs %s as %s", id, name, value)
			}
		}
		if line["status"] == "" || line["from"] == "" || line["route"] == "" {
			t.Errorf("%s: %v tells too little", id, line)
		}
	}
	for _, c := range tpl.of("AWS::ApiGatewayV2::Authorizer") {
		if got := text(dig(c.Properties, "JwtConfiguration")); !strings.Contains(got, "https://cognito-idp.eu-central-1.amazonaws.com/") || strings.Count(got, "UsersConsole") != 1 {
			t.Errorf("tokens of %s", got)
		}
	}
}

// TestLogsAreEncrypted, all of them, with a key of ours, and they end.
func TestLogsAreEncrypted(t *testing.T) {
	api, before := apiTemplates(t, everySetting()...)
	for _, tpl := range []template{api, before} {
		if len(tpl.of("AWS::Logs::LogGroup")) == 0 {
			t.Error("there are no logs")
		}
		for id, g := range tpl.of("AWS::Logs::LogGroup") {
			if g.Properties["KmsKeyId"] == nil || g.Properties["RetentionInDays"] != 30.0 {
				t.Errorf("%s: %v", id, g.Properties)
			}
		}
	}
	for id, q := range api.of("AWS::SQS::Queue") {
		if q.Properties["KmsMasterKeyId"] == nil {
			t.Errorf("%s is not encrypted", id)
		}
	}
}

// environment gives a function's, with what only CloudFormation knows as JSON.
func (t template) environment(tb testing.TB, prefix string) func(string) string {
	tb.Helper()
	vars, _ := dig(t.only(tb, "AWS::Lambda::Function", prefix).Properties, "Environment", "Variables").(map[string]any)
	return func(name string) string {
		switch v := vars[name].(type) {
		case nil:
			return ""
		case string:
			return v
		case map[string]any: // of a Fn::Join the plain beginning
			if parts, ok := dig(v, "Fn::Join").([]any); ok {
				first, _ := parts[1].([]any)[0].(string)
				return first + text(v)
			}
			return "arn:" + text(v)
		}
		return text(vars[name])
	}
}

// TestEnvironmentsAreRead by the programs that they are for.
func TestEnvironmentsAreRead(t *testing.T) {
	for _, pairs := range [][]string{nil, everySetting()} {
		tpl, _ := apiTemplates(t, pairs...)
		a, err := deploy.APIFromEnv(tpl.environment(t, "APIFunction"))
		if err != nil || a.Table != "mirrorwatch-main" || a.Database != "mirrorwatch_main" || a.Domain != "mirrorwatch-main-111122223333.auth.eu-central-1.amazoncognito.com" ||
			!strings.Contains(a.Topics, "Topic") || a.Version != "" || a.MirrorFunction != "mirrorwatch-main-mirror" {
			t.Errorf("%+v, %v", a, err)
		}
		n, err := deploy.NotifyFromEnv(tpl.environment(t, "NotifyFunction"))
		if err != nil || len(n.Topics) != 1 || n.Account != "111122223333" || n.Address != a.Address {
			t.Errorf("%+v, %v", n, err)
		}
	}
}

// TestVersionIsTold where something is built, and not in templates that are only looked at.
func TestVersionIsTold(t *testing.T) {
	if got := (code{ctx: t.Context(), root: ".."}).version(); got != "" {
		t.Errorf("nothing is built, and the version is %q", got)
	}
	if got := (code{ctx: t.Context(), root: t.TempDir(), out: "build"}).version(); got != "" {
		t.Errorf("git knows nothing there, and the version is %q", got)
	}
	repository := t.TempDir()
	for _, args := range [][]string{{"init", "-q"}, {"-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-q", "--allow-empty", "-m", "a"}, {"tag", "v1.4.0"}} {
		if out, err := exec.CommandContext(t.Context(), "git", append([]string{"-C", repository}, args...)...).CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v: %s", args, err, out)
		}
	}
	if got := (code{ctx: t.Context(), root: repository, out: "build"}).version(); got != "v1.4.0" {
		t.Errorf("the version is %q", got)
	}
}

// TestNoStarWithoutAReason: no role may call whatever it likes, nor anything on whatever there is; and each star that there is has a reason.
func TestNoStarWithoutAReason(t *testing.T) {
	api, before := apiTemplates(t, everySetting()...)
	for _, tpl := range []template{api, before} {
		for id, p := range tpl.of("AWS::IAM::Policy") {
			for _, s := range dig(p.Properties, "PolicyDocument", "Statement").([]any) {
				if got := text(dig(s, "Action")); strings.Contains(got, `"*"`) || strings.Contains(got, `:*"`) {
					t.Errorf("%s may %s", id, got)
				}
				if got := text(dig(s, "Resource")); strings.Contains(got, `"*"`) {
					t.Errorf("%s may something on everything: %s", id, text(s))
				}
				starred := strings.Contains(text(dig(s, "Resource")), "*") || strings.Contains(text(dig(s, "Action")), "*")
				if starred && !strings.Contains(text(p.Metadata), "AwsSolutions-IAM5") {
					t.Errorf("%s says no reason for %s", id, text(s))
				}
			}
		}
		for id, r := range tpl.of("AWS::IAM::Role") {
			if r.Properties["ManagedPolicyArns"] != nil {
				t.Errorf("%s has policies of others: %v", id, r.Properties["ManagedPolicyArns"])
			}
		}
	}
}
