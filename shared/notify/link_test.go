package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

var update = flag.Bool("update", false, "write the golden bodies anew")

// published keeps what a topic is given.
type published struct{ message string }

func (p *published) Publish(_ context.Context, in *sns.PublishInput, _ ...func(*sns.Options)) (*sns.PublishOutput, error) {
	p.message = *in.Message
	return &sns.PublishOutput{}, nil
}

// TestBodiesWithLinks holds what every channel sends, to the byte: each leads to the detection's page in the console, where its format has a
// place for that.
func TestBodiesWithLinks(t *testing.T) {
	f, topic, folder := newFar(t, false), &published{}, t.TempDir()
	collector, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer collector.Close()
	web := func() []byte { return f.last(t).body }
	for name, c := range map[string]struct {
		to  store.Channel
		got func() []byte
	}{
		"webhook.json":   {store.Channel{Type: TypeWebhook, URL: f.URL}, web},
		"ocsf.json":      {store.Channel{Type: TypeWebhook, URL: f.URL, Format: FormOCSF}, web},
		"asff.json":      {store.Channel{Type: TypeWebhook, URL: f.URL, Format: FormASFF}, web},
		"template.txt":   {store.Channel{Type: TypeWebhook, URL: f.URL, Template: "{{.subject}}\n{{.url}}\n{{.event.url}}\n"}, web},
		"slack.json":     {store.Channel{Type: TypeSlack, URL: f.URL}, web},
		"pagerduty.json": {store.Channel{Type: TypePagerDuty, URL: f.URL, Secret: "R0UT1NGKEY"}, web},
		"sns.json":       {store.Channel{Type: TypeSNS, Topic: "arn:aws:sns:eu-central-1:111122223333:alerts"}, func() []byte { return []byte(topic.message) }},
		"syslog.txt": {store.Channel{Type: TypeSyslog, Address: "udp://" + collector.LocalAddr().String()}, func() []byte {
			buf := make([]byte, 64<<10)
			_ = collector.SetReadDeadline(time.Now().Add(5 * time.Second))
			n, _, err := collector.ReadFrom(buf)
			if err != nil {
				t.Fatal(err)
			}
			return buf[:n]
		}},
		"jsonl.json": {store.Channel{Type: TypeJSONL, Path: "out.jsonl"}, func() []byte {
			b, err := os.ReadFile(filepath.Join(folder, "out.jsonl"))
			if err != nil {
				t.Fatal(err)
			}
			return b
		}},
	} {
		c.to.Private = true
		h := newHouse(t)
		h.Address = "https://mw.example.com/"
		h.Channels = Channels(ChannelOptions{Folder: folder, SNS: topic, Timeout: 5 * time.Second, Version: "1.0", Account: "111122223333", Region: "eu-central-1", Host: "box"})
		h.put(t, store.NotificationRule{Name: "night shift", Enabled: true, Channel: c.to})
		h.handle(t, detected("4f0a1ac1", 1, events.DetectionCreated, 70))
		h.flush(t, time.Second)
		body := c.got()
		if strings.HasSuffix(name, ".json") {
			var pretty bytes.Buffer
			if err := json.Indent(&pretty, body, "", "  "); err != nil {
				t.Fatalf("%s: %v: %s", name, err, body)
			}
			body = append(bytes.TrimSpace(pretty.Bytes()), '\n')
		}
		compare(t, name, body)
	}
}

