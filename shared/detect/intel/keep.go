package intel

import (
	"encoding/binary"
	"fmt"
	"math"
	"net/netip"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
)

// The letters that keys of the two memories begin with.
const (
	pairLetter = 'p'
	seenLetter = 's'
)

// pairCode writes down what was told of a pair. What a person is told of it comes with the next contact.
func pairCode() detect.Code[pair, match] {
	return detect.Code[pair, match]{
		Letter: pairLetter, Version: 1,
		Write: func(key, value *detect.Numbers, p pair, m *match) {
			b := p.host.As16()
			if !p.host.IsValid() {
				b = [16]byte{}
			}
			for i := 0; i < 16; i += 4 {
				key.Add(int64(binary.BigEndian.Uint32(b[i:])))
			}
			key.Add(int64(p.id >> 32))
			key.Add(int64(p.id & math.MaxUint32))
			if m.count > 0 {
				for _, x := range []int64{int64(m.count), int64(m.start), int64(m.last), int64(m.reach), int64(m.ladder.Rung())} {
					value.Add(x)
				}
			}
		},
		Read: func(key, value *detect.Numbers, m *match) (p pair) {
			var b [16]byte
			for i := 0; i < 16; i += 4 {
				binary.BigEndian.PutUint32(b[i:], uint32(key.Next(math.MaxUint32)))
			}
			if b != ([16]byte{}) {
				p.host = netip.AddrFrom16(b).Unmap()
			}
			p.id = uint64(key.Next(math.MaxUint32))<<32 | uint64(key.Next(math.MaxUint32))
			m.count, m.start, m.last = int(value.Next(math.MaxInt32)), events.Time(value.Next(math.MaxInt64)), events.Time(value.Next(math.MaxInt64))
			m.reach = reach(value.Next(int64(talked)))
			if rung := value.Next(20); rung > 0 {
				m.ladder.Climb(math.Pow10(int(rung)-1), 1)
			}
			return p
		},
	}
}

// Save hands over what changed (detect.Keeper).
func (m *Matches) Save(put func(key, value []byte)) {
	m.SaveSome(func(key, value []byte) bool { put(key, value); return true })
}

// SaveSome is Save in slices (detect.Sliced).
func (m *Matches) SaveSome(put func(key, value []byte) (more bool)) (done bool) {
	if !m.pairs.SaveSome(put) {
		return false
	}
	var lettered []byte
	return m.seen.Save(func(key, value []byte) bool {
		lettered = append(append(lettered[:0], seenLetter), key...)
		return put(lettered, value)
	})
}

// Load takes a value back (detect.Keeper).
func (m *Matches) Load(key, value []byte) error {
	switch {
	case m.pairs.Mine(key):
		return m.pairs.Load(key, value)
	case len(key) > 0 && key[0] == seenLetter:
		return m.seen.Load(key[1:], value)
	}
	return fmt.Errorf("load key %x: of neither memory", key[:min(len(key), 16)])
}
