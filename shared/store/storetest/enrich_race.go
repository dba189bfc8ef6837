package storetest

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// oneEnrichmentWins lets many enrich the same revision, each with a document of its own: of one both are there, of the others nothing.
func oneEnrichmentWins(h *harness) {
	const rounds, many = 6, 6
	d := moderate(1, h.clock.Now())
	h.put(d)
	for round := range int64(rounds) {
		var won, lost atomic.Int32
		var all sync.WaitGroup
		for i := range many {
			all.Go(func() {
				c := Context(1, h.clock.Now())
				c.Incident = fmt.Sprint(round, " ", i)
				_, err := h.Detections.Enrich(h.ctx, d.ID, store.Enrichment{IfRevision: round + 1, Context: c},
					store.Write{Kind: store.KindIncident, ID: fmt.Sprint(round, "/", i), Body: body("x"), If: store.New})
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
		h.Errorf("revision %d after %d enrichments", got.Revision, rounds)
	}
	if ids := h.list(store.KindIncident, store.ListQuery{}, nil); len(ids) != rounds {
		h.Errorf("documents of %d enrichments: %q", rounds, ids)
	}
}

// enrichmentsMeetAll lets correlation, detectors and people change one detection at once: nothing of any is lost, each change is one
// event, and the score is at all times the detector's with the adjustments of the context beside it.
func enrichmentsMeetAll(h *harness) {
	const many, enrichers = 12, 2
	d := moderate(1, h.clock.Now())
	h.put(d)
	var all sync.WaitGroup
	all.Go(func() {
		for i := range many {
			again := d
			again.Update = d.Update.Add(time.Duration(i+1) * time.Second)
			again.Risk.Terms = []events.Term{{Name: "likelihood", Points: 40 + i}}
			again.Risk.Score = 40 + i
			again.Risk.Band = events.BandOf(again.Risk.Score)
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
	for who := range enrichers {
		all.Go(func() {
			for i := range many {
				h.enrichUntil(d.ID, fmt.Sprint(who, "/", i), 1+i%5)
			}
		})
	}
	all.Wait()
	got := h.get(d.ID)
	adjusted := got.Context.Adjustments[0].Points
	if want := int64(1 + many*(2+enrichers)); got.Revision != want || len(got.Notes) != many || !got.Update.Equal(d.Update.Add(many*time.Second)) || got.Risk.Score != 40+many-1+adjusted {
		h.Errorf("revision %d of %d, %d notes, update %v, score %d with %d points of context", got.Revision, want, len(got.Notes), got.Update, got.Risk.Score, adjusted)
	}
	if ids := h.list(store.KindCorrelation, store.ListQuery{}, nil); len(ids) != many*enrichers {
		h.Errorf("%d documents of %d enrichments", len(ids), many*enrichers)
	}
	h.eachInOrder(h.pending(), got.Revision)
}

// enrichUntil enriches the state that it reads, again and again until nobody comes between.
func (h *harness) enrichUntil(id, name string, points int) {
	for range 1000 {
		before, err := h.Detections.Get(h.ctx, id)
		if err != nil {
			h.Error(err)
			return
		}
		c := Context(1, before.Update)
		c.Incident, c.Adjustments = name, []events.Term{{Name: "context_counters_unusual", Points: points}}
		_, err = h.Detections.Enrich(h.ctx, id, store.Enrichment{IfRevision: before.Revision, Context: c},
			store.Write{Kind: store.KindCorrelation, ID: name, Body: body(name), If: store.New})
		if err == nil {
			return
		}
		if !errors.Is(err, store.ErrConflict) {
			h.Error(err)
			return
		}
	}
	h.Errorf("%s: a thousand conflicts", name)
}

// eachInOrder holds that there is one event for each revision, in order, and that each tells a score which adds up.
func (h *harness) eachInOrder(list []events.Event, revisions int64) {
	h.Helper()
	if h.Outbox == nil {
		return
	}
	var sequences []int64
	for _, e := range list {
		sequences = append(sequences, e.Detail.Sequence)
		sum := 0
		for _, t := range e.Detail.Detection.Risk.Terms {
			sum += t.Points
		}
		if sum != e.Detail.Detection.Risk.Score {
			h.Errorf("event %s: score %d of terms that sum to %d", e.ID, e.Detail.Detection.Risk.Score, sum)
		}
	}
	if int64(len(sequences)) != revisions || !slices.IsSorted(sequences) {
		h.Errorf("sequences %v of %d revisions", sequences, revisions)
	}
}
