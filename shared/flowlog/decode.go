package flowlog

import (
	"encoding/binary"
	"fmt"

	"github.com/parquet-go/parquet-go/format"
)

// runs reads Parquet's hybrid of run lengths and packed bits, a value at a time. Nothing is unfolded: a run of two thousand million takes
// as much room as one of two.
type runs struct {
	data  []byte
	width uint   // bits of a value, 0 to 32
	left  uint64 // values of the run that are left
	same  bool
	value uint32
	bit   uint64 // place of the next packed value in data
}

func (r *runs) next() (v uint32, ok bool) {
	for r.left == 0 {
		if !r.begin() {
			return 0, false
		}
	}
	r.left--
	if r.same {
		return r.value, true
	}
	at := r.bit / 8
	if (r.bit+uint64(r.width)+7)/8 > uint64(len(r.data)) {
		return 0, false
	}
	v = uint32(load(r.data[at:])>>(r.bit%8)) & uint32(1<<r.width-1)
	r.bit += uint64(r.width)
	if r.left == 0 {
		r.data = r.data[min((r.bit+7)/8, uint64(len(r.data))):]
	}
	return v, true
}

// begin begins the next run.
func (r *runs) begin() bool {
	head, n := binary.Uvarint(r.data)
	if n <= 0 {
		return false
	}
	r.data, r.bit = r.data[n:], 0
	if r.same = head&1 == 0; !r.same {
		r.left = head >> 1 * 8
		return head>>1 <= 1<<31 // the product must not run over
	}
	size := int(r.width+7) / 8
	if size > len(r.data) {
		return false
	}
	r.left, r.value = head>>1, uint32(load(r.data[:size]))
	r.data = r.data[size:]
	return true
}

// load gives the first eight bytes as a number, or as many as there are.
func load(b []byte) (v uint64) {
	if len(b) >= 8 {
		return binary.LittleEndian.Uint64(b)
	}
	for i, c := range b {
		v |= uint64(c) << (8 * i)
	}
	return v
}

// values reads the values of a page, whatever their encoding.
type values struct {
	encoding format.Encoding
	data     []byte
	runs     runs
	delta    delta
	lengths  []int32 // of texts in the delta encodings
	prefixes []int32
	last     []byte
	at       int
}

// begin begins a page of at most n values.
func (v *values) begin(p *pages, c *column, e format.Encoding, data []byte, n int) error {
	v.encoding, v.data, v.at = e, data, 0
	switch {
	case e == format.Plain:
		return nil
	//lint:ignore SA1019 as in dictionary
	case e == format.RLEDictionary || e == format.PlainDictionary:
		return v.indexes(c, data)
	case e == format.DeltaBinaryPacked && c.numeric():
		return v.delta.begin(data)
	case e == format.DeltaLengthByteArray && c.kind == format.ByteArray:
		rest, err := v.list(p, &v.lengths, data, n)
		v.data = rest
		return err
	case e == format.DeltaByteArray && c.kind == format.ByteArray:
		rest, err := v.list(p, &v.prefixes, data, n)
		if err != nil {
			return err
		}
		v.data, err = v.list(p, &v.lengths, rest, n)
		v.last = v.last[:0]
		return err
	}
	return fmt.Errorf("values in %s, which is not for %s: %w", e, c.kind, ErrFormat)
}

func (v *values) indexes(c *column, data []byte) error {
	if !c.hasDict {
		return fmt.Errorf("page without its dictionary: %w", ErrFormat)
	}
	if len(data) == 0 {
		data = []byte{0} // nothing but nulls
	}
	if data[0] > 32 {
		return fmt.Errorf("indexes of %d bits, want at most 32: %w", data[0], ErrFormat)
	}
	v.runs = runs{data: data[1:], width: uint(data[0])}
	return nil
}

// next reads a value into the column's number or bytes.
func (v *values) next(c *column) error {
	switch v.encoding {
	case format.Plain:
		return v.plain(c)
	case format.DeltaBinaryPacked:
		n, ok := v.delta.next()
		if !ok {
			return errShort
		}
		if c.kind == format.Int32 {
			n = int64(int32(n)) // the sums wrap round
		}
		c.number = n
		return nil
	case format.DeltaLengthByteArray:
		return v.cut(c)
	case format.DeltaByteArray:
		return v.join(c)
	}
	i, ok := v.runs.next()
	if !ok {
		return errShort
	}
	return c.dict.get(c, i)
}

