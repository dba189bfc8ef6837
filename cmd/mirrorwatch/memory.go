package main

import (
	"sync/atomic"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/feed"
	"github.com/mirrorwatch/mirrorwatch/sensor/ship"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// memory is what a pipeline that remembers carries to its store. It belongs to the judge's goroutine.
type memory struct {
	store      *ship.Store
	name       func(*events.Device)
	meter      *device.Meter
	flush      events.Time   // when what was gathered is handed on next
	unmeasured atomic.Uint64 // the meter's overflow, for whoever asks meanwhile
}

// flushEvery is how long a record or detection may wait for others to be stored with.
const flushEvery = 250 * time.Millisecond

// newMemory makes one. Name gives devices the names that are known of them.
func newMemory(s *ship.Store, name func(*events.Device)) *memory {
	return &memory{store: s, name: name, meter: device.NewMeter()}
}

func (m *memory) record(r events.Record, line []byte, v device.View) {
	if !interim(r) {
		m.store.Record(r, line)
	}
	m.meter.Observe(r, v)
}

// tell hands on what there is to tell of observation points.
func (m *memory) tell(n *feed.News) {
	if n.Empty() {
		return
	}
	m.store.Heard(n.Heard)
	m.store.Forget(n.Forget)
	m.store.Coverage(n.Coverage)
	for _, e := range n.Events {
		m.store.Event(e)
	}
}

func (m *memory) tick(now events.Time, model *device.Model) {
	if now < m.flush {
		return
	}
	m.flush = now.Add(flushEvery)
	if samples, turned := m.meter.Turn(now); turned {
		m.store.Devices(m.changed(model), samples)
		m.unmeasured.Store(m.meter.Overflow())
	}
	m.store.Flush()
}

// last hands on what waits for the end of a minute that nobody will see.
func (m *memory) last(now events.Time, model *device.Model) {
	samples, _ := m.meter.Turn(now.Add(time.Minute))
	m.store.Devices(m.changed(model), samples)
	m.store.Flush()
}

func (m *memory) changed(model *device.Model) []events.Device {
	list := model.Changed()
	for i := range list {
		m.name(&list[i])
	}
	return list
}
