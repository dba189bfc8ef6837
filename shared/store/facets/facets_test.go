package facets_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
	"github.com/mirrorwatch/mirrorwatch/shared/store/facets"
	"github.com/mirrorwatch/mirrorwatch/shared/store/storetest"
)

var begin = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// odd makes detections that are less tidy than those of storetest: triage, notes, IPv6, no participants, equal times, other cases.
func odd(i int, r *rand.Rand) events.Detection {
	d := storetest.Detection(i, begin.Add(time.Duration(r.IntN(1000))*time.Minute))
	modified := d.Update.Add(time.Duration(r.IntN(100)) * time.Second)
	if r.IntN(9) > 0 {
		d.Modified = &modified
	}
	d.Status = events.Statuses()[r.IntN(4)]
	if d.Status == events.StatusClosed {
		d.Resolution = events.Resolutions()[r.IntN(5)]
	}
	d.Assignee, d.HiddenBy = []string{"", "ada", "bob"}[r.IntN(3)], []string{"", "", "rule1"}[r.IntN(3)]
	for range r.IntN(3) {
		d.Notes = append(d.Notes, events.Note{Text: "Looked at IT, Ärger " + fmt.Sprint(r.IntN(100))})
	}
	switch r.IntN(8) {
	case 0:
		d.Participants = nil
	case 1:
		d.Participants = append(d.Participants, storetest.Insider("offender", r.IntN(5000)), events.Participant{Role: "bystander", Hostname: "Odd.Example"})
	case 2:
		d.Participants = append(d.Participants, d.Participants[0], events.Participant{Role: "victim", Address: netip.MustParseAddr("fe80::1%eth0"), Device: "x"})
		d.Techniques = append(d.Techniques, "T1046", "T1046")
	case 3:
		d.Type, d.Description, d.VNI, d.Sensor, d.Tactics = "", "ΑΣ İ \xff end", 0, "", nil
	}
	return d
}

func facet(t testing.TB, d *events.Detection, created int) facets.Facet {
	t.Helper()
	f, err := facets.Of(d, int64(created))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// world makes an index that has been through replacements and removals, and what should be in it.
func world(t testing.TB, seed uint64, n int) (*facets.Index, storetest.Brute) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 1))
	x := facets.New(facets.Options{})
	have := make([]*events.Detection, n)
	for range 2 * n {
		i := r.IntN(n)
		d := odd(i, r)
		if have[i] == nil && i > 0 && have[i-1] == nil {
			continue // in the order of storing
		}
		x.Put(facet(t, &d, i))
		have[i] = &d
	}
	for i := range n {
		if have[i] == nil {
			d := odd(i, r)
			x.Put(facet(t, &d, i))
			have[i] = &d
		}
	}
	var left storetest.Brute
	for i, d := range have {
		if r.IntN(5) == 0 {
			x.Remove(d.ID, "unknown")
			continue
		}
		left = append(left, *have[i])
	}
	if x.Len() != len(left) {
		t.Fatalf("%d detections, not %d", x.Len(), len(left))
	}
	return x, left
}

func TestAgainstBruteForce(t *testing.T) {
	for seed := range uint64(2) {
		x, all := world(t, seed, 5000)
		r := rand.New(rand.NewPCG(seed, 2))
		for range 150 {
			f := all.Filter(r)
			if err := f.Validate(); err != nil {
				t.Fatal(err)
			}
			if !agree(t, x, all, f, r) {
				t.Fatalf("seed %d, filter %+v", seed, f)
			}
		}
	}
}

func agree(t *testing.T, x *facets.Index, all storetest.Brute, f store.DetectionFilter, r *rand.Rand) bool {
	t.Helper()
	sort := store.Sorts()[r.IntN(5)]
	want := all.Search(f, sort)
	got, total := walkAll(t, x, store.DetectionQuery{Filter: f, Sort: sort, Limit: 1 + len(want)/(1+r.IntN(5)), Count: true})
	n, err := x.Count(f)
	if err != nil || n != len(want) || total != len(want) || !slices.Equal(got, want) {
		t.Errorf("%s: %d of %d, counted %d and %d: %v", sort, len(got), len(want), n, total, err)
		return false
	}
	h := store.HistogramQuery{From: begin, To: begin.Add(17*time.Hour + 1), Buckets: 1 + r.IntN(100)}
	if got, err := x.Histogram(f, h); err != nil || !reflect.DeepEqual(got, all.Histogram(f, h)) {
		t.Errorf("histogram: %+v, not %+v: %v", got, all.Histogram(f, h), err)
		return false
	}
	q := store.GroupQuery{By: store.GroupBys()[r.IntN(len(store.GroupBys()))], Limit: r.IntN(50)}
	if f.From != nil && f.To != nil && f.From.Before(*f.To) {
		q.Buckets = r.IntN(20)
	}
	wantGroups := all.Groups(f, q)
	gotGroups, err := x.Groups(f, q)
	gotGroups.Why = ""
	if err != nil || !reflect.DeepEqual(gotGroups, wantGroups) {
		t.Errorf("groups by %s:\n%+v\nnot\n%+v: %v", q.By, gotGroups, wantGroups, err)
		return false
	}
	ids, err := x.IDs(f, 1+len(want)/2)
	return err == nil && len(ids) == min(len(want), 1+len(want)/2)
}

