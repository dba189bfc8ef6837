package functions

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	lambda "github.com/aws/aws-lambda-go/events"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/deploy"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
	"github.com/mirrorwatch/mirrorwatch/test/lambdahost"
)

// host builds a function and makes a place for it to run in, which sees an AWS of this machine only.
func host(t *testing.T, name, endpoint string, env map[string]string) *lambdahost.Host {
	t.Helper()
	path := filepath.Join(t.TempDir(), "bootstrap")
	if err := lambdahost.Build(context.Background(), lambdahost.BuildOptions{Package: "../../lambdas/" + name + "/main", Output: path}); err != nil {
		t.Fatal(err)
	}
	vars := []string{"AWS_ENDPOINT_URL=" + endpoint, "AWS_ACCESS_KEY_ID=local", "AWS_SECRET_ACCESS_KEY=local", "AWS_REGION=eu-central-1", "AWS_EC2_METADATA_DISABLED=true"}
	for k, v := range env {
		vars = append(vars, k+"="+v)
	}
	h, err := lambdahost.New(lambdahost.Options{Bootstrap: path, Name: name, Env: vars})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	return h
}

// gateway asks the API as API Gateway does: with AWS's own sample events, in which the request is put.
type gateway struct {
	t    *testing.T
	host *lambdahost.Host
}

// ask sends the sample of a name after change has made it the request that is meant.
func (g gateway) ask(sample, method, path string, change func(*lambda.APIGatewayV2HTTPRequest)) lambda.APIGatewayV2HTTPResponse {
	g.t.Helper()
	var e lambda.APIGatewayV2HTTPRequest
	if err := json.Unmarshal(event(g.t, "../../lambdas/api/gateway/testdata/apigw-v2-request-"+sample+".json"), &e); err != nil {
		g.t.Fatal(err)
	}
	e.RawPath, e.RawQueryString, _ = strings.Cut(path, "?")
	e.RequestContext.HTTP.Method, e.RequestContext.HTTP.Path, e.RequestContext.HTTP.SourceIP = method, e.RawPath, "203.0.113.9"
	e.Body, e.Cookies = "", nil
	e.Headers["content-type"] = "application/json"
	if change != nil {
		change(&e)
	}
	payload, err := json.Marshal(e)
	if err != nil {
		g.t.Fatal(err)
	}
	began := time.Now()
	before := g.host.Starts()
	out, err := g.host.Invoke(context.Background(), payload)
	if err != nil {
		g.t.Fatalf("%s %s: %v\n%s", method, path, err, g.host.Logs())
	}
	var answer lambda.APIGatewayV2HTTPResponse
	if err := json.Unmarshal(out, &answer); err != nil {
		g.t.Fatalf("%s %s: %v: %s", method, path, err, out)
	}
	kind := "warm"
	if g.host.Starts() > before {
		kind = "cold"
	}
	g.t.Logf("%s %s: %d, %s, %s", method, path, answer.StatusCode, kind, time.Since(began).Round(100*time.Microsecond))
	return answer
}

// body reads an answer's body, which must have a status.
func (g gateway) body(a lambda.APIGatewayV2HTTPResponse, status int, into any) {
	g.t.Helper()
	body := []byte(a.Body)
	if a.IsBase64Encoded {
		var err error
		if body, err = base64.StdEncoding.DecodeString(a.Body); err != nil {
			g.t.Fatal(err)
		}
	}
	if a.StatusCode != status {
		g.t.Fatalf("status %d, want %d: %s", a.StatusCode, status, body)
	}
	if err := json.Unmarshal(body, into); err != nil {
		g.t.Fatalf("%v: %s", err, body)
	}
}

// claims has a person of a group ask.
func claims(name, group string) func(*lambda.APIGatewayV2HTTPRequest) {
	return func(e *lambda.APIGatewayV2HTTPRequest) {
		e.RequestContext.Authorizer.JWT.Claims = map[string]string{"cognito:username": name, "cognito:groups": "[" + group + "]"}
	}
}

// caller has an IAM principal ask. The sample's comes by way of Cognito, which API Gateway says besides: here it is one of IAM's own.
func caller(arn string) func(*lambda.APIGatewayV2HTTPRequest) {
	return func(e *lambda.APIGatewayV2HTTPRequest) {
		*e.RequestContext.Authorizer.IAM = lambda.APIGatewayV2HTTPRequestContextAuthorizerIAMDescription{
			AccessKey: "ASIA2ZJZYVUEREEIHAKY", AccountID: strings.Split(arn, ":")[4], CallerID: "AROA7ZJZYVRE7C3DUXHH6:x", UserARN: arn, UserID: "AROA7ZJZYVRE7C3DUXHH6:x",
		}
	}
}

