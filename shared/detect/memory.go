package detect

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"github.com/mirrorwatch/mirrorwatch/shared/bounded"
)

// Memory is a bounded table of a detector whose entries outlive a restart. It is used through the table; whoever changed an entry says
// so by Note. A detector that has one is a Keeper by the Memory's Save, SaveSome and Load; one that has several gives each a letter of
// its own.
type Memory[K comparable, V any] struct {
	*bounded.Table[K, V]
	code    Code[K, V]
	changes bounded.Changes[K]
	key     []byte
	value   []byte
}

// Code is how entries are written down.
type Code[K comparable, V any] struct {
	Letter  byte // the first of each key, which tells memories of one detector apart
	Version byte // of the values
	// Write appends an entry's key and value, as numbers. An entry for which it appends no value is not worth keeping.
	Write func(key, value *Numbers, k K, v *V)
	// Read takes an entry back. Numbers that are missing or too large are noted by the Numbers.
	Read func(key, value *Numbers, v *V) K
}

// NewMemory makes one of at most limit entries.
func NewMemory[K comparable, V any](limit int, c Code[K, V]) *Memory[K, V] {
	m := &Memory[K, V]{Table: bounded.New[K, V](limit), code: c}
	m.OnEvict(func(k K, _ *V) { m.changes.Note(k) })
	return m
}

// Note says that an entry is new or was changed.
func (m *Memory[K, V]) Note(k K) { m.changes.Note(k) }

// Forget takes an entry away, for good.
func (m *Memory[K, V]) Forget(k K) {
	m.Delete(k)
	m.changes.Note(k)
}

// Save hands over what changed since it was called last (Keeper).
func (m *Memory[K, V]) Save(put func(key, value []byte)) {
	m.SaveSome(func(key, value []byte) bool { put(key, value); return true })
}

// SaveSome is Save in slices (Sliced).
func (m *Memory[K, V]) SaveSome(put func(key, value []byte) bool) bool {
	return m.changes.Take(func(k K) bool {
		key, value := Numbers{b: append(m.key[:0], m.code.Letter)}, Numbers{b: append(m.value[:0], m.code.Version)}
		v := m.Peek(k)
		if v == nil {
			v = new(V)
			m.code.Write(&key, &value, k, v)
			m.key, m.value = key.b, value.b
			return put(key.b, nil)
		}
		m.code.Write(&key, &value, k, v)
		m.key, m.value = key.b, value.b
		if len(value.b) == 1 {
			return put(key.b, nil)
		}
		return put(key.b, value.b)
	})
}

// Mine says whether a key is one of this memory.
func (m *Memory[K, V]) Mine(key []byte) bool { return len(key) > 0 && key[0] == m.code.Letter }

// Load takes back a value (Keeper).
func (m *Memory[K, V]) Load(key, value []byte) error {
	if !m.Mine(key) || len(value) == 0 {
		return fmt.Errorf("load key %x: not of this memory, or nothing under it", key[:min(len(key), 16)])
	}
	if value[0] != m.code.Version {
		return fmt.Errorf("load key %x: version %d, known is %d", key[:min(len(key), 16)], value[0], m.code.Version)
	}
	k, v := Numbers{b: key[1:]}, Numbers{b: value[1:]}
	var one V
	id := m.code.Read(&k, &v, &one)
	if k.bad || v.bad || len(k.b) > 0 || len(v.b) > 0 {
		return fmt.Errorf("load key %x: a value of %d bytes that cannot be read", key[:min(len(key), 16)], len(value))
	}
	kept, _ := m.Put(id)
	*kept = one
	return nil
}

// Numbers is a row of whole numbers, each in as few bytes as it needs.
type Numbers struct {
	b   []byte
	bad bool
}

// Add appends one. Numbers below zero, which no count and no moment of packets is, become zero.
func (n *Numbers) Add(x int64) { n.b = binary.AppendUvarint(n.b, uint64(max(x, 0))) }

// Next takes the first one off; more than most, or nothing left, is noted, and is zero.
func (n *Numbers) Next(most int64) int64 {
	x, size := binary.Uvarint(n.b)
	if size <= 0 || most < 0 || x > uint64(most) {
		n.b, n.bad = nil, true
		return 0
	}
	n.b = n.b[size:]
	return int64(x)
}

// Text adds a text.
func (n *Numbers) Text(s string) {
	n.Add(int64(len(s)))
	n.b = append(n.b, s...)
}

// NextText takes a text off that is at most so many bytes long.
func (n *Numbers) NextText(most int) string {
	size := int(n.Next(int64(most)))
	if size > len(n.b) {
		n.b, n.bad = nil, true
		return ""
	}
	s := string(n.b[:size])
	n.b = n.b[size:]
	return s
}

// NextAddr takes an address off that was added as text.
func (n *Numbers) NextAddr() netip.Addr {
	a, err := netip.ParseAddr(n.NextText(maxAddr))
	n.bad = n.bad || err != nil
	return a
}

// maxAddr is the longest text of an address: IPv6 with IPv4 in it, and a zone of an interface's name.
const maxAddr = 64
