package bus

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// What a Relay does where its options say nothing.
const (
	DefaultBatch    = 100
	DefaultMinDelay = 200 * time.Millisecond
	DefaultMaxDelay = time.Minute
	DefaultIdle     = 15 * time.Second
)

// RelayOptions says what a relay hands on, and to whom.
type RelayOptions struct {
	Outbox store.Outbox
	To     []Publisher // each takes every event; they are asked in this order
	Now    func() time.Time

	Batch              int                                               // events handed on at once; 0: DefaultBatch
	MinDelay, MaxDelay time.Duration                                     // bounds of the wait after a failure, which doubles; 0: the defaults
	Idle               time.Duration                                     // looks at least so often, woken or not; 0: DefaultIdle
	Sleep              func(ctx context.Context, d time.Duration) error  // nil: Sleep
	Jitter             func() float64                                    // in [0, 1); nil: chance
	Failed             func(err error, attempt int, again time.Duration) // told of each failure, for the log; may be nil
}

// Relay drains an outbox to publishers: at least once, and in order, so that the events of one subject are in order too. An event is
// done only when every publisher took the batch it is in; a crash before that brings the batch again.
//
// A publisher that fails holds up the others: the outbox keeps one place for all of them. It is asked again, without end, with a wait
// that doubles; those that took the batch already are not asked again for it.
type Relay struct {
	RelayOptions

	mu     sync.Mutex
	counts RelayCounts
	oldest time.Time // of the event that waits longest; zero: none is known to wait
}

// RelayCounts is how a relay fares.
type RelayCounts struct {
	Published uint64        // events that every publisher took
	Retries   uint64        // failures that were followed by another try
	Lag       time.Duration // how long ago the oldest event that waits happened; 0: none waits
	LastError string        // of the try that is to be repeated; empty when all is well
}

// NewRelay makes a relay. It does nothing until Run or Drain.
func NewRelay(o RelayOptions) *Relay {
	if o.Batch == 0 {
		o.Batch = DefaultBatch
	}
	if o.MinDelay == 0 {
		o.MinDelay = DefaultMinDelay
	}
	if o.MaxDelay == 0 {
		o.MaxDelay = DefaultMaxDelay
	}
	if o.Idle == 0 {
		o.Idle = DefaultIdle
	}
	if o.Sleep == nil {
		o.Sleep = Sleep
	}
	if o.Jitter == nil {
		o.Jitter = rand.Float64
	}
	return &Relay{RelayOptions: o}
}

// Run hands on events until ctx ends, and gives nil then: that is how it is stopped.
func (r *Relay) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		if _, err := r.Drain(ctx); err != nil {
			break // only ctx ends a drain
		}
		if r.wait(ctx) != nil {
			break
		}
	}
	return nil
}

// wait returns when there may be something new.
func (r *Relay) wait(ctx context.Context) error {
	timer := time.NewTimer(r.Idle)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-r.Outbox.Wake():
	case <-timer.C:
	}
	return nil
}

// Drain hands on what is in the outbox until it is empty, and says how many events that were. Failures are tried again; only the end
// of ctx is an error.
func (r *Relay) Drain(ctx context.Context) (published int, err error) {
	for {
		var batch []store.Outgoing
		err := r.persist(ctx, func() (err error) {
			batch, err = r.Outbox.Pending(ctx, r.Batch)
			return err
		})
		if err != nil || len(batch) == 0 {
			r.waiting(time.Time{})
			return published, err
		}
		r.waiting(batch[0].Event.Time)
		if err := r.handOn(ctx, batch); err != nil {
			return published, err
		}
		published += len(batch)
	}
}

// handOn gives a batch to every publisher, and marks it done after the last of them took it.
func (r *Relay) handOn(ctx context.Context, batch []store.Outgoing) error {
	list := make([]events.Event, len(batch))
	for i := range batch {
		list[i] = batch[i].Event
	}
	for _, to := range r.To {
		if err := r.persist(ctx, func() error { return to.Publish(ctx, list...) }); err != nil {
			return err
		}
	}
	through := batch[len(batch)-1].Sequence
	if err := r.persist(ctx, func() error { return r.Outbox.Done(ctx, through) }); err != nil {
		return err
	}
	r.mu.Lock()
	r.counts.Published += uint64(len(batch))
	r.mu.Unlock()
	return nil
}

// persist tries until it succeeds or ctx ends.
func (r *Relay) persist(ctx context.Context, try func() error) error {
	for attempt := 1; ; attempt++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		err := try()
		if err == nil {
			r.note("", 0)
			return nil
		}
		again := Backoff(attempt, r.MinDelay, r.MaxDelay, r.Jitter())
		r.note(err.Error(), 1)
		if r.Failed != nil {
			r.Failed(err, attempt, again)
		}
		if err := r.Sleep(ctx, again); err != nil {
			return fmt.Errorf("wait to publish again: %w", err)
		}
	}
}

func (r *Relay) note(problem string, retries uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.counts.LastError = problem
	r.counts.Retries += retries
}

func (r *Relay) waiting(since time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.oldest = since
}

// Counts says how the relay fares, for metrics.
func (r *Relay) Counts() RelayCounts {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := r.counts
	if !r.oldest.IsZero() {
		c.Lag = max(0, r.Now().Sub(r.oldest))
	}
	return c
}

// Backoff is how long to wait after a number of failed attempts: shortest, doubled for each failure after the first, at most longest;
// half of that is certain and half is by chance (in [0, 1)), so that those who failed together do not come again together.
func Backoff(attempts int, shortest, longest time.Duration, chance float64) time.Duration {
	d := longest
	if shift := attempts - 1; shift < 40 && shortest<<shift > 0 && shortest<<shift < longest {
		d = shortest << shift
	}
	return d/2 + time.Duration(chance*float64(d/2))
}

// Sleep waits for d or the end of ctx.
func Sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
