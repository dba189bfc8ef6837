package notify

import (
	"context"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/bus"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
	"github.com/mirrorwatch/mirrorwatch/shared/store/memory"
)

// TestFromStoreToChannel goes the whole way on a real store: what is stored is in the outbox, the relay hands it on, and the rules are
// told, with the escalation and the closing that the store's own events make.
func TestFromStoreToChannel(t *testing.T) {
	ctx := context.Background()
	c := &clock{at: start}
	s := memory.New(memory.Options{Now: c.now})
	rules := store.Collection[store.NotificationRule]{Kind: store.KindNotificationRule, Documents: s.Documents}
	rule := store.NotificationRule{Name: "r", Enabled: true, On: []string{OnCreated, OnEscalated, OnClosed}, Channel: store.Channel{Type: TypeWebhook}}
	if _, err := rules.Put(ctx, store.Item[store.NotificationRule]{ID: "rule-1", Value: rule}, store.New, nil); err != nil {
		t.Fatal(err)
	}
	out := &recorder{}
	h := &house{clock: c, out: out, Service: New(Options{Documents: s.Documents, Channels: map[string]Channel{TypeWebhook: out}, Now: c.now})}
	relay := bus.NewRelay(bus.RelayOptions{Outbox: s.Outbox, To: []bus.Publisher{bus.NewInProcess(h.Service)}, Now: c.now})
	pass := func(want ...string) {
		t.Helper()
		if _, err := relay.Drain(ctx); err != nil {
			t.Fatal(err)
		}
		h.flush(t, time.Second)
		h.wants(t, want...)
	}
	put := func(score int, after time.Duration) {
		t.Helper()
		d := *detected("5d41402abc4b2a76b9719d911017c592", 0, "", score).Detail.Detection
		d.Revision, d.Update = 0, start.Add(after)
		d.Activity = []events.Activity{{Time: start, Score: 40}, {Time: d.Update, Score: score}}[:1+min(1, int(after))]
		if _, err := s.Detections.Put(ctx, d); err != nil {
			t.Fatal(err)
		}
	}
	put(40, 0)
	pass("r created 1")
	put(45, time.Minute)
	pass()
	put(70, 2*time.Minute)
	pass("r escalated 1")
	closed, why := events.StatusClosed, events.ResolutionTruePositive
	if _, err := s.Detections.Update(ctx, "5d41402abc4b2a76b9719d911017c592", store.TriageChange{Status: &closed, Resolution: &why}, store.Actor{Name: "ana"}); err != nil {
		t.Fatal(err)
	}
	pass("r closed 1")
	if n := relay.Counts().Published; n != 4 {
		t.Errorf("published %d", n)
	}
	if left, _ := s.Outbox.Pending(ctx, 10); len(left) != 0 {
		t.Errorf("%d events left in the outbox", len(left))
	}
}
