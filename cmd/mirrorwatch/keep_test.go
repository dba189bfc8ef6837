package main

import (
	"context"
	"log/slog"
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
