package http

import (
	"bytes"

	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
)

// slot names a value that tends to be the same all through a conversation.
type slot uint8

const (
	slotHost slot = iota
	slotAgent
	slotReferrer
	slotOrigin
	slotType
	slotReason
	slotRequestType
	slotServer
	slotLocation
	slots
)

// remembered holds the last string of each slot, so that a value that comes again costs no allocation.
type remembered [slots]string

// keep gives b, cut at limit, as a string.
func (m *remembered) keep(at slot, b []byte, limit int) string {
	b = b[:min(len(b), limit)]
	if !analyzer.IsPlain(b) {
		return analyzer.Text(b)
	}
	if string(b) != m[at] {
		m[at] = string(b)
	}
	return m[at]
}

// uri gives the request target as a record keeps it: percent-decoded as Zeek does, bounded, without a password.
func (r *reader) uri(b []byte) string {
	if len(b) > maxURI {
		r.weird("HTTP_overlong_URI", "")
		b = b[:maxURI]
	}
	if len(b) > 0 && b[0] != '/' {
		b = withoutPassword(b)
	}
	if bytes.IndexByte(b, '%') < 0 {
		return analyzer.Text(b)
	}
	var plain [maxURI]byte
	return analyzer.Text(unescape(plain[:0], b, false))
}

// withoutPassword drops the password of "scheme://user:password@host", which RFC 3986 section 3.2.1 tells nobody to keep.
func withoutPassword(b []byte) []byte {
	i := bytes.Index(b, []byte("://"))
	if i < 0 {
		return b
	}
	rest := b[i+3:]
	if j := bytes.IndexAny(rest, "/?#"); j >= 0 {
		rest = rest[:j]
	}
	at := bytes.LastIndexByte(rest, '@')
	if at < 0 {
		return b
	}
	colon := bytes.IndexByte(rest[:at], ':')
	if colon < 0 {
		return b
	}
	out := make([]byte, 0, len(b))
	out = append(out, b[:i+3+colon]...)
	return append(out, b[i+3+at:]...)
}

// unescape appends b with percent escapes decoded and, with json, \u00XX escapes too. What is no escape stays as it is.
func unescape(dst, b []byte, json bool) []byte {
	for i := 0; i < len(b); i++ {
		skip := 0
		switch {
		case b[i] == '%':
			skip = 1
		case json && bytes.HasPrefix(b[i:], []byte(`\u00`)):
			skip = 4
		}
		if skip > 0 && i+skip+1 < len(b) {
			hi, ok1 := hexValue(b[i+skip])
			lo, ok2 := hexValue(b[i+skip+1])
			if ok1 && ok2 {
				dst = append(dst, hi<<4|lo)
				i += skip + 1
				continue
			}
		}
		dst = append(dst, b[i])
	}
	return dst
}

// addFilename adds the file name of a Content-Disposition value (RFC 6266), where it has one.
func addFilename(list []string, value []byte) []string {
	i := indexFold(value, "filename")
	if i < 0 || len(list) >= maxList {
		return list
	}
	rest := value[i+len("filename"):]
	extended := len(rest) > 0 && rest[0] == '*'
	if extended {
		rest = rest[1:]
	}
	rest = bytes.TrimLeft(rest, " \t")
	if len(rest) == 0 || rest[0] != '=' {
		return list
	}
	name := unquote(bytes.TrimLeft(rest[1:], " \t"))
	if extended { // charset'language'percent-encoded (RFC 8187)
		if _, after, ok := bytes.Cut(name, []byte{'\''}); ok {
			_, name, _ = bytes.Cut(after, []byte{'\''})
		}
		name = unescape(nil, name, false)
	}
	if len(name) == 0 {
		return list
	}
	return append(list, string(name[:min(len(name), maxName)]))
}

// unquote gives what stands between quotes, or up to the next parameter.
func unquote(b []byte) []byte {
	end := ";"
	if len(b) > 0 && b[0] == '"' {
		b, end = b[1:], `"`
	}
	if i := bytes.IndexAny(b, end+"\r\n"); i >= 0 {
		b = b[:i]
	}
	return bytes.TrimRight(b, " \t")
}
