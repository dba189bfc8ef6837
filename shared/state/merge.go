package state

import (
	"fmt"
	"hash/maphash"
)

// merger walks the entries of a chain, each key once, as it stands in the end, in the order in which they were written last. It reads the
// logs twice: first to learn which of their entries is the last of its key, then to give it. So it holds a few words for each key of the
// logs, and of the snapshot, which is the large one, nothing.
type merger struct {
	list   []*source
	parts  map[string]int // version by name; nil: everything is read
	codec  *codec
	seeds  [2]maphash.Seed
	lasts  map[[2]uint64]uint64 // of a key of the logs: which entry of theirs is the last
	count  uint64               // entries of the logs, so far
	id     []byte
	others map[Part]int // entries of parts that are not read
	broken []string     // frames whose checksum is right and whose content is not
	stop   func() bool
	at     int64 // of the frame whose entries are given
}

func newMerger(list []*source, parts map[string]int, c *codec, stop func() bool) *merger {
	return &merger{
		list: list, parts: parts, codec: c, stop: stop,
		seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}, lasts: map[[2]uint64]uint64{}, others: map[Part]int{},
	}
}

// walk gives every entry that is there in the end to each, with the file it is of. It ends at the first error of each.
func (m *merger) walk(each func(Entry, *source) error) error {
	if len(m.list) == 0 {
		return nil
	}
	first := 0
	if m.list[0].kind == aSnapshot { // it needs no second look: it holds each key once, and everything after it is later
		first = 1
	}
	for _, s := range m.list[first:] {
		err := m.entries(s, func(e *Entry) error {
			m.count++
			m.lasts[m.key(e)] = m.count
			return nil
		}, false)
		if err != nil {
			return err
		}
	}
	n := uint64(0)
	for i, s := range m.list {
		err := m.entries(s, func(e *Entry) error {
			if i < first {
				if _, later := m.lasts[m.key(e)]; later {
					return nil
				}
			} else if n++; e.Value == nil || m.lasts[m.key(e)] != n {
				return nil
			}
			return m.give(e, s, each)
		}, true)
		if err != nil {
			return err
		}
	}
	return nil
}

// give shows an entry to whoever takes them, where its part is read.
func (m *merger) give(e *Entry, s *source, each func(Entry, *source) error) error {
	if version, known := m.parts[e.Part.Name]; m.parts != nil && (!known || version != e.Part.Version) {
		m.others[e.Part]++
		s.flawed = true
		return nil
	}
	return each(*e, s)
}

// key is a hash of 128 bits under seeds that nobody knows: two keys do not meet by chance in the age of the universe, nor on purpose.
func (m *merger) key(e *Entry) [2]uint64 {
	m.id = append(append(m.id[:0], e.Part.Name...), 0, byte(e.Part.Version), byte(e.Part.Version>>8), byte(e.Part.Version>>16))
	m.id = append(m.id, e.Key...)
	return [2]uint64{maphash.Bytes(m.seeds[0], m.id), maphash.Bytes(m.seeds[1], m.id)}
}

// entries gives those of a file. Note tells of frames that contradict themselves: a file is looked at twice, but told of once.
func (m *merger) entries(s *source, each func(*Entry) error, note bool) error {
	for i := range s.scan.frames {
		f := &s.scan.frames[i]
		if f.what != ofEntries {
			continue
		}
		if m.stop != nil && m.stop() {
			return errStopped
		}
		m.at = f.at
		b, err := m.codec.unpack(s.f, f)
		if err == nil {
			err = m.block(b, each)
		}
		if own, ok := err.(callersError); ok {
			return own.error
		}
		if err != nil && note {
			s.flawed = true
			m.broken = append(m.broken, fmt.Sprintf("%s: damaged at byte %d: %v; its entries are left out", s.name, f.at, err))
		}
	}
	return nil
}

// callersError is one of whoever takes the entries, not of the file.
type callersError struct{ error }

func (m *merger) block(b []byte, each func(*Entry) error) error {
	p, b, err := partOf(b)
	if err != nil {
		return err
	}
	e := Entry{Part: p}
	for len(b) > 0 {
		if e.Key, e.Value, b, err = next(b); err != nil {
			return err
		}
		if err := each(&e); err != nil {
			return callersError{err}
		}
	}
	return nil
}
