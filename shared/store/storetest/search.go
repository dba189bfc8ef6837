package storetest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

func runSearch(t *testing.T, open Open) {
	each(t, open, map[string]func(*harness){
		"against brute force":  againstBruteForce,
		"default order":        defaultOrder,
		"cursors":              cursors,
		"bad queries":          badQueries,
		"pages under writes":   pagesUnderWrites,
		"histogram boundaries": histogramBoundaries,
		"groups limited":       groupsLimited,
		"stored order":         storedOrder,
	})
}

// fill stores detections of many sorts, some changed by detectors and people, and gives all as they are stored.
func (h *harness) fill(n int, seed uint64) Brute {
	h.Helper()
	r := rand.New(rand.NewPCG(seed, 3))
	begin := h.clock.Now().Add(-time.Duration(n) * time.Minute)
	var list []events.Detection
	for i := range n {
		d := Detection(i, begin.Add(time.Duration(r.IntN(n))*time.Minute))
		d.HiddenBy = []string{"", "", "rule1", ""}[r.IntN(4)]
		if r.IntN(10) == 0 {
			d.Participants = append(d.Participants, Insider("offender", r.IntN(insiders)), events.Participant{Role: "victim"})
			d.Techniques = append(d.Techniques, "T1110", "T1110.003")
		}
		if r.IntN(10) == 0 {
			d.Participants, d.Sensor, d.VNI, d.Tactics = nil, "", 0, nil
		}
		list = append(list, d)
	}
	for at := 0; at < n; at += 50 {
		h.clock.Advance(time.Second)
		for i := at; i < min(at+50, n); i++ {
			h.clock.Advance(time.Millisecond)
			h.put(list[i])
		}
	}
	for range n / 3 {
		h.change(list, r)
	}
	all := make(Brute, 0, n)
	for i := range list {
		all = append(all, h.get(list[i].ID))
	}
	return all
}

func (h *harness) change(list []events.Detection, r *rand.Rand) {
	h.Helper()
	h.clock.Advance(time.Millisecond)
	d := &list[r.IntN(len(list))]
	switch r.IntN(4) {
	case 0, 1:
		d.Update, d.Description = d.Update.Add(time.Duration(r.IntN(1000))*time.Second), d.Description+" AGAIN"
		h.put(*d)
		return
	case 2:
		c := Context(r.IntN(1000), h.clock.Now())
		c.Adjustments = []events.Term{{Name: "context_stolen_credentials", Points: r.IntN(120) - 60}}
		h.enrich(d.ID, c)
		return
	}
	status := events.Statuses()[r.IntN(4)]
	c := store.TriageChange{Status: &status, Assignee: pointer([]string{"", "ada", "bob"}[r.IntN(3)]), Note: pointer("Seen by Émile")}
	if status == events.StatusClosed {
		c.Resolution = pointer(events.Resolutions()[r.IntN(5)])
	}
	_, err := h.Detections.Update(h.ctx, d.ID, c, ada)
	h.must(err)
}

// againstBruteForce asks hundreds of random questions, and holds each answer against the definition.
func againstBruteForce(h *harness) {
	const seed = 42
	h.Logf("seed %d", seed)
	all := h.fill(240, seed)
	r := rand.New(rand.NewPCG(seed, 4))
	questions := 250
	if testing.Short() {
		questions = 10
	}
	for i := range questions {
		f := all.Filter(r)
		h.agree(all, f, r)
		if h.Failed() {
			h.Fatalf("question %d of seed %d: %s", i, seed, show(f))
		}
	}
}

func show(f store.DetectionFilter) string { return fmt.Sprintf("%+v", f) }

func (h *harness) agree(all Brute, f store.DetectionFilter, r *rand.Rand) {
	h.Helper()
	sort := store.Sorts()[r.IntN(5)]
	want := all.Search(f, sort)
	got := h.walk(store.DetectionQuery{Filter: f, Sort: sort, Limit: 1 + r.IntN(100)}, nil)
	if !slices.Equal(got, want) {
		h.Errorf("sorted by %s:\n%v\nnot\n%v", sort, got, want)
	}
	p, err := h.Detections.Search(h.ctx, store.DetectionQuery{Filter: f, Limit: 1, Count: true})
	h.must(err)
	if p.Complete && p.Total != len(want) || !p.Complete && p.Why == "" {
		h.Errorf("counted %d of %d, complete %v", p.Total, len(want), p.Complete)
	}
	for i := range p.Items {
		h.same("an item of a page", p.Items[i], h.get(p.Items[i].ID))
	}
	span := store.HistogramQuery{From: all[0].Start.Add(-time.Hour), To: all[0].Start.Add(time.Duration(1+r.IntN(1e6)) * time.Millisecond), Buckets: 1 + r.IntN(50)}
	histogram, err := h.Detections.Histogram(h.ctx, f, span)
	h.must(err)
	if histogram.Complete {
		h.same("histogram", histogram, all.Histogram(f, span))
	}
	h.agreeOnGroups(all, f, r)
}

