package storetest

import (
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

func expectations(h *harness) {
	begin := h.clock.Now().Truncate(time.Hour)
	at := func(i int) time.Time { return begin.Add(time.Duration(i) * time.Hour) }
	want := func(i int) events.Range {
		return events.Range{Low: float64(i), Mid: float64(i) + 0.25, High: 1e9 + float64(i), Basis: "hour of the day"}
	}
	for i := range 30 {
		e := events.Expectation{Device: "d", Time: at(i), Metrics: map[string]events.Range{"bytes_in": want(i)}}
		if i%2 == 0 {
			e.Metrics["peers"] = want(2 * i)
		}
		h.must(h.Devices.PutExpectations(h.ctx, e, events.Expectation{Device: "other", Time: at(i), Metrics: map[string]events.Range{"bytes_in": want(77)}}))
	}
	for _, c := range []struct {
		from, to time.Time
		first, n int
	}{{at(0), at(30), 0, 30}, {at(3), at(5), 3, 2}, {at(3).Add(1), at(5).Add(1), 4, 2}, {at(29), at(99), 29, 1}, {at(30), at(99), 0, 0}, {at(5), at(5), 0, 0}} {
		got, err := h.Devices.Expectations(h.ctx, "d", "bytes_in", c.from, c.to)
		h.must(err)
		if len(got) != c.n {
			h.Errorf("[%v, %v): %d hours, not %d", c.from, c.to, len(got), c.n)
			continue
		}
		for i, e := range got {
			if !e.Time.Equal(at(c.first+i)) || e.Time.Location() != time.UTC || e.Range != want(c.first+i) {
				h.Errorf("[%v, %v): hour %d is %+v", c.from, c.to, i, e)
			}
		}
	}
	h.must(h.Devices.PutExpectations(h.ctx, events.Expectation{Device: "d", Time: at(2), Metrics: map[string]events.Range{"bytes_in": want(50)}}))
	peers, err := h.Devices.Expectations(h.ctx, "d", "peers", at(0), at(30))
	h.must(err)
	again, err := h.Devices.Expectations(h.ctx, "d", "bytes_in", at(2), at(3))
	h.must(err)
	if len(peers) != 14 || len(again) != 1 || again[0].Range != want(50) {
		h.Errorf("%d hours of peers, %+v: an hour is replaced whole", len(peers), again)
	}
	_, err = h.Devices.Purge(h.ctx, at(10), at(0))
	h.must(err)
	left, err := h.Devices.Expectations(h.ctx, "d", "bytes_in", at(0), at(30))
	h.must(err)
	if len(left) != 20 {
		h.Errorf("%d hours left after a purge, want 20", len(left))
	}
	for name, e := range map[string]events.Expectation{
		"of no device": {Time: at(1)}, "of half an hour": {Device: "d", Time: at(1).Add(30 * time.Minute)},
		"from much to little": {Device: "d", Time: at(1), Metrics: map[string]events.Range{"x": {Low: 2, High: 1}}},
	} {
		h.refused(name, h.Devices.PutExpectations(h.ctx, e), store.ErrInvalid)
	}
}
