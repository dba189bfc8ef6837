package notify

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// enriched is the sample of an event with a context.
func enriched(t *testing.T) events.Event {
	t.Helper()
	b, err := os.ReadFile("../../events/testdata/event_detection_context.json")
	if err != nil {
		t.Fatal(err)
	}
	var e events.Event
	if err := json.Unmarshal(b, &e); err != nil || e.Detail.Detection == nil || e.Detail.Detection.Context == nil {
		t.Fatalf("the sample has no context: %v", err)
	}
	return e
}

const wholeLine = "not blocked: 310 of 334 tries were rejected; assumed-role/deploy/ana opened tcp 22 of sg-0a1b2c3d4e5f60001 to 0.0.0.0/0 at 03:02:05; " +
	"incident 4e07408562bedb8b60ce05c1decfe3ad; more is waited for"

func TestContextLine(t *testing.T) {
	flows := func(accepted, rejected uint64) *events.FlowSummary {
		return &events.FlowSummary{Accepted: events.FlowCount{Records: accepted}, Rejected: events.FlowCount{Records: rejected}}
	}
	for name, c := range map[string]struct {
		context *events.Context
		want    string
	}{
		"none":             {nil, ""},
		"nothing is known": {&events.Context{Flows: flows(0, 0)}, ""},
		"whole":            {enriched(t).Detail.Detection.Context, wholeLine},
		"blocked":          {&events.Context{Complete: true, Flows: flows(0, 7)}, "blocked: all 7 tries were rejected"},
		"let in":           {&events.Context{Complete: true, Flows: flows(7, 0)}, "not blocked"},
		"an incident":      {&events.Context{Complete: true, Incident: "i"}, "incident i"},
	} {
		if got := contextOf(&events.Detection{Context: c.context}); got != c.want {
			t.Errorf("%s: %q, not %q", name, got, c.want)
		}
	}
}

// TestContextInChannels: each channel that writes for people has the line, and the others the whole.
func TestContextInChannels(t *testing.T) {
	e := enriched(t)
	if text := slackEvent(&e, OnUpdated); !strings.Contains(text, "\nAWS: "+wholeLine+"\n") {
		t.Errorf("Slack shows %q", text)
	}
	if s := incidentOf("key", &e, OnUpdated).Payload.Summary; !strings.HasSuffix(s, " AWS: "+wholeLine) || !strings.Contains(s, e.Detail.Detection.Description) {
		t.Errorf("PagerDuty shows %q", s)
	}
	tmpl, err := parseTemplate(`{{json .context}}`)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := runTemplate(tmpl, one(e)); err != nil || string(got) != `"`+wholeLine+`"` {
		t.Errorf("a template shows %s, %v", got, err)
	}
	frames, err := (&syslog{host: "collector"}).frames("", one(e), syslogUDP, false)
	if err != nil || !strings.Contains(string(frames[0]), ` incident="4e07408562bedb8b60ce05c1decfe3ad"]`) {
		t.Errorf("syslog has %s, %v", frames, err)
	}
}

// Catches: what somebody in the account wrote becoming a mention or a line of its own, or pushing the message beyond what a channel takes.
func TestHostileContextInChannels(t *testing.T) {
	e := enriched(t)
	d := *e.Detail.Detection
	c := *d.Context
	d.Context, e.Detail.Detection = &c, &d
	evil := "<!channel>`\n\u202e\x1b]x\"\xff" + strings.Repeat("日", 3000)
	c.Incident, d.Description = evil[:40], evil
	c.Calls = []events.ContextCall{{Principal: evil, Summary: evil}}
	text := slackEvent(&e, OnUpdated)
	if strings.ContainsAny(text, "<>\u202e\x1b") || len(text) > slackText || !utf8.ValidString(text) {
		t.Errorf("%d bytes to Slack: %q", len(text), text)
	}
	if at := strings.Index(text, "AWS: "); at < 0 || !strings.Contains(text[at:], "&lt;!channel&gt;") {
		t.Errorf("Slack shows %q", text)
	}
	s := incidentOf("key", &e, OnUpdated).Payload.Summary
	if utf8.RuneCountInString(s) > summaryLimit || len(s) > summaryLimit || strings.ContainsAny(s, "\n\u202e\x1b") || !strings.Contains(s, " AWS: not blocked") {
		t.Errorf("%d bytes to PagerDuty: %q", len(s), s)
	}
	if frames, err := (&syslog{host: "collector"}).frames("", one(e), syslogUDP, false); err != nil || len(frames[0]) > syslogUDP || strings.ContainsAny(string(frames[0]), "\n\x1b") {
		t.Errorf("to syslog: %v", err)
	}
	var sent struct{ Blocks []json.RawMessage }
	b, err := json.Marshal(slackBody(one(e)))
	if err != nil || json.Unmarshal(b, &sent) != nil || len(sent.Blocks) != 3 {
		t.Errorf("%s, %v", b, err)
	}
}
