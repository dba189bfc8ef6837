// Package client holds the OpenAPI document to its promise that a client which is made from it can do all that the console will need.
// What comes in is the document and a server that has played the bundled captures; a client of TypeScript, generated and type-checked,
// walks through every page as people would. What goes out is what it found wrong, what an answer held that the document does not
// promise, and which operations nobody called. It never leaves the loopback.
package client

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
)

// mostAnswer is how much of an answer is looked at; what is longer is a fault.
const mostAnswer = 64 << 20

// mostFaults is how many are kept: whoever has so many reads the first ones.
const mostFaults = 50

// Witness stands between a client and a server, and holds every answer against the document.
type Witness struct {
	router routers.Router
	proxy  *httputil.ReverseProxy

	mu       sync.Mutex
	statuses map[string][]int // operation -> the statuses that it was answered with
	faults   []string
	answers  int
}

// NewWitness makes one before the server at an address.
func NewWitness(document *openapi3.T, address string) (*Witness, error) {
	to, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("read address: %w", err)
	}
	w := &Witness{statuses: map[string][]int{}}
	if w.router, err = gorillamux.NewRouter(document); err != nil {
		return nil, fmt.Errorf("route document: %w", err)
	}
	w.proxy = &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to) }, ModifyResponse: w.look}
	return w, nil
}

// ServeHTTP hands a request on.
func (w *Witness) ServeHTTP(out http.ResponseWriter, r *http.Request) { w.proxy.ServeHTTP(out, r) }

// look reads an answer and puts it back. It never changes one, and never keeps one from the client.
func (w *Witness) look(answer *http.Response) error {
	body, err := io.ReadAll(io.LimitReader(answer.Body, mostAnswer))
	answer.Body.Close()
	answer.Body = io.NopCloser(bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("read answer: %w", err)
	}
	operation, fault := w.judge(answer, body)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.answers++
	w.statuses[operation] = append(w.statuses[operation], answer.StatusCode)
	if fault != "" && len(w.faults) < mostFaults {
		w.faults = append(w.faults, fmt.Sprintf("%s: %s %s -> %d: %s", operation, answer.Request.Method, answer.Request.URL.RequestURI(), answer.StatusCode, fault))
	}
	return nil
}

// judge names the operation, and says what about the answer is not as the document has it.
func (w *Witness) judge(answer *http.Response, body []byte) (operation, fault string) {
	r := answer.Request.Clone(answer.Request.Context())
	route, params, err := w.router.FindRoute(r)
	if err != nil {
		return "unknown", "the document knows no such path: " + err.Error()
	}
	operation = route.Operation.OperationID
	if answer.StatusCode >= 500 {
		return operation, "the server is at fault: " + short(string(body))
	}
	in := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: r, PathParams: params, Route: route},
		Status:                 answer.StatusCode, Header: answer.Header,
		Options: &openapi3filter.Options{IncludeResponseStatus: true, MultiError: true},
	}
	in.SetBodyBytes(body)
	if !strings.Contains(answer.Header.Get("Content-Type"), "json") || strings.Contains(answer.Header.Get("Content-Type"), "jsonl") ||
		answer.Header.Get("Content-Encoding") != "" {
		in.Options.ExcludeResponseBody = true
	}
	if err := openapi3filter.ValidateResponse(r.Context(), in); err != nil {
		return operation, short(err.Error())
	}
	return operation, ""
}

func short(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	return s[:min(len(s), 400)]
}

// Faults gives what was wrong, and how many answers there were.
func (w *Witness) Faults() (faults []string, answers int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.faults), w.answers
}

// Succeeded says whether an operation was ever answered as it is when it goes well.
func (w *Witness) Succeeded(operation string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.ContainsFunc(w.statuses[operation], func(s int) bool { return s >= 200 && s < 300 })
}

// Answered says whether an operation was ever answered with a status.
func (w *Witness) Answered(operation string, status int) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Contains(w.statuses[operation], status)
}