// also makes several changes.
func also(changes ...func(*lambda.APIGatewayV2HTTPRequest)) func(*lambda.APIGatewayV2HTTPRequest) {
	return func(e *lambda.APIGatewayV2HTTPRequest) {
		for _, c := range changes {
			c(e)
		}
	}
}

func with(body string, headers ...string) func(*lambda.APIGatewayV2HTTPRequest) {
	return func(e *lambda.APIGatewayV2HTTPRequest) {
		e.Body = body
		for i := 0; i < len(headers); i += 2 {
			e.Headers[headers[i]] = headers[i+1]
		}
	}
}

func scan(i int) events.Detection {
	at := time.Now().UTC().Add(-time.Duration(i+1) * time.Minute).Truncate(time.Millisecond)
	return events.Detection{
		ID: fmt.Sprintf("scan-%d", i), Type: "recon.port_scan", Title: "Port scan", Category: "recon", Description: "1 host, 100 ports.",
		Risk:       events.Risk{Score: 50 + i, Band: events.BandOf(50 + i), Likelihood: "high", Complexity: "low", Impact: "low", Terms: []events.Term{}},
		Confidence: 0.9, Triage: events.Triage{Status: events.StatusOpen}, Start: at, Update: at, DetectorVersion: 1,
		Participants: []events.Participant{{Role: "offender", Device: "10.0.0.1", Address: netip.MustParseAddr("10.0.0.1")}},
		Evidence:     events.Evidence{Start: at, End: at},
	}
}

// TestAPI drives the API's function on a table: people by their claims, programs by their ARNs, lists, changes, binary bodies, what is
// not there and what nobody asked for.
func TestAPI(t *testing.T) {
	endpoint, s := table(t, "mirrorwatch")
	for i := range 3 {
		if _, err := s.Detections.Put(context.Background(), scan(i)); err != nil {
			t.Fatal(err)
		}
	}
	env := deploy.API{
		Table: "mirrorwatch", Database: "mirrorwatch", Workgroup: "mirrorwatch", UserPool: "eu-central-1_x", UserPoolClient: "x", Domain: "x.example",
		Address: "https://mirrorwatch.example", Callers: "arn:aws:iam::123456789012:role/Ticketing* analyst; arn:aws:iam::123456789012:user/auditor viewer",
	}
	g := gateway{t, host(t, "api", endpoint, env.Env())}
	whoMay(g)
	lists(g)
	changes(g, s)
	oddities(g)
	if n := g.host.Starts(); n != 1 {
		t.Errorf("%d processes: it was warm", n)
	}
}

// whoMay asks as each sort of caller who they are.
func whoMay(g gateway) {
	for name, c := range map[string]struct {
		sample, kind, role string
		status             int
		as                 func(*lambda.APIGatewayV2HTTPRequest)
	}{
		"an administrator": {"jwt-authorizer", "jwt", "admin", 200, claims("anna", "mirrorwatch-admin other")},
		"a viewer":         {"jwt-authorizer", "jwt", "viewer", 200, claims("victor", "mirrorwatch-viewer")},
		"another's group":  {"jwt-authorizer", "", "", 403, claims("eve", "cleaners")},
		"a role's session": {"iam", "iam", "analyst", 200, caller("arn:aws:sts::123456789012:assumed-role/TicketingProd/job-1")},
		"a user":           {"iam", "iam", "viewer", 200, caller("arn:aws:iam::123456789012:user/auditor")},
		"another account":  {"iam", "", "", 403, caller("arn:aws:sts::999999999999:assumed-role/TicketingProd/job-1")},
		"nobody":           {"no-authorizer", "", "", 401, nil},
	} {
		var me struct{ Name, Kind, Role string }
		g.body(g.ask(c.sample, "GET", "/v1/me", c.as), c.status, &me)
		if me.Kind != c.kind || me.Role != c.role {
			g.t.Errorf("%s: %+v", name, me)
		}
	}
}

// lists walks the pages, and asks for what is there for everybody.
func lists(g gateway) {
	viewer := claims("victor", "mirrorwatch-viewer")
	seen, next := map[string]bool{}, ""
	for pages := 0; pages == 0 || next != ""; pages++ {
		var page struct {
			Items    []events.Detection
			Next     string
			Complete bool
		}
		g.body(g.ask("jwt-authorizer", "GET", "/v1/detections?limit=2&sort=-score&type=recon.port_scan&cursor="+next, viewer), 200, &page)
		if !page.Complete {
			g.t.Errorf("page %d is not complete", pages)
		}
		for _, d := range page.Items {
			seen[d.ID] = true
		}
		next = page.Next
	}
	if len(seen) != 3 {
		g.t.Errorf("walked over %v", seen)
	}
	var how struct {
		Kind, Domain string
		Client       string `json:"client_id"`
		Scopes       []string
	}
	g.body(g.ask("no-authorizer", "GET", "/v1/sign-in", nil), 200, &how)
	if how.Kind != "cognito" || how.Domain != "https://x.example" || how.Client != "x" || len(how.Scopes) != 2 {
		g.t.Errorf("sign in %+v", how)
	}
	var health struct{ OK bool }
	g.body(g.ask("no-authorizer", "GET", "/v1/health", nil), 200, &health)
	if !health.OK {
		g.t.Error("it is not well")
	}
}

