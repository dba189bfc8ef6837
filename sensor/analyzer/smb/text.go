package smb

import (
	"unicode/utf16"
	"unicode/utf8"
)

// maxText bounds a path or name of a record, in bytes as they are written.
const maxText = 512

const digits = "0123456789abcdef"

// wide gives UTF-16 in little-endian order as Zeek's logs write text, up to its first zero: a backslash is doubled, what cannot be printed becomes
// \xNN.
func wide(b []byte) string {
	var room [maxText]byte
	out := room[:0]
	for len(b) >= 2 && len(out) <= maxText-utf8.UTFMax {
		c := rune(b[0]) | rune(b[1])<<8
		b = b[2:]
		if utf16.IsSurrogate(c) && len(b) >= 2 {
			if pair := utf16.DecodeRune(c, rune(b[0])|rune(b[1])<<8); pair != utf8.RuneError {
				c, b = pair, b[2:]
			}
		}
		if c == 0 {
			break
		}
		out = appendRune(out, c)
	}
	return string(out)
}

// narrow gives text of one byte a character, up to its first zero. What is not ASCII becomes U+FFFD: its code page is not known.
func narrow(b []byte) string {
	var room [maxText]byte
	out := room[:0]
	for _, c := range b {
		if c == 0 || len(out) > maxText-utf8.UTFMax {
			break
		}
		if c >= utf8.RuneSelf {
			out = utf8.AppendRune(out, utf8.RuneError)
			continue
		}
		out = appendRune(out, rune(c))
	}
	return string(out)
}

func appendRune(out []byte, c rune) []byte {
	switch {
	case c == '\\':
		return append(out, '\\', '\\')
	case c < ' ' || c == 0x7f:
		return append(out, '\\', 'x', digits[c>>4], digits[c&15])
	}
	return utf8.AppendRune(out, c) // a lone surrogate becomes U+FFFD
}

// cut gives n bytes at an offset, or nothing where they lie outside.
func cut(b []byte, at, n int) []byte {
	if at < 0 || n <= 0 || at > len(b) || n > len(b)-at {
		return nil
	}
	return b[at:][:n]
}
