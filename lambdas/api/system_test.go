package api

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/lambdas/api/gen"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

func TestSystem(t *testing.T) {
	w := newWorld(t, func(o *Options) {
		o.Health = func(context.Context) ([]events.Health, error) {
			return []events.Health{{Sensor: "sensor-a", Healthy: true, Since: noon, Packets: 7}}, nil
		}
	})
	if g := w.ask("", "GET", "/v1/health", nil).is(200); strings.TrimSpace(string(g.body)) != `{"ok":true}` {
		t.Errorf("%s", g.body)
	}
	g := w.ask("", "GET", "/v1/openapi.yaml", nil).is(200)
	if !bytes.Equal(g.body, document) || g.header.Get("Content-Type") != "application/yaml" {
		t.Errorf("%d bytes of %s", len(g.body), g.header.Get("Content-Type"))
	}
	s := decode[gen.Status](w.ask("viewer", "GET", "/v1/status", nil).is(200))
	if s.Version != "test" || s.Records == nil || len(s.Sensors) != 1 || s.Sensors[0].Packets != 7 {
		t.Errorf("%+v", s)
	}
	c := decode[gen.Catalogue](w.ask("viewer", "GET", "/v1/catalogue", nil).is(200))
	if len(c.Items) < 8 || c.Items[0].Text == "" || c.Items[0].Risk.Impact == "" {
		t.Errorf("%+v", c)
	}
}

// TestListsOfThreatIntelligence are shown as sensors told them.
func TestListsOfThreatIntelligence(t *testing.T) {
	w := newWorld(t)
	if g := w.ask("viewer", "GET", "/v1/intel", nil).is(200); strings.TrimSpace(string(g.body)) != `{"complete":true,"items":[]}` {
		t.Errorf("nobody has said anything: %s", g.body)
	}
	in := store.Intel{Sensor: "sensor-a", Read: &noon, Indicators: 3, Bytes: 270, Lists: []store.IntelList{
		{Name: "own.csv", Format: "csv", Indicators: 3, Kinds: map[string]int{"address": 3}, Bad: 1, Complaints: []string{`3: "10.0.0.0/4": a network of /8 or longer`}},
	}}
	for _, i := range []store.Intel{in, {Sensor: "sensor-b"}} {
		if err := store.KeepIntel(t.Context(), w.store.Documents, i, noon); err != nil {
			t.Fatal(err)
		}
	}
	got := decode[gen.IntelReports](w.ask("viewer", "GET", "/v1/intel", nil).is(200))
	if len(got.Items) != 2 || got.Items[0].Lists[0].Complaints[0] != in.Lists[0].Complaints[0] || got.Items[0].Lists[0].Kinds["address"] != 3 {
		t.Errorf("%+v", got)
	}
	if b := got.Items[1]; b.Sensor != "sensor-b" || b.Read != nil || len(b.Lists) != 0 {
		t.Errorf("one without lists: %+v", b)
	}
}

func TestHeadersOfEveryAnswer(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{"/v1/health", "/v1/detections", "/nothing", "/v1/nothing"} {
		g := w.ask("viewer", "GET", path, nil)
		for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer"} {
			if g.header.Get(name) != want {
				t.Errorf("%s: %s is %q", path, name, g.header.Get(name))
			}
		}
		if strings.HasPrefix(path, "/v1") && g.header.Get("Cache-Control") != "no-store" || len(g.header.Get("X-Request-Id")) != 24 || !strings.Contains(g.header.Get("Content-Security-Policy"), "default-src 'none'") {
			t.Errorf("%s: %v", path, g.header)
		}
	}
}

func TestPathsAndMethodsThatThereAreNot(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct {
		method, path string
		status       int
		allow        string
	}{
		{"GET", "/v1/nothing", 404, ""}, {"GET", "/v1", 404, ""}, {"GET", "/v2/health", 404, ""}, {"POST", "/v1/health", 405, "GET, HEAD"},
		{"PUT", "/v1/detections", 405, "GET, HEAD"}, {"BREW", "/v1/session", 405, "DELETE, POST"}, {"OPTIONS", "/v1/detections", 405, "GET, HEAD"},
	} {
		g := w.ask("admin", c.method, c.path, nil).is(c.status)
		p := decode[gen.Problem](g)
		if g.header.Get("Content-Type") != "application/problem+json" || p.Status != c.status || g.header.Get("Allow") != c.allow || p.Instance != g.header.Get("X-Request-Id") {
			t.Errorf("%+v: %v %+v", c, g.header, p)
		}
	}
}

