package http

import "bytes"

// maxLookup is how many bytes of a name or value with a look-up are kept.
const maxLookup = 512

// maxUnescape is how much of a value is decoded in search of a look-up: enough for the first bytes of a body.
const maxUnescape = peekRequest

// findLookup keeps a value that holds an expression in ${...} form, plain or escaped up to twice. Of a secret place (a cookie,
// credentials, a body) only the expression is kept.
func (x *exchange) findLookup(name, value []byte, secret bool) {
	value = value[:min(len(value), maxUnescape)]
	if !maySubstitute(value) || len(x.rec.Lookups) >= maxList {
		return
	}
	i := indexLookup(value)
	if i < 0 {
		if value, i = uncover(value); i < 0 {
			return
		}
	}
	if secret || i > maxLookup/2 {
		value = expression(value[i:])
	}
	line := append([]byte(nil), name[:min(len(name), maxLookup)]...)
	line = append(append(line, ": "...), value[:min(len(value), maxLookup)]...)
	x.rec.Lookups = append(x.rec.Lookups, string(line))
}

// uncover decodes escapes, twice at the most, until an expression shows, and says where.
func uncover(b []byte) ([]byte, int) {
	for range 2 {
		b = unescape(nil, b, true)
		if i := indexLookup(b); i >= 0 {
			return b, i
		}
	}
	return nil, -1
}

// indexLookup finds "${"; most values hold no '$' at all, which the first search says fastest.
func indexLookup(b []byte) int {
	for from := 0; ; from++ {
		i := bytes.IndexByte(b[from:], '$')
		if i < 0 {
			return -1
		}
		from += i
		if from+1 < len(b) && b[from+1] == '{' {
			return from
		}
	}
}

// maySubstitute says whether an expression stands in b, or may once it is decoded.
func maySubstitute(b []byte) bool { return indexLookup(b) >= 0 || mayHide(b) }

// mayHide says whether an escaped '$' or '{' may stand in b: %24, %7B, %2524, \u0024, \u007b.
func mayHide(b []byte) bool {
	return escapes(b, '%', "24", "7b", "252", "257") || escapes(b, '\\', "u0024", "u007b")
}

// escapes says whether mark stands in b with one of the codes, in small letters, behind it.
func escapes(b []byte, mark byte, codes ...string) bool {
	for {
		i := bytes.IndexByte(b, mark)
		if i < 0 {
			return false
		}
		b = b[i+1:]
		for _, code := range codes {
			if hasPrefixFold(b, code) {
				return true
			}
		}
	}
}

// expression cuts b, which begins with "${", behind the brace that closes it; where none does, at what ends a form field.
func expression(b []byte) []byte {
	depth := 0
	for i, c := range b {
		switch c {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return b[:i+1]
			}
		}
	}
	if i := bytes.IndexAny(b, "&;\"' \r\n"); i >= 0 {
		return b[:i]
	}
	return b
}