func (v *values) plain(c *column) (err error) {
	c.number, c.bytes, v.data, err = plainValue(c, v.data)
	return err
}

func plainValue(c *column, data []byte) (number int64, b, rest []byte, err error) {
	size := c.length
	switch c.kind {
	case format.Int32:
		if len(data) < 4 {
			return 0, nil, nil, errShort
		}
		return int64(int32(binary.LittleEndian.Uint32(data))), nil, data[4:], nil
	case format.Int64:
		if len(data) < 8 {
			return 0, nil, nil, errShort
		}
		return int64(binary.LittleEndian.Uint64(data)), nil, data[8:], nil
	case format.ByteArray:
		if len(data) < 4 {
			return 0, nil, nil, errShort
		}
		n := binary.LittleEndian.Uint32(data)
		if data = data[4:]; uint64(n) > uint64(len(data)) {
			return 0, nil, nil, errShort
		}
		size = int(n)
	}
	if size > len(data) {
		return 0, nil, nil, errShort
	}
	return 0, data[:size], data[size:], nil
}

// cut takes a text of known length off the data.
func (v *values) cut(c *column) error {
	if v.at >= len(v.lengths) || v.lengths[v.at] < 0 || int(v.lengths[v.at]) > len(v.data) {
		return errShort
	}
	n := v.lengths[v.at]
	c.bytes, v.data = v.data[:n], v.data[n:]
	v.at++
	return nil
}

// join makes a text of the beginning of the one before it and its own end. Texts are bounded, since a page of them could otherwise
// unfold to a thousand times its size.
func (v *values) join(c *column) error {
	i := v.at
	if err := v.cut(c); err != nil {
		return err
	}
	if i >= len(v.prefixes) || v.prefixes[i] < 0 || int(v.prefixes[i]) > len(v.last) {
		return errShort
	}
	if len(c.bytes) > maxPage/1024 || int(v.prefixes[i])+len(c.bytes) > maxPage/1024 {
		return fmt.Errorf("text of %d bytes, want at most %d: %w", int(v.prefixes[i])+len(c.bytes), maxPage/1024, ErrFormat)
	}
	v.last = append(v.last[:v.prefixes[i]], c.bytes...)
	c.bytes = v.last
	return nil
}

// list reads a list of lengths that stands at the beginning of data.
func (v *values) list(p *pages, to *[]int32, data []byte, n int) (rest []byte, err error) {
	var d delta
	if err := d.begin(data); err != nil {
		return nil, err
	}
	if d.total > uint64(n) {
		return nil, fmt.Errorf("page of %d values with %d lengths: %w", n, d.total, ErrFormat)
	}
	if *to, err = grow(p, *to, int(d.total), 4); err != nil {
		return nil, err
	}
	for i := range *to {
		length, ok := d.next()
		if !ok {
			return nil, errShort
		}
		(*to)[i] = int32(length)
	}
	return d.rest()
}

// dictionary holds the values that the pages of a column point at.
type dictionary struct {
	body    []byte
	numbers []int64
	texts   [][]byte
}

func (d *dictionary) load(p *pages, c *column, n int) (err error) {
	if n > len(d.body) { // a value takes a byte at least
		return errShort
	}
	if c.numeric() {
		d.numbers, err = grow(p, d.numbers, n, 8)
	} else {
		d.texts, err = grow(p, d.texts, n, 24)
	}
	if err != nil {
		return err
	}
	rest := d.body
	for i := range n {
		var number int64
		var b []byte
		if number, b, rest, err = plainValue(c, rest); err != nil {
			return err
		}
		if c.numeric() {
			d.numbers[i] = number
		} else {
			d.texts[i] = b
		}
	}
	return nil
}

func (d *dictionary) get(c *column, i uint32) error {
	if c.numeric() && uint64(i) < uint64(len(d.numbers)) {
		c.number = d.numbers[i]
		return nil
	}
	if !c.numeric() && uint64(i) < uint64(len(d.texts)) {
		c.bytes = d.texts[i]
		return nil
	}
	return fmt.Errorf("index %d in a dictionary of %d: %w", i, max(len(d.numbers), len(d.texts)), ErrFormat)
}
