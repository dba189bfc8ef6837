package device

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// What is kept of a device's habits: the whole once a day, each hour since by its totals, from which the same is learned again, and
// the running totals of the present hour. So an hour of fifty thousand devices is a few megabytes, not a few hundred.
const (
	keepWhole = 'u' // + id: habits
	keepHour  = 'h' // + id + 0 + hour: an hour that habits do not have yet
	keepNow   = 'n' // + id: running totals

	habitsVersion     = 2
	habitsWithMinutes = 1  // the version before
	wholeEvery        = 24 // hours
	maxBack           = DefaultMaxLocal
)

var errHabits = errors.New("it is broken off")

// keptHabits is what waits to be saved as gone, and what came back and waits for its device.
type keptHabits struct {
	gone []string
	back map[string]*activity
	late map[string][]lateHour
	next int // of the members, where SaveSome goes on
}

type lateHour struct {
	at     int64
	taint  uint64
	totals [NumMetrics]float64
}

// Habits keeps what is usual of devices over a restart (detect.Keeper).
type Habits struct{ m *Model }

// Habits gives the keeper of what is usual of devices.
func (m *Model) Habits() Habits { return Habits{m} }

// keepHour notes an hour that was learned, for the next Save; one that was never saved will be as a whole.
func (m *Model) keepHour(a *activity) {
	a.warm = true
	if a.savedAs == "" {
		return
	}
	if len(a.unsaved) >= wholeEvery { // nobody saves any more
		m.keptHabits.gone = appendKeys(m.keptHabits.gone, a)
		a.unsaved, a.savedAs = nil, ""
		return
	}
	totals := a.sofar
	a.unsaved = append(a.unsaved, hourTotal{hourNumber(a.hour), &totals, a.taint})
}

// forgetHabits lets go of a device that has to leave the model.
func (m *Model) forgetHabits(d *Device) {
	a := d.activity
	if a == nil {
		return
	}
	a.device, d.activity = nil, nil
	if a.savedAs != "" {
		m.keptHabits.gone = appendKeys(m.keptHabits.gone, a)
	}
}

func appendKeys(list []string, a *activity) []string {
	list = append(list, string(keyOfHabits(keepWhole, a.savedAs)), string(keyOfHabits(keepNow, a.savedAs)))
	for _, at := range a.lately {
		list = append(list, string(hourKey(a.savedAs, at)))
	}
	return list
}

func keyOfHabits(kind byte, id string) []byte { return append([]byte{kind}, id...) }

func hourKey(id string, at int64) []byte {
	return binary.BigEndian.AppendUint32(append(keyOfHabits(keepHour, id), 0), uint32(at))
}

// Save hands over what changed.
func (h Habits) Save(put func(key, value []byte)) {
	h.m.keptHabits.next = 0
	h.SaveSome(func(key, value []byte) bool {
		put(key, value)
		return true
	})
}

// SaveSome is Save device by device, until put says that it is enough for now (detect.Sliced).
func (h Habits) SaveSome(put func(key, value []byte) (more bool)) (done bool) {
	m, more := h.m, true
	one := func(key, value []byte) { more = put(key, value) }
	for n := len(m.keptHabits.gone); n > 0 && more; n = len(m.keptHabits.gone) {
		one([]byte(m.keptHabits.gone[n-1]), nil)
		m.keptHabits.gone = m.keptHabits.gone[:n-1]
	}
	var buf []byte
	for k := &m.keptHabits; k.next < len(m.turns.members); k.next++ {
		if !more {
			return false
		}
		if a := m.turns.members[k.next]; a.device != nil && a.warm {
			buf = a.save(buf, one)
		}
	}
	m.keptHabits.next = 0
	return len(m.keptHabits.gone) == 0
}

func (a *activity) save(buf []byte, put func(key, value []byte)) []byte {
	a.warm = false
	if id := a.device.id; a.savedAs != id {
		if a.savedAs != "" {
			for _, k := range appendKeys(nil, a) {
				put([]byte(k), nil)
			}
		}
		a.savedAs, a.lately = id, nil
		buf = a.saveWhole(buf, put)
	}
	if len(a.lately)+len(a.unsaved) > wholeEvery {
		buf = a.saveWhole(buf, put)
	}
	buf = a.saveHours(buf, put)
	buf = appendTotals(append(buf[:0], habitsVersion), hourNumber(a.hour), &a.sofar, a.taint)
	put(keyOfHabits(keepNow, a.savedAs), buf)
	return buf
}

