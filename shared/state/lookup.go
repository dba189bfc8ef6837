package state

import (
	"bytes"
	"hash/maphash"
	"sync"
)

// lookup knows where the entries of one part lie, so that a value which its owner had to let go can be read again. It takes some 40 bytes an
// entry. The writer moves places, whoever puts in reads them.
type lookup struct {
	part  string
	seeds [2]maphash.Seed

	mu sync.Mutex
	at map[[2]uint64]place
}

// place is the frame that holds an entry.
type place struct {
	generation uint64 // of the file
	frame      int64  // where it begins
}

func newLookup(part string) *lookup {
	if part == "" {
		return nil
	}
	return &lookup{part: part, seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}, at: map[[2]uint64]place{}}
}

func (l *lookup) id(key []byte) [2]uint64 {
	return [2]uint64{maphash.Bytes(l.seeds[0], key), maphash.Bytes(l.seeds[1], key)}
}

// note takes where an entry lies.
func (l *lookup) note(e *Entry, p place) {
	if l == nil || e.Part.Name != l.part {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.at[l.id(e.Key)] = p
}

// wrote takes a block that was written.
func (l *lookup) wrote(b *block, p place) {
	if l == nil || b.part.Name != l.part {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.each(b.data, func(id [2]uint64, there bool) {
		if there {
			l.at[id] = p
		} else {
			delete(l.at, id)
		}
	})
}

func (l *lookup) each(data []byte, f func(id [2]uint64, there bool)) {
	_, rest, err := partOf(data)
	for err == nil && len(rest) > 0 {
		var key, value []byte
		if key, value, rest, err = next(rest); err == nil {
			f(l.id(key), value != nil)
		}
	}
}

// moved follows a minute under way into another log.
func (l *lookup) moved(from uint64, after int64, to uint64) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for id, p := range l.at {
		if p.generation == from && p.frame >= after {
			l.at[id] = place{to, p.frame - after + fileHeader}
		}
	}
}

// adopt follows entries into a snapshot, unless something newer came meanwhile.
func (l *lookup) adopt(snapshot uint64, places map[[2]uint64]int64) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for id, p := range l.at {
		if p.generation < snapshot {
			if frame, there := places[id]; there {
				l.at[id] = place{snapshot, frame}
			} else {
				delete(l.at, id)
			}
		}
	}
}

func (l *lookup) find(key []byte) (place, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	p, ok := l.at[l.id(key)]
	return p, ok
}

// Get reads one entry of the part that Options.Lookup names, as it was put in last, committed or not. It comes from the goroutine of Put, and
// reads a block of a file: a fraction of a millisecond. The value is good until the next call.
func (l *Log) Get(key []byte) (value []byte, ok bool) {
	if l.look == nil {
		return nil, false
	}
	if value, found := l.waiting(key); found {
		return value, value != nil
	}
	for range 3 { // a compaction may delete the file between the look and the opening
		p, known := l.look.find(key)
		if !known {
			return nil, false
		}
		if value, ok := l.readAt(p, key); ok {
			return value, true
		}
	}
	return nil, false
}

// waiting looks among what is not written yet, the newest first.
func (l *Log) waiting(key []byte) (value []byte, found bool) {
	if l.block.entries > 0 && l.block.part.Name == l.look.part {
		if value, found = lastOf(l.block.data, key); found {
			return value, true
		}
	}
	l.queue.newest(func(b *block) bool {
		if b.entries > 0 && b.part.Name == l.look.part {
			value, found = lastOf(b.data, key)
			value = bytes.Clone(value)
		}
		return !found
	})
	return value, found
}

// lastOf finds the last entry of a key in a block.
func lastOf(data, want []byte) (value []byte, found bool) {
	_, rest, err := partOf(data)
	for err == nil && len(rest) > 0 {
		var key, v []byte
		if key, v, rest, err = next(rest); err == nil && bytes.Equal(key, want) {
			value, found = v, true
		}
	}
	return value, found
}

func (l *Log) readAt(p place, key []byte) ([]byte, bool) {
	name := ""
	for _, link := range l.chain.all() {
		if link.generation == p.generation {
			name = link.name
		}
	}
	f, err := l.chain.disk.open(l.chain.path(name))
	if err != nil {
		return nil, false
	}
	defer f.Close() //nolint:errcheck // nothing was written
	var head [frameHeader]byte
	if _, err := f.ReadAt(head[:], p.frame); err != nil {
		return nil, false
	}
	of, ok := readFrameHeader(head[:], p.frame)
	if !ok {
		return nil, false
	}
	if l.reading == nil {
		if l.reading, err = newCodec(); err != nil {
			return nil, false
		}
	}
	b, err := l.reading.unpack(f, &of)
	if err != nil {
		return nil, false
	}
	value, found := lastOf(b, key)
	return value, found && value != nil
}
