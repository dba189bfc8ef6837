package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3filter"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/lambdas/api/gen"
	"github.com/mirrorwatch/mirrorwatch/lambdas/api/signin"
	"github.com/mirrorwatch/mirrorwatch/shared/archive"
	"github.com/mirrorwatch/mirrorwatch/shared/detect/all"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
	"github.com/mirrorwatch/mirrorwatch/shared/store/memory"
)

// noon is when every test happens.
var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// byHeader signs in whoever the header Test-As names: "analyst+packets", "viewer+must-change".
type byHeader struct{}

func (byHeader) Authenticate(r *http.Request) (signin.Principal, error) {
	as := r.Header.Get("Test-As")
	role, extra, _ := strings.Cut(as, "+")
	if role == "" {
		return signin.Principal{}, signin.ErrUnauthenticated
	}
	return signin.Principal{Name: "the-" + role, Kind: "user", Role: store.Role(role), Packets: extra == "packets", MustChange: extra == "must-change"}, nil
}

// outbox is a Notifier that remembers.
type outbox struct {
	mu     sync.Mutex
	tested []store.NotificationRule
	resent []string
	fails  error
}

func (o *outbox) Test(_ context.Context, r store.NotificationRule) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.tested = append(o.tested, r)
	return o.fails
}

func (o *outbox) Resend(_ context.Context, id string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.resent = append(o.resent, id)
	return o.fails
}

// loop is a Looker that remembers.
type loop struct {
	asked []events.Look
	fails error
}

func (l *loop) Look(_ context.Context, look events.Look) error {
	l.asked = append(l.asked, look)
	return l.fails
}

// world is an API with a store, and what is told to it.
type world struct {
	t       *testing.T
	store   *store.Store
	handler http.Handler
	table   *table
	sent    *outbox
	loop    *loop
	now     time.Time
	log     bytes.Buffer
	changed []string
	local   *signin.Local
}

func newWorld(t *testing.T, change ...func(*Options)) *world {
	t.Helper()
	w := &world{t: t, now: noon, sent: &outbox{}, loop: &loop{}}
	now := func() time.Time { return w.now }
	s := memory.New(memory.Options{Now: now, Schema: archive.Schema()})
	var err error
	w.store = s
	w.local, err = signin.New(signin.Options{
		Documents: s.Documents, Audit: s.Audit, Now: now, Wait: func(context.Context, time.Duration) {},
		Password: signin.Argon2{Memory: 8 << 10, Time: 1, Threads: 1},
	})
	if err != nil {
		t.Fatal(err)
	}
	o := Options{
		Store: s, Authenticator: byHeader{}, Accounts: w.local, Notifier: w.sent, Mirror: w.loop, Catalogue: all.Specs(), Fields: archive.Schema(),
		Changed: func(name string) { w.changed = append(w.changed, name) }, Now: now, Version: "test",
		Log: slog.New(slog.NewTextHandler(&w.log, nil)),
	}
	for _, c := range change {
		c(&o)
	}
	if w.handler, err = New(o); err != nil {
		t.Fatal(err)
	}
	if w.table, err = newTable(); err != nil {
		t.Fatal(err)
	}
	return w
}

// reply_ is what came back.
type got struct {
	t      *testing.T
	status int
	header http.Header
	body   []byte
}

// ask sends a request as a role, and holds the answer against the contract. Headers stand in pairs.
func (w *world) ask(as, method, target string, body any, headers ...string) *got {
	w.t.Helper()
	var in io.Reader
	if text, ok := body.(string); ok {
		in = strings.NewReader(text)
	} else if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			w.t.Fatal(err)
		}
		in = bytes.NewReader(b)
	}
	r := httptest.NewRequest(method, target, in)
	if in != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	r.Header.Set("Test-As", as)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	rec := httptest.NewRecorder()
	w.handler.ServeHTTP(rec, r)
	g := &got{w.t, rec.Code, rec.Header(), rec.Body.Bytes()}
	w.held(r, g)
	return g
}

