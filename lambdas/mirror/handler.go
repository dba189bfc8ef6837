package mirror

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"

	aws "github.com/aws/aws-lambda-go/events"

	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/policy"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/trigger"
)

// HandlerOptions set up a Handler.
type HandlerOptions struct {
	Loop  *Loop
	Roles []string     // names or ARNs besides the policy's roles that are our own: what they did is no news
	Log   *slog.Logger // nil: silent
}

// Handler is the function in Lambda: one for the queue of events, for events that come directly, and for the schedule.
type Handler struct {
	o HandlerOptions

	mu   sync.Mutex // Lambda gives one batch at a time; a test or a server may not
	seen *trigger.Seen
}

// NewHandler makes the function.
func NewHandler(o HandlerOptions) (*Handler, error) {
	if o.Loop == nil {
		return nil, errors.New("make mirror handler: no loop")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Handler{o: o, seen: trigger.NewSeen()}, nil
}

// errAgain asks for an event again that came directly: its place was held by another pass, or could not be dealt with.
var errAgain = errors.New("the event must come again")

// message is one event of a batch.
type message struct {
	id    string
	event trigger.Trigger
}

// Handle takes what Lambda gives. Of a queue's batch it answers which messages must come again: those whose place another pass held or
// whose pass failed, and those that nobody can read, which so end in the queue of dead letters.
func (h *Handler) Handle(ctx context.Context, raw json.RawMessage) (any, error) {
	var batch aws.SQSEvent
	if err := json.Unmarshal(raw, &batch); err == nil && len(batch.Records) > 0 && batch.Records[0].EventSource == "aws:sqs" {
		return h.batch(ctx, batch.Records)
	}
	t, err := trigger.Read(raw)
	if err != nil {
		return nil, fmt.Errorf("handle event: %w", err)
	}
	if t.Look {
		return nil, h.look(ctx, &t)
	}
	again, err := h.take(ctx, []message{{t.ID, t}})
	if err != nil {
		return nil, err
	}
	if len(again) > 0 {
		return nil, fmt.Errorf("%s (%s): %w", t.Cause, t.ID, errAgain)
	}
	return nil, nil
}

// look makes a plan that somebody wants to see. A place that could not be seen is said in the plan and in the log, as with a sweep; only a
// look that came to nothing has failed.
func (h *Handler) look(ctx context.Context, t *trigger.Trigger) error {
	made, looked, err := h.o.Loop.Look(ctx, Wanted{By: t.By, At: t.Time})
	args := []any{"event", t.ID, "cause", t.Cause, "looked", looked, "steps", len(made.Steps), "held", len(made.Held)}
	if err != nil {
		h.o.Log.ErrorContext(ctx, "look ended with errors", append(args, "error", err)...)
		if made.Coverage == nil && made.Empty() {
			return fmt.Errorf("%s (%s): %w", t.Cause, t.ID, err)
		}
		return nil
	}
	h.o.Log.InfoContext(ctx, "look ended", args...)
	return nil
}

func (h *Handler) batch(ctx context.Context, records []aws.SQSMessage) (aws.SQSEventResponse, error) {
	out := aws.SQSEventResponse{BatchItemFailures: []aws.SQSBatchItemFailure{}}
	var list []message
	for _, r := range records {
		t, err := trigger.Read([]byte(r.Body))
		if err != nil {
			h.o.Log.ErrorContext(ctx, "message cannot be read", "message", r.MessageId, "error", err)
			out.BatchItemFailures = append(out.BatchItemFailures, aws.SQSBatchItemFailure{ItemIdentifier: r.MessageId})
			continue
		}
		list = append(list, message{r.MessageId, t})
	}
	again, err := h.take(ctx, list)
	if err != nil {
		h.o.Log.ErrorContext(ctx, "batch comes again", "error", err)
		again = list
	}
	for _, m := range again {
		out.BatchItemFailures = append(out.BatchItemFailures, aws.SQSBatchItemFailure{ItemIdentifier: m.id})
	}
	return out, nil
}

// take makes one pass for all events, and gives those that must come again. An error is for all of them.
func (h *Handler) take(ctx context.Context, list []message) (again []message, err error) {
	roles, err := h.roles(ctx)
	if err != nil {
		return nil, err
	}
	var events []trigger.Trigger
	var why cause
	for _, m := range list {
		switch {
		case m.event.Ours(roles):
			h.o.Log.DebugContext(ctx, "event is of our own making", "event", m.event.ID, "cause", m.event.Cause)
			continue
		case m.event.Ignored != "":
			h.o.Log.DebugContext(ctx, "event is ignored", "event", m.event.ID, "why", m.event.Ignored)
			continue
		}
		events = append(events, m.event)
		why.add(&m.event)
	}
	h.mu.Lock()
	keys := trigger.Fold(events, h.seen)
	h.mu.Unlock()
	if len(keys) == 0 {
		return nil, nil
	}
	report, err := h.o.Loop.handle(ctx, keys, why)
	h.tell(ctx, keys, &report, err)
	again = h.unfinished(list, events, &report, err)
	h.forget(again)
	return again, nil
}

func (c *cause) add(t *trigger.Trigger) {
	if !t.Time.IsZero() && (c.oldest.IsZero() || t.Time.Before(c.oldest)) {
		c.oldest = t.Time
	}
	if len(c.events) < maxCauses {
		c.events = append(c.events, t.ID+": "+t.Cause)
	}
}

// roles are those by which we act ourselves.
func (h *Handler) roles(ctx context.Context) ([]string, error) {
	p, err := h.o.Loop.policy(ctx)
	if err != nil {
		return nil, err
	}
	return append(policyRoles(p), h.o.Roles...), nil
}

func policyRoles(p *policy.Policy) []string {
	var list []string
	for _, role := range append([]string{p.Fleet.Role}, rolesOf(p.Accounts)...) {
		if role != "" && !slices.Contains(list, role) {
			list = append(list, role)
		}
	}
	return list
}

func rolesOf(accounts []policy.Account) (list []string) {
	for _, a := range accounts {
		list = append(list, a.Role)
	}
	return list
}

// unfinished gives the messages whose places were not dealt with. An error without any place is one of all of them.
func (h *Handler) unfinished(list []message, events []trigger.Trigger, r *Report, err error) (again []message) {
	bad := map[[2]string]bool{}
	for _, p := range r.Places {
		if p.Skipped != "" || len(p.Failures) > 0 || len(p.Left) > 0 {
			bad[[2]string{p.Account, p.Region}] = true
		}
	}
	looked := map[string]bool{}
	for _, t := range events {
		looked[t.ID] = true
	}
	for _, m := range list {
		if !looked[m.event.ID] {
			continue
		}
		everything := slices.ContainsFunc(m.event.Keys, func(k trigger.Key) bool { return k.Account == "" })
		switch {
		case everything:
			if err != nil && len(r.Places) == 0 {
				again = append(again, m)
			}
		case err != nil && len(bad) == 0, slices.ContainsFunc(m.event.Keys, func(k trigger.Key) bool { return bad[[2]string{k.Account, k.Region}] }):
			again = append(again, m)
		}
	}
	return again
}

// forget makes events news again that are to come again.
func (h *Handler) forget(list []message) {
	var events []trigger.Trigger
	for _, m := range list {
		events = append(events, m.event)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.seen.Forget(events)
}

// tell logs what a pass came to.
func (h *Handler) tell(ctx context.Context, keys []trigger.Key, r *Report, err error) {
	done, failed, left := r.Outcomes()
	args := []any{"kind", r.Kind, "keys", len(keys), "done", done, "failed", failed, "left", left, "held", len(r.Plan.Held), "taken", r.Taken()}
	if err != nil {
		h.o.Log.ErrorContext(ctx, "pass ended with errors", append(args, "error", err)...)
		return
	}
	h.o.Log.InfoContext(ctx, "pass ended", args...)
}
