// Package bounded holds tables that never outgrow a stated size. What comes in is a key; what goes out is the value kept under it.
// When a table is full the entry that was touched least recently leaves, and is counted. It never reads a clock, and its order
// depends on nothing but the order of the calls, so that a replay forgets the same entries as the first run.
package bounded

// Table is a map of at most its limit entries. It is not safe for use by several goroutines.
type Table[K comparable, V any] struct {
	index   map[K]*Entry[K, V]
	root    Entry[K, V] // a ring: root.next is the most recently touched, root.prev the least
	limit   int
	evicted uint64
	onEvict func(K, *V)
}

// Entry is a key with its value, where both stand in a Table. Whoever keeps one spares the look-up; it is good until it leaves.
type Entry[K comparable, V any] struct {
	Value      V
	key        K
	prev, next *Entry[K, V]
}

// Key is what the value is kept under.
func (e *Entry[K, V]) Key() K { return e.key }

// New makes a table of at most limit entries; a limit below 1 counts as 1.
func New[K comparable, V any](limit int) *Table[K, V] {
	t := &Table[K, V]{index: make(map[K]*Entry[K, V]), limit: max(limit, 1)}
	t.root.prev, t.root.next = &t.root, &t.root
	return t
}

// OnEvict has f called with each entry that has to leave because the table is full, before it does. F must not change the table.
func (t *Table[K, V]) OnEvict(f func(k K, v *V)) { t.onEvict = f }

// Get gives the value under k and counts as a touch; nil where there is none. The pointer is good until the entry leaves.
func (t *Table[K, V]) Get(k K) *V {
	n := t.index[k]
	if n == nil {
		return nil
	}
	t.touch(n)
	return &n.Value
}

// Peek is Get without the touch.
func (t *Table[K, V]) Peek(k K) *V {
	if n := t.index[k]; n != nil {
		return &n.Value
	}
	return nil
}

// Put gives the value under k, touched, and makes a zero one where there was none, for which the least recently touched
// entry may have to leave.
func (t *Table[K, V]) Put(k K) (v *V, fresh bool) {
	if n := t.index[k]; n != nil {
		t.touch(n)
		return &n.Value, false
	}
	n := t.makeRoom()
	if n == nil {
		n = &Entry[K, V]{}
	}
	*n = Entry[K, V]{}
	n.key = k
	t.index[k] = n
	t.push(n)
	return &n.Value, true
}

// Find is Peek for who wants the entry.
func (t *Table[K, V]) Find(k K) *Entry[K, V] { return t.index[k] }

// Touch makes an entry that is in the table the most recent one.
func (t *Table[K, V]) Touch(e *Entry[K, V]) { t.touch(e) }

// makeRoom gives the entry that had to leave, where one had to.
func (t *Table[K, V]) makeRoom() *Entry[K, V] {
	if len(t.index) < t.limit {
		return nil
	}
	n := t.root.prev
	if t.onEvict != nil {
		t.onEvict(n.key, &n.Value)
	}
	t.drop(n)
	t.evicted++
	return n
}

// Adopt takes an entry over from another table, where it was, as the most recent one. Pointers to its value stay good.
func (t *Table[K, V]) Adopt(e *Entry[K, V], from *Table[K, V]) {
	from.drop(e)
	t.makeRoom()
	t.index[e.key] = e
	t.push(e)
}

// Rekey keeps an entry that is in the table under another key. Nothing may be kept under that one yet.
func (t *Table[K, V]) Rekey(e *Entry[K, V], k K) {
	delete(t.index, e.key)
	e.key = k
	t.index[k] = e
}

// Delete forgets k.
func (t *Table[K, V]) Delete(k K) {
	if n := t.index[k]; n != nil {
		t.drop(n)
	}
}

// Oldest gives the entry that was touched least recently; ok is false where the table is empty.
func (t *Table[K, V]) Oldest() (k K, v *V, ok bool) {
	n := t.root.prev
	if n == &t.root {
		return k, nil, false
	}
	return n.key, &n.Value, true
}

// All yields the entries from the least recently touched on, without touching them. The entry just yielded may be deleted.
func (t *Table[K, V]) All(yield func(k K, v *V) bool) {
	for n := t.root.prev; n != &t.root; {
		before := n.prev
		if !yield(n.key, &n.Value) {
			return
		}
		n = before
	}
}

// Newest walks the other way: from the most recently touched to the least. The table must not be changed meanwhile.
func (t *Table[K, V]) Newest(yield func(k K, v *V) bool) {
	for n := t.root.next; n != &t.root; n = n.next {
		if !yield(n.key, &n.Value) {
			return
		}
	}
}

// Len is how many entries there are.
func (t *Table[K, V]) Len() int { return len(t.index) }

// Evicted is how many entries had to leave because the table was full.
func (t *Table[K, V]) Evicted() uint64 { return t.evicted }

func (t *Table[K, V]) touch(n *Entry[K, V]) {
	if t.root.next == n {
		return
	}
	n.prev.next, n.next.prev = n.next, n.prev
	t.push(n)
}

func (t *Table[K, V]) push(n *Entry[K, V]) {
	n.prev, n.next = &t.root, t.root.next
	n.next.prev, t.root.next = n, n
}

func (t *Table[K, V]) drop(n *Entry[K, V]) {
	n.prev.next, n.next.prev = n.next, n.prev
	delete(t.index, n.key)
}
