package function

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"time"

	lambdaevents "github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/athena"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/lambdas/api/gateway"
	"github.com/mirrorwatch/mirrorwatch/shared/deploy"
	"github.com/mirrorwatch/mirrorwatch/shared/notify"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
	records "github.com/mirrorwatch/mirrorwatch/shared/store/athena"
	"github.com/mirrorwatch/mirrorwatch/shared/store/dynamo"
	local "github.com/mirrorwatch/mirrorwatch/test/dynamodb"
)

// noAthena answers nothing: what these tests ask is in the table.
type noAthena struct{ records.Client }

func (noAthena) StartQueryExecution(context.Context, *athena.StartQueryExecutionInput, ...func(*athena.Options)) (*athena.StartQueryExecutionOutput, error) {
	return nil, context.DeadlineExceeded
}

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func now() time.Time { return noon }

// topics takes what is published.
type topics struct{ got []string }

func (t *topics) Publish(_ context.Context, in *sns.PublishInput, _ ...func(*sns.Options)) (*sns.PublishOutput, error) {
	t.got = append(t.got, *in.TopicArn)
	return &sns.PublishOutput{}, nil
}

// functions takes what is invoked.
type functions struct{ got []*lambda.InvokeInput }

func (f *functions) Invoke(_ context.Context, in *lambda.InvokeInput, _ ...func(*lambda.Options)) (*lambda.InvokeOutput, error) {
	f.got = append(f.got, in)
	return &lambda.InvokeOutput{StatusCode: 202}, nil
}

const topic = "arn:aws:sns:eu-central-1:111122223333:mirrorwatch-main"

// rule makes a notification rule that writes to a topic, and gives the path at which it is tried.
func rule(t *testing.T, ctx context.Context, s *store.Store, id, topic string) string {
	t.Helper()
	r := store.NotificationRule{Name: id, Enabled: true, Channel: store.Channel{Type: notify.TypeSNS, Topic: topic}}
	rules := store.Collection[store.NotificationRule]{Kind: store.KindNotificationRule, Documents: s.Documents}
	if _, err := rules.Put(ctx, store.Item[store.NotificationRule]{ID: id, Value: r}, store.New, nil); err != nil {
		t.Fatal(err)
	}
	return "/v1/notifications/rules/" + id + "/test"
}

