package deployed

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/deploy"
	"github.com/mirrorwatch/mirrorwatch/test/eventpattern"
	"github.com/mirrorwatch/mirrorwatch/test/region"
)

// tick is the minute of the schedules of correlation and of notifications, made short. That of the sweep is left as it is: what is
// tagged is seen by its events.
const (
	tick  = 2 * time.Second
	sweep = 5 * time.Minute
)

// bucket is that of the archive.
const bucket = named + "-archive"

// window is how long the mirror function's queue gathers events, as docs/operations.md has it.
const window = 5 * time.Second

// installation is what infrastructure deploys.
type installation struct {
	*world
	functions         map[string]*region.Function
	mirrors, logs     *region.Queue
	arrivals          *region.Queue // objects of Firehose's
	bucket            *region.Bucket
	asleep            func() // the mirror's queue wakes nobody any more
	sensor            *sensor
	topic             string
	mu                sync.Mutex
	told              []events.Event // on the installation's bus
	began             time.Time      // when the first packet went out
	tagged            time.Duration  // from tag to session
	answered, rounded time.Duration  // from packet to answer, and to the answer with its context
	vni               uint32
	sent              int // packets
}

// environments are those of the functions: what infrastructure writes, by the structs that it writes them with.
func (in *installation) environments() map[string]map[string]string {
	role := "arn:aws:iam::" + account + ":role/" + named + "-mirror"
	address := "https://mirrorwatch.example"
	correlate := deploy.Correlate{Table: named, Account: account, Metrics: true, Role: role}.Env()
	return map[string]map[string]string{
		"mirror":    deploy.Mirror{Table: named, Policy: "ssm:" + parameter, Role: role, Teardown: true}.Env(), // both of its functions in one,
		"publish":   deploy.Publish{Bus: named}.Env(),
		"correlate": correlate,
		"logs":      correlate,
		"notify":    deploy.Notify{Table: named, Topics: []string{in.topic}, Account: account, Address: address}.Env(),
		"archive":   deploy.Archiver{Archive: bucket}.Env(),
		"api": deploy.API{
			Table: named, Database: "mirrorwatch_" + deployment, Workgroup: named, UserPool: place + "_a1b2c3d4e", UserPoolClient: "client",
			Domain: "mirrorwatch.auth." + place + ".amazoncognito.com", Address: address,
		}.Env(),
	}
}

// deploy installs everything but the sensor, which comes by itself. It stays until the test is over.
func (w *world) deploy(t *testing.T, ctx context.Context, built programs) *installation {
	t.Helper()
	in := &installation{world: w, functions: map[string]*region.Function{}, topic: w.aws.ARN("sns", named+"-alerts")}
	of := map[string]string{"logs": "correlate"} // the same program once more
	settings := map[string]region.FunctionOptions{
		"mirror": {Concurrency: 3, Timeout: 15 * time.Minute, Memory: 1024},
		"api":    {Concurrency: 2},
	}
	for name, env := range in.environments() {
		program := name
		if other, is := of[name]; is {
			program = other
		}
		o := settings[name]
		role, err := w.role(ctx, named+"-"+name)
		if err != nil {
			t.Fatal(err)
		}
		o.Name, o.Bootstrap, o.Env, o.Role = named+"-"+name, built[program], env, role
		if o.Timeout == 0 {
			o.Timeout = time.Minute
		}
		f, err := w.aws.Function(o)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(f.Close)
		in.functions[name] = f
	}
	if err := in.connect(); err != nil {
		t.Fatal(err)
	}
	return in
}

