package notify

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	aws "github.com/aws/aws-lambda-go/events"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/notify"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// documents is a store of documents as simple as can be.
type documents struct {
	store.Documents // what nobody here asks for

	mu   sync.Mutex
	all  map[string]store.Document
	fail error
}

func (d *documents) Get(_ context.Context, k store.Kind, id string) (store.Document, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if doc, ok := d.all[string(k)+"\x00"+id]; ok {
		return doc, nil
	}
	return store.Document{}, store.ErrNotFound
}

func (d *documents) List(_ context.Context, k store.Kind, q store.ListQuery) (p store.DocumentPage, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	p.Complete = true
	for _, doc := range d.all {
		if doc.Kind == k && strings.HasPrefix(doc.ID, q.Prefix) {
			p.Items = append(p.Items, doc)
		}
	}
	slices.SortFunc(p.Items, func(a, b store.Document) int { return strings.Compare(a.ID, b.ID) })
	return p, nil
}

func (d *documents) Write(_ context.Context, changes []store.Write, _ *store.AuditEntry) (out []store.Document, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fail != nil {
		return nil, d.fail
	}
	for _, c := range changes {
		have, there := d.all[string(c.Kind)+"\x00"+c.ID]
		if c.If > 0 && have.Revision != int64(c.If) || c.If == store.New && there {
			return nil, store.ErrConflict
		}
	}
	for _, c := range changes {
		key := string(c.Kind) + "\x00" + c.ID
		doc := store.Document{Kind: c.Kind, ID: c.ID, Revision: d.all[key].Revision + 1, Body: c.Body}
		if d.all[key] = doc; c.Body == nil {
			delete(d.all, key)
		}
		out = append(out, doc)
	}
	return out, nil
}

type recorder struct {
	fail error
	got  []notify.Message
}

func (r *recorder) Send(_ context.Context, _ store.Channel, m notify.Message) error {
	if r.fail != nil {
		return r.fail
	}
	r.got = append(r.got, m)
	return nil
}

type world struct {
	*Handler
	docs *documents
	out  *recorder
	now  time.Time
	log  strings.Builder
}

func newWorld(t *testing.T, rules ...store.NotificationRule) *world {
	t.Helper()
	w := &world{docs: &documents{all: map[string]store.Document{}}, out: &recorder{}, now: time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)}
	for _, r := range rules {
		r.Enabled, r.Channel = true, store.Channel{Type: notify.TypeWebhook, URL: "https://example.com"}
		body, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		w.docs.all[string(store.KindNotificationRule)+"\x00"+r.Name] = store.Document{Kind: store.KindNotificationRule, ID: r.Name, Revision: 1, Body: body}
	}
	w.Handler = New(Options{
		Documents: w.docs, Channels: map[string]notify.Channel{notify.TypeWebhook: w.out}, Now: func() time.Time { return w.now }, Address: "https://mw.example.com",
		Log: slog.New(slog.NewTextHandler(&w.log, nil)),
	})
	return w
}

func sample(t *testing.T, path string) (e aws.EventBridgeEvent) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &e); err != nil {
		t.Fatal(err)
	}
	return e
}

func TestSamplesAreTold(t *testing.T) {
	w := newWorld(t, store.NotificationRule{Name: "all", On: notify.Reasons()})
	for _, c := range []struct{ name, reason string }{
		{"detection_created", "created"}, {"detection_updated", "escalated"}, {"detection_closed", "closed"}, {"coverage_changed", "coverage"}, {"sensor_unhealthy", "health"},
		{"mirror_health", "mirror"},
	} {
		e := sample(t, "../../events/testdata/event_"+c.name+".json")
		for range 2 {
			if err := w.Handle(context.Background(), e); err != nil {
				t.Fatal(err)
			}
			e.ID += "-again" // EventBridge names the same event anew
		}
		if len(w.out.got) != 1 || w.out.got[0].Reason != c.reason || w.out.got[0].Events[0].Account != "111122223333" {
			t.Errorf("%s: %+v", c.name, w.out.got)
		}
		if d, url := w.out.got[0].Events[0].Detail.Detection, w.out.got[0].Events[0].URL; d == nil && url != "" || d != nil && url != "https://mw.example.com/detections/"+d.ID {
			t.Errorf("%s leads to %q", c.name, url)
		}
		w.out.got = nil
	}
}

