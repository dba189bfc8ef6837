package http

import (
	"bytes"

	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
)

// What an injection needs is rare in honest requests: a quote that closes a text, a tag, a separator of commands, a way up the folders.
// One pass over the URI says whether there is any of it; only then its values are cut apart and decoded. Whether it is an attack is
// for a detector to say: here it is only kept, decoded and bounded.

const (
	maxSuspect = 512 // bytes of a value that are kept
	maxWeak    = 256 // longer values are prose or data: what may also stand in prose is not looked for in them
	maxDecodes = 3   // percent escapes that lie in one another
	maxPairs   = 64  // values looked at of a query or body
)

// Where a value stood, as the record names it.
const (
	inPath   = "path"
	inQuery  = "query"
	inForm   = "form"
	inText   = "body"
	inHeader = "header"
	inCookie = "cookie"
)

// needed are the bytes that make a value worth decoding.
var needed = byteSet("'\"<>;|`$\\({%*^!#\n\r\x00 +")

func byteSet(list string) (set [256]bool) {
	for i := range len(list) {
		set[list[i]] = true
	}
	return set
}

// worthDecoding says whether a part of a URI or a form holds any such byte, a name that begins with a dot, a command's name, or a file's.
func worthDecoding(b []byte) bool {
	for i, c := range b {
		switch {
		case needed[c]:
			return true
		case c == '.':
			if i > 0 && (b[i-1] == '.' || b[i-1] == '/') {
				return true
			}
		case c == '=':
			if namesCommand(b[:i]) || i+1 < len(b) && b[i+1] == '/' {
				return true
			}
		case c == ':':
			if i+1 < len(b) && b[i+1] == '/' {
				return true
			}
		}
	}
	return false
}

// namesCommand says whether the name in front ends like one whose value is to be run.
func namesCommand(name []byte) bool {
	if len(name) == 0 {
		return false
	}
	switch name[len(name)-1] | 0x20 {
	case 'd':
		return endsFold(name, "cmd") || endsFold(name, "command")
	case 'c':
		return endsFold(name, "exec")
	case 'e':
		return endsFold(name, "execute")
	case 'l':
		return endsFold(name, "shell")
	case 'm':
		return endsFold(name, "system")
	}
	return false
}

func endsFold(b []byte, lower string) bool {
	return len(b) >= len(lower) && hasPrefixFold(b[len(b)-len(lower):], lower)
}

// suspectURI keeps what is suspicious in a request's target.
func (x *exchange) suspectURI(uri []byte) {
	if !worthDecoding(uri) {
		return
	}
	uri = uri[:min(len(uri), maxURI)]
	path, query, _ := bytes.Cut(uri, []byte{'?'})
	if worthDecoding(path) {
		x.suspect(inPath, nil, path)
	}
	x.suspectPairs(inQuery, query)
}

// suspectPairs looks at "name=value&name=value".
func (x *exchange) suspectPairs(where string, b []byte) {
	for range maxPairs {
		if len(b) == 0 {
			return
		}
		var pair []byte
		pair, b, _ = bytes.Cut(b, []byte{'&'})
		if !worthDecoding(pair) {
			continue
		}
		name, value, ok := bytes.Cut(pair, []byte{'='})
		if !ok {
			name, value = nil, pair
		}
		x.suspect(where, name, value)
	}
}

// suspect keeps a value where it tells.
func (x *exchange) suspect(where string, name, value []byte) {
	if len(x.rec.Suspicious) >= maxList {
		return
	}
	var room [maxURI]byte
	v := decode(room[:0], value[:min(len(value), maxURI)], where)
	secret := where == inCookie || isPrivate(name)
	at := telling(v, where)
	switch {
	case at < 0 && !secret && namesCommand(name) && len(v) > 0:
		at = 0
	case at < 0:
		return
	case secret:
		if at = tellsOfSecret(v); at < 0 {
			return
		}
		v, at = v[at:], 0
	}
	if at > maxSuspect/4 { // what leads up to it says little
		v = v[at-maxSuspect/8:]
	}
	x.keepSuspect(where, name, v)
}

// keepSuspect adds "where name: value", cut.
func (x *exchange) keepSuspect(where string, name, v []byte) {
	if holdsKey(v) {
		return
	}
	var room [maxURI]byte
	line := append(room[:0], where...)
	if len(name) > 0 {
		line = append(line, ' ')
		line = unescape(line, name[:min(len(name), 64)], false)
	}
	line = append(append(line, ": "...), v[:min(len(v), maxSuspect)]...)
	x.rec.Suspicious = append(x.rec.Suspicious, analyzer.Text(line))
	if i := bytes.IndexByte(v, '<'); i >= 0 && x.echo == nil && i+4 < len(v) {
		x.echo = bytes.Clone(v[i:min(len(v), i+maxEcho)])
	}
}

// decode undoes percent escapes, up to three deep, and the plus sign of forms.
func decode(dst, b []byte, where string) []byte {
	dst = append(dst, b...)
	if where == inQuery || where == inForm {
		for i, c := range dst {
			if c == '+' {
				dst[i] = ' '
			}
		}
	}
	for range maxDecodes {
		if bytes.IndexByte(dst, '%') < 0 && (where != inText || bytes.IndexByte(dst, '\\') < 0) {
			break
		}
		before := len(dst)
		dst = unescape(dst[:0], dst, where == inText)
		if len(dst) == before {
			break
		}
	}
	return dst
}

// holdsKey says whether a value is, or holds, a key: that is for nobody to keep, whatever else stands beside it.
func holdsKey(v []byte) bool {
	return bytes.Contains(v, []byte("PRIVATE KEY")) || bytes.Contains(v, []byte("SecretAccessKey")) || indexKey(v) >= 0
}

// isPrivate says whether a field is named like one whose value is nobody's business.
func isPrivate(name []byte) bool {
	for _, mark := range [...]string{"pass", "pwd", "token", "secret", "key", "csrf", "auth", "sess", "sid", "card", "cvv", "pin", "signature"} {
		if indexFold(name, mark) >= 0 {
			return true
		}
	}
	return false
}
