package main

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/archive"
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
