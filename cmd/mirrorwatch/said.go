package main

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/mirrorwatch/mirrorwatch/shared/device"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// saidEvery is how often what people say of devices is read anew, and with it the tags that make groups.
const saidEvery = time.Minute

// saidDevices hands what people say of devices from whoever reads it to the judge's goroutine.
type saidDevices struct{ next atomic.Pointer[said] }

type said struct {
	devices map[string]device.Said
	tags    []string
}

// turn gives the model what is new, between two records.
func (s *saidDevices) turn(model *device.Model) {
	if next := s.next.Swap(nil); next != nil {
		model.SetSaid(next.devices)
		model.SetTagGroups(next.tags)
	}
}

// read reads what is stored.
func (s *saidDevices) read(ctx context.Context, from *store.Store) error {
	next := &said{devices: map[string]device.Said{}}
	var err error
	if next.tags, err = store.ParameterValues(ctx, from.Documents, store.CoverageTags); err != nil {
		return err
	}
	for q := (store.DeviceQuery{Said: true, Limit: store.MaxPage}); ; {
		page, err := from.Devices.Search(ctx, q)
		if err != nil {
			return err
		}
		for i := range page.Items {
			o := page.Items[i].Overrides
			next.devices[page.Items[i].ID] = device.Said{Role: o.Role, HighValue: o.HighValue}
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			s.next.Store(next)
			return nil
		}
	}
}

// watchSaid keeps what people say of devices as it is stored. The first look is at once.
func (k *keeper) watchSaid(ctx context.Context, to *saidDevices) {
	tick := time.NewTicker(saidEvery)
	defer tick.Stop()
	for {
		if err := to.read(ctx, k.store); err != nil && ctx.Err() == nil {
			k.log.Warn("what people say of devices was not read", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
