package main

import (
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/feed"
	"github.com/mirrorwatch/mirrorwatch/sensor/ship"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// memory is what a pipeline that remembers carries to its store. It belongs to the judge's goroutine.
type memory struct {
	store  *ship.Store
	meter  *device.Meter
	points *feed.Points
	flush  events.Time // when what was gathered is handed on next
}

// flushEvery is how long a record or detection may wait for others to be stored with.
const flushEvery = 250 * time.Millisecond

func newMemory(s *ship.Store, sensor string) *memory {
	return &memory{store: s, meter: device.NewMeter(), points: feed.NewPoints(sensor)}
}

func (m *memory) record(r events.Record, line []byte, v device.View) {
	if !interim(r) {
		m.store.Record(r, line)
	}
	m.meter.Observe(r, v)
	m.points.Observe(r)
}

func (m *memory) tick(now events.Time, model *device.Model) {
	if now < m.flush {
		return
	}
	m.flush = now.Add(flushEvery)
	if samples, turned := m.meter.Turn(now); turned {
		m.store.Devices(model.Changed(), samples)
	}
	if coverage := m.points.Turn(now); coverage != nil {
		m.store.Coverage(coverage)
	}
	m.store.Flush()
}

// last hands on what waits for the end of a minute that nobody will see.
func (m *memory) last(now events.Time, model *device.Model) {
	end := now.Add(time.Minute)
	samples, _ := m.meter.Turn(end)
	m.store.Devices(model.Changed(), samples)
	m.store.Coverage(m.points.Turn(end))
	m.store.Flush()
}
