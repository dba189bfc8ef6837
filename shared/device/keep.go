package device

import (
	"cmp"
	"container/heap"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/bounded"
)

// What is kept: every device under its ID, which VPC each observation point is in under a zero byte and its VNI, and under the key of one
// zero byte what the model knows of itself. IDs have no zero bytes.
const (
	modelForm  = 1
	scopeForm  = 1
	maxParting = 8192   // devices that had to leave the memory and wait to be kept; more are lost
	maxAway    = 65_536 // devices that are kept and not in memory; those that left first are forgotten for good
)

func selfKey() []byte { return []byte{0} }

func scopeKey(vni uint32) []byte { return binary.BigEndian.AppendUint32([]byte{0}, vni) }

// attic is what there is to keep.
type attic struct {
	unsaved []uint32 // serials of devices that changed
	scopes  []uint32 // VNIs whose VPC was found out
	parting map[string][]byte
	leaving []string // its keys, in the order of leaving
	gone    []string
	away    *bounded.Table[string, struct{}]
	lost    uint64
	scratch []byte
	loaded  *oldestFirst // while what was kept is loaded
}

func newAttic() attic {
	return attic{parting: map[string][]byte{}, away: bounded.New[string, struct{}](maxAway)}
}

// forget says that what is kept under an id is of no use any more. Where nobody saves, nobody is told.
func (k *attic) forget(id string) {
	if len(k.gone) < maxAway {
		k.gone = append(k.gone, id)
	}
}

// part sees a device off that has to leave the memory.
func (m *Model) part(d *Device) {
	if d.Class == Group || d.mute {
		return
	}
	k := &m.attic
	if d.unsaved {
		if _, twice := k.parting[d.id]; !twice {
			if len(k.leaving) >= maxParting {
				k.lost++
				return
			}
			k.leaving = append(k.leaving, d.id)
		}
		k.parting[d.id] = d.append(nil)
	}
	k.away.Put(d.id)
}

// back gives what is kept of a device that had to leave the memory.
func (m *Model) back(id string) (d Device, ok bool) {
	k := &m.attic
	if k.away.Peek(id) == nil {
		return d, false
	}
	k.away.Delete(id)
	value, ok := k.parting[id]
	if !ok && m.o.Reload != nil {
		value, ok = m.o.Reload([]byte(id))
	}
	if !ok {
		return d, false
	}
	d, err := m.decode(id, value)
	return d, err == nil
}

// Save hands over what changed since it was called last: devices, then what the model knows of itself.
func (m *Model) Save(put func(key, value []byte)) {
	m.SaveSome(func(key, value []byte) bool {
		put(key, value)
		return true
	})
}

// SaveSome is Save entry by entry, until put says that it is enough for now. It says whether nothing is left.
func (m *Model) SaveSome(put func(key, value []byte) (more bool)) (done bool) {
	k := &m.attic
	for len(k.leaving) > 0 {
		id := k.leaving[len(k.leaving)-1]
		k.leaving = k.leaving[:len(k.leaving)-1]
		value := k.parting[id]
		delete(k.parting, id)
		if m.find(id) == nil && !put([]byte(id), value) {
			return false
		}
	}
	for len(k.unsaved) > 0 {
		d := m.bySerial(k.unsaved[len(k.unsaved)-1])
		k.unsaved = k.unsaved[:len(k.unsaved)-1]
		if d == nil || !d.unsaved {
			continue
		}
		d.unsaved = false
		k.scratch = d.append(k.scratch[:0])
		if !put([]byte(d.id), k.scratch) {
			return false
		}
	}
	return m.saveRest(put)
}

func (m *Model) saveRest(put func(key, value []byte) (more bool)) (done bool) {
	k := &m.attic
	for len(k.gone) > 0 {
		id := k.gone[len(k.gone)-1]
		k.gone = k.gone[:len(k.gone)-1]
		if m.find(id) == nil && k.away.Peek(id) == nil && !put([]byte(id), nil) {
			return false
		}
	}
	for len(k.scopes) > 0 {
		vni := k.scopes[len(k.scopes)-1]
		k.scopes = k.scopes[:len(k.scopes)-1]
		if s := m.scopes.Peek(vni); s != nil && !put(scopeKey(vni), append([]byte{scopeForm}, s.vpc...)) {
			return false
		}
	}
	w := writer{append(k.scratch[:0], modelForm)}
	w.moment(m.began)
	w.number(uint64(m.lastName))
	k.scratch = w.b
	put(selfKey(), k.scratch)
	return true
}