func compare(t *testing.T, name string, body []byte) {
	t.Helper()
	path := filepath.Join("testdata", "linked", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, body, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(body, want) {
		t.Errorf("%s is\n%s\nwant\n%s", name, body, want)
	}
	if !bytes.Contains(body, []byte("https://mw.example.com/detections/4f0a1ac1")) {
		t.Errorf("%s leads nowhere: %s", name, body)
	}
}

// TestWhereLinksLead: to the page of a detection whatever is in its id; of a test, whose detection is nowhere, to all of them; and nowhere
// where nobody said where the console is.
func TestWhereLinksLead(t *testing.T) {
	sensor := events.Event{ID: "s", DetailType: events.SensorUnhealthy, Detail: events.Detail{Subject: "sensor-a", Health: &events.Health{Sensor: "sensor-a"}}}
	for _, c := range []struct {
		address, reason, want string
		e                     events.Event
	}{
		{"https://mw.example.com", OnCreated, "https://mw.example.com/detections/a", detected("a", 1, events.DetectionCreated, 70)},
		{"http://127.0.0.1:8080/", OnCreated, "http://127.0.0.1:8080/detections/a", detected("a", 1, events.DetectionCreated, 70)},
		{"https://mw.example.com", OnCreated, "https://mw.example.com/detections/..%2F%3Fa%7Cb%3E%20%22", detected(`../?a|b> "`, 1, events.DetectionCreated, 70)},
		{"https://mw.example.com", ReasonTest, "https://mw.example.com/detections", detected("a", 1, events.DetectionCreated, 70)},
		{"https://mw.example.com", OnHealth, "", sensor},
		{"", OnCreated, "", detected("a", 1, events.DetectionCreated, 70)},
	} {
		m := one(c.e)
		m.Reason = c.reason
		if links(c.address).put(&m); m.Events[0].URL != c.want {
			t.Errorf("%q, %s: %s, want %s", c.address, c.reason, m.Events[0].URL, c.want)
		}
	}
	h := newHouse(t, store.NotificationRule{Name: "r"})
	h.Address = "https://mw.example.com"
	if err := h.Test(context.Background(), store.NotificationRule{Name: "r", Channel: store.Channel{Type: TypeWebhook, URL: "https://example.com/hook"}}); err != nil {
		t.Fatal(err)
	}
	if got := h.out.got[0].Events[0].URL; got != "https://mw.example.com/detections" {
		t.Errorf("a test leads to %q", got)
	}
}

// TestLinksAreNotStored: what waits to be sent, and what could not be, has none. A console that moves takes its links along.
func TestLinksAreNotStored(t *testing.T) {
	h := newHouse(t, store.NotificationRule{Name: "r"})
	h.Address = "https://old.example.com"
	h.out.fail = []error{permanent(http.ErrNotSupported)}
	h.handle(t, detected("a", 1, events.DetectionCreated, 70))
	h.flush(t, time.Second)
	letters := h.docs.ids(store.KindDeadLetter, "")
	if len(letters) != 1 {
		t.Fatalf("dead letters %q", letters)
	}
	h.Address = "https://new.example.com"
	if err := h.Resend(context.Background(), letters[0]); err != nil {
		t.Fatal(err)
	}
	h.flush(t, time.Second)
	if len(h.out.got) != 1 || h.out.got[0].Events[0].URL != "https://new.example.com/detections/a" {
		t.Errorf("%+v", h.out.got)
	}
	for _, doc := range h.docs.all {
		if bytes.Contains(doc.Body, []byte("example.com/detections")) {
			t.Errorf("stored: %s", doc.Body)
		}
	}
}

// TestSlackLinkIsWhole: a text that is too long is cut before the link, and a link is left out before it is cut.
func TestSlackLinkIsWhole(t *testing.T) {
	e := hostile()
	e.Detail.Detection.Description = strings.Repeat("long <story> ", 1000)
	e.Detail.Detection.Title = strings.Repeat("&", 1000)
	e.URL = "https://mw.example.com/detections/4f0a?a&b|c>d"
	text := slackEvent(&e, OnCreated)
	if !strings.HasSuffix(text, "\n<https://mw.example.com/detections/4f0a?a&amp;b%7Cc%3Ed|Open in Mirrorwatch>") || len(text) > slackText || strings.Count(text, "<") != 1 {
		t.Errorf("%d: %s", len(text), text)
	}
	e.URL = "https://mw.example.com/detections/" + strings.Repeat("a", maxLink)
	if text := slackEvent(&e, OnCreated); strings.ContainsAny(text, "<>") {
		t.Errorf("%s", text)
	}
}
