package api

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/mirrorwatch/mirrorwatch/lambdas/api/gen"
	"github.com/mirrorwatch/mirrorwatch/lambdas/api/signin"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// server answers the operations; one file a resource.
type server struct {
	Options
	table *table

	rules         store.Collection[store.TuningRule]
	parameters    store.Collection[store.Parameter]
	views         store.Collection[store.View]
	notifications store.Collection[store.NotificationRule]
}

var _ gen.StrictServerInterface = (*server)(nil)

func newServer(o Options, t *table) *server {
	d := o.Store.Documents
	return &server{
		Options: o, table: t,
		rules:         store.Collection[store.TuningRule]{Kind: store.KindTuningRule, Documents: d},
		parameters:    store.Collection[store.Parameter]{Kind: store.KindParameter, Documents: d},
		views:         store.Collection[store.View]{Kind: store.KindView, Documents: d},
		notifications: store.Collection[store.NotificationRule]{Kind: store.KindNotificationRule, Documents: d},
	}
}

// who gives the caller; guard has seen to it that there is one where the contract asks for one.
func who(ctx context.Context) signin.Principal {
	p, _ := signin.From(ctx)
	return p
}

// actor is the caller as the audit log names it.
func (s *server) actor(ctx context.Context) store.Actor {
	return who(ctx).Actor(s.address(ctx))
}

func (s *server) address(ctx context.Context) string {
	if r := callOf(ctx).request; r != nil {
		return s.Address(r)
	}
	return ""
}

// entry is the audit entry of a change; before and after hold no secret.
func (s *server) entry(ctx context.Context, action, target string, before, after any) *store.AuditEntry {
	by := s.actor(ctx)
	return &store.AuditEntry{Actor: by.Name, Address: by.Address, Action: action, Target: target, Before: encode(before), After: encode(after)}
}

func encode(v any) json.RawMessage {
	if v == nil {
		return nil
	}
	b, err := json.Marshal(v)
	if err != nil {
		return nil // what the store took, JSON can say
	}
	return b
}

// log writes an audit entry of what changes nothing: an export, a look at packets.
func (s *server) log(ctx context.Context, action, target string, after any) error {
	return s.Store.Audit.Log(ctx, *s.entry(ctx, action, target, nil, after))
}

// newDocumentID names a document: 96 random bits.
func newDocumentID() string {
	var b [12]byte
	_, _ = rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

func etag(revision int64) string { return `"` + strconv.FormatInt(revision, 10) + `"` }

// anyRevision is what If-Match: * asks for.
const anyRevision = int64(-1)

// expected gives the revision that a change rests on, from If-Match or from the body; 428 where neither says.
func expected(ifMatch string, body *int64) (int64, error) {
	switch {
	case ifMatch == "*":
		return anyRevision, nil
	case ifMatch != "":
		n, err := strconv.ParseInt(ifMatch[1:len(ifMatch)-1], 10, 64)
		if err != nil {
			return 0, invalidField("If-Match", ifMatch, `an ETag, such as "4"`)
		}
		if body != nil && *body != n {
			return 0, invalidField("revision", fmt.Sprint(*body), "the one of If-Match, "+ifMatch)
		}
		return n, nil
	case body != nil:
		return *body, nil
	}
	return 0, problem(428, "precondition-required", "Say what the change rests on",
		"send the ETag that you read in If-Match, so that nobody's change is overwritten unseen")
}

// pointer gives the expected revision as the store takes it; nil is any.
func pointer(expected int64) *int64 {
	if expected == anyRevision {
		return nil
	}
	return &expected
}

// condition gives the expected revision as a condition of a document; 0 is one that is not there yet.
func condition(expected int64) store.Condition {
	switch expected {
	case anyRevision:
		return store.Exists
	case 0:
		return store.New
	}
	return store.Condition(expected)
}

// ptr gives the address of a value.
func ptr[T any](v T) *T { return &v }

// timeOrNil is nil for a time that was not given.
func timeOrNil(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// total is what a page counted, where it did.
func total(p store.Page, asked bool) *int {
	if !asked || p.Total < 0 {
		return nil
	}
	return &p.Total
}

// list gives an empty list for none, so that JSON never says null where the contract says a list.
func list[T any](items []T) []T {
	if items == nil {
		return []T{}
	}
	return items
}

// span checks a from and a to that belong together.
func span(from, to time.Time, longest time.Duration) error {
	if !from.Before(to) {
		return invalidField("to", to.Format(time.RFC3339Nano), "after from, "+from.Format(time.RFC3339Nano))
	}
	if longest > 0 && to.Sub(from) > longest {
		return invalidField("to", to.Format(time.RFC3339Nano), fmt.Sprintf("at most %d days after from", int(longest.Hours()/24)))
	}
	return nil
}
