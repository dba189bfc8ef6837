package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// bound gives "<vni> <interface>" of all pages of the bindings that last.
func (h *harness) bound(q store.ListQuery, between func(page int)) (list []string) {
	h.Helper()
	for n := 1; ; n++ {
		p, err := h.Mirror.Bound(h.ctx, q)
		h.must(err)
		if !p.Complete || q.Limit > 0 && len(p.Items) > q.Limit {
			h.Errorf("%d bindings on a page of %d, complete %v", len(p.Items), q.Limit, p.Complete)
		}
		for _, b := range p.Items {
			list = append(list, fmt.Sprint(b.VNI, " ", b.Interface))
		}
		if q.Cursor = p.Next; p.Next == "" {
			return list
		}
		if between != nil {
			between(n)
		}
	}
}

func lasting(h *harness) {
	from := h.clock.Now()
	h.same("nothing", h.bound(store.ListQuery{}, nil), []string(nil))
	for _, vni := range []uint32{1_000_000, 9, 10, 1<<24 - 1, 1, 300} {
		h.must(h.Mirror.Bind(h.ctx, binding(vni, fmt.Sprint("eni-", vni), from)))
	}
	h.same("by VNI", h.bound(store.ListQuery{}, nil), []string{"1 eni-1", "9 eni-9", "10 eni-10", "300 eni-300", "1000000 eni-1000000", "16777215 eni-16777215"})
	p, err := h.Mirror.Bound(h.ctx, store.ListQuery{Limit: 1})
	h.must(err)
	h.same("whole", p.Items, []events.Binding{binding(1, "eni-1", from)})
	for _, vni := range []uint32{9, 1, 1<<24 - 1} {
		h.must(h.Mirror.Release(h.ctx, vni, from.Add(time.Hour)))
	}
	h.must(h.Mirror.Bind(h.ctx, binding(9, "eni-next", from.Add(time.Hour))))
	h.same("after releases", h.bound(store.ListQuery{}, nil), []string{"9 eni-next", "10 eni-10", "300 eni-300", "1000000 eni-1000000"})
	renamed := binding(10, "eni-10", from)
	renamed.Name = "renamed"
	h.must(h.Mirror.Bind(h.ctx, renamed))
	p, err = h.Mirror.Bound(h.ctx, store.ListQuery{})
	h.must(err)
	h.same("renamed", p.Items[1], renamed)
}

// lastingAfterReplays lets calls come again that were made before: what they say is over already.
func lastingAfterReplays(h *harness) {
	from := h.clock.Now()
	h.must(h.Mirror.Bind(h.ctx, binding(7, "eni-a", from)))
	h.must(h.Mirror.Release(h.ctx, 7, from.Add(time.Minute)))
	h.must(h.Mirror.Bind(h.ctx, binding(7, "eni-a", from)))
	h.same("a replay after the end", h.bound(store.ListQuery{}, nil), []string(nil))
	h.must(h.Mirror.Bind(h.ctx, binding(7, "eni-b", from.Add(time.Hour))))
	h.must(h.Mirror.Bind(h.ctx, binding(7, "eni-a", from)))
	h.same("a replay while the next holds it", h.bound(store.ListQuery{}, nil), []string{"7 eni-b"})
	h.refused("another", h.Mirror.Bind(h.ctx, binding(7, "eni-c", from.Add(2*time.Hour))), store.ErrConflict)
	h.refused("an end before it began", h.Mirror.Release(h.ctx, 7, from), store.ErrInvalid)
	h.same("after refusals", h.bound(store.ListQuery{}, nil), []string{"7 eni-b"})
}

// lastingPages walks while others bind and release, behind the walk and before it.
func lastingPages(h *harness) {
	from := h.clock.Now()
	var want []string
	for i := range uint32(30) {
		h.must(h.Mirror.Bind(h.ctx, binding(100+10*i, "eni-a", from)))
		// Three are released before the walk comes to them; three others when it has passed them.
		if i != 20 && i != 21 && i != 22 {
			want = append(want, fmt.Sprint(100+10*i, " eni-a"))
		}
	}
	got := h.bound(store.ListQuery{Limit: 4}, func(page int) {
		if page > 3 {
			return
		}
		n := uint32(page)
		h.must(h.Mirror.Release(h.ctx, 100+10*(19+n), from.Add(time.Hour)))
		h.must(h.Mirror.Release(h.ctx, 100+10*(n-1), from.Add(time.Hour)))
		h.must(h.Mirror.Bind(h.ctx, binding(n, "eni-new", from)))
		h.must(h.Mirror.Bind(h.ctx, binding(500+n, "eni-new", from)))
	})
	old := slices.DeleteFunc(slices.Clone(got), func(s string) bool { return strings.HasSuffix(s, "eni-new") })
	h.same("those that lasted", old, want)
	if n := len(h.bound(store.ListQuery{}, nil)); n != 30-6+6 {
		h.Errorf("%d last after the walk, with six released and six new", n)
	}
}

