package ec2fake

import (
	"slices"
	"strings"
	"time"
)

// key is one way to find rows: by who sees them, or by what they belong to.
type key struct {
	by byte
	of string
}

// What rows are found by.
const (
	seenBy     = 'a' // account
	everywhere = '*' // all of the region
	ofSubnet   = 's'
	ofInstance = 'i'
	ofSource   = 'e' // the session's network interface
	ofTarget   = 't'
	ofFilter   = 'f'
	ofNetwork  = 'v' // VNI
	ofID       = '#' // not a list: the rows themselves
)

// table holds the objects of one kind in one region, by id and by key, each list sorted by id. What is now is always at hand; a row
// that was changed less than the lag ago also knows what it was, for as long as a describe may still show that.
type table[T any] struct {
	rows    map[string]*row[T]
	lists   map[key][]*row[T]
	keysOf  func(owner string, v *T, keys []key) []key
	owned   map[string]int // rows that are, by owner
	pending []change[T]    // not shown yet, oldest first
}

type row[T any] struct {
	id, owner string
	now       *T           // nil: deleted
	past      []version[T] // not empty: what a describe may still show, the last is now
	keys      []key
	digest    uint64 // of digested
	digested  *T
}

type version[T any] struct {
	from time.Time // shown from then on
	v    *T
}

// change is an entry of the log of changes.
type change[T any] struct {
	r   *row[T]
	due time.Time // shown from then on
}

func newTable[T any](keysOf func(owner string, v *T, keys []key) []key) *table[T] {
	return &table[T]{rows: map[string]*row[T]{}, lists: map[key][]*row[T]{}, keysOf: keysOf, owned: map[string]int{}}
}

// get gives what an object is now.
func (t *table[T]) get(id string) (*T, string) {
	if r := t.rows[id]; r != nil && r.now != nil {
		return r.now, r.owner
	}
	return nil, ""
}

// shown gives what a describe shows of a row at a time; nil: nothing.
func (r *row[T]) shown(at time.Time) *T {
	if len(r.past) == 0 {
		return r.now
	}
	return r.past[r.latest(at)].v
}

// put makes an object what v says (nil: it is deleted), to be shown from a time on. Values are never changed, only replaced.
func (t *table[T]) put(id, owner string, v *T, now, shownFrom time.Time) {
	t.settle(now)
	r := t.rows[id]
	if r == nil {
		r = &row[T]{id: id, owner: owner}
		t.rows[id] = r
	}
	t.owned[r.owner] += alive(v) - alive(r.now)
	if shownFrom.After(now) || len(r.past) > 0 {
		t.remember(r, v, shownFrom)
	}
	r.now = v
	if len(r.past) == 0 {
		t.tidy(r)
		return
	}
	for _, k := range t.keysFor(r, v) {
		t.list(r, k)
	}
}

func alive[T any](v *T) int {
	if v == nil {
		return 0
	}
	return 1
}

func (t *table[T]) remember(r *row[T], v *T, shownFrom time.Time) {
	if len(r.past) == 0 {
		r.past = append(r.past, version[T]{v: r.now})
	}
	r.past = append(r.past, version[T]{from: shownFrom, v: v})
	t.pending = append(t.pending, change[T]{r, shownFrom})
}

// settle forgets what no describe shows any more, so that the log of changes is no longer than the lag.
func (t *table[T]) settle(now time.Time) {
	for len(t.pending) > 0 && !t.pending[0].due.After(now) {
		r := t.pending[0].r
		t.pending = t.pending[1:]
		if i := r.latest(now); i == len(r.past)-1 {
			r.past = nil
			t.tidy(r)
		} else {
			r.past = r.past[i:]
		}
	}
	if len(t.pending) == 0 {
		t.pending = nil
	}
}

// latest gives which version is shown at a time; the first always is. Who was shown a version is never shown one before it, also where
// a later change takes less time to be shown.
func (r *row[T]) latest(at time.Time) int {
	i := len(r.past) - 1
	for i > 0 && r.past[i].from.After(at) {
		i--
	}
	return i
}

// tidy lists a settled row under the keys it has now, or drops it.
func (t *table[T]) tidy(r *row[T]) {
	var want []key
	if r.now == nil {
		delete(t.rows, r.id)
	} else {
		want = t.keysFor(r, r.now)
	}
	if slices.Equal(want, r.keys) {
		return
	}
	for _, k := range slices.Clone(r.keys) {
		if !slices.Contains(want, k) {
			t.unlist(r, k)
		}
	}
	for _, k := range want {
		t.list(r, k)
	}
	r.keys = slices.Clone(want)
}

func (t *table[T]) keysFor(r *row[T], v *T) []key {
	if v == nil {
		return nil
	}
	return t.keysOf(r.owner, v, append(make([]key, 0, 8), key{by: everywhere}))
}

func (t *table[T]) list(r *row[T], k key) {
	if slices.Contains(r.keys, k) {
		return
	}
	r.keys = append(r.keys, k)
	at, _ := slices.BinarySearchFunc(t.lists[k], r.id, byID[T])
	t.lists[k] = slices.Insert(t.lists[k], at, r)
}

func (t *table[T]) unlist(r *row[T], k key) {
	r.keys = slices.DeleteFunc(r.keys, func(o key) bool { return o == k })
	rows := t.lists[k]
	if at, found := slices.BinarySearchFunc(rows, r.id, byID[T]); found {
		rows = slices.Delete(rows, at, at+1)
	}
	if t.lists[k] = rows; len(rows) == 0 {
		delete(t.lists, k)
	}
}

func byID[T any](r *row[T], id string) int { return strings.Compare(r.id, id) }

// each visits what is now under a key, by id.
func (t *table[T]) each(k key, visit func(r *row[T], v *T)) {
	for _, r := range t.lists[k] {
		// A settled row is listed under what it is now, another one also under what it was.
		if len(r.past) == 0 || slices.Contains(t.keysFor(r, r.now), k) {
			visit(r, r.now)
		}
	}
}

// all gives every row that is, by id.
func (t *table[T]) all() []*row[T] {
	rows := make([]*row[T], 0, len(t.rows))
	for _, r := range t.lists[key{by: everywhere}] {
		if r.now != nil {
			rows = append(rows, r)
		}
	}
	return rows
}

// store puts an object as of now, to be shown after the lag.
func store[T any](c *Cloud, t *table[T], id, owner string, v *T) {
	if v == nil {
		delete(c.tagged, id)
	}
	now := c.now()
	lag := c.set.Lag
	if lag > 0 && c.set.RandomLag {
		lag = time.Duration(c.luck.Int64N(int64(lag) + 1))
	}
	t.put(id, owner, v, now, now.Add(lag))
}

// found gives an object for a call that changes or names it, as the settings say of objects that are not shown yet.
func found[T any](c *Cloud, t *table[T], id string) (*T, string) {
	v, owner := t.get(id)
	if v != nil && c.set.UnseenNotFound && t.rows[id].shown(c.now()) == nil {
		return nil, ""
	}
	return v, owner
}
