package segment

import (
	"bytes"
	"encoding/binary"
	"sort"
)

// contains finds the values that hold a text in small letters. All values are searched as one text, which is many times faster than
// one after the other; what is found across the border of two is none.
func (m *Matching) contains(d *dictionary, small string) (any bool) {
	m.holds = append(m.holds[:0], make([]bool, d.n+1)...)
	all := d.texts[:d.ends[d.n]]
	m.small = lowerAll(m.small[:0], all)
	needle := []byte(small)
	for from := 0; ; {
		at := bytes.Index(m.small[from:], needle)
		if at < 0 {
			return any
		}
		at += from
		i := sort.Search(d.n, func(i int) bool { return int(d.ends[i+1]) > at })
		if from = int(d.ends[i+1]); at+len(needle) <= from {
			m.holds[i+1], any = true, true
		} else {
			from = at + 1
		}
	}
}

// lowerAll appends b with small letters for capitals, eight bytes at a time.
func lowerAll(dst, b []byte) []byte {
	const high, ones = 0x8080808080808080, 0x0101010101010101
	from := len(dst)
	dst = append(dst, b...)
	out := dst[from:]
	for len(out) >= 8 {
		x := binary.LittleEndian.Uint64(out)
		low := x &^ high
		capital := (low + (0x80-'A')*ones) & ^(low + (0x7f-'Z')*ones) & ^x & high
		binary.LittleEndian.PutUint64(out, x|capital>>2)
		out = out[8:]
	}
	for i, c := range out {
		out[i] = lower(c)
	}
	return dst
}
