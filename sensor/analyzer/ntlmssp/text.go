package ntlmssp

import (
	"unicode/utf16"
	"unicode/utf8"
)

// wide gives UTF-16 in little-endian order as UTF-8, up to MaxText bytes and up to the first zero.
func wide(b []byte) string {
	var room [MaxText]byte
	out := room[:0]
	for len(b) >= 2 {
		r := rune(b[0]) | rune(b[1])<<8
		b = b[2:]
		if utf16.IsSurrogate(r) && len(b) >= 2 {
			if pair := utf16.DecodeRune(r, rune(b[0])|rune(b[1])<<8); pair != utf8.RuneError {
				r, b = pair, b[2:]
			}
		}
		if r == 0 || len(out)+utf8.UTFMax > MaxText {
			break
		}
		out = utf8.AppendRune(out, r) // a lone surrogate becomes U+FFFD
	}
	return string(out)
}

// narrow gives text of an unknown code page: what is not ASCII becomes U+FFFD.
func narrow(b []byte) string {
	var room [MaxText]byte
	out := room[:0]
	for _, c := range b {
		if c == 0 || len(out)+utf8.UTFMax > MaxText {
			break
		}
		if c >= utf8.RuneSelf {
			out = utf8.AppendRune(out, utf8.RuneError)
			continue
		}
		out = append(out, c)
	}
	return string(out)
}
