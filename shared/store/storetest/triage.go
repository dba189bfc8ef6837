package storetest

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

var ada = store.Actor{Name: "ada", Address: "192.0.2.7"}

func runTriage(t *testing.T, open Open) {
	each(t, open, map[string]func(*harness){
		"update":           updateTriage,
		"no change":        updateWithoutChange,
		"refused":          updateRefused,
		"if revision":      updateIfRevision,
		"opening again":    openAgain,
		"notes add up":     notesAddUp,
		"hide and show":    hideAndShow,
		"audit of changes": auditOfTriage,
	})
}

func updateTriage(h *harness) {
	d := Detection(1, h.clock.Now())
	h.put(d)
	before := h.get(d.ID)
	now := h.clock.Advance(time.Minute)
	got, err := h.Detections.Update(h.ctx, d.ID, store.TriageChange{
		IfRevision: pointer(int64(1)), Status: pointer(events.StatusClosed), Resolution: pointer(events.ResolutionTruePositive),
		Assignee: pointer("bob"), Note: pointer("It was <real>.\nTwo lines, ünïcode."),
	}, ada)
	h.must(err)
	want := before
	want.Triage = events.Triage{
		Status: events.StatusClosed, Resolution: events.ResolutionTruePositive, Assignee: "bob",
		Notes:    []events.Note{{Time: now, Author: "ada", Text: "It was <real>.\nTwo lines, ünïcode."}},
		Revision: 2, Created: before.Created, Modified: &now,
	}
	h.same("what update gives", got, want)
	h.same("what is stored", h.get(d.ID), want)
	_, err = h.Detections.Update(h.ctx, "none", store.TriageChange{Assignee: pointer("x")}, ada)
	h.refused("what is not there", err, store.ErrNotFound)
}

func updateWithoutChange(h *harness) {
	d := Detection(1, h.clock.Now())
	h.put(d)
	h.forget()
	before := h.get(d.ID)
	h.clock.Advance(time.Minute)
	for name, c := range map[string]store.TriageChange{
		"nothing": {}, "the same status": {Status: pointer(events.StatusOpen)}, "all the same": {
			IfRevision: pointer(int64(1)), Status: pointer(events.StatusOpen), Resolution: pointer(events.ResolutionNone),
			Assignee: pointer(""), HiddenBy: pointer(""),
		},
	} {
		got, err := h.Detections.Update(h.ctx, d.ID, c, ada)
		if err != nil {
			h.Errorf("%s: %v", name, err)
		}
		h.same(name, got, before)
	}
	h.same("what is stored", h.get(d.ID), before)
	if len(h.pending()) != 0 || len(h.audit(d.ID)) != 0 {
		h.Errorf("%d events, %d audit entries of no change", len(h.pending()), len(h.audit(d.ID)))
	}
}

func updateRefused(h *harness) {
	d := Detection(1, h.clock.Now())
	h.put(d)
	h.forget()
	before := h.get(d.ID)
	for name, c := range map[string]store.TriageChange{
		"unknown status":               {Status: pointer(events.Status("done"))},
		"unknown resolution":           {Status: pointer(events.StatusClosed), Resolution: pointer(events.Resolution("maybe"))},
		"resolution without closed":    {Resolution: pointer(events.ResolutionBenign)},
		"resolution while in progress": {Status: pointer(events.StatusInProgress), Resolution: pointer(events.ResolutionBenign)},
		"empty note":                   {Note: pointer("")},
		"note too long":                {Note: pointer(strings.Repeat("x", events.MaxNote+1))},
		"note that is no text":         {Note: pointer("a\xffb")},
		"assignee too long":            {Assignee: pointer(strings.Repeat("x", store.MaxName+1))},
	} {
		_, err := h.Detections.Update(h.ctx, d.ID, c, ada)
		h.refused(name, err, store.ErrInvalid)
	}
	h.same("what is stored", h.get(d.ID), before)
	if len(h.pending()) != 0 || len(h.audit(d.ID)) != 0 {
		h.Errorf("%d events, %d audit entries of what was refused", len(h.pending()), len(h.audit(d.ID)))
	}
	if _, err := h.Detections.Update(h.ctx, d.ID, store.TriageChange{Note: pointer(strings.Repeat("x", events.MaxNote))}, ada); err != nil {
		h.Errorf("the longest note: %v", err)
	}
}

func updateIfRevision(h *harness) {
	d := Detection(1, h.clock.Now())
	h.put(d)
	for _, wrong := range []int64{0, 2, -1} {
		_, err := h.Detections.Update(h.ctx, d.ID, store.TriageChange{IfRevision: &wrong, Assignee: pointer("x")}, ada)
		h.refused("another revision", err, store.ErrConflict)
	}
	d.Update = d.Update.Add(1)
	h.put(d)
	_, err := h.Detections.Update(h.ctx, d.ID, store.TriageChange{IfRevision: pointer(int64(1)), Assignee: pointer("x")}, ada)
	h.refused("the revision before a detector's update", err, store.ErrConflict)
	if got := h.get(d.ID); got.Assignee != "" || got.Revision != 2 {
		h.Errorf("after conflicts: %+v", got.Triage)
	}
}

func openAgain(h *harness) {
	d := Detection(1, h.clock.Now())
	h.put(d)
	_, err := h.Detections.Update(h.ctx, d.ID, store.TriageChange{Status: pointer(events.StatusClosed), Resolution: pointer(events.ResolutionBenign)}, ada)
	h.must(err)
	got, err := h.Detections.Update(h.ctx, d.ID, store.TriageChange{Status: pointer(events.StatusAcknowledged)}, ada)
	h.must(err)
	if got.Status != events.StatusAcknowledged || got.Resolution != "" {
		h.Errorf("%+v", got.Triage)
	}
}

