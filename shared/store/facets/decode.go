package facets

import (
	"errors"
	"fmt"
	"math"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// ErrFormat is the answer to bytes that Encode of this version did not make.
var ErrFormat = errors.New("not an encoded facet of this version")

// maxParticipants bounds what a damaged count can make Decode set aside.
const maxParticipants = 1<<16 - 1

// Facet is what an index needs of one detection.
type Facet struct {
	id                      string
	created                 int64
	start, update, modified int64
	ongoing                 bool
	score                   int32
	nature, triage, place   string
	parts                   []facetPart
	description, notes      string // lower case; each note after a line end
}

type facetPart struct {
	role    byte
	port    uint16
	profile string
}

// ID is the detection's id.
func (f *Facet) ID() string { return f.id }

// Created is the detection's place in the order of storing.
func (f *Facet) Created() int64 { return f.created }

// Of gives the facet of a detection.
func Of(d *events.Detection, created int64) (Facet, error) { return Decode(Encode(d, created)) }

// Decode reads what Encode wrote. It keeps nothing of b, and what is not an encoded facet is an error, never a panic: the bytes come
// from a file.
func Decode(b []byte) (Facet, error) {
	r := reader{rest: string(b)}
	if v := r.byte(); v != version {
		return Facet{}, fmt.Errorf("version %d: %w", v, ErrFormat)
	}
	f := Facet{
		id: r.text(), created: r.varint(), start: r.varint(), update: r.varint(), modified: r.varint(),
		ongoing: r.byte() == 1, score: r.score(), nature: r.text(), triage: r.text(), place: r.text(),
	}
	f.parts = r.parts()
	f.description, f.notes = r.text(), r.text()
	if f.id == "" || len(f.id) > math.MaxUint16 || len(f.description) > math.MaxInt32 || len(f.notes) > math.MaxInt32 {
		r.bad = true
	}
	if r.done() && whole(f.nature, skipNature) && whole(f.triage, skipTriage) && whole(f.place, skipPlace) {
		return f, nil
	}
	return Facet{}, fmt.Errorf("decode facet of %d bytes: %w", len(b), ErrFormat)
}

// whole says whether a section can be read, to its end.
func whole(section string, skip func(*reader)) bool {
	r := reader{rest: section}
	skip(&r)
	return r.done()
}

// reader takes an encoded facet apart. After the first thing that cannot be, it is bad, and gives nothing more.
type reader struct {
	rest string
	bad  bool
}

func (r *reader) done() bool { return !r.bad && r.rest == "" }

func (r *reader) byte() byte {
	if r.rest == "" {
		r.bad = true
		return 0
	}
	b := r.rest[0]
	r.rest = r.rest[1:]
	return b
}

func (r *reader) uvarint() uint64 {
	if r.rest != "" && r.rest[0] < 0x80 { // as most are
		v := r.rest[0]
		r.rest = r.rest[1:]
		return uint64(v)
	}
	var v uint64
	for shift := uint(0); shift < 64; shift += 7 {
		b := r.byte()
		if shift == 63 && b > 1 {
			break
		}
		v |= uint64(b&0x7f) << shift
		if b < 0x80 {
			return v
		}
	}
	r.fail()
	return 0
}

func (r *reader) fail() { r.rest, r.bad = "", true }

func (r *reader) varint() int64 {
	u := r.uvarint()
	v := int64(u >> 1)
	if u&1 != 0 {
		v = ^v
	}
	return v
}

func (r *reader) score() int32 {
	v := r.varint()
	if v < math.MinInt32 || v > math.MaxInt32 {
		r.fail()
	}
	return int32(v)
}

func (r *reader) text() string {
	n := r.uvarint()
	if n > uint64(len(r.rest)) {
		r.fail()
		return ""
	}
	s := r.rest[:n]
	r.rest = r.rest[n:]
	return s
}

// list reads texts; each takes a byte at least, so that a damaged count cannot make it long.
func (r *reader) list() []string {
	n := r.uvarint()
	if n > uint64(len(r.rest)) {
		r.fail()
		return nil
	}
	var list []string
	for range n {
		list = append(list, r.text())
	}
	return list
}

func (r *reader) parts() []facetPart {
	n := r.uvarint()
	if n > maxParticipants || n > uint64(len(r.rest)) {
		r.fail()
		return nil
	}
	parts := make([]facetPart, n)
	for i := range parts {
		p := &parts[i]
		p.role = r.byte()
		port := r.uvarint()
		p.port, p.profile = uint16(port), r.text()
		if port > math.MaxUint16 || p.role > roleVictim || !whole(p.profile, skipProfile) {
			r.fail()
			return nil
		}
	}
	return parts
}
