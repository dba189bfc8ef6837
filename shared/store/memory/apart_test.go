package memory_test

import (
	"context"
	"net/netip"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
	"github.com/mirrorwatch/mirrorwatch/shared/store/memory"
	"github.com/mirrorwatch/mirrorwatch/shared/store/storetest"
)

// TestRowsAreApart: whoever writes to what a listing gave, or to what it put in, changes nothing that is stored.
func TestRowsAreApart(t *testing.T) {
	ctx, now := context.Background(), time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	m := memory.New(memory.Options{Now: func() time.Time { return now }, Schema: storetest.Schema()}).Mirror
	seen, tags, addresses := now, map[string]string{"team": "web"}, []netip.Addr{netip.MustParseAddr("10.0.0.1")}
	row := events.Coverage{Interface: "eni-1", State: events.CoverageMirrored, Tags: tags, Addresses: addresses, LastSeen: &seen, Changed: now}
	if _, err := m.PutCoverage(ctx, row); err != nil {
		t.Fatal(err)
	}
	if err := m.Bind(ctx, events.Binding{VNI: 7, Interface: "eni-1", Tags: tags, Addresses: addresses, From: now}); err != nil {
		t.Fatal(err)
	}
	spoil := func(tags map[string]string, addresses []netip.Addr) {
		tags["team"], addresses[0] = "spoiled", netip.Addr{}
	}
	spoil(tags, addresses)
	seen = now.Add(time.Hour)
	for range 2 {
		rows, err := m.Coverage(ctx, store.CoverageQuery{})
		if err != nil {
			t.Fatal(err)
		}
		if c := rows.Items[0]; c.Tags["team"] != "web" || !c.Addresses[0].IsValid() || !c.LastSeen.Equal(now) {
			t.Errorf("the row is %+v", c)
		}
		bound, err := m.Bound(ctx, store.ListQuery{})
		if err != nil {
			t.Fatal(err)
		}
		one, err := m.BoundAt(ctx, 7, now)
		if err != nil {
			t.Fatal(err)
		}
		history, err := m.Bindings(ctx, 7, "")
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range []events.Binding{bound.Items[0], one, history[0]} {
			if b.Tags["team"] != "web" || !b.Addresses[0].IsValid() || b.To != nil {
				t.Errorf("the binding is %+v", b)
			}
			spoil(b.Tags, b.Addresses)
		}
		spoil(rows.Items[0].Tags, rows.Items[0].Addresses)
		*rows.Items[0].LastSeen = now.Add(time.Hour)
	}
}
