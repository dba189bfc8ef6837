package facets

import (
	"bytes"
	"slices"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// plan is a filter made ready for one scan.
type plan struct {
	window zone // what of each column can match
	exact  bool // the window says more than that something is there
	ids    map[string]struct{}
	tests  []test
	nots   []*plan
	spare  []uint16
}

// test keeps those rows of a selection that pass, in place.
type test func(c *chunk, rows []uint16) []uint16

// plan must be called, as all that reads a chunk, with the lock held.
func (x *Index) plan(f *store.DetectionFilter) *plan {
	p := x.planOne(f, f.Hidden)
	for i := range f.Not {
		p.nots = append(p.nots, x.planOne(&f.Not[i], store.HiddenInclude))
	}
	return p
}

func (x *Index) planOne(f *store.DetectionFilter, hidden store.Hidden) *plan {
	p := &plan{window: windowOf(f)}
	p.exact = p.window != zone{everything, everything, everything, everything, everything}
	if len(f.IDs) > 0 {
		p.ids = make(map[string]struct{}, len(f.IDs))
		for _, id := range f.IDs {
			p.ids[id] = struct{}{}
		}
		p.tests = append(p.tests, p.isNamed)
	}
	if f.Ongoing != nil {
		p.tests = append(p.tests, lasting(*f.Ongoing))
	}
	p.tests = append(p.tests, x.testTriage(f, hidden)...)
	p.tests = append(p.tests, x.testNature(f)...)
	p.tests = append(p.tests, x.testPlace(f)...)
	for _, of := range []struct {
		filter *store.ParticipantFilter
		role   byte
	}{{f.Participant, roleOther}, {f.Offender, roleOffender}, {f.Victim, roleVictim}} {
		if of.filter != nil {
			p.tests = append(p.tests, x.testParticipant(of.filter, of.role))
		}
	}
	if f.Text != "" {
		p.tests = append(p.tests, x.testText(strings.ToLower(f.Text)))
	}
	return p
}

func windowOf(f *store.DetectionFilter) zone {
	w := zone{everything, everything, everything, everything, everything}
	if f.From != nil {
		w.start.low = nanos(*f.From)
	}
	if f.To != nil {
		w.start.high = nanos(*f.To) - 1
	}
	if f.UpdatedFrom != nil {
		w.update.low = nanos(*f.UpdatedFrom)
	}
	if f.UpdatedTo != nil {
		w.update.high = nanos(*f.UpdatedTo) - 1
	}
	if f.ModifiedFrom != nil {
		w.modified.low = nanos(*f.ModifiedFrom) // later than never
	}
	if f.MinScore != 0 {
		w.score.low = int64(f.MinScore)
	}
	if f.MaxScore != 0 {
		w.score.high = int64(f.MaxScore)
	}
	return w
}

// mayHold says whether a chunk may have anything that is meant.
func (p *plan) mayHold(c *chunk) bool {
	z, w := &c.zone, &p.window
	return z.created.meets(w.created) && z.start.meets(w.start) && z.update.meets(w.update) && z.modified.meets(w.modified) && z.score.meets(w.score)
}

// selects gives the rows of a chunk that are meant, written into buffer.
func (p *plan) selects(c *chunk, buffer []uint16) []uint16 {
	rows := buffer[:0]
	for i := range chunkRows {
		if c.flags[i]&live != 0 {
			rows = append(rows, uint16(i))
		}
	}
	rows = p.narrow(c, rows)
	for _, not := range p.nots {
		if len(rows) == 0 {
			break
		}
		not.spare = not.narrow(c, append(not.spare[:0], rows...))
		rows = without(rows, not.spare)
	}
	return rows
}

func (p *plan) narrow(c *chunk, rows []uint16) []uint16 {
	if p.exact {
		rows = p.within(c, rows)
	}
	for _, t := range p.tests {
		if len(rows) == 0 {
			return rows
		}
		rows = t(c, rows)
	}
	return rows
}

func (p *plan) within(c *chunk, rows []uint16) []uint16 {
	w := &p.window
	rows = inside(rows, &c.start, w.start)
	rows = inside(rows, &c.update, w.update)
	rows = inside(rows, &c.created, w.created)
	rows = inside(rows, &c.modified, w.modified)
	if w.score == everything {
		return rows
	}
	return keep(rows, func(i uint16) bool { return int64(c.score[i]) >= w.score.low && int64(c.score[i]) <= w.score.high })
}

func inside(rows []uint16, column *[chunkRows]int64, b bounds) []uint16 {
	if b == everything {
		return rows
	}
	kept := rows[:0]
	for _, i := range rows {
		if v := column[i]; v >= b.low && v <= b.high {
			kept = append(kept, i)
		}
	}
	return kept
}

func keep(rows []uint16, ok func(i uint16) bool) []uint16 {
	kept := rows[:0]
	for _, i := range rows {
		if ok(i) {
			kept = append(kept, i)
		}
	}
	return kept
}

// without takes a part of a selection, which is in the same order, away from it.
func without(rows, part []uint16) []uint16 {
	return keep(rows, func(i uint16) bool {
		if len(part) > 0 && part[0] == i {
			part = part[1:]
			return false
		}
		return true
	})
}

func (p *plan) isNamed(c *chunk, rows []uint16) []uint16 {
	return keep(rows, func(i uint16) bool {
		_, named := p.ids[string(c.texts.idOf(i))]
		return named
	})
}

func lasting(want bool) test {
	return func(c *chunk, rows []uint16) []uint16 {
		return keep(rows, func(i uint16) bool { return c.flags[i]&ongoing != 0 == want })
	}
}

// The tests of sections ask store.DetectionFilter.Match itself, with a filter and a detection that have nothing but the section: what is
// meant is defined there, and only there.

func (x *Index) testTriage(f *store.DetectionFilter, hidden store.Hidden) []test {
	if len(f.Statuses)+len(f.Resolutions)+len(f.Assignees) == 0 && hidden == store.HiddenInclude {
		return nil
	}
	only := store.DetectionFilter{Statuses: f.Statuses, Resolutions: f.Resolutions, Assignees: f.Assignees, Hidden: hidden}
	m := newMemo(&x.triages, x.clock, matcher(only, readTriage))
	return []test{func(c *chunk, rows []uint16) []uint16 { return keepKnown(rows, &c.triage, m) }}
}

func (x *Index) testNature(f *store.DetectionFilter) []test {
	if len(f.Types)+len(f.Categories)+len(f.Tactics)+len(f.Techniques)+len(f.Bands) == 0 {
		return nil
	}
	only := store.DetectionFilter{
		Types: f.Types, Categories: f.Categories, Tactics: f.Tactics, Techniques: f.Techniques, Bands: f.Bands, Hidden: store.HiddenInclude,
	}
	m := newMemo(&x.natures, x.clock, matcher(only, readNature))
	return []test{func(c *chunk, rows []uint16) []uint16 { return keepKnown(rows, &c.nature, m) }}
}

func (x *Index) testPlace(f *store.DetectionFilter) []test {
	if len(f.Sensors)+len(f.VNIs) == 0 {
		return nil
	}
	only := store.DetectionFilter{Sensors: f.Sensors, VNIs: f.VNIs, Hidden: store.HiddenInclude}
	m := newMemo(&x.places, x.clock, matcher(only, readPlace))
	return []test{func(c *chunk, rows []uint16) []uint16 { return keepKnown(rows, &c.place, m) }}
}

func matcher(f store.DetectionFilter, read func(*reader) events.Detection) func(string) bool {
	return func(section string) bool {
		d := read(&reader{rest: section})
		return f.Match(&d)
	}
}

func keepKnown(rows []uint16, column *[chunkRows]uint32, m *memo[bool]) []uint16 {
	kept := rows[:0]
	for _, i := range rows {
		if m.of(column[i]) {
			kept = append(kept, i)
		}
	}
	return kept
}

// testParticipant asks about ports apart, because they belong to the participant of one detection only.
func (x *Index) testParticipant(f *store.ParticipantFilter, role byte) test {
	rest := *f
	rest.Ports = nil
	m := newMemo(&x.profiles, x.clock, func(section string) bool {
		p := readProfile(&reader{rest: section}, len(rest.Tags) > 0)
		return rest.Match(&p)
	})
	return func(c *chunk, rows []uint16) []uint16 {
		return keep(rows, func(i uint16) bool {
			for _, p := range c.parts.of(i) {
				if (role == roleOther || p.role == role) && (len(f.Ports) == 0 || slices.Contains(f.Ports, p.port)) && m.of(p.profile) {
					return true
				}
			}
			return false
		})
	}
}

// testText looks for a text in each line of store.Text where it is kept. A text with a line end in it may span several, so that for it
// the whole is put together.
func (x *Index) testText(text string) test {
	if strings.Contains(text, "\n") {
		return x.testLines([]byte(text))
	}
	natures := newMemo(&x.natures, x.clock, func(section string) bool {
		d := readNature(&reader{rest: section})
		return strings.Contains(strings.ToLower(d.Title), text) || strings.Contains(strings.ToLower(d.Type), text)
	})
	profiles := newMemo(&x.profiles, x.clock, func(section string) bool { return strings.Contains(linesOf(section), text) })
	sought := []byte(text)
	return func(c *chunk, rows []uint16) []uint16 {
		return keep(rows, func(i uint16) bool {
			if natures.of(c.nature[i]) {
				return true
			}
			for _, p := range c.parts.of(i) {
				if profiles.of(p.profile) {
					return true
				}
			}
			return bytes.Contains(c.texts.searched(i), sought)
		})
	}
}

// linesOf gives what store.Text says of a participant.
func linesOf(section string) string {
	p := readProfile(&reader{rest: section}, false)
	return strings.ToLower("\n" + p.Hostname + "\n" + store.AddressText(p.Address) + "\n" + p.Instance + "\n" + p.User)
}

func (x *Index) testLines(sought []byte) test {
	natures := newMemo(&x.natures, x.clock, func(section string) string {
		d := readNature(&reader{rest: section})
		return strings.ToLower(d.Title + "\n" + d.Type + "\n")
	})
	profiles := newMemo(&x.profiles, x.clock, linesOf)
	var whole []byte
	return func(c *chunk, rows []uint16) []uint16 {
		return keep(rows, func(i uint16) bool {
			description, notes := c.texts.described(i)
			whole = append(append(whole[:0], natures.of(c.nature[i])...), description...)
			for _, p := range c.parts.of(i) {
				whole = append(whole, profiles.of(p.profile)...)
			}
			return bytes.Contains(append(whole, notes...), sought)
		})
	}
}

// scan shows the rows that are meant to see, chunk by chunk in the order given, each with the lock held. before is asked ahead of each
// chunk whether it matters.
func (x *Index) scan(p *plan, order []int, before func(c *chunk) bool, see func(c *chunk, rows []uint16)) {
	buffer := make([]uint16, 0, chunkRows)
	for _, at := range order {
		x.mu.RLock()
		if c := x.chunks[at]; c != nil && p.mayHold(c) && before(c) {
			if rows := p.selects(c, buffer); len(rows) > 0 {
				see(c, rows)
			}
		}
		x.mu.RUnlock()
	}
}

// order gives the chunks that a filter's ids lie in, or all of them.
func (x *Index) order(p *plan) []int {
	var order []int
	if p.ids == nil {
		for i := range x.chunks {
			order = append(order, i)
		}
		return order
	}
	for id := range p.ids {
		if _, row, ok := x.find(id); ok {
			order = append(order, int(row>>chunkBits))
		}
	}
	slices.Sort(order)
	return slices.Compact(order)
}
