package storetest

import (
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// OpenIn opens the store that a folder holds, or makes it there.
type OpenIn func(t *testing.T, folder string, now func() time.Time) *store.Store

// RunReopen holds a durable store against the contract: what a call that returned nil has stored is there when the store is opened again.
// It closes what it opens.
func RunReopen(t *testing.T, open OpenIn) {
	folder, clock := t.TempDir(), NewClock()
	h := &harness{T: t, Store: open(t, folder, clock.Now), clock: clock, ctx: t.Context()}
	all := h.fill(150, 11)
	first, err := h.Detections.Search(h.ctx, store.DetectionQuery{Limit: 20})
	h.must(err)
	want := all.Search(store.DetectionFilter{}, store.ByStart)
	h.must(h.Devices.Put(h.ctx, Device(1, clock.Now())))
	h.write(store.Write{Kind: store.KindUser, ID: "ada", Body: body("x")})
	h.must(h.Mirror.Bind(h.ctx, binding(7, "eni-a", clock.Now())))
	h.hear(heardOf(7, "a", clock.Now()))
	h.cover(1, interfaceOf(1, events.CoverageMirrored))
	h.save("devices", clock.Now(), "state")
	events, last := h.pending(), h.lastSequence()
	audit := h.entries(store.AuditQuery{}, nil)
	h.must(h.Close())

	h.Store = open(t, folder, clock.Now)
	defer h.Close()
	for i := range all {
		h.same("a detection", h.get(all[i].ID), all[i])
	}
	rest := h.walk(store.DetectionQuery{Limit: 20, Cursor: first.Next}, nil)
	if len(first.Items)+len(rest) != len(want) || len(rest) > 0 && rest[0] != want[20] {
		h.Errorf("a walk that began before: %d and %d of %d", len(first.Items), len(rest), len(want))
	}
	h.same("a device", h.device(Device(1, clock.Now()).ID), Device(1, clock.Now()))
	if _, err := h.Documents.Get(h.ctx, store.KindUser, "ada"); err != nil {
		h.Error(err)
	}
	if got := h.holder(7, clock.Now()); got != "eni-a" {
		h.Errorf("vni 7 is held by %s", got)
	}
	h.same("the bindings that last", h.bound(store.ListQuery{}, nil), []string{"7 eni-a"})
	h.same("what was heard", h.heard(store.ListQuery{}, nil), []string{"7 a"})
	if body, _ := h.load("devices"); body != "state" {
		h.Errorf("snapshot %q", body)
	}
	h.cover(0, interfaceOf(1, "mirrored"))
	h.same("events", h.pending(), events)
	h.same("the audit log", h.entries(store.AuditQuery{}, nil), audit)
	h.reopenedGoesOn(last)
}

func (h *harness) lastSequence() int64 {
	h.Helper()
	out, err := h.Outbox.Pending(h.ctx, 1_000_000)
	h.must(err)
	if len(out) == 0 {
		return 0
	}
	return out[len(out)-1].Sequence
}

// reopenedGoesOn holds that what is counted goes on where it was.
func (h *harness) reopenedGoesOn(last int64) {
	h.Helper()
	h.forget()
	d := Detection(100_000, h.clock.Now())
	h.put(d)
	if got := h.lastSequence(); got <= last {
		h.Errorf("sequence %d after %d", got, last)
	}
	stored := h.walk(store.DetectionQuery{Sort: store.ByCreated, Filter: store.DetectionFilter{Hidden: store.HiddenInclude}, Limit: 100}, nil)
	if stored[len(stored)-1] != d.ID {
		h.Error("what is stored after opening again is not the last in the order of storing")
	}
	h.log(1)
	if list := h.entries(store.AuditQuery{}, nil); len(list) > 1 && list[0].ID <= list[1].ID {
		h.Errorf("audit id %s after %s", list[0].ID, list[1].ID)
	}
}
