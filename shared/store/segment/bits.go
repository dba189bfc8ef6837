package segment

import (
	"encoding/binary"
	"math/bits"
)

// packPad is how many bytes follow packed bits, so that eight can be read wherever a value begins.
const packPad = 8

// packedSize is the length of n values of width bits, pad included.
func packedSize(n, width int) int { return (n*width+7)/8 + packPad }

// appendPacked appends values of width bits each, lowest bit first, and the pad.
func appendPacked[T uint32 | uint64](dst []byte, values []T, width int) []byte {
	at := len(dst)
	dst = append(dst, make([]byte, packedSize(len(values), width))...)
	out, pos := dst[at:], 0
	for _, v := range values {
		i, shift := pos>>3, pos&7
		word := binary.LittleEndian.Uint64(out[i:]) | uint64(v)<<shift
		binary.LittleEndian.PutUint64(out[i:], word)
		if shift+width > 64 {
			out[i+8] |= byte(uint64(v) >> (64 - shift))
		}
		pos += width
	}
	return dst
}

// packedAt reads the value at i. The caller has checked that b is packedSize long.
func packedAt(b []byte, i, width int) uint64 {
	pos := i * width
	at, shift := pos>>3, pos&7
	v := binary.LittleEndian.Uint64(b[at:]) >> shift
	if shift+width > 64 {
		v |= uint64(b[at+8]) << (64 - shift)
	}
	return v & (1<<width - 1)
}

// unpackCodes reads len(dst) values of at most 32 bits.
func unpackCodes(dst []uint32, b []byte, width int) {
	if width == 0 {
		clear(dst)
		return
	}
	mask := uint32(1<<width - 1)
	pos := 0
	for i := range dst {
		at := pos >> 3
		dst[i] = uint32(binary.LittleEndian.Uint64(b[at:at+8])>>(pos&7)) & mask
		pos += width
	}
}

// Bitmap is a set of rows.
type Bitmap []uint64

// NewBitmap makes an empty set for n rows.
func NewBitmap(n int) Bitmap { return make(Bitmap, (n+63)/64) }

// Fill adds rows [from, to).
func (b Bitmap) Fill(from, to int) {
	for i := from; i < to; {
		if i&63 == 0 && i+64 <= to {
			b[i>>6] = ^uint64(0)
			i += 64
			continue
		}
		b[i>>6] |= 1 << (i & 63)
		i++
	}
}

// Set adds a row.
func (b Bitmap) Set(i int) { b[i>>6] |= 1 << (i & 63) }

// Has says whether a row is in it.
func (b Bitmap) Has(i int) bool { return b[i>>6]>>(i&63)&1 == 1 }

// And keeps what is in o too.
func (b Bitmap) And(o Bitmap) {
	for i := range b {
		b[i] &= o[i]
	}
}

// Or adds what is in o.
func (b Bitmap) Or(o Bitmap) {
	for i := range b {
		b[i] |= o[i]
	}
}

// AndNot takes out what is in o.
func (b Bitmap) AndNot(o Bitmap) {
	for i := range b {
		b[i] &^= o[i]
	}
}

// Count says how many rows there are.
func (b Bitmap) Count() int {
	n := 0
	for _, w := range b {
		n += bits.OnesCount64(w)
	}
	return n
}

// CountIn says how many of rows [from, to) there are.
func (b Bitmap) CountIn(from, to int) int {
	if from >= to {
		return 0
	}
	first, last := from>>6, (to-1)>>6
	head, tail := ^uint64(0)<<(from&63), ^uint64(0)>>(63-(to-1)&63)
	if first == last {
		return bits.OnesCount64(b[first] & head & tail)
	}
	n := bits.OnesCount64(b[first]&head) + bits.OnesCount64(b[last]&tail)
	for _, w := range b[first+1 : last] {
		n += bits.OnesCount64(w)
	}
	return n
}

// Empty says whether there is no row.
func (b Bitmap) Empty() bool {
	for _, w := range b {
		if w != 0 {
			return false
		}
	}
	return true
}

// Each calls f with each row, ascending.
func (b Bitmap) Each(f func(row int)) {
	for i, w := range b {
		for ; w != 0; w &= w - 1 {
			f(i<<6 + bits.TrailingZeros64(w))
		}
	}
}

// Walk calls f with each row, ascending, for as long as it returns true.
func (b Bitmap) Walk(f func(row int) bool) {
	for i, w := range b {
		for ; w != 0; w &= w - 1 {
			if !f(i<<6 + bits.TrailingZeros64(w)) {
				return
			}
		}
	}
}

// WalkBack is Walk, descending.
func (b Bitmap) WalkBack(f func(row int) bool) {
	for i := len(b) - 1; i >= 0; i-- {
		for w := b[i]; w != 0; {
			top := bits.Len64(w) - 1
			if !f(i<<6 + top) {
				return
			}
			w &^= 1 << top
		}
	}
}
