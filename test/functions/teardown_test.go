package functions

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/cfn"

	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/policy"
	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
	"github.com/mirrorwatch/mirrorwatch/test/ec2fake/wire/stage"
	"github.com/mirrorwatch/mirrorwatch/test/lambdahost"
)

// formation is what is around a custom resource: the bucket that takes the answers, and Lambda, which takes the function's calls of itself.
type formation struct {
	server *httptest.Server

	mu      sync.Mutex
	answers []cfn.Response
	calls   [][]byte
	odd     []string // requests that AWS would refuse
}

func newFormation(t *testing.T) *formation {
	f := &formation{}
	f.server = httptest.NewServer(f)
	t.Cleanup(f.server.Close)
	return f
}

func (f *formation) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	body, _ := io.ReadAll(r.Body)
	_, typed := r.Header["Content-Type"]
	var a cfn.Response
	switch {
	case r.Method == http.MethodPut && r.URL.Path == "/answer" && r.URL.Query().Get("X-Amz-Signature") == "deadbeef" && !typed && json.Unmarshal(body, &a) == nil:
		f.answers = append(f.answers, a)
	case r.Method == http.MethodPost && r.URL.Path == "/2015-03-31/functions/mirror/invocations" && r.Header.Get("X-Amz-Invocation-Type") == "Event":
		f.calls = append(f.calls, body)
		w.WriteHeader(http.StatusAccepted)
	default:
		f.odd = append(f.odd, fmt.Sprintf("%s %s %v %s", r.Method, r.URL, r.Header, body))
		w.WriteHeader(http.StatusForbidden)
	}
}

// next gives a call of itself that nobody has taken yet.
func (f *formation) next() []byte {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.calls) == 0 {
		return nil
	}
	call := f.calls[0]
	f.calls = f.calls[1:]
	return call
}

func (f *formation) event(kind cfn.RequestType) []byte {
	out, _ := json.Marshal(cfn.Event{ // of texts only
		RequestType: kind, RequestID: "request-" + string(kind), ResponseURL: f.server.URL + "/answer?X-Amz-Signature=deadbeef",
		ResourceType: "Custom::MirrorwatchTeardown", PhysicalResourceID: "mirrorwatch-teardown-Teardown", LogicalResourceID: "Teardown",
		StackID: "arn:aws:cloudformation:us-east-1:123456789012:stack/mirrorwatch-main-mirror/1", ResourceProperties: map[string]any{"ServiceTimeout": "3600"},
	})
	return out
}

// TestTeardown deletes a stack: what is ours is gone in both accounts, what is not stays as it is, and CloudFormation hears one answer. Once
// the function's time suffices, while another pass holds one account for a moment; once it has to call itself.
func TestTeardown(t *testing.T) {
	for _, c := range []struct {
		name    string
		timeout time.Duration
		taken   time.Duration // for how long another pass holds the other account
		calls   int           // of itself, at least
	}{{"in one call", time.Minute, 5 * time.Second, 0}, {"in several", 18 * time.Second, 0, 1}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel() // it waits most of the time
			e, f := newEstate(t), newFormation(t)
			e.write("limits: {settle: 10s}\n")
			before := e.stage.Cloud.Foreign(policy.TagDeployment, "main")
			sweeper := e.host(time.Minute)
			if _, err := sweeper.Invoke(context.Background(), e.schedule()); err != nil {
				t.Fatalf("%v\n%s", err, sweeper.Logs())
			}
			if left := e.ours(); left["session"] < 10 || left["target"] != 1 || left["share"] != 1 || left["filter"] < 2 {
				t.Fatalf("the sweep has made %v\n%s", left, sweeper.Logs())
			}
			if c.taken > 0 {
				e.lease(stage.Other, time.Now().Add(c.taken))
			}
			h := e.host(c.timeout, "AWS_ENDPOINT_URL_LAMBDA="+f.server.URL)
			began := time.Now()
			calls := f.whole(t, h, f.event(cfn.RequestDelete))
			t.Logf("torn down in %s, %d calls of itself", time.Since(began).Round(100*time.Millisecond), calls)
			if calls < c.calls {
				t.Errorf("it called itself %d times", calls)
			}
			f.says(t, h, cfn.StatusSuccess, "nothing of deployment main is left in 2 accounts and regions")
			if left := e.ours(); len(left) > 0 {
				t.Errorf("%v are left\n%s", left, h.Logs())
			}
			e.holds("after the teardown", nil)
			if after := e.stage.Cloud.Foreign(policy.TagDeployment, "main"); after != before {
				t.Error("what is not ours was changed")
			}
		})
	}
}

