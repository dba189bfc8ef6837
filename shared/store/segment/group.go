package segment

import (
	"math"

	"github.com/mirrorwatch/mirrorwatch/shared/query"
)

// MaxKeys is how many keys a grouping has at most.
const MaxKeys = 4

// Key is one thing to count by: the values of one member or of several together. A row counts once for each of its values.
type Key []query.Field

// Group is one combination of values.
type Group struct {
	Values []string
	Count  int
	Sums   []float64
}

// Grouping counts rows by the values of keys. It belongs to one goroutine; several are merged at the end.
type Grouping struct {
	keys, sums int
	most       int // groups, and different values
	Full       bool
	Rows       int // that were added
	Missing    int // of these, that have no value for one of the keys

	ids    map[string]uint32 // value to id, from 1
	values []string
	small  []uint32          // ids of whole numbers that are small
	nums   map[number]uint32 // ids of other numbers
	fours  fourTable
	table  []uint32 // 1 + place of a group, by the hash of its values
	byID   []uint32 // where there is one key: 1 + place of the group, by the value
	groups []group
	totals []float64 // sums of groups, one after the other

	local   []uint32
	scratch []int64
	buf     []byte
}

type group struct {
	combo [MaxKeys]uint32
	count int
}

type number struct {
	v     int64
	scale int
}

// NewGrouping makes one for so many keys and sums, with a bound on the groups that it may hold.
func NewGrouping(keys, sums, most int) *Grouping {
	return &Grouping{
		keys: keys, sums: sums, most: most, ids: map[string]uint32{}, nums: map[number]uint32{},
		small: make([]uint32, 1<<16), table: make([]uint32, 1<<10),
	}
}

// id gives the id of a value.
func (g *Grouping) id(value []byte) uint32 {
	if id, ok := g.ids[string(value)]; ok {
		return id
	}
	if len(g.values) >= g.most {
		g.Full = true
		return 0
	}
	s := string(value)
	g.values = append(g.values, s)
	id := uint32(len(g.values))
	g.ids[s] = id
	return id
}

func (g *Grouping) idOfNumber(v int64, scale int) uint32 {
	if scale == 0 && v >= 0 && v < int64(len(g.small)) {
		if g.small[v] == 0 {
			g.buf = appendDecimal(g.buf[:0], v, 0)
			g.small[v] = g.id(g.buf)
		}
		return g.small[v]
	}
	key := number{v, scale}
	id, ok := g.nums[key]
	if !ok {
		g.buf = appendDecimal(g.buf[:0], v, scale)
		id = g.id(g.buf)
		g.nums[key] = id
	}
	return id
}

// rowIDs is the values of a key, a row: one id each where start is nil.
type rowIDs struct {
	ids   []uint32
	start []uint32
}

func (r *rowIDs) of(row int) []uint32 {
	if r.start == nil {
		if r.ids[row] == 0 {
			return nil
		}
		return r.ids[row : row+1]
	}
	return r.ids[r.start[row]:r.start[row+1]]
}

// Add counts the rows in found. Sums are members whose numbers are added up.
func (g *Grouping) Add(s *Segment, kind string, keys []Key, sums []string, found Bitmap) error {
	s, err := s.with(append(names(keys), sums...))
	if err != nil {
		return err
	}
	var cols []rowIDs
	for _, k := range keys {
		r, err := g.key(s, kind, k, found)
		if err != nil {
			return err
		}
		cols = append(cols, r)
	}
	var add [][]float64
	for _, name := range sums {
		v, err := s.floats(name)
		if err != nil {
			return err
		}
		add = append(add, v)
	}
	g.Rows += found.Count()
	if oneEach(cols) {
		g.singles(found, cols, add)
		return nil
	}
	found.Each(func(row int) { g.row(row, cols, add) })
	return nil
}

func names(keys []Key) (list []string) {
	for _, k := range keys {
		for _, f := range k {
			list = append(list, f.Name)
		}
	}
	return list
}

// oneEach says whether every row has one value of each key at most, as is usual.
func oneEach(cols []rowIDs) bool {
	for i := range cols {
		if cols[i].start != nil {
			return false
		}
	}
	return true
}

