package storetest

import (
	"strconv"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// runEvents tests the events of stored changes, where they leave through an outbox. Where they leave through a stream, whoever reads it
// tests them.
func runEvents(t *testing.T, open Open) {
	if open(t, NewClock().Now).Outbox == nil {
		t.Skip("the store has no outbox")
	}
	each(t, open, map[string]func(*harness){
		"a life":           eventsOfALife,
		"as stored":        eventsAreAsStored,
		"several subjects": eventsOfSeveral,
	})
}

// eventsOfALife follows one detection from its beginning until it was closed and opened again.
func eventsOfALife(h *harness) {
	d := Detection(1, h.clock.Now())
	h.put(d)
	d.Update, d.Description, d.Risk.Score = d.Update.Add(time.Second), "more", d.Risk.Score+1
	h.clock.Advance(time.Second)
	h.put(d)
	for _, c := range []store.TriageChange{
		{Assignee: pointer("ada")},
		{Status: pointer(events.StatusClosed), Resolution: pointer(events.ResolutionBenign)},
		{Note: pointer("closed, and yet")},
		{Status: pointer(events.StatusOpen)},
		{Status: pointer(events.StatusClosed)},
	} {
		h.clock.Advance(time.Second)
		_, err := h.Detections.Update(h.ctx, d.ID, c, ada)
		h.must(err)
	}
	want := []struct {
		kind    events.DetailType
		actor   string
		changed []string
	}{
		{events.DetectionCreated, "", nil},
		{events.DetectionUpdated, "", []string{"description", "risk", "update"}},
		{events.DetectionUpdated, "ada", []string{"assignee"}},
		{events.DetectionClosed, "ada", []string{"resolution", "status"}},
		{events.DetectionUpdated, "ada", []string{"notes"}},
		{events.DetectionUpdated, "ada", []string{"resolution", "status"}},
		{events.DetectionClosed, "ada", []string{"status"}},
	}
	got := h.pending()
	if len(got) != len(want) {
		h.Fatalf("%d events, not %d", len(got), len(want))
	}
	for i, e := range got {
		revision := int64(i + 1)
		if e.DetailType != want[i].kind || e.Detail.Actor != want[i].actor || e.ID != d.ID+"-"+strconv.FormatInt(revision, 10) ||
			e.Detail.Sequence != revision || e.Detail.Subject != d.ID || e.Source != events.Source || e.Detail.Version != events.DetailVersion ||
			!e.Time.Equal(NewClock().Now().Add(time.Duration(i)*time.Second)) {
			h.Errorf("event %d: %+v", i, e)
		}
		h.same("changed members", e.Detail.Changed, want[i].changed)
		h.same("resources", e.Resources, []string{d.ID})
	}
}

func eventsAreAsStored(h *harness) {
	d := Detection(1, h.clock.Now())
	d.Properties = map[string]any{"n": 1, "text": "<&>\xff"}
	for i := range 4 {
		if i%2 == 0 {
			d.Update = d.Update.Add(time.Second)
			h.put(d)
		} else {
			_, err := h.Detections.Update(h.ctx, d.ID, store.TriageChange{Note: pointer("n")}, ada)
			h.must(err)
		}
		list := h.pending()
		if len(list) != i+1 {
			h.Fatalf("%d events of %d changes", len(list), i+1)
		}
		h.same("the last event's detection", list[i].Detail.Detection, h.get(d.ID))
	}
}

// eventsOfSeveral puts lists, and holds that each subject's events are in order and none is missing.
func eventsOfSeveral(h *harness) {
	for round := range 5 {
		var list []events.Detection
		for i := range 7 {
			d := Detection(i, h.clock.Now())
			d.Update = d.Update.Add(time.Duration(round) * time.Minute)
			list = append(list, d)
		}
		if n := h.put(list...); n != 7 {
			h.Fatalf("%d changed", n)
		}
	}
	last := map[string]int64{}
	for _, e := range h.pending() {
		if last[e.Detail.Subject]++; e.Detail.Sequence != last[e.Detail.Subject] {
			h.Errorf("%s: sequence %d after %d", e.Detail.Subject, e.Detail.Sequence, last[e.Detail.Subject]-1)
		}
	}
	for i := range 7 {
		if last[DetectionID(i)] != 5 {
			h.Errorf("%d events of detection %d", last[DetectionID(i)], i)
		}
	}
}
