package http

import (
	"bytes"

	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
)

// request is a request line in its parts; the slices are borrowed.
type request struct {
	method  []byte
	uri     []byte
	version string // "1.1"; empty for HTTP/0.9, which has none
}

// parseRequest reads a request line (RFC 9112 section 3). A URI may hold raw spaces, as scanners send them: the version is what
// stands behind the last one.
func parseRequest(line []byte) (request, bool) {
	i := 0
	for i < len(line) && i <= maxMethod && isTokenByte(line[i]) {
		i++
	}
	if i == 0 || i > maxMethod || i == len(line) || line[i] != ' ' {
		return request{}, false
	}
	req := request{method: line[:i]}
	rest := bytes.Trim(line[i:], " \t")
	j := bytes.LastIndexByte(rest, ' ')
	req.version = parseVersion(rest[j+1:])
	if req.version != "" { // the URI may be missing, as broken clients send it
		req.uri = bytes.TrimRight(rest[:max(j, 0)], " ")
		return req, true
	}
	req.uri = rest // HTTP/0.9 (RFC 1945 section 5) knows GET and nothing behind the path
	return req, string(req.method) == "GET" && j < 0 && len(rest) > 0 && rest[0] == '/'
}

// parseVersion reads "HTTP/1.1" as "1.1". Versions from 2 on are other protocols on the wire.
func parseVersion(b []byte) string {
	if len(b) != len("HTTP/1.1") || !hasPrefixFold(b, "http/") || b[6] != '.' {
		return ""
	}
	switch v := b[5:]; {
	case string(v) == "1.1":
		return "1.1"
	case string(v) == "1.0":
		return "1.0"
	case (v[0] == '0' || v[0] == '1') && isDigit(v[2]):
		return string(v)
	}
	return ""
}

// status is a status line in its parts; the reason is borrowed.
type status struct {
	version string
	code    uint16
	reason  []byte
}

// parseStatus reads a status line (RFC 9112 section 4); the reason, and the space before it, may be missing.
func parseStatus(line []byte) (status, bool) {
	i := bytes.IndexByte(line, ' ')
	if i < 0 {
		return status{}, false
	}
	st := status{version: parseVersion(line[:i])}
	rest := bytes.TrimLeft(line[i:], " ")
	if st.version == "" || len(rest) < 3 || !isDigit(rest[0]) || !isDigit(rest[1]) || !isDigit(rest[2]) {
		return status{}, false
	}
	if len(rest) > 3 && rest[3] != ' ' {
		return status{}, false
	}
	st.code = uint16(rest[0]-'0')*100 + uint16(rest[1]-'0')*10 + uint16(rest[2]-'0')
	st.reason = bytes.Trim(rest[3:], " ")
	return st, true
}

// start reads a start line.
func (r *reader) start(d flow.Dir, s *side, b []byte) (int, error) {
	if d == flow.Resp && r.bareAnswer(s, b) {
		return 0, nil
	}
	if d == flow.Orig && r.holdsBack(b) {
		if len(b) > maxHoldBack {
			return 0, analyzer.ErrHandOver
		}
		return 0, nil
	}
	if len(b) < analyzer.MaxProbe && probe(d, b, true) == analyzer.No {
		return len(b), r.stray(d, s) // no need to wait for the line's end
	}
	line, n := s.line(b, false)
	if n == 0 || len(line) == 0 {
		return n, nil
	}
	ok := false
	if d == flow.Orig {
		ok = r.startRequest(s, line)
	} else {
		ok = r.startAnswer(s, line)
	}
	if !ok {
		return len(b), r.stray(d, s)
	}
	s.begun, s.lost = true, false
	if !r.known {
		r.known = true
		r.conv.Confirm("")
	}
	return n, nil
}

// stray handles bytes where a start line should be: not HTTP at all, or a conversation seen from the middle. All of the chunk is
// dropped with them, since only the start of a chunk is a safe place to begin anew.
func (r *reader) stray(d flow.Dir, s *side) error {
	if !r.known && d == flow.Orig {
		return analyzer.ErrNotMine
	}
	if s.begun {
		r.weird("unexpected_HTTP_bytes", d.String())
		s.lost = true
	}
	s.state, s.scan = atSync, 0
	return nil
}