func (h *harness) agreeOnGroups(all Brute, f store.DetectionFilter, r *rand.Rand) {
	h.Helper()
	q := store.GroupQuery{By: store.GroupBys()[r.IntN(len(store.GroupBys()))]}
	if f.From != nil && f.To != nil && f.From.Before(*f.To) {
		q.Buckets = r.IntN(20)
	}
	groups, err := h.Detections.Groups(h.ctx, f, q)
	h.must(err)
	if groups.Complete {
		groups.Why = ""
		h.same("groups by "+string(q.By), groups, all.Groups(f, q))
	} else if groups.Why == "" {
		h.Errorf("groups by %s are not complete, and do not say why", q.By)
	}
}

// walk gives the ids of all pages; between is called after each page.
func (h *harness) walk(q store.DetectionQuery, between func()) (ids []string) {
	h.Helper()
	for {
		p, err := h.Detections.Search(h.ctx, q)
		h.must(err)
		if len(p.Items) > q.Limit && q.Limit > 0 {
			h.Fatalf("a page of %d, not %d", len(p.Items), q.Limit)
		}
		if !p.Complete && p.Why == "" {
			h.Error("a page is not complete, and does not say why")
		}
		for i := range p.Items {
			ids = append(ids, p.Items[i].ID)
		}
		if q.Cursor = p.Next; p.Next == "" {
			return ids
		}
		if between != nil {
			between()
		}
	}
}

func defaultOrder(h *harness) {
	all := h.fill(120, 1)
	p, err := h.Detections.Search(h.ctx, store.DetectionQuery{})
	h.must(err)
	want := all.Search(store.DetectionFilter{}, store.ByStart)
	if len(p.Items) != store.DefaultPage || p.Total != -1 || p.Next == "" {
		h.Fatalf("%d items, total %d, next %q", len(p.Items), p.Total, p.Next)
	}
	for i := range p.Items {
		if p.Items[i].ID != want[i] {
			h.Fatalf("item %d is %s, not %s", i, p.Items[i].ID, want[i])
		}
	}
	last, err := h.Detections.Search(h.ctx, store.DetectionQuery{Limit: store.MaxPage})
	h.must(err)
	if last.Next != "" || len(last.Items) != len(want) {
		h.Errorf("all in one page: %d of %d, next %q", len(last.Items), len(want), last.Next)
	}
}

func cursors(h *harness) {
	h.fill(20, 2)
	p, err := h.Detections.Search(h.ctx, store.DetectionQuery{Limit: 3})
	h.must(err)
	for name, q := range map[string]store.DetectionQuery{
		"of another order": {Cursor: p.Next, Sort: store.ByScore}, "nonsense": {Cursor: "nonsense"}, "not base64": {Cursor: "%%%"},
		"cut": {Cursor: p.Next[:len(p.Next)/2]}, "empty inside": {Cursor: "AA"},
	} {
		_, err := h.Detections.Search(h.ctx, q)
		h.refused("a cursor "+name, err, store.ErrInvalid)
	}
	one, err := h.Detections.Search(h.ctx, store.DetectionQuery{Limit: 3, Cursor: p.Next})
	h.must(err)
	two, err := h.Detections.Search(h.ctx, store.DetectionQuery{Limit: 3, Cursor: p.Next})
	h.must(err)
	h.same("the same cursor twice", two.Items, one.Items)
}

