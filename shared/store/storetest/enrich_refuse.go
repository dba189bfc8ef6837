package storetest

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

func enrichConflicts(h *harness) {
	d := moderate(1, h.clock.Now())
	h.put(d)
	h.write(store.Write{Kind: store.KindIncident, ID: "there", Body: body("before")})
	h.forget()
	before := h.get(d.ID)
	other := store.Write{Kind: store.KindIncidentParty, ID: "other", Body: body("x")}
	for name, c := range map[string]struct {
		revision int64
		write    store.Write
	}{
		"no revision":          {0, other},
		"a later revision":     {2, other},
		"new, which is there":  {1, store.Write{Kind: store.KindIncident, ID: "there", Body: body("x"), If: store.New}},
		"another's revision":   {1, store.Write{Kind: store.KindIncident, ID: "there", Body: body("x"), If: 2}},
		"to delete another's":  {1, store.Write{Kind: store.KindIncident, ID: "there", If: 2}},
		"exists, which is not": {1, store.Write{Kind: store.KindIncident, ID: "missing", Body: body("x"), If: store.Exists}},
		"a revision of none":   {1, store.Write{Kind: store.KindIncident, ID: "missing", Body: body("x"), If: 1}},
	} {
		first := store.Write{Kind: store.KindCorrelation, ID: "first", Body: body("x")}
		_, err := h.Detections.Enrich(h.ctx, d.ID, store.Enrichment{IfRevision: c.revision, Context: Context(1, h.clock.Now())}, first, c.write)
		h.refused(name, err, store.ErrConflict)
		if errors.Is(err, store.ErrNotFound) {
			h.Errorf("%s: %v: the detection is there", name, err)
		}
	}
	h.same("the detection after conflicts", h.get(d.ID), before)
	got, err := h.Documents.GetMany(h.ctx, store.DocumentKey{Kind: store.KindIncident, ID: "there"}, store.DocumentKey{Kind: store.KindIncidentParty, ID: "other"},
		store.DocumentKey{Kind: store.KindIncident, ID: "missing"}, store.DocumentKey{Kind: store.KindCorrelation, ID: "first"})
	h.must(err)
	if there := got[store.DocumentKey{Kind: store.KindIncident, ID: "there"}]; len(got) != 1 || there.Revision != 1 {
		h.Errorf("documents after conflicts: %v", got)
	}
	if n := len(h.pending()); n != 0 {
		h.Errorf("%d events of what was refused", n)
	}
}

func documentsOfContext(h *harness) {
	d := moderate(1, h.clock.Now())
	h.put(d)
	h.write(store.Write{Kind: store.KindIncident, ID: "old", Body: body("x")}, store.Write{Kind: store.KindIncident, ID: "gone", Body: body("x")})
	ends := h.clock.Advance(time.Second).Add(time.Hour)
	var changes []store.Write
	for i := range store.MaxEnrichWrites - 2 {
		changes = append(changes, store.Write{Kind: store.KindIncidentParty, ID: fmt.Sprint("party", i), Body: body("new"), If: store.New, Expires: ends})
	}
	changes = append(changes, store.Write{Kind: store.KindIncident, ID: "old", Body: body("y"), If: 1}, store.Write{Kind: store.KindIncident, ID: "gone", If: store.Exists})
	if got := h.enrich(d.ID, Context(1, h.clock.Now()), changes...); got.Revision != 2 {
		h.Errorf("revision %d", got.Revision)
	}
	for _, w := range changes {
		got, err := h.Documents.Get(h.ctx, w.Kind, w.ID)
		switch {
		case w.Body == nil:
			h.refused("the deleted one", err, store.ErrNotFound)
		case err != nil:
			h.Error(err)
		case string(got.Body) != string(w.Body) || !got.Expires.Equal(w.Expires) || !got.Modified.Equal(h.clock.Now()) || w.ID == "old" != (got.Revision == 2):
			h.Errorf("%s is %+v", w.ID, got)
		}
	}
}

// documentsWithoutNews writes documents with a context that says nothing new: they are written, under the same condition, and the
// detection stays as it is.
func documentsWithoutNews(h *harness) {
	d := moderate(1, h.clock.Now())
	h.put(d)
	c := Context(1, h.clock.Now())
	h.enrich(d.ID, c)
	h.forget()
	before := h.get(d.ID)
	for i, w := range []store.Write{{Body: body("one")}, {Body: body("two"), If: 1}, {If: 2}} {
		w.Kind, w.ID = store.KindCorrelation, d.ID
		h.same("the detection", h.enrich(d.ID, c, w), before)
		got, err := h.Documents.Get(h.ctx, w.Kind, w.ID)
		if w.Body == nil {
			h.refused("the deleted one", err, store.ErrNotFound)
		} else if err != nil || string(got.Body) != string(w.Body) || got.Revision != int64(i+1) {
			h.Errorf("document %d: %+v, %v", i, got, err)
		}
	}
	_, err := h.Detections.Enrich(h.ctx, d.ID, store.Enrichment{IfRevision: 1, Context: c}, store.Write{Kind: store.KindCorrelation, ID: d.ID, Body: body("x")})
	h.refused("an old revision", err, store.ErrConflict)
	h.same("what is stored", h.get(d.ID), before)
	if n := len(h.pending()); n != 0 {
		h.Errorf("%d events of nothing new", n)
	}
}

