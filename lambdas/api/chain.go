package api

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"runtime/debug"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/lambdas/api/signin"
	"github.com/mirrorwatch/mirrorwatch/shared/deploy"
)

// policy is the Content-Security-Policy of what the API answers: JSON loads nothing, frames nothing, and is framed by nobody.
const policy = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// chain wraps the operations in what every request goes through: its id, what happens when it panics, limits, headers.
func (s *server) chain(operations http.Handler) http.Handler {
	inner := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1" || strings.HasPrefix(r.URL.Path, "/v1/") {
			s.api(w, r, operations)
			return
		}
		if s.Console == nil {
			s.fail(w, r, problem(http.StatusNotFound, "no-such-path", "There is no such path", "the API is under /v1"))
			return
		}
		w.Header().Set("Content-Security-Policy", deploy.ContentPolicy)
		s.Console.ServeHTTP(w, r)
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := &call{id: newID()}
		r = r.WithContext(withCall(r.Context(), c))
		c.request = r
		headers(w.Header(), c.id)
		w2 := newReply(w, r)
		defer s.recover(w2, r)
		inner.ServeHTTP(w2, r)
		w2.close()
	})
}

// api serves a request of the API, with a bounded body.
func (s *server) api(w http.ResponseWriter, r *http.Request, operations http.Handler) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Security-Policy", policy)
	file := "api.json" // a browser that is led here stores it, and shows nothing
	if strings.HasSuffix(r.URL.Path, ".yaml") {
		file = "openapi.yaml"
	}
	w.Header().Set("Content-Disposition", `attachment; filename="`+file+`"`)
	r.Body = http.MaxBytesReader(w, r.Body, MaxBody)
	operations.ServeHTTP(w, r)
}

func headers(h http.Header, id string) {
	h.Set("X-Request-Id", id)
	h.Set("Vary", "Accept-Encoding")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Content-Security-Policy", policy)
}

// recover turns a panic into a 500 that tells nothing, logged once with its stack. A connection that the handler gave up on purpose
// stays given up.
func (s *server) recover(w *reply, r *http.Request) {
	v := recover()
	if v == nil {
		return
	}
	if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(v)
	}
	c := callOf(r.Context())
	s.Log.Error("panic in handler", "id", c.id, "method", r.Method, "path", r.URL.Path, "panic", fmt.Sprint(v), "stack", string(debug.Stack()))
	if w.began {
		panic(http.ErrAbortHandler) // half an answer must not look like a whole one
	}
	p := problem(http.StatusInternalServerError, "internal", "Something broke", "the log has it under the instance's id")
	p.Instance = c.id
	write(w, r, p)
	w.close()
}

// guard lets through who may call the operation, and gives it its time. Nothing but the contract says who that is.
func (s *server) guard(op *operation, next http.Handler) http.Handler {
	patience := s.Timeout
	if op.stream {
		patience = s.ExportTimeout
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), patience)
		defer cancel()
		r = r.WithContext(ctx)
		c := callOf(ctx)
		if op.role == "" {
			next.ServeHTTP(w, r)
			return
		}
		p, err := s.Authenticator.Authenticate(r)
		if err != nil {
			s.Log.Info("not signed in", "id", c.id, "operation", op.id, "from", s.Address(r), "why", shorten(err.Error()))
			s.fail(w, r, err)
			return
		}
		if why, ok := op.may(p); !ok {
			s.Log.Info("refused", "id", c.id, "operation", op.id, "who", p.Name, "why", why)
			s.fail(w, r, problem(http.StatusForbidden, "forbidden", "It is not allowed", why))
			return
		}
		next.ServeHTTP(w, r.WithContext(signin.With(r.Context(), p)))
	})
}

// newID names a request: 96 random bits.
func newID() string {
	var b [12]byte
	_, _ = rand.Read(b[:]) // never fails, and panics where the system has no randomness
	return hex.EncodeToString(b[:])
}

// peer is the address of who sent a request.
func peer(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
