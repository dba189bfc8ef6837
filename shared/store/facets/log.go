package facets

import (
	"cmp"
	"slices"
	"sync"
)

// log keeps pairs of a group and a bar, and of a group and a device in a role, as they come. It takes eight bytes for each detection,
// group and participant: some 24 MB for a million detections, in blocks that the next question uses again. Pairs of devices that came
// before are taken out once there are as many as squeezeAt, and again when they have doubled.
type log struct {
	pool      *sync.Pool
	byBar     blocks
	byDevice  blocks
	squeezeAt int // full blocks; 0: firstSqueeze
}

// block is 64 KB of pairs.
type block [8192]uint64

type blocks struct {
	full []*block
	last *block
	used int
}

// firstSqueeze is 64 MB of pairs.
const firstSqueeze = 1024

func newBlocks() sync.Pool { return sync.Pool{New: func() any { return new(block) }} }

func (l *log) bar(key, bar uint32) { l.byBar.add(l.pool, uint64(key)<<32|uint64(bar)) }

func (l *log) device(key, device uint32, role byte) {
	l.byDevice.add(l.pool, uint64(key)<<32|uint64(device)<<1|uint64(role-roleOffender))
	if len(l.byDevice.full) > cmp.Or(l.squeezeAt, firstSqueeze) {
		l.squeeze()
	}
}

// squeeze takes out what is there twice. Few ever need it: a million detections of two participants do not.
func (l *log) squeeze() {
	var all []uint64
	l.byDevice.each(func(pair uint64) { all = append(all, pair) })
	l.byDevice.free(l.pool)
	slices.Sort(all)
	for _, pair := range slices.Compact(all) {
		l.byDevice.add(l.pool, pair)
	}
	l.squeezeAt = max(2*len(l.byDevice.full), firstSqueeze)
}

func (l *log) bars(see func(key, bar uint32)) {
	l.byBar.each(func(pair uint64) { see(uint32(pair>>32), uint32(pair)) })
}

// devices gives which = twice the device, and one more where it is a victim.
func (l *log) devices(see func(key, which uint32)) {
	l.byDevice.each(func(pair uint64) { see(uint32(pair>>32), uint32(pair)) })
}

func (l *log) free() {
	l.byBar.free(l.pool)
	l.byDevice.free(l.pool)
}

func (b *blocks) add(pool *sync.Pool, pair uint64) {
	if b.last == nil || b.used == len(b.last) {
		if b.last != nil {
			b.full = append(b.full, b.last)
		}
		b.last, b.used = pool.Get().(*block), 0
	}
	b.last[b.used] = pair
	b.used++
}

func (b *blocks) each(see func(pair uint64)) {
	for _, full := range b.full {
		for _, pair := range full {
			see(pair)
		}
	}
	if b.last != nil {
		for _, pair := range b.last[:b.used] {
			see(pair)
		}
	}
}

func (b *blocks) free(pool *sync.Pool) {
	for _, full := range b.full {
		pool.Put(full)
	}
	if b.last != nil {
		pool.Put(b.last)
	}
	*b = blocks{}
}
