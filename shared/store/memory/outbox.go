package memory

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// outbox implements store.Outbox.
type outbox struct{ w *world }

// outgoing is an event as JSON, which is what keeps it apart from whoever made it.
type outgoing struct {
	sequence int64
	body     []byte
}

func packed(e events.Event) (outgoing, error) {
	body, err := encode(e)
	return outgoing{body: body}, err
}

// hand puts an event into the outbox, and wakes whoever waits. Where it was woken already it will look anyhow.
func (w *world) hand(e outgoing) {
	w.sequence++
	e.sequence = w.sequence
	w.outbox = append(w.outbox, e)
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

func (s outbox) Pending(ctx context.Context, limit int) ([]store.Outgoing, error) {
	if err := s.w.look(ctx); err != nil {
		return nil, err
	}
	defer s.w.mu.RUnlock()
	var list []store.Outgoing
	for _, o := range s.w.outbox[:min(max(limit, 0), len(s.w.outbox))] {
		e, err := decode[events.Event](o.body)
		if err != nil {
			return nil, err
		}
		list = append(list, store.Outgoing{Sequence: o.sequence, Event: e})
	}
	return list, nil
}

func (s outbox) Done(ctx context.Context, through int64) error {
	if err := s.w.enter(ctx); err != nil {
		return err
	}
	defer s.w.mu.Unlock()
	s.w.outbox = slices.DeleteFunc(s.w.outbox, func(o outgoing) bool { return o.sequence <= through })
	return nil
}

func (s outbox) Wake() <-chan struct{} { return s.w.wake }

func (s outbox) Publish(ctx context.Context, e events.Event) error {
	o, err := packed(e)
	if err != nil {
		return err
	}
	if err := s.w.enter(ctx); err != nil {
		return err
	}
	defer s.w.mu.Unlock()
	s.w.hand(o)
	return nil
}

// snapshots implements store.Snapshots.
type snapshots struct{ w *world }

type version struct {
	at   time.Time
	body []byte
}

func (s snapshots) Save(ctx context.Context, name string, at time.Time, body io.Reader, keep int) error {
	if err := store.CheckID("name", name); err != nil {
		return err
	}
	if keep < 1 {
		return &store.Invalid{Field: "keep", Value: fmt.Sprint(keep), Allowed: "1 or more"}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	// Read before anything is stored: a reader that fails leaves the version before.
	b, err := io.ReadAll(body)
	if err != nil {
		return fmt.Errorf("read snapshot %s: %w", name, err)
	}
	if err := s.w.enter(ctx); err != nil {
		return err
	}
	defer s.w.mu.Unlock()
	list := append(s.w.snapshots[name], version{at.UTC(), b})
	s.w.snapshots[name] = slices.Clone(list[max(0, len(list)-keep):])
	return nil
}

func (s snapshots) Load(ctx context.Context, name string) (io.ReadCloser, time.Time, error) {
	if err := s.w.look(ctx); err != nil {
		return nil, time.Time{}, err
	}
	defer s.w.mu.RUnlock()
	list := s.w.snapshots[name]
	if len(list) == 0 {
		return nil, time.Time{}, fmt.Errorf("snapshot %s: %w", name, store.ErrNotFound)
	}
	v := list[len(list)-1]
	return io.NopCloser(bytes.NewReader(v.body)), v.at, nil
}

func (s snapshots) Names(ctx context.Context) ([]string, error) {
	if err := s.w.look(ctx); err != nil {
		return nil, err
	}
	defer s.w.mu.RUnlock()
	return slices.Sorted(maps.Keys(s.w.snapshots)), nil
}
