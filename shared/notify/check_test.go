package notify

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

func TestCheck(t *testing.T) {
	hook := store.Channel{Type: TypeWebhook, URL: "https://example.com/hook"}
	for name, c := range map[string]struct {
		field string
		rule  store.NotificationRule
	}{
		"plain":             {"", store.NotificationRule{Name: "r", Channel: hook}},
		"everything":        {"", store.NotificationRule{Name: "Nachtdienst ☾", On: Reasons(), Digest: "24h", PerHour: 10, Quiet: []store.QuietHours{{Days: []string{"mon"}, From: "22:00", To: "06:00", Zone: "Europe/Berlin", MinScore: 80}}, Channel: hook}},
		"slack":             {"", store.NotificationRule{Name: "r", Channel: store.Channel{Type: TypeSlack, URL: "https://hooks.slack.example/x"}}},
		"pagerduty":         {"", store.NotificationRule{Name: "r", Channel: store.Channel{Type: TypePagerDuty, Secret: "0123456789abcdef0123456789abcdef"}}},
		"sns":               {"", store.NotificationRule{Name: "r", Channel: store.Channel{Type: TypeSNS, Topic: "arn:aws-us-gov:sns:us-gov-west-1:111122223333:alerts"}}},
		"syslog":            {"", store.NotificationRule{Name: "r", Channel: store.Channel{Type: TypeSyslog, Address: "tls://logs.example.com"}}},
		"jsonl":             {"", store.NotificationRule{Name: "r", Channel: store.Channel{Type: TypeJSONL, Path: "alerts.jsonl", Format: FormOCSF}}},
		"private allowed":   {"", store.NotificationRule{Name: "r", Channel: store.Channel{Type: TypeWebhook, URL: "http://10.0.0.1/x", Private: true}}},
		"no name":           {"name", store.NotificationRule{Channel: hook}},
		"name of two lines": {"name", store.NotificationRule{Name: "a\nb", Channel: hook}},
		"on":                {"on", store.NotificationRule{Name: "r", On: []string{"deleted"}, Channel: hook}},
		"filter":            {"match.text", store.NotificationRule{Name: "r", Match: store.DetectionFilter{Text: "x"}, Channel: hook}},
		"rate":              {"per_hour", store.NotificationRule{Name: "r", PerHour: -1, Channel: hook}},
		"rate too high":     {"per_hour", store.NotificationRule{Name: "r", PerHour: 1001, Channel: hook}},
		"digest":            {"digest", store.NotificationRule{Name: "r", Digest: "soon", Channel: hook}},
		"digest too short":  {"digest", store.NotificationRule{Name: "r", Digest: "1s", Channel: hook}},
		"digest too long":   {"digest", store.NotificationRule{Name: "r", Digest: "1000h", Channel: hook}},
		"day":               {"quiet.days", store.NotificationRule{Name: "r", Quiet: []store.QuietHours{{Days: []string{"Monday"}, From: "22:00", To: "06:00"}}, Channel: hook}},
		"from":              {"quiet.from", store.NotificationRule{Name: "r", Quiet: []store.QuietHours{{From: "24:00", To: "06:00"}}, Channel: hook}},
		"to":                {"quiet.to", store.NotificationRule{Name: "r", Quiet: []store.QuietHours{{From: "22:00", To: "6:00"}}, Channel: hook}},
		"zone":              {"quiet.zone", store.NotificationRule{Name: "r", Quiet: []store.QuietHours{{From: "22:00", To: "06:00", Zone: "../etc/passwd"}}, Channel: hook}},
		"local zone":        {"quiet.zone", store.NotificationRule{Name: "r", Quiet: []store.QuietHours{{From: "22:00", To: "06:00", Zone: "Local"}}, Channel: hook}},
		"min score":         {"quiet.min_score", store.NotificationRule{Name: "r", Quiet: []store.QuietHours{{From: "22:00", To: "06:00", MinScore: 100}}, Channel: hook}},
		"no channel":        {"channel.type", store.NotificationRule{Name: "r"}},
		"scheme":            {"channel.url", store.NotificationRule{Name: "r", Channel: store.Channel{Type: TypeWebhook, URL: "file:///etc/passwd"}}},
		"gopher":            {"channel.url", store.NotificationRule{Name: "r", Channel: store.Channel{Type: TypeSlack, URL: "gopher://example.com"}}},
		"metadata":          {"channel.url", store.NotificationRule{Name: "r", Channel: store.Channel{Type: TypeWebhook, URL: "http://169.254.169.254/latest", Private: true}}},
		"header name":       {"channel.headers", store.NotificationRule{Name: "r", Channel: store.Channel{Type: TypeWebhook, URL: hook.URL, Headers: map[string]string{"X Y": "z"}}}},
		"header of ours":    {"channel.headers", store.NotificationRule{Name: "r", Channel: store.Channel{Type: TypeWebhook, URL: hook.URL, Headers: map[string]string{"host": "z"}}}},
		"header value":      {"channel.headers.X-A", store.NotificationRule{Name: "r", Channel: store.Channel{Type: TypeWebhook, URL: hook.URL, Headers: map[string]string{"X-A": "z\r\nX-B: y"}}}},
		"routing key":       {"channel.secret", store.NotificationRule{Name: "r", Channel: store.Channel{Type: TypePagerDuty, Secret: "\"}"}}},
		"topic":             {"channel.topic", store.NotificationRule{Name: "r", Channel: store.Channel{Type: TypeSNS, Topic: "arn:aws:sqs:eu-central-1:111122223333:q"}}},
		"syslog scheme":     {"channel.address", store.NotificationRule{Name: "r", Channel: store.Channel{Type: TypeSyslog, Address: "logs.example.com:514"}}},
		"syslog private":    {"channel.address", store.NotificationRule{Name: "r", Channel: store.Channel{Type: TypeSyslog, Address: "udp://10.0.0.1:514"}}},
		"syslog port":       {"channel.address", store.NotificationRule{Name: "r", Channel: store.Channel{Type: TypeSyslog, Address: "udp://logs.example.com:99999"}}},
		"path":              {"channel.path", store.NotificationRule{Name: "r", Channel: store.Channel{Type: TypeJSONL, Path: "../x"}}},
		"format":            {"channel.format", store.NotificationRule{Name: "r", Channel: store.Channel{Type: TypeWebhook, URL: hook.URL, Format: "xml"}}},
		"format of slack":   {"channel.format", store.NotificationRule{Name: "r", Channel: store.Channel{Type: TypeSlack, URL: hook.URL, Format: FormOCSF}}},
		"format of health":  {"channel.format", store.NotificationRule{Name: "r", On: []string{OnHealth}, Channel: store.Channel{Type: TypeWebhook, URL: hook.URL, Format: FormASFF}}},
		"format of mirror":  {"channel.format", store.NotificationRule{Name: "r", On: []string{OnMirror}, Channel: store.Channel{Type: TypeWebhook, URL: hook.URL, Format: FormOCSF}}},
		"template":          {"channel.template", store.NotificationRule{Name: "r", Channel: store.Channel{Type: TypeWebhook, URL: hook.URL, Template: "{{.x"}}},
		"template of slack": {"channel.template", store.NotificationRule{Name: "r", Channel: store.Channel{Type: TypeSlack, URL: hook.URL, Template: "x"}}},
	} {
		err := Check(c.rule)
		var bad *store.Invalid
		switch {
		case c.field == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case c.field != "" && (!errors.As(err, &bad) || bad.Field != c.field || bad.Allowed == "" || !errors.Is(err, store.ErrInvalid)):
			t.Errorf("%s: %v, want %s named", name, err, c.field)
		}
	}
}