func notesAddUp(h *harness) {
	d := Detection(1, h.clock.Now())
	h.put(d)
	for i := range 5 {
		h.clock.Advance(time.Second)
		got, err := h.Detections.Update(h.ctx, d.ID, store.TriageChange{Note: pointer("note " + string(rune('a'+i)))}, ada)
		h.must(err)
		if len(got.Notes) != i+1 || got.Notes[i].Text != "note "+string(rune('a'+i)) || !got.Notes[i].Time.Equal(h.clock.Now()) {
			h.Fatalf("notes %+v", got.Notes)
		}
	}
	p, err := h.Detections.Search(h.ctx, store.DetectionQuery{Filter: store.DetectionFilter{Text: "NOTE C"}})
	h.must(err)
	if len(p.Items) != 1 {
		h.Errorf("%d found by the text of a note", len(p.Items))
	}
}

func hideAndShow(h *harness) {
	d := Detection(1, h.clock.Now())
	h.put(d)
	for _, rule := range []string{"rule1", "rule2", ""} {
		got, err := h.Detections.Update(h.ctx, d.ID, store.TriageChange{HiddenBy: &rule}, store.Actor{Name: "rule:" + rule})
		h.must(err)
		p, err := h.Detections.Search(h.ctx, store.DetectionQuery{})
		h.must(err)
		if got.HiddenBy != rule || len(p.Items) == 1 != (rule == "") {
			h.Errorf("hidden by %q, not %q: %d in the list", got.HiddenBy, rule, len(p.Items))
		}
	}
}

func auditOfTriage(h *harness) {
	if h.Audit == nil {
		h.Skip("the store keeps no audit log")
	}
	d := Detection(1, h.clock.Now())
	h.put(d)
	now := h.clock.Advance(time.Minute)
	_, err := h.Detections.Update(h.ctx, d.ID, store.TriageChange{Status: pointer(events.StatusClosed), Note: pointer("why")}, ada)
	h.must(err)
	list := h.audit(d.ID)
	if len(list) != 1 {
		h.Fatalf("%d audit entries of one change", len(list))
	}
	e := list[0]
	if e.Actor != "ada" || e.Address != ada.Address || e.Action != "detection.update" || e.Target != d.ID || !e.Time.Equal(now) || e.ID == "" || e.Outcome != "" {
		h.Errorf("%+v", e)
	}
	var before, after map[string]any
	h.must(json.Unmarshal(e.Before, &before))
	h.must(json.Unmarshal(e.After, &after))
	if before["status"] != "open" || after["status"] != "closed" || after["note"] != "why" {
		h.Errorf("before %v, after %v", before, after)
	}
	d.Update = d.Update.Add(1)
	h.put(d)
	if n := len(h.audit(d.ID)); n != 1 {
		h.Errorf("%d entries: a detector's update is none", n)
	}
}

func runConcurrency(t *testing.T, open Open) {
	each(t, open, map[string]func(*harness){
		"one update wins":       oneUpdateWins,
		"puts and updates meet": putsAndUpdates,
		"one enrichment wins":   oneEnrichmentWins,
		"all three meet":        enrichmentsMeetAll,
	})
}

// oneUpdateWins lets many change the same revision, round by round.
func oneUpdateWins(h *harness) {
	const rounds, many = 10, 8
	d := Detection(1, h.clock.Now())
	h.put(d)
	for round := range int64(rounds) {
		var won, lost atomic.Int32
		var all sync.WaitGroup
		for i := range many {
			all.Go(func() {
				c := store.TriageChange{IfRevision: pointer(round + 1), Assignee: pointer("user" + string(rune('a'+i)) + string(rune('0'+round)))}
				_, err := h.Detections.Update(h.ctx, d.ID, c, ada)
				switch {
				case err == nil:
					won.Add(1)
				case errors.Is(err, store.ErrConflict):
					lost.Add(1)
				default:
					h.Error(err)
				}
			})
		}
		all.Wait()
		if won.Load() != 1 || lost.Load() != many-1 {
			h.Fatalf("round %d: %d won, %d lost", round, won.Load(), lost.Load())
		}
	}
	if got := h.get(d.ID); got.Revision != rounds+1 {
		h.Errorf("revision %d after %d changes", got.Revision, rounds)
	}
	if n := len(h.audit(d.ID)); h.Audit != nil && n != rounds {
		h.Errorf("%d audit entries of %d changes", n, rounds)
	}
}

// putsAndUpdates lets detectors and people change one detection: nothing of either is lost, and the events say so in order.
func putsAndUpdates(h *harness) {
	const many = 20
	d := Detection(1, h.clock.Now())
	h.put(d)
	var all sync.WaitGroup
	all.Go(func() {
		for i := range many {
			again := d
			again.Update = d.Update.Add(time.Duration(i+1) * time.Second)
			if _, err := h.Detections.Put(h.ctx, again); err != nil {
				h.Error(err)
			}
		}
	})
	all.Go(func() {
		for range many {
			if _, err := h.Detections.Update(h.ctx, d.ID, store.TriageChange{Note: pointer("x")}, ada); err != nil {
				h.Error(err)
			}
		}
	})
	all.Wait()
	got := h.get(d.ID)
	if got.Revision != 2*many+1 || len(got.Notes) != many || !got.Update.Equal(d.Update.Add(many*time.Second)) {
		h.Errorf("revision %d, %d notes, update %v", got.Revision, len(got.Notes), got.Update)
	}
	var sequences []int64
	for _, e := range h.pending() {
		sequences = append(sequences, e.Detail.Sequence)
	}
	if h.Outbox != nil && (len(sequences) != 2*many+1 || !slices.IsSorted(sequences)) {
		h.Errorf("sequences %v", sequences)
	}
}
