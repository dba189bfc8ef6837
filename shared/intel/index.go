package intel

import (
	"net/netip"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/shared/sketch"
)

// Index finds indicators. It is never changed once it was built, so any number of goroutines may use it. A nil Index has none.
type Index struct {
	slots   []slot   // open addressing; as many as a power of two
	filter  []uint64 // a word of a few bits an indicator: nearly all that is not listed ends here
	entries []entry
	blob    []byte   // the values, one behind the other
	sources []string // each once
	texts   []string // descriptions, each once
	count   [Kinds]int
	bits4   []uint8 // lengths of networks that there are, the longest first
	bits6   []uint8
	dropped int // descriptions that there was no room for
	files   []string
}

// slot holds the upper half of a hash, and which entry has it, from 1; 0 is empty.
type slot struct{ tag, ref uint32 }

// entry is one indicator.
type entry struct {
	at         uint32 // of its value in the blob
	size       uint16
	kind       Kind
	flags      uint8
	source     uint16
	file       uint16
	from       uint32 // seconds since 1970
	until      uint32
	text       uint32
	next       uint32 // another that has the same value and is no surer, from 1
	confidence uint8
}

const flagBelow = 1

// Ref names an indicator of one Index.
type Ref uint32

// Len is how many indicators there are.
func (x *Index) Len() int {
	if x == nil {
		return 0
	}
	return len(x.entries)
}

// Count is how many there are of a kind.
func (x *Index) Count(k Kind) int {
	if x == nil || k >= Kinds {
		return 0
	}
	return x.count[k]
}

// Bytes is about how much memory the index takes.
func (x *Index) Bytes() int {
	if x == nil {
		return 0
	}
	sum := 8*len(x.slots) + 8*len(x.filter) + 32*cap(x.entries) + cap(x.blob)
	for _, list := range [2][]string{x.sources, x.texts} {
		for _, s := range list {
			sum += 16 + len(s)
		}
	}
	return sum
}

// At tells all of an indicator. It allocates.
func (x *Index) At(r Ref) Indicator {
	e := &x.entries[r]
	return Indicator{
		Kind: e.kind, Value: string(x.value(e)), Below: e.flags&flagBelow != 0, Source: x.sources[e.source], From: int64(e.from), Until: int64(e.until),
		Confidence: e.confidence, Text: x.texts[e.text],
	}
}

// Best gives, of all that say the same, the surest that is valid at a moment (seconds since 1970), or where none is, the surest.
func (x *Index) Best(r Ref, at int64) Ref {
	for i := uint32(r) + 1; i != 0; i = x.entries[i-1].next {
		e := &x.entries[i-1]
		if e.until == 0 || int64(e.until) >= at {
			return Ref(i - 1)
		}
	}
	return r
}

// All gives every indicator of the same value, the surest first. It allocates.
func (x *Index) All(r Ref) (list []Indicator) {
	for i := uint32(r) + 1; i != 0; i = x.entries[i-1].next {
		list = append(list, x.At(Ref(i-1)))
	}
	return list
}

// Find looks a value up as Normal made it, of whatever kind.
func (x *Index) Find(in *Indicator) (Ref, bool) {
	switch in.Kind {
	case Address:
		a, err := netip.ParseAddr(in.Value)
		if err != nil {
			p, _ := netip.ParsePrefix(in.Value)
			a = p.Addr()
		}
		return x.Address(a)
	case Domain:
		return x.Domain(in.Value)
	case URL:
		at := strings.IndexByte(in.Value, '/')
		return x.URL(in.Value[:at], in.Value[at:])
	}
	return x.Text(in.Kind, in.Value)
}

// ID tells an indicator from others in every index: a hash of its kind and value.
func (x *Index) ID(r Ref) uint64 {
	e := &x.entries[r]
	h := begin(e.kind) * prime
	for _, c := range x.value(e) {
		h = (h ^ uint64(c)) * prime
	}
	return sketch.Mix(h)
}

func (x *Index) value(e *entry) []byte { return x.blob[e.at : e.at+uint32(e.size)] }

// Address finds the narrowest network that an address is in.
func (x *Index) Address(a netip.Addr) (Ref, bool) {
	if x == nil || x.count[Address] == 0 || !a.IsValid() {
		return 0, false
	}
	a = a.Unmap()
	if a.Is4() {
		b := a.As4()
		v := uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
		for _, bits := range x.bits4 {
			if h := hash4(v&^uint32(1<<(32-bits)-1), bits); x.may(h) {
				if r, ok := x.network(h, a, int(bits)); ok {
					return r, true
				}
			}
		}
		return 0, false
	}
	for _, bits := range x.bits6 {
		if p, err := a.Prefix(int(bits)); err == nil {
			if r, ok := x.network(hashPrefix(p), a, int(bits)); ok {
				return r, true
			}
		}
	}
	return 0, false
}