// singles is row for rows with one value of each key.
func (g *Grouping) singles(found Bitmap, cols []rowIDs, add [][]float64) {
	found.Each(func(row int) {
		var combo [MaxKeys]uint32
		for i := range cols {
			if combo[i] = cols[i].ids[row]; combo[i] == 0 {
				g.Missing++
				return
			}
		}
		g.bump(combo, row, add)
	})
}

// row counts one row in each combination of its values.
func (g *Grouping) row(row int, cols []rowIDs, add [][]float64) {
	var parts [MaxKeys][]uint32
	combinations := 1
	for i := range cols {
		if parts[i] = cols[i].of(row); len(parts[i]) == 0 {
			g.Missing++
			return
		}
		if combinations *= len(parts[i]); combinations > maxValues {
			g.Full = true
			return
		}
	}
	var at [MaxKeys]int
	for {
		var combo [MaxKeys]uint32
		for i := range cols {
			combo[i] = parts[i][at[i]]
		}
		g.bump(combo, row, add)
		i := 0
		for ; i < len(cols); i++ {
			if at[i]++; at[i] < len(parts[i]) {
				break
			}
			at[i] = 0
		}
		if i == len(cols) {
			return
		}
	}
}

func (g *Grouping) bump(combo [MaxKeys]uint32, row int, add [][]float64) {
	at := g.group(combo)
	if at < 0 {
		return
	}
	g.groups[at].count++
	for i, v := range add {
		if v != nil && !math.IsNaN(v[row]) {
			g.totals[at*g.sums+i] += v[row]
		}
	}
}

// group finds a combination's group, or begins it; -1 where there is no room.
func (g *Grouping) group(combo [MaxKeys]uint32) int {
	if g.keys == 1 {
		return g.groupOfOne(combo)
	}
	mask := uint64(len(g.table) - 1)
	h := hashOf(combo)
	for ; g.table[h&mask] != 0; h++ {
		if at := int(g.table[h&mask]) - 1; g.groups[at].combo == combo {
			return at
		}
	}
	if len(g.groups) >= g.most {
		g.Full = true
		return -1
	}
	g.groups = append(g.groups, group{combo: combo})
	g.totals = append(g.totals, make([]float64, g.sums)...)
	g.table[h&mask] = uint32(len(g.groups))
	if len(g.groups)*2 > len(g.table) {
		g.grow()
	}
	return len(g.groups) - 1
}

func (g *Grouping) groupOfOne(combo [MaxKeys]uint32) int {
	id := int(combo[0])
	if id >= len(g.byID) {
		g.byID = append(g.byID, make([]uint32, id+1-len(g.byID)+len(g.byID)/2)...)
	}
	if g.byID[id] == 0 {
		g.groups = append(g.groups, group{combo: combo}) // ids are bounded as groups are
		g.totals = append(g.totals, make([]float64, g.sums)...)
		g.byID[id] = uint32(len(g.groups))
	}
	return int(g.byID[id]) - 1
}

func hashOf(c [MaxKeys]uint32) uint64 {
	h := (uint64(c[0])<<32 | uint64(c[1])) * 0x9e3779b97f4a7c15
	h ^= (uint64(c[2])<<32 | uint64(c[3])) * 0xc2b2ae3d27d4eb4f
	return (h ^ h>>29) * 0xbf58476d1ce4e5b9 >> 20
}

func (g *Grouping) grow() {
	g.table = make([]uint32, len(g.table)*4)
	mask := uint64(len(g.table) - 1)
	for i := range g.groups {
		h := hashOf(g.groups[i].combo)
		for g.table[h&mask] != 0 {
			h++
		}
		g.table[h&mask] = uint32(i + 1)
	}
}

// Merge adds what another has counted.
func (g *Grouping) Merge(o *Grouping) {
	g.Full, g.Rows, g.Missing = g.Full || o.Full, g.Rows+o.Rows, g.Missing+o.Missing
	to := make([]uint32, len(o.values)+1)
	for i, v := range o.values {
		to[i+1] = g.id([]byte(v))
	}
	for i := range o.groups {
		from := &o.groups[i]
		var combo [MaxKeys]uint32
		lost := false
		for k := range g.keys {
			combo[k] = to[from.combo[k]]
			lost = lost || combo[k] == 0
		}
		if lost {
			continue
		}
		if at := g.group(combo); at >= 0 {
			g.groups[at].count += from.count
			for k := range g.sums {
				g.totals[at*g.sums+k] += o.totals[i*g.sums+k]
			}
		}
	}
}