// TestTeardownOfNothing is how CloudFormation takes back a stack that it could not make: there is no policy, or not yet a table. What is made
// or changed is answered at once.
func TestTeardownOfNothing(t *testing.T) {
	e, f := newEstate(t), newFormation(t)
	h := e.host(time.Minute, "AWS_ENDPOINT_URL_LAMBDA="+f.server.URL, "MIRRORWATCH_TABLE=none", "MIRRORWATCH_POLICY=ssm:/mirrorwatch/none")
	before := e.stage.Cloud.Total()
	for _, kind := range []cfn.RequestType{cfn.RequestCreate, cfn.RequestUpdate, cfn.RequestDelete} {
		f.whole(t, h, f.event(kind))
		f.says(t, h, cfn.StatusSuccess, map[cfn.RequestType]string{cfn.RequestDelete: "no policy, so nothing was ever made"}[kind])
		f.answers = nil
	}
	if n := e.stage.Cloud.Total() - before; n > 0 {
		t.Errorf("%d calls of EC2", n)
	}
	e.write("switch: frozen\n")
	h = e.host(time.Minute)
	f.whole(t, h, f.event(cfn.RequestDelete))
	f.says(t, h, cfn.StatusFailed, "the policy's switch is frozen")
}

// whole hands an event over, and then the function's calls of itself until there are no more. It gives how many these were.
func (f *formation) whole(t *testing.T, h *lambdahost.Host, event []byte) (calls int) {
	t.Helper()
	for ; event != nil; event = f.next() {
		if out, err := h.Invoke(context.Background(), event); err != nil || string(out) != "null" {
			t.Fatalf("answer %s, %v\n%s", out, err, h.Logs())
		}
		calls++
	}
	return calls - 1
}

// says checks the one answer.
func (f *formation) says(t *testing.T, h *lambdahost.Host, status cfn.StatusType, reason string) {
	t.Helper()
	if len(f.answers) != 1 || len(f.odd) > 0 {
		t.Fatalf("answers %+v; odd requests %v\n%s", f.answers, f.odd, h.Logs())
	}
	if a := f.answers[0]; a.Status != status || !strings.Contains(a.Reason, reason) || a.PhysicalResourceID != "mirrorwatch-teardown-Teardown" || a.LogicalResourceID != "Teardown" {
		t.Errorf("answer %+v\n%s", a, h.Logs())
	}
	if strings.Contains(h.Logs(), "deadbeef") {
		t.Errorf("the log tells the address of the answer:\n%s", h.Logs())
	}
}

// ours counts what carries the deployment's tag, by kind.
func (e *estate) ours() map[string]int {
	e.t.Helper()
	ctx, n := context.Background(), map[string]int{}
	for _, account := range []string{stage.Account, stage.Other} {
		ec2 := e.stage.Cloud.Account(account, stage.Region).EC2
		targets, err := ec2api.All(ctx, ec2.DescribeTrafficMirrorTargets, ec2api.Query{})
		e.ok(err)
		filters, err := ec2api.All(ctx, ec2.DescribeTrafficMirrorFilters, ec2api.Query{})
		e.ok(err)
		for _, x := range targets {
			if x.Owner == account && x.Tags[policy.TagDeployment] == "main" {
				n["target"]++
			}
		}
		for _, x := range filters {
			if x.Tags[policy.TagDeployment] == "main" {
				n["filter"]++
			}
		}
	}
	shares, err := e.stage.Cloud.Account(stage.Account, stage.Region).Sharing.GetResourceShares(ctx, "SELF", "mirrorwatch-main")
	e.ok(err)
	for _, s := range shares {
		if s.Status != "DELETED" && s.Status != "DELETING" {
			n["share"]++
		}
	}
	n["session"] = len(e.sessions())
	maps.DeleteFunc(n, func(_ string, n int) bool { return n == 0 })
	return n
}

// TestTeardownPage has every line that the custom resource logs.
func TestTeardownPage(t *testing.T) {
	_, section, found := strings.Cut(string(read(t, page)), "\n## Taking it down\n")
	section, _, _ = strings.Cut(section, "\n## ")
	files, _ := filepath.Glob("../../lambdas/mirror/resource/*.go")
	lines := 0
	for _, file := range files {
		for _, said := range logged.FindAllStringSubmatch(string(read(t, file)), -1) {
			if lines++; !strings.Contains(section, "`"+said[1]+"`") {
				t.Errorf("%s logs %q, and the page does not tell what it means", file, said[1])
			}
		}
	}
	if !found || lines < 6 {
		t.Errorf("the page has its part: %v; %d lines are logged", found, lines)
	}
}

var logged = regexp.MustCompile(`log\.(?:Info|Warn|Error)(?:Context\(ctx, |\()"([^"]+)"`)
