package segment

import (
	"encoding/binary"
	"fmt"
	"math"
	"net/netip"
	"strconv"
	"unsafe"
)

// Source gives the parts of one segment by their number; expand, where it is not nil, is what must be done to the stored bytes once, so
// that a source which remembers parts remembers them expanded. Nobody changes what it gives.
type Source interface {
	Part(n int, expand func([]byte) ([]byte, error)) ([]byte, error)
}

// Segment is a segment open for reading. It may be used from any goroutine.
type Segment struct {
	*Directory
	codec  *Codec
	source Source
}

// Open makes a segment of its directory and the source of its parts.
func Open(d *Directory, c *Codec, s Source) *Segment { return &Segment{d, c, s} }

// Part makes a Sealed its own source, for segments that are in memory.
func (s *Sealed) Part(n int, expand func([]byte) ([]byte, error)) ([]byte, error) {
	if n < 0 || n >= len(s.Parts) {
		return nil, damaged("number of a part")
	}
	if expand != nil {
		return expand(s.Parts[n])
	}
	return s.Parts[n], nil
}

// Times gives when each row was, ascending, in Units.
func (s *Segment) Times() (Ints, error) { return s.ints(PartTS, s.Rows) }

// Order gives each row's place in the order of storing.
func (s *Segment) Order() (Ints, error) { return s.ints(PartSeq, s.Rows) }

func (s *Segment) ints(part, rows int) (Ints, error) {
	b, err := s.source.Part(part, nil)
	if err != nil {
		return Ints{}, err
	}
	v, err := parseInts(b)
	if err == nil && v.n != rows {
		err = damaged("count of rows")
	}
	return v, err
}

// Range gives the rows from <= time < to.
func (s *Segment) Range(from, to int64) (first, end int, err error) {
	if from <= s.MinTS && to > s.MaxTS {
		return 0, s.Rows, nil
	}
	ts, err := s.Times()
	if err != nil {
		return 0, 0, err
	}
	return ts.Search(s.UnitsUp(from)), ts.Search(s.UnitsUp(to)), nil
}

// UnitsUp is the first of the units that times are counted in that does not begin before a time.
func (s *Segment) UnitsUp(ns int64) int64 {
	u := ns / s.Unit
	if u*s.Unit < ns {
		u++
	}
	return u
}

// Line gives the block of lines that a row is in, as it was.
func (s *Segment) block(row int) ([][]byte, error) {
	n := row / BlockRows
	b, err := s.source.Part(partLines+n, s.codec.Decompress)
	if err != nil {
		return nil, err
	}
	r := reader{b: b}
	lines := make([][]byte, 0, BlockRows)
	for range min(BlockRows, s.Rows-n*BlockRows) {
		lines = append(lines, r.bytes(r.uint(math.MaxInt32)))
	}
	if r.bad || len(r.b) != 0 {
		return nil, damaged("lines")
	}
	return lines, nil
}

// Lines calls f with the line of each row in rows, in the order given; neighbours should follow each other. A line is valid for as long
// as anyone holds it.
func (s *Segment) Lines(rows []int, f func(row int, line []byte) error) error {
	var lines [][]byte
	have := -1
	for _, row := range rows {
		if n := row / BlockRows; n != have {
			var err error
			if lines, err = s.block(row); err != nil {
				return err
			}
			have = n
		}
		if err := f(row, lines[row%BlockRows]); err != nil {
			return err
		}
	}
	return nil
}

// Decode gives all rows back.
func (s *Segment) Decode() ([]Row, error) {
	ts, err := s.Times()
	if err != nil {
		return nil, err
	}
	seq, err := s.Order()
	if err != nil {
		return nil, err
	}
	rows, all := make([]Row, s.Rows), make([]int, s.Rows)
	for i := range all {
		all[i] = i
	}
	err = s.Lines(all, func(i int, line []byte) error {
		rows[i] = Row{TS: ts.At(i) * s.Unit, Seq: seq.At(i), Line: line}
		return nil
	})
	return rows, err
}

func (c *Codec) unsqueeze(b []byte) ([]byte, error) {
	if len(b) == 0 || b[0] > 1 {
		return nil, damaged("dictionary")
	}
	if b[0] == 1 {
		return c.Decompress(b[1:])
	}
	return b[1:], nil
}

// dictionary is the values of a column.
type dictionary struct {
	col   *Column
	n     int
	texts []byte // of ValuesTexts and ValuesMixed
	ends  []uint32
	four  []byte // of ValuesAddresses
	six   []byte
	nums  []int64
}

