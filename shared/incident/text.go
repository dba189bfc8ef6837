package incident

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxName and maxText bound what is taken from the wire: names of hosts, and sentences with such names.
const (
	maxName = 64
	maxText = 280
)

// text makes a text from the wire fit to be shown: at most so many bytes of UTF-8, and nothing in it that steers a terminal or cannot be seen.
func text(s string, most int) string {
	cut := false
	if len(s) > 4*most { // what follows is cut in any case
		s, cut = s[:4*most], true
	}
	s = strings.Map(func(r rune) rune {
		if r == utf8.RuneError || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r) {
			return '?'
		}
		return r
	}, s)
	if len(s) <= most && !cut {
		return s
	}
	const dots = "…"
	end := min(len(s), max(most-len(dots), 0))
	for end > 0 && end < len(s) && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + dots
}

// sentence ends with a full stop.
func sentence(s string) string {
	if s == "" || strings.HasSuffix(s, ".") || strings.HasSuffix(s, "…") {
		return s
	}
	return s + "."
}
