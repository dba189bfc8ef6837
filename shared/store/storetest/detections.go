package storetest

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// RunDetections holds a store's Detections against the contract.
func RunDetections(t *testing.T, open Open) {
	each(t, open, map[string]func(*harness){
		"put and get":             putAndGet,
		"put is idempotent":       putIsIdempotent,
		"older states":            olderStates,
		"put keeps triage":        putKeepsTriage,
		"hidden by":               hiddenBy,
		"put all or nothing":      putAllOrNothing,
		"put one twice in a list": putTwiceInList,
		"nothing by reference":    nothingByReference,
		"times":                   timesOfDetections,
		"purge detections":        purgeDetections,
		"cancelled":               detectionsCancelled,
	})
	t.Run("Triage", func(t *testing.T) { runTriage(t, open) })
	t.Run("Enrich", func(t *testing.T) { runEnrich(t, open) })
	t.Run("Events", func(t *testing.T) { runEvents(t, open) })
	t.Run("Search", func(t *testing.T) { runSearch(t, open) })
	t.Run("Concurrency", func(t *testing.T) { runConcurrency(t, open) })
}

// put stores what has to be stored, and gives how much changed.
func (h *harness) put(list ...events.Detection) int {
	h.Helper()
	n, err := h.Detections.Put(h.ctx, list...)
	h.must(err)
	return n
}

func (h *harness) get(id string) events.Detection {
	h.Helper()
	d, err := h.Detections.Get(h.ctx, id)
	h.must(err)
	return d
}

func putAndGet(h *harness) {
	d := Detection(1, h.clock.Now())
	if n := h.put(d); n != 1 {
		h.Errorf("%d changed", n)
	}
	got := h.get(d.ID)
	now := h.clock.Now()
	d.Revision, d.Created, d.Modified = 1, &now, &now
	h.same("what was stored", got, d)
	_, err := h.Detections.Get(h.ctx, "none")
	h.refused("what is not there", err, store.ErrNotFound)
	if n := h.put(); n != 0 {
		h.Errorf("nothing put, %d changed", n)
	}
}

func putIsIdempotent(h *harness) {
	d := Detection(1, h.clock.Now())
	d.Properties = map[string]any{"int": 7, "float": 0.1, "list": []string{"a"}, "map": map[string]int{"x": 1}, "large": uint64(1) << 40}
	h.put(d)
	before := h.get(d.ID)
	h.clock.Advance(time.Second)
	local := d
	local.Start = local.Start.In(time.FixedZone("elsewhere", 3600))
	if n := h.put(d, d, local); n != 0 {
		h.Errorf("%d changed", n)
	}
	h.same("after the same again", h.get(d.ID), before)
	if list := h.pending(); h.Outbox != nil && len(list) != 1 {
		h.Errorf("%d events", len(list))
	}
}

// olderStates replays all states of a detection: what was is not again.
func olderStates(h *harness) {
	var states []events.Detection
	for i := range 5 {
		d := Detection(1, h.clock.Now())
		d.End = nil
		d.Update = d.Start.Add(time.Duration(i) * time.Minute)
		d.Description = "state " + string(rune('a'+i))
		states = append(states, d)
	}
	last := states[4]
	last.End = &last.Update
	states = append(states, last)
	for i, d := range states {
		if n := h.put(d); n != 1 {
			h.Fatalf("state %d: %d changed", i, n)
		}
	}
	want := h.get(last.ID)
	if want.Revision != 6 || want.End == nil {
		h.Errorf("revision %d, end %v", want.Revision, want.End)
	}
	h.forget()
	h.clock.Advance(time.Hour)
	if n := h.put(states...); n != 0 {
		h.Errorf("the replay changed %d", n)
	}
	h.same("after the replay", h.get(last.ID), want)
	if list := h.pending(); len(list) != 0 {
		h.Errorf("the replay made %d events", len(list))
	}
	again := last
	again.Update, again.End = last.Update.Add(time.Minute), nil
	if n := h.put(again); n != 1 || h.get(last.ID).End != nil {
		h.Errorf("what goes on again: %d changed", n)
	}
}

