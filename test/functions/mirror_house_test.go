package functions

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/plan"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/policy"
	"github.com/mirrorwatch/mirrorwatch/shared/deploy"
	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
	"github.com/mirrorwatch/mirrorwatch/test/ec2fake"
	"github.com/mirrorwatch/mirrorwatch/test/ec2fake/wire/stage"
	"github.com/mirrorwatch/mirrorwatch/test/lambdahost"
)

const parameter = "/mirrorwatch/policy"

// estate is the imitation of AWS with DynamoDB Local behind it, and the function that keeps its mirror sessions.
type estate struct {
	t         testing.TB
	stage     *stage.Stage
	store     *store.Store
	aws       *httptest.Server
	database  string
	bootstrap string
	ticks     int

	mu   sync.Mutex
	told []json.RawMessage // events that EventBridge would have delivered
}

func newEstate(t testing.TB) *estate {
	t.Helper()
	e := &estate{t: t}
	e.database, e.store = table(t, "mirrorwatch")
	var err error
	e.stage, err = stage.New(stage.Options{Now: time.Now, Seed: 11})
	e.ok(err)
	e.stage.Cloud.Organize(stage.Account, stage.Other)
	e.stage.Cloud.Listen(func(_, _ string, event json.RawMessage) {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.told = append(e.told, event)
	})
	e.aws = httptest.NewServer(e.stage.Server)
	t.Cleanup(e.aws.Close)
	e.write("")
	e.bootstrap = filepath.Join(t.TempDir(), "bootstrap")
	e.ok(lambdahost.Build(context.Background(), lambdahost.BuildOptions{Package: "../../lambdas/mirror/main", Output: e.bootstrap}))
	return e
}

func (e *estate) ok(err error) {
	e.t.Helper()
	if err != nil {
		e.t.Fatal(err)
	}
}

// write makes the policy the parameter that the function reads.
func (e *estate) write(more string) {
	e.t.Helper()
	e.ok(e.stage.Server.SetParameter(stage.Account, stage.Region, parameter, fmt.Sprintf(`version: 1
deployment: main
accounts:
  - {id: %q, regions: [%s], calls: {read: 1000, write: 1000}}
  - {id: %q, role: %q, regions: [%s], calls: {read: 1000, write: 1000}}
fleet:
  account: %q
  targets:
    - {region: %s, load_balancer: %q, target_group: %q}
%s`, stage.Account, stage.Region, stage.Other, stage.Role, stage.Region, stage.Account, stage.Region,
		e.stage.Fleet.Balancer.ARN, e.stage.Fleet.TargetGroup.ARN, more)))
}

// host gives a place in which the function runs, with more of its environment. Nothing of it runs before the first event.
func (e *estate) host(timeout time.Duration, more ...string) *lambdahost.Host {
	e.t.Helper()
	vars := []string{
		"AWS_ENDPOINT_URL=" + e.aws.URL, "AWS_ENDPOINT_URL_DYNAMODB=" + e.database, "AWS_ACCESS_KEY_ID=" + stage.Key,
		"AWS_SECRET_ACCESS_KEY=not-verified", "AWS_REGION=" + stage.Region, "AWS_EC2_METADATA_DISABLED=true",
	}
	for k, v := range (deploy.Mirror{Table: "mirrorwatch", Policy: "ssm:" + parameter, Role: "arn:aws:iam::" + stage.Account + ":role/mirror", Teardown: true}).Env() {
		vars = append(vars, k+"="+v)
	}
	h, err := lambdahost.New(lambdahost.Options{Bootstrap: e.bootstrap, Name: "mirror", Env: append(vars, more...), Timeout: timeout})
	e.ok(err)
	e.t.Cleanup(func() { h.Close() }) //nolint:errcheck // the machine's end
	return h
}

