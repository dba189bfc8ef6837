package store_test

import (
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
	"github.com/mirrorwatch/mirrorwatch/shared/store/sqlite"
)

// TestSensorsAreRemembered as they said, are not well when they say nothing, and are forgotten after a day.
func TestSensorsAreRemembered(t *testing.T) {
	noon := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	now := noon
	s, err := sqlite.Open(t.Context(), sqlite.Options{Folder: t.TempDir(), Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close() //nolint:errcheck // it goes with the folder
	ctx := t.Context()
	for _, h := range []events.Health{{Sensor: "b", Healthy: true, Since: noon, Packets: 7}, {Sensor: "a", Reason: "dropping: kernel 12", Since: noon, Drops: 12}} {
		if err := store.KeepSensor(ctx, s.Documents, h, now); err != nil {
			t.Fatal(err)
		}
	}
	now = noon.Add(4 * time.Minute)
	if err := store.KeepSensor(ctx, s.Documents, events.Health{Sensor: "b", Healthy: true, Since: noon, Packets: 9}, now); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		after time.Duration
		want  []events.Health
	}{
		{5 * time.Minute, []events.Health{{Sensor: "a", Reason: "dropping: kernel 12", Since: noon, Drops: 12}, {Sensor: "b", Healthy: true, Since: noon, Packets: 9}}},
		{6 * time.Minute, []events.Health{
			{Sensor: "a", Reason: "says nothing since 2026-03-02T12:00:00Z", Since: noon, Drops: 12}, {Sensor: "b", Healthy: true, Since: noon, Packets: 9},
		}},
		{24*time.Hour + time.Minute, []events.Health{{Sensor: "b", Reason: "says nothing since 2026-03-02T12:04:00Z", Since: noon.Add(4 * time.Minute), Packets: 9}}},
		{25 * time.Hour, []events.Health{}},
	} {
		now = noon.Add(c.after)
		got, err := store.Sensors(ctx, s.Documents, now)
		if err != nil || len(got) != len(c.want) {
			t.Fatalf("after %s: %+v, %v", c.after, got, err)
		}
		for i := range got {
			if got[i] != c.want[i] {
				t.Errorf("after %s: %+v, want %+v", c.after, got[i], c.want[i])
			}
		}
	}
}
