package intel

import (
	"errors"
	"math"
	"net/netip"
	"slices"
	"strings"
)

// ErrFull says that no more indicators are taken.
var ErrFull = errors.New("no more than 2,000,000 indicators are held at once")

// Builder gathers indicators for an Index. It is used by one goroutine, once.
type Builder struct {
	x      *Index
	before *Index
	hashes []uint64 // of the entries
	slots  []slot
	known  map[string]uint32 // texts
	said   map[string]uint16 // sources
	held   int               // bytes of texts
}

// NewBuilder begins an index that comes after another, which may be nil.
func NewBuilder(before *Index) *Builder {
	return &Builder{
		x: &Index{texts: []string{""}, sources: []string{""}}, before: before, slots: make([]slot, 1024),
		known: map[string]uint32{"": 0}, said: map[string]uint16{"": 0},
	}
}

// Add takes an indicator, as Normal made it, out of a file. Where the same source said it before, both become one.
func (b *Builder) Add(file string, in *Indicator) error {
	h := hashOf(in.Kind, in.Value)
	source := b.source(in.Source)
	first := b.find(h, in)
	for at := first; at != 0; {
		e := &b.x.entries[at-1]
		if e.source == source {
			b.join(e, in)
			return nil
		}
		at = e.next
	}
	if len(b.x.entries) >= MaxIndicators || len(b.x.blob)+len(in.Value) > math.MaxUint32 {
		return ErrFull
	}
	b.insert(h, first, b.entry(file, source, in))
	return nil
}

func (b *Builder) entry(file string, source uint16, in *Indicator) entry {
	e := entry{
		at: uint32(len(b.x.blob)), size: uint16(len(in.Value)), kind: in.Kind, source: source, file: b.file(file), from: seconds(in.From),
		until: seconds(in.Until), text: b.text(in.Text), confidence: min(in.Confidence, 100),
	}
	if in.Below {
		e.flags |= flagBelow
	}
	b.x.blob = append(b.x.blob, in.Value...)
	return e
}

// insert appends an entry: behind those of the same value where there are any, the surest first, and else in the table.
func (b *Builder) insert(h uint64, first uint32, e entry) {
	x := b.x
	x.count[e.kind]++
	x.entries, b.hashes = append(x.entries, e), append(b.hashes, h)
	at := uint32(len(x.entries))
	if first == 0 {
		if 4*len(x.entries) > 3*len(b.slots) {
			b.grow()
		}
		put(b.slots, h, at)
		return
	}
	// The table points at the first; a surer one takes its place by changing contents with it.
	if head := &x.entries[first-1]; head.confidence < e.confidence {
		*head, x.entries[at-1] = e, *head
		x.entries[first-1].next = at
		return
	}
	for prev := &x.entries[first-1]; ; prev = &x.entries[prev.next-1] {
		if prev.next == 0 || x.entries[prev.next-1].confidence < e.confidence {
			x.entries[at-1].next, prev.next = prev.next, at
			return
		}
	}
}

// join makes one of two of the same source: the surer, the older, the one that lasts longer.
func (b *Builder) join(e *entry, in *Indicator) {
	e.confidence = max(e.confidence, min(in.Confidence, 100))
	if from := seconds(in.From); from != 0 && (e.from == 0 || from < e.from) {
		e.from = from
	}
	if until := seconds(in.Until); e.until != 0 && (until == 0 || until > e.until) {
		e.until = until
	}
	if in.Below {
		e.flags |= flagBelow
	}
	if e.text == 0 {
		e.text = b.text(in.Text)
	}
}

// find gives the entry that the table has for a value, from 1.
func (b *Builder) find(h uint64, in *Indicator) uint32 {
	mask := uint64(len(b.slots) - 1)
	for i := h & mask; b.slots[i].ref != 0; i = (i + 1) & mask {
		if b.slots[i].tag == uint32(h>>32) {
			if e := &b.x.entries[b.slots[i].ref-1]; e.kind == in.Kind && string(b.x.value(e)) == in.Value {
				return b.slots[i].ref
			}
		}
	}
	return 0
}

