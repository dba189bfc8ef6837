package http

import (
	"bytes"

	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
)

// framing is what the header lines of a message say of its body.
type framing struct {
	length      uint64
	hasLength   bool
	chunked     bool // the last transfer coding is chunked
	otherCoding bool // a transfer coding other than chunked comes last
	encoded     bool // Content-Encoding: the bytes are not those of the thing itself
	gzip        bool // namely gzip, which states at its end how long the thing is
	multipart   bool
	form        bool // application/x-www-form-urlencoded

	lengthsDiffer bool // two lengths that do not agree
	transfers     int  // lines of transfer codings
}

// framingField reads the header lines that both directions may have and that say where the body ends.
func (r *reader) framingField(s *side, name, value []byte) bool {
	h := &s.head
	switch {
	case is(name, "content-length"):
		n, ok := parseLength(value)
		switch {
		case !ok:
			r.weird("invalid_HTTP_content_length", "")
		case h.hasLength && n != h.length:
			r.weird("multiple_HTTP_content_lengths", "")
			h.lengthsDiffer = true
		default:
			h.length, h.hasLength = n, true
		}
	case is(name, "transfer-encoding"):
		last := value
		h.transfers++
		if i := bytes.LastIndexByte(value, ','); i >= 0 {
			last = bytes.TrimLeft(value[i+1:], " \t")
		}
		h.chunked = is(last, "chunked")
		h.otherCoding = !h.chunked && !is(last, "identity")
		s.oddTransfer(value)
	case is(name, "content-encoding"):
		h.encoded = len(value) > 0 && !is(value, "identity")
		if h.encoded && s.x != nil && !knownCoding(value) {
			s.x.agentIs |= oddlyCoded
		}
		h.gzip = is(value, "gzip") || is(value, "x-gzip")
	default:
		return false
	}
	return true
}

// parseLength reads a decimal number of at most 18 digits, which no sum of ours can overflow.
func parseLength(b []byte) (n uint64, ok bool) {
	if len(b) == 0 || len(b) > 18 {
		return 0, false
	}
	for _, c := range b {
		if !isDigit(c) {
			return 0, false
		}
		n = n*10 + uint64(c-'0')
	}
	return n, true
}

// counted reads what there is of a body or chunk whose length is known.
func (r *reader) counted(d flow.Dir, s *side, b []byte) int {
	n := min(uint64(len(b)), s.left)
	r.body(d, s, b[:n])
	s.left -= n
	r.countedDone(d, s)
	return int(n)
}

// countedDone goes on behind a body or chunk that has come to its end.
func (r *reader) countedDone(d flow.Dir, s *side) {
	switch {
	case s.left > 0:
	case s.state == inChunk:
		s.state = inChunkEnd
	default:
		s.inflate(d, maxRatio)
		r.done(d, s)
	}
}

// body counts body bytes and shows the first of them to the sniffer.
func (r *reader) body(d flow.Dir, s *side, b []byte) {
	if s.x == nil {
		return
	}
	*s.x.length(d) += uint64(len(b))
	if s.head.gzip {
		s.keepTail(b)
	}
	if s.peek.add(b) {
		r.look(d, s)
	}
}

// missed counts body bytes that were lost; what came before them must do for the sniffer.
func (r *reader) missed(d flow.Dir, s *side, n uint64) {
	if s.x == nil {
		return
	}
	r.look(d, s)
	s.head.gzip = false // its end may be among what is missing
	*s.x.length(d) += n
}

func (x *exchange) length(d flow.Dir) *uint64 {
	if d == flow.Orig {
		return &x.rec.RequestLen
	}
	return &x.rec.ResponseLen
}

// chunkSize reads "size;extensions" (RFC 9112 section 7.1).
func (r *reader) chunkSize(d flow.Dir, s *side, b []byte) int {
	line, n := s.line(b, false)
	if n == 0 {
		return 0
	}
	size, ok := parseChunkSize(line)
	switch {
	case !ok:
		r.weird("invalid_HTTP_chunk_size", d.String())
		r.done(d, s)
		s.state, s.lost = atSync, true
	case size == 0:
		s.state = inTrailer
	default:
		s.state, s.left = inChunk, size
	}
	return n
}

// parseChunkSize reads hexadecimal digits up to an extension; 15 of them cannot overflow.
func parseChunkSize(line []byte) (size uint64, ok bool) {
	line, _, _ = bytes.Cut(line, []byte{';'})
	line = bytes.Trim(line, " \t")
	if len(line) == 0 || len(line) > 15 {
		return 0, false
	}
	for _, c := range line {
		v, ok := hexValue(c)
		if !ok {
			return 0, false
		}
		size = size<<4 | uint64(v)
	}
	return size, true
}

// chunkEnd reads the line end behind a chunk.
func (r *reader) chunkEnd(d flow.Dir, s *side, b []byte) int {
	switch {
	case len(b) == 0:
		return 0
	case b[0] == '\n':
		s.state = inChunkSize
		return 1
	case b[0] == '\r':
		return 1
	}
	r.weird("invalid_HTTP_chunk_end", d.String())
	r.done(d, s)
	s.state, s.lost = atSync, true
	return 0
}

// trailer reads over trailer lines up to the empty one.
func (r *reader) trailer(d flow.Dir, s *side, b []byte) int {
	line, n := s.line(b, false)
	if n > 0 && len(line) == 0 {
		s.inflate(d, maxRatio)
		r.done(d, s)
	}
	return n
}

func hexValue(c byte) (byte, bool) {
	switch {
	case isDigit(c):
		return c - '0', true
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10, true
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}

// oddTransfer notes the forms of Transfer-Encoding that one server reads as chunked and another does not: how a request is hidden in another.
func (s *side) oddTransfer(value []byte) {
	if s.x == nil {
		return
	}
	if s.head.transfers > 1 {
		s.x.agentIs |= twoTransfers
	}
	if !s.head.chunked && indexFold(value, "chunked") >= 0 {
		s.x.agentIs |= oddTransfer
	}
}

// knownCoding says whether a content coding is registered, or was.
func knownCoding(value []byte) bool {
	for _, known := range [...]string{"gzip", "x-gzip", "deflate", "br", "zstd", "compress", "aws-chunked", "amz-1.0", "utf-8", "identity", "snappy", "lz4", "dcb", "dcz"} {
		if is(value, known) || hasPrefixFold(value, known+",") {
			return true
		}
	}
	return bytes.IndexByte(value, ',') >= 0
}