func badQueries(h *harness) {
	now := h.clock.Now()
	for name, q := range map[string]store.DetectionQuery{
		"limit": {Limit: -1}, "large limit": {Limit: store.MaxPage + 1}, "sort": {Sort: "sideways"},
		"text":   {Filter: store.DetectionFilter{Text: "ab"}},
		"status": {Filter: store.DetectionFilter{Statuses: []events.Status{"done"}}},
		"band":   {Filter: store.DetectionFilter{Bands: []events.Band{"severe"}}},
		"not":    {Filter: store.DetectionFilter{Not: []store.DetectionFilter{{Hidden: "x"}}}},
	} {
		_, err := h.Detections.Search(h.ctx, q)
		h.refused(name, err, store.ErrInvalid)
	}
	for name, q := range map[string]store.HistogramQuery{
		"no buckets": {From: now, To: now.Add(1)}, "many buckets": {From: now, To: now.Add(1), Buckets: store.MaxBuckets + 1},
		"no span": {Buckets: 3}, "backwards": {From: now, To: now, Buckets: 3},
	} {
		_, err := h.Detections.Histogram(h.ctx, store.DetectionFilter{}, q)
		h.refused("histogram: "+name, err, store.ErrInvalid)
	}
	for name, q := range map[string]store.GroupQuery{
		"field": {By: "colour"}, "no field": {}, "limit": {By: store.GroupType, Limit: store.MaxGroups + 1},
		"bars without a span": {By: store.GroupType, Buckets: 3},
	} {
		_, err := h.Detections.Groups(h.ctx, store.DetectionFilter{}, q)
		h.refused("groups: "+name, err, store.ErrInvalid)
	}
}

// pagesUnderWrites walks in each order while others are stored between the pages, and changed where that keeps their place.
func pagesUnderWrites(h *harness) {
	n := 90
	if testing.Short() {
		n = 30
	}
	all := h.fill(n, 5)
	f := store.DetectionFilter{Hidden: store.HiddenInclude}
	next := 1000
	for _, sort := range store.Sorts() {
		have := all
		want := have.Search(f, sort)
		got := h.walk(store.DetectionQuery{Filter: f, Sort: sort, Limit: 7}, func() {
			for range 3 {
				d := Detection(next, all[next%len(all)].Start)
				next++
				h.put(d)
				all = append(all, d)
			}
			h.clock.Advance(time.Millisecond)
			_, err := h.Detections.Update(h.ctx, have[next%len(have)].ID, store.TriageChange{Note: pointer("meanwhile")}, ada)
			h.must(err)
		})
		if !slices.Equal(got, want) {
			h.Errorf("%s:\n%v\nnot\n%v", sort, got, want)
		}
	}
}

func histogramBoundaries(h *harness) {
	begin := h.clock.Now().Truncate(time.Hour)
	for i, at := range []time.Duration{-1, 0, 1, 10*time.Second - 1, 10 * time.Second, time.Minute - 1, time.Minute} {
		h.put(Detection(i, begin.Add(at)))
	}
	got, err := h.Detections.Histogram(h.ctx, store.DetectionFilter{}, store.HistogramQuery{From: begin, To: begin.Add(time.Minute), Buckets: 6})
	h.must(err)
	var counts []int
	for i, b := range got.Buckets {
		counts = append(counts, b.Count)
		if !b.Start.Equal(begin.Add(time.Duration(i) * 10 * time.Second)) {
			h.Errorf("bar %d begins at %v", i, b.Start)
		}
	}
	if !slices.Equal(counts, []int{3, 1, 0, 0, 0, 1}) || got.Step != 10*time.Second {
		h.Errorf("bars %v of %v", counts, got.Step)
	}
}

func groupsLimited(h *harness) {
	all := h.fill(100, 6)
	got, err := h.Detections.Groups(h.ctx, store.DetectionFilter{}, store.GroupQuery{By: store.GroupType, Limit: 5})
	h.must(err)
	want := all.Groups(store.DetectionFilter{}, store.GroupQuery{By: store.GroupType, Limit: 5})
	if got.Complete || got.Why == "" {
		h.Errorf("complete %v, %q", got.Complete, got.Why)
	}
	h.same("the largest", got.Items, want.Items)
}

// storedOrder follows an export: what is stored later comes later, whenever it began.
func storedOrder(h *harness) {
	var want []string
	for i := range 30 {
		h.clock.Advance(time.Millisecond)
		d := Detection(i, h.clock.Now().Add(-time.Duration(i*7919%100)*time.Hour))
		h.put(d)
		want = append(want, d.ID)
	}
	again := Detection(3, h.clock.Now())
	again.Update = again.Update.Add(1000 * time.Hour)
	h.put(again)
	if got := h.walk(store.DetectionQuery{Sort: store.ByCreated, Limit: 4}, nil); !slices.Equal(got, want) {
		h.Errorf("%v\nnot\n%v", got, want)
	}
}
