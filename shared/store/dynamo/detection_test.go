package dynamo

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// TestBudgetHidesNothing walks with a budget far too small for any page: every page comes further, says that it is not complete, and
// together they give everything once, in every order.
func TestBudgetHidesNothing(t *testing.T) {
	w := newWorld(t)
	var list []events.Detection
	want := 0
	for i := range 120 {
		d := detection(i)
		if i%3 == 0 {
			d.Start = noon.Add(-30 * time.Hour) // many of one moment
			d.Update = d.Start
		}
		if d.Risk.Score >= 70 {
			want++
		}
		list = append(list, d)
	}
	put(t, w.Store, list...)
	w.o.Budget = 20
	w.open(t)
	device := &store.ParticipantFilter{Devices: []string{"eni-1"}}
	for i, sort := range store.Sorts() {
		filters := []store.DetectionFilter{{MinScore: 70}, {Types: []string{"recon.port_scan"}, MinScore: 70}, {Participant: device, MinScore: 70}}
		for _, f := range filters[i%3 : i%3+1] {
			seen, incomplete := walkAll(t, w, store.DetectionQuery{Sort: sort, Limit: 9, Filter: f})
			if len(seen) != want {
				t.Errorf("%s %+v: %d of %d detections", sort, f, len(seen), want)
			}
			for id, n := range seen {
				if n != 1 {
					t.Errorf("%s %+v: %s came %d times", sort, f, id, n)
				}
			}
			if incomplete == 0 {
				t.Errorf("%s %+v: a budget of 20 lasted for 120", sort, f)
			}
		}
	}
	g, err := w.Detections.Groups(context.Background(), store.DetectionFilter{}, store.GroupQuery{By: store.GroupType})
	if err != nil || g.Complete || g.Why == "" {
		t.Errorf("groups of 120 with a budget of 20: %+v, %v", g, err)
	}
}

// walkAll counts how often each detection comes in a walk from page to page, and how many pages are not complete.
func walkAll(t *testing.T, w *world, q store.DetectionQuery) (seen map[string]int, incomplete int) {
	t.Helper()
	for seen = map[string]int{}; ; {
		p, err := w.Detections.Search(context.Background(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range p.Items {
			seen[d.ID]++
		}
		if !p.Complete {
			incomplete++
			if p.Why == "" || p.Next == "" && len(p.Items) == 0 {
				t.Fatalf("%s: not complete, and neither why nor a cursor: %+v", q.Sort, p.Page)
			}
		}
		if q.Cursor = p.Next; q.Cursor == "" {
			return seen, incomplete
		}
	}
}

// TestNarrowestPath says which index a filter is answered from.
func TestNarrowestPath(t *testing.T) {
	w := newWorld(t)
	d := detection(1)
	d.Participants = append(d.Participants, events.Participant{Role: "victim", Address: netip.MustParseAddr("10.1.2.3")})
	put(t, w.Store, d)
	for name, c := range map[string]struct {
		query store.DetectionQuery
		calls []string
		not   []string
	}{
		"ids":     {store.DetectionQuery{Filter: store.DetectionFilter{IDs: []string{d.ID}}}, []string{"BatchGetItem"}, []string{"Query ", "Query by_start"}},
		"address": {store.DetectionQuery{Filter: store.DetectionFilter{Victim: &store.ParticipantFilter{Addresses: []netip.Prefix{netip.MustParsePrefix("10.1.2.3/32")}}}}, []string{"Query ", "BatchGetItem"}, []string{"Query by_start"}},
		"type":    {store.DetectionQuery{Filter: store.DetectionFilter{Types: []string{d.Type}}}, []string{"Query by_type"}, []string{"Query by_start"}},
		"days":    {store.DetectionQuery{}, []string{"Query by_start"}, []string{"Query by_type"}},
		"update":  {store.DetectionQuery{Sort: store.ByUpdate}, []string{"Query by_update"}, []string{"Query by_start"}},
		"created": {store.DetectionQuery{Sort: store.ByCreated}, []string{"Query by_created"}, []string{"Query by_start"}},
	} {
		w.client.reset()
		p, err := w.Detections.Search(context.Background(), c.query)
		if err != nil || len(p.Items) != 1 {
			t.Fatalf("%s: %d detections, %v", name, len(p.Items), err)
		}
		for _, call := range c.calls {
			if w.client.count(call) == 0 {
				t.Errorf("%s: no call of %q", name, call)
			}
		}
		for _, call := range c.not {
			if w.client.count(call) != 0 {
				t.Errorf("%s: a call of %q", name, call)
			}
		}
	}
}

// TestTooLargeDetection says that there is no room before DynamoDB does, and names what is too much.
func TestTooLargeDetection(t *testing.T) {
	w := newWorld(t)
	d := detection(1)
	put(t, w.Store, d)
	var last error
	for i := 0; i < events.MaxNotes && last == nil; i++ {
		note := strings.ToValidUTF8(noise(i, events.MaxNote), "")
		_, last = w.Detections.Update(context.Background(), d.ID, store.TriageChange{Note: &note}, store.Actor{Name: "ann"})
	}
	var invalid *store.Invalid
	if !errors.As(last, &invalid) || invalid.Field != "note" {
		t.Fatalf("notes without end: %v", last)
	}
	if _, err := w.Detections.Get(context.Background(), d.ID); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// noise is text that does not compress.
func noise(seed, size int) string {
	b := make([]byte, size)
	x := uint32(seed)*2654435761 + 1
	for i := range b {
		x ^= x << 13
		x ^= x >> 17
		x ^= x << 5
		b[i] = 33 + byte(x%94)
	}
	return string(b)
}

// TestUnavailable turns throttling and a far end that is gone into the store's own error.
func TestUnavailable(t *testing.T) {
	w := newWorld(t)
	w.client.fail = func(string) error { return throttled{} }
	_, err := w.Detections.Get(context.Background(), "a")
	if !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("throttled: %v", err)
	}
	w.client.fail = func(string) error { return errors.New("dial tcp: connection refused") }
	_, err = w.Detections.Search(context.Background(), store.DetectionQuery{})
	if !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("refused: %v", err)
	}
}
