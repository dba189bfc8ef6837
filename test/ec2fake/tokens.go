package ec2fake

import (
	"fmt"
	"time"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// tokenLasts is how long a ClientToken is remembered.
const tokenLasts = 24 * time.Hour

type tokenKey struct{ account, region, call, token string }

type madeBy struct {
	asked string
	made  any
	at    time.Time
}

// tokens remembers what was made by which ClientToken.
type tokens struct {
	made  map[tokenKey]madeBy
	order []tokenKey // oldest first
}

func (t *tokens) forget(now time.Time) {
	for len(t.order) > 0 && now.Sub(t.made[t.order[0]].at) >= tokenLasts {
		delete(t.made, t.order[0])
		t.order = t.order[1:]
	}
}

// once makes an object, or gives what the same token made before, also when that was changed or deleted since. What failed is not
// remembered.
func once[T any](h *handle, call, token string, asked any, build func() (T, error)) (T, error) {
	if token == "" {
		return build()
	}
	var none T
	if len(token) > 64 {
		return none, invalid(token, "ClientToken", "Expecting at most 64 characters.")
	}
	c, now := h.c, h.c.now()
	c.tokens.forget(now)
	k, text := tokenKey{h.account, h.region.name, call, token}, fmt.Sprintf("%+v", asked)
	if old, has := c.tokens.made[k]; has {
		if old.asked != text {
			return none, refuse(ec2api.CodeIdempotentParameter, "The client token '%s' was used with different parameters", token)
		}
		return old.made.(T), nil
	}
	made, err := build()
	if err == nil {
		c.tokens.made[k] = madeBy{asked: text, made: made, at: now}
		c.tokens.order = append(c.tokens.order, k)
	}
	return made, err
}
