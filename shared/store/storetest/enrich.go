package storetest

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

func runEnrich(t *testing.T, open Open) {
	each(t, open, map[string]func(*harness){
		"stored and read back":     enrichAndGet,
		"read with documents":      getWithDocuments,
		"one event":                eventOfEnrichment,
		"the same again":           enrichAgain,
		"a detector goes on":       putKeepsContext,
		"new, with a context":      putIgnoresContext,
		"risk":                     adjustedRisk,
		"context that goes":        contextThatGoes,
		"conflicts":                enrichConflicts,
		"documents with it":        documentsOfContext,
		"documents alone":          documentsWithoutNews,
		"refused contexts":         contextsRefused,
		"limits of documents":      enrichLimits,
		"searches see the risk":    searchesSeeContext,
		"times and texts":          timesOfContext,
		"nothing by reference":     contextByValue,
		"triage keeps the context": triageKeepsContext,
	})
}

// enrich writes a context to the state that is stored now.
func (h *harness) enrich(id string, c events.Context, w ...store.Write) events.Detection {
	h.Helper()
	d, err := h.Detections.Enrich(h.ctx, id, store.Enrichment{IfRevision: h.get(id).Revision, Context: c}, w...)
	h.must(err)
	return d
}

// moderate is a detection whose score leaves room for adjustments.
func moderate(i int, at time.Time) events.Detection {
	d := Detection(i, at)
	d.Risk = events.Risk{
		Score: 50, Band: "medium", Likelihood: events.High, Complexity: events.Low, Impact: events.Medium,
		Terms: []events.Term{{Name: "likelihood", Points: 20}, {Name: "impact", Points: 30, Reason: "medium for the business"}},
	}
	return d
}

func enrichAndGet(h *harness) {
	d := moderate(1, h.clock.Now())
	h.put(d)
	want := h.get(d.ID)
	now := h.clock.Advance(time.Minute)
	c := Context(1, now)
	got := h.enrich(d.ID, c)
	want.Context, want.Revision, want.Modified = &c, 2, &now
	want.Risk.Terms = append(slices.Clone(want.Risk.Terms), c.Adjustments...)
	want.Risk.Score, want.Risk.Band = 70, "high"
	h.same("what enrich gives", got, want)
	h.same("what is stored", h.get(d.ID), want)
	p, err := h.Detections.Search(h.ctx, store.DetectionQuery{})
	h.must(err)
	h.same("what a search gives", p.Items, []events.Detection{want})
	for _, id := range []string{"none", "", "ä"} {
		_, err = h.Detections.Enrich(h.ctx, id, store.Enrichment{IfRevision: 1, Context: c}, store.Write{Kind: store.KindIncident, ID: "i", Body: body("x")})
		h.refused("what is not there", err, store.ErrNotFound)
	}
	_, err = h.Documents.Get(h.ctx, store.KindIncident, "i")
	h.refused("the document of what is not there", err, store.ErrNotFound)
}

// getWithDocuments reads a detection and documents of several kinds beside it: what is there, what is not, what expired.
func getWithDocuments(h *harness) {
	d := moderate(1, h.clock.Now())
	h.put(d)
	ends := h.clock.Now().Add(time.Minute)
	h.enrich(d.ID, Context(1, h.clock.Now()), store.Write{Kind: store.KindIncident, ID: "i", Body: body("x")},
		store.Write{Kind: store.KindFlows, ID: "f", Body: body("y"), Expires: ends}, store.Write{Kind: store.KindTrail, ID: "t", Body: body("z"), Expires: ends.Add(1)})
	h.clock.Advance(time.Minute)
	key := func(k store.Kind, id string) store.DocumentKey { return store.DocumentKey{Kind: k, ID: id} }
	keys := []store.DocumentKey{key(store.KindIncident, "i"), key(store.KindFlows, "f"), key(store.KindTrail, "t"), key(store.KindTrail, "i"), key(store.KindIncident, "i"), {}}
	got, docs, err := h.Detections.GetWith(h.ctx, d.ID, keys...)
	h.must(err)
	h.same("the detection", got, h.get(d.ID))
	if len(docs) != 2 || string(docs[keys[0]].Body) != string(body("x")) || string(docs[keys[2]].Body) != string(body("z")) {
		h.Errorf("documents %v", docs)
	}
	got, docs, err = h.Detections.GetWith(h.ctx, d.ID)
	h.must(err)
	h.same("the detection alone", got, h.get(d.ID))
	if len(docs) != 0 {
		h.Errorf("documents that nobody asked for: %v", docs)
	}
	for _, id := range []string{"none", "", "ä"} {
		_, docs, err = h.Detections.GetWith(h.ctx, id, keys[0])
		h.refused("of what is not there", err, store.ErrNotFound)
		if len(docs) != 0 {
			h.Errorf("documents of what is not there: %v", docs)
		}
	}
	_, _, err = h.Detections.GetWith(h.ctx, d.ID, make([]store.DocumentKey, store.MaxGet+1)...)
	h.refused("one key more than there may be", err, store.ErrInvalid)
	h.cancelled("get with documents", func(ctx context.Context) error { _, _, err := h.Detections.GetWith(ctx, d.ID, keys...); return err })
}

