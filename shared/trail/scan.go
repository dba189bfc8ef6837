package trail

import (
	"bytes"
	"errors"
	"unicode/utf16"
	"unicode/utf8"
)

// Bounds of one JSON value: what AWS writes is far below, and what is above is nobody's log.
const (
	maxDepth = 48      // levels of nesting
	maxNodes = 1 << 16 // values
)

// errShort is a value that goes on behind the bytes at hand.
var errShort = errors.New("the value ends too early")

// notJSON says where a value stops being JSON.
type notJSON struct {
	at  int // byte, from the value's first
	why string
}

func (e *notJSON) Error() string { return e.why }

type nodeKind uint8

const (
	object nodeKind = iota
	array
	text
	number
	boolean
	null
)

// node is one value of a tree. Offsets are into the tree's source; of texts and names they are what stands between the quotation marks.
type node struct {
	kind       nodeKind
	escaped    bool // the text has escapes
	keyEscaped bool
	key, keyTo uint32 // name of the member, where it is one
	from, to   uint32
	next       uint32 // the node behind this one and all that is in it
}

// tree is a JSON value, read once and without a copy: the nodes lie in the order in which they stand in the source. It is used again for
// the next value, so that reading a file allocates nothing a value. encoding/json needs three times the budget for the same file.
type tree struct {
	src   []byte
	nodes []node
}

// parse reads the value that src begins with and gives where it ends.
func (t *tree) parse(src []byte) (end int, err error) {
	t.src, t.nodes = src, t.nodes[:0]
	return t.value(space(src, 0), 0)
}

// space gives the first byte from at on that is no white space.
func space(src []byte, at int) int {
	for at < len(src) && (src[at] == ' ' || src[at] == '\n' || src[at] == '\t' || src[at] == '\r') {
		at++
	}
	return at
}

func (t *tree) value(at, depth int) (int, error) {
	if at >= len(t.src) {
		return at, errShort
	}
	if len(t.nodes) == maxNodes {
		return at, &notJSON{at, "too many values"}
	}
	switch c := t.src[at]; {
	case c == '{' || c == '[':
		return t.container(at, depth)
	case c == '"':
		from, to, escaped, err := t.quoted(at)
		t.nodes = append(t.nodes, node{kind: text, escaped: escaped, from: uint32(from), to: uint32(to), next: uint32(len(t.nodes) + 1)})
		return to + 1, err
	case c == '-' || c >= '0' && c <= '9':
		return t.number(at)
	}
	return t.word(at)
}

// container reads an object or a list.
func (t *tree) container(at, depth int) (end int, err error) {
	if depth == maxDepth {
		return at, &notJSON{at, "nested too deep"}
	}
	self, kind, closing := len(t.nodes), object, byte('}')
	if t.src[at] == '[' {
		kind, closing = array, ']'
	}
	t.nodes = append(t.nodes, node{kind: kind, from: uint32(at)})
	at = space(t.src, at+1)
	for first := true; ; first = false {
		if at >= len(t.src) {
			return at, errShort
		}
		if t.src[at] == closing {
			break
		}
		if !first {
			if t.src[at] != ',' {
				return at, &notJSON{at, "a comma is missing"}
			}
			at = space(t.src, at+1)
		}
		if at, err = t.member(at, depth, kind == object); err != nil {
			return at, err
		}
		at = space(t.src, at)
	}
	t.nodes[self].to, t.nodes[self].next = uint32(at+1), uint32(len(t.nodes))
	return at + 1, nil
}

// member reads an element of a list, or a name with its value.
func (t *tree) member(at, depth int, named bool) (int, error) {
	if !named {
		return t.value(at, depth+1)
	}
	if at >= len(t.src) {
		return at, errShort
	}
	if t.src[at] != '"' {
		return at, &notJSON{at, "a name is missing"}
	}
	key, keyTo, escaped, err := t.quoted(at)
	if err != nil {
		return at, err
	}
	at = space(t.src, keyTo+1)
	if at >= len(t.src) {
		return at, errShort
	}
	if t.src[at] != ':' {
		return at, &notJSON{at, "a colon is missing"}
	}
	self := len(t.nodes)
	at, err = t.value(space(t.src, at+1), depth+1)
	if self < len(t.nodes) {
		n := &t.nodes[self]
		n.key, n.keyTo, n.keyEscaped = uint32(key), uint32(keyTo), escaped
	}
	return at, err
}

// quoted gives what stands between the quotation mark at a byte and the next that is not escaped.
func (t *tree) quoted(at int) (from, to int, escaped bool, err error) {
	from, to = at+1, at+1
	for {
		n := bytes.IndexByte(t.src[to:], '"')
		if n < 0 {
			return from, to, escaped, errShort
		}
		back := bytes.IndexByte(t.src[to:to+n], '\\')
		if back < 0 {
			return from, to + n, escaped, nil
		}
		escaped = true
		if to += back + 2; to > len(t.src) {
			return from, to, escaped, errShort
		}
	}
}

