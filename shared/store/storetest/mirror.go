package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// RunMirror holds a store's Mirror against the contract.
func RunMirror(t *testing.T, open Open) {
	each(t, open, map[string]func(*harness){
		"bind and release":   bindAndRelease,
		"overlapping":        overlapping,
		"bound again":        boundAgain,
		"history":            bindingHistory,
		"bad bindings":       badBindings,
		"coverage":           coverage,
		"coverage events":    coverageEvents,
		"coverage pages":     coveragePages,
		"forget":             forgetCoverage,
		"coverage refused":   coverageRefused,
		"mirror cancelled":   mirrorCancelled,
		"many changes of it": coverageRevisions,
		"bound":              lasting,
		"bound, replays":     lastingAfterReplays,
		"bound, pages":       lastingPages,
		"heard":              heard,
		"heard, reordered":   heardReordered,
		"heard, at once":     heardAtOnce,
		"heard, pages":       heardPages,
		"heard long ago":     heardLongAgo,
		"bad heard":          badHeard,
		"bad lists":          badLists,
	})
}

func binding(vni uint32, iface string, from time.Time) events.Binding {
	return events.Binding{VNI: vni, Interface: iface, From: from, Account: "123456789012", VPC: "vpc-1", Name: "web", Tags: map[string]string{"env": "prod"}}
}

// holder gives who held a VNI, or "nobody".
func (h *harness) holder(vni uint32, at time.Time) string {
	h.Helper()
	b, err := h.Mirror.BoundAt(h.ctx, vni, at)
	if errors.Is(err, store.ErrNotFound) {
		return "nobody"
	}
	h.must(err)
	return b.Interface
}

func bindAndRelease(h *harness) {
	from := h.clock.Now()
	to := from.Add(time.Hour)
	want := binding(7, "eni-a", from)
	h.must(h.Mirror.Bind(h.ctx, want))
	got, err := h.Mirror.BoundAt(h.ctx, 7, from)
	h.must(err)
	h.same("what was bound", got, want)
	h.must(h.Mirror.Release(h.ctx, 7, to))
	for _, c := range []struct {
		at   time.Time
		want string
	}{{from.Add(-1), "nobody"}, {from, "eni-a"}, {to.Add(-1), "eni-a"}, {to, "nobody"}, {to.Add(time.Hour), "nobody"}} {
		if got := h.holder(7, c.at); got != c.want {
			h.Errorf("at %v: %s, not %s", c.at.Sub(from), got, c.want)
		}
	}
	h.refused("releasing again", h.Mirror.Release(h.ctx, 7, to), store.ErrNotFound)
	h.refused("releasing what was never bound", h.Mirror.Release(h.ctx, 8, to), store.ErrNotFound)
	h.must(h.Mirror.Bind(h.ctx, binding(7, "eni-b", to)))
	if a, b := h.holder(7, to.Add(-1)), h.holder(7, to); a != "eni-a" || b != "eni-b" {
		h.Errorf("one after the other: %s, %s", a, b)
	}
}

func overlapping(h *harness) {
	from := h.clock.Now()
	h.must(h.Mirror.Bind(h.ctx, binding(7, "eni-a", from)))
	h.refused("while another holds it", h.Mirror.Bind(h.ctx, binding(7, "eni-b", from.Add(time.Hour))), store.ErrConflict)
	h.refused("before another held it", h.Mirror.Bind(h.ctx, binding(7, "eni-b", from.Add(-time.Hour))), store.ErrConflict)
	h.must(h.Mirror.Bind(h.ctx, binding(8, "eni-b", from)))
	h.must(h.Mirror.Release(h.ctx, 7, from.Add(time.Minute)))
	h.refused("before its end", h.Mirror.Bind(h.ctx, binding(7, "eni-b", from.Add(time.Minute-1))), store.ErrConflict)
	h.must(h.Mirror.Bind(h.ctx, binding(7, "eni-b", from.Add(time.Minute))))
	h.refused("a third", h.Mirror.Bind(h.ctx, binding(7, "eni-c", from.Add(time.Minute))), store.ErrConflict)
	if a, b := h.holder(7, from), h.holder(7, from.Add(time.Minute)); a != "eni-a" || b != "eni-b" {
		h.Errorf("%s, then %s", a, b)
	}
}

func boundAgain(h *harness) {
	from := h.clock.Now()
	h.must(h.Mirror.Bind(h.ctx, binding(7, "eni-a", from)))
	again := binding(7, "eni-a", from.Add(time.Hour))
	again.Name, again.Tags, again.VPC, again.Instance = "renamed", map[string]string{"env": "test"}, "vpc-9", "i-other"
	h.must(h.Mirror.Bind(h.ctx, again))
	got, err := h.Mirror.BoundAt(h.ctx, 7, from)
	h.must(err)
	want := binding(7, "eni-a", from)
	want.Name, want.Tags, want.Instance = again.Name, again.Tags, again.Instance
	h.same("bound again", got, want)
	h.must(h.Mirror.Release(h.ctx, 7, from.Add(2*time.Hour)))
	h.must(h.Mirror.Bind(h.ctx, binding(7, "eni-a", from))) // a replay
	if got := h.holder(7, from.Add(2*time.Hour)); got != "nobody" {
		h.Errorf("the replay of a binding that ended opened it again for %s", got)
	}
	list, err := h.Mirror.Bindings(h.ctx, 7, "")
	h.must(err)
	if len(list) != 1 {
		h.Errorf("%d bindings", len(list))
	}
}

