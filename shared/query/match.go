package query

import (
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
	"unsafe"
)

// Match says whether a record matches, of which line is the JSON object. Only the members that the query asks for are looked at, and
// nothing after the last of them. A line that is no JSON object does not match where anything had to be read from it. Of members with
// the same name the first counts.
func (m *Matcher) Match(kind string, line []byte) bool {
	p := m.plans[kind]
	if p == nil || p.Never() {
		return false
	}
	return p.Always() || p.Match(line)
}

// Match is Matcher.Match for the plan's kind.
func (p *Plan) Match(line []byte) bool {
	s, ok := p.scanners.Get().(*scanner)
	if !ok {
		s = new(scanner)
	}
	defer p.scanners.Put(s)
	s.line, s.at, s.plan = line, 0, p
	s.seen, s.holds = [2]uint64{}, [MaxTests / 64]uint64{}
	ok = s.object() && s.eval(&p.root)
	s.line, s.plan = nil, nil
	return ok
}

// scanner walks the members of one line.
type scanner struct {
	line    []byte
	at      int
	plan    *Plan
	seen    [2]uint64             // fields, by place
	holds   [MaxTests / 64]uint64 // tests, by number
	scratch []byte
}

func (s *scanner) eval(e *expr) bool {
	switch e.op {
	case opTest:
		return s.holds[e.test/64]>>(e.test%64)&1 != 0
	case opNot:
		return !s.eval(&e.kids[0])
	case opTrue, opFalse:
		return e.op == opTrue
	}
	for i := range e.kids {
		if s.eval(&e.kids[i]) == (e.op == opOr) {
			return e.op == opOr
		}
	}
	return e.op == opAnd
}

// object reads members until all that are needed were seen; false is a line that is no object.
func (s *scanner) object() bool {
	if !s.take('{') {
		return false
	}
	if s.take('}') {
		return true
	}
	for left := len(s.plan.Fields); ; {
		name, ok := s.text()
		if !ok || !s.take(':') {
			return false
		}
		at, wanted := s.plan.byName[name]
		if wanted && s.seen[at/64]>>(at%64)&1 == 0 {
			s.seen[at/64] |= 1 << (at % 64)
			if !s.value(at, s.plan.Fields[at].List) {
				return false
			}
			if left--; left == 0 {
				return true
			}
		} else if !s.skip() {
			return false
		}
		if s.take('}') {
			return true
		}
		if !s.take(',') {
			return false
		}
	}
}

// value holds the tests of a field against the value that comes next. A value of another type than the field's is as if it were not
// there.
func (s *scanner) value(field int, list bool) bool {
	c := s.peek()
	f := s.plan.Fields[field]
	switch {
	case list && c == '[':
		return s.members(field)
	case list:
		return s.skip()
	case c == '"' && (f.Type == Text || f.Type == Address):
		text, ok := s.text()
		for _, u := range s.plan.on[field] {
			if ok && u.predicate.Text(text) {
				s.hold(u.test)
			}
		}
		return ok
	case (c == 't' || c == 'f') && f.Type == Bool:
		for _, u := range s.plan.on[field] {
			if u.predicate.Bool(c == 't') {
				s.hold(u.test)
			}
		}
	case (c == '-' || '0' <= c && c <= '9') && (f.Type == Number || f.Type == Time || f.Type == Duration):
		return s.number(field)
	}
	return s.skip()
}

func (s *scanner) hold(test int) { s.holds[test/64] |= 1 << (test % 64) }

func (s *scanner) members(field int) bool {
	s.at++
	if s.take(']') {
		return true
	}
	for {
		if !s.value(field, false) {
			return false
		}
		if s.take(']') {
			return true
		}
		if !s.take(',') {
			return false
		}
	}
}

