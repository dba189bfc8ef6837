package facets

import "math"

// chunkRows is how many detections a chunk holds. It is what a scan does between two looks at the lock: some hundred microseconds.
const chunkRows = 1 << chunkBits

const chunkBits = 12

// Flags of a row.
const (
	live    = 1 << iota // there is a detection in it
	ongoing             // which has no end yet
)

// chunk holds detections as columns. A detection stays in its row as long as it is there, so that a scan from chunk to chunk sees it
// once, whatever is written meanwhile.
type chunk struct {
	next, count int // where to look for a free row, and how many are not
	zone        zone
	created     [chunkRows]int64
	start       [chunkRows]int64
	update      [chunkRows]int64
	modified    [chunkRows]int64
	nature      [chunkRows]uint32
	triage      [chunkRows]uint32
	place       [chunkRows]uint32
	score       [chunkRows]int32
	flags       [chunkRows]uint8
	texts       texts
	parts       parts
}

// zone bounds the columns of a chunk that has detections. It may be wider than what is there now.
type zone struct{ created, start, update, modified, score bounds }

type bounds struct{ low, high int64 }

func (b *bounds) include(v int64) { b.low, b.high = min(b.low, v), max(b.high, v) }

// meets says whether anything in [from, to] may be there.
func (b bounds) meets(other bounds) bool { return b.high >= other.low && b.low <= other.high }

var (
	nothing    = bounds{math.MaxInt64, math.MinInt64}
	everything = bounds{math.MinInt64, math.MaxInt64}
)

func emptyZone() zone { return zone{nothing, nothing, nothing, nothing, nothing} }

func (c *chunk) widen(i int) {
	c.zone.created.include(c.created[i])
	c.zone.start.include(c.start[i])
	c.zone.update.include(c.update[i])
	c.zone.modified.include(c.modified[i])
	c.zone.score.include(int64(c.score[i]))
}

// room gives a free row, or false where the chunk is full.
func (c *chunk) room() (int, bool) {
	for ; c.next < chunkRows; c.next++ {
		if c.flags[c.next]&live == 0 {
			return c.next, true
		}
	}
	return 0, false
}

// tidy draws the zone close around what is there, and lets go of the room that nobody uses.
func (c *chunk) tidy() {
	c.zone = emptyZone()
	for i := range chunkRows {
		if c.flags[i]&live != 0 {
			c.widen(i)
		}
	}
	c.texts.compact(&c.flags)
	c.parts.compact(&c.flags)
}

// texts holds id, description and notes of each row, one after the other.
type texts struct {
	bytes       []byte
	waste       int
	at          [chunkRows]int
	id          [chunkRows]uint16
	description [chunkRows]uint32
	notes       [chunkRows]uint32
}

func (t *texts) size(i int) int { return int(t.id[i]) + int(t.description[i]) + int(t.notes[i]) }

// idOf gives a view of a row's id, good while the lock is held.
func (t *texts) idOf(i uint16) []byte { return t.bytes[t.at[i] : t.at[i]+int(t.id[i])] }

// described gives the description and the notes alike.
func (t *texts) described(i uint16) (description, notes []byte) {
	from := t.at[i] + int(t.id[i])
	middle := from + int(t.description[i])
	return t.bytes[from:middle], t.bytes[middle : middle+int(t.notes[i])]
}

// searched gives the description and the notes in one.
func (t *texts) searched(i uint16) []byte {
	from := t.at[i] + int(t.id[i])
	return t.bytes[from : from+int(t.description[i])+int(t.notes[i])]
}

// set writes a row's texts where they were, or at the end where they are longer now.
func (t *texts) set(i int, f *Facet) {
	had, needs := t.size(i), len(f.id)+len(f.description)+len(f.notes)
	t.id[i], t.description[i], t.notes[i] = uint16(len(f.id)), uint32(len(f.description)), uint32(len(f.notes))
	if needs <= had {
		t.waste += had - needs
		to := t.bytes[t.at[i]:]
		to = to[copy(to, f.id):]
		copy(to[copy(to, f.description):], f.notes)
		return
	}
	t.waste += had
	t.at[i] = len(t.bytes)
	t.bytes = append(append(append(t.bytes, f.id...), f.description...), f.notes...)
}

func (t *texts) clear(i int) {
	t.waste += t.size(i)
	t.id[i], t.description[i], t.notes[i] = 0, 0, 0
}

// wasteful says whether more than half is waste, and enough of it to be worth the copying.
func (t *texts) wasteful() bool { return t.waste > 64<<10 && t.waste > len(t.bytes)/2 }

func (t *texts) compact(flags *[chunkRows]uint8) {
	kept := make([]byte, 0, len(t.bytes)-t.waste)
	for i := range chunkRows {
		from := t.at[i]
		t.at[i] = len(kept) // of a free row too: it must point at something
		if flags[i]&live != 0 {
			kept = append(kept, t.bytes[from:from+t.size(i)]...)
		}
	}
	t.bytes, t.waste = kept, 0
}

// parts holds the participants of each row.
type parts struct {
	list  []part
	waste int
	at    [chunkRows]uint32
	count [chunkRows]uint16
}

type part struct {
	profile uint32
	port    uint16
	role    byte
}

func (p *parts) of(i uint16) []part { return p.list[p.at[i] : p.at[i]+uint32(p.count[i])] }

// set makes room for n participants and gives it.
func (p *parts) set(i, n int) []part {
	if had := int(p.count[i]); n > had {
		p.waste += had
		p.at[i] = uint32(len(p.list))
		p.list = append(p.list, make([]part, n)...)
	} else {
		p.waste += had - n
	}
	p.count[i] = uint16(n)
	return p.of(uint16(i))
}

func (p *parts) wasteful() bool { return p.waste > 4<<10 && p.waste > len(p.list)/2 }

func (p *parts) compact(flags *[chunkRows]uint8) {
	kept := make([]part, 0, len(p.list)-p.waste)
	for i := range chunkRows {
		from := p.at[i]
		p.at[i] = uint32(len(kept))
		if flags[i]&live != 0 {
			kept = append(kept, p.list[from:from+uint32(p.count[i])]...)
		}
	}
	p.list, p.waste = kept, 0
}