// connect makes rules, queues, pollers and schedules, with the settings of docs/operations.md and docs/dynamodb.md.
func (in *installation) connect() error {
	in.mirrors = in.aws.Queue(region.QueueOptions{Name: named + "-mirror", Visibility: 90 * time.Minute, MaxReceive: 5})
	in.logs = in.aws.Queue(region.QueueOptions{Name: named + "-logs", Visibility: 6 * time.Minute, MaxReceive: 20})
	in.arrivals = in.aws.Queue(region.QueueOptions{Name: named + "-archive", Visibility: 6 * time.Minute, MaxReceive: 5})
	in.bucket = in.aws.Bucket(bucket, "incoming/", in.arrivals)
	page, err := documentation("operations.md")
	if err != nil {
		return err
	}
	rules, err := eventpattern.Rules(page)
	if err != nil {
		return err
	}
	for _, r := range rules {
		if r.Schedule == "" {
			in.aws.Rule(region.DefaultBus, r.Pattern, in.mirrors.Send)
		}
	}
	text, err := ruleForCalls(page)
	if err != nil {
		return err
	}
	calls, err := eventpattern.Parse([]byte(text))
	if err != nil {
		return err
	}
	in.aws.Rule(region.DefaultBus, calls, in.logs.Send)
	ours, err := eventpattern.Parse([]byte(`{"source": ["` + events.Source + `"]}`))
	if err != nil {
		return err
	}
	in.aws.Rule(named, ours, in.functions["notify"].Async)
	in.aws.Rule(named, ours, in.hear)

	in.asleep = in.mirrors.Wake(in.functions["mirror"], region.MappingOptions{Batch: 100, Window: window, Concurrency: 2})
	in.logs.Wake(in.functions["logs"], region.MappingOptions{Batch: 10})
	in.arrivals.Wake(in.functions["archive"], region.MappingOptions{Batch: 10})
	if err := in.follow("publish", `{"dynamodb": {"Keys": {"pk": {"S": [{"prefix": "D#"}, {"prefix": "E#"}, {"prefix": "O#"}]}}}}`); err != nil {
		return err
	}
	if err := in.follow("correlate", `{"dynamodb": {"Keys": {"pk": {"S": [{"prefix": "D#"}]}}}}`); err != nil {
		return err
	}
	in.functions["correlate"].Every(tick)
	in.functions["notify"].Every(tick)
	in.functions["mirror"].Every(sweep)
	return nil
}

// follow has the table's stream wake a function.
func (in *installation) follow(name, filter string) error {
	p, err := eventpattern.Parse([]byte(filter))
	if err != nil {
		return err
	}
	in.aws.Stream(in.functions[name], region.StreamOptions{Client: in.streams(), ARN: in.stream, Filter: p, Batch: 100, Attempts: 10})
	return nil
}

// hear notes an event of the installation's own bus.
func (in *installation) hear(raw []byte) {
	var e events.Event
	err := json.Unmarshal(raw, &e)
	in.mu.Lock()
	defer in.mu.Unlock()
	if err != nil {
		e.ID = fmt.Sprintf("unreadable: %v: %s", err, raw)
	}
	in.told = append(in.told, e)
}

// heard gives the events about a detection so far.
func (in *installation) heard(id string) (list []events.Event) {
	in.mu.Lock()
	defer in.mu.Unlock()
	for _, e := range in.told {
		if d := e.Detail.Detection; d != nil && d.ID == id {
			list = append(list, e)
		}
	}
	return list
}

// admin asks the API as somebody whom Cognito has in the administrators' group.
func (in *installation) admin(ctx context.Context, method, path, query string, body any) (status int, answer []byte, err error) {
	var text []byte
	if body != nil {
		if text, err = json.Marshal(body); err != nil {
			return 0, nil, err
		}
	}
	a, err := in.functions["api"].Ask(ctx, region.Request{
		Method: method, Path: path, Query: query, Body: string(text),
		Claims: map[string]string{"sub": "0d5b7c1e-0000-4000-8000-000000000001", "cognito:username": "anna", "cognito:groups": "[mirrorwatch-admin]", "token_use": "access"},
	})
	return a.Status, a.Body, err
}

// ask is admin for who wants an answer with a status, and reads it.
func (in *installation) ask(t *testing.T, ctx context.Context, want int, method, path, query string, body, into any) {
	t.Helper()
	status, answer, err := in.admin(ctx, method, path, query, body)
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", method, path, err, in.functions["api"].Logs())
	}
	if status != want {
		t.Fatalf("%s %s: status %d, want %d: %s\n%s", method, path, status, want, answer, in.functions["api"].Logs())
	}
	if into != nil {
		if err := json.Unmarshal(answer, into); err != nil {
			t.Fatalf("%s %s: %v: %s", method, path, err, answer)
		}
	}
}