func (t *tree) number(at int) (int, error) {
	end := at
	for end < len(t.src) && (t.src[end] >= '0' && t.src[end] <= '9' || bytes.IndexByte([]byte("+-.eE"), t.src[end]) >= 0) {
		end++
	}
	if end == len(t.src) {
		return end, errShort
	}
	if !validNumber(t.src[at:end]) {
		return at, &notJSON{at, "not a number"}
	}
	t.nodes = append(t.nodes, node{kind: number, from: uint32(at), to: uint32(end), next: uint32(len(t.nodes) + 1)})
	return end, nil
}

// validNumber holds a number against JSON's grammar, because it is written out again as it stands.
func validNumber(s []byte) bool {
	digits := func() bool {
		n := 0
		for n < len(s) && s[n] >= '0' && s[n] <= '9' {
			n++
		}
		s = s[n:]
		return n > 0
	}
	s = bytes.TrimPrefix(s, []byte("-"))
	if len(s) > 1 && s[0] == '0' && s[1] >= '0' && s[1] <= '9' || !digits() {
		return false
	}
	if len(s) > 0 && s[0] == '.' {
		if s = s[1:]; !digits() {
			return false
		}
	}
	if len(s) > 0 && (s[0] == 'e' || s[0] == 'E') {
		if s = s[1:]; len(s) > 0 && (s[0] == '+' || s[0] == '-') {
			s = s[1:]
		}
		return digits() && len(s) == 0
	}
	return len(s) == 0
}

func (t *tree) word(at int) (int, error) {
	for _, w := range [...]struct {
		word string
		kind nodeKind
	}{{"true", boolean}, {"false", boolean}, {"null", null}} {
		rest := t.src[at:min(len(t.src), at+len(w.word))]
		if string(rest) == w.word {
			t.nodes = append(t.nodes, node{kind: w.kind, from: uint32(at), to: uint32(at + len(w.word)), next: uint32(len(t.nodes) + 1)})
			return at + len(w.word), nil
		}
		if len(rest) < len(w.word) && string(rest) == w.word[:len(rest)] {
			return at, errShort
		}
	}
	return at, &notJSON{at, "no value begins so"}
}

// children walks the members of a node, in their order.
func (t *tree) children(parent int) func(yield func(i int) bool) {
	return func(yield func(i int) bool) {
		if k := t.nodes[parent].kind; k != object && k != array {
			return
		}
		for i := parent + 1; i < int(t.nodes[parent].next); i = int(t.nodes[i].next) {
			if !yield(i) {
				return
			}
		}
	}
}

// key is the name of a member; names with escapes are rare, and are read like any text.
func (t *tree) key(i int) []byte {
	n := &t.nodes[i]
	if raw := t.src[n.key:n.keyTo]; !n.keyEscaped {
		return raw
	}
	return unescape(nil, t.src[n.key:n.keyTo])
}

// raw is a value as it stands; of a text without its quotation marks and with its escapes.
func (t *tree) raw(i int) []byte { return t.src[t.nodes[i].from:t.nodes[i].to] }

// text is a text without escapes, or a number or a word as it stands. It may lie in the source.
func (t *tree) text(i int) []byte {
	switch n := &t.nodes[i]; {
	case n.kind == object || n.kind == array || n.kind == null:
		return nil
	case n.escaped:
		return unescape(nil, t.raw(i))
	}
	return t.raw(i)
}

// find gives the member of that name, or -1. Of members with one name it is the last, as other readers of JSON have it.
func (t *tree) find(parent int, name string) int {
	found := -1
	if parent < 0 || t.nodes[parent].kind != object {
		return found
	}
	for i := range t.children(parent) {
		if string(t.key(i)) == name {
			found = i
		}
	}
	return found
}

// unescape appends a text without its escapes; what is no escape becomes a question mark.
func unescape(dst, raw []byte) []byte {
	for len(raw) > 0 {
		n := bytes.IndexByte(raw, '\\')
		if n < 0 || n+1 >= len(raw) {
			return append(dst, raw...)
		}
		dst = append(dst, raw[:n]...)
		c := raw[n+1]
		raw = raw[n+2:]
		if c == 'u' {
			var r rune
			r, raw = unicodeEscape(raw)
			dst = utf8.AppendRune(dst, r)
			continue
		}
		if at := bytes.IndexByte([]byte(`"\/bfnrt`), c); at >= 0 {
			dst = append(dst, "\"\\/\b\f\n\r\t"[at])
		} else {
			dst = append(dst, '?')
		}
	}
	return dst
}

// unicodeEscape reads the digits behind \u, of a surrogate also those of the second half.
func unicodeEscape(raw []byte) (r rune, rest []byte) {
	r, ok := hex4(raw)
	if !ok {
		return '?', raw
	}
	raw = raw[4:]
	if utf16.IsSurrogate(r) && len(raw) >= 6 && raw[0] == '\\' && raw[1] == 'u' {
		if low, ok := hex4(raw[2:]); ok {
			if both := utf16.DecodeRune(r, low); both != utf8.RuneError {
				return both, raw[6:]
			}
		}
	}
	return r, raw // half a surrogate is written as the replacement character
}

func hex4(raw []byte) (r rune, ok bool) {
	if len(raw) < 4 {
		return 0, false
	}
	for _, c := range raw[:4] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}