func TestScheduleSendsWhatWaits(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t, store.NotificationRule{Name: "digest", Digest: "15m"}, store.NotificationRule{Name: "now"})
	w.out.fail = errors.New("down")
	if err := w.Handle(ctx, sample(t, "../../events/testdata/event_detection_created.json")); err != nil {
		t.Fatalf("a channel that is down is no failure of the function: %v", err)
	}
	if !strings.Contains(w.log.String(), `msg="cannot notify" rule=now error="send to webhook: down"`) {
		t.Errorf("log %q", w.log.String())
	}
	w.out.fail = nil
	tick := sample(t, "testdata/scheduled_event.json")
	for _, c := range []struct {
		pass time.Duration
		want int
	}{{0, 0}, {time.Minute, 1}, {14 * time.Minute, 2}, {time.Hour, 2}} {
		w.now = w.now.Add(c.pass)
		if err := w.Handle(ctx, tick); err != nil {
			t.Fatal(err)
		}
		if len(w.out.got) != c.want {
			t.Errorf("after %s: %d messages, want %d", c.pass, len(w.out.got), c.want)
		}
	}
}

func TestWhatIsNotWrittenDownComesAgain(t *testing.T) {
	w := newWorld(t, store.NotificationRule{Name: "now"})
	w.docs.fail = store.ErrUnavailable
	e := sample(t, "../../events/testdata/event_detection_created.json")
	if err := w.Handle(context.Background(), e); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("%v", err)
	}
	w.docs.fail = nil
	if err := w.Handle(context.Background(), e); err != nil || len(w.out.got) != 1 {
		t.Errorf("%v, %d messages", err, len(w.out.got))
	}
}

func TestNoTimeLeft(t *testing.T) {
	w := newWorld(t, store.NotificationRule{Name: "now"})
	ctx, cancel := context.WithTimeout(context.Background(), spare-time.Second)
	defer cancel()
	if err := w.Handle(ctx, sample(t, "../../events/testdata/event_detection_created.json")); err != nil || len(w.out.got) != 0 {
		t.Errorf("%v, %d messages: what there is no time for must wait", err, len(w.out.got))
	}
	if err := w.Handle(context.Background(), sample(t, "testdata/scheduled_event.json")); err != nil || len(w.out.got) != 1 {
		t.Errorf("%v, %d messages", err, len(w.out.got))
	}
}

func TestRefused(t *testing.T) {
	w := newWorld(t, store.NotificationRule{Name: "all", On: notify.Reasons()})
	ours := sample(t, "../../events/testdata/event_detection_created.json")
	for want, change := range map[string]func(*aws.EventBridgeEvent){
		`source "aws.ec2" is not mirrorwatch`: func(e *aws.EventBridgeEvent) { *e = sample(t, "testdata/ec2_event.json") },
		"decode detail":                       func(e *aws.EventBridgeEvent) { e.Detail = json.RawMessage(`{"version":"one"}`) },
		"detail version 2 is not 1 to 1":      func(e *aws.EventBridgeEvent) { e.Detail = json.RawMessage(`{"version":2}`) },
		`detail-type "Detection Lost"`:        func(e *aws.EventBridgeEvent) { e.DetailType = "Detection Lost" },
		"without what it is about":            func(e *aws.EventBridgeEvent) { e.DetailType = string(events.CoverageChanged) },
	} {
		e := ours
		change(&e)
		if err := w.Handle(context.Background(), e); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	if len(w.out.got) != 0 {
		t.Errorf("sent %+v", w.out.got)
	}
}