// held fails where an answer is not what the contract promises.
func (w *world) held(r *http.Request, g *got) {
	w.t.Helper()
	for _, op := range w.table.list {
		values, ok := matchPath(op.route.Path, r.URL.Path)
		if !ok || op.route.Method != r.Method {
			continue
		}
		if g.status >= 400 && g.header.Get("Content-Type") != "application/problem+json" {
			w.t.Errorf("%s %s: %d is %q", r.Method, r.URL, g.status, g.header.Get("Content-Type"))
		}
		kind, _, _ := strings.Cut(g.header.Get("Content-Type"), ";")
		if g.status == http.StatusNotModified || g.status == http.StatusNoContent || !strings.HasSuffix(kind, "json") || g.header.Get("Content-Encoding") != "" {
			return
		}
		err := openapi3filter.ValidateResponse(context.Background(), &openapi3filter.ResponseValidationInput{
			RequestValidationInput: &openapi3filter.RequestValidationInput{Request: r, PathParams: values, Route: op.route},
			Status:                 g.status, Header: g.header, Body: io.NopCloser(bytes.NewReader(g.body)),
			Options: &openapi3filter.Options{IncludeResponseStatus: true, MultiError: true},
		})
		if err != nil {
			w.t.Errorf("%s %s: %d is not what the contract promises: %v\n%s", r.Method, r.URL, g.status, err, cut(string(g.body), 2000))
		}
		return
	}
}

// matchPath matches a path with a template; literal segments go first in the table's order by chance, so that both are compared whole.
func matchPath(template, path string) (map[string]string, bool) {
	a, b := strings.Split(template, "/"), strings.Split(path, "/")
	if len(a) != len(b) {
		return nil, false
	}
	values := map[string]string{}
	for i := range a {
		if name, ok := strings.CutPrefix(a[i], "{"); ok && !literals[b[i]] {
			values[strings.TrimSuffix(name, "}")] = b[i]
		} else if a[i] != b[i] {
			return nil, false
		}
	}
	return values, true
}

// literals are segments that stand where elsewhere a parameter stands.
var literals = map[string]bool{"search": true, "histogram": true, "groups": true, "export": true, "bulk": true, "summary": true, "bindings": true, "top": true, "fields": true}

// is fails where the status is another.
func (g *got) is(status int) *got {
	g.t.Helper()
	if g.status != status {
		g.t.Fatalf("status %d, want %d: %s", g.status, status, cut(string(g.body), 2000))
	}
	return g
}

// into decodes the body.
func (g *got) into(v any) *got {
	g.t.Helper()
	if err := json.Unmarshal(g.body, v); err != nil {
		g.t.Fatalf("%v: %s", err, g.body)
	}
	return g
}

// names fails where the problem does not name a field, with what was given and what is allowed.
func (g *got) names(field, value, allowed string) {
	g.t.Helper()
	var p gen.Problem
	g.is(400).into(&p)
	for _, e := range p.Errors {
		if e.Field == field && strings.Contains(e.Value, value) && strings.Contains(e.Allowed, allowed) {
			return
		}
	}
	g.t.Errorf("no error of %s with %q and %q in %+v", field, value, allowed, p.Errors)
}

func decode[T any](g *got) T {
	g.t.Helper()
	var v T
	g.into(&v)
	return v
}

