// Package functions runs the bootstrap binaries of lambdas/ as Lambda would, against DynamoDB Local and servers on the loopback. What
// comes in is recorded events; what goes out is whether the right thing happened at the far end. It never speaks with AWS.
package functions

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	aws_dynamodb "github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/deploy"
	"github.com/mirrorwatch/mirrorwatch/shared/notify"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
	"github.com/mirrorwatch/mirrorwatch/shared/store/dynamo"
	"github.com/mirrorwatch/mirrorwatch/test/dynamodb"
	"github.com/mirrorwatch/mirrorwatch/test/lambdahost"
)

// receiver is a webhook that verifies what it gets.
type receiver struct {
	*httptest.Server
	mu   sync.Mutex
	down bool
	got  []events.Event
}

func newReceiver(t *testing.T, secret string) *receiver {
	r := &receiver{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.down {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		var e events.Event
		if err := json.Unmarshal(body, &e); err != nil || !notify.Verify(secret, req.Header.Get(notify.HeaderSignature), body, time.Now().Unix(), 300) {
			t.Errorf("body %s: %v", body, err)
		}
		r.got = append(r.got, e)
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) set(down bool) { r.mu.Lock(); defer r.mu.Unlock(); r.down = down }

func (r *receiver) count() int { r.mu.Lock(); defer r.mu.Unlock(); return len(r.got) }

// table makes a table, and gives its endpoint and the store in it.
func table(t testing.TB, name string) (endpoint string, s *store.Store) {
	t.Helper()
	l, err := dynamodb.Start()
	dynamodb.Need(t, err)
	t.Cleanup(l.Close)
	client := aws_dynamodb.NewFromConfig(aws.Config{
		Region: "eu-central-1", BaseEndpoint: &l.Endpoint, Credentials: credentials.NewStaticCredentialsProvider("local", "local", ""),
	})
	if _, err := client.CreateTable(context.Background(), dynamo.Schema(name)); err != nil {
		t.Fatal(err)
	}
	if s, err = dynamo.Open(dynamo.Options{Client: client, Table: name, Now: time.Now}); err != nil {
		t.Fatal(err)
	}
	return l.Endpoint, s
}

func event(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestNotify drives the function cold and warm: events to a signed webhook, the same event again, a far end that is down and comes
// back, what is not ours, and a start without its environment.
func TestNotify(t *testing.T) {
	ctx := context.Background()
	endpoint, s := table(t, "mirrorwatch")
	far := newReceiver(t, "s3cret")
	rules := store.Collection[store.NotificationRule]{Kind: store.KindNotificationRule, Documents: s.Documents}
	rule := store.NotificationRule{Name: "all", Enabled: true, On: notify.Reasons(), Channel: store.Channel{Type: notify.TypeWebhook, URL: far.URL, Secret: "s3cret", Private: true}}
	if _, err := rules.Put(ctx, store.Item[store.NotificationRule]{ID: "rule-1", Value: rule}, store.New, nil); err != nil {
		t.Fatal(err)
	}
	h := host(t, "notify", endpoint, deploy.Notify{Table: "mirrorwatch", Account: "111122223333", Address: "https://mirrorwatch.example"}.Env())
	for i, name := range []string{"detection_created", "detection_updated", "detection_closed", "coverage_changed", "sensor_unhealthy", "mirror_health"} {
		for range 2 {
			began := time.Now()
			if _, err := h.Invoke(ctx, event(t, "../../events/testdata/event_"+name+".json")); err != nil {
				t.Fatalf("%s: %v\n%s", name, err, h.Logs())
			}
			t.Logf("%s: %s, process %d", name, time.Since(began).Round(time.Millisecond), h.Starts())
		}
		if far.count() != i+1 {
			t.Errorf("after %s and once more the same: %d messages", name, far.count())
		}
	}
	if h.Starts() != 1 {
		t.Errorf("%d processes: it was warm", h.Starts())
	}
	tick := event(t, "../../lambdas/notify/testdata/scheduled_event.json")
	waitsAndIsSent(t, h, far, tick)
	var failure *lambdahost.FunctionError
	if _, err := h.Invoke(ctx, event(t, "../../lambdas/notify/testdata/ec2_event.json")); !errors.As(err, &failure) || !strings.Contains(failure.Message, `source "aws.ec2" is not mirrorwatch`) {
		t.Errorf("what is not ours: %v", err)
	}
	if strings.Contains(h.Logs(), "s3cret") {
		t.Error("the secret is in the log")
	}
}

// waitsAndIsSent takes the far end down, and lets the schedule send when it is back.
func waitsAndIsSent(t *testing.T, h *lambdahost.Host, far *receiver, tick []byte) {
	t.Helper()
	ctx := context.Background()
	before := far.count()
	far.set(true)
	another := strings.ReplaceAll(string(event(t, "../../events/testdata/event_detection_created.json")), "5d41402abc4b2a76b9719d911017c592", "7d793037a0760186574b0282f2f435e7")
	if _, err := h.Invoke(ctx, []byte(another)); err != nil || far.count() != before {
		t.Errorf("far end down: %v, %d messages", err, far.count()-before)
	}
	far.set(false)
	for deadline := time.Now().Add(30 * time.Second); far.count() == before && time.Now().Before(deadline); time.Sleep(500 * time.Millisecond) {
		if _, err := h.Invoke(ctx, tick); err != nil {
			t.Fatal(err)
		}
	}
	if far.count() != before+1 {
		t.Errorf("far end back: %d messages", far.count()-before)
	}
	if !strings.Contains(h.Logs(), "answer 503") {
		t.Errorf("the log says nothing of the failure: %s", h.Logs())
	}
}

func TestNotifyWithoutEnvironment(t *testing.T) {
	h := host(t, "notify", "http://127.0.0.1:1", nil)
	_, err := h.Invoke(context.Background(), []byte("{}"))
	if err == nil || !strings.Contains(err.Error()+h.Logs(), deploy.Table) {
		t.Errorf("%v, want the variable named\n%s", err, h.Logs())
	}
}
