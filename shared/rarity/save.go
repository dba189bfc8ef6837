package rarity

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"slices"

	"github.com/mirrorwatch/mirrorwatch/shared/sketch"
)

// What is saved goes under three sorts of keys: an entry by its kind and slot, so that an entry which takes another's slot takes its
// place on disk, too, and nothing needs to be deleted; a block of a filter by filter, layer and number; and the site itself.
const (
	version   = 1
	keySite   = 0xff
	keyFilter = 0xf0 // and the filter's number
)

// Save hands over what changed since it was called last, as detect.Keeper has it. What is borrowed is good during the call.
func (s *Site) Save(put func(key, value []byte)) {
	s.SaveSome(func(key, value []byte) bool {
		put(key, value)
		return true
	})
}

// SaveSome is Save until put says that it is enough for now; the next call goes on with what is left (detect.Sliced). It says whether nothing
// is left.
func (s *Site) SaveSome(put func(key, value []byte) (more bool)) (done bool) {
	var key [8]byte
	var value [128]byte
	if s.dirty {
		s.dirty = false
		v := binary.AppendVarint(append(value[:0], version), s.since)
		if !put(append(key[:0], keySite), s.crowd.Append(v)) {
			return false
		}
	}
	for k := range s.tables {
		t := &s.tables[k]
		t.order()
		for n := len(t.dirty); n > 0; n = len(t.dirty) {
			slot := t.dirty[n-1]
			t.dirty = t.dirty[:n-1]
			e := t.at(slot)
			e.flags &^= changed
			if !put(binary.BigEndian.AppendUint32(append(key[:0], byte(k)), slot), e.append(append(value[:0], version))) {
				return false
			}
		}
	}
	for i, f := range s.filters() {
		if !f.save(byte(i), put) {
			return false
		}
	}
	return true
}

func (s *Site) filters() [2]*filter { return [2]*filter{&s.triples, &s.left} }

// Load takes back a value that Save handed over. The first Observe or Save ends the loading.
func (s *Site) Load(key, value []byte) error {
	if len(key) == 0 || len(value) == 0 {
		return errors.New("load rarity: an empty key or value")
	}
	if value[0] != version {
		return fmt.Errorf("load rarity: version %d, known is %d", value[0], version)
	}
	value = value[1:]
	switch {
	case key[0] == keySite && len(key) == 1:
		return s.loadSite(value)
	case key[0] < byte(Triple) && len(key) == 5:
		return s.tables[key[0]].load(binary.BigEndian.Uint32(key[1:]), value)
	case key[0]&keyFilter == keyFilter && key[0]&^keyFilter < 2 && len(key) == 6:
		return s.filters()[key[0]&^keyFilter].load(key[1], binary.BigEndian.Uint32(key[2:]), value)
	}
	return fmt.Errorf("load rarity: key %x is of no known sort", key[:min(len(key), 16)])
}

func (s *Site) loadSite(value []byte) error {
	since, n := binary.Varint(value)
	if n <= 0 {
		return fmt.Errorf("load rarity: a site of %d bytes that cannot be read", len(value))
	}
	var crowd sketch.Distinct
	rest, err := crowd.Parse(value[n:])
	if err != nil || len(rest) > 0 {
		return fmt.Errorf("load rarity: a site of %d bytes that cannot be read", len(value))
	}
	s.since, s.crowd, s.people = since, crowd, crowd.Count()
	return nil
}

// append writes an entry: hash, first, the time from there to last, flags, how many devices, and these.
func (e *entry) append(b []byte) []byte {
	b = binary.LittleEndian.AppendUint64(b, e.hash)
	b = binary.AppendUvarint(b, uint64(e.first))
	b = binary.AppendUvarint(b, uint64(e.last-e.first))
	b = append(b, e.flags&stored, e.few)
	if e.few == sketched {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(e.count))
		for _, w := range e.who {
			b = binary.LittleEndian.AppendUint32(b, w)
		}
		return b
	}
	for _, w := range e.who[:e.few] {
		b = binary.AppendUvarint(b, uint64(w))
	}
	return b
}

// parse reads what append wrote, and says whether all of it made sense.
func (e *entry) parse(b []byte) bool {
	if len(b) < 8 {
		return false
	}
	*e = entry{hash: binary.LittleEndian.Uint64(b)}
	first, n := binary.Uvarint(b[8:])
	if n <= 0 {
		return false
	}
	b = b[8+n:]
	lasted, n := binary.Uvarint(b)
	if n <= 0 || first+lasted > math.MaxUint32 || first > math.MaxUint32 || len(b) < n+2 {
		return false
	}
	e.first, e.last, e.flags, e.few = uint32(first), uint32(first+lasted), b[n]&stored, b[n+1]
	b = b[n+2:]
	if e.few == sketched {
		return e.parseRegisters(b)
	}
	if e.few > exact {
		return false
	}
	for i := range e.few {
		w, n := binary.Uvarint(b)
		if n <= 0 || w > math.MaxUint32 {
			return false
		}
		e.who[i], b = uint32(w), b[n:]
	}
	return len(b) == 0
}