// detection is one like another, an hour later for each n.
func detection(n int, change ...func(*events.Detection)) events.Detection {
	start := noon.Add(time.Duration(n-24) * time.Hour)
	d := events.Detection{
		ID: fmt.Sprintf("%032x", n+1), Type: "recon.port_scan", Title: "Port scan", Category: "recon", Description: fmt.Sprintf("10.20.1.15 tried %d ports of 10.20.2.7.", 100+n),
		Risk:       events.Risk{Score: 40, Band: "medium", Likelihood: "medium", Complexity: "low", Impact: "low", Terms: []events.Term{{Name: "likelihood", Points: 10}}},
		Confidence: 0.8, Triage: events.Triage{Status: events.StatusOpen}, Start: start, Update: start.Add(10 * time.Minute),
		Participants: []events.Participant{
			{Role: "offender", Endpoint: "client", Device: "10.20.1.15", Address: netip.MustParseAddr("10.20.1.15"), Hostname: "web-1"},
			{Role: "victim", Endpoint: "server", Device: "10.20.2.7", Address: netip.MustParseAddr("10.20.2.7")},
		},
		Tactics: []string{"TA0043"}, Techniques: []string{"T1046"}, Evidence: events.Evidence{UIDs: []string{fmt.Sprintf("C%d", n)}, Start: start, End: start.Add(10 * time.Minute)},
		VNI: 1001, Sensor: "sensor-a", DetectorVersion: 1,
	}
	for _, c := range change {
		c(&d)
	}
	return d
}

// put stores detections.
func (w *world) put(list ...events.Detection) {
	w.t.Helper()
	if _, err := w.store.Detections.Put(context.Background(), list...); err != nil {
		w.t.Fatal(err)
	}
}

// devices stores the two devices of detection.
func (w *world) devices() {
	w.t.Helper()
	for i, a := range []string{"10.20.1.15", "10.20.2.7", "10.20.2.8", "10.20.2.9", "10.20.2.10"} {
		d := events.Device{
			ID: a, Address: netip.MustParseAddr(a), Hostname: fmt.Sprintf("host-%d", i), VPC: "vpc-0a1b2c3d", Interface: fmt.Sprintf("eni-0000000%d", i),
			FirstSeen: noon.Add(-30 * 24 * time.Hour), LastSeen: noon, Peers: 3, Offers: []events.DeviceService{{Proto: "tcp", Port: 22, Name: "ssh", Count: 5}},
		}
		if err := w.store.Devices.Put(context.Background(), d); err != nil {
			w.t.Fatal(err)
		}
	}
}

// conns stores conversations: who began, with whom, of which service, bytes each way.
func (w *world) conns(lines ...string) {
	w.t.Helper()
	var rows []store.Row
	for i, l := range lines {
		var orig, resp, service string
		var sent, received uint64
		if _, err := fmt.Sscanf(l, "%s %s %s %d %d", &orig, &resp, &service, &sent, &received); err != nil {
			w.t.Fatal(err)
		}
		if service == "-" {
			service = ""
		}
		at := noon.Add(-time.Hour).Add(time.Duration(i) * time.Second)
		c := &events.Conn{
			Head:  events.Head{TS: events.TimeOf(at), UID: fmt.Sprintf("C%d", i), OrigH: netip.MustParseAddr(orig), OrigP: 40000, RespH: netip.MustParseAddr(resp), RespP: 443, VNI: 1001},
			Proto: "tcp", Service: service, Duration: events.Interval(time.Second), OrigBytes: sent, RespBytes: received, ConnState: "SF", IPProto: 6,
		}
		rows = append(rows, store.Row{Kind: events.KindConn, Time: at, UID: c.UID, Line: c.AppendJSON(nil)})
	}
	if err := w.store.Records.Append(context.Background(), rows...); err != nil {
		w.t.Fatal(err)
	}
}

// lastHour is the query of a span that holds what conns stores.
func lastHour() string {
	return "from=" + url.QueryEscape(noon.Add(-2*time.Hour).Format(time.RFC3339)) + "&to=" + url.QueryEscape(noon.Format(time.RFC3339))
}

// audited gives the actions of the audit log, oldest first.
func (w *world) audited() []string {
	w.t.Helper()
	page, err := w.store.Audit.Entries(context.Background(), store.AuditQuery{Limit: store.MaxPage})
	if err != nil {
		w.t.Fatal(err)
	}
	var actions []string
	for i := len(page.Items) - 1; i >= 0; i-- {
		actions = append(actions, page.Items[i].Action)
	}
	return actions
}
