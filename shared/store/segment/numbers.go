package segment

import (
	"encoding/binary"
	"sort"

	"github.com/mirrorwatch/mirrorwatch/shared/query"
)

// numbers adds the rows whose number holds. Where the test is of an order, its bound is looked for once among the whole numbers, with the
// test itself, so that rows are only compared with it.
func (m *Matching) numbers(s *Segment, c *Column, a asked, into Bitmap) error {
	v, there, err := s.numbers(c)
	if err != nil {
		return err
	}
	m.nums = v.All(m.nums[:0])
	unit := pow10[c.Scale]
	holds := func(n int64) bool { return a.holds.Number(float64(n) / unit) }
	rows := NewBitmap(s.Rows)
	switch a.test.Op {
	case query.Greater, query.GreaterEqual:
		between(rows, m.nums, c.first(holds), c.Max+1)
	case query.Less, query.LessEqual:
		between(rows, m.nums, c.Min, c.first(func(n int64) bool { return !holds(n) }))
	default:
		for i, n := range m.nums {
			if holds(n) {
				rows.Set(i)
			}
		}
	}
	if there != nil {
		rows.And(there)
	}
	into.Or(rows)
	return nil
}

// first is the smallest number of the column's range that holds, or one more than its largest.
func (c *Column) first(holds func(int64) bool) int64 {
	span := uint64(c.Max) - uint64(c.Min)
	if span >= 1<<62 {
		span = 1<<62 - 1 // numbers have 18 digits at the most
	}
	return c.Min + int64(sort.Search(int(span)+1, func(i int) bool { return holds(c.Min + int64(i)) }))
}

// between adds the rows with low <= number < high.
func between(into Bitmap, nums []int64, low, high int64) {
	span := uint64(high) - uint64(low)
	for i := 0; i < len(nums); i += 64 {
		var word uint64
		for j, n := range nums[i:min(i+64, len(nums))] {
			if uint64(n)-uint64(low) < span {
				word |= 1 << j
			}
		}
		into[i>>6] |= word
	}
}

// numbers opens a column of numbers; there is nil where every row has one.
func (s *Segment) numbers(c *Column) (v Ints, there Bitmap, err error) {
	b, err := s.source.Part(c.Data, nil)
	if err != nil {
		return v, nil, err
	}
	words := len(NewBitmap(s.Rows))
	if len(b) == 0 || b[0] > 1 || b[0] == 1 && len(b) < 1+8*words {
		return v, nil, damaged("numbers")
	}
	rest := b[1:]
	if b[0] == 1 {
		there = NewBitmap(s.Rows)
		for i := range there {
			there[i] = binary.LittleEndian.Uint64(rest[8*i:])
		}
		rest = rest[8*words:]
	}
	if v, err = parseInts(rest); err == nil && v.n != s.Rows {
		err = damaged("count of numbers")
	}
	return v, there, err
}