func putKeepsTriage(h *harness) {
	d := Detection(1, h.clock.Now())
	h.put(d)
	_, err := h.Detections.Update(h.ctx, d.ID, store.TriageChange{
		Status: pointer(events.StatusClosed), Resolution: pointer(events.ResolutionBenign), Assignee: pointer("ada"), Note: pointer("seen"),
	}, store.Actor{Name: "ada"})
	h.must(err)
	before := h.get(d.ID)
	d.Update, d.Description = d.Update.Add(time.Minute), "it goes on"
	d.Status, d.Resolution, d.Assignee, d.Notes = events.StatusOpen, "", "mallory", nil
	now := h.clock.Advance(time.Minute)
	h.put(d)
	after := h.get(d.ID)
	want := before.Triage
	want.Revision, want.Modified = before.Revision+1, &now
	h.same("triage", after.Triage, want)
	if after.Description != "it goes on" {
		h.Errorf("description %q", after.Description)
	}
}

func hiddenBy(h *harness) {
	d := Detection(1, h.clock.Now())
	h.put(d)
	d.HiddenBy = "rule1"
	if n := h.put(d); n != 1 || h.get(d.ID).HiddenBy != "rule1" {
		h.Errorf("%d changed, hidden by %q", n, h.get(d.ID).HiddenBy)
	}
	d.HiddenBy, d.Update = "rule2", d.Update.Add(1)
	h.put(d)
	if got := h.get(d.ID); got.HiddenBy != "rule1" {
		h.Errorf("hidden by %q: the first rule stays", got.HiddenBy)
	}
	d.HiddenBy, d.Update = "", d.Update.Add(1)
	h.put(d)
	if got := h.get(d.ID); got.HiddenBy != "rule1" {
		h.Errorf("hidden by %q: a detector shows nothing again", got.HiddenBy)
	}
	hidden := Detection(2, h.clock.Now())
	hidden.HiddenBy = "rule1"
	h.put(hidden)
	if got := h.get(hidden.ID); got.HiddenBy != "rule1" || got.Status != events.StatusOpen {
		h.Errorf("new and hidden: %+v", got.Triage)
	}
}

func putAllOrNothing(h *harness) {
	var list []events.Detection
	for i := range 20 {
		list = append(list, Detection(i, h.clock.Now()))
	}
	for name, spoil := range map[string]func(*events.Detection){
		"no id":         func(d *events.Detection) { d.ID = "" },
		"no start":      func(d *events.Detection) { d.Start = time.Time{} },
		"not for JSON":  func(d *events.Detection) { d.Properties = map[string]any{"x": math.NaN()} },
		"far in future": func(d *events.Detection) { d.Update = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC) },
	} {
		bad := slices.Clone(list)
		spoil(&bad[19])
		n, err := h.Detections.Put(h.ctx, bad...)
		h.refused(name, err, store.ErrInvalid)
		if n != 0 {
			h.Errorf("%s: %d changed", name, n)
		}
	}
	p, err := h.Detections.Search(h.ctx, store.DetectionQuery{Count: true})
	h.must(err)
	if p.Total != 0 || len(h.pending()) != 0 {
		h.Errorf("%d detections and %d events of lists that were refused", p.Total, len(h.pending()))
	}
}

func putTwiceInList(h *harness) {
	a := Detection(1, h.clock.Now())
	b := a
	b.Update, b.Description = a.Update.Add(time.Second), "later"
	if n := h.put(a, Detection(2, h.clock.Now()), b); n < 2 {
		h.Errorf("%d changed", n)
	}
	got := h.get(a.ID)
	if got.Description != "later" {
		h.Errorf("description %q: the later one counts", got.Description)
	}
	list := h.pending()
	for i := range slices.Backward(list) {
		if list[i].Detail.Subject == a.ID {
			h.same("the last event", list[i].Detail.Detection, got)
			return
		}
	}
	if h.Outbox != nil {
		h.Error("no event")
	}
}

