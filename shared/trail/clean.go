package trail

import (
	"unicode"
	"unicode/utf8"
)

// maxCache bounds what is remembered of texts that come again and again in a log: names of calls, roles, regions. When it is full it
// begins anew, which costs time and nothing else.
const maxCache = 4096

// cleaner makes texts of records fit to be kept: printable, redacted, not too long. It remembers what it made of short ones, because a
// log says the same few things thousands of times.
type cleaner struct {
	texts map[string]string
	names map[string]nameClass
}

func newCleaner() cleaner {
	return cleaner{texts: map[string]string{}, names: map[string]nameClass{}}
}

// maxSecret is more than the longest secret that ends what is kept of a text.
const maxSecret = 4 << 10

// maxCached is the longest text that is remembered.
const maxCached = 160

// text gives a text as it is kept, of at most most bytes.
func (c *cleaner) text(s []byte, most int) string {
	if len(s) == 0 {
		return ""
	}
	if len(s) > maxCached {
		s = s[:min(len(s), 2*most+maxSecret)] // a secret that begins in what is kept is seen whole, or as far as it matters
		return cut(string(redact(printable(s))), most)
	}
	kept, known := c.texts[string(s)]
	if !known {
		kept = string(redact(printable(s)))
		if len(c.texts) == maxCache {
			clear(c.texts)
		}
		c.texts[string(s)] = kept
	}
	return cut(kept, most)
}

// class says what stands under a name.
func (c *cleaner) class(name []byte) nameClass {
	class, known := c.names[string(name)]
	if !known {
		class = classOfName(name)
		if len(c.names) == maxCache {
			clear(c.names)
		}
		if len(name) <= maxCached {
			c.names[string(name)] = class
		}
	}
	return class
}

// cut shortens a text to at most most bytes, at a letter's end.
func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return s[:most]
}

// printable gives s itself where all of it may stand in logs and on terminals, or else a copy with question marks for what may not.
func printable(s []byte) []byte {
	plain := true
	for _, c := range s {
		if c < 0x20 || c > 0x7e {
			plain = false
			break
		}
	}
	if plain {
		return s
	}
	clean := make([]byte, 0, len(s))
	for len(s) > 0 {
		r, n := utf8.DecodeRune(s)
		switch {
		case r == utf8.RuneError && n < 2, !unicode.IsPrint(r) && r != '\n' && r != '\t':
			clean = append(clean, '?')
		case r == '\n' || r == '\t':
			clean = append(clean, ' ')
		default:
			clean = append(clean, s[:n]...)
		}
		s = s[n:]
	}
	return clean
}