// asked sends an event of API Gateway whose caller has a group.
func asked(t *testing.T, f func(context.Context, lambdaevents.APIGatewayV2HTTPRequest) (lambdaevents.APIGatewayV2HTTPResponse, error), group, method, path, body string, headers map[string]string) lambdaevents.APIGatewayV2HTTPResponse {
	t.Helper()
	e := lambdaevents.APIGatewayV2HTTPRequest{Version: "2.0", RawPath: "/live" + path, Body: body, Headers: map[string]string{"content-type": "application/json"}}
	e.RequestContext.Stage, e.RequestContext.HTTP.Method, e.RequestContext.HTTP.SourceIP = "live", method, "198.51.100.9"
	for name, value := range headers {
		e.Headers[name] = value
	}
	if group != "" {
		claims := map[string]string{"cognito:groups": "[" + group + "]", "cognito:username": "mona"}
		e.RequestContext.Authorizer = &lambdaevents.APIGatewayV2HTTPRequestContextAuthorizerDescription{
			JWT: &lambdaevents.APIGatewayV2HTTPRequestContextAuthorizerJWTDescription{Claims: claims},
		}
	}
	got, err := f(context.Background(), e)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// TestAFunctionOnATable asks the function as API Gateway would, with the claims that it has checked.
func TestAFunctionOnATable(t *testing.T) {
	l, err := local.Start()
	local.Need(t, err)
	defer l.Close()
	client := dynamodb.NewFromConfig(aws.Config{
		Region: "eu-central-1", BaseEndpoint: &l.Endpoint, Credentials: credentials.NewStaticCredentialsProvider("local", "local", ""),
	})
	ctx := context.Background()
	if _, err := client.CreateTable(ctx, dynamo.Schema("mirrorwatch")); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	var published topics
	var invoked functions
	h, err := New(Options{
		Env: deploy.API{Table: "mirrorwatch", Database: "mirrorwatch", Domain: "mw.auth.eu-central-1.amazoncognito.com", UserPoolClient: "4f0a1ac1", Topics: topic, Version: "v1.4.0",
			MirrorFunction: "mirrorwatch-main-mirror"}, Table: client, Athena: noAthena{}, SNS: &published, Lambda: &invoked,
		Region: "eu-central-1", Now: now,
		Log: slog.New(slog.NewTextHandler(&log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	f := gateway.Handle(h)
	memory, err := dynamo.Open(dynamo.Options{Client: client, Table: "mirrorwatch", Now: now})
	if err != nil {
		t.Fatal(err)
	}
	d := events.Detection{
		ID: "4f0a1ac1c6e873c8805fe2fc56c7aac7", Type: "recon.port_scan", Title: "Port scan", Start: noon.Add(-time.Hour), Update: noon.Add(-time.Hour),
		Risk: events.Risk{Score: 40, Band: "medium", Likelihood: "low", Complexity: "low", Impact: "low"}, Evidence: events.Evidence{Start: noon, End: noon},
	}
	if _, err := memory.Detections.Put(ctx, d); err != nil {
		t.Fatal(err)
	}
	if err := store.KeepSensor(ctx, memory.Documents, events.Health{Sensor: "sensor-a", Healthy: true, Since: noon, Packets: 12}, noon); err != nil {
		t.Fatal(err)
	}
	ours, others := rule(t, ctx, memory, "ours", topic), rule(t, ctx, memory, "others", topic+"-of-others")
	for _, c := range []struct {
		group, method, path, body string
		headers                   map[string]string
		status                    int
		has                       string
	}{
		{"", "GET", "/v1/health", "", nil, 200, `"ok":true`},
		{"", "GET", "/v1/sign-in", "", nil, 200, `{"client_id":"4f0a1ac1","domain":"https://mw.auth.eu-central-1.amazoncognito.com","kind":"cognito","scopes":["openid","email"]}`},
		{"", "GET", "/v1/detections", "", nil, 401, "Sign in first"},
		{"strangers", "GET", "/v1/detections", "", nil, 403, "none of the groups"},
		{"mirrorwatch-viewer", "GET", "/v1/me", "", nil, 200, `"kind":"jwt"`},
		{"mirrorwatch-viewer", "GET", "/v1/detections", "", nil, 200, d.ID},
		{"mirrorwatch-viewer", "PATCH", "/v1/detections/" + d.ID, `{"status":"acknowledged"}`, map[string]string{"if-match": `"1"`}, 403, "analyst"},
		{"mirrorwatch-analyst", "PATCH", "/v1/detections/" + d.ID, `{"status":"acknowledged"}`, map[string]string{"if-match": `"1"`}, 200, `"revision":2`},
		{"mirrorwatch-analyst", "PATCH", "/v1/detections/" + d.ID, `{"status":"open"}`, map[string]string{"if-match": `"1"`}, 412, "changed meanwhile"},
		{"mirrorwatch-admin", "GET", "/v1/audit", "", nil, 200, `"address":"198.51.100.9"`},
		{"mirrorwatch-admin", "GET", "/v1/users", "", nil, 404, "identity provider"},
		{"mirrorwatch-viewer", "GET", "/v1/status", "", nil, 200, `"version":"v1.4.0"`},
		{"mirrorwatch-viewer", "GET", "/v1/status", "", nil, 200, `"sensor":"sensor-a","healthy":true`},
		{"mirrorwatch-admin", "POST", ours, "", nil, 200, `"ok":true`},
		{"mirrorwatch-admin", "POST", others, "", nil, 200, `not among those`},
		{"mirrorwatch-viewer", "GET", "/v1/records/fields", "", nil, 200, `"id.orig_h"`},
		{"mirrorwatch-viewer", "GET", "/v1/mirror/plan", "", nil, 404, "There is no plan"},
		{"mirrorwatch-viewer", "POST", "/v1/mirror/plan", "", nil, 403, "analyst"},
		{"mirrorwatch-analyst", "POST", "/v1/mirror/plan", "", nil, 202, `"by":"mona"`},
	} {
		got := asked(t, f, c.group, c.method, c.path, c.body, c.headers)
		text := got.Body
		if got.IsBase64Encoded {
			t.Fatalf("%s %s is base64 without having asked for gzip", c.method, c.path)
		}
		if got.StatusCode != c.status || !strings.Contains(text, c.has) {
			t.Errorf("%s %s as %q: %d %s", c.method, c.path, c.group, got.StatusCode, text)
		}
		if got.StatusCode >= 400 && (!json.Valid([]byte(text)) || got.Headers["Content-Type"] != "application/problem+json") {
			t.Errorf("%s %s: %v", c.method, c.path, got.Headers)
		}
	}
	if len(published.got) != 1 || published.got[0] != topic {
		t.Errorf("published to %q, want %s alone", published.got, topic)
	}
	if len(invoked.got) != 1 || *invoked.got[0].FunctionName != "mirrorwatch-main-mirror" || invoked.got[0].InvocationType != "Event" ||
		!strings.Contains(string(invoked.got[0].Payload), events.LookWanted) {
		t.Errorf("invoked %+v", invoked.got)
	}
	if log.Len() > 0 && strings.Contains(log.String(), "level=ERROR") {
		t.Errorf("%s", log.String())
	}
}

func TestNewSaysWhatIsMissing(t *testing.T) {
	if _, err := New(Options{}); err == nil || !strings.HasPrefix(err.Error(), "make function: ") {
		t.Errorf("%v", err)
	}
}
