package facets

import "strings"

// table keeps each section that detections share once, under a code. An entry that nobody refers to any more is given up and its code
// used again, so that a table never holds more than the detections there are make use of.
type table struct {
	codes map[string]uint32
	slots []slot
	free  []uint32

	born     []uint64 // of each slot, the index's clock when its code was given to its section; apart, as scans look at nothing else
	youngest uint64   // when a code was given last
}

type slot struct {
	section string
	refs    uint32
}

func newTable() table { return table{codes: map[string]uint32{}} }

// take gives the code of a section, and counts one more that refers to it.
func (t *table) take(section string, now uint64) uint32 {
	if code, ok := t.codes[section]; ok {
		t.slots[code].refs++
		return code
	}
	s := slot{strings.Clone(section), 1}
	t.youngest = now
	code := uint32(len(t.slots))
	if n := len(t.free); n > 0 {
		code, t.free = t.free[n-1], t.free[:n-1]
		t.slots[code], t.born[code] = s, now
	} else {
		t.slots, t.born = append(t.slots, s), append(t.born, now)
	}
	t.codes[s.section] = code
	return code
}

// drop counts one less.
func (t *table) drop(code uint32) {
	s := &t.slots[code]
	if s.refs--; s.refs == 0 {
		delete(t.codes, s.section)
		s.section = ""
		t.free = append(t.free, code)
	}
}

// memo answers one question about the sections of a table, each once, however many detections share it. A code that was given to another
// section since the scan began is asked about each time, because its earlier answer was about another.
type memo[T any] struct {
	table *table
	began uint64
	cells []cell[T]
	ask   func(section string) T
}

type cell[T any] struct {
	known bool
	says  T
}

func newMemo[T any](t *table, began uint64, ask func(section string) T) *memo[T] {
	return &memo[T]{table: t, began: began, cells: make([]cell[T], len(t.slots)), ask: ask}
}

func (m *memo[T]) of(code uint32) T {
	// Most scans see no new section at all, and need not look at how old each is.
	if m.table.youngest > m.began && (int(code) >= len(m.cells) || m.table.born[code] > m.began) {
		return m.ask(m.table.slots[code].section)
	}
	c := &m.cells[code]
	if !c.known {
		c.says, c.known = m.ask(m.table.slots[code].section), true
	}
	return c.says
}