func eventOfEnrichment(h *harness) {
	d := moderate(1, h.clock.Now())
	h.put(d)
	h.forget()
	now := h.clock.Advance(time.Minute)
	h.enrich(d.ID, Context(1, now), store.Write{Kind: store.KindIncident, ID: "i", Body: body("x")})
	list := h.pending()
	if h.Outbox == nil {
		return
	}
	if len(list) != 1 {
		h.Fatalf("%d events", len(list))
	}
	e := list[0]
	if e.DetailType != events.DetectionUpdated || e.Detail.Actor != store.ActorCorrelate || e.Detail.Sequence != 2 || !e.Time.Equal(now) || e.ID != d.ID+"-2" {
		h.Errorf("the event is %s %s of %s, sequence %d", e.ID, e.DetailType, e.Detail.Actor, e.Detail.Sequence)
	}
	h.same("what changed", e.Detail.Changed, []string{"context", "risk"})
	h.same("its detection", e.Detail.Detection, h.get(d.ID))
	h.forget()
	d.Update = d.Update.Add(time.Second)
	h.put(d)
	if list = h.pending(); len(list) != 1 || list[0].Detail.Actor != "" {
		h.Errorf("a detector's change after it: %+v", list)
	} else {
		h.same("what a detector changed", list[0].Detail.Changed, []string{"update"})
	}
}

func enrichAgain(h *harness) {
	d := moderate(1, h.clock.Now())
	h.put(d)
	c := Context(1, h.clock.Now())
	h.enrich(d.ID, c)
	h.forget()
	before := h.get(d.ID)
	h.clock.Advance(time.Minute)
	c.Made, c.Of = h.clock.Now(), h.clock.Now() // when it was made is no news
	c.Who[0].From = pointer(c.Who[0].From.In(time.FixedZone("elsewhere", 3600)))
	c.Calls[1].Resources = slices.Clone(c.Calls[1].Resources)
	for range 3 {
		h.same("what enrich gives", h.enrich(d.ID, c), before)
	}
	h.same("what is stored", h.get(d.ID), before)
	if n := len(h.pending()); n != 0 {
		h.Errorf("%d events of nothing new", n)
	}
	c.Calls[1].Summary = "and more"
	if after := h.enrich(d.ID, c); after.Revision != 3 {
		h.Errorf("revision %d after something new", after.Revision)
	}
	if list := h.pending(); h.Outbox != nil && (len(list) != 1 || !slices.Equal(list[0].Detail.Changed, []string{"context"})) {
		h.Errorf("events of it: %+v", list)
	}
}

// searchesSeeContext: filters, orders, groups and histograms go by the risk as it was adjusted.
func searchesSeeContext(h *harness) {
	begin := h.clock.Now()
	a, b := moderate(1, begin), moderate(2, begin)
	h.put(a, b)
	h.enrich(b.ID, Context(1, begin))
	both := func(q store.DetectionQuery, want ...string) {
		h.Helper()
		p, err := h.Detections.Search(h.ctx, q)
		h.must(err)
		var ids []string
		for _, d := range p.Items {
			ids = append(ids, d.ID)
		}
		h.same(fmt.Sprintf("%+v", q), ids, want)
	}
	both(store.DetectionQuery{Filter: store.DetectionFilter{MinScore: 70, MaxScore: 70}}, b.ID)
	both(store.DetectionQuery{Filter: store.DetectionFilter{Bands: []events.Band{"high"}}}, b.ID)
	both(store.DetectionQuery{Filter: store.DetectionFilter{MaxScore: 69}}, a.ID)
	both(store.DetectionQuery{Sort: store.ByScore}, b.ID, a.ID)
	groups, err := h.Detections.Groups(h.ctx, store.DetectionFilter{}, store.GroupQuery{By: store.GroupBand})
	h.must(err)
	counts := map[string]int{}
	for _, g := range groups.Items {
		counts[g.Key] = g.Count
	}
	h.same("groups", counts, map[string]int{"medium": 1, "high": 1})
	histogram, err := h.Detections.Histogram(h.ctx, store.DetectionFilter{}, store.HistogramQuery{From: begin.Add(-time.Minute), To: begin.Add(time.Minute), Buckets: 1})
	h.must(err)
	h.same("histogram", histogram.Buckets[0].Bands, map[events.Band]int{"medium": 1, "high": 1})
	h.enrich(b.ID, events.Context{})
	both(store.DetectionQuery{Filter: store.DetectionFilter{Bands: []events.Band{"high"}}})
}

func triageKeepsContext(h *harness) {
	d := moderate(1, h.clock.Now())
	h.put(d)
	before := h.enrich(d.ID, Context(1, h.clock.Now()))
	h.forget()
	after, err := h.Detections.Update(h.ctx, d.ID, store.TriageChange{Status: pointer(events.StatusClosed)}, ada)
	h.must(err)
	h.same("context", after.Context, before.Context)
	h.same("risk", after.Risk, before.Risk)
	if list := h.pending(); h.Outbox != nil && (len(list) != 1 || !slices.Equal(list[0].Detail.Changed, []string{"status"})) {
		h.Errorf("events: %+v", list)
	}
	closed := h.enrich(d.ID, Context(2, h.clock.Now()))
	if closed.Status != events.StatusClosed || closed.Revision != 4 {
		h.Errorf("after context came late: %+v", closed.Triage)
	}
	if list := h.pending(); h.Outbox != nil && (len(list) != 2 || list[1].DetailType != events.DetectionUpdated) {
		h.Errorf("events: %+v", list)
	}
}