// schedule is the event of the schedule, each time another one: the same again would be no news.
func (e *estate) schedule() []byte {
	e.t.Helper()
	raw, err := os.ReadFile("../../lambdas/mirror/trigger/testdata/schedule.json")
	e.ok(err)
	var in map[string]any
	e.ok(json.Unmarshal(raw, &in))
	e.ticks++
	in["id"], in["time"] = fmt.Sprint("tick-", e.ticks), time.Now().UTC().Format(time.RFC3339)
	out, err := json.Marshal(in)
	e.ok(err)
	return out
}

// heard gives the events since it was asked last.
func (e *estate) heard() []json.RawMessage {
	e.mu.Lock()
	defer e.mu.Unlock()
	list := e.told
	e.told = nil
	return list
}

// about gives, of the events since it was asked last, the first of a kind that names an id.
func (e *estate) about(kind, id string) json.RawMessage {
	e.t.Helper()
	for _, raw := range e.heard() {
		var head struct {
			Kind string `json:"detail-type"`
		}
		e.ok(json.Unmarshal(raw, &head))
		if head.Kind == kind && strings.Contains(string(raw), id) {
			return raw
		}
	}
	e.t.Fatalf("the imitation told of no %q with %s", kind, id)
	return nil
}

// batch is what SQS hands to Lambda: bodies by message id.
func batch(bodies map[string]string) []byte {
	var in events.SQSEvent
	for _, id := range slices.Sorted(maps.Keys(bodies)) {
		in.Records = append(in.Records, events.SQSMessage{MessageId: id, Body: bodies[id], EventSource: "aws:sqs"})
	}
	out, _ := json.Marshal(in) // of texts only
	return out
}

// again invokes the function with a batch and gives the messages that must come again.
func (e *estate) again(h *lambdahost.Host, bodies map[string]string) []string {
	e.t.Helper()
	out, err := h.Invoke(context.Background(), batch(bodies))
	if err != nil {
		e.t.Fatalf("%v\n%s", err, h.Logs())
	}
	var answer struct {
		Failures *[]struct {
			ID string `json:"itemIdentifier"`
		} `json:"batchItemFailures"`
	}
	e.ok(json.Unmarshal(out, &answer))
	if answer.Failures == nil {
		e.t.Fatalf("answer without batchItemFailures: %s", out)
	}
	ids := []string{}
	for _, f := range *answer.Failures {
		ids = append(ids, f.ID)
	}
	slices.Sort(ids)
	return ids
}

// sessions gives every session that is ours, by interface, and checks that no interface has two and that no VNI is there twice.
func (e *estate) sessions() map[string]ec2api.TrafficMirrorSession {
	e.t.Helper()
	byInterface, byVNI := map[string]ec2api.TrafficMirrorSession{}, map[uint32]string{}
	for _, account := range []string{stage.Account, stage.Other} {
		list, err := ec2api.All(context.Background(), e.stage.Cloud.Account(account, stage.Region).EC2.DescribeTrafficMirrorSessions, ec2api.Query{})
		e.ok(err)
		for _, s := range list {
			if s.Tags[policy.TagDeployment] != "main" {
				continue
			}
			if other, double := byInterface[s.NetworkInterface]; double {
				e.t.Errorf("%s has two sessions of ours: %s and %s", s.NetworkInterface, other.ID, s.ID)
			}
			if other, double := byVNI[s.VirtualNetworkID]; double {
				e.t.Errorf("VNI %d is that of %s and of %s", s.VirtualNetworkID, other, s.ID)
			}
			byInterface[s.NetworkInterface], byVNI[s.VirtualNetworkID] = s, s.ID
		}
	}
	return byInterface
}

// bindings gives every VNI that is leased, by interface.
func (e *estate) bindings() map[string]uint32 {
	e.t.Helper()
	out := map[string]uint32{}
	for q := (store.ListQuery{}); ; {
		page, err := e.store.Mirror.Bound(context.Background(), q)
		e.ok(err)
		for _, b := range page.Items {
			if vni, double := out[b.Interface]; double {
				e.t.Errorf("%s has VNI %d and VNI %d", b.Interface, vni, b.VNI)
			}
			out[b.Interface] = b.VNI
		}
		if page.Next == "" {
			return out
		}
		q.Cursor = page.Next
	}
}

