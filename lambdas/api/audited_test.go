package api

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/lambdas/api/gen"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// signedInAdmin is a world with an administrator's session, and how to ask with it.
func signedInAdmin(t *testing.T) (*world, func(method, path string, body any, more ...string) *got) {
	w, password := local(t)
	g := w.ask("", "POST", "/v1/session", map[string]any{"name": "admin", "password": password}).is(200)
	cookie, token := "", ""
	ask := func(method, path string, body any, more ...string) *got {
		t.Helper()
		g := w.ask("", method, path, body, append(more, "Cookie", cookie, "X-CSRF-Token", token)...)
		if set := g.header.Get("Set-Cookie"); set != "" {
			cookie = strings.SplitN(set, ";", 2)[0]
			if g.status == 200 {
				token = decode[gen.Me](g).CsrfToken
			}
		}
		return g
	}
	cookie, token = strings.SplitN(g.header.Get("Set-Cookie"), ";", 2)[0], decode[gen.Me](g).CsrfToken
	ask("PUT", "/v1/me/password", map[string]any{"current": password, "new": "eleven purple elephants"}).is(200)
	return w, ask
}

// TestEveryChangeIsWritten does everything once that the contract says is audited, and looks whether the log has it: an operation
// that is audited and is not done here fails the test.
func TestEveryChangeIsWritten(t *testing.T) {
	w, ask := signedInAdmin(t)
	scene(w)
	w.devices()
	made := func(path string, body any) string {
		t.Helper()
		return ask("POST", path, body).is(201).header.Get("Location")
	}
	d := "/v1/detections/" + detection(0).ID
	ask("PATCH", d, map[string]any{"status": "acknowledged"}, "If-Match", "*").is(200)
	ask("POST", d+"/notes", map[string]any{"text": "hm"}).is(200)
	ask("POST", "/v1/detections/bulk", map[string]any{"ids": []string{detection(1).ID}, "change": map[string]any{"status": "closed"}}).is(200)
	ask("GET", d+"/packets", nil).is(404)
	ask("GET", "/v1/detections/export?format=csv", nil).is(200)
	ask("GET", "/v1/records/export?format=csv&"+lastHour(), nil).is(200)
	ask("GET", "/v1/audit/export?format=csv", nil).is(200)
	ask("PATCH", "/v1/devices/10.20.1.15", map[string]any{"name": "x"}, "If-Match", "*").is(200)
	ask("POST", "/v1/mirror/plan", nil).is(202)
	ask("PUT", "/v1/parameters/retention_days_audit", map[string]any{"values": []string{"90"}}, "If-Match", "*").is(200)

	rule := map[string]any{"name": "r", "enabled": true, "match": map[string]any{"types": []string{"a"}}}
	path := made("/v1/tuning/rules", rule)
	ask("PUT", path, rule, "If-Match", "*").is(200)
	ask("DELETE", path, nil, "If-Match", "*").is(200)
	view := map[string]any{"name": "v", "filter": map[string]any{}}
	path = made("/v1/views", view)
	ask("PUT", path, view, "If-Match", "*").is(200)
	ask("DELETE", path, nil, "If-Match", "*").is(204)
	path = made("/v1/notifications/rules", webhook())
	ask("PUT", path, webhook(), "If-Match", "*").is(200)
	ask("POST", path+"/test", nil).is(200)
	ask("DELETE", path, nil, "If-Match", "*").is(204)
	letter := store.Write{Kind: store.KindDeadLetter, ID: "letter", Body: json.RawMessage(`{}`), If: store.New}
	if _, err := w.store.Documents.Write(context.Background(), []store.Write{letter}, nil); err != nil {
		t.Fatal(err)
	}
	ask("POST", "/v1/notifications/dead-letters/letter/resend", nil).is(200)
	ask("DELETE", "/v1/notifications/dead-letters/letter", nil).is(204)

	path = made("/v1/users", map[string]any{"name": "mona", "role": "viewer", "password": "twelve green giraffes"})
	w.ask("", "POST", "/v1/session", map[string]any{"name": "mona", "password": "twelve green giraffes"}).is(200)
	ask("DELETE", path+"/sessions", nil).is(204)
	ask("PATCH", path, map[string]any{"role": "analyst"}, "If-Match", "*").is(200)
	ask("PUT", path+"/password", map[string]any{"password": "thirteen blue giraffes"}).is(204)
	ask("POST", path+"/password", nil).is(200)
	key := made("/v1/api-keys", map[string]any{"name": "k", "role": "viewer"})
	ask("DELETE", key, nil).is(204)
	ask("DELETE", path, nil, "If-Match", "*").is(204)
	w.ask("", "POST", "/v1/session", map[string]any{"name": "admin", "password": "eleven purple elephants"}).is(200)
	for _, s := range decode[gen.SessionList](ask("GET", "/v1/me/sessions", nil).is(200)).Items {
		if !s.Current {
			ask("DELETE", "/v1/me/sessions/"+s.Id, nil).is(204)
		}
	}
	ask("DELETE", "/v1/session", nil).is(204)

	written := map[string]int{}
	for _, action := range w.audited() {
		written[action]++
	}
	for _, op := range w.table.list {
		if action, ok := op.route.Operation.Extensions["x-audit"].(string); ok && written[action] == 0 {
			t.Errorf("%s: nothing was written under %s", op.id, action)
		}
	}
	entries, err := w.store.Audit.Entries(context.Background(), store.AuditQuery{Limit: store.MaxPage})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries.Items {
		if text := string(e.Before) + string(e.After); strings.Contains(text, "s3cret") || strings.Contains(text, "argon2") || strings.Contains(text, "giraffes") {
			t.Errorf("a secret is in the log: %+v", e)
		}
		if e.Actor == "" || e.Actor != "system" && e.Address == "" {
			t.Errorf("nobody did %+v", e)
		}
	}
}
