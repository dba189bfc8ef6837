package main

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/archive"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
	memstore "github.com/mirrorwatch/mirrorwatch/shared/store/memory"
)

// TestNamesHoldNobodyUp: where the answer does not come, one detection waits for it and those behind do not.
func TestNamesHoldNobodyUp(t *testing.T) {
	s := memstore.New(memstore.Options{Now: time.Now, Schema: archive.Schema()})
	k := newKeeper(s, nil, "s", slog.New(slog.DiscardHandler)) // nobody runs its names: no question is ever answered
	if err := k.rules.read(context.Background()); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	for i := range uint32(20) {
		k.prepare(&events.Detection{VNI: 1 + i, Update: began})
	}
	if took := time.Since(began); took < nameWait || took > 2*nameWait {
		t.Errorf("twenty detections waited %v, one alone would %v", took, nameWait)
	}
	if err := k.close(); err != nil {
		t.Error(err)
	}
}

// TestHealthIsKept where the API of a fleet finds it.
func TestHealthIsKept(t *testing.T) {
	s := memstore.New(memstore.Options{Now: time.Now, Schema: archive.Schema()})
	k := newKeeper(s, nil, "sensor-a", slog.New(slog.DiscardHandler))
	defer k.close() //nolint:errcheck // nothing waits
	p, err := newPipeline(options{workers: 1}, nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	ended := make(chan struct{})
	go func() { defer close(ended); k.watchHealth(ctx, p) }()
	for ctx.Err() == nil {
		got, err := store.Sensors(ctx, s.Documents, time.Now())
		if err != nil && ctx.Err() == nil {
			t.Fatal(err)
		}
		if len(got) == 1 {
			if got[0].Sensor != "sensor-a" || !got[0].Healthy || got[0].Since.IsZero() {
				t.Errorf("%+v", got[0])
			}
			cancel()
			<-ended
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("nobody knows how the sensor fares")
}

// TestListsAreTold when they were read anew, and once in a while; a sensor without any says so.
func TestListsAreTold(t *testing.T) {
	s := memstore.New(memstore.Options{Now: time.Now, Schema: archive.Schema()})
	k := newKeeper(s, nil, "sensor-a", slog.New(slog.DiscardHandler))
	defer k.close() //nolint:errcheck // nothing waits
	told := func() store.Intel {
		t.Helper()
		got, _, err := store.Intels(t.Context(), s.Documents)
		if err != nil || len(got) != 1 {
			t.Fatalf("%+v, %v", got, err)
		}
		return got[0]
	}
	var teller intelTeller
	now := time.Now()
	k.keepIntel(t.Context(), &teller, nil, now)
	if got := told(); got.Sensor != "sensor-a" || got.Read != nil || got.Indicators != 0 {
		t.Errorf("without lists: %+v", got)
	}
	file := filepath.Join(t.TempDir(), "own.txt")
	if err := os.WriteFile(file, []byte("198.51.100.7\nbad.example.com\n10.0.0.0/4\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := newLists(&options{intel: []string{file}}, func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	k.keepIntel(t.Context(), &teller, l, now)
	got := told()
	if got.Read == nil || got.Indicators != 2 || got.Bytes == 0 || len(got.Lists) != 1 {
		t.Fatalf("%+v", got)
	}
	if one := got.Lists[0]; one.Name != file || one.Format != "list" || one.Indicators != 2 || one.Kinds["address"] != 1 || one.Bad != 1 || len(one.Complaints) != 1 {
		t.Errorf("%+v", one)
	}
	for _, c := range []struct {
		after time.Duration
		due   bool
	}{{store.IntelSaidEvery - time.Second, false}, {store.IntelSaidEvery, true}} {
		if teller.due(l, now.Add(c.after)) != c.due {
			t.Errorf("after %v: due is not %v", c.after, c.due)
		}
	}
	l.loaded.Add(1)
	if !teller.due(l, now) {
		t.Error("read anew, and not due")
	}
}
