package facets

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// Groups counts those that match by a field.
func (x *Index) Groups(f store.DetectionFilter, q store.GroupQuery) (store.Groups, error) {
	if err := q.Validate(&f); err != nil {
		return store.Groups{}, err
	}
	q.Limit = cmp.Or(q.Limit, store.MaxGroups)
	p, order := x.begin(&f)
	x.mu.RLock()
	g := newGrouping(x, q.By)
	x.mu.RUnlock()
	if step := q.Step(&f); step > 0 {
		g.from, g.step, g.buckets = nanos(*f.From), int64(step), q.Buckets
	}
	x.scan(p, order, always, g.see)
	return g.result(q), nil
}

// grouping gathers groups. Keys, devices and so on are told apart by number while counting: texts are only read where a section is
// met first.
type grouping struct {
	from, step int64

	sort    sorting
	numbers map[string]uint32 // of each key
	groups  []group
	open    *memo[bool]
	devices *memo[uint32] // a number for each device; 0: none
	width   int           // most devices that there can be
	buckets int
	seen    tally    // group, role and device, of those groups that have no set of their own
	bars    tally    // group and bar, likewise
	row     []uint32 // groups of the row at hand
}

type group struct {
	key, label        string
	count, open       int
	score             int32
	latest, labelled  int64
	offenders, victim int

	devices []uint64 // bits: role and device
	bars    []uint32
}

// ownSets is how many groups have a set of devices and bars of their own. It is quicker than the table that the others share, and takes
// a few ten kilobytes each.
const ownSets = 256

// sorting says which groups a row counts in.
type sorting func(c *chunk, i uint16, add func(number uint32, label string))

func newGrouping(x *Index, by store.GroupBy) *grouping {
	g := &grouping{numbers: map[string]uint32{}, seen: newTally(), bars: newTally(), width: len(x.profiles.slots)}
	devices := map[string]uint32{}
	g.open = newMemo(&x.triages, x.clock, func(section string) bool {
		d := readTriage(&reader{rest: section})
		return d.Status == events.StatusOpen
	})
	g.devices = newMemo(&x.profiles, x.clock, func(section string) uint32 {
		p := readProfile(&reader{rest: section}, false)
		if _, known := devices[p.Device]; !known && p.Device != "" {
			devices[p.Device] = uint32(len(devices)) + 1
		}
		return devices[p.Device]
	})
	g.sort = g.sorting(x, by)
	return g
}

func (g *grouping) number(key string) uint32 {
	n, known := g.numbers[key]
	if !known {
		n = uint32(len(g.groups))
		g.numbers[key] = n
		g.groups = append(g.groups, group{key: key})
	}
	return n
}

// sorting asks store.GroupBy.Keys, with a detection that has nothing but the section that the field is in.
func (g *grouping) sorting(x *Index, by store.GroupBy) sorting {
	switch by {
	case store.GroupStatus, store.GroupAssignee:
		return sortBy(g, newMemo(&x.triages, x.clock, g.keys(by, readTriage)), func(c *chunk) *[chunkRows]uint32 { return &c.triage })
	case store.GroupSensor, store.GroupVNI:
		return sortBy(g, newMemo(&x.places, x.clock, g.keys(by, readPlace)), func(c *chunk) *[chunkRows]uint32 { return &c.place })
	case store.GroupOffender:
		return g.sortByParts(x, by, roleOffender, "offender")
	case store.GroupVictim:
		return g.sortByParts(x, by, roleVictim, "victim")
	case store.GroupVPC, store.GroupAccount:
		return g.sortByParts(x, by, roleOther, "")
	}
	return sortBy(g, newMemo(&x.natures, x.clock, g.keys(by, readNature)), func(c *chunk) *[chunkRows]uint32 { return &c.nature })
}

// named is a group, and what a section calls it.
type named struct {
	number uint32
	label  string
}

func (g *grouping) keys(by store.GroupBy, read func(*reader) events.Detection) func(string) []named {
	return func(section string) []named {
		d := read(&reader{rest: section})
		return g.named(by, &d)
	}
}

func (g *grouping) named(by store.GroupBy, d *events.Detection) (list []named) {
	for _, key := range by.Keys(d) {
		list = append(list, named{g.number(key), by.Label(d, key)})
	}
	return list
}

func sortBy(_ *grouping, m *memo[[]named], column func(*chunk) *[chunkRows]uint32) sorting {
	return func(c *chunk, i uint16, add func(uint32, string)) {
		for _, n := range m.of(column(c)[i]) {
			add(n.number, n.label)
		}
	}
}

