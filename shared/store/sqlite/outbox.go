package sqlite

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// outbox holds the events of stored changes until they were published.
type outbox struct {
	d    *database
	wake chan struct{} // of one: who is awake need not be woken twice
}

// put writes an event in the transaction of its change, and wakes the reader once that is on disk.
func (s *outbox) put(t *tx, e events.Event) error {
	body, err := json.Marshal(&e)
	if err != nil {
		return fmt.Errorf("encode event: %w", err)
	}
	if _, err := t.exec("INSERT INTO outbox (event) VALUES (?)", body); err != nil {
		return err
	}
	t.after(s.rouse)
	return nil
}

func (s *outbox) rouse() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Pending gives the oldest events that are not done.
func (s *outbox) Pending(ctx context.Context, limit int) ([]store.Outgoing, error) {
	q, err := s.d.query("SELECT seq, event FROM outbox ORDER BY seq LIMIT ?")
	if err != nil {
		return nil, err
	}
	rows, err := q.QueryContext(ctx, max(limit, 0))
	list, err := collect(rows, err, func(scan func(...any) error) (o store.Outgoing, err error) {
		var body []byte
		if err := scan(&o.Sequence, &body); err != nil {
			return o, err
		}
		return o, json.Unmarshal(body, &o.Event)
	})
	if err != nil {
		return nil, fmt.Errorf("read outbox: %w", s.d.seen(err))
	}
	return list, nil
}

// Done forgets events up to and with a sequence.
func (s *outbox) Done(ctx context.Context, through int64) error {
	err := s.d.change(ctx, func(t *tx) error {
		_, err := t.exec("DELETE FROM outbox WHERE seq <= ?", through)
		return err
	})
	if err != nil {
		return fmt.Errorf("empty outbox: %w", err)
	}
	return nil
}

// Wake gives a channel that receives when there may be something new.
func (s *outbox) Wake() <-chan struct{} { return s.wake }

// Publish stores an event that belongs to no stored thing.
func (s *outbox) Publish(ctx context.Context, e events.Event) error {
	if err := s.d.change(ctx, func(t *tx) error { return s.put(t, e) }); err != nil {
		return fmt.Errorf("store event: %w", err)
	}
	return nil
}
