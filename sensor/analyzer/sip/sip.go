// Package sip reads SIP (RFC 3261) over UDP and TCP. What comes in is datagrams or ordered stream bytes; what goes out is one events.SIP for
// each response, together with the request before it, as Zeek pairs them: there is one request at a time, the latest. It never keeps a body
// or an answer to a challenge, and never holds more than a header.
package sip

import (
	"bytes"
	"strconv"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/line"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
	"github.com/mirrorwatch/mirrorwatch/sensor/stream"
)

// Spec declares the analyzer.
var Spec = analyzer.Spec{
	Name:  "sip",
	Over:  analyzer.TCP | analyzer.UDP,
	Ports: []uint16{5060},
	Probe: probe,
	New:   func(c *analyzer.Conversation) analyzer.Analyzer { return &reader{conv: c} },
}

const (
	maxHeader = 16 << 10 // of a whole header: RFC 3261 has no limit, datagrams have one
	maxText   = 512      // of a field that a record keeps
	maxPath   = 16       // Via lines that a record keeps
)

// methods are those of RFC 3261 section 7.1 and of its extensions.
var methods = [...]string{
	"INVITE", "ACK", "OPTIONS", "BYE", "CANCEL", "REGISTER", "SUBSCRIBE", "NOTIFY", "PRACK", "UPDATE", "INFO", "MESSAGE", "REFER", "PUBLISH",
}

// version ends a request line and begins a status line.
const version = "SIP/2.0"

type reader struct {
	conv      *analyzer.Conversation
	confirmed bool
	waits     *events.SIP // the latest request, and what responses said to it so far
	skip      [2]uint64   // bytes of a body over TCP
}

// probe wants a whole request line, or the beginning of a status line.
func probe(_ flow.Dir, head []byte, _ bool) analyzer.Verdict {
	if n := min(len(head), len(version)+1); string(head[:n]) == (version + " ")[:n] {
		if n <= len(version) {
			return analyzer.Maybe
		}
		return analyzer.Yes
	}
	for _, m := range methods {
		if n := min(len(head), len(m)+1); string(head[:n]) == (m + " ")[:n] {
			return probeLine(head)
		}
	}
	return analyzer.No
}

// probeLine tells a request from one of HTTP, which has OPTIONS, too.
func probeLine(head []byte) analyzer.Verdict {
	text, _, whole := line.Cut(head, len(head)+1)
	switch {
	case !whole:
		return analyzer.Maybe
	case bytes.HasSuffix(text, []byte(" "+version)):
		return analyzer.Yes
	}
	return analyzer.No
}

// Feed takes a datagram, or the stream's next bytes.
func (r *reader) Feed(c stream.Chunk) (n int, err error) {
	if r.conv.Transport != analyzer.TCP {
		r.datagram(c.Data, c.Time)
		return len(c.Data), nil
	}
	for n < len(c.Data) {
		rest := c.Data[n:]
		if some := min(r.skip[c.Dir], uint64(len(rest))); some > 0 {
			r.skip[c.Dir] -= some
			n += int(some)
			continue
		}
		if rest[0] == '\r' || rest[0] == '\n' { // keep-alive, RFC 5626 section 4.4.1
			n++
			continue
		}
		header, ok := cutHeader(rest)
		switch {
		case !ok && len(rest) < maxHeader:
			return n, nil
		case !ok || !r.message(header, c.Time):
			return n, analyzer.ErrNotMine
		}
		n += len(header)
		r.skip[c.Dir] = contentLength(header)
	}
	return n, nil
}

// Gap loses the place: a body may have ended, and a header begun.
func (r *reader) Gap(flow.Dir, int) error { return analyzer.ErrDone }

// Close tells of a request that nothing followed.
func (r *reader) Close() {
	if r.waits != nil {
		r.conv.Emit(r.waits)
		r.waits = nil
	}
}

func (r *reader) datagram(b []byte, at int64) {
	header, ok := cutHeader(b)
	if !ok {
		header = b[:min(len(b), maxHeader)] // without a body the empty line is often missing
	}
	r.message(header, at)
}

// cutHeader gives a header with the empty line that ends it.
func cutHeader(b []byte) (header []byte, ok bool) {
	b = b[:min(len(b), maxHeader)]
	if at := bytes.Index(b, []byte("\r\n\r\n")); at >= 0 {
		return b[:at+4], true
	}
	if at := bytes.Index(b, []byte("\n\n")); at >= 0 {
		return b[:at+2], true
	}
	return nil, false
}

// message reads a header. It says false where that is none.
func (r *reader) message(header []byte, at int64) bool {
	first, n, ok := line.Cut(header, maxHeader)
	if !ok {
		first, n = header, len(header)
	}
	word, rest := line.Word(first)
	if string(word) == version {
		return r.response(rest, header[n:], at)
	}
	uri, tail := line.Word(rest)
	if string(tail) != version || len(word) == 0 || len(word) > 16 {
		return false
	}
	r.request(word, uri, header[n:], at)
	return true
}

// request takes the place of the one before it, whose fields stay where this one has none.
func (r *reader) request(method, uri, fields []byte, at int64) {
	r.confirm()
	q := r.slot(at)
	q.Method, q.URI = kept(method), kept(uri)
	eachField(fields, func(name, value []byte) { requestField(q, name, value) })
}

// response tells what came of the request. A final one ends the matter (RFC 3261 section 17.1).
func (r *reader) response(rest, fields []byte, at int64) bool {
	digits, reason := line.Word(rest)
	code, err := strconv.ParseUint(string(digits[:min(len(digits), 4)]), 10, 16)
	if err != nil || code < 100 || code > 699 {
		return false
	}
	r.confirm()
	q := r.slot(at)
	q.StatusCode, q.StatusMsg = uint16(code), kept(reason)
	eachField(fields, func(name, value []byte) { responseField(q, name, value) })
	told := *q
	told.RequestPath, told.ResponsePath = clone(q.RequestPath), clone(q.ResponsePath)
	if code >= 200 {
		r.waits = nil
	}
	r.conv.Emit(&told)
	return true
}

func clone(list []string) []string { return append([]string(nil), list...) }

func (r *reader) slot(at int64) *events.SIP {
	if r.waits == nil {
		r.waits = &events.SIP{}
		r.waits.TS = events.Time(at)
	}
	return r.waits
}

func (r *reader) confirm() {
	if !r.confirmed {
		r.confirmed = true
		r.conv.Confirm("")
	}
}

func kept(b []byte) string { return analyzer.Text(b[:min(len(b), maxText)]) }
