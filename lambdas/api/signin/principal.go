// Package signin says who is asking, and whether they may. What comes in is a request: a cookie, an API key, or the claims that API
// Gateway has checked; what goes out is a Principal with one role, or an error. It never answers a request of the API itself, never
// keeps a password or a key, and never says which of name and password was wrong.
package signin

import (
	"context"
	"errors"
	"net/http"

	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// Principal is who is asking.
type Principal struct {
	Name       string     // a user's name, or "key:" and an API key's id
	Kind       string     // user, key, jwt, iam
	Role       store.Role // what they may
	Packets    bool       // may read packets
	MustChange bool       // may do nothing but set a new password
	Session    string     // id of the session's document; empty without one
	CSRF       string     // what a change must carry in the X-CSRF-Token header; empty where no cookie was used
}

// What may be wrong with a request's credentials.
var (
	ErrUnauthenticated = errors.New("sign in first")
	ErrForbidden       = errors.New("not allowed")
	ErrLocked          = errors.New("too many failures: locked for a while")
	ErrRateLimited     = errors.New("too many requests")
)

// Authenticator tells who sent a request. It gives ErrUnauthenticated where there are no credentials, or none that are good.
type Authenticator interface {
	Authenticate(r *http.Request) (Principal, error)
}

type contextKey struct{}

// With puts who is asking into a context.
func With(ctx context.Context, p Principal) context.Context {
	return context.WithValue(ctx, contextKey{}, p)
}

// From gives who is asking; false where nobody signed in.
func From(ctx context.Context) (Principal, bool) {
	p, ok := ctx.Value(contextKey{}).(Principal)
	return p, ok
}

// Actor is the principal as the audit log names it.
func (p Principal) Actor(address string) store.Actor {
	return store.Actor{Name: p.Name, Address: address}
}

// May says whether the principal's role is at least r.
func (p Principal) May(r store.Role) bool { return rank(p.Role) >= rank(r) && rank(r) > 0 }

func rank(r store.Role) int {
	for i, have := range store.Roles() {
		if have == r {
			return i + 1
		}
	}
	return 0
}
