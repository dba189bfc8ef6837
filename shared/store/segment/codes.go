package segment

import (
	"encoding/binary"
	"fmt"
	"math/bits"
)

// codes is which value each row has: 0 none, else the value's place plus one.
type codes struct {
	col   *Column
	rows  int
	width int
	body  []byte // nil: row i has value i
	lens  []uint32
	flat  []uint32
}

func (s *Segment) codes(c *Column) (*codes, error) {
	k := &codes{col: c, rows: s.Rows}
	if c.Codes == 0 {
		if c.List || c.Distinct != s.Rows {
			return nil, damaged("values without codes")
		}
		return k, nil
	}
	b, err := s.source.Part(c.Codes, nil)
	if err != nil {
		return nil, err
	}
	if c.List {
		err = k.parseLists(b)
	} else {
		err = k.parse(b)
	}
	if err != nil {
		return nil, fmt.Errorf("column %q: %w", c.Name, err)
	}
	return k, nil
}

func (k *codes) parse(b []byte) error {
	if len(b) == 0 || int(b[0]) != bits.Len(uint(k.col.Distinct)) || len(b)-1 < packedSize(k.rows, int(b[0])) {
		return damaged("codes")
	}
	k.width, k.body = int(b[0]), b[1:]
	return nil
}

func (k *codes) parseLists(b []byte) error {
	if len(b) < 3 || b[0] > 24 || b[1] > 24 {
		return damaged("codes of lists")
	}
	width, lenWidth := int(b[0]), int(b[1])
	total, used := binary.Uvarint(b[2:])
	if used <= 0 || total > 1<<24 {
		return damaged("count of list values")
	}
	b = b[2+used:]
	if len(b) < packedSize(k.rows, lenWidth) || len(b)-packedSize(k.rows, lenWidth) < packedSize(int(total), width) {
		return damaged("codes of lists")
	}
	k.lens, k.flat = make([]uint32, k.rows), make([]uint32, total)
	unpackCodes(k.lens, b, lenWidth)
	unpackCodes(k.flat, b[packedSize(k.rows, lenWidth):], width)
	sum := uint64(0)
	for _, l := range k.lens {
		sum += uint64(members32(l))
	}
	if sum != total {
		return damaged("lengths of lists")
	}
	return k.check(k.flat)
}

// members32 is how many values a row with this length has.
func members32(l uint32) uint32 {
	if l >= emptyList {
		return l - emptyList
	}
	return l
}

// check finds codes that no value has.
func (k *codes) check(list []uint32) error {
	most := uint32(k.col.Distinct)
	for _, c := range list {
		if c > most {
			return damaged("code")
		}
	}
	return nil
}

// all gives every row's code, into dst where it has room. Only columns without lists have them.
func (k *codes) all(dst []uint32) ([]uint32, error) {
	if cap(dst) < k.rows {
		dst = make([]uint32, k.rows)
	}
	dst = dst[:k.rows]
	if k.body == nil {
		for i := range dst {
			dst[i] = uint32(i + 1)
		}
		return dst, nil
	}
	unpackCodes(dst, k.body, k.width)
	return dst, k.check(dst)
}

// mark adds the rows with a code that holds; holds is by code, with false for 0.
func (k *codes) mark(into Bitmap, holds []bool) {
	if k.body == nil {
		for i := range k.rows {
			if holds[i+1] {
				into.Set(i)
			}
		}
		return
	}
	// With an answer for every code that so many bits can say, damaged ones too, none needs to be checked.
	holds = append(holds, make([]bool, 1<<k.width-len(holds))...)
	mask, pos := uint64(len(holds)-1), 0
	for i := 0; i < k.rows; i += 64 {
		var word uint64
		for j := range min(64, k.rows-i) {
			at := pos >> 3
			if holds[binary.LittleEndian.Uint64(k.body[at:at+8])>>(pos&7)&mask] {
				word |= 1 << j
			}
			pos += k.width
		}
		into[i>>6] |= word
	}
}

// markLists is mark for columns with lists. Of a field that is a list only lists count, of another only single values: so it is in query.
func (k *codes) markLists(into Bitmap, holds []bool, lists bool) {
	at := 0
	for row, l := range k.lens {
		n := int(members32(l))
		if (l >= emptyList) == lists {
			for _, c := range k.flat[at : at+n] {
				if holds[c] {
					into.Set(row)
					break
				}
			}
		}
		at += n
	}
}
