package furnish

import (
	"context"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/archive"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
	"github.com/mirrorwatch/mirrorwatch/shared/store/sqlite"
)

// TestStored: all of it is taken by a real store, and is as much as was asked for.
func TestStored(t *testing.T) {
	ctx, now := context.Background(), time.Now().UTC()
	s, err := sqlite.Open(ctx, sqlite.Options{Folder: t.TempDir(), Now: time.Now, Schema: archive.Schema()})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, fill := range []func(context.Context, *store.Store, time.Time) error{
		Enriched, Hostile, Interfaces, Watched, Planned,
		func(ctx context.Context, s *store.Store, now time.Time) error {
			return s.Devices.Observe(ctx, Past("10.20.2.50", now)...)
		},
		func(ctx context.Context, s *store.Store, now time.Time) error { return Many(ctx, s, now, 1200) },
	} {
		if err := fill(ctx, s, now); err != nil {
			t.Fatal(err)
		}
	}
	page, err := s.Detections.Search(ctx, store.DetectionQuery{Limit: 1, Count: true})
	if err != nil || page.Total != 1202 {
		t.Errorf("%v detections, want 1202: %v", page.Total, err)
	}
	if p, err := store.NewestMirrorPlan(ctx, s.Documents, ""); err != nil || len(p.Steps) != 6 || p.Steps[0].Outcome != store.MirrorFailed || p.Steps[0].Interface == "" || len(p.Held) != 2 {
		t.Errorf("plan %+v, %v", p, err)
	}
	covered, err := s.Mirror.Coverage(ctx, store.CoverageQuery{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	states := map[events.CoverageState]bool{}
	for _, c := range covered.Items {
		states[c.State] = true
		if c.Interface == Unwatched && (c.Reason != UnwatchedWhy || c.Fix != UnwatchedFix) {
			t.Errorf("%s: %s, %s", c.Interface, c.Reason, c.Fix)
		}
	}
	if len(covered.Items) != 30 || len(states) != len(events.CoverageStates()) {
		t.Errorf("%d interfaces in %d states", len(covered.Items), len(states))
	}
}
