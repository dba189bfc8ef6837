package function

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/policy"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/resource"
	"github.com/mirrorwatch/mirrorwatch/shared/deploy"
	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

const text = `version: 1
deployment: main
accounts:
  - {id: "111122223333", role: "arn:aws:iam::111122223333:role/mirrorwatch", regions: [eu-central-1]}
fleet:
  account: "111122223333"
  targets:
    - {region: eu-central-1, id: tmt-0123456789abcdef0}
`

// services answers as AWS's services do that are asked for one thing, and notes what they were asked.
type services struct {
	mu     sync.Mutex
	asked  []string
	policy string
}

func (s *services) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	what := r.Header.Get("X-Amz-Target")
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, what)
	if r.FormValue("Action") == "GetCallerIdentity" {
		w.Header().Set("Content-Type", "text/xml")
		_, _ = io.WriteString(w, `<GetCallerIdentityResponse><GetCallerIdentityResult><Account>111122223333</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`)
		return
	}
	if what != "AmazonSSM.GetParameter" {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	_ = json.NewEncoder(w).Encode(map[string]any{"Parameter": map[string]any{"Name": "/mirrorwatch/policy", "Type": "String", "Value": s.policy}})
}

// batch is one message that is about nothing.
const batch = `{"Records":[{"messageId":"a","eventSource":"aws:sqs","body":"{\"version\":\"0\",\"id\":\"1\",\"source\":\"aws.s3\",` +
	`\"detail-type\":\"Object Created\",\"account\":\"111122223333\",\"region\":\"eu-central-1\",\"time\":\"2026-11-25T12:00:00Z\",\"detail\":{}}"}]}`

// TestFunction reads the policy from its parameter, and not again for a while; what is wrong with it is said, and the messages come again.
func TestFunction(t *testing.T) {
	s := &services{policy: text}
	server := httptest.NewServer(s)
	defer server.Close()
	now, log := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC), bytes.Buffer{}
	h, err := New(Options{
		Env:    deploy.Mirror{Table: "mw", Policy: "ssm:/mirrorwatch/policy", Role: "arn:aws:iam::111122223333:role/mirror"},
		Config: aws.Config{Region: "eu-central-1", Credentials: credentials.NewStaticCredentialsProvider("key", "secret", "")}, Endpoint: server.URL,
		Holder: "test", Now: func() time.Time { return now }, Log: slog.New(slog.NewTextHandler(&log, nil)), Metrics: &bytes.Buffer{},
	})
	if err != nil {
		t.Fatal(err)
	}
	handle := func() string {
		out, err := h.Handle(context.Background(), json.RawMessage(batch))
		if err != nil {
			t.Fatal(err)
		}
		b, _ := json.Marshal(out)
		return string(b)
	}
	for range 2 {
		if got := handle(); got != `{"batchItemFailures":[]}` {
			t.Errorf("answer %s; log %s", got, log.String())
		}
	}
	if len(s.asked) != 1 || s.asked[0] != "AmazonSSM.GetParameter" {
		t.Errorf("asked %q", s.asked)
	}
	now = now.Add(policyFor)
	s.policy = strings.Replace(text, "deployment", "deploiment", 1)
	if got := handle(); got != `{"batchItemFailures":[{"itemIdentifier":"a"}]}` || !strings.Contains(log.String(), "ssm:/mirrorwatch/policy:2") {
		t.Errorf("answer %s; log %s", got, log.String())
	}
}

// TestOnlyOneTearsDown: the function that the API may call removes nothing for who pretends to be CloudFormation.
func TestOnlyOneTearsDown(t *testing.T) {
	s := &services{policy: text}
	server := httptest.NewServer(s)
	defer server.Close()
	gone := json.RawMessage(`{"RequestType":"Delete","RequestId":"1","ResponseURL":"` + server.URL + `","StackId":"arn:aws:cloudformation:eu-central-1:111122223333:stack/a/1",` +
		`"ResourceType":"Custom::MirrorSessions","LogicalResourceId":"Sessions","PhysicalResourceId":"main","ResourceProperties":{"Deployment":"main"}}`)
	if !resource.Is(gone) {
		t.Fatal("the event is none of CloudFormation's")
	}
	h, err := New(Options{
		Env:    deploy.Mirror{Table: "mw", Policy: "ssm:/mirrorwatch/policy"},
		Config: aws.Config{Region: "eu-central-1", Credentials: credentials.NewStaticCredentialsProvider("key", "secret", "")}, Endpoint: server.URL,
		Holder: "test", Now: time.Now, Log: slog.New(slog.DiscardHandler), Metrics: &bytes.Buffer{},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Handle(context.Background(), gone); !errors.Is(err, errNotHere) || len(s.asked) > 0 {
		t.Errorf("%v; asked %q", err, s.asked)
	}
}

// TestNoTable is refused at the start.
func TestNoTable(t *testing.T) {
	_, err := New(Options{Config: aws.Config{Region: "eu-central-1"}, Now: time.Now})
	if err == nil {
		t.Error("no error")
	}
}

// TestWhoseCredentials refuses to act in one account for another: without a role the credentials are the function's own.
func TestWhoseCredentials(t *testing.T) {
	server := httptest.NewServer(&services{})
	defer server.Close()
	o := Options{
		Config: aws.Config{Region: "eu-central-1", Credentials: credentials.NewStaticCredentialsProvider("key", "secret", "")}, Endpoint: server.URL, Now: time.Now,
	}
	open := o.opener(&ec2api.Counts{})
	for account, want := range map[string]string{"111122223333": "", "444455556666": "account 444455556666 has no role in the policy"} {
		got, err := open(context.Background(), policy.Account{ID: account}, "eu-central-1")
		switch {
		case want == "" && (err != nil || got.ID != account || got.EC2 == nil):
			t.Errorf("its own: %+v, %v", got, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("another's: %v", err)
		}
	}
	if got, err := open(context.Background(), policy.Account{ID: "444455556666", Role: "arn:aws:iam::444455556666:role/mirrorwatch"}, "eu-central-1"); err != nil || got.EC2 == nil {
		t.Errorf("with a role: %v", err)
	}
}
