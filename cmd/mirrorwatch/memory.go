package main

import (
	"math"
	"sync/atomic"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/feed"
	"github.com/mirrorwatch/mirrorwatch/sensor/ship"
	"github.com/mirrorwatch/mirrorwatch/shared/baseline"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// memory is what a pipeline that remembers carries to its store. It belongs to the judge's goroutine.
type memory struct {
	store      *ship.Store
	name       func(*events.Device)
	minute     events.Time // the latest that devices were told of
	samples    []events.Sample
	expected   []events.Expectation
	flush      events.Time   // when what was gathered is handed on next
	unmeasured atomic.Uint64 // devices that were not measured in a minute, for whoever asks meanwhile
}

// flushEvery is how long a record or detection may wait for others to be stored with.
const flushEvery = 250 * time.Millisecond

// newMemory makes one. Name gives devices the names that are known of them.
func newMemory(s *ship.Store, name func(*events.Device)) *memory {
	return &memory{store: s, name: name}
}

func (m *memory) record(r events.Record, line []byte) {
	if !interim(r) {
		m.store.Record(r, line)
	}
}

// turned gathers what a device did in a minute, and, with each hour that is over, what is expected of the next.
func (m *memory) turned(t *device.Turned, v device.View) {
	if !t.Hour {
		m.samples = append(m.samples, sample(t))
		return
	}
	if e := expectation(t, v); len(e.Metrics) > 0 {
		m.expected = append(m.expected, e)
	}
}

func expectation(t *device.Turned, v device.View) events.Expectation {
	next := t.At.Add(time.Hour)
	e := events.Expectation{Device: t.Device.ID(), Time: next.Time(), Metrics: map[string]events.Range{}}
	for i, m := range device.Metrics() {
		if !t.Device.HasUsual(i) {
			continue
		}
		if x := v.Expect(t.Device, i, next); x.Basis != baseline.WarmingUp {
			e.Metrics[m.Name] = events.Range{Low: x.Low, Mid: x.Mid, High: x.High, Basis: string(x.Basis)}
		}
	}
	return e
}

func sample(t *device.Turned) events.Sample {
	s := events.Sample{Device: t.Device.ID(), Time: t.At.Time(), Metrics: map[string]float64{}}
	for i, m := range device.Metrics() {
		if n := t.Counts[i]; n != 0 {
			s.Metrics[m.Name] = n
		}
	}
	return s
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
	if minute := now - now%events.Time(time.Minute); minute > m.minute {
		m.minute = minute
		model.Collect()
		m.unmeasured.Store(model.Unmeasured())
	}
	m.store.Devices(m.changed(model, devicesATurn), nil)
	m.gathered()
	m.store.Flush()
}

// gathered hands on the samples.
func (m *memory) gathered() {
	m.store.Devices(nil, m.samples)
	m.store.Expectations(m.expected)
	m.samples, m.expected = m.samples[:0], m.expected[:0]
}

// last hands on what waits for the end of a minute that nobody will see.
func (m *memory) last(model *device.Model) {
	model.Collect()
	m.store.Devices(m.changed(model, math.MaxInt), nil)
	m.gathered()
	m.store.Flush()
}

// devicesATurn is how many devices are handed on at a time: fifty thousand within a minute.
const devicesATurn = 256

func (m *memory) changed(model *device.Model, most int) []events.Device {
	list, _ := model.Collected(most)
	for i := range list {
		m.name(&list[i])
	}
	return list
}
