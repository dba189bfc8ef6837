package api

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/lambdas/api/gen"
)

// What OWASP's ASVS asks of an API as a whole, asked of every operation at once: docs/asvs.md names these tests.

// concrete is the path of an operation with something in each of its braces.
func concrete(op *operation) string {
	return regexp.MustCompile(`\{[a-z_]+\}`).ReplaceAllString(op.route.Path, "none")
}

// TestEveryAnswerIsAFileOfItsKind: each answer names its type, and a browser that is led to one stores it and does not show it. Nothing
// tells what the server is built of, and no other origin is let in.
func TestEveryAnswerIsAFileOfItsKind(t *testing.T) {
	w := newWorld(t)
	for _, op := range w.table.list {
		for _, as := range []string{"", "admin+packets"} {
			g := w.ask(as, op.route.Method, concrete(op), nil)
			h := g.header
			if len(g.body) > 0 && h.Get("Content-Type") == "" {
				t.Errorf("%s: %d without a type", op.id, g.status)
			}
			if kind := h.Get("Content-Type"); strings.HasPrefix(kind, "text/") && !strings.Contains(kind, "charset=utf-8") {
				t.Errorf("%s: %s without charset", op.id, kind)
			}
			if !strings.HasPrefix(h.Get("Content-Disposition"), "attachment; filename=") {
				t.Errorf("%s: Content-Disposition %q", op.id, h.Get("Content-Disposition"))
			}
			for name := range h {
				if name == "Server" || name == "X-Powered-By" || strings.HasPrefix(name, "Access-Control-") {
					t.Errorf("%s: %s is %q", op.id, name, h.Get(name))
				}
			}
		}
	}
}

// TestBodiesNeedTheirType: a body of another type, or of none, is not read, whatever is in it.
func TestBodiesNeedTheirType(t *testing.T) {
	w, asked := newWorld(t), 0
	for _, op := range w.table.list {
		if op.route.Operation.RequestBody == nil {
			continue
		}
		for _, kind := range []string{"text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/xml", "application/jsonp", "", "?"} {
			r := httptest.NewRequest(op.route.Method, concrete(op), strings.NewReader("{}"))
			r.Header.Set("Test-As", "admin+packets")
			r.Header.Set("If-Match", `"1"`)
			r.Header["Content-Type"] = []string{kind}
			if kind == "" {
				r.Header.Del("Content-Type")
			}
			rec := httptest.NewRecorder()
			w.handler.ServeHTTP(rec, r)
			if asked++; rec.Code != http.StatusUnsupportedMediaType {
				t.Errorf("%s with %q: %d %s", op.id, kind, rec.Code, rec.Body)
			}
		}
	}
	if asked < 100 {
		t.Errorf("%d bodies were sent: the contract has more operations that take one", asked)
	}
}

// TestAParameterGivenTwice: where a parameter may stand once, a second one is refused, and not the first or the last taken in silence.
func TestAParameterGivenTwice(t *testing.T) {
	w, asked := newWorld(t), 0
	for _, op := range w.table.list {
		for _, p := range slices.Concat(op.route.PathItem.Parameters, op.route.Operation.Parameters) {
			if p.Value.In != openapi3.ParameterInQuery || p.Value.Schema.Value.Type.Is("array") {
				continue
			}
			value := "a"
			if s := p.Value.Schema.Value; len(s.Enum) > 0 {
				value, _ = s.Enum[len(s.Enum)-1].(string)
			} else if s.Type.Is("integer") {
				value = "1"
			} else if s.Type.Is("boolean") {
				value = "true"
			} else if s.Format == "date-time" {
				value = "2026-03-02T00:00:00Z"
			}
			name := p.Value.Name
			g := w.ask("admin+packets", op.route.Method, concrete(op)+"?"+name+"="+value+"&"+name+"="+value, nil)
			var told gen.Problem
			if asked++; g.status != http.StatusBadRequest {
				t.Errorf("%s: %s twice: %d %s", op.id, name, g.status, g.body)
			} else if g.into(&told); !slices.ContainsFunc(told.Errors, func(e gen.FieldError) bool { return e.Field == name && strings.Contains(e.Allowed, "once") }) {
				t.Errorf("%s: %s twice: %+v", op.id, name, told.Errors)
			}
		}
	}
	if asked < 50 {
		t.Errorf("%d parameters were asked for twice: the contract has more", asked)
	}
}

