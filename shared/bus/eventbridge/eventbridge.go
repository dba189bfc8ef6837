// Package eventbridge puts events on an Amazon EventBridge bus. What comes in is events; what goes out is PutEvents calls with the
// detail type and the detail of each, as the store has them. It never reorders the events of one subject, and never drops one: what
// is too large for the bus is cut and says so.
package eventbridge

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/bus"
)

// The limits of PutEvents: "Array Members: Minimum number of 1 item. Maximum number of 10 items" and "the total entry size must be
// less than 1MB" (API reference of PutEvents; 256 KB until January 2026). EntryBytes is what one event may have at the most: that of
// the bus, less the envelope that EventBridge adds to the JSON.
const (
	CallEntries = 10
	CallBytes   = 1_000_000
	EntryBytes  = CallBytes - 4<<10
)

// What a Publisher does where its options say nothing.
const (
	DefaultAttempts = 5
	minDelay        = 100 * time.Millisecond
	maxDelay        = 5 * time.Second
)

// Client is what is needed of the EventBridge client.
type Client interface {
	PutEvents(ctx context.Context, in *eventbridge.PutEventsInput, opts ...func(*eventbridge.Options)) (*eventbridge.PutEventsOutput, error)
}

// Options says where events go.
type Options struct {
	Client     Client
	Bus        string // name or ARN; empty: the account's default bus
	EntryBytes int    // an event's most bytes, where a target of the bus takes less than the bus; 0: EntryBytes
	Attempts   int    // calls for entries that the bus refused, before giving up; 0: DefaultAttempts
	Sleep      func(ctx context.Context, d time.Duration) error
	Jitter     func() float64
}

// Publisher is a bus.Publisher over PutEvents.
type Publisher struct{ Options }

// New makes a publisher.
func New(o Options) *Publisher {
	if o.EntryBytes == 0 {
		o.EntryBytes = EntryBytes
	}
	if o.Attempts == 0 {
		o.Attempts = DefaultAttempts
	}
	if o.Sleep == nil {
		o.Sleep = bus.Sleep
	}
	if o.Jitter == nil {
		o.Jitter = rand.Float64
	}
	return &Publisher{o}
}

// Publish puts the events on the bus, in calls as large as are allowed.
func (p *Publisher) Publish(ctx context.Context, list ...events.Event) error {
	entries := make([]types.PutEventsRequestEntry, len(list))
	for i := range list {
		e, err := p.entry(list[i])
		if err != nil {
			return err
		}
		entries[i] = e
	}
	for at := 0; at < len(list); {
		n := call(list[at:], entries[at:])
		if err := p.put(ctx, entries[at:at+n]); err != nil {
			return err
		}
		at += n
	}
	return nil
}

// call says how many of the entries go into the next call. No two of one subject do: when the bus refuses the first of them and takes
// the second, the first would come after it.
func call(list []events.Event, entries []types.PutEventsRequestEntry) int {
	size, subjects := 0, map[string]bool{}
	for i := range entries {
		size += Size(&entries[i])
		subject := list[i].Detail.Subject
		if i == CallEntries || i > 0 && size > CallBytes || subjects[subject] {
			return i
		}
		subjects[subject] = true
	}
	return len(entries)
}

// put makes one call, and calls again with those entries that the bus refused.
func (p *Publisher) put(ctx context.Context, entries []types.PutEventsRequestEntry) error {
	for attempt := 1; ; attempt++ {
		out, err := p.Client.PutEvents(ctx, &eventbridge.PutEventsInput{Entries: entries})
		if err != nil {
			return fmt.Errorf("put events: %w", err)
		}
		refused, why := refusals(entries, out)
		if len(refused) == 0 {
			return nil
		}
		if attempt >= p.Attempts {
			return fmt.Errorf("put events: %d of %d refused, the first with %s", len(refused), len(entries), why)
		}
		entries = refused
		if err := p.Sleep(ctx, bus.Backoff(attempt, minDelay, maxDelay, p.Jitter())); err != nil {
			return fmt.Errorf("wait to put events again: %w", err)
		}
	}
}

// refusals gives the entries that are not on the bus, in order. An answer that does not speak of every entry is no promise for any.
func refusals(entries []types.PutEventsRequestEntry, out *eventbridge.PutEventsOutput) (refused []types.PutEventsRequestEntry, why string) {
	if len(out.Entries) != len(entries) {
		return entries, fmt.Sprintf("%d results for %d entries", len(out.Entries), len(entries))
	}
	for i, r := range out.Entries {
		if r.ErrorCode == nil {
			continue
		}
		if why == "" {
			why = aws.ToString(r.ErrorCode) + ": " + bus.Clip(aws.ToString(r.ErrorMessage), 200)
		}
		refused = append(refused, entries[i])
	}
	return refused, why
}

// entry turns an event into what PutEvents takes.
func (p *Publisher) entry(e events.Event) (types.PutEventsRequestEntry, error) {
	entry := types.PutEventsRequestEntry{
		Source: aws.String(events.Source), DetailType: aws.String(string(e.DetailType)), Time: aws.Time(e.Time), Resources: e.Resources,
	}
	if p.Bus != "" {
		entry.EventBusName = aws.String(p.Bus)
	}
	fit, err := bus.Fit(e, p.EntryBytes-Size(&entry))
	if err != nil {
		return entry, err
	}
	detail, err := json.Marshal(&fit.Detail)
	if err != nil {
		return entry, fmt.Errorf("encode detail of event %s: %w", e.ID, err)
	}
	entry.Detail = aws.String(string(detail))
	return entry, nil
}

// Size is how many bytes of a call an entry takes, as EventBridge reckons it: 14 for the time, and the bytes of source, detail type,
// detail and resources.
func Size(e *types.PutEventsRequestEntry) int {
	n := len(aws.ToString(e.Source)) + len(aws.ToString(e.DetailType)) + len(aws.ToString(e.Detail))
	if e.Time != nil {
		n += 14
	}
	for _, r := range e.Resources {
		n += len(r)
	}
	return n
}
