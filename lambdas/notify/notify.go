// Package notify is the function that tells people. What comes in is Mirrorwatch's events from EventBridge, and the tick of a
// schedule; what goes out is the messages of the notification rules, through shared/notify. Each event is written down for the rules
// that want it before it is sent, so that an event that comes twice, or a function that dies, doubles and loses nothing. It never
// takes an event that is not Mirrorwatch's.
package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	aws "github.com/aws/aws-lambda-go/events"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/notify"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// spare is how much of the function's time is left alone, so that it ends by itself and settles what it sent.
const spare = 3 * time.Second

// Options says what the function works with.
type Options struct {
	Documents store.Documents
	Channels  map[string]notify.Channel
	Now       func() time.Time
	Address   string       // https:// at which people reach the console: messages link there
	Log       *slog.Logger // of messages that failed; nil: none
}

// Handler is the function.
type Handler struct {
	service *notify.Service
	now     func() time.Time
	failed  func(rule string, err error)
}

// New makes the function.
func New(o Options) *Handler {
	failed := func(string, error) {}
	if o.Log != nil {
		failed = func(rule string, err error) { o.Log.Warn("cannot notify", "rule", rule, "error", err) }
	}
	return &Handler{
		service: notify.New(notify.Options{Documents: o.Documents, Channels: o.Channels, Now: o.Now, Address: o.Address, Failed: failed}), now: o.Now, failed: failed,
	}
}

// Handle takes one event of EventBridge. An error brings it again: it means that what the rules ask for is not written down yet.
func (h *Handler) Handle(ctx context.Context, in aws.EventBridgeEvent) error {
	if scheduled(&in) {
		return h.flush(ctx)
	}
	e, err := decode(&in)
	if err != nil {
		return err
	}
	if err := h.service.Handle(ctx, e); err != nil {
		return fmt.Errorf("take event %s: %w", e.ID, err)
	}
	if err := h.flush(ctx); err != nil {
		h.failed("", err) // it is written down: the schedule sends it
	}
	return nil
}

// flush sends what is due, as long as there is time.
func (h *Handler) flush(ctx context.Context) error {
	if deadline, ok := ctx.Deadline(); ok {
		short, cancel := context.WithDeadline(ctx, deadline.Add(-spare))
		defer cancel()
		ctx = short
	}
	_, err := h.service.Flush(ctx, h.now())
	if errors.Is(err, context.DeadlineExceeded) {
		return nil // the next tick goes on
	}
	return err
}

// scheduled says whether an event is the tick of an EventBridge rule's schedule, or of EventBridge Scheduler.
func scheduled(in *aws.EventBridgeEvent) bool {
	return in.DetailType == "Scheduled Event" && (in.Source == "aws.events" || in.Source == "aws.scheduler")
}

// decode reads an event of ours. Its id is made of what it is about: EventBridge gives another to the same event put twice.
func decode(in *aws.EventBridgeEvent) (events.Event, error) {
	e := events.Event{
		ID: in.ID, DetailType: events.DetailType(in.DetailType), Source: in.Source, Account: in.AccountID, Region: in.Region, Time: in.Time,
		Resources: in.Resources,
	}
	if in.Source != events.Source {
		return e, fmt.Errorf("event %s: source %q is not %s", in.ID, in.Source, events.Source)
	}
	if err := json.Unmarshal(in.Detail, &e.Detail); err != nil {
		return e, fmt.Errorf("event %s: decode detail: %w", in.ID, err)
	}
	d := &e.Detail
	if d.Version < 1 || d.Version > events.DetailVersion {
		return e, fmt.Errorf("event %s: detail version %d is not 1 to %d", in.ID, d.Version, events.DetailVersion)
	}
	has := map[events.DetailType]bool{
		events.DetectionCreated: d.Detection != nil, events.DetectionUpdated: d.Detection != nil, events.DetectionClosed: d.Detection != nil,
		events.CoverageChanged: d.Coverage != nil, events.SensorUnhealthy: d.Health != nil,
		events.MirrorHealth: d.Heard != nil,
	}
	whole, known := has[e.DetailType]
	if !known {
		return e, fmt.Errorf("event %s: detail-type %q is none of %q", in.ID, in.DetailType, events.DetailTypes())
	}
	if !whole || d.Subject == "" {
		return e, fmt.Errorf("event %s: a %s without what it is about", in.ID, in.DetailType)
	}
	if d.Sequence > 0 {
		e.ID = fmt.Sprintf("%s-%d", d.Subject, d.Sequence) // as the store makes it
	}
	return e, nil
}
