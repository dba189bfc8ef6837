package apifuzz

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

const toy = `{"openapi":"3.0.3","info":{"title":"toy","version":"1"},"servers":[{"url":"/"}],"paths":{
 "/things":{"post":{"operationId":"make","requestBody":{"required":true,"content":{"application/json":{"schema":{"type":"object","required":["name","size"],
  "properties":{"name":{"type":"string","minLength":1,"maxLength":20},"size":{"type":"integer","minimum":1,"maximum":9}}}}}},
  "responses":{"200":{"description":"ok","content":{"application/json":{"schema":{"$ref":"#/components/schemas/T"}}}},"default":{"description":"no"}}}},
 "/things/{id}":{"get":{"operationId":"get","parameters":[{"name":"id","in":"path","required":true,"schema":{"type":"string"}}],
  "responses":{"200":{"description":"ok","content":{"application/json":{"schema":{"$ref":"#/components/schemas/T"}}}},"default":{"description":"no"}}}}},
 "components":{"schemas":{"T":{"type":"object","required":["id"],"properties":{"id":{"type":"string"}}}}}}`

// toyAPI has three faults: it divides by size unchecked, it answers some errors as plain text, and it leaves out the id of one thing.
type toyAPI struct{ made int }

func (a *toyAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	problem := func(code int) {
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(code)
		io.WriteString(w, `{"title":"no"}`)
	}
	w.Header().Set("Content-Type", "application/json")
	if r.Method == http.MethodGet {
		switch id := strings.TrimPrefix(r.URL.Path, "/things/"); {
		case id == "secret-7":
			io.WriteString(w, `{}`)
		case strings.HasPrefix(id, "secret-"):
			io.WriteString(w, `{"id":"x"}`)
		default:
			problem(404)
		}
		return
	}
	var body struct {
		Name string
		Size float64
	}
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		http.Error(w, "no JSON", 400)
		return
	}
	if body.Size == 0 {
		problem(500)
		return
	}
	a.made++
	json.NewEncoder(w).Encode(map[string]string{"id": "secret-7"})
}

// Catches: a fuzzer that finds nothing because it never comes behind the first door, or because it holds nothing against the document.
func TestFindsTheFaultsOfAToy(t *testing.T) {
	doc, err := openapi3.NewLoader().LoadFromData([]byte(toy))
	if err != nil {
		t.Fatal(err)
	}
	report, err := Run(context.Background(), Options{Document: doc, Handler: &toyAPI{}, Seed: 1, Requests: 200})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"make: |the server is at fault", "make: |an error of type", "get: |not what the document promises"} {
		op, why, _ := strings.Cut(want, "|")
		found := false
		for _, f := range report.Findings {
			found = found || strings.HasPrefix(f.String(), op) && strings.Contains(f.Why, why)
		}
		if !found {
			t.Errorf("%q was not found among %d findings", want, len(report.Findings))
		}
	}
	if report.Reached["get"][2] == 0 || report.Reached["make"][2] == 0 {
		t.Errorf("reached %v", report.Reached)
	}
}
