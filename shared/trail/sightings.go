package trail

import (
	"encoding/binary"
	"hash/fnv"
	"slices"
)

// sightings counts different events without keeping their ids: the smallest hashes of them are enough. To see the same event twice, or the
// same ones in another order, changes nothing, so that a file that is delivered again does not count twice. Up to maxSightings the count is
// exact; beyond, it is within a fifth.
type sightings []uint32

const maxSightings = 32

// hashOf spreads an id evenly.
func hashOf(id string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(id))
	// FNV alone spreads short ids badly; this is the end of MurmurHash3.
	x := h.Sum64()
	x = (x ^ x>>33) * 0xff51afd7ed558ccd
	x = (x ^ x>>33) * 0xc4ceb9fe1a85ec53
	return x ^ x>>33
}

// add sees an event; false where it changes nothing.
func (s *sightings) add(id string) bool { return s.take(uint32(hashOf(id) >> 32)) }

func (s *sightings) take(h uint32) bool {
	at, there := slices.BinarySearch(*s, h)
	if there || at == maxSightings {
		return false
	}
	*s = slices.Insert(*s, at, h)
	if len(*s) > maxSightings {
		*s = (*s)[:maxSightings]
	}
	return true
}

// merge sees what another has seen; false where it changes nothing.
func (s *sightings) merge(o sightings) (changed bool) {
	for _, h := range o {
		changed = s.take(h) || changed
	}
	return changed
}

// count is how many there were.
func (s sightings) count() int {
	if len(s) < maxSightings {
		return len(s)
	}
	// Of hashes that are spread evenly, the 32nd smallest of n lies at 32/n of the way.
	return int(float64(maxSightings-1) / (float64(s[maxSightings-1]) + 1) * (1 << 32))
}

// bytes is the form in documents, 8 hexadecimal digits each.
func (s sightings) bytes() []byte {
	b := make([]byte, 0, 4*len(s))
	for _, h := range s {
		b = binary.BigEndian.AppendUint32(b, h)
	}
	return b
}

// sightingsOf reads that form; what is no multiple of four bytes is none.
func sightingsOf(b []byte) (s sightings) {
	for ; len(b) >= 4; b = b[4:] {
		s.take(binary.BigEndian.Uint32(b))
	}
	return s
}