func (x *Index) network(h uint64, a netip.Addr, bits int) (Ref, bool) {
	for i := h & x.mask(); x.slots[i].ref != 0; i = (i + 1) & x.mask() {
		if x.slots[i].tag != uint32(h>>32) {
			continue
		}
		p, _ := a.Prefix(bits)
		if e := &x.entries[x.slots[i].ref-1]; e.kind == Address && samePrefix(x.value(e), p) {
			return Ref(x.slots[i].ref - 1), true
		}
	}
	return 0, false
}

// samePrefix holds what is written in an entry against a network. Only what hashes alike gets here.
func samePrefix(text []byte, p netip.Prefix) bool {
	var room [64]byte
	if p.IsSingleIP() {
		return string(p.Addr().AppendTo(room[:0])) == string(text)
	}
	return string(p.AppendTo(room[:0])) == string(text)
}

// Domain finds a name, or the nearest name above it that stands for all below. Names are in lower case without a last dot.
func (x *Index) Domain(name string) (Ref, bool) {
	if x == nil || x.count[Domain] == 0 || len(name) < 3 || len(name) > 253 {
		return 0, false
	}
	best, found := Ref(0), false
	each(name, func(h uint64, suffix string) {
		if !x.may(h) {
			return
		}
		for i := h & x.mask(); x.slots[i].ref != 0; i = (i + 1) & x.mask() {
			if x.slots[i].tag != uint32(h>>32) {
				continue
			}
			e := &x.entries[x.slots[i].ref-1]
			if e.kind == Domain && string(x.value(e)) == suffix && (len(suffix) == len(name) || x.below(e)) {
				best, found = Ref(x.slots[i].ref-1), true
			}
		}
	})
	return best, found
}

// below says whether any that says the same stands for all names below.
func (x *Index) below(e *entry) bool {
	for e.flags&flagBelow == 0 {
		if e.next == 0 {
			return false
		}
		e = &x.entries[e.next-1]
	}
	return true
}

// URL finds a URL by its host as the Host header has it, and what was asked for, and then without what stands behind the question mark.
func (x *Index) URL(host, uri string) (Ref, bool) {
	if x == nil || x.count[URL] == 0 || host == "" || len(host)+len(uri) > MaxValue {
		return 0, false
	}
	host = strings.TrimSuffix(host, ":80")
	if r, ok := x.pair(host, uri); ok {
		return r, true
	}
	if i := strings.IndexByte(uri, '?'); i >= 0 {
		return x.pair(host, uri[:i])
	}
	return 0, false
}

func (x *Index) pair(host, uri string) (Ref, bool) {
	h := hashURL(host, uri)
	if !x.may(h) {
		return 0, false
	}
	for i := h & x.mask(); x.slots[i].ref != 0; i = (i + 1) & x.mask() {
		if x.slots[i].tag != uint32(h>>32) {
			continue
		}
		e := &x.entries[x.slots[i].ref-1]
		if v := x.value(e); e.kind == URL && len(v) == len(host)+len(uri) && sameFold(v[:len(host)], host) && string(v[len(host):]) == uri {
			return Ref(x.slots[i].ref - 1), true
		}
	}
	return 0, false
}

// sameFold compares a host in lower case with one as it was written.
func sameFold(v []byte, host string) bool {
	for i := range v {
		if v[i] != lower(host[i]) {
			return false
		}
	}
	return true
}

// Text finds a fingerprint or hash, in lower case.
func (x *Index) Text(k Kind, text string) (Ref, bool) {
	if x == nil || k >= Kinds || x.count[k] == 0 || text == "" {
		return 0, false
	}
	h := hashText(k, text)
	if !x.may(h) {
		return 0, false
	}
	for i := h & x.mask(); x.slots[i].ref != 0; i = (i + 1) & x.mask() {
		if x.slots[i].tag == uint32(h>>32) {
			if e := &x.entries[x.slots[i].ref-1]; e.kind == k && string(x.value(e)) == text {
				return Ref(x.slots[i].ref - 1), true
			}
		}
	}
	return 0, false
}

// hashed finds what has a hash, of which no more is known: what a memory kept of things that were seen. Exact says that the thing itself
// was seen, not a name below it.
func (x *Index) hashed(k Kind, h uint64, exact bool) (Ref, bool) {
	if !x.may(h) {
		return 0, false
	}
	for i := h & x.mask(); x.slots[i].ref != 0; i = (i + 1) & x.mask() {
		e := &x.entries[x.slots[i].ref-1]
		if x.slots[i].tag == uint32(h>>32) && e.kind == k && (exact || x.below(e)) {
			return Ref(x.slots[i].ref - 1), true
		}
	}
	return 0, false
}

func (x *Index) mask() uint64 { return uint64(len(x.slots) - 1) }

// may is false where a hash is surely not there. The filter is small enough for a processor's second cache, which the slots are not.
func (x *Index) may(h uint64) bool {
	if len(x.filter) == 0 {
		return false
	}
	word := x.filter[h>>32&uint64(len(x.filter)-1)]
	bits := filterBits(h)
	return word&bits == bits
}

// filterBits are three bits of a word.
func filterBits(h uint64) uint64 { return 1<<(h&63) | 1<<(h>>6&63) | 1<<(h>>12&63) }
