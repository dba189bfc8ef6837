package http

import (
	"bytes"
	"encoding/base64"

	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
)

// headLine reads one header line, or the empty one that ends the head.
func (r *reader) headLine(d flow.Dir, s *side, b []byte) (int, error) {
	line, n := s.line(b, true)
	switch {
	case n == 0:
		return 0, nil
	case len(line) == 0:
		return n, r.headDone(d, s)
	}
	s.fields++
	s.bytes += n
	if s.fields > maxFields || s.bytes > maxHead {
		r.weird("HTTP_excessive_headers", d.String())
		return n, nil
	}
	name, value, ok := cutField(line)
	switch {
	case !ok:
		r.weird("malformed_HTTP_header", d.String())
	case r.framingField(s, name, value):
	case d == flow.Orig:
		r.requestField(s, name, value)
	default:
		r.answerField(s, name, value)
	}
	if ok && d == flow.Orig && maySubstitute(value) {
		s.x.findLookup(name, value, isSecret(name))
	}
	return n, nil
}

// cutField splits "Name: value". Space before the colon is forbidden but read, as evasions use it; folds become one space.
func cutField(line []byte) (name, value []byte, ok bool) {
	i := bytes.IndexByte(line, ':')
	if i <= 0 {
		return nil, nil, false
	}
	name = bytes.TrimRight(line[:i], " \t")
	value = bytes.Trim(line[i+1:], " \t")
	if bytes.IndexByte(value, '\n') >= 0 {
		value = bytes.Join(bytes.Fields(value), []byte{' '})
	}
	return name, value, len(name) > 0
}

// requestField keeps what the record wants of a request's header.
func (r *reader) requestField(s *side, name, value []byte) {
	rec := &s.x.rec
	switch {
	case r.senderField(s.x, name, value):
	case is(name, "host"):
		rec.Host = r.last.keep(slotHost, value, maxValue)
	case is(name, "user-agent"):
		rec.UserAgent = r.last.keep(slotAgent, value, maxValue)
		if hasPrefixFold(value, "mozilla/") {
			s.x.agentIs |= saysBrowser
		}
		if rec.UserAgent != r.plainAgent && !s.x.suspectHeader(name, value) {
			r.plainAgent = rec.UserAgent
		}
	case is(name, "referer"):
		rec.Referrer = r.last.keep(slotReferrer, withoutPassword(value), maxValue)
		s.x.suspectHeader(name, value)
	case is(name, "origin"):
		rec.Origin = r.last.keep(slotOrigin, value, maxValue)
	case is(name, "authorization"), is(name, "proxy-authorization"):
		rec.Username = username(value, rec.Username)
		rec.AuthScheme = scheme(value)
		r.shows(s.x, value)
	case is(name, "upgrade"):
		s.x.switches = true
	case is(name, "content-disposition"):
		rec.OrigFilenames = addFilename(rec.OrigFilenames, value)
	case is(name, "content-type"):
		s.head.multipart = hasPrefixFold(value, "multipart/")
		s.head.form = hasPrefixFold(value, "application/x-www-form-urlencoded")
		rec.RequestType = r.last.keep(slotRequestType, withoutParameters(value), maxName)
		s.x.suspectHeader(name, value)
	case len(rec.Proxied) < maxList && speaksOfProxy(name):
		s.x.suspectHeader(name, value)
		entry := append(bytes.ToUpper(name), " -> "...)
		rec.Proxied = append(rec.Proxied, string(append(entry, value[:min(len(value), maxValue)]...)))
	}
}

// senderField reads what tells of who sends a request.
func (r *reader) senderField(x *exchange, name, value []byte) bool {
	switch {
	case is(name, "accept-language"):
		x.agentIs |= hasLanguage
	case is(name, "expect"):
		x.agentIs |= asksLeave
	case is(name, "cookie"):
		r.cookie(x, value)
		if hasPrefixFold(value, "()") {
			x.suspectHeader(name, value)
		}
	case hasPrefixFold(name, "sec-websocket-"):
		x.socketField(flow.Orig, name, value)
	default:
		if hasPrefixFold(value, "()") {
			x.suspectHeader(name, value)
		}
		return false
	}
	return true
}

