package dns

import (
	"unicode"
	"unicode/utf8"
)

const (
	maxName  = 255 // bytes of a name on the wire, lengths and final zero included (RFC 1035 section 3.1)
	maxLabel = 63  // RFC 1035 section 3.1; the two bits above mark a pointer
	// maxJumps bounds the pointers of one name. Each must lead backward, but 8,000 pointers to pointers fit in a message.
	maxJumps = 32
	// maxNameText is the most that a name may become as text: each byte escaped to four.
	maxNameText = 4 * maxName
)

// appendName writes the name at off to dst, lower case and without its last dot, and gives where the bytes after it begin.
// It is not ok when the name runs out of the message, is too long, or points forward or in a circle.
func appendName(dst, msg []byte, off int) (name []byte, next int, ok bool) {
	start, length, jumps := len(dst), 0, 0
	next = -1
	for off >= 0 && off < len(msg) {
		size := int(msg[off])
		switch {
		case size == 0:
			if next < 0 {
				next = off + 1
			}
			return trimDot(dst, start), next, true
		case size >= 0xc0:
			if off+1 >= len(msg) || jumps == maxJumps {
				return dst, off, false
			}
			if next < 0 {
				next = off + 2
			}
			target := (size&0x3f)<<8 | int(msg[off+1])
			if target >= off {
				return dst, off, false
			}
			off, jumps = target, jumps+1
		case size > maxLabel || len(msg)-off-1 < size || length+size+1 >= maxName:
			return dst, off, false
		default:
			dst = append(appendText(dst, msg[off+1:off+1+size], true), '.')
			off += 1 + size
			length += 1 + size
		}
	}
	return dst, off, false
}

// skipName gives where the bytes after the name at off begin. It does not follow pointers, and so does not judge them.
func skipName(msg []byte, off int) (next int, ok bool) {
	for off < len(msg) {
		size := int(msg[off])
		switch {
		case size == 0:
			return off + 1, true
		case size >= 0xc0:
			return off + 2, true
		case size > maxLabel:
			return off, false
		}
		off += 1 + size
	}
	return off, false
}

func trimDot(dst []byte, start int) []byte {
	if len(dst) > start {
		return dst[:len(dst)-1]
	}
	return dst
}

// appendText writes bytes as Zeek logs them: what is printable stays, UTF-8 (as multicast DNS uses) too, the rest becomes \xNN.
func appendText(dst, src []byte, lower bool) []byte {
	for i := 0; i < len(src); i++ {
		c := src[i]
		switch {
		case lower && c >= 'A' && c <= 'Z':
			dst = append(dst, c+'a'-'A')
		case c == '\\':
			dst = append(dst, '\\', '\\')
		case c >= ' ' && c < 0x7f:
			dst = append(dst, c)
		default:
			if n := printableRune(src[i:]); n > 0 {
				dst = append(dst, src[i:i+n]...)
				i += n - 1
				continue
			}
			dst = append(dst, '\\', 'x', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	return dst
}

const hexDigits = "0123456789abcdef"

// printableRune gives the length of the printable UTF-8 sequence that b begins with, or 0.
func printableRune(b []byte) int {
	if b[0] < utf8.RuneSelf {
		return 0
	}
	if r, n := utf8.DecodeRune(b); n > 1 && unicode.IsPrint(r) {
		return n
	}
	return 0
}

const (
	netbiosEncoded = 32 // half-bytes of a first-level encoded name (RFC 1001 section 14.1)
	netbiosName    = 15 // characters; the sixteenth is the suffix that says what kind of name it is
)

// decodeNetBIOS turns a first-level encoded name into the name itself, without padding, suffix or scope, in place.
// What is not so encoded stays.
func decodeNetBIOS(name []byte) []byte {
	if len(name) < netbiosEncoded || len(name) > netbiosEncoded && name[netbiosEncoded] != '.' {
		return name
	}
	var raw [netbiosEncoded / 2]byte
	for i, c := range name[:netbiosEncoded] {
		if c < 'a' || c > 'p' { // lower case by now
			return name
		}
		raw[i/2] = raw[i/2]<<4 | (c - 'a')
	}
	plain := raw[:netbiosName]
	for len(plain) > 0 && (plain[len(plain)-1] == ' ' || plain[len(plain)-1] == 0) { // "*" is filled with zeros
		plain = plain[:len(plain)-1]
	}
	return appendText(name[:0], plain, false)
}
