package intel

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"net/netip"
)

// seenVersion stands before each value of the memory; another is not read.
const seenVersion = 1

// Save hands over the parts that changed since it was called last, by hour and part, until put says that it is enough for now; the next
// call goes on with what is left. A nil value says that a part is gone. Both are borrowed. It says whether nothing is left.
func (s *Seen) Save(put func(key, value []byte) (more bool)) (done bool) {
	var key, value []byte
	for len(s.gone) > 0 {
		g := s.gone[len(s.gone)-1]
		s.gone = s.gone[:len(s.gone)-1]
		if key = seenKey(key[:0], g); !put(key, nil) {
			return false
		}
	}
	for number := max(s.latest-hours+1, 0); number <= s.latest; number++ {
		h := s.hours[number%hours]
		if h == nil || h.number != number {
			continue
		}
		for word := range h.dirty {
			for h.dirty[word] != 0 {
				c := 64*word + bits.TrailingZeros64(h.dirty[word])
				h.dirty[word] &= h.dirty[word] - 1
				h.saved = max(h.saved, c+1)
				key, value = seenKey(key[:0], hourChunk{number, c}), h.append(append(value[:0], seenVersion), c)
				if !put(key, value) {
					return false
				}
			}
		}
	}
	return true
}

func seenKey(b []byte, c hourChunk) []byte {
	return binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint32(b, uint32(c.hour)), uint16(c.chunk))
}

// append writes the entries of a part.
func (h *hour) append(b []byte, c int) []byte {
	for i := c * chunk; i < min((c+1)*chunk, len(h.entries)); i++ {
		e := &h.entries[i]
		b = append(b, byte(e.kind), e.flags)
		b = binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(b, e.hi), e.lo)
		b = binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(b, e.first), e.last)
		for _, client := range e.clients {
			var raw []byte
			if client != 0 {
				raw = h.clients[client-1].AsSlice()
			}
			b = append(append(b, byte(len(raw))), raw...)
		}
	}
	return b
}

var errSeen = errors.New("a part of what was seen that is cut short or not of this form")

// Load takes a part back, before anything is noted. Parts may come in any order, so that they are parted anew: all of it is saved again once.
func (s *Seen) Load(key, value []byte) error {
	if len(key) != 6 || len(value) == 0 || value[0] != seenVersion {
		return fmt.Errorf("load key %x: a value of %d bytes that is not of version %d", key[:min(len(key), 16)], len(value), seenVersion)
	}
	at := hourChunk{int64(binary.BigEndian.Uint32(key)), int(binary.BigEndian.Uint16(key[4:]))}
	h := s.hour(at.hour)
	if h == nil {
		s.gone = append(s.gone, at) // over a day old: it is to leave the disk, too
		return nil
	}
	h.saved = max(h.saved, at.chunk+1)
	for b := value[1:]; len(b) > 0; {
		rest, err := s.loadOne(h, b)
		if err != nil {
			return fmt.Errorf("load key %x: %w", key, err)
		}
		b = rest
	}
	return nil
}

func (s *Seen) loadOne(h *hour, b []byte) (rest []byte, err error) {
	const fixed = 2 + 8 + 8 + 4 + 4
	if len(b) < fixed || Kind(b[0]) >= Kinds {
		return nil, errSeen
	}
	first, last := binary.BigEndian.Uint32(b[18:]), binary.BigEndian.Uint32(b[22:])
	e, _ := h.put(Kind(b[0]), binary.BigEndian.Uint64(b[2:]), binary.BigEndian.Uint64(b[10:]), first)
	if e == nil {
		return nil, errSeen
	}
	e.flags, e.first, e.last = b[1], min(e.first, first), max(e.last, last)
	b = b[fixed:]
	for i := range e.clients {
		if len(b) == 0 || int(b[0]) > len(b)-1 {
			return nil, errSeen
		}
		n := int(b[0])
		if a, ok := netip.AddrFromSlice(b[1 : 1+n]); ok {
			e.clients[i] = h.client(a)
		} else if n != 0 {
			return nil, errSeen
		}
		b = b[1+n:]
	}
	return b, nil
}
