package segment

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// Counted is the sum of all groups.
func (g *Grouping) Counted() (n int) {
	for i := range g.groups {
		n += g.groups[i].count
	}
	return n
}

// Distinct is how many groups there are.
func (g *Grouping) Distinct() int { return len(g.groups) }

// Top gives the most frequent groups, and among equals those with the smaller values first.
func (g *Grouping) Top(limit int) []Group {
	order := make([]int, 0, len(g.groups))
	least := g.atLeast(limit)
	for i := range g.groups {
		if g.groups[i].count >= least {
			order = append(order, i)
		}
	}
	slices.SortFunc(order, func(a, b int) int { return g.compare(&g.groups[a], &g.groups[b]) })
	var out []Group
	for _, i := range order[:min(limit, len(order))] {
		t := &g.groups[i]
		v := Group{Count: t.count, Sums: g.totals[i*g.sums : (i+1)*g.sums : (i+1)*g.sums]}
		for k := range g.keys {
			v.Values = append(v.Values, g.values[t.combo[k]-1])
		}
		out = append(out, v)
	}
	return out
}

// atLeast is the count that the last of the most frequent groups has: sorting a million groups for ten of them takes too long.
func (g *Grouping) atLeast(limit int) int {
	if len(g.groups) <= limit {
		return 0
	}
	counts := make([]int, len(g.groups))
	for i := range g.groups {
		counts[i] = g.groups[i].count
	}
	return kth(counts, limit)
}

// kth gives the k-th largest number.
func kth(list []int, k int) int {
	for {
		pivot := list[len(list)/2]
		above, same := 0, 0
		for _, v := range list {
			if v > pivot {
				above++
			} else if v == pivot {
				same++
			}
		}
		switch {
		case k <= above:
			list = slices.DeleteFunc(list, func(v int) bool { return v <= pivot })
		case k <= above+same:
			return pivot
		default:
			k -= above + same
			list = slices.DeleteFunc(list, func(v int) bool { return v >= pivot })
		}
	}
}

func (g *Grouping) compare(a, b *group) int {
	if c := cmp.Compare(b.count, a.count); c != 0 {
		return c
	}
	for k := range g.keys {
		if c := cmp.Compare(g.values[a.combo[k]-1], g.values[b.combo[k]-1]); c != 0 {
			return c
		}
	}
	return 0
}

// floats gives the number of each row that a member has, NaN where it has none; nil where no row has one.
func (s *Segment) floats(name string) ([]float64, error) {
	c := s.Column(name)
	if c == nil || c.List {
		return nil, nil
	}
	out := make([]float64, s.Rows)
	if c.Kind == Numbers {
		v, there, err := s.numbers(c)
		if err != nil {
			return nil, fmt.Errorf("add up %q: %w", name, err)
		}
		for i, n := range v.All(make([]int64, 0, s.Rows)) {
			if out[i] = float64(n) / pow10[c.Scale]; there != nil && !there.Has(i) {
				out[i] = math.NaN()
			}
		}
		return out, nil
	}
	d, err := s.dictionary(c)
	if err != nil {
		return nil, err
	}
	k, err := s.codes(c)
	if err != nil {
		return nil, err
	}
	list, err := k.all(nil)
	if err != nil {
		return nil, err
	}
	by := make([]float64, d.n+1)
	by[0] = math.NaN()
	for i := range d.n {
		n, ok := d.number(i)
		if by[i+1] = n; !ok {
			by[i+1] = math.NaN()
		}
	}
	for i, code := range list {
		out[i] = by[code]
	}
	return out, nil
}
