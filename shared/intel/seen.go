package intel

import (
	"encoding/binary"
	"net/netip"
	"slices"

	"github.com/mirrorwatch/mirrorwatch/shared/sketch"
)

// Bounds of the memory of what was seen. An entry takes 56 bytes with its place, so that all hours take at most 90 MiB, which only a site
// with as many different things in every hour of a day comes to.
const (
	hours      = 25 // a day, whenever in an hour one asks
	perHour    = 1 << 16
	perClients = 1 << 15
	chunk      = 256 // entries that are saved together
	maxParents = 4   // names above a name that are noted
	fewClients = 2
)

// Seen remembers for a day which things were seen, so that an indicator that comes late finds them. Of names and fingerprints it keeps
// hashes only. It belongs to one goroutine.
type Seen struct {
	hours  [hours]*hour
	latest int64 // the newest hour
	missed uint64
	gone   []hourChunk // saved, and to be taken away
}

type hourChunk struct {
	hour  int64
	chunk int
}

// hour holds what was seen in one hour.
type hour struct {
	number  int64 // hours since 1970
	entries []sight
	slots   []uint32 // places in entries, from 1
	clients []netip.Addr
	who     map[netip.Addr]uint16 // places in clients, from 1
	dirty   []uint64              // a bit a chunk
	saved   int                   // chunks that were ever saved
}

// sight is one thing that was seen.
type sight struct {
	hi, lo      uint64 // an address, or a hash and 0
	first, last uint32 // seconds since 1970
	clients     [fewClients]uint16
	kind        Kind
	flags       uint8
}

const (
	sightExact  = 1 << iota // the thing itself, not only a name below it
	sightTalked             // more than asked for: there was an answer
	sightMore               // more clients than are kept
)

// Sighting is a thing that was seen and is listed.
type Sighting struct {
	Kind        Kind
	Addr        netip.Addr // of an address
	First, Last int64      // seconds since 1970
	Clients     []netip.Addr
	More        bool // others, too
	Talked      bool // there was an answer
}

// Address notes an address that a client had to do with, at seconds since 1970.
func (s *Seen) Address(a, client netip.Addr, at int64, talked bool) {
	b := a.As16()
	s.note(Address, binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(b[8:]), client, at, flags(true, talked))
}

// Domain notes a name, and names above it, for indicators that mean all names below.
func (s *Seen) Domain(name string, client netip.Addr, at int64, talked bool) {
	if len(name) < 3 || len(name) > 253 {
		return
	}
	n := 0
	each(name, func(h uint64, suffix string) {
		n++
		if exact := len(suffix) == len(name); exact || n <= maxParents {
			s.note(Domain, h, 0, client, at, flags(exact, talked))
		}
	})
}

// URL notes what was asked of a web server, with and without what stands behind the question mark.
func (s *Seen) URL(host, uri string, client netip.Addr, at int64) {
	if host == "" || len(host)+len(uri) > MaxValue {
		return
	}
	s.note(URL, hashURL(host, uri), 0, client, at, flags(true, true))
	for i := range len(uri) {
		if uri[i] == '?' {
			s.note(URL, hashURL(host, uri[:i]), 0, client, at, flags(true, true))
			return
		}
	}
}

// Text notes a fingerprint or hash.
func (s *Seen) Text(k Kind, text string, client netip.Addr, at int64) {
	if text != "" {
		s.note(k, hashText(k, text), 0, client, at, flags(true, true))
	}
}

func flags(exact, talked bool) (f uint8) {
	if exact {
		f |= sightExact
	}
	if talked {
		f |= sightTalked
	}
	return f
}

func (s *Seen) note(k Kind, hi, lo uint64, client netip.Addr, at int64, flags uint8) {
	h := s.hour(at / 3600)
	if h == nil {
		return
	}
	e, place := h.put(k, hi, lo, uint32(at))
	if e == nil {
		s.missed++
		return
	}
	if e.join(h.client(client), uint32(at), flags) {
		h.mark(place)
	}
}

// hour gives where an hour is kept; nil where it is over a day old.
func (s *Seen) hour(number int64) *hour {
	if number <= s.latest-hours || number < 0 {
		return nil
	}
	s.latest = max(s.latest, number)
	at := &s.hours[number%hours]
	if *at != nil && (*at).number == number {
		return *at
	}
	if *at != nil {
		s.drop(*at)
	}
	*at = &hour{number: number, slots: make([]uint32, 256), who: map[netip.Addr]uint16{}}
	return *at
}

// drop notes what of an hour that is over was saved.
func (s *Seen) drop(h *hour) {
	for i := range h.saved {
		s.gone = append(s.gone, hourChunk{h.number, i})
	}
}