func TestCheckHidesSecrets(t *testing.T) {
	for _, c := range []store.Channel{
		{Type: TypeWebhook, URL: "ftp://example.com/very-secret"},
		{Type: TypeWebhook, URL: "https://example.com", Headers: map[string]string{"Authorization": "very-secret\n"}},
		{Type: TypePagerDuty, Secret: "very-secret"},
		{Type: TypeWebhook, URL: "https://example.com", Secret: strings.Repeat("very-secret", 1000)},
	} {
		if err := Check(store.NotificationRule{Name: "r", Channel: c}); err == nil || strings.Contains(err.Error(), "very-secret") {
			t.Errorf("%v", err)
		}
	}
}

func TestTemplates(t *testing.T) {
	m := Message{Rule: "r", Reason: OnCreated, Count: 1, Time: start, Events: []events.Event{hostile()}}
	for text, want := range map[string]string{
		`{{.rule}} {{.count}} {{.reason}}`:                                                                       "r 1 created",
		`{{.event.detail.detection.id | upper}} {{len .events}}`:                                                 "A 1",
		`{{range .event.detail.detection.participants}}{{.address}};{{end}}`:                                     "10.20.1.66;10.0.0.1;",
		`{{otherwise "nobody" .event.detail.detection.assignee}}`:                                                "nobody",
		`{{index .event "detail-type"}}`:                                                                         "Detection Created",
		`{{json .event.detail.detection.description}}`:                                                           `"\u003chttps://evil.example|click\u003e ` + "`code`" + `\n\u003c!here\u003e"`,
		`{{if ge .event.detail.detection.risk.score 80.0}}bad{{else}}fine{{end}}`:                                "bad",
		`{{html "<b>"}} {{urlquery "a b"}} {{clip 4 "abcdefgh"}} {{print 1 "a"}} {{join ", " .event.resources}}`: "&lt;b&gt; a+b a… 1a a",
	} {
		tmpl, err := parseTemplate(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got, err := runTemplate(tmpl, m); err != nil || string(got) != want {
			t.Errorf("%s gives %q, %v; want %q", text, got, err, want)
		}
	}
}

// TestTemplatesAreBounded holds templates that try to run for ever, or to fill the memory. Each must be over quickly.
func TestTemplatesAreBounded(t *testing.T) {
	began := time.Now()
	double := `{{$a := "0123456789abcdef"}}` + strings.Repeat(`{{$a := print $a $a}}`, 200) + `{{len $a}}`
	for name, text := range map[string]string{
		"itself":    `{{define "a"}}{{template "a"}}{{end}}{{template "a"}}`,
		"block":     `{{block "a" .}}x{{end}}`,
		"count":     `{{range 1000000000}}{{end}}`,
		"variable":  `{{$n := 1000000000}}{{range $n}}{{end}}`,
		"deep":      `{{range 1000}}{{range 1000}}{{range 1000}}{{end}}{{end}}{{end}}`,
		"output":    `{{range 1000}}{{range 1000}}xxxxxxxxxxxxxxxx{{end}}{{end}}`,
		"doubling":  double,
		"printf":    `{{printf "%1000000d" 1}}`,
		"grow":      `{{$a := "x"}}{{range 1000}}{{$a = print $a $a}}{{end}}`,
		"call":      `{{call .rule}}`,
		"long":      strings.Repeat("x", MaxTemplate+1),
		"html grow": `{{$a := "&"}}{{range 1000}}{{$a = html $a}}{{$a = print $a $a}}{{end}}`,
	} {
		tmpl, err := parseTemplate(text)
		if err == nil {
			_, err = runTemplate(tmpl, one(hostile()))
		}
		if err == nil {
			t.Errorf("%s: nothing stops it", name)
		}
	}
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("they took %s", took)
	}
}
