package analyzer

import (
	"unicode"
	"unicode/utf8"
)

const lowerDigits = "0123456789abcdef"

// AppendText appends bytes of the wire as Zeek's ASCII logs write them: printable text, UTF-8 included, stays, any other byte
// becomes \xNN, and a backslash is doubled. JSON has no place for arbitrary bytes; this way none is lost, and what a reader sees
// can be turned back.
func AppendText(dst, src []byte) []byte {
	for i := 0; i < len(src); i++ {
		c := src[i]
		switch {
		case c == '\\':
			dst = append(dst, '\\', '\\')
		case c >= ' ' && c < 0x7f:
			dst = append(dst, c)
		default:
			if r, n := utf8.DecodeRune(src[i:]); n > 1 && unicode.IsPrint(r) {
				dst = append(dst, src[i:i+n]...)
				i += n - 1
				continue
			}
			dst = append(dst, '\\', 'x', lowerDigits[c>>4], lowerDigits[c&15])
		}
	}
	return dst
}

// IsPlain says that AppendText would change nothing, so that nearly all text needs no copy.
func IsPlain(b []byte) bool {
	for _, c := range b {
		if c < ' ' || c >= 0x7f || c == '\\' {
			return false
		}
	}
	return true
}

// Text gives b as a string of a record.
func Text(b []byte) string {
	if IsPlain(b) {
		return string(b)
	}
	return string(AppendText(nil, b))
}