// put finds an entry or makes one; nil where the hour is full.
func (h *hour) put(k Kind, hi, lo uint64, at uint32) (*sight, int) {
	mask := uint64(len(h.slots) - 1)
	i := place(k, hi, lo) & mask
	for ; h.slots[i] != 0; i = (i + 1) & mask {
		if e := &h.entries[h.slots[i]-1]; e.hi == hi && e.lo == lo && e.kind == k {
			return e, int(h.slots[i] - 1)
		}
	}
	if len(h.entries) >= perHour {
		return nil, 0
	}
	h.entries = append(h.entries, sight{hi: hi, lo: lo, kind: k, first: at, last: at})
	h.slots[i] = uint32(len(h.entries))
	if 4*len(h.entries) > 3*len(h.slots) {
		h.grow()
	}
	h.mark(len(h.entries) - 1)
	return &h.entries[len(h.entries)-1], len(h.entries) - 1
}

func place(k Kind, hi, lo uint64) uint64 { return sketch.Mix(hi ^ sketch.Mix(lo+uint64(k))) }

func (h *hour) grow() {
	h.slots = make([]uint32, 2*len(h.slots))
	mask := uint64(len(h.slots) - 1)
	for n := range h.entries {
		e := &h.entries[n]
		i := place(e.kind, e.hi, e.lo) & mask
		for h.slots[i] != 0 {
			i = (i + 1) & mask
		}
		h.slots[i] = uint32(n + 1)
	}
}

// client gives the place of a client, from 1; 0 where there are too many.
func (h *hour) client(a netip.Addr) uint16 {
	if n, ok := h.who[a]; ok {
		return n
	}
	if len(h.clients) >= perClients || !a.IsValid() {
		return 0
	}
	h.clients = append(h.clients, a)
	h.who[a] = uint16(len(h.clients))
	return uint16(len(h.clients))
}

// lastMatters is how much later a thing must be seen again for that to be saved, in seconds.
const lastMatters = 600

// join adds what is known of one more time, and says whether that is worth saving.
func (e *sight) join(client uint16, at uint32, flags uint8) (changed bool) {
	changed = e.flags|flags != e.flags || at >= e.last+lastMatters || at < e.first
	e.flags |= flags
	e.first, e.last = min(e.first, at), max(e.last, at)
	for i := range e.clients {
		switch e.clients[i] {
		case client:
			return changed
		case 0:
			e.clients[i] = client
			return true
		}
	}
	changed = changed || e.flags&sightMore == 0
	e.flags |= sightMore
	return changed
}

func (h *hour) mark(entry int) {
	c := entry / chunk
	for len(h.dirty) <= c/64 {
		h.dirty = append(h.dirty, 0)
	}
	h.dirty[c/64] |= 1 << (c % 64)
}

// Overflow is how many things were not noted for want of room.
func (s *Seen) Overflow() uint64 { return s.missed }

// Walk is a search of all that was seen for what an index lists. It goes on over many calls of Next.
type Walk struct {
	x      *Index
	number int64 // of the hour it is at
	entry  int
}

// NewWalk begins a search.
func (s *Seen) NewWalk(x *Index) *Walk { return &Walk{x: x, number: s.latest - hours + 1} }

// Index is what is searched for.
func (w *Walk) Index() *Index { return w.x }

// Next looks at up to most things seen since a moment (seconds since 1970), oldest hours first, and says whether any are left.
func (w *Walk) Next(s *Seen, since int64, most int, found func(Ref, Sighting)) (more bool) {
	for ; w.number <= s.latest; w.number, w.entry = w.number+1, 0 {
		h := s.hours[max(w.number, 0)%hours]
		if h == nil || h.number != w.number {
			continue
		}
		for ; w.entry < len(h.entries); w.entry++ {
			if most--; most < 0 {
				return true
			}
			e := &h.entries[w.entry]
			if int64(e.last) < since {
				continue
			}
			if r, ok := w.x.sighted(e); ok {
				found(r, h.sighting(e))
			}
		}
	}
	return false
}

func (x *Index) sighted(e *sight) (Ref, bool) {
	if x == nil || x.Count(e.kind) == 0 {
		return 0, false
	}
	if e.kind == Address {
		return x.Address(e.address())
	}
	return x.hashed(e.kind, e.hi, e.flags&sightExact != 0)
}

func (e *sight) address() netip.Addr {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], e.hi)
	binary.BigEndian.PutUint64(b[8:], e.lo)
	return netip.AddrFrom16(b).Unmap()
}

func (h *hour) sighting(e *sight) Sighting {
	out := Sighting{Kind: e.kind, First: int64(e.first), Last: int64(e.last), More: e.flags&sightMore != 0, Talked: e.flags&sightTalked != 0}
	if e.kind == Address {
		out.Addr = e.address()
	}
	for _, c := range e.clients {
		if c != 0 {
			out.Clients = append(out.Clients, h.clients[c-1])
		}
	}
	slices.SortFunc(out.Clients, netip.Addr.Compare)
	return out
}