// changes triages with the ETag and without, as those who may and those who may not.
func changes(g gateway, s *store.Store) {
	t, path := g.t, "/v1/detections/scan-1"
	viewer, program := claims("victor", "mirrorwatch-viewer"), caller("arn:aws:sts::123456789012:assumed-role/TicketingProd/job-1")
	first := g.ask("iam", "GET", path, program)
	tag := first.Headers["Etag"]
	if tag == "" {
		t.Fatalf("no ETag: %v", first.Headers)
	}
	if a := g.ask("jwt-authorizer", "GET", path, also(viewer, with("", "if-none-match", tag))); a.StatusCode != http.StatusNotModified || a.Body != "" {
		t.Errorf("as it was: %d %q", a.StatusCode, a.Body)
	}
	body := `{"status":"acknowledged","note":"café"}`
	for _, c := range []struct {
		sample, how string
		status      int
		as          func(*lambda.APIGatewayV2HTTPRequest)
	}{
		{"jwt-authorizer", "a viewer", 403, also(viewer, with(body, "if-match", tag))},
		{"iam", "without If-Match", 428, also(program, with(body))},
		{"iam", "a body that is no base64", 400, also(program, with("%%%", "if-match", tag), func(e *lambda.APIGatewayV2HTTPRequest) { e.IsBase64Encoded = true })},
		{"iam", "in base64", 200, also(program, with(base64.StdEncoding.EncodeToString([]byte(body)), "if-match", tag), func(e *lambda.APIGatewayV2HTTPRequest) { e.IsBase64Encoded = true })},
		{"iam", "too late", 412, also(program, with(body, "if-match", tag))},
	} {
		var got struct {
			Status json.RawMessage // of a problem a number
			Notes  []events.Note
		}
		g.body(g.ask(c.sample, "PATCH", path, c.as), c.status, &got)
		if c.status == 200 && (string(got.Status) != `"acknowledged"` || len(got.Notes) != 1 || got.Notes[0].Text != "café") {
			t.Errorf("%s: %s %+v", c.how, got.Status, got.Notes)
		}
	}
	entries, err := s.Audit.Entries(context.Background(), store.AuditQuery{Target: "scan-1", Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	made := 0
	for _, e := range entries.Items {
		if e.Outcome == "" && e.Action == "detection.update" {
			made++
			if e.Actor != "iam:123456789012:role/TicketingProd/job-1" || e.Address != "203.0.113.9" {
				t.Errorf("audit log: %+v", e)
			}
		}
	}
	if made != 1 {
		t.Errorf("%d changes in the audit log: %+v", made, entries.Items)
	}
}

// oddities are what a function must answer and never fail of.
func oddities(g gateway) {
	admin := claims("anna", "mirrorwatch-admin")
	cookie := func(e *lambda.APIGatewayV2HTTPRequest) { e.Cookies = []string{"mirrorwatch=stolen", "=;;", "x"} }
	for _, c := range []struct {
		sample, method, path string
		status               int
		as                   func(*lambda.APIGatewayV2HTTPRequest)
	}{
		{"jwt-authorizer", "GET", "/v1/detections/none", 404, admin},
		{"jwt-authorizer", "GET", "/v1/nothing", 404, admin},
		{"no-authorizer", "GET", "/v1/me", 401, cookie}, // sessions are the identity provider's
		{"jwt-authorizer", "GET", "/v1/users", 404, admin},
		{"jwt-authorizer", "PUT", "/v1/detections/scan-1", 405, admin},
		{"jwt-authorizer", "GET", "/v1/detections?status=open%3F", 400, admin},
		{"jwt-authorizer", "POST", "/v1/detections/search", 400, also(admin, with("{"))},
	} {
		var problem struct {
			Status int
			Title  string
		}
		a := g.ask(c.sample, c.method, c.path, c.as)
		g.body(a, c.status, &problem)
		if problem.Status != c.status || problem.Title == "" || !strings.HasPrefix(a.Headers["Content-Type"], "application/problem+json") {
			g.t.Errorf("%s %s: %+v %v", c.method, c.path, problem, a.Headers)
		}
	}
}
