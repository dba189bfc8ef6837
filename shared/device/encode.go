package device

import (
	"encoding/binary"
	"maps"
	"net/netip"
	"slices"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/sketch"
)

// deviceForm is the first byte of a device that is written down. A form that was ever written is never given another meaning.
const deviceForm = 1

// writer appends numbers and texts; all numbers are varints.
type writer struct{ b []byte }

func (w *writer) number(n uint64)      { w.b = binary.AppendUvarint(w.b, n) }
func (w *writer) moment(t events.Time) { w.b = binary.AppendVarint(w.b, int64(t)) }
func (w *writer) text(s string)        { w.number(uint64(len(s))); w.b = append(w.b, s...) }
func (w *writer) address(a netip.Addr) { w.text(string(a.AsSlice())) }
func (w *writer) flag(f bool)          { w.number(map[bool]uint64{true: 1}[f]) }

// reader takes them back. After the first that makes no sense all others are zero.
type reader struct {
	b      []byte
	broken bool
}

func (r *reader) number() uint64 {
	n, size := binary.Uvarint(r.b)
	if size <= 0 {
		r.fail()
		return 0
	}
	r.b = r.b[size:]
	return n
}

func (r *reader) moment() events.Time {
	n, size := binary.Varint(r.b)
	if size <= 0 {
		r.fail()
		return 0
	}
	r.b = r.b[size:]
	return events.Time(n)
}

func (r *reader) fail() { r.b, r.broken = nil, true }

// upTo is a number that may not be larger than a limit.
func (r *reader) upTo(limit uint64) uint64 {
	n := r.number()
	if n > limit {
		r.fail()
		return 0
	}
	return n
}

func (r *reader) short() uint32 { return uint32(r.upTo(1<<32 - 1)) }
func (r *reader) flag() bool    { return r.upTo(1) == 1 }

func (r *reader) text(limit int) string {
	n := int(r.upTo(uint64(limit)))
	if n > len(r.b) {
		r.fail()
		return ""
	}
	s := string(r.b[:n])
	r.b = r.b[n:]
	return s
}

func (r *reader) address() netip.Addr {
	text := r.text(16)
	a, ok := netip.AddrFromSlice([]byte(text))
	if !ok && text != "" {
		r.fail()
	}
	return a
}

func (d *Device) append(b []byte) []byte {
	w := writer{append(b, deviceForm)}
	w.number(uint64(d.Serial))
	w.number(uint64(d.VNI))
	w.address(d.Addr)
	w.moment(d.FirstSeen)
	w.moment(d.LastSeen)
	w.text(d.MAC)
	w.flag(d.spoke)
	for _, n := range []uint32{d.Overflow, d.peers, d.silent, d.triedAt, d.conversations, d.lookAt} {
		w.number(uint64(n))
	}
	w.owner(&d.Owner)
	w.number(uint64(len(d.places)))
	for _, p := range d.places {
		w.number(p.scope)
		w.address(p.addr)
	}
	w.number(uint64(len(d.Names)))
	for _, n := range d.Names {
		w.number(uint64(n.Source))
		w.text(n.Text)
	}
	w.services(d.Offers)
	w.services(d.Uses)
	w.software(d.Software)
	w.ties(d.ties)
	w.roles(d)
	w.members(&d.met)
	return w.b
}

// maxKeptTags is how many tags of an owner are written down; the inventory tells them all again.
const maxKeptTags = 64

func (w *writer) owner(o *Owner) {
	for _, s := range []string{o.Interface, o.Instance, o.VPC, o.Account, o.Subnet, o.Name} {
		w.text(s)
	}
	w.moment(o.From)
	keys := slices.Sorted(maps.Keys(o.Tags))
	keys = keys[:min(len(keys), maxKeptTags)]
	w.number(uint64(len(keys)))
	for _, k := range keys {
		w.text(k)
		w.text(o.Tags[k])
	}
}

func (w *writer) services(list []Service) {
	w.number(uint64(len(list)))
	for i := range list {
		s := &list[i]
		for _, n := range []uint64{uint64(s.Proto), uint64(s.Port), uint64(s.Count), uint64(s.Peers), s.Out, s.In} {
			w.number(n)
		}
		w.text(s.Name)
		w.moment(s.First)
		w.moment(s.Last)
	}
}

func (w *writer) software(list []Software) {
	w.number(uint64(len(list)))
	for i := range list {
		s := &list[i]
		w.number(uint64(s.Kind))
		w.text(s.Text)
		w.number(uint64(s.Count))
		w.number(uint64(s.first))
		w.number(uint64(s.last))
	}
}

func (w *writer) ties(list []tie) {
	w.number(uint64(len(list)))
	for i := range list {
		t := &list[i]
		for _, n := range []uint64{uint64(t.peer), uint64(t.proto), uint64(t.port), uint64(t.count), t.out, t.in, uint64(t.first), uint64(t.last)} {
			w.number(n)
		}
		w.flag(t.asked)
		w.text(t.service)
	}
}

func (w *writer) roles(d *Device) {
	rules := roleRules()
	w.number(uint64(len(d.roles)))
	for _, h := range d.roles {
		w.text(rules[h.rule].name)
		w.number(uint64(h.since))
	}
	w.flag(d.turn != nil)
	if d.turn != nil {
		w.text(d.turn.From)
		w.text(d.turn.To)
		w.moment(d.turn.Since)
		w.moment(d.turn.At)
	}
}

func (w *writer) members(m *sketch.Members) {
	layers, room, count := m.Words()
	w.number(uint64(len(layers)))
	for _, layer := range layers {
		w.number(uint64(len(layer)))
		for _, word := range layer {
			w.b = binary.LittleEndian.AppendUint64(w.b, word)
		}
	}
	w.number(uint64(room))
	w.number(uint64(count))
}