func contextsRefused(h *harness) {
	d := moderate(1, h.clock.Now())
	h.put(d)
	h.forget()
	before := h.get(d.ID)
	document := store.Write{Kind: store.KindIncident, ID: "i", Body: body("x")}
	for name, spoil := range map[string]func(*events.Context){
		"a detector's term":     func(c *events.Context) { c.Adjustments[0].Name = "likelihood" },
		"no more than a prefix": func(c *events.Context) { c.Adjustments[0].Name = events.AdjustmentPrefix },
		"no name":               func(c *events.Context) { c.Adjustments[0].Name = "" },
		"the same term twice":   func(c *events.Context) { c.Adjustments[1].Name = c.Adjustments[0].Name },
		"too many points":       func(c *events.Context) { c.Adjustments[0].Points = 100 },
		"too few points":        func(c *events.Context) { c.Adjustments[0].Points = math.MinInt },
		"too many adjustments":  func(c *events.Context) { c.Adjustments = terms(events.MaxAdjustments + 1) },
		"too many identities":   func(c *events.Context) { c.Who = make([]events.Identity, events.MaxIdentities+1) },
		"too many calls":        func(c *events.Context) { c.Calls = make([]events.ContextCall, events.MaxContextCalls+1) },
		"too many counters":     func(c *events.Context) { c.Counters = make([]events.CounterNews, events.MaxCounterNews+1) },
		"an unknown source":     func(c *events.Context) { c.Sources[0].Source = "rumours" },
		"an unknown status":     func(c *events.Context) { c.Sources[0].Status = "perhaps" },
		"a source twice":        func(c *events.Context) { c.Sources[0].Source = c.Sources[1].Source },
		"a number that is none": func(c *events.Context) { c.Counters[0].Times = math.NaN() },
		"a long incident":       func(c *events.Context) { c.Incident = strings.Repeat("x", store.MaxID+1) },
		"too long a text":       func(c *events.Context) { c.Flows.Sentence = strings.Repeat("x", store.MaxContext) },
		"a year of five digits": func(c *events.Context) { c.Made = time.Date(12026, 1, 1, 0, 0, 0, 0, time.UTC) },
	} {
		c := Context(1, h.clock.Now())
		spoil(&c)
		_, err := h.Detections.Enrich(h.ctx, d.ID, store.Enrichment{IfRevision: 1, Context: c}, document)
		h.refused(name, err, store.ErrInvalid)
	}
	h.same("what is stored", h.get(d.ID), before)
	_, err := h.Documents.Get(h.ctx, document.Kind, document.ID)
	h.refused("the document of what was refused", err, store.ErrNotFound)
	if n := len(h.pending()); n != 0 {
		h.Errorf("%d events of what was refused", n)
	}
	most := Context(1, h.clock.Now())
	most.Adjustments, most.Who = terms(events.MaxAdjustments), make([]events.Identity, events.MaxIdentities)
	most.Calls, most.Counters = make([]events.ContextCall, events.MaxContextCalls), make([]events.CounterNews, events.MaxCounterNews)
	h.enrich(d.ID, most)
}

func terms(n int) (list []events.Term) {
	for i := range n {
		list = append(list, events.Term{Name: fmt.Sprint(events.AdjustmentPrefix, i), Points: 1})
	}
	return list
}

func enrichLimits(h *harness) {
	d := moderate(1, h.clock.Now())
	h.put(d)
	var many []store.Write
	for i := range store.MaxEnrichWrites + 1 {
		many = append(many, store.Write{Kind: store.KindIncident, ID: fmt.Sprint("m", i), Body: body("x")})
	}
	one := many[0]
	for name, list := range map[string][]store.Write{
		"one document more than there may be": many, "the same document twice": {one, one},
		"no id":           {{Kind: store.KindIncident, Body: body("x")}},
		"body is no JSON": {one, {Kind: store.KindIncident, ID: "x", Body: []byte("{")}},
		"large body":      {one, {Kind: store.KindIncident, ID: "x", Body: []byte(`"` + strings.Repeat("x", store.MaxBody) + `"`)}},
	} {
		_, err := h.Detections.Enrich(h.ctx, d.ID, store.Enrichment{IfRevision: 1, Context: Context(1, h.clock.Now())}, list...)
		h.refused(name, err, store.ErrInvalid)
	}
	if got := h.get(d.ID); got.Revision != 1 || got.Context != nil {
		h.Errorf("after what was refused: revision %d, context %v", got.Revision, got.Context)
	}
	if ids := h.list(store.KindIncident, store.ListQuery{}, nil); len(ids) != 0 {
		h.Errorf("documents of what was refused: %q", ids)
	}
}
