package main

import (
	"context"
	"log/slog"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/archive"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
	memstore "github.com/mirrorwatch/mirrorwatch/shared/store/memory"
	"github.com/mirrorwatch/mirrorwatch/shared/store/storetest"
)

func housed(t *testing.T) *server {
	t.Helper()
	return &server{store: memstore.New(memstore.Options{Now: time.Now, Schema: archive.Schema()}), log: slog.New(slog.DiscardHandler)}
}

// TestHouseKeepsByDefault: where nobody set anything, what is a day old stays and what is years old goes.
func TestHouseKeepsByDefault(t *testing.T) {
	ctx, s := context.Background(), housed(t)
	fillAged(t, s.store, 24*time.Hour, 10*365*24*time.Hour)
	keepOnce(t, s)
	checkKept(t, s.store, 1)
	set := store.Item[store.Parameter]{ID: store.RetentionDaysRecords, Value: store.Parameter{Values: []string{"0"}}}
	if _, err := (store.Collection[store.Parameter]{Kind: store.KindParameter, Documents: s.store.Documents}).Put(ctx, set, store.Always, nil); err != nil {
		t.Fatal(err)
	}
	if err := s.retainRecords(ctx); err == nil {
		t.Error("zero days were taken for an order to delete everything")
	}
	checkKept(t, s.store, 1)
}

// TestHouseHeedsParameters: what people set is what is kept.
func TestHouseHeedsParameters(t *testing.T) {
	s := housed(t)
	fillAged(t, s.store, time.Hour, 3*24*time.Hour)
	docs := store.Collection[store.Parameter]{Kind: store.KindParameter, Documents: s.store.Documents}
	for _, name := range []string{store.RetentionDaysRecords, store.RetentionDaysDetections, store.RetentionDaysMetrics} {
		if _, err := docs.Put(context.Background(), store.Item[store.Parameter]{ID: name, Value: store.Parameter{Values: []string{"2"}}}, store.New, nil); err != nil {
			t.Fatal(err)
		}
	}
	keepOnce(t, s)
	checkKept(t, s.store, 1)
}

func TestDefaultNetworksAreTheModels(t *testing.T) {
	local, err := store.ParameterValues(context.Background(), housed(t).store.Documents, store.LocalNetworks)
	if err != nil {
		t.Fatal(err)
	}
	var parsed []netip.Prefix
	for _, text := range local {
		parsed = append(parsed, netip.MustParsePrefix(text))
	}
	if !slices.Equal(parsed, device.DefaultLocal()) {
		t.Errorf("the parameter says %v, the model %v", parsed, device.DefaultLocal())
	}
}

// fillAged stores one detection, record and device of each age.
func fillAged(t *testing.T, s *store.Store, ages ...time.Duration) {
	t.Helper()
	ctx := context.Background()
	for i, age := range ages {
		at := time.Now().Add(-age).UTC()
		d := storetest.Device(i, at)
		_, err := s.Detections.Put(ctx, storetest.Detection(i, at))
		for _, err := range []error{err, s.Records.Append(ctx, storetest.Record(i, at)), s.Devices.Put(ctx, d)} {
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Devices.Observe(ctx, events.Sample{Device: d.ID, Time: at.Truncate(time.Minute), Metrics: map[string]float64{"bytes_in": 1}}); err != nil {
			t.Fatal(err)
		}
	}
}

func keepOnce(t *testing.T, s *server) {
	t.Helper()
	if err := s.retainRecords(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := s.purge(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func checkKept(t *testing.T, s *store.Store, want int) {
	t.Helper()
	ctx := context.Background()
	detections, err1 := s.Detections.Search(ctx, store.DetectionQuery{Count: true})
	records, err2 := s.Records.Size(ctx)
	devices, err3 := s.Devices.Search(ctx, store.DeviceQuery{})
	if err1 != nil || err2 != nil || err3 != nil {
		t.Fatal(err1, err2, err3)
	}
	if detections.Total != want || int(records.Records) != want || len(devices.Items) != want {
		t.Errorf("%d detections, %d records, %d devices are kept, want %d of each", detections.Total, records.Records, len(devices.Items), want)
	}
}
