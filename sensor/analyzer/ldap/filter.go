package ldap

import (
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/ber"
)

// Tags of a filter, RFC 4511 section 4.5.1.
const (
	filterAnd        = 0xa0
	filterOr         = 0xa1
	filterNot        = 0xa2
	filterEqual      = 0xa3
	filterSubstrings = 0xa4
	filterGreater    = 0xa5
	filterLess       = 0xa6
	filterPresent    = 0x87
	filterApprox     = 0xa8
	filterExtensible = 0xa9
)

// Limits of a filter as text.
const (
	maxFilter      = 512 // bytes
	maxFilterDepth = 24
)

// filterText writes a filter as RFC 4515 has it, cut at maxFilter bytes.
func filterText(tag byte, content []byte) string {
	var room [maxFilter]byte
	b := appendFilter(room[:0], tag, content, 0)
	return string(b[:min(len(b), maxFilter)])
}

func appendFilter(dst []byte, tag byte, b []byte, depth int) []byte {
	if len(dst) >= maxFilter || depth > maxFilterDepth {
		return dst
	}
	dst = append(dst, '(')
	switch tag {
	case filterAnd:
		dst = appendFilters(append(dst, '&'), b, depth)
	case filterOr:
		dst = appendFilters(append(dst, '|'), b, depth)
	case filterNot:
		dst = appendFilters(append(dst, '!'), b, depth)
	case filterEqual:
		dst = appendAssertion(dst, "=", b)
	case filterGreater:
		dst = appendAssertion(dst, ">=", b)
	case filterLess:
		dst = appendAssertion(dst, "<=", b)
	case filterApprox:
		dst = appendAssertion(dst, "~=", b)
	case filterPresent:
		dst = append(appendValue(dst, b), "=*"...)
	case filterSubstrings:
		dst = appendSubstrings(dst, b)
	case filterExtensible:
		dst = appendExtensible(dst, b)
	default:
		dst = append(dst, '?')
	}
	return append(dst, ')')
}

func appendFilters(dst, b []byte, depth int) []byte {
	for len(dst) < maxFilter {
		tag, content, rest, ok := ber.Next(b)
		if !ok {
			break
		}
		dst, b = appendFilter(dst, tag, content, depth+1), rest
	}
	return dst
}

func appendAssertion(dst []byte, sign string, b []byte) []byte {
	name, b, _ := ber.Take(b, ber.Octets)
	value, _, _ := ber.Take(b, ber.Octets)
	return appendValue(append(appendValue(dst, name), sign...), value)
}

// appendSubstrings writes name=first*any*last; each part's tag says which it is.
func appendSubstrings(dst, b []byte) []byte {
	name, b, _ := ber.Take(b, ber.Octets)
	dst = append(appendValue(dst, name), '=')
	list, _, _ := ber.Take(b, ber.Sequence)
	last := false
	for len(dst) < maxFilter {
		tag, part, rest, ok := ber.Next(list)
		if !ok {
			break
		}
		if tag != 0x80 { // what comes first has no star in front of it
			dst = append(dst, '*')
		}
		dst, list, last = appendValue(dst, part), rest, tag == 0x82
	}
	if !last {
		dst = append(dst, '*')
	}
	return dst
}

// appendExtensible writes name:dn:rule:=value.
func appendExtensible(dst, b []byte) []byte {
	rule, b, ruled := ber.Take(b, 0x81)
	name, b, _ := ber.Take(b, 0x82)
	value, b, _ := ber.Take(b, 0x83)
	dn, _, _ := ber.Take(b, 0x84)
	dst = appendValue(dst, name)
	if len(dn) == 1 && dn[0] != 0 {
		dst = append(dst, ":dn"...)
	}
	if ruled {
		dst = appendValue(append(dst, ':'), rule)
	}
	return appendValue(append(dst, ":="...), value)
}

const hexDigits = "0123456789abcdef"

// appendValue writes a value, with what would be read as part of the filter, and what no line can hold, as \xx (RFC 4515 section 3).
func appendValue(dst, b []byte) []byte {
	for _, c := range b[:min(len(b), maxFilter)] {
		if c < ' ' || c >= 0x7f || c == '*' || c == '(' || c == ')' || c == '\\' {
			dst = append(dst, '\\', hexDigits[c>>4], hexDigits[c&15])
			continue
		}
		dst = append(dst, c)
	}
	return dst
}
