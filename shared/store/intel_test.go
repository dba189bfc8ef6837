package store_test

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/shared/store"
	"github.com/mirrorwatch/mirrorwatch/shared/store/sqlite"
)

// TestListsOfSensorsAreKept within their limits, and forgotten with the sensor.
func TestListsOfSensorsAreKept(t *testing.T) {
	noon := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	now := noon
	s, err := sqlite.Open(t.Context(), sqlite.Options{Folder: t.TempDir(), Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close() //nolint:errcheck // it goes with the folder
	full := store.IntelList{Name: strings.Repeat("<", 5000), Format: "csv", Bad: 9, Complaints: strings.Split(strings.Repeat(strings.Repeat("\x01", 3000)+"\n", 9), "\n"), Kinds: map[string]int{}}
	for k := range 16 {
		full.Kinds[strings.Repeat("k", 20)+strconv.Itoa(k)] = 2_000_000
	}
	in := store.Intel{Sensor: "b", Read: &noon, Indicators: 7, Bytes: 900}
	for range store.MaxIntelLists + 3 {
		in.Lists = append(in.Lists, full)
	}
	for _, i := range []store.Intel{in, {Sensor: "a"}} {
		if err := store.KeepIntel(t.Context(), s.Documents, i, now); err != nil {
			t.Fatal(err)
		}
	}
	got, complete, err := store.Intels(t.Context(), s.Documents)
	if err != nil || !complete || len(got) != 2 {
		t.Fatalf("%d, %v, %v", len(got), complete, err)
	}
	a, b := got[0], got[1]
	if a.Sensor != "a" || a.Lists == nil || a.Read != nil || !a.Said.Equal(noon) {
		t.Errorf("one without lists: %+v", a)
	}
	if len(b.Lists) != store.MaxIntelLists || b.Left != 3 || b.Indicators != 7 || !b.Read.Equal(noon) {
		t.Errorf("%d lists, %d left, %d indicators", len(b.Lists), b.Left, b.Indicators)
	}
	if l := b.Lists[0]; len(l.Name) != 256 || len(l.Complaints) != store.MaxIntelComplaints || len(l.Complaints[0]) != 160 || l.Bad != 9 {
		t.Errorf("name of %d, %d complaints", len(l.Name), len(l.Complaints))
	}
	if body, err := json.Marshal(b); err != nil || len(body) > store.MaxBody {
		t.Errorf("%d bytes, %v", len(body), err)
	}
	now = noon.Add(store.SensorFor + time.Minute)
	if got, _, err := store.Intels(t.Context(), s.Documents); err != nil || len(got) != 0 {
		t.Errorf("after a day: %+v, %v", got, err)
	}
}
