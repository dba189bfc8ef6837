package client

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// TestWitnessSees has a server answer what the document does not promise: each time the client gets the answer, and the witness has a
// fault that says what is wrong.
func TestWitnessSees(t *testing.T) {
	doc, err := openapi3.NewLoader().LoadFromFile(document)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		path, body string
		status     int
		fault      string
	}{
		{"/v1/health", `{"ok": true}`, 200, ""},
		{"/v1/health", `{"ok": "yes"}`, 200, "ok"},
		{"/v1/health", `{}`, 200, `"ok" is missing`},
		{"/v1/health", `{"type": "x", "title": "y", "status": 500}`, 500, "the server is at fault"},
		{"/v1/status", `{"type": "x", "status": 401}`, 401, `"title" is missing`},
		{"/v1/nothing", `{}`, 200, "no such path"},
	} {
		far := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			if c.status >= 400 {
				w.Header().Set("Content-Type", "application/problem+json")
			}
			w.WriteHeader(c.status)
			io.WriteString(w, c.body) //nolint:errcheck // the client sees it
		}))
		witness, err := NewWitness(doc, far.URL)
		if err != nil {
			t.Fatal(err)
		}
		front := httptest.NewServer(witness)
		answer, err := http.Get(front.URL + c.path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(answer.Body)
		answer.Body.Close()
		front.Close()
		far.Close()
		if err != nil || string(body) != c.body || answer.StatusCode != c.status {
			t.Errorf("%s: the client got %d %q, %v", c.path, answer.StatusCode, body, err)
		}
		faults, answers := witness.Faults()
		if answers != 1 || (c.fault == "") != (len(faults) == 0) || !strings.Contains(strings.Join(faults, ""), c.fault) {
			t.Errorf("%s with %s: faults %q of %d answers, want one with %q", c.path, c.body, faults, answers, c.fault)
		}
	}
}
