package main

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
	memstore "github.com/mirrorwatch/mirrorwatch/shared/store/memory"
	"github.com/mirrorwatch/mirrorwatch/shared/store/storetest"
)

// Catches: what people say of a device that never reaches the judge, also where it stands on a later page.
func TestSaidReachesTheModel(t *testing.T) {
	ctx, now := context.Background(), time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	s := memstore.New(memstore.Options{Now: func() time.Time { return now }})
	for i := range store.MaxPage + 5 {
		d := storetest.Device(i, now)
		if err := s.Devices.Put(ctx, d); err != nil {
			t.Fatal(err)
		}
		if i == 3 {
			continue
		}
		if _, err := s.Devices.Override(ctx, d.ID, events.DeviceOverrides{Role: "printer", HighValue: true}, nil, store.Actor{Name: "ada"}); err != nil {
			t.Fatal(err)
		}
	}
	var to saidDevices
	if err := to.read(ctx, s); err != nil {
		t.Fatal(err)
	}
	if next := to.next.Load(); len(next.devices) != store.MaxPage+4 || !slices.Equal(next.tags, store.DefaultCoverageTags()) {
		t.Fatalf("%d devices, tags %v", len(next.devices), next.tags)
	}
	model := device.New(device.Options{})
	c := &events.Conn{ConnState: "SF", IPProto: device.TCP, RespPkts: 1}
	c.OrigH, c.RespH, c.TS = storetest.Device(1, now).Address, storetest.Device(2, now).Address, events.TimeOf(now)
	said := to.next.Load().devices
	said[c.OrigH.String()] = device.Said{Role: "printer"}
	to.turn(model)
	if v := model.Observe(c); v.Orig.Role() != "printer" || v.Resp.Role() != "" || to.next.Load() != nil {
		t.Errorf("%q and %q", v.Orig.Role(), v.Resp.Role())
	}
}
