// Package apifuzz asks an API everything that its OpenAPI document allows, and much that it does not. What comes in is the document,
// a handler and a seed; what goes out is a list of answers that no client should ever get: a status of 500 or above, an error that is
// no problem+json, or a body that the document does not promise. It keeps what answers contain (ids, cursors, revisions) and asks
// with it again, so that it comes behind the first door. It never leaves the process: the handler is called, not a network.
package apifuzz

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
)

// Options say what is asked, and how often.
type Options struct {
	Document *openapi3.T
	Handler  http.Handler
	Sign     func(*http.Request)         // puts credentials on a request
	Skip     func(operation string) bool // operations that would end the run, such as signing out; may be nil
	Seed     uint64
	Requests int // of each operation
}

// Finding is an answer that should not be.
type Finding struct {
	Operation string
	Request   string // method, path and query, and the beginning of the body
	Status    int
	Why       string
}

// String is the finding in one line.
func (f Finding) String() string {
	return fmt.Sprintf("%s: %s -> %d: %s", f.Operation, f.Request, f.Status, f.Why)
}

// Report is what a run saw.
type Report struct {
	Requests int
	Statuses map[int]int            // how often each came
	Reached  map[string]map[int]int // operation -> status class (2, 3, 4, 5) -> count
	Findings []Finding              // at most maxFindings
}

// maxFindings ends a run early: whoever has so many reads the first ones.
const maxFindings = 50

// operation is one method of one path.
type operation struct {
	method, path string
	item         *openapi3.PathItem
	op           *openapi3.Operation
}

// Run asks everything. The same seed and the same answers give the same requests.
func Run(ctx context.Context, o Options) (Report, error) {
	router, err := gorillamux.NewRouter(o.Document)
	if err != nil {
		return Report{}, fmt.Errorf("route document: %w", err)
	}
	f := &fuzzer{
		o: o, router: router, rng: rand.New(rand.NewPCG(o.Seed, 0x6d77)), kept: map[string][]string{}, tags: map[string]string{},
		report: Report{Statuses: map[int]int{}, Reached: map[string]map[int]int{}},
	}
	list := operations(o)
	for round := range o.Requests {
		for _, op := range list {
			if ctx.Err() != nil || len(f.report.Findings) >= maxFindings {
				return f.report, ctx.Err()
			}
			f.ask(ctx, op, round)
		}
	}
	return f.report, nil
}

// operations lists what there is to ask, in a fixed order: what makes things before what asks for them, what deletes them last.
func operations(o Options) []operation {
	var list []operation
	for _, path := range o.Document.Paths.InMatchingOrder() {
		item := o.Document.Paths.Value(path)
		for method, op := range item.Operations() {
			if o.Skip == nil || !o.Skip(op.OperationID) {
				list = append(list, operation{method, path, item, op})
			}
		}
	}
	slices.SortFunc(list, func(a, b operation) int {
		if c := place(a.method) - place(b.method); c != 0 {
			return c
		}
		return strings.Compare(a.path, b.path)
	})
	return list
}

func place(method string) int {
	return slices.Index([]string{http.MethodPost, http.MethodPut, http.MethodGet, http.MethodPatch, http.MethodDelete}, method)
}

// fuzzer is one run.
type fuzzer struct {
	o      Options
	router routers.Router
	rng    *rand.Rand
	kept   map[string][]string // what answers contained, by member name; ids also by the path that gave them
	tags   map[string]string   // the ETag that each path had last
	report Report
}

// ask sends one request and looks at the answer.
func (f *fuzzer) ask(ctx context.Context, op operation, round int) {
	g := &generator{rng: f.rng, kept: f.kept, tags: f.tags, wild: wildness(round)}
	r, shown := g.request(ctx, op)
	if f.o.Sign != nil {
		f.o.Sign(r)
	}
	w := httptest.NewRecorder()
	f.o.Handler.ServeHTTP(w, r)
	f.report.Requests++
	f.report.Statuses[w.Code]++
	if f.report.Reached[op.op.OperationID] == nil {
		f.report.Reached[op.op.OperationID] = map[int]int{}
	}
	f.report.Reached[op.op.OperationID][w.Code/100]++
	if why := f.judge(ctx, op, r, w); why != "" {
		f.report.Findings = append(f.report.Findings, Finding{op.op.OperationID, shown, w.Code, why})
	}
	if w.Code < 300 {
		f.keep(op.path, r, w)
	}
}

// wildness is how likely each value is to be nonsense: the first rounds are tame, so that there is something to ask about.
func wildness(round int) float64 {
	switch round % 4 {
	case 0:
		return 0
	case 1:
		return 0.05
	case 2:
		return 0.3
	}
	return 0.8
}

// judge says what is wrong with an answer, or "".
func (f *fuzzer) judge(ctx context.Context, op operation, r *http.Request, w *httptest.ResponseRecorder) string {
	body := w.Body.Bytes()
	kind := w.Header().Get("Content-Type")
	switch {
	case w.Code >= 500:
		return "the server is at fault: " + short(string(body))
	case w.Code >= 400 && !strings.HasPrefix(kind, "application/problem+json"):
		return fmt.Sprintf("an error of type %q: %s", kind, short(string(body)))
	case w.Code == http.StatusNotModified || r.Method == http.MethodHead:
		return ""
	}
	return f.promised(ctx, op, r, w, body)
}

// promised holds an answer against the document.
func (f *fuzzer) promised(ctx context.Context, op operation, r *http.Request, w *httptest.ResponseRecorder, body []byte) string {
	route, params, err := f.router.FindRoute(r)
	if err != nil {
		return "" // a path that was made not to match
	}
	if route.Operation.OperationID != op.op.OperationID {
		return ""
	}
	in := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: r, PathParams: params, Route: route},
		Status:                 w.Code, Header: w.Header(),
		Options: &openapi3filter.Options{IncludeResponseStatus: true, MultiError: true},
	}
	in.SetBodyBytes(bytes.Clone(body))
	if !strings.Contains(w.Header().Get("Content-Type"), "json") {
		in.Options.ExcludeResponseBody = true
	}
	if err := openapi3filter.ValidateResponse(ctx, in); err != nil {
		return "not what the document promises: " + short(err.Error())
	}
	return ""
}

func short(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > 400 {
		return s[:400] + "..."
	}
	return s
}
