package msrpc

import (
	"encoding/binary"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// maxArgs is how many bytes of text a record carries.
const maxArgs = 512

// texts gives the texts of a stub, joined by spaces. An interface's own description would say where they are; without it they are found by
// the header that every counted array of NDR has: most elements, offset, elements ([C706] 14.3.4), at a multiple of four.
func (c *call) texts(stub []byte) string {
	var room [maxArgs]byte
	out := c.appendClass(room[:0], stub)
	for i, n := 0, 0; i+12 < len(stub) && len(out) < maxArgs; {
		count, at := c.array(stub, i)
		if count == 0 {
			i += 4
			continue
		}
		was := len(out)
		var size int
		if out, size = c.appendText(out, stub[at:], count); size == 0 {
			i += 4
			continue
		}
		if n += 1; len(out) > was && c.face != nil && n == c.face.texts {
			break
		}
		i = (at + size + 3) &^ 3
	}
	if c.face != nil && c.face.name == "IWbemServices" {
		out = c.appendHeap(out, stub)
	}
	return string(out)
}

// array says whether an array's header stands at i, how many elements it has and where they begin.
func (c *call) array(b []byte, i int) (count, at int) {
	most, offset, n := c.word(b, i), c.word(b, i+4), c.word(b, i+8)
	switch {
	case n > 0 && n <= most && offset == 0 && most <= maxFragment: // NDR
		return int(n), i + 12
	case n > 0 && n == most && offset == 2*n && most <= maxFragment: // a BSTR of DCOM: elements, bytes, elements
		return int(n), i + 12
	case i+24 < len(b) && most > 0 && most <= maxFragment && offset|n|c.word(b, i+12)|c.word(b, i+20) == 0: // NDR64
		if n = c.word(b, i+16); n > 0 && n <= most {
			return int(n), i + 24
		}
	}
	return 0, 0
}

func (c *call) word(b []byte, i int) uint32 {
	if c.little {
		return binary.LittleEndian.Uint32(b[i:])
	}
	return binary.BigEndian.Uint32(b[i:])
}

// appendText appends an array of count characters, of two bytes or one, that b begins with. It gives how many bytes the array takes, 0
// where it is no text.
func (c *call) appendText(out, b []byte, count int) ([]byte, int) {
	if n := 2 * count; n <= len(b) {
		if longer, ok := c.appendWide(out, b[:n]); ok {
			return longer, n
		}
	}
	if count >= minBytes && count <= len(b) {
		if longer, ok := appendBytes(out, b[:count]); ok {
			return longer, count
		}
	}
	if n := 2 * count; n <= len(b) && count > 2 && c.half(b) == '\\' {
		return c.appendPath(out, b[:n]), n
	}
	return out, 0
}

// appendPath appends what begins like a path and is none: bytes of a program where a name should stand. What cannot be printed becomes a
// point, so that its length is still seen.
func (c *call) appendPath(out, b []byte) []byte {
	if len(out) > 0 && len(out) < maxArgs {
		out = append(out, ' ')
	}
	for ; len(b) >= 2 && len(out) < maxArgs; b = b[2:] {
		r := c.half(b)
		if r < ' ' || r > '~' {
			r = '.'
		}
		out = append(out, byte(r))
	}
	return out
}

// minBytes is the shortest text of single bytes: three bytes look like text by chance.
const minBytes = 4

// appendWide appends text of UTF-16, which may end with a zero. What does not fit is left out.
func (c *call) appendWide(out, b []byte) ([]byte, bool) {
	start := len(out)
	if start > 0 {
		out = append(out, ' ')
	}
	for i := 0; i < len(b); i += 2 {
		r := rune(c.half(b[i:]))
		if r == 0 && i == len(b)-2 {
			break
		}
		if utf16.IsSurrogate(r) && i+2 < len(b) {
			r = utf16.DecodeRune(r, rune(c.half(b[i+2:])))
			i += 2
		}
		if r == utf8.RuneError || !unicode.IsPrint(r) && r != '\t' && r != '\n' && r != '\r' {
			return out[:start], false
		}
		if len(out)+utf8.RuneLen(r) <= maxArgs {
			out = utf8.AppendRune(out, r)
		}
	}
	if len(out) <= start+1 && start > 0 { // nothing but the space
		out = out[:start]
	}
	return out, true
}

func (c *call) half(b []byte) uint16 {
	if c.little {
		return binary.LittleEndian.Uint16(b)
	}
	return binary.BigEndian.Uint16(b)
}

// appendBytes appends text of ASCII, which may end with a zero.
func appendBytes(out, b []byte) ([]byte, bool) {
	if b[len(b)-1] == 0 {
		b = b[:len(b)-1]
	}
	for _, c := range b {
		if c < ' ' || c > '~' {
			return out, false
		}
	}
	if len(out) > 0 && len(out) < maxArgs {
		out = append(out, ' ')
	}
	return append(out, b[:min(len(b), maxArgs-len(out))]...), true
}