func (g *grouping) sortByParts(x *Index, by store.GroupBy, role byte, name string) sorting {
	m := newMemo(&x.profiles, x.clock, func(section string) named {
		p := readProfile(&reader{rest: section}, false)
		p.Role = name
		return g.named(by, &events.Detection{Participants: []events.Participant{p}})[0]
	})
	return func(c *chunk, i uint16, add func(uint32, string)) {
		any := false
		for _, p := range c.parts.of(i) {
			if role != roleOther && p.role != role {
				continue
			}
			if n := m.of(p.profile); g.groups[n.number].key != "" {
				any = true
				add(n.number, n.label)
			}
		}
		if !any {
			add(g.number(""), "")
		}
	}
}

func (g *grouping) see(c *chunk, rows []uint16) {
	for _, i := range rows {
		g.row = g.row[:0]
		g.sort(c, i, func(number uint32, label string) { g.count(c, i, number, label) })
	}
}

// count counts a row in one of its groups; a group may come several times, as when a device is twice an offender.
func (g *grouping) count(c *chunk, i uint16, number uint32, label string) {
	t := &g.groups[number]
	if label != "" && (t.label == "" || c.update[i] > t.labelled || c.update[i] == t.labelled && label > t.label) {
		t.label, t.labelled = label, c.update[i]
	}
	if slices.Contains(g.row, number) {
		return
	}
	g.row = append(g.row, number)
	if t.count == 0 {
		t.score, t.latest = c.score[i], c.update[i]
	}
	t.count++
	t.score, t.latest = max(t.score, c.score[i]), max(t.latest, c.update[i])
	if g.open.of(c.triage[i]) {
		t.open++
	}
	if g.step > 0 {
		g.countBar(number, uint64((c.start[i]-g.from)/g.step))
	}
	g.countDevices(c, i, number)
}

func (g *grouping) countDevices(c *chunk, i uint16, number uint32) {
	t := &g.groups[number]
	for _, p := range c.parts.of(i) {
		if p.role == roleOther {
			continue
		}
		device := g.devices.of(p.profile)
		if device == 0 || g.met(number, uint64(device)<<1|uint64(p.role-1)) {
			continue
		}
		if p.role == roleOffender {
			t.offenders++
		} else {
			t.victim++
		}
	}
}

// met says whether a group has met a device in a role before.
func (g *grouping) met(number uint32, which uint64) bool {
	t := &g.groups[number]
	if number >= ownSets || which/2 > uint64(g.width) {
		return g.seen.add(uint64(number)<<32|which) > 1
	}
	if t.devices == nil {
		t.devices = make([]uint64, g.width/32+1)
	}
	word, bit := which/64, uint64(1)<<(which%64)
	had := t.devices[word]&bit != 0
	t.devices[word] |= bit
	return had
}

func (g *grouping) countBar(number uint32, bar uint64) {
	t := &g.groups[number]
	if number >= ownSets {
		g.bars.add(uint64(number)<<32 | bar)
		return
	}
	if t.bars == nil {
		t.bars = make([]uint32, g.buckets)
	}
	t.bars[bar]++
}

// result gives the largest groups; among equals the keys decide.
func (g *grouping) result(q store.GroupQuery) store.Groups {
	var found []uint32
	for n := range g.groups {
		if g.groups[n].count > 0 {
			found = append(found, uint32(n))
		}
	}
	slices.SortFunc(found, func(a, b uint32) int {
		return cmp.Or(cmp.Compare(g.groups[b].count, g.groups[a].count), cmp.Compare(g.groups[a].key, g.groups[b].key))
	})
	r := store.Groups{Complete: len(found) <= q.Limit, Total: len(found)}
	if !r.Complete {
		r.Why = fmt.Sprintf("of %d groups the largest %d are given", len(found), q.Limit)
		found = found[:q.Limit]
	}
	rank := make(map[uint32]int, len(found))
	r.Items = make([]store.Group, 0, len(found))
	for i, n := range found {
		rank[n] = i
		r.Items = append(r.Items, g.groups[n].item(q.Buckets))
	}
	g.bars.each(func(key uint64, n uint32) {
		if i, wanted := rank[uint32(key>>32)]; wanted {
			r.Items[i].Bars[uint32(key)] = int(n)
		}
	})
	return r
}

func (t *group) item(buckets int) store.Group {
	item := store.Group{
		Key: t.key, Label: cmp.Or(t.label, t.key), Count: t.count, Open: t.open, MaxScore: int(t.score),
		Latest: time.Unix(0, t.latest).UTC(), Offenders: t.offenders, Victims: t.victim,
	}
	if buckets > 0 {
		item.Bars = make([]int, buckets)
		for i, n := range t.bars {
			item.Bars[i] = int(n)
		}
	}
	return item
}
