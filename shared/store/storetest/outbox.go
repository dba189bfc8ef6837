package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// RunOutbox holds a store's Outbox against the contract.
func RunOutbox(t *testing.T, open Open) {
	each(t, open, map[string]func(*harness){
		"in order":         outboxInOrder,
		"done forgets":     doneForgets,
		"publish":          publishes,
		"wakes":            wakes,
		"outbox cancelled": outboxCancelled,
	})
}

func health(i int, at time.Time) events.Event {
	return events.Event{
		ID: fmt.Sprint("health-", i), DetailType: events.SensorUnhealthy, Source: events.Source, Time: at, Resources: []string{"sensor-1"},
		Detail: events.Detail{Version: events.DetailVersion, Subject: "sensor-1", Sequence: int64(i), Health: &events.Health{Sensor: "sensor-1", Reason: "dropping", Since: at}},
	}
}

func publishes(h *harness) {
	want := health(1, h.clock.Now())
	h.must(h.Outbox.Publish(h.ctx, want))
	got := h.pending()
	if len(got) != 1 {
		h.Fatalf("%d events", len(got))
	}
	h.same("what was published", got[0], want)
}

func outboxInOrder(h *harness) {
	for i := range 10 {
		if i%3 == 0 {
			h.must(h.Outbox.Publish(h.ctx, health(i, h.clock.Now())))
			continue
		}
		h.put(Detection(i, h.clock.Now()))
	}
	out, err := h.Outbox.Pending(h.ctx, 4)
	h.must(err)
	if len(out) != 4 {
		h.Fatalf("%d of at most 4", len(out))
	}
	all, err := h.Outbox.Pending(h.ctx, 100)
	h.must(err)
	for i, o := range all {
		want := DetectionID(i) + "-1"
		if i%3 == 0 {
			want = fmt.Sprint("health-", i)
		}
		if o.Event.ID != want || i > 0 && o.Sequence <= all[i-1].Sequence || i < 4 && out[i].Sequence != o.Sequence {
			h.Errorf("event %d: %s with sequence %d", i, o.Event.ID, o.Sequence)
		}
	}
	if len(all) != 10 {
		h.Errorf("%d events", len(all))
	}
}

func doneForgets(h *harness) {
	for i := range 6 {
		h.put(Detection(i, h.clock.Now()))
	}
	all, err := h.Outbox.Pending(h.ctx, 100)
	h.must(err)
	h.must(h.Outbox.Done(h.ctx, all[2].Sequence))
	left, err := h.Outbox.Pending(h.ctx, 100)
	h.must(err)
	if len(left) != 3 || left[0].Sequence != all[3].Sequence {
		h.Fatalf("%d are left", len(left))
	}
	h.must(h.Outbox.Done(h.ctx, all[0].Sequence)) // again, late
	h.must(h.Outbox.Done(h.ctx, all[5].Sequence))
	h.put(Detection(9, h.clock.Now()))
	left, err = h.Outbox.Pending(h.ctx, 100)
	h.must(err)
	if len(left) != 1 || left[0].Sequence <= all[5].Sequence {
		h.Errorf("after all were done: %+v; sequences are never used again", left)
	}
}

func wakes(h *harness) {
	wake := h.Outbox.Wake()
	for i := range 3 {
		h.put(Detection(i, h.clock.Now()))
		select {
		case <-wake:
		case <-time.After(10 * time.Second):
			h.Fatal("nobody was woken")
		}
	}
	d := Detection(0, h.clock.Now())
	for i := range 5 { // nobody listens: it must not block
		d.Update = d.Update.Add(time.Duration(i+1) * time.Second)
		h.put(d)
	}
	<-wake
}

func outboxCancelled(h *harness) {
	h.cancelled("pending", func(ctx context.Context) error { _, err := h.Outbox.Pending(ctx, 1); return err })
	h.cancelled("publish", func(ctx context.Context) error { return h.Outbox.Publish(ctx, health(1, h.clock.Now())) })
	h.cancelled("done", func(ctx context.Context) error { return h.Outbox.Done(ctx, 1) })
	if len(h.pending()) != 0 {
		h.Error("an event of a call that was given up")
	}
}