func put(slots []slot, h uint64, ref uint32) {
	mask := uint64(len(slots) - 1)
	i := h & mask
	for slots[i].ref != 0 {
		i = (i + 1) & mask
	}
	slots[i] = slot{uint32(h >> 32), ref}
}

func (b *Builder) grow() {
	old := b.slots
	b.slots = make([]slot, 2*len(old))
	for _, s := range old {
		if s.ref != 0 {
			put(b.slots, b.hashes[s.ref-1], s.ref)
		}
	}
}

// text gives the number of a text that is held once, or of "" where there is no room for more.
func (b *Builder) text(s string) uint32 {
	s = short(s)
	n, ok := b.known[s]
	if ok {
		return n
	}
	if b.held+len(s)+16 > maxTexts {
		b.x.dropped++
		return 0
	}
	s = strings.Clone(s)
	b.held += len(s) + 16
	n = uint32(len(b.x.texts))
	b.known[s] = n
	b.x.texts = append(b.x.texts, s)
	return n
}

// source gives the number of a source, or of "" where there are too many to tell apart.
func (b *Builder) source(s string) uint16 {
	s = short(s)
	n, ok := b.said[s]
	if ok || len(b.x.sources) >= maxSources {
		return n
	}
	s = strings.Clone(s)
	n = uint16(len(b.x.sources))
	b.said[s] = n
	b.x.sources = append(b.x.sources, s)
	return n
}

// short cuts a text to what is kept of it.
func short(s string) string {
	if len(s) <= maxText {
		return s
	}
	return strings.ToValidUTF8(s[:maxText], "") + "…"
}

func (b *Builder) file(name string) uint16 {
	if n := len(b.x.files); n > 0 && b.x.files[n-1] == name {
		return uint16(n - 1)
	}
	if i := slices.Index(b.x.files, name); i >= 0 {
		return uint16(i)
	}
	b.x.files = append(b.x.files, strings.Clone(name))
	return uint16(len(b.x.files) - 1)
}

// Carry takes over all that the index before had out of a file, and says how many that were.
func (b *Builder) Carry(file string) (n int, err error) {
	if b.before == nil {
		return 0, nil
	}
	at := slices.Index(b.before.files, file)
	if at < 0 {
		return 0, nil
	}
	for i := range b.before.entries {
		if int(b.before.entries[i].file) != at {
			continue
		}
		in := b.before.At(Ref(i))
		if err := b.Add(file, &in); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// Index ends the building.
func (b *Builder) Index() *Index {
	x := b.x
	x.slots = b.slots
	words := 64
	for words*8 < len(x.entries) {
		words *= 2
	}
	x.filter = make([]uint64, words)
	for i, h := range b.hashes {
		x.filter[h>>32&uint64(words-1)] |= filterBits(h)
		if x.entries[i].kind == Address {
			x.length(&x.entries[i])
		}
	}
	b.x, b.before, b.hashes, b.known, b.slots = nil, nil, nil, nil, nil
	return x
}

// length notes of a network how long it is.
func (x *Index) length(e *entry) {
	text := string(x.value(e))
	p, err := netip.ParsePrefix(text)
	if err != nil {
		a, _ := netip.ParseAddr(text)
		p = netip.PrefixFrom(a, a.BitLen())
	}
	list := &x.bits6
	if p.Addr().Is4() {
		list = &x.bits4
	}
	if bits := uint8(max(p.Bits(), 0)); !slices.Contains(*list, bits) {
		*list = append(*list, bits)
		slices.SortFunc(*list, func(a, b uint8) int { return int(b) - int(a) })
	}
}

// seconds bounds a moment to what an entry holds.
func seconds(t int64) uint32 { return uint32(min(max(t, 0), math.MaxUint32)) }
