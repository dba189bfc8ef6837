package rarity

// table holds the entries of one kind: chunks that never move, an index of slots by hash, and two rings in the order of last use, one of
// what a single device uses and one of what several do. It is a bounded.Table without pointers: a quarter of the bytes, and a slot
// number that names an entry on disk, too, so that what leaves needs no word of farewell there.
type table struct {
	limit   int
	chunks  [][]entry
	index   []uint32 // a byte of the hash and the slot; 0 is empty
	used    int      // entries
	slots   uint32   // slots ever used, the two anchors included
	lone    int      // entries in the ring of what one device uses
	free    []uint32 // slots that a load left empty
	dirty   []uint32 // slots of changed entries
	evicted uint64
	loaded  bool // entries were loaded and the rings are not in order yet
}

const (
	chunkBits = 10
	chunkSize = 1 << chunkBits
	anchors   = 2 // the first two slots are the rings' ends
	slotBits  = 24
	slotMask  = 1<<slotBits - 1
)

func (t *table) at(slot uint32) *entry { return &t.chunks[slot>>chunkBits][slot&(chunkSize-1)] }

// find gives the entry of a hash, or nil.
func (t *table) find(hash uint64) *entry {
	if slot := t.slot(hash); slot != 0 {
		return t.at(slot)
	}
	return nil
}

func (t *table) slot(hash uint64) uint32 {
	if len(t.index) == 0 {
		return 0
	}
	mask := uint64(len(t.index) - 1)
	tag := uint32(hash >> 56 << slotBits)
	for i := hash & mask; t.index[i] != 0; i = (i + 1) & mask {
		if slot := t.index[i] & slotMask; t.index[i]&^slotMask == tag && t.at(slot).hash == hash {
			return slot
		}
	}
	return 0
}

// put gives the entry of a hash, and makes an empty one where there was none, for which another may have to leave.
func (t *table) put(hash uint64, s *Site) (e *entry, fresh bool) {
	t.order()
	if slot := t.slot(hash); slot != 0 {
		return t.at(slot), false
	}
	slot := t.room(s)
	e = t.at(slot)
	was := e.flags & changed // a slot that waits to be saved is in the list already
	*e = entry{hash: hash, flags: was}
	t.enter(hash, slot)
	t.used++
	t.push(slot, 0)
	t.lone++
	t.mark(e, slot)
	return e, true
}

// room gives a slot that nobody uses.
func (t *table) room(s *Site) uint32 {
	if t.used >= t.limit {
		return t.evict(s)
	}
	if n := len(t.free); n > 0 {
		slot := t.free[n-1]
		t.free = t.free[:n-1]
		return slot
	}
	t.reach(max(t.slots, anchors))
	t.slots++
	return t.slots - 1
}

// reach makes the chunks up to a slot, and the anchors.
func (t *table) reach(slot uint32) {
	for int(slot>>chunkBits) >= len(t.chunks) {
		t.chunks = append(t.chunks, make([]entry, chunkSize))
	}
	if t.slots == 0 {
		t.slots = anchors
		*t.at(1) = entry{prev: 1, next: 1}
	}
}

// evict takes the least recent entry of those that one device uses, as long as they are half of all: a device that makes up names must
// not push out what the others share.
func (t *table) evict(s *Site) uint32 {
	ring := uint32(1)
	if t.lone > t.limit/2 {
		ring = 0
	}
	slot := t.at(ring).prev
	e := t.at(slot)
	s.left.add(remembered(s.kindOf(t), e.hash))
	t.drop(e)
	if e.flags&shared == 0 {
		t.lone--
	}
	t.leave(e.hash, slot)
	t.used--
	t.evicted++
	return slot
}

// kindOf says whose table it is.
func (s *Site) kindOf(t *table) Kind {
	for k := range s.tables {
		if t == &s.tables[k] {
			return Kind(k)
		}
	}
	return NumKinds
}

// join counts a device of an entry; with the second one the entry is shared.
func (t *table) join(e *entry, device uint32) bool {
	if !e.add(device) {
		return false
	}
	slot := t.slot(e.hash)
	if e.few > 1 && e.flags&shared == 0 {
		e.flags |= shared
		t.lone--
		t.drop(e)
		t.push(slot, 1)
	}
	t.mark(e, slot)
	return true
}

// touch notes the moment. The rings are kept in order to the minute, and what is saved is right to the hour, so that the common case
// writes one line of the cache and nothing else.
func (t *table) touch(e *entry, second uint32) {
	before := e.last
	e.first, e.last = min(e.first, second), max(e.last, second)
	if second/60 <= before/60 {
		return
	}
	slot := t.slot(e.hash)
	t.drop(e)
	t.push(slot, uint32(e.flags&shared)/shared)
	if second/3600 != before/3600 {
		t.mark(e, slot)
	}
}

// mark puts an entry on the list of what is to be saved.
func (t *table) mark(e *entry, slot uint32) {
	if e.flags&changed == 0 {
		e.flags |= changed
		t.dirty = append(t.dirty, slot)
	}
	// A slot that was taken over while it waited is on the list already.
}

func (t *table) push(slot, ring uint32) {
	e, end := t.at(slot), t.at(ring)
	e.prev, e.next = ring, end.next
	t.at(end.next).prev = slot
	end.next = slot
}

func (t *table) drop(e *entry) {
	t.at(e.prev).next, t.at(e.next).prev = e.next, e.prev
}

// enter puts a slot into the index, which is never more than three quarters full.
func (t *table) enter(hash uint64, slot uint32) {
	if 4*(t.used+1) > 3*len(t.index) {
		t.spread()
	}
	mask := uint64(len(t.index) - 1)
	i := hash & mask
	for t.index[i] != 0 {
		i = (i + 1) & mask
	}
	t.index[i] = uint32(hash>>56<<slotBits) | slot
}

// spread doubles the index.
func (t *table) spread() {
	old := t.index
	t.index = make([]uint32, max(2*len(old), 64))
	mask := uint64(len(t.index) - 1)
	for _, v := range old {
		if v == 0 {
			continue
		}
		i := t.at(v&slotMask).hash & mask
		for t.index[i] != 0 {
			i = (i + 1) & mask
		}
		t.index[i] = v
	}
}

// leave takes a slot out of the index, and moves up what stood behind it.
func (t *table) leave(hash uint64, slot uint32) {
	mask := uint64(len(t.index) - 1)
	i := hash & mask
	for t.index[i]&slotMask != slot {
		i = (i + 1) & mask
	}
	for j := (i + 1) & mask; t.index[j] != 0; j = (j + 1) & mask {
		home := t.at(t.index[j]&slotMask).hash & mask
		// The one at j may move to i unless its home lies between.
		if (j-home)&mask >= (j-i)&mask {
			t.index[i] = t.index[j]
			i = j
		}
	}
	t.index[i] = 0
}

func (t *table) bytes() int {
	return len(t.chunks)*chunkSize*64 + 4*(len(t.index)+cap(t.dirty)+cap(t.free))
}