func (a *activity) saveWhole(buf []byte, put func(key, value []byte)) []byte {
	buf = a.habits.append(buf[:0], a.hour)
	put(keyOfHabits(keepWhole, a.savedAs), buf)
	for _, at := range a.lately {
		put(hourKey(a.savedAs, at), nil)
	}
	a.lately, a.unsaved = a.lately[:0], a.unsaved[:0]
	return buf
}

func (a *activity) saveHours(buf []byte, put func(key, value []byte)) []byte {
	for _, u := range a.unsaved {
		buf = appendTotals(append(buf[:0], habitsVersion), u.at, u.totals, u.taint)
		put(hourKey(a.savedAs, u.at), buf)
		a.lately = append(a.lately, u.at)
	}
	a.unsaved = nil
	return buf
}

// Load takes back a value.
func (h Habits) Load(key, value []byte) error {
	if len(key) < 2 || len(value) < 1 || value[0] != habitsVersion && value[0] != habitsWithMinutes {
		return fmt.Errorf("read what is usual of %q: not of version %d", key, habitsVersion)
	}
	version := value[0]
	value = value[1:]
	switch id := string(key[1:]); key[0] {
	case keepWhole:
		return h.m.loadWhole(id, value)
	case keepNow:
		l, err := readTotals(version, value)
		if a := h.m.comeBack(id); a != nil && err == nil {
			a.hour, a.sofar, a.taint = events.Time(l.at)*hour, l.totals, l.taint
		}
		return err
	case keepHour:
		l, err := readTotals(version, value)
		if n := len(id) - 5; n > 0 && err == nil && h.m.comeBack(id[:n]) != nil {
			h.m.keptHabits.late[id[:n]] = append(h.m.keptHabits.late[id[:n]], l)
		}
		return err
	}
	return fmt.Errorf("read what is usual: key %q is of no kind", key)
}

// comeBack gives the place of what was kept of a device until the device is there; nil where there are too many.
func (m *Model) comeBack(id string) *activity {
	a := m.keptHabits.back[id]
	if a == nil && len(m.keptHabits.back) < maxBack {
		a = &activity{}
		a.savedAs = id
		m.keptHabits.back[id] = a
		if m.keptHabits.late == nil {
			m.keptHabits.late = map[string][]lateHour{}
		}
	}
	return a
}

func (m *Model) loadWhole(id string, b []byte) error {
	a := m.comeBack(id)
	if a == nil {
		return nil
	}
	until, known, usual, err := m.readHabits(b)
	if err != nil {
		return fmt.Errorf("read what is usual of %s: %w", id, err)
	}
	a.known, a.usual, a.counted = known, usual, events.Time(until)*hour
	return nil
}

// restored gives what came back of a device, brought up to the last hour that was saved; a new activity where nothing did.
func (m *Model) restored(d *Device) *activity {
	a := m.keptHabits.back[d.id]
	if a == nil {
		return &activity{}
	}
	late := m.keptHabits.late[d.id]
	delete(m.keptHabits.back, d.id)
	delete(m.keptHabits.late, d.id)
	slices.SortFunc(late, func(a, b lateHour) int { return int(a.at - b.at) })
	whole := hourNumber(a.counted)
	for i := range late {
		if l := &late[i]; l.at >= whole {
			m.learn(a, hourTotal{l.at, &l.totals, l.taint}, nil)
		}
		a.lately = append(a.lately, late[i].at)
	}
	// What happened between the last Save and the first record after it is not known: those hours are passed over.
	if began := startOf(m.turns.began, hour); a.hour != began {
		a.sofar, a.taint = [NumMetrics]float64{}, 0
		a.hour = began
	}
	a.counted = a.hour
	return a
}

// bringBack gives devices that are known already their habits, so that their silence shows.
func (m *Model) bringBack() {
	ids := make([]string, 0, len(m.keptHabits.back))
	for id := range m.keptHabits.back {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		if e := m.inside.Find(id); e != nil && e.Value.activity == nil {
			a := m.restored(&e.Value)
			a.device, e.Value.activity = &e.Value, a
			m.turns.members = append(m.turns.members, a)
		}
	}
}
