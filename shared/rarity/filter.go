package rarity

import (
	"math"
	"math/bits"

	"github.com/mirrorwatch/mirrorwatch/shared/sketch"
)

// filter remembers which hashes it was shown, without keeping them: split block Bloom filters (as Parquet's, with eight words of 64 bits) in
// layers, each four times the one before until it has its full size. When the last layer is full the oldest is given up, and what is
// still in use moves on before that happens. A layer that is full takes a new hash for a known one in 1 of 6,000 cases, all
// together in less than 1 of 1,000.
type filter struct {
	layers [maxLayers]layer
	newest int    // its place
	serial uint32 // of the newest layer, from 1; 0: none yet
	full   int    // blocks of a layer of full size
}

const (
	maxLayers    = 6
	perBlock     = 24      // hashes a block of 64 bytes stands for
	leastBlocks  = 1 << 8  // the first layer: 16 KiB, 6,000 hashes
	tripleBlocks = 1 << 15 // 2 MiB and 800,000 hashes a layer: between 3.9 and 4.7 million are remembered
	leftBlocks   = 1 << 13 // 512 KiB and 200,000 hashes a layer: about a million
)

type block [8]uint64

type layer struct {
	serial uint32
	held   int // hashes, about
	blocks []block
	marks  []uint64 // a bit a block: changed since it was saved
}

func newFilter(full int) filter { return filter{full: 1 << (bits.Len(uint(full)) - 1)} }

// place is where a hash lies in a layer of 2^n blocks, and the bits of its words: 16 bits for the one and 48 for the others, which never meet.
func (l *layer) place(h uint64) (*block, int) {
	at := int(h>>48) & (len(l.blocks) - 1)
	return &l.blocks[at], at
}

func (b *block) holds(h uint64) bool {
	for i := range b {
		if b[i]>>(h>>(6*i)&63)&1 == 0 {
			return false
		}
	}
	return true
}

// has says whether a hash was shown before.
func (f *filter) has(hash uint64) bool {
	_, ok := f.where(sketch.Mix(hash))
	return ok
}

// where gives the layer that holds a hash, the newest first.
func (f *filter) where(h uint64) (int, bool) {
	for i := range maxLayers {
		at := (f.newest - i + maxLayers) % maxLayers
		l := &f.layers[at]
		if len(l.blocks) == 0 {
			continue
		}
		if b, _ := l.place(h); b.holds(h) {
			return at, true
		}
	}
	return 0, false
}

// add shows a hash and says whether it is new.
func (f *filter) add(hash uint64) bool {
	h := sketch.Mix(hash)
	at, known := f.where(h)
	// What lies in the layer that goes next is moved on while it is in use.
	if known && !(f.crowded() && at == (f.newest+1)%maxLayers) {
		return false
	}
	l := &f.layers[f.newest]
	if f.serial == 0 || l.held >= perBlock*len(l.blocks) {
		l = f.next()
	}
	b, i := l.place(h)
	for w := range b {
		b[w] |= 1 << (h >> (6 * w) & 63)
	}
	l.marks[i>>6] |= 1 << (i & 63)
	l.held++
	return !known
}

// crowded says that there is a layer in every place.
func (f *filter) crowded() bool { return f.serial >= maxLayers }

// next begins a layer, in the place of the oldest where there are enough.
func (f *filter) next() *layer {
	f.serial++
	f.newest = int(f.serial-1) % maxLayers
	l := &f.layers[f.newest]
	if blocks := f.blocksOf(f.serial); len(l.blocks) != blocks {
		*l = newLayer(f.serial, blocks)
		return l
	}
	clear(l.blocks)
	clear(l.marks)
	l.serial, l.held = f.serial, 0
	return l
}

func newLayer(serial uint32, blocks int) layer {
	return layer{serial: serial, blocks: make([]block, blocks), marks: make([]uint64, (blocks+63)/64)}
}

// blocksOf is the size of the layer of a serial number.
func (f *filter) blocksOf(serial uint32) int {
	if serial > 8 {
		return f.full
	}
	return min(leastBlocks<<(2*(serial-1)), f.full)
}

// estimate reckons from its bits how many hashes a block holds: each word is a linear counter (Whang et al., 1990).
func (b *block) estimate() int {
	set := 0
	for _, w := range b {
		set += bits.OnesCount64(w)
	}
	return int(math.Round(-64 * math.Log(1-min(float64(set)/512, 0.99))))
}

func (f *filter) bytes() int {
	n := 0
	for i := range f.layers {
		n += len(f.layers[i].blocks)*64 + len(f.layers[i].marks)*8
	}
	return n
}
