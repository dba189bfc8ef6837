package facets

// tally counts numbers. It does what a map would in a third of the time, which is what makes grouping a million detections by their
// devices a matter of milliseconds. It grows with what it holds, which is bounded by the participants that were scanned.
type tally struct {
	keys   []uint64 // each number plus one; 0: free
	counts []uint32
	used   int
}

func newTally() tally { return tally{keys: make([]uint64, 64), counts: make([]uint32, 64)} }

// add counts one more of a number, and gives how many there are then.
func (t *tally) add(number uint64) uint32 {
	if t.used*2 >= len(t.keys) {
		t.grow()
	}
	i := t.slot(number + 1)
	if t.keys[i] == 0 {
		t.keys[i] = number + 1
		t.used++
	}
	t.counts[i]++
	return t.counts[i]
}

func (t *tally) slot(key uint64) uint64 {
	mask := uint64(len(t.keys) - 1)
	hash := key * 0x9e3779b97f4a7c15 // 2^64 divided by the golden ratio spreads neighbours far apart
	i := (hash >> 32) & mask
	for t.keys[i] != 0 && t.keys[i] != key {
		i = (i + 1) & mask
	}
	return i
}

func (t *tally) grow() {
	old := *t
	t.keys, t.counts = make([]uint64, 4*len(old.keys)), make([]uint32, 4*len(old.keys))
	for i, key := range old.keys {
		if key != 0 {
			to := t.slot(key)
			t.keys[to], t.counts[to] = key, old.counts[i]
		}
	}
}

func (t *tally) each(see func(number uint64, count uint32)) {
	for i, key := range t.keys {
		if key != 0 {
			see(key-1, t.counts[i])
		}
	}
}