func TestHead(t *testing.T) {
	w := newWorld(t)
	w.put(detection(0))
	srv := httptest.NewServer(w.handler)
	defer srv.Close()
	req, _ := http.NewRequest(http.MethodHead, srv.URL+"/v1/detections/"+detection(0).ID, nil)
	req.Header.Set("Test-As", "viewer")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if b, _ := io.ReadAll(resp.Body); resp.StatusCode != 200 || len(b) != 0 || resp.Header.Get("ETag") != `"1"` {
		t.Errorf("%d %v %q", resp.StatusCode, resp.Header, b)
	}
}

func TestLargeAnswersAreCompressed(t *testing.T) {
	w := newWorld(t)
	for n := range 20 {
		w.put(detection(n))
	}
	plain := w.ask("viewer", "GET", "/v1/detections", nil).is(200)
	zipped := w.ask("viewer", "GET", "/v1/detections", nil, "Accept-Encoding", "br;q=1.0, gzip;q=0.8").is(200)
	r, err := gzip.NewReader(bytes.NewReader(zipped.body))
	if err != nil || zipped.header.Get("Content-Encoding") != "gzip" {
		t.Fatal(err, zipped.header)
	}
	if b, _ := io.ReadAll(r); !bytes.Equal(b, plain.body) || len(zipped.body) > len(plain.body)/2 {
		t.Errorf("%d bytes of %d", len(zipped.body), len(plain.body))
	}
	for _, header := range []string{"gzip;q=0", "gzip;q=0.000", "identity", "x-gzip", ""} {
		if g := w.ask("viewer", "GET", "/v1/detections", nil, "Accept-Encoding", header); g.header.Get("Content-Encoding") != "" {
			t.Errorf("%q: compressed", header)
		}
	}
	if g := w.ask("", "GET", "/v1/health", nil, "Accept-Encoding", "gzip"); g.header.Get("Content-Encoding") != "" {
		t.Error("a short answer is compressed")
	}
}

// broken is a store whose detections fail as told.
type broken struct {
	store.Detections
	err error
}

func (b broken) Get(context.Context, string) (events.Detection, error) {
	if b.err == nil {
		panic("a secret: /var/lib/mirrorwatch")
	}
	return events.Detection{}, b.err
}

func TestWhatBreaksInsideStaysInside(t *testing.T) {
	for name, c := range map[string]struct {
		err    error
		status int
		logged bool
	}{
		"a panic":         {nil, 500, true},
		"a broken store":  {errors.New("sqlite: disk I/O error in /var/lib/mirrorwatch/secret.db"), 500, true},
		"no room":         {fmt.Errorf("write secret.db: %w", store.ErrFull), 507, true},
		"not available":   {fmt.Errorf("dynamo secret-table: %w", store.ErrUnavailable), 503, true},
		"too slow":        {fmt.Errorf("secret: %w", context.DeadlineExceeded), 503, true},
		"not there":       {fmt.Errorf("secret: %w", store.ErrNotFound), 404, false},
		"an unknown word": {&store.Invalid{Field: "id", Value: "x", Allowed: "an id"}, 400, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, func(o *Options) {
				s := *o.Store
				s.Detections = broken{s.Detections, c.err}
				o.Store = &s
			})
			g := w.ask("viewer", "GET", "/v1/detections/x", nil).is(c.status)
			p := decode[gen.Problem](g)
			if strings.Contains(string(g.body), "secret") || strings.Contains(string(g.body), "goroutine") || p.Title == "" || p.Instance == "" {
				t.Errorf("%s", g.body)
			}
			if lines := strings.Count(w.log.String(), p.Instance); (lines == 1) != c.logged {
				t.Errorf("%d lines in the log: %s", lines, w.log.String())
			}
		})
	}
}

// slow is a store that answers when the time is up.
type slow struct{ store.Detections }

func (slow) Get(ctx context.Context, _ string) (events.Detection, error) {
	<-ctx.Done()
	return events.Detection{}, ctx.Err()
}

