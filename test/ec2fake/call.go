package ec2fake

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// Codes of AWS that no caller judges by, so that package ec2api does not name them.
const (
	codeUnknownParameter = "UnknownParameter"
	codeTagLimit         = "TagLimitExceeded"
	codeInvalidID        = "InvalidID"
	codeFilterLimit      = "FilterLimitExceeded"
	codeInvalidTarget    = "InvalidTrafficMirrorTarget" // the interface of the target is gone
	codeInstanceType     = "InvalidInstanceType"
	codeEndpointNotFound = "InvalidVpcEndpointId.NotFound"
)

// request is one call on its way in.
type request struct {
	name   string
	write  bool
	dryRun bool
	asked  func() map[string]any // request parameters as CloudTrail has them; nil: the call is in no trail
	made   func() map[string]any // response elements
}

// refuse makes AWS's answer to a call that it will not do.
func refuse(code, format string, args ...any) error {
	return &ec2api.Error{Code: code, Message: fmt.Sprintf(format, args...), Status: statusOf(code)}
}

func statusOf(code string) int {
	switch code {
	case ec2api.CodeUnauthorized:
		return http.StatusForbidden
	case ec2api.CodeDryRun:
		return http.StatusPreconditionFailed
	case ec2api.CodeRequestLimitExceeded, ec2api.CodeServiceUnavailable:
		return http.StatusServiceUnavailable
	case ec2api.CodeInternal:
		return http.StatusInternalServerError
	}
	return http.StatusBadRequest
}

// invalid is the answer to a value out of its range.
func invalid(value any, parameter, expecting string) error {
	return refuse(ec2api.CodeInvalidParameterValue, "Value (%v) for parameter %s is invalid. %s", value, parameter, expecting)
}

func missing(parameter string) error {
	return refuse(ec2api.CodeMissingParameter, "The request must contain the parameter %s", parameter)
}

// do is the way of every call: counted, asked of the hooks, throttled, permitted, done or failed, told to the listeners.
func do[T any](ctx context.Context, h *handle, r request, act func() (T, error)) (T, error) {
	var none T
	c := h.c
	if err := ctx.Err(); err != nil {
		return none, err
	}
	ask := c.count(h, r.name)
	if ask.before != nil {
		if err := ask.before(ctx, h.account, h.region.name, r.name); err != nil {
			return none, err
		}
	}
	out, err := perform(h, r, act)
	if ask.after != nil {
		if aerr := ask.after(ctx, h.account, h.region.name, r.name, err); aerr != nil {
			return none, aerr
		}
	}
	return out, err
}

func (c *Cloud) count(h *handle, call string) hooks {
	c.mu.Lock()
	defer c.mu.Unlock()
	place := h.account + "/" + h.region.name
	if c.calls[place] == nil {
		c.calls[place] = map[string]int{}
	}
	c.calls[place][call]++
	c.total++
	return c.hooks
}

func perform[T any](h *handle, r request, act func() (T, error)) (out T, err error) {
	h.c.locked(func() {
		var none T
		out, err = attempt(h, r, act)
		if err != nil {
			out = none
			var e *ec2api.Error
			if errors.As(err, &e) {
				e.Call = r.name
			}
		}
		h.trail(r, err)
	})
	return out, err
}

func attempt[T any](h *handle, r request, act func() (T, error)) (T, error) {
	var none T
	if err := h.c.throttled(h, r); err != nil {
		return none, err
	}
	if h.c.denied[h.account+" "+r.name] {
		return none, refuse(ec2api.CodeUnauthorized, "You are not authorized to perform this operation.")
	}
	fails, late := h.c.fails()
	if fails && !late {
		return none, refuse(ec2api.CodeInternal, "An internal error has occurred")
	}
	out, err := act()
	if err == nil && fails {
		return none, refuse(ec2api.CodeInternal, "An internal error has occurred")
	}
	return out, err
}

// dry answers a dry run; it is asked when the parameters are known to be well formed.
func dry(dryRun bool) error {
	if !dryRun {
		return nil
	}
	return refuse(ec2api.CodeDryRun, "Request would have succeeded, but DryRun flag is set.")
}

// locked runs what changes or reads the cloud, then tells the listeners what happened, without the lock so that they may ask.
func (c *Cloud) locked(act func()) {
	for _, out := range c.exclusive(act) {
		out.deliver()
	}
}

func (c *Cloud) exclusive(act func()) []outgoing {
	c.mu.Lock()
	defer c.mu.Unlock()
	act()
	out := c.outbox
	c.outbox = nil
	return out
}

type bucketKey struct{ account, region, call string }

type bucket struct {
	tokens float64
	at     time.Time
}

func (c *Cloud) throttled(h *handle, r request) error {
	limit, named := c.set.Buckets[r.name]
	if !named {
		limit = c.set.Reads
		if r.write {
			limit = c.set.Writes
		}
	}
	short := limit.Size > 0 && !c.take(bucketKey{h.account, h.region.name, r.name}, limit)
	if short || c.set.ThrottleShare > 0 && c.luck.Float64() < c.set.ThrottleShare {
		return refuse(ec2api.CodeRequestLimitExceeded, "Request limit exceeded.")
	}
	return nil
}

func (c *Cloud) take(k bucketKey, limit Bucket) bool {
	now, b := c.now(), c.buckets[k]
	if b == nil {
		b = &bucket{tokens: limit.Size, at: now}
		c.buckets[k] = b
	}
	b.tokens, b.at = min(limit.Size, b.tokens+now.Sub(b.at).Seconds()*limit.Refill), now
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}

// fails draws whether a call fails by itself, and whether it does so only after the change took place.
func (c *Cloud) fails() (fails, late bool) {
	if c.set.FailShare <= 0 || c.luck.Float64() >= c.set.FailShare {
		return false, false
	}
	return true, c.luck.IntN(2) == 1
}
