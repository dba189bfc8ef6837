package gateway

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"flag"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"github.com/mirrorwatch/mirrorwatch/lambdas/api/signin"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

var update = flag.Bool("update", false, "write testdata again from what the code gives")

// seen is what a handler sees of a request.
type seen struct {
	Method, URI, Path, Query, Host, Remote string
	Header                                 http.Header
	Body                                   string
	Who                                    string
}

func look(t *testing.T) http.Handler {
	gate, err := signin.NewGateway(signin.GatewayOptions{
		Groups: map[string]store.Role{"value1": store.RoleAdmin}, GroupClaims: []string{"claim1"}, NameClaims: []string{"claim2"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		s := seen{Method: r.Method, URI: r.RequestURI, Path: r.URL.Path, Query: r.URL.RawQuery, Host: r.Host, Remote: r.RemoteAddr, Header: r.Header, Body: string(b)}
		if p, err := gate.Authenticate(r); err == nil {
			s.Who = p.Name + " " + string(p.Role)
		} else {
			s.Who = err.Error()
		}
		w.Header().Set("Content-Type", "application/json")
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		_ = enc.Encode(s)
	})
}

// TestDocumentedEvents plays the sample events of AWS's documentation and holds what a handler sees against the golden files.
func TestDocumentedEvents(t *testing.T) {
	samples, err := filepath.Glob("testdata/apigw-*.json")
	if err != nil || len(samples) < 4 {
		t.Fatalf("%d samples, %v", len(samples), err)
	}
	for _, path := range samples {
		got := play(t, look(t), event(t, path))
		golden := strings.TrimSuffix(path, ".json") + ".golden"
		golden = strings.Replace(golden, "apigw-", "seen-", 1)
		if *update {
			if err := os.WriteFile(golden, []byte(got.Body), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if got.Body != string(want) || got.StatusCode != 200 || got.Headers["Content-Type"] != "application/json" {
			t.Errorf("%s: status %d, headers %v, a handler sees\n%s", path, got.StatusCode, got.Headers, got.Body)
		}
	}
}

func event(t *testing.T, path string) events.APIGatewayV2HTTPRequest {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var e events.APIGatewayV2HTTPRequest
	if err := json.Unmarshal(b, &e); err != nil {
		t.Fatal(err)
	}
	return e
}

func play(t *testing.T, h http.Handler, e events.APIGatewayV2HTTPRequest) events.APIGatewayV2HTTPResponse {
	t.Helper()
	got, err := Handle(h)(context.Background(), e)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// plain is an event like the documented one, without an authoriser.
func plain(t *testing.T, change func(*events.APIGatewayV2HTTPRequest)) events.APIGatewayV2HTTPRequest {
	e := event(t, "testdata/apigw-v2-request-no-authorizer.json")
	change(&e)
	return e
}

func TestWhatAHandlerSees(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*events.APIGatewayV2HTTPRequest)
		ok     func(seen) bool
	}{
		"a body in base64": {func(e *events.APIGatewayV2HTTPRequest) {
			e.Body, e.IsBase64Encoded = base64.StdEncoding.EncodeToString([]byte("\x00\xff bytes")), true
		}, func(s seen) bool { return strings.HasSuffix(s.Body, " bytes") }},
		"a stage with a name is no part of the path": {func(e *events.APIGatewayV2HTTPRequest) {
			e.RequestContext.Stage, e.RawPath = "prod", "/prod/v1/health"
		}, func(s seen) bool { return s.Path == "/v1/health" }},
		"what only begins like the stage stays": {func(e *events.APIGatewayV2HTTPRequest) {
			e.RequestContext.Stage, e.RawPath = "prod", "/products"
		}, func(s seen) bool { return s.Path == "/products" }},
		"the stage alone": {func(e *events.APIGatewayV2HTTPRequest) {
			e.RequestContext.Stage, e.RawPath = "prod", "/prod"
		}, func(s seen) bool { return s.Path == "/" }},
		"a path with escapes": {func(e *events.APIGatewayV2HTTPRequest) { e.RawPath = "/v1/devices/2001%3Adb8%3A%3A1" },
			func(s seen) bool {
				return s.Path == "/v1/devices/2001:db8::1" && s.URI == "/v1/devices/2001%3Adb8%3A%3A1"
			}},
		"a path that came decoded": {func(e *events.APIGatewayV2HTTPRequest) { e.RawPath = "/100%" },
			func(s seen) bool { return s.Path == "/100%" }},
		"the query untouched": {func(e *events.APIGatewayV2HTTPRequest) { e.RawQueryString = "a=1%2B1&a=2&b=%zz" },
			func(s seen) bool { return s.Query == "a=1%2B1&a=2&b=%zz" }},
		"cookies": {func(e *events.APIGatewayV2HTTPRequest) { e.Cookies = []string{"a=1", "b=2"} },
			func(s seen) bool { return s.Header.Get("Cookie") == "a=1; b=2" }},
		"the host of the header": {func(e *events.APIGatewayV2HTTPRequest) { e.Headers = map[string]string{"host": "mw.example.com"} },
			func(s seen) bool { return s.Host == "mw.example.com" && s.Header.Get("Host") == "" }},
		"the address that API Gateway saw": {func(e *events.APIGatewayV2HTTPRequest) {
			e.RequestContext.HTTP.SourceIP = "2001:db8::7"
			e.Headers = map[string]string{"x-forwarded-for": "1.2.3.4"}
		}, func(s seen) bool { return s.Remote == "[2001:db8::7]:0" }},
	} {
		t.Run(name, func(t *testing.T) {
			got := play(t, look(t), plain(t, c.change))
			var s seen
			if err := json.Unmarshal([]byte(got.Body), &s); err != nil {
				t.Fatal(err)
			}
			if !c.ok(s) {
				t.Errorf("a handler sees %+v", s)
			}
		})
	}
}

func TestBadEventsAreRefusedNotCrashedOn(t *testing.T) {
	for name, change := range map[string]func(*events.APIGatewayV2HTTPRequest){
		"bad base64": func(e *events.APIGatewayV2HTTPRequest) { e.Body, e.IsBase64Encoded = "%%%", true },
		"bad method": func(e *events.APIGatewayV2HTTPRequest) { e.RequestContext.HTTP.Method = "GET IT" },
	} {
		got := play(t, look(t), plain(t, change))
		if got.StatusCode != 400 || got.Headers["Content-Type"] != "application/problem+json" || !strings.Contains(got.Body, `"status":400`) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestAnswers(t *testing.T) {
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/cookies":
			http.SetCookie(w, &http.Cookie{Name: "a", Value: "1"})
			http.SetCookie(w, &http.Cookie{Name: "b", Value: "2"})
			w.Header().Add("Vary", "A")
			w.Header().Add("Vary", "B")
			w.WriteHeader(204)
		case "/binary":
			_, _ = w.Write([]byte{0xff, 0xfe, 0})
		case "/zipped":
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write([]byte("looks like text"))
		case "/late":
			w.WriteHeader(201)
			w.Header().Set("Too", "late")
			w.WriteHeader(500)
		case "/large":
			for range 100 {
				if _, err := w.Write(bytes.Repeat([]byte("x"), 100_000)); err != nil {
					return
				}
			}
		case "/gives-up":
			panic(http.ErrAbortHandler)
		default:
			_, _ = io.WriteString(w, "text")
		}
	})
	at := func(path, method string) events.APIGatewayV2HTTPResponse {
		return play(t, h, plain(t, func(e *events.APIGatewayV2HTTPRequest) { e.RawPath, e.RequestContext.HTTP.Method = path, method }))
	}
	if got := at("/cookies", "GET"); len(got.Cookies) != 2 || got.Cookies[1] != "b=2" || got.Headers["Vary"] != "A, B" || got.StatusCode != 204 || got.Headers["Set-Cookie"] != "" {
		t.Errorf("cookies: %+v", got)
	}
	if got := at("/binary", "GET"); !got.IsBase64Encoded || got.Body != "//4A" {
		t.Errorf("binary: %+v", got)
	}
	if got := at("/zipped", "GET"); !got.IsBase64Encoded {
		t.Errorf("zipped: %+v", got)
	}
	if got := at("/late", "GET"); got.StatusCode != 201 || got.Headers["Too"] != "" {
		t.Errorf("late: %+v", got)
	}
	if got := at("/large", "GET"); got.StatusCode != 413 || len(got.Body) > 1000 {
		t.Errorf("large: status %d, %d bytes", got.StatusCode, len(got.Body))
	}
	if got := at("/gives-up", "GET"); got.StatusCode != 500 {
		t.Errorf("gives up: %+v", got)
	}
	if got := at("/", "HEAD"); got.Body != "" || got.Headers["Content-Length"] != "4" {
		t.Errorf("HEAD: %+v", got)
	}
}

// TestLikeAServer holds the adapter against net/http: the same request, the same answer.
func TestLikeAServer(t *testing.T) {
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		w.Header().Set("Content-Type", "text/plain")
		w.WriteHeader(202)
		_, _ = io.WriteString(w, r.Method+" "+r.RequestURI+" "+r.Header.Get("Cookie")+" "+string(b))
	})
	srv := httptest.NewServer(h)
	defer srv.Close()
	req, _ := http.NewRequest(http.MethodPost, srv.URL+"/v1/a%20b?x=1&x=%2F", strings.NewReader("body"))
	req.Header.Set("Cookie", "k=v")
	want, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer want.Body.Close()
	body, _ := io.ReadAll(want.Body)
	got := play(t, h, plain(t, func(e *events.APIGatewayV2HTTPRequest) {
		e.RawPath, e.RawQueryString, e.Cookies, e.Body, e.RequestContext.HTTP.Method = "/v1/a%20b", "x=1&x=%2F", []string{"k=v"}, "body", http.MethodPost
	}))
	if got.StatusCode != want.StatusCode || got.Body != string(body) || got.Headers["Content-Type"] != want.Header.Get("Content-Type") {
		t.Errorf("adapter %d %q, server %d %q", got.StatusCode, got.Body, want.StatusCode, body)
	}
}
