package api

import (
	"net/http"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/mirrorwatch/mirrorwatch/lambdas/api/gen"
	"github.com/mirrorwatch/mirrorwatch/lambdas/api/signin"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// callers are everybody there is, by what a test calls them.
var callers = []string{"", "viewer", "analyst", "admin", "viewer+packets", "analyst+packets", "admin+packets", "viewer+must-change", "admin+must-change"}

// allowed says from the contract alone who may call an operation. It is written a second time here, from the words of openapi.yaml.
func allowed(op *openapi3.Operation, as string) (status int) {
	role, _ := op.Extensions["x-role"].(string)
	packets, _ := op.Extensions["x-packets"].(bool)
	mustChange, _ := op.Extensions["x-must-change"].(bool)
	name, extra, _ := strings.Cut(as, "+")
	rank := map[string]int{"": 0, "viewer": 1, "analyst": 2, "admin": 3}
	switch {
	case role == "public":
		return 0
	case name == "":
		return http.StatusUnauthorized
	case extra == "must-change" && !mustChange, rank[name] < rank[role], packets && extra != "packets":
		return http.StatusForbidden
	}
	return 0
}

// TestWhoMayCallWhat asks every operation as everybody: refused exactly where the contract says so. A new operation is in it by itself.
func TestWhoMayCallWhat(t *testing.T) {
	w := newWorld(t)
	if len(w.table.list) < 70 {
		t.Fatalf("only %d operations: the table is not the contract's", len(w.table.list))
	}
	for _, op := range w.table.list {
		for _, as := range callers {
			path := op.route.Path
			for name, value := range map[string]string{"{id}": "none", "{name}": "nobody"} {
				path = strings.ReplaceAll(path, name, value)
			}
			// A body that makes no sense: who may come in is told so, and nothing is changed.
			g := w.ask(as, op.route.Method, path+"?no_such_parameter=1", nil)
			want := allowed(op.route.Operation, as)
			if want == 0 {
				want = http.StatusBadRequest
			}
			if g.status != want {
				t.Errorf("%s as %q: %d, want %d", op.id, as, g.status, want)
			}
		}
	}
}

// TestEveryOperationSaysWhoMay fails where an operation of the contract lacks what the machinery needs.
func TestEveryOperationSaysWhoMay(t *testing.T) {
	w := newWorld(t)
	for _, op := range w.table.list {
		o := op.route.Operation
		_, audited := o.Extensions["x-audit"].(string)
		reads := op.route.Method == http.MethodGet || strings.HasSuffix(op.route.Path, "/search") || strings.HasSuffix(op.route.Path, "/histogram") ||
			strings.HasSuffix(op.route.Path, "/groups") || strings.HasSuffix(op.route.Path, "/top") || strings.HasSuffix(op.route.Path, "/preview")
		if !reads && !audited {
			t.Errorf("%s changes something and has no x-audit", op.id)
		}
		if o.Summary == "" || len(o.Tags) != 1 || o.Responses.Default() == nil {
			t.Errorf("%s has no summary, no tag or no default answer", op.id)
		}
		if op.role != "" && o.Responses.Value("401") == nil {
			t.Errorf("%s does not say 401", op.id)
		}
		if (op.role == store.RoleAnalyst || op.role == store.RoleAdmin || op.packets) && o.Responses.Value("403") == nil {
			t.Errorf("%s does not say 403", op.id)
		}
	}
}

// TestAnOperationWithoutRoleIsRefused: the default is to deny.
func TestAnOperationWithoutRoleIsRefused(t *testing.T) {
	for _, role := range []any{nil, "", "everybody", 3, true} {
		o := &openapi3.Operation{OperationID: "x", Responses: openapi3.NewResponses(), Extensions: map[string]any{"x-role": role}}
		if _, err := newOperation(o); err == nil {
			t.Errorf("x-role %v was taken", role)
		}
	}
}

// TestRightsAreWhatIsAllowed: what /v1/me promises is what the operations do.
func TestRightsAreWhatIsAllowed(t *testing.T) {
	w := newWorld(t)
	for _, as := range []string{"viewer", "analyst", "admin", "admin+packets", "viewer+must-change"} {
		me := decode[gen.Me](w.ask(as, "GET", "/v1/me", nil).is(200))
		has := map[string]bool{}
		for _, id := range me.Rights {
			has[id] = true
		}
		for _, op := range w.table.list {
			if want := allowed(op.route.Operation, as) == 0; has[op.id] != want {
				t.Errorf("%s: right to %s is %v, want %v", as, op.id, has[op.id], want)
			}
		}
	}
}

// TestUnknownRolesMayNothing: a role that the code does not know is no role.
func TestUnknownRolesMayNothing(t *testing.T) {
	op := &operation{id: "x", role: store.RoleViewer}
	for _, role := range []store.Role{"", "root", "Admin"} {
		if _, ok := op.may(signin.Principal{Role: role}); ok {
			t.Errorf("role %q may", role)
		}
	}
}
