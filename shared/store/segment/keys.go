package segment

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/mirrorwatch/mirrorwatch/shared/query"
)

// maxValues is how many values of one row count, and how many combinations of them; a row that has more makes the answer incomplete.
const maxValues = 4096

// room says whether a row may have one more value.
func (g *Grouping) room(n int) bool {
	if n >= maxValues {
		g.Full = true
		return false
	}
	return true
}

// key gives the ids of a key's values for the rows in found.
func (g *Grouping) key(s *Segment, kind string, k Key, found Bitmap) (rowIDs, error) {
	if len(k) == 1 && k[0].Name == query.KindField {
		return g.constant(kind, s.Rows), nil
	}
	var parts []rowIDs
	for _, f := range k {
		c := s.Column(f.Name)
		if c == nil {
			continue
		}
		r, err := g.column(s, c, found)
		if err != nil {
			return rowIDs{}, fmt.Errorf("group by %q: %w", f.Name, err)
		}
		parts = append(parts, r)
	}
	switch len(parts) {
	case 0:
		return rowIDs{ids: make([]uint32, s.Rows)}, nil
	case 1:
		return parts[0], nil
	}
	return g.together(parts, s.Rows), nil
}

func (g *Grouping) constant(value string, rows int) rowIDs {
	id := g.id([]byte(value))
	r := rowIDs{ids: make([]uint32, rows)}
	for i := range r.ids {
		r.ids[i] = id
	}
	return r
}

// together gives each row the values of all parts, each once.
func (g *Grouping) together(parts []rowIDs, rows int) rowIDs {
	r := rowIDs{start: make([]uint32, 1, rows+1)}
	for row := range rows {
		from := len(r.ids)
		for i := range parts {
			for _, id := range parts[i].of(row) {
				if !slices.Contains(r.ids[from:], id) && g.room(len(r.ids)-from) {
					r.ids = append(r.ids, id)
				}
			}
		}
		r.start = append(r.start, uint32(len(r.ids)))
	}
	return r
}

// column gives the ids of one column's values. Only values that some row in found has are looked up.
func (g *Grouping) column(s *Segment, c *Column, found Bitmap) (rowIDs, error) {
	if c.Kind == Numbers {
		return g.numbers(s, c, found)
	}
	d, err := s.dictionary(c)
	if err != nil {
		return rowIDs{}, err
	}
	k, err := s.codes(c)
	if err != nil {
		return rowIDs{}, err
	}
	g.local = append(g.local[:0], make([]uint32, d.n+1)...)
	if c.List {
		return g.lists(k, d, found), nil
	}
	list, err := k.all(nil)
	if err != nil {
		return rowIDs{}, err
	}
	found.Each(func(row int) { list[row] = g.translate(d, list[row]) })
	return rowIDs{ids: list}, nil
}

// translate gives the id of a code's value, which it remembers for the segment.
func (g *Grouping) translate(d *dictionary, code uint32) uint32 {
	if code == 0 {
		return 0
	}
	if g.local[code] == 0 {
		if at := int(code-1) * 4; d.col.Values == ValuesAddresses && at < len(d.four) {
			g.local[code] = g.idOfFour(binary.BigEndian.Uint32(d.four[at:]), d, int(code-1))
			return g.local[code]
		}
		g.buf = d.appendValue(g.buf[:0], int(code-1))
		g.local[code] = g.id(g.buf)
	}
	return g.local[code]
}

// fourTable finds the id of an IPv4 address without writing it as text.
type fourTable struct {
	keys, ids []uint32 // id 0: the place is free
	used      int
}

func (t *fourTable) place(key uint32) int {
	mask := uint32(len(t.keys) - 1)
	at := key * 0x9e3779b1 >> 7 & mask
	for t.ids[at] != 0 && t.keys[at] != key {
		at = (at + 1) & mask
	}
	return int(at)
}

func (g *Grouping) idOfFour(key uint32, d *dictionary, i int) uint32 {
	t := &g.fours
	if t.used*2 >= len(t.keys) {
		t.grow()
	}
	at := t.place(key)
	if t.ids[at] == 0 {
		g.buf = d.appendValue(g.buf[:0], i)
		id := g.id(g.buf)
		if id == 0 {
			return 0
		}
		t.keys[at], t.ids[at] = key, id
		t.used++
	}
	return t.ids[at]
}

func (t *fourTable) grow() {
	was := *t
	size := max(1024, len(was.keys)*4)
	t.keys, t.ids = make([]uint32, size), make([]uint32, size)
	for i, id := range was.ids {
		if id != 0 {
			at := t.place(was.keys[i])
			t.keys[at], t.ids[at] = was.keys[i], id
		}
	}
}

func (g *Grouping) lists(k *codes, d *dictionary, found Bitmap) rowIDs {
	r := rowIDs{start: make([]uint32, 1, k.rows+1)}
	at := 0
	for row, l := range k.lens {
		n, from := int(members32(l)), len(r.ids)
		if found.Has(row) {
			for _, code := range k.flat[at : at+n] {
				if id := g.translate(d, code); id != 0 && g.room(len(r.ids)-from) && !slices.Contains(r.ids[from:], id) {
					r.ids = append(r.ids, id)
				}
			}
		}
		r.start = append(r.start, uint32(len(r.ids)))
		at += n
	}
	return r
}

func (g *Grouping) numbers(s *Segment, c *Column, found Bitmap) (rowIDs, error) {
	v, there, err := s.numbers(c)
	if err != nil {
		return rowIDs{}, err
	}
	g.scratch = v.All(g.scratch[:0])
	r := rowIDs{ids: make([]uint32, s.Rows)}
	found.Each(func(row int) {
		if there == nil || there.Has(row) {
			r.ids[row] = g.idOfNumber(g.scratch[row], c.Scale)
		}
	})
	return r, nil
}
