package dynamo

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// TestHearIsOnePut says what hearing costs: one put a VNI and sensor and nothing read, and none for what a list says twice.
func TestHearIsOnePut(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	var list []events.Heard
	for i := range 10 {
		h := events.Heard{VNI: uint32(1 + i), Sensor: "a", LastSeen: noon}
		list = append(list, h, h)
	}
	puts, gets := w.client.count("PutItem"), w.client.count("GetItem")
	for range 2 { // the second changes nothing, and does not fail
		if err := w.Mirror.Hear(ctx, list...); err != nil {
			t.Fatal(err)
		}
	}
	puts, gets = w.client.count("PutItem")-puts, w.client.count("GetItem")-gets
	if puts != 20 || gets != 0 {
		t.Errorf("%d puts and %d gets for two times ten", puts, gets)
	}
}

// TestLastingIsNoScanOfHistory ends and begins bindings of one VNI over and over: what lasts is one item, however long the history is.
func TestLastingIsNoScanOfHistory(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	for i := range 20 {
		at := noon.Add(time.Duration(i) * time.Minute)
		if err := w.Mirror.Bind(ctx, events.Binding{VNI: 7, Interface: fmt.Sprint("eni-", i), From: at}); err != nil {
			t.Fatal(err)
		}
		if n := w.rows(t, lastingKey(7).pk); n != 1 {
			t.Fatalf("%d items of one binding that lasts", n)
		}
		if err := w.Mirror.Release(ctx, 7, at.Add(time.Second)); err != nil {
			t.Fatal(err)
		}
		if n := w.rows(t, lastingKey(7).pk); n != 0 {
			t.Fatalf("%d items of none that lasts", n)
		}
	}
	spread := map[string]bool{}
	for vni := range uint32(100) {
		spread[lastingKey(vni).pk], spread[heardKey(&events.Heard{VNI: vni}).pk] = true, true
	}
	if len(spread) != 2*Shards {
		t.Errorf("a hundred VNIs lie in %d partitions, want %d", len(spread), 2*Shards)
	}
	if _, err := w.Mirror.Bound(ctx, store.ListQuery{}); err != nil {
		t.Error(err)
	}
}