func walkAll(t *testing.T, x *facets.Index, q store.DetectionQuery) (ids []string, total int) {
	t.Helper()
	q.Limit = min(q.Limit, store.MaxPage)
	for {
		page, p, err := x.Search(q)
		if err != nil || len(page) > q.Limit {
			t.Fatal(len(page), err)
		}
		ids, total = append(ids, page...), p.Total
		if q.Cursor = p.Next; p.Next == "" {
			return ids, total
		}
	}
}

func TestCursorIsHeldToItsQuery(t *testing.T) {
	x, all := world(t, 9, 100)
	_, p, err := x.Search(store.DetectionQuery{Limit: 5, Filter: store.DetectionFilter{Hidden: store.HiddenInclude}})
	if err != nil || p.Next == "" || p.Total != -1 || !p.Complete {
		t.Fatalf("%+v of %d, %v", p, len(all), err)
	}
	for _, q := range []store.DetectionQuery{
		{Cursor: p.Next, Sort: store.ByScore}, {Cursor: "x"}, {Cursor: "AQ"}, {Cursor: p.Next[:len(p.Next)-4] + "===="}, {Cursor: "!" + p.Next},
		{Limit: -1}, {Limit: store.MaxPage + 1}, {Sort: "up"}, {Filter: store.DetectionFilter{Text: "ab"}},
	} {
		if _, _, err := x.Search(q); !errors.Is(err, store.ErrInvalid) {
			t.Errorf("%+v: %v", q, err)
		}
	}
	if _, err := x.Groups(store.DetectionFilter{}, store.GroupQuery{By: store.GroupType, Buckets: 5}); !errors.Is(err, store.ErrInvalid) {
		t.Errorf("bars without a span: %v", err)
	}
}

// TestPagesUnderWrites walks while others write: what was there at first comes exactly once, what came later not at all.
func TestPagesUnderWrites(t *testing.T) {
	x, all := world(t, 4, 3000)
	stop := make(chan struct{})
	var writers sync.WaitGroup
	writers.Go(func() {
		r := rand.New(rand.NewPCG(7, 7))
		for i := 3000; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			d := odd(i, r)
			x.Put(facet(t, &d, i))
			again := all[r.IntN(len(all))]
			again.Description = strings.Repeat("grown ", r.IntN(20))
			again.Assignee = fmt.Sprint("user", i)
			x.Put(facet(t, &again, slices.IndexFunc(all, func(d events.Detection) bool { return d.ID == again.ID })))
		}
	})
	f := store.DetectionFilter{Hidden: store.HiddenInclude}
	for _, sort := range []store.Sort{store.ByStart, store.ByOldest, store.ByUpdate, store.ByScore} {
		got, _ := walkAll(t, x, store.DetectionQuery{Filter: f, Sort: sort, Limit: 17})
		have := map[string]int{}
		for _, id := range got {
			have[id]++
		}
		for i := range all {
			if have[all[i].ID] != 1 {
				t.Fatalf("%s: %s came %d times", sort, all[i].ID, have[all[i].ID])
			}
		}
	}
	close(stop)
	writers.Wait()
}

// TestChurnIsBounded lets host names and rows come and go, and looks at what is left.
func TestChurnIsBounded(t *testing.T) {
	x := facets.New(facets.Options{})
	const keep = 500
	for i := range 40 * keep {
		d := storetest.Detection(i, begin)
		d.Participants[0].Hostname, d.Assignee, d.Sensor = fmt.Sprint("host", i), fmt.Sprint("a", i), fmt.Sprint("s", i)
		x.Put(facet(t, &d, i))
		if i >= keep && i%(10*keep) != 0 {
			x.Remove(storetest.DetectionID(i - keep))
		}
	}
	s := x.Stats()
	if s.Sections > 5*(keep+10)+200 || s.Chunks > 3 {
		t.Errorf("%+v with %d detections", s, x.Len())
	}
}
