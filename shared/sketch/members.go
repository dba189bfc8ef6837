package sketch

// Members remembers which hashes it saw, and forgets none. It may take a stranger for a member: less than one in a hundred as long
// as there are no more than MembersWell, and more often from then on, so that it errs towards silence. It grows with what it holds,
// from 256 bytes to at most 21 KiB. The zero value has seen none.
type Members struct {
	layers [][]uint64 // Bloom filters, each four times as large as the one before; only the last takes new members
	room   int        // of the last
	count  int
}

const (
	firstWords  = 32   // of the first layer
	lastWords   = 2048 // of the largest
	bitsAMember = 16
	hashes      = 6
)

// MembersWell is up to how many members it judges well: what the layers hold at bitsAMember bits each.
const MembersWell = (32 + 128 + 512 + 2048) * 64 / bitsAMember

// Has says whether a hash was added.
func (m *Members) Has(h uint64) bool {
	for _, layer := range m.layers {
		if holds(layer, h) {
			return true
		}
	}
	return false
}

// Add takes a hash and says whether it was a stranger.
func (m *Members) Add(h uint64) (fresh bool) {
	if m.Has(h) {
		return false
	}
	if m.room == 0 && (len(m.layers) == 0 || len(m.last()) < lastWords) {
		words := firstWords
		if len(m.layers) > 0 {
			words = 4 * len(m.last())
		}
		m.layers = append(m.layers, make([]uint64, words))
		m.room = words * 64 / bitsAMember
	}
	layer, a, b := m.last(), Mix(h), Mix(h^0x9e3779b97f4a7c15)|1
	for range hashes {
		at := a % uint64(len(layer)*64)
		layer[at/64] |= 1 << (at % 64)
		a += b
	}
	m.room = max(m.room-1, 0)
	m.count++
	return true
}

// Len is how many were added that were strangers.
func (m *Members) Len() int { return m.count }

func (m *Members) last() []uint64 { return m.layers[len(m.layers)-1] }

func holds(layer []uint64, h uint64) bool {
	a, b := Mix(h), Mix(h^0x9e3779b97f4a7c15)|1
	for range hashes {
		at := a % uint64(len(layer)*64)
		if layer[at/64]&(1<<(at%64)) == 0 {
			return false
		}
		a += b
	}
	return true
}

// Words gives what it holds, for who writes it down: layer after layer. They are borrowed.
func (m *Members) Words() (layers [][]uint64, room, count int) { return m.layers, m.room, m.count }

// MembersOf makes one of what Words gave; ok is false where that cannot have been.
func MembersOf(layers [][]uint64, room, count int) (m Members, ok bool) {
	want := firstWords
	for _, layer := range layers {
		if len(layer) != want || want > lastWords {
			return m, false
		}
		want *= 4
	}
	if room < 0 || count < 0 || len(layers) == 0 && room > 0 || room > lastWords*64/bitsAMember {
		return m, false
	}
	return Members{layers, room, count}, true
}