func (s *scanner) number(field int) bool {
	from := s.at
	if !s.skip() {
		return false
	}
	n, err := strconv.ParseFloat(view(s.line[from:s.at]), 64)
	if err != nil {
		return true // beyond what a number can hold: as if it were not there
	}
	for _, u := range s.plan.on[field] {
		if u.predicate.Number(n) {
			s.hold(u.test)
		}
	}
	return true
}

// peek skips white space and gives the byte that comes next, or 0.
func (s *scanner) peek() byte {
	for ; s.at < len(s.line); s.at++ {
		switch c := s.line[s.at]; c {
		case ' ', '\t', '\r', '\n':
		default:
			return c
		}
	}
	return 0
}

func (s *scanner) take(c byte) bool {
	if s.peek() != c {
		return false
	}
	s.at++
	return true
}

// skip passes a value, whatever it is: to its end where it is text, an object or a list, else to what cannot be part of it.
func (s *scanner) skip() bool {
	switch s.peek() {
	case '"':
		_, _, ok := s.raw()
		return ok
	case '{', '[':
		return s.skipNested()
	}
	from := s.at
	for ; s.at < len(s.line); s.at++ {
		switch s.line[s.at] {
		case ',', '}', ']', ' ', '\t', '\r', '\n':
			return s.at > from
		}
	}
	return false
}

func (s *scanner) skipNested() bool {
	for depth := 0; s.at < len(s.line); {
		switch s.line[s.at] {
		case '"':
			if _, _, ok := s.raw(); !ok {
				return false
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		if s.at++; depth == 0 {
			return true
		}
	}
	return false
}

// raw passes a string and gives what is between the quotes.
func (s *scanner) raw() (inside []byte, escaped, ok bool) {
	if s.peek() != '"' {
		return nil, false, false
	}
	from := s.at + 1
	for i := from; i < len(s.line); i++ {
		switch s.line[i] {
		case '"':
			s.at = i + 1
			return s.line[from:i], escaped, true
		case '\\':
			escaped = true
			i++
		}
	}
	return nil, false, false
}

// text reads a string without copying it, but for one with escapes. It is valid until the next call.
func (s *scanner) text() (string, bool) {
	inside, escaped, ok := s.raw()
	if ok && escaped {
		s.scratch, ok = unescape(s.scratch[:0], inside)
		inside = s.scratch
	}
	return view(inside), ok
}

// view gives bytes as a string for as long as nobody changes them: predicates look and keep nothing.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// unescape appends what a JSON string's inside means.
func unescape(dst, b []byte) ([]byte, bool) {
	for i := 0; i < len(b); {
		if b[i] != '\\' {
			dst = append(dst, b[i])
			i++
			continue
		}
		if i+1 >= len(b) {
			return dst, false
		}
		if b[i+1] == 'u' {
			r, n, ok := unescapeRune(b[i:])
			if !ok {
				return dst, false
			}
			dst = utf8.AppendRune(dst, r)
			i += n
			continue
		}
		c, ok := unescapeByte(b[i+1])
		if !ok {
			return dst, false
		}
		dst = append(dst, c)
		i += 2
	}
	return dst, true
}

func unescapeByte(c byte) (byte, bool) {
	switch c {
	case '"', '\\', '/':
		return c, true
	case 'b':
		return '\b', true
	case 'f':
		return '\f', true
	case 'n':
		return '\n', true
	case 'r':
		return '\r', true
	case 't':
		return '\t', true
	}
	return 0, false
}

// unescapeRune reads \uXXXX, or two of them that are one character; half of one is U+FFFD, as in encoding/json.
func unescapeRune(b []byte) (r rune, n int, ok bool) {
	r, ok = hex4(b)
	if !ok || !utf16.IsSurrogate(r) {
		return r, 6, ok
	}
	if second, two := hex4(b[6:]); two {
		if whole := utf16.DecodeRune(r, second); whole != utf8.RuneError {
			return whole, 12, true
		}
	}
	return utf8.RuneError, 6, true
}

func hex4(b []byte) (rune, bool) {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(view(b[2:6]), 16, 32)
	return rune(n), err == nil
}
