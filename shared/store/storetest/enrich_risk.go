package storetest

import (
	"fmt"
	"slices"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// putKeepsContext lets a detector go on after its detection was enriched: with its own score, with the stored detection as it read it
// back, and with lies.
func putKeepsContext(h *harness) {
	d := moderate(1, h.clock.Now())
	h.put(d)
	c := Context(1, h.clock.Now())
	h.enrich(d.ID, c)
	h.forget()
	before := h.get(d.ID)
	lies := before
	lies.Context = &events.Context{Incident: "mallory"}
	lies.Risk.Terms = append(slices.Clone(before.Risk.Terms), events.Term{Name: "context_blocked", Points: -15})
	stale := d
	stale.Risk.Terms = append(slices.Clone(d.Risk.Terms), events.Term{Name: "context_blocked", Points: -15})
	for name, same := range map[string]events.Detection{"as the detector has it": d, "as it is stored": before, "with another context": lies, "with an old term": stale} {
		if n := h.put(same); n != 0 {
			h.Errorf("%s: %d changed", name, n)
		}
		h.same(name, h.get(d.ID), before)
	}
	if n := len(h.pending()); n != 0 {
		h.Errorf("%d events of nothing new", n)
	}
	d.Update = d.Update.Add(time.Minute)
	d.Risk.Score, d.Risk.Band = 62, "high"
	d.Risk.Terms = append(slices.Clone(d.Risk.Terms), events.Term{Name: "victims", Points: 12})
	for _, more := range []events.Detection{d, lies} {
		more.Update, more.Risk.Score, more.Risk.Band = d.Update, d.Risk.Score, d.Risk.Band
		more.Risk.Terms = d.Risk.Terms
		h.put(more)
		after := h.get(d.ID)
		h.same("context", after.Context, before.Context)
		h.same("terms", after.Risk.Terms, slices.Concat(d.Risk.Terms, c.Adjustments))
		if after.Risk.Score != 82 || after.Risk.Band != "critical" || after.Revision != 3 {
			h.Errorf("score %d, band %s, revision %d", after.Risk.Score, after.Risk.Band, after.Revision)
		}
	}
}

// putIgnoresContext: what a detection brings of a context when it is new is not its detector's to say.
func putIgnoresContext(h *harness) {
	d := moderate(1, h.clock.Now())
	c := Context(1, h.clock.Now())
	mine := d
	mine.Context, mine.Risk = &c, store.Adjusted(d.Risk, c.Adjustments)
	h.put(mine)
	got := h.get(d.ID)
	h.same("risk", got.Risk, d.Risk)
	if got.Context != nil {
		h.Errorf("context %+v", got.Context)
	}
	mine.Update = mine.Update.Add(1)
	h.put(mine)
	h.same("risk of an update before any context", h.get(d.ID).Risk, d.Risk)
}

func adjustedRisk(h *harness) {
	for name, c := range map[string]struct {
		base, points []int
		score        int
		band         events.Band
	}{
		"up into another band": {[]int{20, 30}, []int{20}, 70, "high"},
		"down":                 {[]int{20, 30}, []int{-15, -10}, 25, "low"},
		"held above":           {[]int{60, 30}, []int{20, 15}, 99, "critical"},
		"held below":           {[]int{10}, []int{-15}, 1, "low"},
		"a base beyond it":     {[]int{60, 60}, []int{-15}, 99, "critical"},
		"nothing":              {[]int{20, 30}, []int{0}, 50, "medium"},
	} {
		d := moderate(1, h.clock.Now())
		d.ID, d.Risk.Terms = DetectionID(len(name)*100), nil
		sum := 0
		for i, p := range c.base {
			d.Risk.Terms = append(d.Risk.Terms, events.Term{Name: fmt.Sprint("base", i), Points: p})
			sum += p
		}
		d.Risk.Score = min(sum, 99)
		d.Risk.Band = events.BandOf(d.Risk.Score)
		h.put(d)
		context := Context(1, h.clock.Now())
		context.Adjustments = nil
		for i, p := range c.points {
			context.Adjustments = append(context.Adjustments, events.Term{Name: fmt.Sprint(events.AdjustmentPrefix, i), Points: p})
		}
		if got := h.enrich(d.ID, context); got.Risk.Score != c.score || got.Risk.Band != c.band || len(got.Risk.Terms) != len(c.base)+len(c.points) {
			h.Errorf("%s: score %d, band %s, %d terms", name, got.Risk.Score, got.Risk.Band, len(got.Risk.Terms))
		}
	}
}

// contextThatGoes takes adjustments back: the detector's own risk is there again.
func contextThatGoes(h *harness) {
	d := moderate(1, h.clock.Now())
	h.put(d)
	h.enrich(d.ID, Context(1, h.clock.Now()))
	c := Context(1, h.clock.Now())
	c.Adjustments = c.Adjustments[1:]
	if got := h.enrich(d.ID, c); got.Risk.Score != 55 || len(got.Risk.Terms) != 3 {
		h.Errorf("with one adjustment: %+v", got.Risk)
	}
	got := h.enrich(d.ID, events.Context{Made: h.clock.Now()})
	h.same("without any", got.Risk, d.Risk)
	if got.Revision != 4 || got.Context == nil || got.Context.Sources == nil {
		h.Errorf("revision %d, context %+v", got.Revision, got.Context)
	}
}