// holdsBack says whether b must wait for the answer to a CONNECT or Upgrade, as it may be of another protocol.
func (r *reader) holdsBack(b []byte) bool {
	if len(r.open) == 0 {
		return false
	}
	x := r.open[len(r.open)-1]
	return x.switches && !x.final && probe(flow.Orig, b[:min(len(b), analyzer.MaxProbe)], false) != analyzer.Yes
}

// bareAnswer turns the direction to reading a body at once where the request was HTTP/0.9 and no status line comes, as
// newer servers send one even then. It also says true while that cannot be told yet.
func (r *reader) bareAnswer(s *side, b []byte) bool {
	x := r.unanswered()
	if x == nil || !x.oldStyle {
		return false
	}
	switch probeStatus(b) {
	case analyzer.Yes:
		return false
	case analyzer.No:
		s.begin(x, peekAnswer)
		s.state, x.final = inRest, true
	}
	return true
}

func (r *reader) startRequest(s *side, line []byte) bool {
	req, ok := parseRequest(line)
	if !ok {
		return false
	}
	x := r.ask()
	s.begin(x, peekRequest)
	x.rec.Method = knownMethod(req.method)
	if x.rec.Method == "" {
		x.rec.Method = string(req.method)
		r.weird("unknown_HTTP_method", x.rec.Method)
	}
	if len(req.uri) == 0 {
		r.weird("missing_HTTP_uri", "")
	}
	x.rec.Version = req.version
	x.rec.URI = r.uri(req.uri)
	x.switches = x.rec.Method == "CONNECT"
	x.findLookup([]byte("uri"), req.uri, false)
	x.suspectURI(req.uri)
	if req.version == "" {
		x.oldStyle = true
		r.done(flow.Orig, s)
	}
	return true
}

func (r *reader) startAnswer(s *side, line []byte) bool {
	st, ok := parseStatus(line)
	if !ok {
		return false
	}
	x := r.answer(s)
	limit := peekAnswer
	if x.isSuspect() && r.read < maxRead {
		limit = peekSuspect
		r.read++
		x.readOn = true
	}
	s.begin(x, limit)
	rec := &x.rec
	rec.Version = st.version
	rec.StatusCode = st.code
	rec.StatusMsg = r.last.keep(slotReason, st.reason, maxName)
	if st.code/100 == 1 {
		rec.InfoCode, rec.InfoMsg = st.code, rec.StatusMsg
	}
	// 101 is interim in number only: nothing of HTTP follows it (RFC 9110 section 15.2.2).
	x.final = st.code/100 != 1 || st.code == 101
	return true
}

// begin readies a direction for the header lines of a message.
func (s *side) begin(x *exchange, peekLimit int) {
	s.x, s.state = x, inHead
	s.fields, s.bytes, s.left = 0, 0, 0
	s.head = framing{}
	s.peek.reset(peekLimit)
}

// methods are those of RFC 9110, RFC 5789 and WebDAV, the commonest first.
var methods = [...]string{
	"GET", "POST", "HEAD", "PUT", "OPTIONS", "CONNECT", "DELETE", "PATCH", "TRACE",
	"PROPFIND", "PROPPATCH", "MKCOL", "COPY", "MOVE", "LOCK", "UNLOCK", "POLL", "REPORT", "SUBSCRIBE", "BMOVE", "SEARCH",
}

// knownMethod gives the constant for a method, so that the usual ones cost no allocation; "" for any other.
func knownMethod(m []byte) string {
	for _, known := range methods {
		if string(m) == known {
			return known
		}
	}
	return ""
}

// startsWithKnownMethod says whether b begins with a known method and a space, or could yet.
func startsWithKnownMethod(b []byte) bool {
	b = trimLineEnds(b)
	for _, known := range methods {
		n := min(len(b), len(known))
		if string(b[:n]) == known[:n] && (n == len(b) || b[n] == ' ') {
			return true
		}
	}
	return false
}
