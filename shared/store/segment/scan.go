package segment

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// members walks over the members of a JSON object, or the values of an array, without decoding them. It accepts all that is valid JSON;
// of what is not it may accept some, but never reads beyond the end.
type members struct {
	b    []byte
	at   int
	name []byte // with its quotes, escapes and all
	val  []byte
}

// object begins a walk; ok is false where b is no object.
func object(b []byte) (m members, ok bool) {
	m = members{b: b}
	m.space()
	if m.at >= len(b) || b[m.at] != '{' {
		return m, false
	}
	m.at++
	return m, true
}

// next moves to the next member. At the end ok is false; where nothing can be made of the bytes, err is set.
func (m *members) next() (ok bool, err error) {
	if !m.more('}') {
		return false, m.ended('}')
	}
	name, quoted := m.text()
	if !quoted {
		return false, damaged("name of a member")
	}
	m.space()
	if m.at >= len(m.b) || m.b[m.at] != ':' {
		return false, damaged("member without a value")
	}
	m.at++
	m.name = name
	return m.value()
}

// item moves to the next value of an array.
func (m *members) item() (ok bool, err error) {
	if !m.more(']') {
		return false, m.ended(']')
	}
	return m.value()
}

// array begins a walk over a value that begins with '['.
func array(b []byte) members { return members{b: b, at: 1} }

// more passes over the comma before another part.
func (m *members) more(end byte) bool {
	m.space()
	if m.at < len(m.b) && m.b[m.at] == ',' {
		m.at++
		m.space()
	}
	return m.at < len(m.b) && m.b[m.at] != end
}

func (m *members) ended(end byte) error {
	if m.at < len(m.b) && m.b[m.at] == end {
		return nil
	}
	return damaged("JSON ends early")
}

func (m *members) value() (bool, error) {
	m.space()
	if m.at >= len(m.b) {
		return false, damaged("JSON ends early")
	}
	switch m.b[m.at] {
	case '"':
		v, ok := m.text()
		if !ok {
			return false, damaged("text without an end")
		}
		m.val = v
	case '{', '[':
		if !m.nested() {
			return false, damaged("brackets without an end")
		}
	default:
		from := m.at
		for m.at < len(m.b) && !ends[m.b[m.at]] {
			m.at++
		}
		if m.val = m.b[from:m.at]; len(m.val) == 0 {
			return false, damaged("no value")
		}
	}
	return true, nil
}

// text passes over a quoted text and gives it with its quotes.
func (m *members) text() (v []byte, ok bool) {
	if m.at >= len(m.b) || m.b[m.at] != '"' {
		return nil, false
	}
	for i := m.at + 1; i < len(m.b); {
		q := bytes.IndexByte(m.b[i:], '"')
		if q < 0 {
			return nil, false
		}
		slashes := 0
		for j := i + q - 1; j > m.at && m.b[j] == '\\'; j-- {
			slashes++
		}
		if i += q + 1; slashes&1 == 0 {
			v, m.at = m.b[m.at:i], i
			return v, true
		}
	}
	return nil, false
}

// nested passes over an object or array.
func (m *members) nested() bool {
	from, depth := m.at, 0
	for m.at < len(m.b) {
		switch m.b[m.at] {
		case '"':
			if _, ok := m.text(); !ok {
				return false
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		m.at++
		if depth == 0 {
			m.val = m.b[from:m.at]
			return true
		}
	}
	return false
}

func (m *members) space() {
	for m.at < len(m.b) && (m.b[m.at] == ' ' || m.b[m.at] == '\t' || m.b[m.at] == '\n' || m.b[m.at] == '\r') {
		m.at++
	}
}

// ends marks the bytes that end a number or a word.
var ends = [256]bool{',': true, '}': true, ']': true, ' ': true, '\t': true, '\n': true, '\r': true, ':': true}

// unquote decodes a quoted text. Bytes that are no UTF-8 stay as they are, as query leaves them.
func unquote(quoted string) (string, bool) {
	inner := quoted[1 : len(quoted)-1]
	at := strings.IndexByte(inner, '\\')
	if at < 0 {
		return inner, true
	}
	out := make([]byte, 0, len(inner))
	for at >= 0 {
		out = append(out, inner[:at]...)
		r, n := escape(inner[at:])
		if n == 0 {
			return "", false
		}
		out = utf8.AppendRune(out, r)
		inner = inner[at+n:]
		at = strings.IndexByte(inner, '\\')
	}
	return string(append(out, inner...)), true
}

// escape decodes the escape that s begins with, and says how long it is: 0 where it is none. Half a surrogate pair is U+FFFD.
func escape(s string) (r rune, n int) {
	if len(s) < 2 {
		return 0, 0
	}
	if s[1] != 'u' {
		at := strings.IndexByte(`"\/bfnrt`, s[1])
		if at < 0 {
			return 0, 0
		}
		return rune("\"\\/\b\f\n\r\t"[at]), 2
	}
	r, ok := hexRune(s)
	if !ok {
		return 0, 0
	}
	if !utf16.IsSurrogate(r) {
		return r, 6
	}
	if low, ok := hexRune(s[6:]); ok {
		if whole := utf16.DecodeRune(r, low); whole != utf8.RuneError {
			return whole, 12
		}
	}
	return utf8.RuneError, 6
}

func hexRune(s string) (rune, bool) {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return 0, false
	}
	v, err := strconv.ParseUint(s[2:6], 16, 32)
	return rune(v), err == nil
}

// decimal reads a number that is written as we would write it back: a whole number, or one with scale decimals and few enough digits
// that a float64 holds them all. Anything else is kept as text.
func decimal(b []byte) (v int64, scale int, ok bool) {
	digits := b
	if len(b) > 0 && b[0] == '-' {
		digits = b[1:]
	}
	if len(digits) == 0 || len(digits) > 18 || len(digits) > 1 && digits[0] == '0' && digits[1] != '.' || digits[0] == '.' {
		return 0, 0, false
	}
	dot := -1
	for i, c := range digits {
		switch {
		case c >= '0' && c <= '9':
			v = v*10 + int64(c-'0')
		case c == '.' && dot < 0:
			dot = i
		default:
			return 0, 0, false
		}
	}
	if dot >= 0 {
		if scale = len(digits) - dot - 1; scale == 0 || scale > 9 || v >= 1<<53 {
			return 0, 0, false
		}
	}
	if len(b) != len(digits) {
		if v == 0 {
			return 0, 0, false
		}
		v = -v
	}
	return v, scale, true
}