func bindingHistory(h *harness) {
	from := h.clock.Now()
	for i := range 5 {
		at := from.Add(time.Duration(i) * time.Hour)
		h.must(h.Mirror.Bind(h.ctx, binding(7, fmt.Sprint("eni-", i%2), at)))
		h.must(h.Mirror.Release(h.ctx, 7, at.Add(time.Minute)))
		h.must(h.Mirror.Bind(h.ctx, binding(uint32(100+i), "eni-0", at)))
	}
	for _, c := range []struct {
		vni   uint32
		iface string
		want  int
	}{{7, "", 5}, {0, "eni-0", 8}, {7, "eni-1", 5}, {9, "", 0}, {0, "none", 0}} {
		list, err := h.Mirror.Bindings(h.ctx, c.vni, c.iface)
		h.must(err)
		newest := slices.IsSortedFunc(list, func(a, b events.Binding) int { return b.From.Compare(a.From) })
		if len(list) != c.want || !newest {
			h.Errorf("vni %d, interface %q: %d bindings, not %d; newest first %v", c.vni, c.iface, len(list), c.want, newest)
		}
	}
}

func badBindings(h *harness) {
	now := h.clock.Now()
	h.refused("no vni", h.Mirror.Bind(h.ctx, binding(0, "eni-a", now)), store.ErrInvalid)
	h.refused("large vni", h.Mirror.Bind(h.ctx, binding(1<<24, "eni-a", now)), store.ErrInvalid)
	h.refused("no interface", h.Mirror.Bind(h.ctx, binding(7, "", now)), store.ErrInvalid)
	h.refused("no beginning", h.Mirror.Bind(h.ctx, binding(7, "eni-a", time.Time{})), store.ErrInvalid)
	h.must(h.Mirror.Bind(h.ctx, binding(7, "eni-a", now)))
	h.refused("an end before the beginning", h.Mirror.Release(h.ctx, 7, now.Add(-1)), store.ErrInvalid)
}

func interfaceOf(i int, state events.CoverageState) events.Coverage {
	return events.Coverage{
		Interface: fmt.Sprintf("eni-%03d", i), Account: fmt.Sprintf("%012d", i%2), Region: []string{"eu-west-1", "us-east-1"}[i%2],
		VPC: fmt.Sprint("vpc-", i%3), State: state, Reason: "because", VNI: uint32(1000 + i), Tags: map[string]string{"a": "b"},
	}
}

func (h *harness) cover(want int, list ...events.Coverage) {
	h.Helper()
	n, err := h.Mirror.PutCoverage(h.ctx, list...)
	h.must(err)
	if n != want {
		h.Errorf("%d changed, not %d", n, want)
	}
}

func (h *harness) covered(q store.CoverageQuery) (list []events.Coverage) {
	h.Helper()
	for {
		p, err := h.Mirror.Coverage(h.ctx, q)
		h.must(err)
		list = append(list, p.Items...)
		if q.Cursor = p.Next; p.Next == "" {
			return list
		}
	}
}

func coverage(h *harness) {
	begin := h.clock.Now()
	h.cover(1, interfaceOf(1, events.CoveragePending))
	h.clock.Advance(time.Minute)
	c := interfaceOf(1, events.CoveragePending)
	c.Packets, c.Was, c.Changed = 5, events.CoverageError, h.clock.Now()
	h.cover(0, c)
	got := h.covered(store.CoverageQuery{})
	if len(got) != 1 || got[0].Packets != 5 || !got[0].Changed.Equal(begin) || got[0].Was != "" {
		h.Errorf("in the same state: %+v", got)
	}
	now := h.clock.Advance(time.Minute)
	c.State = events.CoverageMirrored
	h.cover(1, c)
	got = h.covered(store.CoverageQuery{})
	if len(got) != 1 || got[0].State != events.CoverageMirrored || got[0].Was != events.CoveragePending || !got[0].Changed.Equal(now) {
		h.Errorf("in another state: %+v", got)
	}
}

func coverageEvents(h *harness) {
	if h.Outbox == nil {
		h.Skip("the store has no outbox")
	}
	h.cover(2, interfaceOf(1, events.CoveragePending), interfaceOf(2, events.CoverageMirrored))
	h.clock.Advance(time.Second)
	h.cover(1, interfaceOf(1, events.CoverageSilent), interfaceOf(2, events.CoverageMirrored))
	h.cover(0, interfaceOf(1, events.CoverageSilent))
	list := h.pending()
	if len(list) != 3 {
		h.Fatalf("%d events", len(list))
	}
	e := list[2]
	c := e.Detail.Coverage
	if e.DetailType != events.CoverageChanged || e.Detail.Subject != "eni-001" || c == nil || c.State != events.CoverageSilent ||
		c.Was != events.CoveragePending || e.Detail.Sequence <= list[0].Detail.Sequence || e.ID == list[0].ID || !e.Time.Equal(h.clock.Now()) {
		h.Errorf("%+v of %+v", e, c)
	}
	h.same("as stored", *c, h.covered(store.CoverageQuery{States: []events.CoverageState{events.CoverageSilent}})[0])
}