func heardOf(vni uint32, sensor string, seen time.Time) events.Heard {
	return events.Heard{
		VNI: vni, Sensor: sensor, Since: seen.Add(-time.Hour), LastSeen: seen, Packets: 10, Bytes: 1 << 40, Duplicates: 3, Truncated: 2, Gaps: 1,
		Interface: "eni-a", Name: "web",
	}
}

func (h *harness) hear(list ...events.Heard) {
	h.Helper()
	h.must(h.Mirror.Hear(h.ctx, list...))
}

// heardPage gives the one page that there is.
func (h *harness) heardPage() []events.Heard {
	h.Helper()
	p, err := h.Mirror.Heard(h.ctx, store.ListQuery{})
	h.must(err)
	if p.Next != "" {
		h.Errorf("more than one page of %d", len(p.Items))
	}
	return p.Items
}

// heard gives "<vni> <sensor>" of all pages.
func (h *harness) heard(q store.ListQuery, between func()) (list []string) {
	h.Helper()
	for {
		p, err := h.Mirror.Heard(h.ctx, q)
		h.must(err)
		if !p.Complete || q.Limit > 0 && len(p.Items) > q.Limit {
			h.Errorf("%d on a page of %d, complete %v", len(p.Items), q.Limit, p.Complete)
		}
		for _, v := range p.Items {
			list = append(list, fmt.Sprint(v.VNI, " ", v.Sensor))
		}
		if q.Cursor = p.Next; p.Next == "" {
			return list
		}
		if between != nil {
			between()
		}
	}
}

func heard(h *harness) {
	now := h.clock.Now()
	h.forget()
	h.hear()
	h.same("nothing", h.heard(store.ListQuery{}, nil), []string(nil))
	first := heardOf(7, "a", now)
	h.hear(first)
	h.same("as it was said", h.heardPage(), []events.Heard{first})
	h.hear(first)
	same := first
	same.Packets++
	h.hear(same)
	h.same("of two with the same last packet the first", h.heardPage(), []events.Heard{first})
	next := heardOf(7, "a", now.Add(1))
	next.Packets, next.Name = 11, "renamed"
	h.hear(next)
	h.same("a nanosecond later", h.heardPage(), []events.Heard{next})
	other := heardOf(7, "b", now.Add(-time.Minute))
	h.hear(other)
	h.same("another sensor's", h.heardPage(), []events.Heard{next, other})
	if n := len(h.pending()); n != 0 {
		h.Errorf("%d events of it", n)
	}
}

// heardReordered says three things in every order, one at a time and in one list.
func heardReordered(h *harness) {
	now := h.clock.Now()
	orders := [][]int{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}}
	for i, order := range orders {
		one, all := uint32(100+i), uint32(200+i)
		var list []events.Heard
		for _, n := range order {
			v := heardOf(one, "a", now.Add(time.Duration(n)*time.Second))
			v.Packets = uint64(n)
			h.hear(v)
			v.VNI = all
			list = append(list, v)
		}
		h.hear(list...)
	}
	got := h.heardPage()
	if len(got) != 2*len(orders) {
		h.Fatalf("%d, not %d", len(got), 2*len(orders))
	}
	for _, v := range got {
		if v.Packets != 2 || !v.LastSeen.Equal(now.Add(2*time.Second)) {
			h.Errorf("of vni %d the one at %v stayed", v.VNI, v.LastSeen.Sub(now))
		}
	}
}

func heardAtOnce(h *harness) {
	now := h.clock.Now()
	const workers, each = 4, 10
	var wg sync.WaitGroup
	errs := make([]error, workers)
	for w := range workers {
		wg.Go(func() {
			for i := range each {
				errs[w] = errors.Join(errs[w], h.Mirror.Hear(h.ctx, heardOf(7, "a", now.Add(time.Duration(i*workers+w)))))
			}
		})
	}
	wg.Wait()
	h.must(errors.Join(errs...))
	if got := h.heardPage(); len(got) != 1 || !got[0].LastSeen.Equal(now.Add(workers*each-1)) {
		h.Errorf("%+v", got)
	}
}

