package sketch

// slots is an open hash table of short marks: 26 bits of a hash over a stamp of 6 bits. Two hashes are taken for one in about
// one of a hundred thousand questions to a full table, which no count of ours minds. 0 is a free place, so that no stamp is 0.
type slots []uint32

const (
	stampBits = 6
	stampMask = 1<<stampBits - 1
	// MaxStamp is the largest stamp; the smallest is 1.
	MaxStamp   = stampMask
	firstSlots = 8
)

// short gives the part of a hash that is kept, in its place above the stamp.
func short(h uint64) uint32 { return uint32(h>>(64-(32-stampBits))) << stampBits }

// find gives the place of a mark, or the free one where it would go. The table is never full.
func (s slots) find(mark uint32) (at int, there bool) {
	mask := len(s) - 1
	for at = int(mark>>stampBits*0x9e3779b1>>7) & mask; s[at] != 0; at = (at + 1) & mask {
		if s[at]&^stampMask == mark {
			return at, true
		}
	}
	return at, false
}

// full says that one more mark would make searches long.
func (s slots) full(used int) bool { return 4*(used+1) > 3*len(s) }

// rehash gives a table of a size with the marks that keep wants, and how many these are.
func (s slots) rehash(size int, keep func(mark uint32) bool) (out slots, used int) {
	out = make(slots, size)
	for _, mark := range s {
		if mark != 0 && keep(mark) {
			at, _ := out.find(mark &^ stampMask)
			out[at] = mark
			used++
		}
	}
	return out, used
}

func all(uint32) bool { return true }
