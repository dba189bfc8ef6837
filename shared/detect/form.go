package detect

import (
	"encoding/binary"
	"errors"
	"math"
	"net/netip"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/magnitude"
	"github.com/mirrorwatch/mirrorwatch/shared/sketch"
)

// Form is an entry on its way to where it is kept, or back: whoever lists the fields of an entry once has said how they are written and how
// they are read. What is missing, or longer than it may be, is noted, and the entry is left out.
type Form struct {
	n       *Numbers
	reading bool
}

// NewFilledMemory makes a Memory whose entries are written and read by one list of their fields.
func NewFilledMemory[K comparable, V any](limit int, letter, version byte, fields func(key, value *Form, k *K, v *V)) *Memory[K, V] {
	return NewMemory(limit, Code[K, V]{
		Letter: letter, Version: version,
		Write: func(key, value *Numbers, k K, v *V) { fields(&Form{key, false}, &Form{value, false}, &k, v) },
		Read: func(key, value *Numbers, v *V) (k K) {
			fields(&Form{key, true}, &Form{value, true}, &k, v)
			return k
		},
	})
}

// Number is a whole number that is not below zero. It may not go beyond what its type holds.
func Number[T ~int | ~int64 | ~uint8 | ~uint16 | ~uint32 | ~uint64](f *Form, x *T) {
	if !f.reading {
		f.n.b = binary.AppendUvarint(f.n.b, uint64(*x))
		return
	}
	n, size := binary.Uvarint(f.n.b)
	if *x = T(n); size <= 0 || uint64(*x) != n || *x < 0 {
		*x = 0
		f.spoil()
		return
	}
	f.n.b = f.n.b[size:]
}

func (f *Form) spoil() { f.n.b, f.n.bad = nil, true }

// Bool is yes or no.
func (f *Form) Bool(x *bool) {
	n := uint8(0)
	if *x {
		n = 1
	}
	Number(f, &n)
	*x = n == 1
}

// Float is a number with a fraction.
func (f *Form) Float(x *float64) {
	n := math.Float64bits(*x)
	Number(f, &n)
	*x = math.Float64frombits(n)
}

// Text is a text of at most so many bytes; what is longer is cut.
func (f *Form) Text(s *string, most int) {
	if !f.reading {
		cut := (*s)[:min(len(*s), most)]
		f.n.b = append(binary.AppendUvarint(f.n.b, uint64(len(cut))), cut...)
		return
	}
	*s = string(f.bytes(most))
}

func (f *Form) bytes(most int) []byte {
	var n uint64
	if Number(f, &n); n > uint64(most) || n > uint64(len(f.n.b)) {
		f.spoil()
		return nil
	}
	b := f.n.b[:n]
	f.n.b = f.n.b[n:]
	return b
}

// maxUID is longer than any uid of a conversation.
const maxUID = 64

// UIDs are those of conversations.
func (f *Form) UIDs(list *[]string) {
	Many(f, list, maxUIDs, func(f *Form, uid *string) { f.Text(uid, maxUID) })
}

// Addr is an address, also none.
func (f *Form) Addr(a *netip.Addr) {
	if !f.reading {
		b := a.WithZone("").AsSlice()
		f.n.b = append(append(f.n.b, byte(len(b))), b...)
		return
	}
	b := f.bytes(16)
	var ok bool
	if *a, ok = netip.AddrFromSlice(b); !ok && len(b) > 0 {
		f.spoil()
	}
}

// Head is what findings tell of a record: the ends, the observation point and the sensor.
func (f *Form) Head(h *events.Head) {
	f.Addr(&h.OrigH)
	f.Addr(&h.RespH)
	Number(f, &h.RespP)
	Number(f, &h.VNI)
	f.Text(&h.Sensor, maxUID)
}

// Party is one end of what goes on.
func (f *Form) Party(p *Party) {
	f.Addr(&p.Addr)
	Number(f, &p.Port)
	f.Text(&p.Endpoint, maxUID)
}

// Ladder is how far something was told.
func (f *Form) Ladder(l *magnitude.Ladder) {
	rung := l.Rung()
	Number(f, &rung)
	*l = magnitude.At(rung)
}

// Distinct is a count of different things.
func (f *Form) Distinct(d *sketch.Distinct) {
	if !f.reading {
		f.n.b = d.Append(f.n.b)
		return
	}
	rest, err := d.Parse(f.n.b)
	if err != nil {
		f.spoil()
		return
	}
	f.n.b = rest
}

// Many is a list of at most so many; of a longer one the first are kept.
func Many[T any](f *Form, list *[]T, most int, one func(*Form, *T)) {
	n := min(len(*list), most)
	if Number(f, &n); n > most {
		f.spoil()
		return
	}
	if f.reading {
		*list = nil
	}
	for i := 0; i < n && !f.n.bad; i++ {
		if f.reading {
			*list = append(*list, *new(T))
		}
		one(f, &(*list)[i])
	}
}

var errNobodys = errors.New("nobody here remembers anything under this letter")

// Memories are those of one detector, told apart by their letters: together they make it a Keeper.
type Memories []interface {
	Sliced
	Mine(key []byte) bool
}

// Save hands over what changed since it was called last (Keeper).
func (m Memories) Save(put func(key, value []byte)) { m.SaveSome(always(put)) }

// SaveSome is Save in slices (Sliced).
func (m Memories) SaveSome(put func(key, value []byte) (more bool)) (done bool) {
	more := true
	for _, one := range m {
		if !more {
			return false
		}
		if !one.SaveSome(func(key, value []byte) bool { more = put(key, value); return more }) {
			return false
		}
	}
	return true
}

// Load takes back a value (Keeper).
func (m Memories) Load(key, value []byte) error {
	for _, one := range m {
		if one.Mine(key) {
			return one.Load(key, value)
		}
	}
	return errNobodys
}
