// Package facets keeps detections as columns in memory, so that a million of them are searched, counted and grouped in milliseconds. What
// comes in is what an index needs of each detection (Encode makes it small enough to be kept beside the detection, and quick to load);
// what goes out is ids, a page at a time, histograms and groups, as store.DetectionFilter.Match and the comments in shared/store define
// them. It never holds a detection whole, never reads or writes a file, and never imports an implementation of the store.
//
// What many detections share (kind, triage, place, participants) is kept once, and each question is asked of it once a scan; a scan is
// then little more than look-ups by small numbers. A scan runs on the goroutine that asks and no other, so that a question takes one
// processor and leaves the rest to those who write. It holds the lock for one chunk of detections at a time: a writer waits for a few
// hundred microseconds (a few milliseconds where a chunk names thousands of participants that the scan has not met), and sees or is
// seen whole.
//
// A detection takes 268 bytes (a million over 90 days with 160,000 hosts outside and 5,000 devices: 269 MB, measured with what the tables
// of shared sections take). While groups are counted, a pair for each bar and participant comes to it: 24 MB a million detections.
package facets

import (
	"hash/maphash"
	"math"
	"strings"
	"sync"
)

// Options set up an Index; the zero value is the default.
type Options struct {
	Expect int // detections to make room for at once; 0: as they come
}

// Index answers questions about the detections put into it. Any goroutine may call it.
type Index struct {
	mu     sync.RWMutex
	clock  uint64 // grows with each change; tells a memo what is younger than its scan
	latest int64  // the greatest Created so far: the high-water mark of new walks
	count  int
	chunks []*chunk // nil where a chunk had no detection left
	filled int      // the chunk that takes new ones
	rows   locator

	natures, triages, places, profiles table

	blocks sync.Pool // for the logs of groupings
}

// New makes an empty index.
func New(o Options) *Index {
	return &Index{
		latest: math.MinInt64, filled: -1,
		rows:    locator{seed: maphash.MakeSeed(), byHash: make(map[uint64]uint32, o.Expect), odd: map[string]uint32{}},
		natures: newTable(), triages: newTable(), places: newTable(), profiles: newTable(),
		blocks: newBlocks(),
	}
}

// Len says how many detections there are.
func (x *Index) Len() int {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.count
}

// Put takes detections in, each in the place of the one with its id.
func (x *Index) Put(list ...Facet) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for i := range list {
		x.put(&list[i])
	}
}

// Remove forgets detections; those that are not there do no harm.
func (x *Index) Remove(ids ...string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, id := range ids {
		x.remove(id)
	}
}

func (x *Index) put(f *Facet) {
	x.clock++
	x.latest = max(x.latest, f.created)
	hash, row, known := x.find(f.id)
	if !known {
		row = x.place()
		x.rows.add(hash, f.id, row)
		x.count++
	}
	c, i := x.chunks[row>>chunkBits], int(row&(chunkRows-1))
	if known {
		defer x.release(c.nature[i], c.triage[i], c.place[i])
	} else {
		c.count++
	}
	c.flags[i] = live | f.flags()
	c.created[i], c.start[i], c.update[i], c.modified[i], c.score[i] = f.created, f.start, f.update, f.modified, f.score
	c.nature[i], c.triage[i] = x.natures.take(f.nature, x.clock), x.triages.take(f.triage, x.clock)
	c.place[i] = x.places.take(f.place, x.clock)
	x.setParts(c, i, f.parts)
	c.texts.set(i, f)
	c.widen(i)
	c.keepTidy()
}

func (f *Facet) flags() uint8 {
	if f.ongoing {
		return ongoing
	}
	return 0
}

// release gives up what a row referred to before it was written again: after that, so that what stays the same is not made anew.
func (x *Index) release(nature, triage, place uint32) {
	x.natures.drop(nature)
	x.triages.drop(triage)
	x.places.drop(place)
}