// coverageRevisions lets an interface be forgotten and come back: what consumers have seen is never smaller than what comes.
func coverageRevisions(h *harness) {
	var last int64
	for i := range 6 {
		state := []events.CoverageState{events.CoverageMirrored, events.CoverageSilent}[i%2]
		h.cover(1, interfaceOf(1, state))
		got := h.covered(store.CoverageQuery{})
		if got[0].Revision <= last {
			h.Errorf("revision %d after %d", got[0].Revision, last)
		}
		last = got[0].Revision
		if i == 3 {
			h.clock.Advance(time.Second)
			h.must(h.Mirror.Forget(h.ctx, "eni-001"))
		}
	}
}

func coveragePages(h *harness) {
	var list []events.Coverage
	for i := range 30 {
		list = append(list, interfaceOf(i, events.CoverageStates()[i%4]))
	}
	h.cover(30, list...)
	for name, c := range map[string]struct {
		q    store.CoverageQuery
		want func(c *events.Coverage) bool
	}{
		"all":     {store.CoverageQuery{}, func(*events.Coverage) bool { return true }},
		"states":  {store.CoverageQuery{States: events.CoverageStates()[1:3]}, func(c *events.Coverage) bool { return slices.Contains(events.CoverageStates()[1:3], c.State) }},
		"account": {store.CoverageQuery{Account: list[1].Account}, func(c *events.Coverage) bool { return c.Account == list[1].Account }},
		"region":  {store.CoverageQuery{Region: "us-east-1"}, func(c *events.Coverage) bool { return c.Region == "us-east-1" }},
		"vpc":     {store.CoverageQuery{VPC: "vpc-2"}, func(c *events.Coverage) bool { return c.VPC == "vpc-2" }},
	} {
		var want, got []string
		for i := range list {
			if c.want(&list[i]) {
				want = append(want, list[i].Interface)
			}
		}
		c.q.Limit = 4
		for _, have := range h.covered(c.q) {
			got = append(got, have.Interface)
		}
		if !slices.Equal(got, want) {
			h.Errorf("%s: %v, not %v", name, got, want)
		}
	}
	_, err := h.Mirror.Coverage(h.ctx, store.CoverageQuery{Cursor: "%%"})
	h.refused("cursor", err, store.ErrInvalid)
	_, err = h.Mirror.Coverage(h.ctx, store.CoverageQuery{Limit: -1})
	h.refused("limit", err, store.ErrInvalid)
}

func forgetCoverage(h *harness) {
	h.cover(2, interfaceOf(1, events.CoverageMirrored), interfaceOf(2, events.CoverageMirrored))
	h.forget()
	h.must(h.Mirror.Forget(h.ctx, "eni-001", "none"))
	if got := h.covered(store.CoverageQuery{}); len(got) != 1 || got[0].Interface != "eni-002" || len(h.pending()) != 0 {
		h.Errorf("%+v is left, %d events", got, len(h.pending()))
	}
}

func coverageRefused(h *harness) {
	for name, spoil := range map[string]func(*events.Coverage){
		"state": func(c *events.Coverage) { c.State = "odd" }, "interface": func(c *events.Coverage) { c.Interface = "" },
	} {
		bad := interfaceOf(2, events.CoverageMirrored)
		spoil(&bad)
		_, err := h.Mirror.PutCoverage(h.ctx, interfaceOf(1, events.CoverageMirrored), bad)
		h.refused(name, err, store.ErrInvalid)
	}
	if got := h.covered(store.CoverageQuery{}); len(got) != 0 || len(h.pending()) != 0 {
		h.Errorf("%d of lists that were refused", len(got))
	}
}

func mirrorCancelled(h *harness) {
	now := h.clock.Now()
	h.cancelled("bind", func(ctx context.Context) error { return h.Mirror.Bind(ctx, binding(7, "eni-a", now)) })
	h.cancelled("bound", func(ctx context.Context) error { _, err := h.Mirror.Bound(ctx, store.ListQuery{}); return err })
	h.cancelled("hear", func(ctx context.Context) error { return h.Mirror.Hear(ctx, heardOf(7, "a", now)) })
	h.cancelled("heard", func(ctx context.Context) error { _, err := h.Mirror.Heard(ctx, store.ListQuery{}); return err })
	h.cancelled("bound at", func(ctx context.Context) error { _, err := h.Mirror.BoundAt(ctx, 7, now); return err })
	h.cancelled("put coverage", func(ctx context.Context) error {
		_, err := h.Mirror.PutCoverage(ctx, interfaceOf(1, events.CoverageMirrored))
		return err
	})
	h.cancelled("coverage", func(ctx context.Context) error {
		_, err := h.Mirror.Coverage(ctx, store.CoverageQuery{})
		return err
	})
}
