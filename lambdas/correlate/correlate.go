// Package correlate joins detections with what the rest of AWS knows. What comes in is detections as detectors change them, and the objects
// and calls in which AWS tells what happened; what goes out is the context of each detection, and the incident it belongs to, written
// at once and with one event. It never raises a detection from packets, never changes what people said of one, and never asks AWS more than
// five times for one detection.
package correlate

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/counters"
	"github.com/mirrorwatch/mirrorwatch/shared/places"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// Options set up a Correlator.
type Options struct {
	Store   *store.Store
	Places  *places.Book    // where addresses are; nil: nobody knows
	Metrics counters.Source // nil: CloudWatch is not asked
	// Account and Region are where CloudWatch is asked; CrossAccount says that other accounts are linked to that one.
	Account, Region string
	CrossAccount    bool
	// OwnRoles are ARNs or names of roles that are Mirrorwatch's own: what they did is no news.
	OwnRoles []string
	// Waits are how long is waited for what is late, one after the other. Each brings one update at most, however many sources are late.
	// None: 6 and 20 minutes, 1, 4 and 20 hours.
	Waits []time.Duration
	Now   func() time.Time
	Log   *slog.Logger // nil: silent
}

// Correlator makes the context of detections. It may be called from several goroutines.
type Correlator struct{ o Options }

// New makes one.
func New(o Options) (*Correlator, error) {
	switch {
	case o.Store == nil || o.Store.Detections == nil || o.Store.Documents == nil:
		return nil, errors.New("make correlator: no store of detections and documents")
	case o.Now == nil:
		return nil, errors.New("make correlator: no clock")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if len(o.Waits) == 0 {
		o.Waits = []time.Duration{6 * time.Minute, 20 * time.Minute, time.Hour, 4 * time.Hour, 20 * time.Hour}
	}
	return &Correlator{o}, nil
}

// attempts is how often a pass begins anew because somebody changed the detection, or a document, meanwhile.
const attempts = 6

// Detection makes the context of a detection that a detector or a person changed. It does nothing where the context is of this state
// already: a change that is told twice is looked at once.
func (c *Correlator) Detection(ctx context.Context, d events.Detection) error {
	return c.look(ctx, d, nil, false)
}

// Again makes the context anew, whatever was known before: more was read meanwhile.
func (c *Correlator) Again(ctx context.Context, d events.Detection) error {
	return c.look(ctx, d, nil, true)
}

// look makes passes until one is written. The task, where there is one, is what asked for it; anew makes a context that stands again.
func (c *Correlator) look(ctx context.Context, d events.Detection, t *task, anew bool) error {
	for try := 1; ; try++ {
		err := c.pass(ctx, &d, t, anew)
		switch {
		case !errors.Is(err, store.ErrConflict):
			return err
		case try == attempts:
			return fmt.Errorf("correlate detection %s, changed %d times meanwhile: %w", d.ID, try, err)
		}
		if d, err = c.o.Store.Detections.Get(ctx, d.ID); err != nil {
			return fmt.Errorf("correlate detection: %w", err)
		}
		if t != nil {
			t.docs = nil // they were of the moment before
		}
	}
}

// Event makes the context of the detection that an event of the store tells of. Its own events, and those of other things, are passed over.
func (c *Correlator) Event(ctx context.Context, e events.Event) error {
	d := e.Detail.Detection
	if d == nil || e.Detail.Actor == store.ActorCorrelate {
		return nil
	}
	err := c.Detection(ctx, *d)
	if errors.Is(err, store.ErrNotFound) {
		return nil // deleted since
	}
	return err
}

// Publish takes events of an outbox (bus.Publisher). One that cannot be dealt with is logged and left: it must not hold up what is
// behind it, and its detection comes again with its next change or task.
func (c *Correlator) Publish(ctx context.Context, list ...events.Event) error {
	for i := range list {
		if err := c.Event(ctx, list[i]); err != nil {
			if ctx.Err() != nil || errors.Is(err, store.ErrUnavailable) || errors.Is(err, store.ErrFull) {
				return err
			}
			c.o.Log.ErrorContext(ctx, "detection was not correlated", "event", list[i].ID, "error", err)
		}
	}
	return nil
}
