package api

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/routers"

	"github.com/mirrorwatch/mirrorwatch/lambdas/api/gen"
	"github.com/mirrorwatch/mirrorwatch/lambdas/api/signin"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// operation is one line of the contract: what it is called, and who may call it.
type operation struct {
	id         string
	role       store.Role // empty: anybody
	packets    bool       // needs the right to read packets
	mustChange bool       // may be called by who must set a new password first
	stream     bool       // gives a file, which may take longer than one answer
	names      []string   // query parameters there are
	many       []string   // those of them that may be given more than once
	route      *routers.Route
}

// may says whether a principal may call the operation, and if not, why.
func (op *operation) may(p signin.Principal) (why string, ok bool) {
	switch {
	case p.MustChange && !op.mustChange:
		return "set a new password first (PUT /v1/me/password)", false
	case !p.May(op.role):
		return fmt.Sprintf("it needs the role %s; %s has %s", op.role, p.Name, p.Role), false
	case op.packets && !p.Packets:
		return "it needs the right to read packets, which " + p.Name + " does not have", false
	}
	return "", true
}

// table is every operation of the contract. What is not in it is not answered.
type table struct {
	spec *openapi3.T
	list []*operation
}

func newTable() (*table, error) {
	spec, err := gen.GetSpec()
	if err != nil {
		return nil, fmt.Errorf("read contract: %w", err)
	}
	t := &table{spec: spec}
	for path, item := range spec.Paths.Map() {
		for method, o := range item.Operations() {
			op, err := newOperation(o)
			if err != nil {
				return nil, fmt.Errorf("read contract: %s %s: %w", method, path, err)
			}
			op.route = &routers.Route{Spec: spec, Path: path, PathItem: item, Method: method, Operation: o}
			for _, p := range slices.Concat(item.Parameters, o.Parameters) {
				if p.Value.In == openapi3.ParameterInQuery {
					op.names = append(op.names, p.Value.Name)
					if p.Value.Schema.Value.Type.Is("array") {
						op.many = append(op.many, p.Value.Name)
					}
				}
			}
			t.list = append(t.list, op)
		}
	}
	slices.SortFunc(t.list, func(a, b *operation) int { return strings.Compare(a.id, b.id) })
	return t, nil
}

// newOperation refuses an operation that does not say who may call it.
func newOperation(o *openapi3.Operation) (*operation, error) {
	op := &operation{id: o.OperationID}
	role, _ := o.Extensions["x-role"].(string)
	switch {
	case role == "public":
	case slices.Contains(store.Roles(), store.Role(role)):
		op.role = store.Role(role)
	default:
		return nil, fmt.Errorf("x-role %q is not one of public, viewer, analyst, admin", role)
	}
	op.packets, _ = o.Extensions["x-packets"].(bool)
	op.mustChange, _ = o.Extensions["x-must-change"].(bool)
	op.stream = o.Responses.Value("200") != nil && o.Responses.Value("200").Value.Content["application/jsonl"] != nil
	return op, nil
}

// rights names the operations that a principal may call.
func (t *table) rights(p signin.Principal) []string {
	var ids []string
	for _, op := range t.list {
		if op.role == "" {
			ids = append(ids, op.id)
		} else if _, ok := op.may(p); ok {
			ids = append(ids, op.id)
		}
	}
	return ids
}

// route finds the operation of a request, lets it through to next where it may, and answers 404 and 405 itself.
func (t *table) route(s *server, next http.Handler) http.Handler {
	mux := http.NewServeMux()
	for _, op := range t.list {
		mux.Handle(op.route.Method+" "+op.route.Path, s.guard(op, s.validate(op, next)))
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h, pattern := mux.Handler(r)
		if pattern == "" {
			s.missing(w, r, h)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// missing answers what no operation does: another path (404), or the path with another method (405).
func (s *server) missing(w http.ResponseWriter, r *http.Request, h http.Handler) {
	probe := httptest.NewRecorder()
	h.ServeHTTP(probe, r)
	s.Log.Info("no such operation", "id", callOf(r.Context()).id, "method", shorten(r.Method), "path", shorten(r.URL.Path), "from", s.Address(r))
	if probe.Code == http.StatusMethodNotAllowed {
		allow := probe.Header().Get("Allow")
		w.Header().Set("Allow", allow)
		s.fail(w, r, problem(http.StatusMethodNotAllowed, "method-not-allowed", "The method is not allowed here",
			fmt.Sprintf("%s is not one of %s", shorten(r.Method), allow)))
		return
	}
	s.fail(w, r, problem(http.StatusNotFound, "no-such-path", "There is no such path", "see /v1/openapi.yaml for those there are"))
}

type callKey struct{}

// call is what a handler may need to know of its request besides what the contract gives it.
type call struct {
	id      string // of the request
	request *http.Request
}

func withCall(ctx context.Context, c *call) context.Context {
	return context.WithValue(ctx, callKey{}, c)
}

// callOf gives the call that a context belongs to.
func callOf(ctx context.Context) *call {
	c, _ := ctx.Value(callKey{}).(*call)
	if c == nil {
		return &call{}
	}
	return c
}
