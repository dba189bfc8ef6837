package facets

import (
	"cmp"
	"slices"

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
	defer g.log.free()
	if step := q.Step(&f); step > 0 {
		g.from, g.step = nanos(*f.From), int64(step)
	}
	x.scan(p, order, always, g.see)
	return g.result(q), nil
}

// grouping gathers groups in one scan. Keys, devices and labels are told apart by number while counting: texts are read only where a
// section is met first. What only the groups that are given need, which are a thousand at most and there may be a hundred thousand, is
// written to a log meanwhile, and reckoned from it at the end.
type grouping struct {
	by         store.GroupBy
	from, step int64 // of bars; step 0: none are asked for

	sort    func(c *chunk, i uint16) // counts a row in its groups
	keys    *numbers
	devices *numbers
	labels  []string // 0: none
	groups  []group  // by the number of the key
	open    *memo[bool]
	sides   *memo[side]
	row     []uint32 // groups of the row at hand
	log     log
	one     events.Detection // what store.GroupBy is asked about
}

// group is as small as it can be: counting by device goes to and fro between a hundred thousand of them.
type group struct {
	latest, labelled int64
	count, open      uint32
	score            int32
	label            uint32
}

// named is a group, and what a section calls it, as numbers.
type named struct{ key, label uint32 }

// side is what matters of a participant: the number of its device, and its group where participants decide that.
type side struct {
	device uint32
	named
}

// numbers tells texts apart by small numbers; that of "" is 0.
type numbers struct {
	known map[string]uint32
	texts []string
}

func newNumbers() *numbers { return &numbers{map[string]uint32{"": 0}, []string{""}} }

func (n *numbers) of(text string) uint32 {
	number, known := n.known[text]
	if !known {
		number = uint32(len(n.texts))
		n.known[text] = number
		n.texts = append(n.texts, text)
	}
	return number
}

func newGrouping(x *Index, by store.GroupBy) *grouping {
	g := &grouping{by: by, devices: newNumbers(), labels: []string{""}, log: log{pool: &x.blocks}}
	g.keys = g.devices
	if by != store.GroupOffender && by != store.GroupVictim {
		g.keys = newNumbers()
	}
	g.open = newMemo(&x.triages, x.clock, func(section string) bool {
		d := readTriage(&reader{rest: section})
		return d.Status == events.StatusOpen
	})
	g.sides = newMemo(&x.profiles, x.clock, func(section string) side {
		p := readProfile(&reader{rest: section}, false)
		return side{device: g.devices.of(p.Device)}
	})
	g.sort = g.sorting(x)
	return g
}

// sorting asks store.GroupBy.Keys, with a detection that has nothing but the section that the field is in.
func (g *grouping) sorting(x *Index) func(c *chunk, i uint16) {
	switch g.by {
	case store.GroupStatus, store.GroupAssignee:
		m := newMemo(&x.triages, x.clock, g.naming(readTriage))
		return func(c *chunk, i uint16) { g.countAll(c, i, m.of(c.triage[i])) }
	case store.GroupSensor, store.GroupVNI:
		m := newMemo(&x.places, x.clock, g.naming(readPlace))
		return func(c *chunk, i uint16) { g.countAll(c, i, m.of(c.place[i])) }
	case store.GroupOffender:
		return g.sortingParts(x, roleOffender, "offender")
	case store.GroupVictim:
		return g.sortingParts(x, roleVictim, "victim")
	case store.GroupVPC, store.GroupAccount:
		return g.sortingParts(x, roleOther, "")
	}
	m := newMemo(&x.natures, x.clock, g.naming(readNature))
	return func(c *chunk, i uint16) { g.countAll(c, i, m.of(c.nature[i])) }
}

func (g *grouping) naming(read func(*reader) events.Detection) func(string) []named {
	return func(section string) (list []named) {
		g.one = read(&reader{rest: section})
		for _, key := range g.by.Keys(&g.one) {
			list = append(list, g.named(key))
		}
		return list
	}
}

func (g *grouping) named(key string) named {
	n := named{key: g.keys.of(key)}
	if label := g.by.Label(&g.one, key); label != "" {
		n.label = uint32(len(g.labels))
		g.labels = append(g.labels, label)
	}
	return n
}

func (g *grouping) sortingParts(x *Index, role byte, name string) func(c *chunk, i uint16) {
	g.one.Participants = make([]events.Participant, 1)
	g.sides = newMemo(&x.profiles, x.clock, func(section string) side {
		p := &g.one.Participants[0]
		*p = readProfile(&reader{rest: section}, false)
		p.Role = name
		return side{g.devices.of(p.Device), g.named(g.by.Keys(&g.one)[0])}
	})
	return func(c *chunk, i uint16) {
		for _, p := range c.parts.of(i) {
			if role != roleOther && p.role != role {
				continue
			}
			if s := g.sides.of(p.profile); s.key != 0 {
				g.count(c, i, s.named)
			}
		}
		if len(g.row) == 0 {
			g.count(c, i, named{})
		}
	}
}

func (g *grouping) see(c *chunk, rows []uint16) {
	for _, i := range rows {
		g.row = g.row[:0]
		g.sort(c, i)
	}
}

func (g *grouping) countAll(c *chunk, i uint16, list []named) {
	for _, n := range list {
		g.count(c, i, n)
	}
}

// count counts a row in one of its groups; a group may come several times, as when a device is twice an offender.
func (g *grouping) count(c *chunk, i uint16, n named) {
	for int(n.key) >= len(g.groups) {
		g.groups = append(g.groups, group{})
	}
	t := &g.groups[n.key]
	g.call(t, n.label, c.update[i])
	if slices.Contains(g.row, n.key) {
		return
	}
	g.row = append(g.row, n.key)
	if t.count == 0 {
		t.score, t.latest = c.score[i], c.update[i]
	}
	t.count++
	t.score, t.latest = max(t.score, c.score[i]), max(t.latest, c.update[i])
	if g.open.of(c.triage[i]) {
		t.open++
	}
	if g.step > 0 {
		g.log.bar(n.key, uint32((c.start[i]-g.from)/g.step))
	}
	for _, p := range c.parts.of(i) {
		if p.role == roleOther {
			continue
		}
		if s := g.sides.of(p.profile); s.device != 0 {
			g.log.device(n.key, s.device, p.role)
		}
	}
}

// call gives a group the label of whoever was updated last; of several the greatest.
func (g *grouping) call(t *group, label uint32, update int64) {
	switch {
	case label == 0 || t.label != 0 && update < t.labelled:
		return
	case t.label != 0 && update == t.labelled && g.labels[label] <= g.labels[t.label]:
		return
	}
	t.label, t.labelled = label, update
}
