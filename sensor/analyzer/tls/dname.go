package tls

import (
	"strings"
	"unicode/utf8"
)

const (
	// maxRelative is how many relative names of a distinguished name are read; real ones have up to a dozen.
	maxRelative = 64
	// maxNameText is where a distinguished name is cut. Zeek cuts at 2 KiB.
	maxNameText = 2047
)

// nameText writes a distinguished name as Zeek logs it: OpenSSL's RFC 2253 form, so the last relative name first, with OpenSSL's
// short names of attributes.
func nameText(b []byte) string {
	var relative [maxRelative][]byte
	n := 0
	for d := (der{b: b}); d.more() && n < maxRelative; n++ {
		relative[n] = d.want(tagSet).body
	}
	var space [512]byte
	text := space[:0]
	for i := n - 1; i >= 0; i-- {
		sep := byte(',')
		for d := (der{b: relative[i]}); d.more(); sep = '+' {
			pair := der{b: d.want(tagSequence).body}
			kind, value := pair.want(tagOID), pair.next()
			if pair.bad || d.bad {
				break
			}
			if len(text) > 0 {
				text = append(text, sep)
			}
			text = appendAttribute(text, kind.body, value)
		}
		if len(text) > maxNameText {
			text = text[:maxNameText]
			break
		}
	}
	return string(text)
}

// logged doubles the backslashes of a name, as every text of a record has them (analyzer.AppendText).
func logged(name string) string { return strings.ReplaceAll(name, `\`, `\\`) }

// appendAttribute writes one attribute; what it cannot read as text is shown as the hexadecimal digits of its encoding.
func appendAttribute(b, kind []byte, value element) []byte {
	name := attributeName(string(kind))
	width := characterWidth(value.tag)
	if name == "" {
		b = appendOID(b, kind)
		width = -1
	}
	b = append(append(b, name...), '=')
	if width < 0 || width > 1 && len(value.body)%width != 0 {
		return appendDump(b, value.full)
	}
	return appendValue(b, value.body, width)
}

// appendDump writes an encoding as RFC 2253 section 2.4 has it.
func appendDump(b, full []byte) []byte {
	b = append(b, '#')
	for _, x := range full[:min(len(full), maxNameText/2)] {
		b = append(b, upperDigits[x>>4], upperDigits[x&15])
	}
	return b
}

// characterWidth is how many bytes a character of a string type has: 0 for UTF-8, -1 for what is no string.
func characterWidth(tag byte) int {
	switch tag {
	case 12: // UTF8String
		return 0
	case 18, 19, 20, 22, 23, 24, 26: // Numeric, Printable, Teletex, IA5, UTCTime, GeneralizedTime, Visible
		return 1
	case 28: // UniversalString
		return 4
	case 30: // BMPString
		return 2
	}
	return -1
}

// appendValue writes a string with RFC 2253's escapes: its special characters behind a backslash, control characters and
// every byte beyond ASCII as two hexadecimal digits.
func appendValue(b, value []byte, width int) []byte {
	start := len(b)
	for len(value) > 0 && len(b)-start <= maxNameText {
		if width == 0 { // UTF-8 already: its bytes stand for themselves
			b = appendByte(b, value[0], len(b) == start, len(value) == 1)
			value = value[1:]
			continue
		}
		var r rune
		for _, x := range value[:width] {
			r = r<<8 | rune(x)
		}
		value = value[width:]
		if r < 0x80 && r >= 0 {
			b = appendByte(b, byte(r), len(b) == start, len(value) == 0)
			continue
		}
		var encoded [utf8.UTFMax]byte
		for _, x := range encoded[:utf8.EncodeRune(encoded[:], r)] {
			b = appendByte(b, x, false, false)
		}
	}
	return b
}

func appendByte(b []byte, c byte, first, last bool) []byte {
	switch {
	case c < 0x20 || c >= 0x7f:
		return append(b, '\\', upperDigits[c>>4], upperDigits[c&15])
	case c == ',' || c == '+' || c == '"' || c == '\\' || c == '<' || c == '>' || c == ';',
		c == ' ' && (first || last), c == '#' && first:
		return append(b, '\\', c)
	}
	return append(b, c)
}

// commonNames gives the common names in a subject.
func commonNames(b []byte) (names []string) {
	for d := (der{b: b}); d.more() && len(names) < maxRelative; {
		set := der{b: d.want(tagSet).body}
		for set.more() {
			pair := der{b: set.want(tagSequence).body}
			if kind := pair.want(tagOID); string(kind.body) == oidCommonName {
				names = append(names, string(pair.next().body))
			}
		}
	}
	return names
}
