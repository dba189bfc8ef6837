// Package bounded holds tables that never outgrow a stated size. What comes in is a key; what goes out is the value kept under it.
// When a table is full the entry that was touched least recently leaves, and is counted. It never reads a clock, and its order
// depends on nothing but the order of the calls, so that a replay forgets the same entries as the first run.
package bounded

// Table is a map of at most its limit entries. It is not safe for use by several goroutines.
type Table[K comparable, V any] struct {
	index   map[K]*node[K, V]
	root    node[K, V] // a ring: root.next is the most recently touched, root.prev the least
	limit   int
	evicted uint64
	onEvict func(K, *V)
}

type node[K comparable, V any] struct {
	key        K
	value      V
	prev, next *node[K, V]
}

// New makes a table of at most limit entries; a limit below 1 counts as 1.
func New[K comparable, V any](limit int) *Table[K, V] {
	t := &Table[K, V]{index: make(map[K]*node[K, V]), limit: max(limit, 1)}
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
	return &n.value
}

// Peek is Get without the touch.
func (t *Table[K, V]) Peek(k K) *V {
	if n := t.index[k]; n != nil {
		return &n.value
	}
	return nil
}

// Put gives the value under k, touched, and makes a zero one where there was none, for which the least recently touched
// entry may have to leave.
func (t *Table[K, V]) Put(k K) (v *V, fresh bool) {
	if n := t.index[k]; n != nil {
		t.touch(n)
		return &n.value, false
	}
	var n *node[K, V]
	if len(t.index) >= t.limit {
		n = t.root.prev
		if t.onEvict != nil {
			t.onEvict(n.key, &n.value)
		}
		t.drop(n)
		t.evicted++
		*n = node[K, V]{}
	} else {
		n = &node[K, V]{}
	}
	n.key = k
	t.index[k] = n
	t.push(n)
	return &n.value, true
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
	return n.key, &n.value, true
}

// All yields the entries from the least recently touched on, without touching them. The entry just yielded may be deleted.
func (t *Table[K, V]) All(yield func(k K, v *V) bool) {
	for n := t.root.prev; n != &t.root; {
		before := n.prev
		if !yield(n.key, &n.value) {
			return
		}
		n = before
	}
}

// Newest walks the other way: from the most recently touched to the least. The table must not be changed meanwhile.
func (t *Table[K, V]) Newest(yield func(k K, v *V) bool) {
	for n := t.root.next; n != &t.root; n = n.next {
		if !yield(n.key, &n.value) {
			return
		}
	}
}

// Len is how many entries there are.
func (t *Table[K, V]) Len() int { return len(t.index) }

// Evicted is how many entries had to leave because the table was full.
func (t *Table[K, V]) Evicted() uint64 { return t.evicted }

func (t *Table[K, V]) touch(n *node[K, V]) {
	if t.root.next == n {
		return
	}
	n.prev.next, n.next.prev = n.next, n.prev
	t.push(n)
}

func (t *Table[K, V]) push(n *node[K, V]) {
	n.prev, n.next = &t.root, t.root.next
	n.next.prev, t.root.next = n, n
}

func (t *Table[K, V]) drop(n *node[K, V]) {
	n.prev.next, n.next.prev = n.next, n.prev
	delete(t.index, n.key)
}