// Load takes back one entry, before the first record comes. Where there are more devices than there is room, those that were active last
// stay in memory; the others are away, and come back when they are seen.
func (m *Model) Load(key, value []byte) error {
	switch {
	case len(key) == 0:
		return fmt.Errorf("device without an id")
	case key[0] != 0:
		return m.loadDevice(string(key), value)
	case len(key) == 1:
		return m.loadSelf(value)
	case len(key) == 5 && len(value) > 1 && value[0] == scopeForm && len(value) <= maxOwned:
		s, _ := m.scopes.Put(binary.BigEndian.Uint32(key[1:]))
		vpc := m.intern(string(value[1:]))
		*s = scope{vni: binary.BigEndian.Uint32(key[1:]), vpc: vpc, key: keyOf(vpc), asked: -askEvery}
		return nil
	}
	return fmt.Errorf("key %.16x: %w", key, errBroken)
}

func (m *Model) loadSelf(value []byte) error {
	if len(value) == 0 || value[0] != modelForm {
		return fmt.Errorf("model: form %d, want %d", value[:min(len(value), 1)], modelForm)
	}
	r := &reader{b: value[1:]}
	began, last := r.moment(), r.short()
	if r.broken || len(r.b) > 0 {
		return fmt.Errorf("model: %w", errBroken)
	}
	m.began, m.lastName = began, max(m.lastName, last)
	return nil
}

func (m *Model) loadDevice(id string, value []byte) error {
	d, err := m.decode(id, value)
	if err != nil {
		return err
	}
	if m.bySerial(d.Serial) != nil || m.find(id) != nil {
		return fmt.Errorf("device %.64q: there is one with its id or its serial %d", id, d.Serial)
	}
	m.lastName = max(m.lastName, d.Serial)
	if m.attic.loaded == nil {
		m.attic.loaded = &oldestFirst{}
	}
	h := m.attic.loaded.of(d.Class)
	t := m.tableOf(&d)
	if t.Len() >= m.limitOf(d.Class) {
		if d.LastSeen <= (*h)[0].seen {
			m.attic.away.Put(id)
			return nil
		}
		oldest := heap.Pop(h).(arrival)
		t.Touch(t.Find(oldest.id))
		m.dismiss(t, oldest.id)
	}
	heap.Push(h, arrival{d.LastSeen, id})
	m.admit(t, d)
	return nil
}

// dismiss takes a device out of the memory that was loaded a moment ago.
func (m *Model) dismiss(t *table, id string) {
	m.leave(id, t.Peek(id))
	t.Delete(id)
}

// admit puts a device back into its table, and on those of its seats that are nobody's.
func (m *Model) admit(t *table, d Device) *entry {
	kept, _ := t.Put(d.id)
	*kept = d
	e := t.Find(d.id)
	e.Value.places = nil
	e.Value.said = m.said[d.id]
	m.serials[d.Serial] = &e.Value
	for _, p := range d.places {
		if m.seats[p] == nil {
			s := m.seat(p, e, p.scope != 0 && p.scope != everywhere)
			s.from, s.asked = d.Owner.From, -askEvery
		}
	}
	m.regroup(&e.Value)
	return e
}

// settled brings the tables into the order of activity after what was kept was loaded.
func (m *Model) settled() {
	loaded := m.attic.loaded
	m.attic.loaded = nil
	for _, class := range []Class{Local, External} {
		list, t := *loaded.of(class), m.tableOf(&Device{Class: class})
		slices.SortFunc(list, func(a, b arrival) int { return cmp.Or(cmp.Compare(a.seen, b.seen), cmp.Compare(a.id, b.id)) })
		for _, a := range list {
			t.Touch(t.Find(a.id))
		}
	}
}

// oldestFirst knows who of those that were loaded was active least recently.
type oldestFirst struct{ inside, outside arrivals }

func (o *oldestFirst) of(c Class) *arrivals {
	if c == Local {
		return &o.inside
	}
	return &o.outside
}

type arrival struct {
	seen events.Time
	id   string
}

type arrivals []arrival

func (a arrivals) Len() int { return len(a) }
func (a arrivals) Less(i, j int) bool {
	return a[i].seen < a[j].seen || a[i].seen == a[j].seen && a[i].id < a[j].id
}
func (a arrivals) Swap(i, j int) { a[i], a[j] = a[j], a[i] }
func (a *arrivals) Push(x any)   { *a = append(*a, x.(arrival)) }
func (a *arrivals) Pop() any {
	last := (*a)[len(*a)-1]
	*a = (*a)[:len(*a)-1]
	return last
}
