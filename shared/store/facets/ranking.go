package facets

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// result gives the largest groups; among equals the keys decide.
func (g *grouping) result(q store.GroupQuery) store.Groups {
	largest, total := g.largest(q.Limit)
	r := store.Groups{Complete: total <= q.Limit, Total: total, Items: make([]store.Group, len(largest))}
	if !r.Complete {
		r.Why = fmt.Sprintf("of %d groups the largest %d are given", total, q.Limit)
	}
	ranks := make([]uint32, len(g.groups)) // from 1; 0: not given
	for i, n := range largest {
		ranks[n] = uint32(i) + 1
		r.Items[i] = g.item(n, q.Buckets)
	}
	g.log.bars(func(key, bar uint32) {
		if rank := ranks[key]; rank > 0 {
			r.Items[rank-1].Bars[bar]++
		}
	})
	g.countDevices(ranks, r.Items)
	return r
}

// largest picks without sorting all: what is certainly not among them is passed over at a glance.
func (g *grouping) largest(limit int) (best []uint32, total int) {
	least := uint32(1)
	for n := range g.groups {
		if g.groups[n].count > 0 {
			total++
		}
		if g.groups[n].count < least {
			continue
		}
		if best = append(best, uint32(n)); len(best) == 2*limit+64 {
			best = g.cut(best, limit)
			least = g.groups[best[limit-1]].count
		}
	}
	return g.cut(best, limit), total
}

func (g *grouping) cut(list []uint32, limit int) []uint32 {
	slices.SortFunc(list, func(a, b uint32) int {
		return cmp.Or(cmp.Compare(g.groups[b].count, g.groups[a].count), cmp.Compare(g.keys.texts[a], g.keys.texts[b]))
	})
	return list[:min(len(list), limit)]
}

func (g *grouping) item(n uint32, buckets int) store.Group {
	t, key := &g.groups[n], g.keys.texts[n]
	item := store.Group{
		Key: key, Label: cmp.Or(g.labels[t.label], key), Count: int(t.count), Open: int(t.open), MaxScore: int(t.score),
		Latest: time.Unix(0, t.latest).UTC(),
	}
	if buckets > 0 {
		item.Bars = make([]int, buckets)
	}
	return item
}

// countDevices counts the different devices of each group that is given. The log is first put in the order of groups, so that one
// stamp a device and role tells whether the group at hand had it already: no table of pairs could be as quick.
func (g *grouping) countDevices(ranks []uint32, items []store.Group) {
	ends := make([]int, len(items)+1)
	g.log.devices(func(key, _ uint32) { ends[ranks[key]]++ })
	ends[0] = 0
	for i := 1; i < len(ends); i++ {
		ends[i] += ends[i-1]
	}
	ordered, next := make([]uint32, ends[len(items)]), slices.Clone(ends)
	g.log.devices(func(key, which uint32) {
		if rank := ranks[key]; rank > 0 {
			ordered[next[rank-1]] = which
			next[rank-1]++
		}
	})
	stamps := make([]uint32, 2*len(g.devices.texts))
	for i := range items {
		for _, which := range ordered[ends[i]:ends[i+1]] {
			if stamps[which] == uint32(i)+1 {
				continue
			}
			stamps[which] = uint32(i) + 1
			if which&1 == 0 {
				items[i].Offenders++
			} else {
				items[i].Victims++
			}
		}
	}
}