func (x *Index) setParts(c *chunk, i int, list []facetPart) {
	before := append([]part(nil), c.parts.of(uint16(i))...)
	to := c.parts.set(i, len(list))
	for j, p := range list {
		to[j] = part{x.profiles.take(p.profile, x.clock), p.port, p.role}
	}
	for _, p := range before {
		x.profiles.drop(p.profile)
	}
}

func (c *chunk) keepTidy() {
	if c.texts.wasteful() || c.parts.wasteful() {
		c.tidy()
	}
}

func (x *Index) remove(id string) {
	hash, row, known := x.find(id)
	if !known {
		return
	}
	x.clock++
	x.count--
	at := row >> chunkBits
	c, i := x.chunks[at], int(row&(chunkRows-1))
	x.rows.remove(hash, id, row)
	x.release(c.nature[i], c.triage[i], c.place[i])
	x.setParts(c, i, nil)
	c.texts.clear(i)
	c.flags[i] = 0
	c.next = min(c.next, i)
	if c.count--; c.count > 0 {
		c.keepTidy()
		return
	}
	x.chunks[at] = nil
	if x.filled == int(at) {
		x.filled = -1
	}
}

// place finds a row for a new detection. When the chunk being filled is full, one that lost most of its detections is filled up before
// another is made: what stays after a purge may lie thinly in many.
func (x *Index) place() uint32 {
	if x.filled >= 0 {
		full := x.chunks[x.filled]
		if i, ok := full.room(); ok {
			return uint32(x.filled<<chunkBits | i)
		}
		full.tidy()
	}
	x.filled = x.thinnest()
	c := x.chunks[x.filled]
	c.tidy()
	c.next = 0
	i, _ := c.room()
	return uint32(x.filled<<chunkBits | i)
}

func (x *Index) thinnest() int {
	best, least := len(x.chunks), chunkRows/4
	for i, c := range x.chunks {
		if c == nil {
			x.chunks[i] = &chunk{}
			return i
		}
		if c.count < least {
			best, least = i, c.count
		}
	}
	if best == len(x.chunks) {
		x.chunks = append(x.chunks, &chunk{})
	}
	return best
}

func (x *Index) find(id string) (hash uint64, row uint32, ok bool) {
	hash = maphash.String(x.rows.seed, id)
	if row, ok = x.rows.byHash[hash]; ok && string(x.idAt(row)) == id {
		return hash, row, true
	}
	row, ok = x.rows.odd[id]
	return hash, row, ok
}

func (x *Index) idAt(row uint32) []byte {
	return x.chunks[row>>chunkBits].texts.idOf(uint16(row & (chunkRows - 1)))
}

// locator knows the row of each id. Its map is keyed by hashes, which takes half of what one of strings does and gives the garbage
// collector nothing to follow; ids whose hash another has already, should it ever happen, are kept apart.
type locator struct {
	seed   maphash.Seed
	byHash map[uint64]uint32
	odd    map[string]uint32
}

func (l *locator) add(hash uint64, id string, row uint32) {
	if _, taken := l.byHash[hash]; taken {
		l.odd[strings.Clone(id)] = row
		return
	}
	l.byHash[hash] = row
}

func (l *locator) remove(hash uint64, id string, row uint32) {
	if have, ok := l.byHash[hash]; ok && have == row {
		delete(l.byHash, hash)
		return
	}
	delete(l.odd, id)
}

// Stats says what an index holds.
type Stats struct {
	Detections int
	Chunks     int // that take memory
	Sections   int // kinds, triages, places and participants, each kept once
}

// Stats says what the index holds.
func (x *Index) Stats() Stats {
	x.mu.RLock()
	defer x.mu.RUnlock()
	s := Stats{Detections: x.count, Sections: len(x.natures.codes) + len(x.triages.codes) + len(x.places.codes) + len(x.profiles.codes)}
	for _, c := range x.chunks {
		if c != nil {
			s.Chunks++
		}
	}
	return s
}
