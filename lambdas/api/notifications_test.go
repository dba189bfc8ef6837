package api

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/lambdas/api/gen"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

func webhook(change ...func(map[string]any)) map[string]any {
	r := map[string]any{
		"name": "on-call", "enabled": true, "on": []string{"created"}, "match": map[string]any{"bands": []string{"critical"}},
		"channel": map[string]any{"type": "webhook", "url": "https://hooks.example.com/mw", "secret": "s3cret-s3cret", "headers": map[string]any{"X-Token": "t0ken"}},
	}
	for _, c := range change {
		c(r)
	}
	return r
}

func TestNotificationRulesKeepTheirSecrets(t *testing.T) {
	w := newWorld(t)
	w.ask("analyst", "GET", "/v1/notifications/rules", nil).is(403)
	g := w.ask("admin", "POST", "/v1/notifications/rules", webhook()).is(201)
	path := g.header.Get("Location")
	made := decode[gen.NotificationRuleItem](g)
	if !made.HasSecret || strings.Contains(string(g.body), "s3cret") || strings.Contains(string(g.body), "t0ken") {
		t.Errorf("%s", g.body)
	}
	stored := func() store.Channel {
		i, err := store.Collection[store.NotificationRule]{Kind: store.KindNotificationRule, Documents: w.store.Documents}.Get(context.Background(), made.Id)
		if err != nil {
			t.Fatal(err)
		}
		return i.Value.Channel
	}
	// Sent back as it was read: the secret stays.
	read := decode[gen.NotificationRuleItem](w.ask("admin", "GET", path, nil).is(200))
	read.Rule.Name = "renamed"
	w.ask("admin", "PUT", path, read.Rule, "If-Match", `"1"`).is(200)
	if c := stored(); c.Secret != "s3cret-s3cret" || c.Headers["X-Token"] != "t0ken" {
		t.Errorf("%+v", c)
	}
	// Pointed elsewhere: the secret does not go there.
	read.Rule.Channel.URL = "https://evil.example.com/"
	g = w.ask("admin", "PUT", path, read.Rule, "If-Match", `"2"`).is(200)
	if c := stored(); c.Secret != "" || c.Headers["X-Token"] != "" || decode[gen.NotificationRuleItem](g).HasSecret {
		t.Errorf("%+v", c)
	}
	entries, err := w.store.Audit.Entries(context.Background(), store.AuditQuery{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	if b, _ := json.Marshal(entries.Items); strings.Contains(string(b), "s3cret") || strings.Contains(string(b), "t0ken") || len(entries.Items) != 3 {
		t.Errorf("%s", b)
	}
	w.ask("admin", "DELETE", path, nil, "If-Match", `"3"`).is(204)
	if l := decode[gen.NotificationRuleList](w.ask("admin", "GET", "/v1/notifications/rules", nil).is(200)); len(l.Items) != 0 {
		t.Errorf("%+v", l)
	}
}

func TestNotificationRulesThatMakeNoSense(t *testing.T) {
	w := newWorld(t)
	channel := func(c map[string]any) func(map[string]any) { return func(r map[string]any) { r["channel"] = c } }
	for _, c := range []struct {
		field  string
		change func(map[string]any)
	}{
		{"channel.url", channel(map[string]any{"type": "webhook", "url": "ftp://x"})},
		{"channel.url", channel(map[string]any{"type": "slack"})},
		{"channel.secret", channel(map[string]any{"type": "pagerduty"})},
		{"channel.topic", channel(map[string]any{"type": "sns", "topic": "mine"})},
		{"channel.address", channel(map[string]any{"type": "syslog", "address": "host:514"})},
		{"channel.path", channel(map[string]any{"type": "jsonl", "path": "../../etc/passwd"})},
		{"channel.path", channel(map[string]any{"type": "jsonl", "path": "/etc/passwd"})},
		{"channel.type", channel(map[string]any{"type": "pigeon"})},
		{"on.0", func(r map[string]any) { r["on"] = []string{"sometimes"} }},
		{"digest", func(r map[string]any) { r["digest"] = "99999h" }},
		{"quiet.zone", func(r map[string]any) {
			r["quiet"] = []any{map[string]any{"from": "22:00", "to": "06:00", "zone": "Middle/Earth"}}
		}},
		{"quiet.0.from", func(r map[string]any) { r["quiet"] = []any{map[string]any{"from": "25:00", "to": "06:00"}} }},
	} {
		w.ask("admin", "POST", "/v1/notifications/rules", webhook(c.change)).names(c.field, "", "")
	}
}

func TestSendingNow(t *testing.T) {
	w := newWorld(t)
	path := w.ask("admin", "POST", "/v1/notifications/rules", webhook()).is(201).header.Get("Location")
	if r := decode[gen.SendResult](w.ask("admin", "POST", path+"/test", nil).is(200)); !r.Ok || len(w.sent.tested) != 1 || w.sent.tested[0].Channel.Secret != "s3cret-s3cret" {
		t.Errorf("%+v %+v", r, w.sent.tested)
	}
	w.sent.fails = errors.New("hooks.example.com answered 503")
	if r := decode[gen.SendResult](w.ask("admin", "POST", path+"/test", nil).is(200)); r.Ok || r.Detail != "hooks.example.com answered 503" {
		t.Errorf("%+v", r)
	}
	w.ask("admin", "POST", "/v1/notifications/rules/none/test", nil).is(404)

	body := json.RawMessage(`{"rule":"r","error":"refused"}`)
	if _, err := w.store.Documents.Write(context.Background(), []store.Write{{Kind: store.KindDeadLetter, ID: "letter-1", Body: body, If: store.New}}, nil); err != nil {
		t.Fatal(err)
	}
	if l := decode[gen.DeadLetterList](w.ask("admin", "GET", "/v1/notifications/dead-letters", nil).is(200)); len(l.Items) != 1 || string(l.Items[0].Letter) != string(body) {
		t.Errorf("%+v", l)
	}
	w.sent.fails = nil
	if r := decode[gen.SendResult](w.ask("admin", "POST", "/v1/notifications/dead-letters/letter-1/resend", nil).is(200)); !r.Ok || w.sent.resent[0] != "letter-1" {
		t.Errorf("%+v", r)
	}
	w.sent.fails = store.ErrNotFound
	w.ask("admin", "POST", "/v1/notifications/dead-letters/none/resend", nil).is(404)
	w.ask("admin", "DELETE", "/v1/notifications/dead-letters/letter-1", nil).is(204)
	w.ask("admin", "DELETE", "/v1/notifications/dead-letters/letter-1", nil).is(404)
	if a := strings.Join(w.audited(), " "); a != "notification_rule.create notification_rule.test notification_rule.test dead_letter.resend dead_letter.delete" {
		t.Errorf("%s", a)
	}
}