// holds checks that the sessions are those of these interfaces and the leases those of the sessions, and that AWS's rules were kept.
func (e *estate) holds(when string, want []string) {
	e.t.Helper()
	have, bound := e.sessions(), e.bindings()
	slices.Sort(want)
	if got := slices.Sorted(maps.Keys(have)); !slices.Equal(got, want) {
		e.t.Errorf("%s: sessions of %d interfaces\n%v\nwant those of %d\n%v", when, len(got), got, len(want), want)
	}
	if len(bound) != len(have) {
		e.t.Errorf("%s: %d VNIs are leased for %d sessions", when, len(bound), len(have))
	}
	for eni, s := range have {
		if bound[eni] != s.VirtualNetworkID {
			e.t.Errorf("%s: %s has VNI %d, and %d is leased", when, eni, s.VirtualNetworkID, bound[eni])
		}
	}
	if err := e.stage.Cloud.Check(); err != nil {
		e.t.Errorf("%s: %v", when, err)
	}
}

// lease makes the document of a place say that somebody holds it until then.
func (e *estate) lease(account string, until time.Time) {
	e.t.Helper()
	ctx, place := context.Background(), plan.Place(account, stage.Region)
	leases := store.Collection[mirror.Lease]{Kind: store.KindMirrorLease, Documents: e.store.Documents}
	have, err := leases.Get(ctx, place)
	e.ok(err)
	have.Value.Until = until
	if until.After(time.Now()) {
		have.Value.Holder = "somebody else"
	}
	_, err = leases.Put(ctx, have, store.Condition(have.Revision), nil)
	e.ok(err)
}

// process finds the function's process by its program.
func (e *estate) process() int {
	found, _ := filepath.Glob("/proc/[0-9]*/exe")
	for _, link := range found {
		if to, err := os.Readlink(link); err == nil && to == e.bootstrap {
			var pid int
			if _, err := fmt.Sscanf(link, "/proc/%d/exe", &pid); err == nil {
				return pid
			}
		}
	}
	e.t.Error("there is no process of the function")
	return 0
}

// killAt ends the function at the n-th session that it asks for: before EC2 hears of it, or when EC2 has made it and nobody else knows.
func (e *estate) killAt(n int, made bool) {
	kill := func() {
		if pid := e.process(); pid > 0 {
			syscall.Kill(pid, syscall.SIGKILL) //nolint:errcheck // the invocation would tell
		}
	}
	var mu sync.Mutex
	seen := 0
	at := func(call string) bool {
		mu.Lock()
		defer mu.Unlock()
		if call == "CreateTrafficMirrorSession" {
			seen++
		}
		return call == "CreateTrafficMirrorSession" && seen == n
	}
	if made {
		e.stage.Cloud.Hooks(nil, func(_ context.Context, _, _, call string, outcome error) error {
			if at(call) {
				kill()
			}
			return outcome
		})
		return
	}
	e.stage.Cloud.Hooks(func(_ context.Context, _, _, call string) error {
		if at(call) {
			kill()
			return &ec2api.Error{Code: "InternalError", Message: "the caller is gone", Status: http.StatusInternalServerError}
		}
		return nil
	}, nil)
}

// run runs instances that are to be mirrored and gives their interfaces.
func (e *estate) run(n int) []string {
	e.t.Helper()
	var list []string
	for range n {
		in := ec2fake.InstanceSpec{Subnet: e.stage.Subnets[1].ID, Type: "m5.large", Tags: map[string]string{"mirrorwatch": "on"}}
		made, err := e.stage.Cloud.RunInstance(in)
		e.ok(err)
		list = append(list, made.Interfaces...)
	}
	return list
}