// suspectHeader keeps a header line that carries what an injection needs, and says whether it may.
func (x *exchange) suspectHeader(name, value []byte) bool {
	for _, c := range value {
		if neededInHeader[c] {
			x.suspect(inHeader, name, value)
			return true
		}
	}
	return false
}

// neededInHeader are the bytes that make a header line worth a closer look: user agents are full of the others.
var neededInHeader = byteSet("'<`$|{\\\x00")

// withoutParameters drops what follows a media type.
func withoutParameters(value []byte) []byte {
	value, _, _ = bytes.Cut(value, []byte{';'})
	return bytes.TrimRight(value, " \t")
}

// maxLocation is how much of a redirect's target is kept.
const maxLocation = 512

// answerField keeps what the record wants of an answer's header.
func (r *reader) answerField(s *side, name, value []byte) {
	rec := &s.x.rec
	switch {
	case is(name, "content-type"):
		rec.ContentType = r.last.keep(slotType, value, maxName)
	case is(name, "content-disposition"):
		rec.RespFilenames = addFilename(rec.RespFilenames, value)
	case hasPrefixFold(name, "sec-websocket-"):
		s.x.socketField(flow.Resp, name, value)
	case is(name, "www-authenticate"), is(name, "proxy-authenticate"):
		r.challenges(value)
	case is(name, "server"):
		rec.Server = r.last.keep(slotServer, value, maxName)
	case is(name, "location"):
		target, _, _ := bytes.Cut(withoutPassword(value), []byte{'?'})
		rec.Location = r.last.keep(slotLocation, target, maxLocation)
	}
}

// headDone decides how long the body is (RFC 9112 section 6.3) and begins to read it.
func (r *reader) headDone(d flow.Dir, s *side) error {
	x, h := s.x, &s.head
	if h.chunked && h.hasLength {
		// The two disagree about where the message ends; this is how requests are smuggled (RFC 9112 section 6.3, item 3).
		r.weird("HTTP_transfer_encoding_and_content_length", d.String())
	}
	if d == flow.Orig {
		x.markSender(h)
	} else {
		code := x.rec.StatusCode
		if code == 101 || x.rec.Method == "CONNECT" && code/100 == 2 {
			r.upgrade(x)
			r.done(d, s)
			return analyzer.ErrHandOver
		}
		if x.rec.Method == "HEAD" || code/100 == 1 || code == 204 || code == 304 {
			r.done(d, s)
			return nil
		}
	}
	switch {
	case h.chunked:
		s.state = inChunkSize
	case h.hasLength && !h.otherCoding && h.length > 0:
		s.state, s.left = inBody, h.length
	case d == flow.Resp && (h.otherCoding || !h.hasLength):
		s.state = inRest
	default:
		r.done(d, s)
	}
	return nil
}

// speaksOfProxy says whether a header is one that proxies add.
func speaksOfProxy(name []byte) bool {
	switch len(name) {
	case len("via"):
		return is(name, "via")
	case len("forwarded"):
		return is(name, "forwarded") || is(name, "client-ip")
	case len("x-forwarded-for"):
		return is(name, "x-forwarded-for")
	case len("x-forwarded-from"):
		return is(name, "x-forwarded-from") || is(name, "xroxy-connection") || is(name, "proxy-connection")
	}
	return false
}

// isSecret says whether a header's value must never be kept as a whole.
func isSecret(name []byte) bool {
	return is(name, "cookie") || is(name, "authorization") || is(name, "proxy-authorization") ||
		indexFold(name, "token") >= 0 || indexFold(name, "key") >= 0 || indexFold(name, "secret") >= 0
}

// username takes the user's name from Basic credentials (RFC 7617); the password is decoded no further than it must be.
func username(value []byte, before string) string {
	if !hasPrefixFold(value, "basic ") {
		return before
	}
	coded := bytes.Trim(value[len("basic "):], " \t=")
	var plain [maxName]byte
	coded = coded[:min(len(coded), base64.RawStdEncoding.EncodedLen(len(plain))/4*4)]
	n, _ := base64.RawStdEncoding.Decode(plain[:], coded)
	name, _, found := bytes.Cut(plain[:n], []byte{':'})
	if !found {
		return before
	}
	return string(name)
}
