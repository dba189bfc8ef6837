package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"

	"github.com/mirrorwatch/mirrorwatch/lambdas/api/gen"
	"github.com/mirrorwatch/mirrorwatch/lambdas/api/signin"
	"github.com/mirrorwatch/mirrorwatch/shared/query"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// refusal is a problem that a caller is told of, as an error.
type refusal struct {
	gen.Problem
	retry float64 // seconds; 0: says nothing
}

// Error says it in one line, for the log.
func (r *refusal) Error() string { return fmt.Sprintf("%d %s: %s", r.Status, r.Title, r.Detail) }

// problem makes a refusal. Its kind is the last part of its type.
func problem(status int, kind, title, detail string) *refusal {
	return &refusal{Problem: gen.Problem{Type: "/problems/" + kind, Title: title, Status: status, Detail: cut(detail, 2048)}}
}

// invalid is a refusal that names the fields at fault.
func invalid(errs ...gen.FieldError) *refusal {
	e := errs[0]
	r := problem(http.StatusBadRequest, "invalid", "The request makes no sense", fmt.Sprintf("%s %q is not %s", e.Field, e.Value, e.Allowed))
	r.Errors = errs[:min(len(errs), 50)]
	return r
}

// invalidField is invalid for one field.
func invalidField(field, value, allowed string) *refusal {
	return invalid(gen.FieldError{Field: cut(field, 256), Value: shorten(value), Allowed: cut(allowed, 2048)})
}

// notKept is the answer about things that this installation does not keep.
func notKept(what, why string) *refusal {
	return problem(http.StatusNotFound, "not-kept", what+" are not kept here", why)
}

// fail answers a request with what an error comes to.
func (s *server) fail(w http.ResponseWriter, r *http.Request, err error) {
	c := callOf(r.Context())
	p := s.refusalOf(r, err)
	p.Instance = c.id
	if p.Status >= 500 {
		s.Log.Error("request failed", "id", c.id, "method", r.Method, "path", r.URL.Path, "status", p.Status, "error", err)
	}
	write(w, r, p)
}

func write(w http.ResponseWriter, r *http.Request, p *refusal) {
	h := w.Header()
	h.Del("ETag")
	h.Set("Content-Type", "application/problem+json")
	h.Set("Content-Disposition", `attachment; filename="problem.json"`)
	switch p.Status {
	case http.StatusUnauthorized:
		h.Set("WWW-Authenticate", "Bearer")
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		h.Set("Retry-After", strconv.Itoa(max(1, int(math.Ceil(p.retry)))))
	}
	w.WriteHeader(p.Status)
	if r.Method != http.MethodHead {
		_ = json.NewEncoder(w).Encode(p.Problem)
	}
}

// refusalOf says what a caller is told of an error: what is theirs to mend in full, and of what broke inside only that it did.
func (s *server) refusalOf(r *http.Request, err error) *refusal {
	var told *refusal
	if errors.As(err, &told) {
		copied := *told
		return &copied
	}
	if p := refusalOfInput(err); p != nil {
		return p
	}
	if p := refusalOfSignin(err); p != nil {
		return p
	}
	switch {
	case errors.Is(err, store.ErrNotFound):
		return problem(http.StatusNotFound, "not-found", "It is not there", "nothing has this id")
	case errors.Is(err, store.ErrConflict):
		return conflict(r)
	case errors.Is(err, store.ErrFull):
		return problem(http.StatusInsufficientStorage, "full", "No space is left", "nothing can be stored until some is freed")
	case errors.Is(err, store.ErrUnavailable):
		return problem(http.StatusServiceUnavailable, "unavailable", "The store is not available", "try again in a moment")
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return problem(http.StatusServiceUnavailable, "timeout", "The answer took too long", "ask for a shorter time or for less")
	}
	return problem(http.StatusInternalServerError, "internal", "Something broke", "the log has it under the instance's id")
}

// conflict is 412 where the change rested on a revision, and 409 where it did not.
func conflict(r *http.Request) *refusal {
	switch r.Method {
	case http.MethodPost:
		return problem(http.StatusConflict, "conflict", "It contradicts what is stored", "the name is taken, or somebody else was faster")
	}
	return problem(http.StatusPreconditionFailed, "changed-meanwhile", "It was changed meanwhile", "read it again, and decide again")
}

func refusalOfInput(err error) *refusal {
	var (
		bad     *store.Invalid
		syntax  *query.SyntaxError
		unknown *query.UnknownFieldError
		value   *query.ValueError
		large   *http.MaxBytesError
		format  *gen.InvalidParamFormatError
		many    *gen.TooManyValuesForParamError
		decode  *json.UnmarshalTypeError
	)
	switch {
	case errors.As(err, &bad):
		return invalidField(bad.Field, bad.Value, bad.Allowed)
	case errors.As(err, &syntax):
		return invalidQuery(syntax.Got, fmt.Sprintf("%s (at byte %d)", syntax.Want, syntax.Offset), syntax)
	case errors.As(err, &unknown):
		return invalidQuery(unknown.Field, "the name of a field: "+unknown.Error(), unknown)
	case errors.As(err, &value):
		return invalidQuery(value.Value, value.Want, value)
	case errors.As(err, &large):
		return problem(http.StatusRequestEntityTooLarge, "too-large", "The body is too large", fmt.Sprintf("it may have %d bytes", large.Limit))
	case errors.As(err, &format):
		return invalidField(format.ParamName, "", "well formed")
	case errors.As(err, &many):
		return invalidField(many.ParamName, fmt.Sprint(many.Count, " values"), "given once")
	case errors.As(err, &decode):
		return invalidField(decode.Field, decode.Value, "a "+decode.Type.String())
	}
	return nil
}

// invalidQuery is an invalidField whose line for a person is the query's own: it knows the place.
func invalidQuery(got, want string, err error) *refusal {
	r := invalidField("query", got, want)
	r.Detail = cut(err.Error(), 2048)
	return r
}

// misread answers a request whose body or parameters the generated code could not read: that is the caller's to mend, whatever it was.
func (s *server) misread(w http.ResponseWriter, r *http.Request, err error) {
	if refusalOfInput(err) == nil {
		err = invalidField("body", "", "a JSON object as the contract describes it: "+err.Error())
	}
	s.fail(w, r, err)
}

func refusalOfSignin(err error) *refusal {
	var wait *signin.RetryError
	errors.As(err, &wait)
	var p *refusal
	switch {
	case errors.Is(err, signin.ErrLocked):
		p = problem(http.StatusTooManyRequests, "locked", "Locked for a while", signin.ErrLocked.Error())
	case errors.Is(err, signin.ErrRateLimited):
		p = problem(http.StatusTooManyRequests, "too-many", "Too many requests", signin.ErrRateLimited.Error())
	case errors.Is(err, signin.ErrForbidden):
		return problem(http.StatusForbidden, "forbidden", "It is not allowed", err.Error())
	case errors.Is(err, signin.ErrUnauthenticated):
		return problem(http.StatusUnauthorized, "sign-in", "Sign in first", "with POST /v1/session, or with an API key")
	default:
		return nil
	}
	if wait != nil {
		p.retry = wait.After.Seconds()
	}
	return p
}

// shorten keeps a hostile value from filling an answer.
func shorten(s string) string { return cut(s, 100) }

func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	for most -= 3; most > 0 && s[most]&0xC0 == 0x80; most-- { // not in the middle of a letter
	}
	return s[:most] + "..."
}