func (e *entry) parseRegisters(b []byte) bool {
	if len(b) != 4+4*exact {
		return false
	}
	e.count = math.Float32frombits(binary.LittleEndian.Uint32(b))
	for i := range e.who {
		e.who[i] = binary.LittleEndian.Uint32(b[4+4*i:])
	}
	return e.count > exact && e.count < 1<<30
}

// load puts an entry into the slot it had. A value that comes twice counts as it came last.
func (t *table) load(slot uint32, value []byte) error {
	if slot < anchors || int64(slot) >= int64(t.limit)+anchors {
		return fmt.Errorf("load rarity: slot %d, allowed are %d to %d", slot, anchors, t.limit+anchors-1)
	}
	var e entry
	if !e.parse(value) || e.first == 0 {
		return fmt.Errorf("load rarity: an entry of %d bytes that cannot be read", len(value))
	}
	if have := t.slot(e.hash); have != 0 && have != slot {
		return fmt.Errorf("load rarity: the entry of slot %d is in slot %d, too", slot, have)
	}
	t.reach(slot)
	t.slots = max(t.slots, slot+1)
	if old := t.at(slot); old.first != 0 {
		t.leave(old.hash, slot)
		t.used--
	}
	*t.at(slot) = e
	t.enter(e.hash, slot)
	t.used++
	t.loaded = true
	return nil
}

// order ends a loading: entries go into the rings by last use, and slots that nothing came for are free.
func (t *table) order() {
	if !t.loaded {
		return
	}
	t.loaded = false
	slots := make([]uint32, 0, t.used)
	for slot := uint32(anchors); slot < t.slots; slot++ {
		if t.at(slot).first != 0 {
			slots = append(slots, slot)
		} else {
			t.free = append(t.free, slot)
		}
	}
	slices.SortFunc(slots, func(a, b uint32) int {
		if x, y := t.at(a).last, t.at(b).last; x != y {
			return int(int64(x) - int64(y))
		}
		return int(a) - int(b)
	})
	for _, slot := range slots {
		e := t.at(slot)
		ring := uint32(0)
		if e.few > 1 {
			e.flags |= shared
			ring = 1
		} else {
			t.lone++
		}
		t.push(slot, ring)
	}
}

// save hands over the blocks that changed, and says whether it came to the end.
func (f *filter) save(number byte, put func(key, value []byte) (more bool)) bool {
	var key [8]byte
	var value [128]byte
	for place := range f.layers {
		l := &f.layers[place]
		for i := range l.marks {
			for l.marks[i] != 0 {
				at := uint32(i*64 + bits.TrailingZeros64(l.marks[i]))
				l.marks[i] &= l.marks[i] - 1
				v := binary.AppendUvarint(append(value[:0], version), uint64(l.serial))
				for _, w := range l.blocks[at] {
					v = binary.LittleEndian.AppendUint64(v, w)
				}
				if !put(binary.BigEndian.AppendUint32(append(key[:0], keyFilter|number, byte(place)), at), v) {
					return false
				}
			}
		}
	}
	return true
}

// load takes back a block. Blocks of a layer that was given up are still on disk where the newer one has not come to them; those of the
// highest serial count.
func (f *filter) load(place byte, at uint32, value []byte) error {
	serial, n := binary.Uvarint(value)
	if n <= 0 || len(value) != n+64 || serial == 0 || serial > math.MaxUint32 || place >= maxLayers || (serial-1)%maxLayers != uint64(place) {
		return fmt.Errorf("load rarity: a block of %d bytes that cannot be read", len(value))
	}
	l := &f.layers[place]
	blocks := f.blocksOf(uint32(serial))
	if int64(at) >= int64(blocks) {
		return fmt.Errorf("load rarity: block %d of layer %d, which has %d", at, serial, blocks)
	}
	if uint32(serial) < l.serial {
		return nil
	}
	if uint32(serial) > l.serial {
		*l = newLayer(uint32(serial), blocks)
	}
	held := l.blocks[at].estimate()
	for i := range l.blocks[at] {
		l.blocks[at][i] = binary.LittleEndian.Uint64(value[n+8*i:])
	}
	l.held += l.blocks[at].estimate() - held
	if l.serial > f.serial {
		f.serial, f.newest = l.serial, int(place)
	}
	return nil
}
