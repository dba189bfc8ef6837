// Package resource answers CloudFormation for the custom resource that takes mirroring down with its stack. What comes in is an event with
// a request type and the address of the answer; what goes out is that one answer: at once for Create and Update, and for Delete when
// nothing of this deployment is left in any account and region of the policy, or with what is left and where. Work that takes longer than
// the function's time goes on in another call of the same function. It never removes anything itself (the loop does), never logs the
// address of the answer, which is a secret, and never waits for longer than CloudFormation does.
package resource

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/aws/aws-lambda-go/cfn"

	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/policy"
)

// Options set up a Handler.
type Options struct {
	// Teardown makes one pass of the loop that removes what is ours, and tells what it saw.
	Teardown func(ctx context.Context) (mirror.Report, error)
	// Policy gives the policy that holds now.
	Policy func(ctx context.Context) (policy.Policy, error)
	// Bound counts the VNIs that are bound: where there is no policy, they alone tell of sessions. nil: nobody knows.
	Bound func(ctx context.Context) (int, error)
	// Again calls this function itself with an event and does not wait for it. nil: it cannot.
	Again  func(ctx context.Context, event []byte) error
	Client *http.Client // that the answer is sent with; nil: one that waits 10 s
	Now    func() time.Time
	Sleep  func(ctx context.Context, d time.Duration) error
	Log    *slog.Logger // nil: silent
}

// Handler is the custom resource.
type Handler struct{ o Options }

// New makes a handler.
func New(o Options) (*Handler, error) {
	if o.Teardown == nil || o.Policy == nil || o.Now == nil || o.Sleep == nil {
		return nil, errors.New("make custom resource: Teardown, Policy, Now and Sleep must be given")
	}
	if o.Client == nil {
		o.Client = &http.Client{Timeout: sendFor}
	}
	client := *o.Client
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse } // the address is for S3 only
	o.Client = &client
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Handler{o}, nil
}

// Is says whether an event is one of a custom resource.
func Is(raw json.RawMessage) bool {
	var head struct{ RequestType, ResponseURL string }
	return json.Unmarshal(raw, &head) == nil && head.RequestType != "" && head.ResponseURL != ""
}

// event is what CloudFormation sends. Where the function called itself, it has with it how far the work has come.
type event struct {
	cfn.Event
	Course *course `json:"MirrorwatchTeardown,omitempty"`
}

// Handle answers one event. The error is for Lambda: the answer did not arrive, so the event should come again.
func (h *Handler) Handle(ctx context.Context, raw json.RawMessage) (err error) {
	var e event
	if err := json.Unmarshal(raw, &e); err != nil {
		return errors.New("read event of a custom resource: it is not of CloudFormation's form") // what is wrong with it may repeat the address
	}
	if err := checkAddress(e.ResponseURL); err != nil {
		return fmt.Errorf("read event of a custom resource: %w", err)
	}
	log := h.o.Log.With("request", string(e.RequestType), "id", e.RequestID, "stack", e.StackID)
	a := &answer{h: h, event: &e, log: log}
	defer func() {
		if p := recover(); p != nil {
			log.ErrorContext(ctx, "custom resource panicked", "panic", a.clean(fmt.Sprint(p)), "stack", string(debug.Stack()))
			if a.sent {
				err = errors.New("answer CloudFormation: the program failed while it answered")
				return
			}
			err = a.send(ctx, verdict{cfn.StatusFailed, fmt.Sprintf("the program failed: %v. Its log has more; deleting again goes on where it was", p)})
		}
	}()
	log.InfoContext(ctx, "custom resource is asked")
	switch e.RequestType {
	case cfn.RequestCreate, cfn.RequestUpdate:
		return a.send(ctx, verdict{status: cfn.StatusSuccess})
	case cfn.RequestDelete:
		v, done := (&removal{h: h, event: &e, log: log}).run(ctx)
		if !done {
			return nil // another call of the function goes on, and answers
		}
		return a.send(ctx, v)
	}
	return a.send(ctx, verdict{cfn.StatusFailed, fmt.Sprintf("the request is a %.40q; Create, Update and Delete are known", e.RequestType)})
}