func TestRequestsEnd(t *testing.T) {
	w := newWorld(t, func(o *Options) {
		s := *o.Store
		s.Detections = slow{s.Detections}
		o.Store, o.Timeout = &s, 10*time.Millisecond
	})
	if p := decode[gen.Problem](w.ask("viewer", "GET", "/v1/detections/x", nil).is(503)); p.Type != "/problems/timeout" {
		t.Errorf("%+v", p)
	}
}

func TestTheConsoleIsOutsideTheAPI(t *testing.T) {
	w := newWorld(t, func(o *Options) {
		o.Console = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "page "+r.URL.Path) })
	})
	g := w.ask("", "GET", "/detections", nil).is(200)
	if string(g.body) != "page /detections" || strings.Contains(g.header.Get("Content-Security-Policy"), "unsafe") || !strings.Contains(g.header.Get("Content-Security-Policy"), "script-src 'self'") {
		t.Errorf("%s %v", g.body, g.header)
	}
	w.ask("", "GET", "/v1/unknown", nil).is(404)
}

func TestNewSaysWhatIsMissing(t *testing.T) {
	w := newWorld(t)
	for name, o := range map[string]Options{
		"no store":         {Authenticator: byHeader{}, Now: time.Now},
		"no sign-in":       {Store: w.store, Now: time.Now},
		"nobody signs in":  {Store: w.store, Authenticator: byHeader{}, Now: time.Now},
		"two who sign in":  {Store: w.store, Authenticator: byHeader{}, Now: time.Now, Accounts: w.local, SignIn: &Pages{Domain: "https://x", Client: "c", Scopes: []string{"openid"}}},
		"pages in clear":   {Store: w.store, Authenticator: byHeader{}, Now: time.Now, SignIn: &Pages{Domain: "http://x", Client: "c", Scopes: []string{"openid"}}},
		"pages of nobody":  {Store: w.store, Authenticator: byHeader{}, Now: time.Now, SignIn: &Pages{Domain: "https://x", Scopes: []string{"openid"}}},
		"pages for nought": {Store: w.store, Authenticator: byHeader{}, Now: time.Now, SignIn: &Pages{Domain: "https://x", Client: "c"}},
		"no clock":         {Store: w.store, Authenticator: byHeader{}},
		"no fields":        {Store: w.store, Authenticator: byHeader{}, Now: time.Now},
		"half a store":     {Store: &store.Store{Detections: w.store.Detections}, Authenticator: byHeader{}, Now: time.Now},
		"time":             {Store: w.store, Authenticator: byHeader{}, Now: time.Now, Fields: nil, Timeout: -1},
	} {
		if _, err := New(o); err == nil || !strings.HasPrefix(err.Error(), "make API: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAudit(t *testing.T) {
	w := newWorld(t)
	w.put(detection(0))
	w.ask("analyst", "POST", "/v1/detections/"+detection(0).ID+"/notes", map[string]any{"text": "hm"}).is(200)
	w.ask("viewer", "POST", "/v1/views", map[string]any{"name": "a", "filter": map[string]any{}}).is(201)
	l := decode[gen.AuditList](w.ask("admin", "GET", "/v1/audit", nil).is(200))
	if len(l.Items) != 2 || l.Items[0].Action != "view.create" || l.Items[1].Address != "192.0.2.1" || l.Items[1].After == nil {
		t.Errorf("%+v", l.Items)
	}
	l = decode[gen.AuditList](w.ask("admin", "GET", "/v1/audit?action=detection&actor=the-analyst", nil).is(200))
	if len(l.Items) != 1 {
		t.Errorf("%+v", l.Items)
	}
	lines := strings.Split(strings.TrimSpace(string(w.ask("admin", "GET", "/v1/audit/export?format=jsonl", nil).is(200).body)), "\n")
	var e store.AuditEntry
	if err := json.Unmarshal([]byte(lines[0]), &e); err != nil || len(lines) != 3 || e.Action != "audit.export" {
		t.Errorf("%v %q", err, lines)
	}
	if g := w.ask("admin", "GET", "/v1/audit/export?format=csv&action=view", nil).is(200); strings.Count(string(g.body), "\n") != 2 {
		t.Errorf("%s", g.body)
	}
}