// heardPages walks while sensors go on hearing, which adds and changes and takes nothing away.
func heardPages(h *harness) {
	now := h.clock.Now()
	var want []string
	var list []events.Heard
	for _, vni := range []uint32{1, 9, 10, 99, 1000, 1<<24 - 1} {
		for _, sensor := range []string{"#", "A", "a", "a#b", "b", strings.Repeat("z", store.MaxID)} {
			want = append(want, fmt.Sprint(vni, " ", sensor))
			list = append(list, heardOf(vni, sensor, now))
		}
	}
	slices.Reverse(list)
	h.hear(list...)
	for _, limit := range []int{1, 5, len(want), 0} {
		h.same(fmt.Sprint("pages of ", limit), h.heard(store.ListQuery{Limit: limit}, nil), want)
	}
	n := 0
	got := h.heard(store.ListQuery{Limit: 5}, func() {
		n++
		h.hear(heardOf(1, fmt.Sprint("new-", n), now), heardOf(10, "a", now.Add(time.Duration(n))), heardOf(2000, fmt.Sprint("new-", n), now))
	})
	old := slices.DeleteFunc(slices.Clone(got), func(s string) bool { return strings.Contains(s, "new-") })
	h.same("those that were there", old, want)
	if len(slices.Compact(slices.Sorted(slices.Values(got)))) != len(got) {
		h.Errorf("something came twice: %q", got)
	}
}

func heardLongAgo(h *harness) {
	begin := h.clock.Now()
	h.hear(heardOf(7, "gone", begin), heardOf(7, "here", begin.Add(time.Minute)))
	h.clock.Advance(store.HeardFor - 1)
	h.same("just before", h.heard(store.ListQuery{}, nil), []string{"7 gone", "7 here"})
	now := h.clock.Advance(1)
	h.same("from that moment on", h.heard(store.ListQuery{}, nil), []string{"7 here"})
	h.hear(heardOf(8, "here", now))
	h.hear(heardOf(7, "gone", now))
	h.same("heard again", h.heard(store.ListQuery{Limit: 1}, nil), []string{"7 gone", "7 here", "8 here"})
}

func badHeard(h *harness) {
	now := h.clock.Now()
	for name, spoil := range map[string]func(v *events.Heard){
		"no vni":           func(v *events.Heard) { v.VNI = 0 },
		"large vni":        func(v *events.Heard) { v.VNI = 1 << 24 },
		"no sensor":        func(v *events.Heard) { v.Sensor = "" },
		"long sensor":      func(v *events.Heard) { v.Sensor = strings.Repeat("s", store.MaxID+1) },
		"sensor's line":    func(v *events.Heard) { v.Sensor = "a\n" },
		"no last packet":   func(v *events.Heard) { v.LastSeen = time.Time{} },
		"last packet 9999": func(v *events.Heard) { v.LastSeen = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC) },
		"since 9999":       func(v *events.Heard) { v.Since = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC) },
		"long interface":   func(v *events.Heard) { v.Interface = strings.Repeat("i", store.MaxID+1) },
		"long name":        func(v *events.Heard) { v.Name = strings.Repeat("n", store.MaxName+1) },
		"name no text":     func(v *events.Heard) { v.Name = "\xff" },
	} {
		bad := heardOf(8, "a", now)
		spoil(&bad)
		h.refused(name, h.Mirror.Hear(h.ctx, heardOf(7, "a", now), bad), store.ErrInvalid)
	}
	if got := h.heardPage(); len(got) != 0 {
		h.Errorf("%d of lists that were refused", len(got))
	}
}

func badLists(h *harness) {
	lists := map[string]func(ctx context.Context, q store.ListQuery) error{
		"bound": func(ctx context.Context, q store.ListQuery) error { _, err := h.Mirror.Bound(ctx, q); return err },
		"heard": func(ctx context.Context, q store.ListQuery) error { _, err := h.Mirror.Heard(ctx, q); return err },
	}
	for name, call := range lists {
		for what, q := range map[string]store.ListQuery{
			"limit -1": {Limit: -1}, "large limit": {Limit: store.MaxPage + 1}, "cursor": {Cursor: "%%"}, "prefix": {Prefix: "1"},
		} {
			h.refused(name+", "+what, call(h.ctx, q), store.ErrInvalid)
		}
	}
}