func (s *Segment) dictionary(c *Column) (*dictionary, error) {
	expand := s.codec.unsqueeze
	if c.Values == ValuesAddresses || c.Values == ValuesNumbers {
		expand = nil
	}
	b, err := s.source.Part(c.Data, expand)
	if err != nil {
		return nil, err
	}
	d := &dictionary{col: c}
	switch c.Values {
	case ValuesTexts, ValuesMixed:
		err = d.parseTexts(b)
	case ValuesAddresses:
		err = d.parseAddresses(b)
	case ValuesNumbers:
		var v Ints
		if v, err = parseInts(b); err == nil {
			d.nums = v.All(make([]int64, 0, v.n))
			d.n = v.n
		}
	}
	if err == nil && d.n != c.Distinct {
		err = damaged("count of values")
	}
	if err != nil {
		return nil, fmt.Errorf("column %q: %w", c.Name, err)
	}
	return d, nil
}

func (d *dictionary) parseTexts(b []byte) error {
	lens, err := parseInts(b)
	if err != nil {
		return err
	}
	// The texts follow the lengths, whose own end is known from their last block.
	at := lens.size(b)
	d.n, d.ends = lens.n, make([]uint32, lens.n+1)
	d.texts = b[at:]
	sum := int64(0)
	for i, l := range lens.All(make([]int64, 0, lens.n)) {
		if sum += l; l < 0 || sum > int64(len(d.texts)) || d.col.Values == ValuesMixed && l == 0 {
			return damaged("length of a text")
		}
		d.ends[i+1] = uint32(sum)
	}
	return nil
}

func (d *dictionary) parseAddresses(b []byte) error {
	r := reader{b: b}
	four, six := r.uint(1<<20), r.uint(1<<20)
	d.four, d.six = r.bytes(four*4), r.bytes(six*16)
	if d.n = four + six; r.bad {
		return damaged("addresses")
	}
	return nil
}

// text gives a text without copying it.
func (d *dictionary) text(i int) string {
	b := d.texts[d.ends[i]:d.ends[i+1]]
	return unsafe.String(unsafe.SliceData(b), len(b))
}

func (d *dictionary) address(i int) netip.Addr {
	if i*4 < len(d.four) {
		return netip.AddrFrom4([4]byte(d.four[i*4:]))
	}
	return netip.AddrFrom16([16]byte(d.six[(i-len(d.four)/4)*16:]))
}

// appendValue appends a value as it stands in a record, texts without quotes and escapes.
func (d *dictionary) appendValue(dst []byte, i int) []byte {
	switch d.col.Values {
	case ValuesTexts:
		return append(dst, d.text(i)...)
	case ValuesAddresses:
		return d.address(i).AppendTo(dst)
	case ValuesNumbers:
		return appendDecimal(dst, d.nums[i], d.col.Scale)
	}
	return append(dst, d.text(i)[1:]...)
}

// pow10 are the divisors of scales.
var pow10 = [10]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9}

// appendDecimal writes a number as it was read.
func appendDecimal(dst []byte, v int64, scale int) []byte {
	if scale == 0 {
		return strconv.AppendInt(dst, v, 10)
	}
	if v < 0 {
		dst, v = append(dst, '-'), -v
	}
	unit := int64(pow10[scale])
	dst = strconv.AppendInt(dst, v/unit, 10)
	dst = append(dst, '.')
	at := len(dst)
	dst = strconv.AppendInt(dst, v%unit+unit, 10)
	copy(dst[at:], dst[at+1:])
	return dst[:len(dst)-1]
}

// number gives the value as a number; ok is false where it is none.
func (d *dictionary) number(i int) (f float64, ok bool) {
	switch d.col.Values {
	case ValuesNumbers:
		return float64(d.nums[i]) / pow10[d.col.Scale], true
	case ValuesMixed:
		if t := d.text(i); t[0] == 'n' && t[1:] != "true" && t[1:] != "false" {
			f, err := strconv.ParseFloat(t[1:], 64)
			return f, err == nil
		}
	}
	return 0, false
}

// size is how many bytes the numbers take in b, which they were parsed from.
func (v *Ints) size(b []byte) int {
	_, used := binary.Uvarint(b)
	body := 0
	if blocks := len(v.head) / blockHead; blocks > 0 {
		_, off, width := v.block(blocks - 1)
		body = off + packedSize(v.n-(blocks-1)*intBlock, width) - packPad
	}
	return min(used+len(v.head)+body+packPad+1, len(b))
}

// Until takes out of a set the rows that were stored after last.
func (s *Segment) Until(rows Bitmap, last int64) error {
	order, err := s.Order()
	if err != nil {
		return err
	}
	rows.Each(func(row int) {
		if order.At(row) > last {
			rows[row>>6] &^= 1 << (row & 63)
		}
	})
	return nil
}
