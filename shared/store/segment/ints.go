package segment

import (
	"encoding/binary"
	"math/bits"
)

// Whole numbers lie in blocks of intBlock, each with a base of its own and just as many bits as its values need above it: one long
// transfer widens 128 numbers, not a whole column, and any number is found without reading those before it.
const (
	intBlock  = 128
	blockHead = 8 + 4 + 1 // base, where its bits begin, their width
)

// Ints is a column of whole numbers, read in place.
type Ints struct {
	n    int
	head []byte
	body []byte
}

// appendInts appends values.
func appendInts(dst []byte, values []int64) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(values)))
	blocks := (len(values) + intBlock - 1) / intBlock
	head := len(dst)
	dst = append(dst, make([]byte, blocks*blockHead)...)
	body := len(dst)
	var above [intBlock]uint64
	for i := range blocks {
		part := values[i*intBlock : min((i+1)*intBlock, len(values))]
		base, width := frame(part, above[:len(part)])
		h := dst[head+i*blockHead:]
		binary.LittleEndian.PutUint64(h, uint64(base))
		binary.LittleEndian.PutUint32(h[8:], uint32(len(dst)-body))
		h[12] = byte(width)
		dst = appendPacked(dst, above[:len(part)], width)
		dst = dst[:len(dst)-packPad]
	}
	return append(dst, make([]byte, packPad+1)...)
}

// frame gives the smallest value, what each is above it, and the bits that takes.
func frame(values []int64, above []uint64) (base int64, width int) {
	base = values[0]
	for _, v := range values {
		base = min(base, v)
	}
	var all uint64
	for i, v := range values {
		above[i] = uint64(v) - uint64(base)
		all |= above[i]
	}
	return base, bits.Len64(all)
}

// parseInts checks and opens what appendInts wrote.
func parseInts(b []byte) (Ints, error) {
	n, used := binary.Uvarint(b)
	if used <= 0 || n > 1<<24 {
		return Ints{}, damaged("count of numbers")
	}
	b = b[used:]
	blocks := (int(n) + intBlock - 1) / intBlock
	if len(b) < blocks*blockHead {
		return Ints{}, damaged("heads of numbers")
	}
	v := Ints{n: int(n), head: b[:blocks*blockHead], body: b[blocks*blockHead:]}
	for i := range blocks {
		_, off, width := v.block(i)
		if width > 64 || off+packedSize(min(intBlock, v.n-i*intBlock), width) > len(v.body) {
			return Ints{}, damaged("bits of numbers")
		}
	}
	return v, nil
}

func (v *Ints) block(i int) (base int64, off, width int) {
	h := v.head[i*blockHead : i*blockHead+blockHead]
	return int64(binary.LittleEndian.Uint64(h)), int(binary.LittleEndian.Uint32(h[8:])), int(h[12])
}

// Len is how many numbers there are.
func (v *Ints) Len() int { return v.n }

// At gives one number.
func (v *Ints) At(i int) int64 {
	base, off, width := v.block(i / intBlock)
	if width == 0 {
		return base
	}
	return int64(uint64(base) + wideAt(v.body[off:], i%intBlock, width))
}

// wideAt is packedAt for widths up to 64.
func wideAt(b []byte, i, width int) uint64 {
	if width == 64 {
		return binary.LittleEndian.Uint64(b[i*8:])
	}
	return packedAt(b, i, width)
}

// All appends every number to dst.
func (v *Ints) All(dst []int64) []int64 {
	for i := 0; i*intBlock < v.n; i++ {
		base, off, width := v.block(i)
		count := min(intBlock, v.n-i*intBlock)
		body := v.body[off:]
		switch {
		case width == 0:
			for range count {
				dst = append(dst, base)
			}
		case width <= 56:
			dst = unpackNarrow(dst, body, base, width, count)
		default:
			for j := range count {
				dst = append(dst, int64(uint64(base)+wideAt(body, j, width)))
			}
		}
	}
	return dst
}

func unpackNarrow(dst []int64, body []byte, base int64, width, count int) []int64 {
	mask, pos := uint64(1)<<width-1, 0
	for range count {
		at := pos >> 3
		dst = append(dst, base+int64(binary.LittleEndian.Uint64(body[at:at+8])>>(pos&7)&mask))
		pos += width
	}
	return dst
}

// Search gives the first index whose number is at least x; the numbers must ascend.
func (v *Ints) Search(x int64) int {
	lo, hi := 0, v.n
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		if v.At(mid) < x {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}
