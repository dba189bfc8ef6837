package trail

import (
	"bytes"
	"slices"
	"strconv"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// canon writes the parameters of a call as they are kept: members in the order of their names, nothing empty, no white space, no secret.
// It is used for one call after the other.
type canon struct {
	cleaner *cleaner
	out     []byte
	order   []int // members of the objects that are being written, innermost last
	limit   limit
}

// limit is how much is kept of texts (bytes) and lists (elements).
type limit struct{ text, list int }

// limits are tried one after the other until all fits.
var limits = []limit{{512, 256}, {256, 64}, {96, 24}, {40, 6}, {16, 1}}

// parameters gives the parameters as JSON of at most maxParameters bytes; empty where there are none.
func (w *canon) parameters(t *tree, root int, c *events.CloudTrail) string {
	if root < 0 || t.nodes[root].kind != object || t.nodes[root].next == uint32(root+1) {
		return ""
	}
	// What is put into the parameter store is often secret, and the name does not say so.
	stored := c.Service == "ssm.amazonaws.com" && c.Name == "PutParameter"
	for _, w.limit = range limits {
		w.out = w.out[:0]
		w.object(t, root, stored)
		if len(w.out) <= maxParameters {
			return string(w.out)
		}
	}
	return `{"left_out":"too long"}`
}

// full says that the present limit does not do.
func (w *canon) full() bool { return len(w.out) > maxParameters }

// object writes the members of an object. named is true where the values among them are secret whatever their form.
func (w *canon) object(t *tree, node int, named bool) {
	from := len(w.order)
	for i := range t.children(node) {
		w.order = append(w.order, i)
		if w.cleaner.class(t.key(i)) == namingName && t.nodes[i].kind == text && w.cleaner.class(t.text(i)) == secretName {
			named = true
		}
	}
	members := w.order[from:]
	// Sorting must be stable for members with one name, of which the last holds.
	slices.SortStableFunc(members, func(a, b int) int { return bytes.Compare(t.key(a), t.key(b)) })
	w.out = append(w.out, '{')
	first := true
	for n, i := range members {
		if empty(t, i) || n+1 < len(members) && bytes.Equal(t.key(i), t.key(members[n+1])) {
			continue
		}
		if w.full() {
			break
		}
		if !first {
			w.out = append(w.out, ',')
		}
		first = false
		w.quoted(w.cleaner.text(t.key(i), maxName), maxName)
		w.out = append(w.out, ':')
		w.member(t, i, named)
	}
	w.order = w.order[:from]
	w.out = append(w.out, '}')
}

// empty values say nothing, and AWS writes many.
func empty(t *tree, i int) bool {
	switch n := &t.nodes[i]; n.kind {
	case null:
		return true
	case object, array:
		return n.next == uint32(i+1)
	}
	return false
}

// member writes what stands under a name.
func (w *canon) member(t *tree, i int, named bool) {
	switch class := w.cleaner.class(t.key(i)); {
	case t.nodes[i].kind == boolean:
		w.value(t, i)
	case class == keyIDName && t.nodes[i].kind == text:
		shown, _ := shownKey(t.text(i))
		w.quoted(shown, maxName)
	case class == secretName || named && class == valueName:
		w.quoted(hidden, len(hidden))
	default:
		w.value(t, i)
	}
}

func (w *canon) value(t *tree, i int) {
	switch t.nodes[i].kind {
	case object:
		w.object(t, i, false)
	case array:
		w.list(t, i)
	case text:
		s := w.cleaner.text(t.text(i), w.limit.text+1)
		w.quoted(s, w.limit.text)
	case number:
		if raw := t.raw(i); len(raw) <= 32 {
			w.out = append(w.out, raw...)
		} else {
			w.quoted("a long number", 32)
		}
	default:
		w.out = append(w.out, t.raw(i)...)
	}
}

// list writes the elements, of a long one the first, and how many more there were.
func (w *canon) list(t *tree, node int) {
	w.out = append(w.out, '[')
	kept, left := 0, 0
	for i := range t.children(node) {
		switch {
		case empty(t, i):
		case kept == w.limit.list || w.full():
			left++
		default:
			if kept++; kept > 1 {
				w.out = append(w.out, ',')
			}
			w.value(t, i)
		}
	}
	if left > 0 {
		if kept > 0 {
			w.out = append(w.out, ',')
		}
		w.quoted(leftOut+strconv.Itoa(left), 64)
	}
	w.out = append(w.out, ']')
}

// leftOut begins the text that stands for the elements of a list which are not kept.
const leftOut = "left out: "

// quoted writes a text that is clean already; of a long one the beginning.
func (w *canon) quoted(s string, most int) {
	w.out = append(w.out, '"')
	short := cut(s, most)
	for i := range len(short) {
		if short[i] == '"' || short[i] == '\\' {
			w.out = append(w.out, '\\')
		}
		w.out = append(w.out, short[i])
	}
	if len(short) < len(s) {
		w.out = append(w.out, "..."...)
	}
	w.out = append(w.out, '"')
}
