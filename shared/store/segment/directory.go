package segment

import (
	"encoding/binary"
	"math"
)

// Parts that every segment has; the blocks of lines follow.
const (
	PartTS    = 0
	PartSeq   = 1
	partLines = 2
)

// Kind of a column.
type Kind uint8

// The kinds of column.
const (
	Numbers    Kind = iota + 1 // a number a row
	Dictionary                 // each value once, and codes
)

// Values is what a dictionary holds.
type Values uint8

// The kinds of dictionary.
const (
	ValuesTexts Values = iota + 1
	ValuesAddresses
	ValuesNumbers
	ValuesMixed
)

// Column is what a directory says of one member.
type Column struct {
	Name     string
	Kind     Kind
	Values   Values
	List     bool
	Scale    int // decimals of its numbers
	Distinct int
	Min, Max int64     // of numbers, in units of the scale
	Letters  [4]uint64 // of texts: the bytes that occur, capitals as small ones
	Data     int       // part of the numbers, or of the dictionary
	Codes    int       // part of the codes; 0: row i has value i
	Filter   int       // part of the filter; 0: there is none
}

// Directory is what is known of a segment without reading its parts.
type Directory struct {
	Rows           int
	MinTS, MaxTS   int64
	MinSeq, MaxSeq int64
	Unit           int64 // nanoseconds in which the times are counted
	Rest           bool  // lines have members that have no column
	Columns        []Column
	byName         map[string]int
}

const directoryVersion = 1

func (d *Directory) append(b []byte) []byte {
	b = append(b, directoryVersion, flag(d.Rest))
	for _, v := range []int64{int64(d.Rows), d.MinTS, d.MaxTS, d.MinSeq, d.MaxSeq, d.Unit, int64(len(d.Columns))} {
		b = binary.AppendVarint(b, v)
	}
	for i := range d.Columns {
		b = d.Columns[i].append(b)
	}
	return b
}

func (c *Column) append(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(len(c.Name)))
	b = append(b, c.Name...)
	b = append(b, byte(c.Kind), byte(c.Values), flag(c.List), byte(c.Scale))
	for _, v := range []int64{int64(c.Distinct), c.Min, c.Max, int64(c.Data), int64(c.Codes), int64(c.Filter)} {
		b = binary.AppendVarint(b, v)
	}
	if c.Values == ValuesTexts {
		for _, w := range c.Letters {
			b = binary.LittleEndian.AppendUint64(b, w)
		}
	}
	return b
}

func flag(b bool) byte {
	if b {
		return 1
	}
	return 0
}

// ParseDirectory reads a directory back.
func ParseDirectory(b []byte) (*Directory, error) {
	r := reader{b: b}
	if r.byte() != directoryVersion {
		return nil, damaged("version of the directory")
	}
	d := &Directory{Rest: r.byte() == 1, byName: map[string]int{}}
	d.Rows = r.int(MaxRows)
	d.MinTS, d.MaxTS, d.MinSeq, d.MaxSeq, d.Unit = r.varint(), r.varint(), r.varint(), r.varint(), r.varint()
	n := r.int(MaxColumns)
	for i := 0; i < n && !r.bad; i++ {
		c := parseColumn(&r)
		d.byName[c.Name] = i
		d.Columns = append(d.Columns, c)
	}
	if r.bad || d.Rows == 0 || d.Unit != 1 && d.Unit != 1000 {
		return nil, damaged("directory")
	}
	return d, nil
}

func parseColumn(r *reader) Column {
	c := Column{Name: string(r.bytes(r.uint(MaxName)))}
	c.Kind, c.Values, c.List, c.Scale = Kind(r.byte()), Values(r.byte()), r.byte() == 1, int(r.byte())
	c.Distinct = r.int(math.MaxInt32)
	c.Min, c.Max = r.varint(), r.varint()
	c.Data, c.Codes, c.Filter = r.int(maxParts), r.int(maxParts), r.int(maxParts)
	if c.Values == ValuesTexts {
		for i := range c.Letters {
			if w := r.bytes(8); len(w) == 8 {
				c.Letters[i] = binary.LittleEndian.Uint64(w)
			}
		}
	}
	if c.Kind < Numbers || c.Kind > Dictionary || c.Scale > 9 || c.Values > ValuesMixed || c.Kind == Dictionary && c.Values == 0 {
		r.bad = true
	}
	return c
}

// maxParts is more than any segment has: times, order, blocks of lines, and three parts a column.
const maxParts = 2 + MaxRows/BlockRows + 3*MaxColumns

// Column finds a column by its member's name, or gives nil.
func (d *Directory) Column(name string) *Column {
	if i, ok := d.byName[name]; ok {
		return &d.Columns[i]
	}
	return nil
}

// reader reads numbers from bytes; once it ran out, bad stays set and all else is zero.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) byte() byte {
	if b := r.bytes(1); len(b) == 1 {
		return b[0]
	}
	return 0
}

func (r *reader) bytes(n int) []byte {
	if n < 0 || n > len(r.b) {
		r.bad = true
		return nil
	}
	b := r.b[:n]
	r.b = r.b[n:]
	return b
}

func (r *reader) varint() int64 {
	v, n := binary.Varint(r.b)
	if n <= 0 {
		r.bad = true
		return 0
	}
	r.b = r.b[n:]
	return v
}

// int reads a varint that is from 0 to most.
func (r *reader) int(most int) int {
	v := r.varint()
	if v < 0 || v > int64(most) {
		r.bad = true
		return 0
	}
	return int(v)
}

func (r *reader) uint(most int) int {
	v, n := binary.Uvarint(r.b)
	if n <= 0 || v > uint64(most) {
		r.bad = true
		return 0
	}
	r.b = r.b[n:]
	return int(v)
}

// IsLines says whether a part is a block of lines.
func (d *Directory) IsLines(part int) bool { return part >= partLines && part < partLines+d.blocks() }

func (d *Directory) blocks() int { return (d.Rows + BlockRows - 1) / BlockRows }

// Parts is one more than the largest number of a part.
func (d *Directory) Parts() int {
	n := partLines + d.blocks()
	for i := range d.Columns {
		c := &d.Columns[i]
		n = max(n, c.Data+1, c.Codes+1, c.Filter+1)
	}
	return n
}