func nothingByReference(h *harness) {
	d := Detection(1, h.clock.Now())
	d.End = pointer(d.Update)
	h.put(d)
	want := h.get(d.ID)
	d.Participants[0].Hostname, d.Participants[0].Tags, d.Properties["ports"] = "changed", nil, "changed"
	*d.End = d.End.Add(time.Hour)
	d.Techniques[0] = "changed"
	h.same("after the caller changed what it had put", h.get(d.ID), want)
	mine := h.get(d.ID)
	mine.Participants[0].Hostname, mine.Properties["ports"], mine.Techniques[0] = "changed", "changed", "changed"
	*mine.End = mine.End.Add(time.Hour)
	h.same("after the caller changed what it had got", h.get(d.ID), want)
}

func timesOfDetections(h *harness) {
	d := Detection(1, time.Date(2026, 1, 2, 3, 4, 5, 999999999, time.FixedZone("east", 7200)))
	d.Start = time.Date(2026, 1, 2, 3, 4, 5, 999999999, time.FixedZone("east", 7200))
	h.put(d)
	got := h.get(d.ID)
	if got.Start.Location() != time.UTC || !got.Start.Equal(d.Start) || !got.Update.Equal(d.Update) || got.Created.Location() != time.UTC {
		h.Errorf("start %v of %v, created %v", got.Start, d.Start, got.Created)
	}
}

func purgeDetections(h *harness) {
	begin := h.clock.Now()
	for i := range 10 {
		d := Detection(i, begin)
		d.Update = begin.Add(time.Duration(i) * time.Hour)
		h.put(d)
	}
	h.forget()
	n, err := h.Detections.Purge(h.ctx, begin.Add(5*time.Hour), 3)
	h.must(err)
	m, err := h.Detections.Purge(h.ctx, begin.Add(5*time.Hour), 100)
	h.must(err)
	if n != 3 || m != 2 {
		h.Errorf("deleted %d and %d", n, m)
	}
	for i := range 10 {
		_, err := h.Detections.Get(h.ctx, DetectionID(i))
		if i < 5 && !errors.Is(err, store.ErrNotFound) || i >= 5 && err != nil {
			h.Errorf("detection %d: %v", i, err)
		}
	}
	p, err := h.Detections.Search(h.ctx, store.DetectionQuery{Count: true})
	h.must(err)
	if p.Total != 5 || len(h.pending()) != 0 {
		h.Errorf("%d are left, %d events", p.Total, len(h.pending()))
	}
}

func detectionsCancelled(h *harness) {
	d := Detection(1, h.clock.Now())
	h.put(d)
	h.cancelled("put", func(ctx context.Context) error { _, err := h.Detections.Put(ctx, d); return err })
	h.cancelled("get", func(ctx context.Context) error { _, err := h.Detections.Get(ctx, d.ID); return err })
	h.cancelled("search", func(ctx context.Context) error {
		_, err := h.Detections.Search(ctx, store.DetectionQuery{})
		return err
	})
	h.cancelled("update", func(ctx context.Context) error {
		_, err := h.Detections.Update(ctx, d.ID, store.TriageChange{Assignee: pointer("x")}, store.Actor{Name: "x"})
		return err
	})
	h.cancelled("enrich", func(ctx context.Context) error {
		_, err := h.Detections.Enrich(ctx, d.ID, store.Enrichment{IfRevision: 1, Context: Context(1, h.clock.Now())})
		return err
	})
	h.cancelled("groups", func(ctx context.Context) error {
		_, err := h.Detections.Groups(ctx, store.DetectionFilter{}, store.GroupQuery{By: store.GroupType})
		return err
	})
	h.cancelled("purge", func(ctx context.Context) error {
		_, err := h.Detections.Purge(ctx, h.clock.Now().Add(1000*time.Hour), 10)
		return err
	})
	if got := h.get(d.ID); got.Revision != 1 {
		h.Errorf("revision %d after calls that were given up", got.Revision)
	}
}
