package flowlog

import (
	"encoding/binary"
	"fmt"
)

// delta reads DELTA_BINARY_PACKED, a value at a time: blocks of differences, each cut into small blocks with a width of their own.
type delta struct {
	data   []byte
	total  uint64 // values there are
	given  uint64
	small  uint64 // values of a small block
	parts  uint64 // small blocks of a block
	value  int64
	least  int64 // of the block's differences
	widths []byte
	part   uint64 // small blocks of the block that were begun
	width  uint
	left   uint64 // values of the small block that are left
	bit    uint64
	fresh  bool // the first value is still to be given
}

func (d *delta) begin(data []byte) error {
	*d = delta{}
	var head [3]uint64
	for i := range head {
		v, n := binary.Uvarint(data)
		if n <= 0 {
			return errShort
		}
		head[i], data = v, data[n:]
	}
	first, n := binary.Varint(data)
	if n <= 0 {
		return errShort
	}
	block, parts, total := head[0], head[1], head[2]
	if parts == 0 || parts > 1<<10 || block == 0 || block > 1<<16 || block%parts != 0 || block/parts%8 != 0 || total > 1<<31 {
		return fmt.Errorf("%d differences in blocks of %d, each of %d parts: %w", total, block, parts, ErrFormat)
	}
	*d = delta{data: data[n:], total: total, small: block / parts, parts: parts, part: parts, value: first, fresh: true}
	return nil
}

func (d *delta) next() (v int64, ok bool) {
	if d.given >= d.total {
		return 0, false
	}
	d.given++
	if d.fresh {
		d.fresh = false
		return d.value, true
	}
	if d.left == 0 && !d.turn() {
		return 0, false
	}
	d.left--
	more, ok := d.bits()
	d.value += d.least + int64(more)
	return d.value, ok
}

// turn begins the next small block, and the next block where it is time.
func (d *delta) turn() bool {
	if d.width > 0 {
		d.data = d.data[d.small*uint64(d.width)/8:]
	}
	if d.part == d.parts {
		least, n := binary.Varint(d.data)
		if n <= 0 || uint64(len(d.data)-n) < d.parts {
			return false
		}
		d.least, d.part = least, 0
		d.widths, d.data = d.data[n:n+int(d.parts)], d.data[n+int(d.parts):]
	}
	d.width = uint(d.widths[d.part])
	d.part++
	d.left, d.bit = d.small, 0
	return d.width <= 64 && d.small*uint64(d.width)/8 <= uint64(len(d.data))
}

// bits gives the next packed difference.
func (d *delta) bits() (uint64, bool) {
	if d.width == 0 {
		return 0, true
	}
	at, off := d.bit/8, d.bit%8
	if at+(off+uint64(d.width)+7)/8 > uint64(len(d.data)) {
		return 0, false
	}
	v := load(d.data[at:]) >> off
	if off+uint64(d.width) > 64 {
		v |= uint64(d.data[at+8]) << (64 - off)
	}
	d.bit += uint64(d.width)
	if d.width < 64 {
		v &= 1<<d.width - 1
	}
	return v, true
}

// rest is what follows the differences. The last small block is there in full; those after it, of the same block, are not.
func (d *delta) rest() ([]byte, error) {
	n := d.small * uint64(d.width) / 8
	if n > uint64(len(d.data)) {
		return nil, errShort
	}
	return d.data[n:], nil
}
