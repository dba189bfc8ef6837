package krb5

import (
	"time"

	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/ber"
)

// Name is a principal's name, its parts borrowed.
type Name struct {
	Type  uint8
	parts []byte // the elements of name-string
}

// maxParts is how many parts of a name are read.
const maxParts = 8

// Append appends the parts with slashes between them.
func (n Name) Append(dst []byte) []byte {
	rest := n.parts
	for i := range maxParts {
		_, part, after, ok := ber.Next(rest)
		if !ok {
			break
		}
		if i > 0 {
			dst = append(dst, '/')
		}
		dst, rest = append(dst, part...), after
	}
	return dst
}

// Empty says whether there is no name.
func (n Name) Empty() bool { return len(n.parts) == 0 }

// takeName takes field n where it is a principal's name, section 5.2.2.
func takeName(b []byte, n byte) (Name, []byte) {
	in, rest, ok := ber.Inner(b, ber.Context(n), ber.Sequence)
	if !ok {
		return Name{}, b
	}
	kind, in, _ := ber.InnerInt(in, ber.Context(0))
	parts, _, _ := ber.Inner(in, ber.Context(1), ber.Sequence)
	return Name{Type: uint8(min(max(kind, 0), 255)), parts: parts}, rest
}

// takeTime takes field n where it is a time, section 5.2.3: always in UTC, to the second.
func takeTime(b []byte, n byte) (int64, []byte) {
	text, rest, ok := ber.Inner(b, ber.Context(n), ber.GeneralTime)
	if !ok {
		return 0, b
	}
	return readTime(text), rest
}

// readTime reads "20370913024805Z". Years that nanoseconds of 64 bits cannot hold are no time.
func readTime(b []byte) int64 {
	if len(b) != 15 || b[14] != 'Z' {
		return 0
	}
	var n [7]int
	for i, c := range b[:14] {
		if c < '0' || c > '9' {
			return 0
		}
		n[i/2] = n[i/2]*10 + int(c-'0')
	}
	year := n[0]*100 + n[1]
	if year < 1970 || year > 2200 {
		return 0
	}
	return time.Date(year, time.Month(n[2]), n[3], n[4], n[5], n[6], 0, time.UTC).UnixNano()
}