// TestNothingSecretInAddresses: no operation takes in its path or query what would let somebody in, as addresses end in logs.
func TestNothingSecretInAddresses(t *testing.T) {
	w := newWorld(t)
	for _, op := range w.table.list {
		for _, p := range slices.Concat(op.route.PathItem.Parameters, op.route.Operation.Parameters) {
			if p.Value.In == openapi3.ParameterInHeader {
				continue
			}
			if regexp.MustCompile(`(?i)pass|secret|token|credential|api_?key|session`).MatchString(p.Value.Name) {
				t.Errorf("%s takes %s in its address", op.id, p.Value.Name)
			}
		}
	}
	for _, query := range []string{"access_token=x", "api_key=x", "token=x", "session=x"} {
		if g := w.ask("", "GET", "/v1/detections?"+query, nil); g.status != http.StatusUnauthorized {
			t.Errorf("%s: %d", query, g.status)
		}
	}
}

// TestRefusalsAreLogged: whoever is not let in, or asks for what there is not, is in the log, once, in one line, with what was asked.
func TestRefusalsAreLogged(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct{ as, method, path, has string }{
		{"viewer", "GET", "/v1/users", "who=the-viewer"},
		{"", "GET", "/v1/users", "operation=listUsers"},
		{"admin", "GET", "/v1/detections/x/packets", "who=the-admin"},
		{"admin", "BREW", "/v1/session", "BREW"},
		{"admin", "POST", "/v1/nothing", "/v1/nothing"},
		{"admin", "GET", "/v1/no%0Atime=2026%20level=ERROR%20msg=forged", `no\ntime=2026`},
		{"admin", "GET", "/v1/" + strings.Repeat("x", 5000), "xxx"},
	} {
		w.log.Reset()
		g := w.ask(c.as, c.method, c.path, nil)
		line := w.log.String()
		if g.status < 400 || strings.Count(line, "\n") != 1 || !strings.Contains(line, c.has) || !strings.Contains(line, g.header.Get("X-Request-Id")) || len(line) > 1000 {
			t.Errorf("%s %.100s as %q: %d, log %q", c.method, c.path, c.as, g.status, cut(line, 300))
		}
	}
}

// TestNoKeyIsInTheLog: what somebody shows to be let in is not in the log, though it was wrong.
func TestNoKeyIsInTheLog(t *testing.T) {
	w, password := local(t)
	for _, header := range [][2]string{{"Authorization", "Bearer " + password}, {"Authorization", "Basic " + password}, {"Cookie", "mirrorwatch=" + password}, {"X-CSRF-Token", password}} {
		w.ask("", "GET", "/v1/detections", nil, header[0], header[1]).is(http.StatusUnauthorized)
		w.ask("", "GET", "/v1/nothing?key="+password, nil, header[0], header[1]).is(http.StatusNotFound)
	}
	w.ask("", "POST", "/v1/session", map[string]any{"name": "admin", "password": password + "x"}).is(http.StatusUnauthorized)
	if log := w.log.String(); !strings.Contains(log, "not signed in") || strings.Contains(log, password) {
		t.Errorf("log %s", cut(log, 2000))
	}
}

// TestNobodyIsSentElsewhere: no path, however it is written, is answered with a redirect to another host.
func TestNobodyIsSentElsewhere(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{"/v1//evil.example/", "//evil.example/v1/x", "/v1/..//evil.example", "/v1/../../evil.example", "/v1/./health", "/v1/%2F%2Fevil.example", `/v1/\evil.example`, "/v1/health/../health"} {
		r := httptest.NewRequest("GET", "/", nil)
		r.URL.Path, r.RequestURI = strings.ReplaceAll(path, "%2F", "/"), path
		rec := httptest.NewRecorder()
		w.handler.ServeHTTP(rec, r)
		if to := rec.Header().Get("Location"); to != "" && (!strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.HasPrefix(to, `/\`)) {
			t.Errorf("%s: %d to %s", path, rec.Code, to)
		}
		if rec.Code < 300 {
			t.Errorf("%s: %d", path, rec.Code)
		}
	}
}

// TestLettersStayWhatTheyAre: what a person writes is read back letter by letter, and stands in the answer so that no page could run it.
func TestLettersStayWhatTheyAre(t *testing.T) {
	w := newWorld(t)
	w.put(detection(0))
	for _, text := range []string{"Zoë, 日本語 und 🔥", `<script>alert("x")</script> & 'y'`, "a\u202eb\u2028c", "e\u0301 is not é", "=1+1", `\"}]`} {
		g := w.ask("analyst", "POST", "/v1/detections/"+detection(0).ID+"/notes", map[string]any{"text": text}).is(200)
		notes := decode[events.Detection](w.ask("viewer", "GET", "/v1/detections/"+detection(0).ID, nil).is(200)).Notes
		if len(notes) == 0 || notes[len(notes)-1].Text != text {
			t.Errorf("%q came back as %+v", text, notes)
		}
		if strings.Contains(string(g.body), "<script") {
			t.Errorf("markup stands in the answer: %s", g.body)
		}
	}
}
