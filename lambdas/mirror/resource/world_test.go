package resource

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

	"github.com/aws/aws-lambda-go/cfn"

	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/plan"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/policy"
)

const (
	account = "111122223333"
	second  = "444455556666"
	region  = "eu-central-1"
)

// world is a custom resource with everything around it imitated: CloudFormation, which hears the answers, the function, which hears calls of
// itself, a clock that sleeping moves, and a loop that does what a test says.
type world struct {
	t      *testing.T
	policy policy.Policy
	wrong  error // in place of the policy
	pass   func(ctx context.Context, n int) (mirror.Report, error)
	passes int
	limit  time.Duration // of a call of the function; 0: none
	deaf   bool          // the function cannot be called
	bound  int
	log    bytes.Buffer
	server *httptest.Server
	status []int // that CloudFormation answers with, in turn; after them 200

	mu      sync.Mutex // accounts are dealt with in parallel, and each may rest
	time    time.Time
	answers []cfn.Response
	puts    int
	calls   [][]byte // of the function itself
	h       *Handler
}

func build(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, time: time.Date(2126, 11, 26, 12, 0, 0, 0, time.UTC), limit: 15 * time.Minute}
	w.policy = policy.Policy{Deployment: "main", Switch: policy.On, Limits: policy.Limits{Settle: 2 * time.Minute}}
	w.server = httptest.NewServer(http.HandlerFunc(w.hear))
	t.Cleanup(w.server.Close)
	var err error
	w.h, err = New(Options{
		Teardown: func(ctx context.Context) (mirror.Report, error) {
			w.passes++
			return w.pass(ctx, w.passes)
		},
		Policy: func(context.Context) (policy.Policy, error) { return w.policy, w.wrong },
		Bound:  func(context.Context) (int, error) { return w.bound, nil },
		Again: func(_ context.Context, event []byte) error {
			if w.deaf {
				return errors.New("AccessDeniedException")
			}
			w.calls = append(w.calls, event)
			return nil
		},
		Now: w.now,
		Sleep: func(ctx context.Context, d time.Duration) error {
			w.rest(d)
			return ctx.Err()
		},
		Log: slog.New(slog.NewTextHandler(&w.log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.time
}

// rest lets time pass.
func (w *world) rest(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.time = w.time.Add(d)
}

// hear is the bucket that the answer is put into.
func (w *world) hear(to http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.puts++
	body, _ := io.ReadAll(r.Body)
	_, typed := r.Header["Content-Type"]
	if r.Method != http.MethodPut || typed || r.URL.RawQuery != "X-Amz-Signature=secret%2Fdeadbeef" || r.ContentLength != int64(len(body)) {
		w.t.Errorf("%s %s, Content-Type %q", r.Method, r.URL, r.Header["Content-Type"])
	}
	if len(body) > maxAnswer {
		w.t.Errorf("the answer has %d bytes", len(body))
	}
	if len(w.status) > 0 {
		code := w.status[0]
		if w.status = w.status[1:]; code != http.StatusOK {
			to.WriteHeader(code)
			return
		}
	}
	var a cfn.Response
	if err := json.Unmarshal(body, &a); err != nil {
		w.t.Error(err)
	}
	w.answers = append(w.answers, a)
}

// event is one of CloudFormation's.
func (w *world) event(kind cfn.RequestType) cfn.Event {
	e := cfn.Event{
		RequestType: kind, RequestID: "request-1", ResponseURL: w.server.URL + "/arn%3Aaws%3Acloudformation?X-Amz-Signature=secret%2Fdeadbeef",
		ResourceType: "Custom::MirrorwatchTeardown", LogicalResourceID: "Teardown", StackID: "arn:aws:cloudformation:eu-central-1:111122223333:stack/a/b",
		ResourceProperties: map[string]any{"ServiceToken": "arn:aws:lambda:eu-central-1:111122223333:function:mirrorwatch-main-teardown"},
	}
	if kind != cfn.RequestCreate {
		e.PhysicalResourceID = "mirrorwatch-teardown-Teardown"
	}
	return e
}

// timed is a context of which the deadline is one of the imitated clock.
type timed struct {
	context.Context
	at time.Time
}

func (t timed) Deadline() (time.Time, bool) { return t.at, true }

// handle has one call of the function take an event.
func (w *world) handle(e any) error {
	w.t.Helper()
	raw, ok := e.([]byte)
	if !ok {
		raw, _ = json.Marshal(e)
	}
	if !Is(raw) {
		w.t.Fatalf("it is not taken for a custom resource's: %s", raw)
	}
	ctx := w.t.Context()
	if w.limit > 0 {
		ctx = timed{ctx, w.now().Add(w.limit)}
	}
	err := w.h.Handle(ctx, raw)
	if strings.Contains(w.log.String(), "deadbeef") || err != nil && strings.Contains(err.Error(), "deadbeef") {
		w.t.Errorf("the signature is told: %v\n%s", err, w.log.String())
	}
	return err
}

// whole has the function go on until no call of itself waits any more, and gives the one answer.
func (w *world) whole(e any) cfn.Response {
	w.t.Helper()
	if err := w.handle(e); err != nil {
		w.t.Fatal(err)
	}
	for n := 0; n < len(w.calls); n++ {
		if err := w.handle(w.calls[n]); err != nil {
			w.t.Fatal(err)
		}
	}
	return w.one()
}

// one gives the only answer that CloudFormation has heard.
func (w *world) one() cfn.Response {
	w.t.Helper()
	if len(w.answers) != 1 {
		w.t.Fatalf("%d answers: %+v\n%s", len(w.answers), w.answers, w.log.String())
	}
	a := w.answers[0]
	if a.RequestID != "request-1" || a.LogicalResourceID != "Teardown" || !strings.HasPrefix(a.StackID, "arn:aws:cloudformation") {
		w.t.Errorf("answer to something else: %+v", a)
	}
	return a
}

// says checks an answer's status and words.
func (w *world) says(a cfn.Response, status cfn.StatusType, words ...string) {
	w.t.Helper()
	if a.Status != status {
		w.t.Errorf("status %s (%s), want %s", a.Status, a.Reason, status)
	}
	for _, word := range words {
		if !strings.Contains(a.Reason, word) {
			w.t.Errorf("reason %q lacks %q", a.Reason, word)
		}
	}
}

// report is of a pass in two places.
func report(change ...func(*mirror.Report)) mirror.Report {
	r := mirror.Report{Kind: mirror.KindTeardown, Places: []mirror.PlaceReport{{Account: account, Region: region}, {Account: second, Region: region}}}
	for _, c := range change {
		c(&r)
	}
	return r
}

func session(id string) plan.Step {
	return plan.Step{Action: plan.DeleteSession, Account: account, Region: region, Object: id}
}

// did is a pass that did n steps.
func did(n int) func(*mirror.Report) {
	return func(r *mirror.Report) {
		for range n {
			r.Places[0].Done = append(r.Places[0].Done, mirror.Outcome{Step: session("tms-1"), Result: mirror.Done})
		}
	}
}
