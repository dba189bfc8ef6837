// Package http reads HTTP/1.x (RFC 9112) and the little that is left of HTTP/0.9. What comes in is both directions of one
// conversation in order; what goes out is one events.HTTP for each request and its answer, paired in the order of the wire.
// It never keeps a body, a password or a cookie, and never decides from a port. Of a request's values it keeps those that hold what an
// injection needs, decoded and cut; whether they are one is for a detector to say. An encoded body is not inflated, but for the first
// bytes of the answer to such a request; the length of one in gzip is that which its end states, as far as that can be true.
// Not covered: HTTP/2 and /3 (other analyzers), and the parts of a multipart body beyond its first 4 KiB.
package http

import (
	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/ntlmssp"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
	"github.com/mirrorwatch/mirrorwatch/sensor/stream"
)

// Spec declares HTTP/1.x.
var Spec = analyzer.Spec{
	Name:  "http",
	Over:  analyzer.TCP,
	Ports: []uint16{80, 81, 631, 1080, 3128, 5985, 8000, 8080, 8888},
	Probe: probe,
	New:   func(c *analyzer.Conversation) analyzer.Analyzer { return &reader{conv: c} },
}

// Limits of what one conversation may make us hold or do.
const (
	maxLine     = 16 << 10 // bytes of one line with its folds; common servers refuse at 8 KiB
	maxFields   = 128      // header lines read of one message; Apache refuses at 100
	maxHead     = 64 << 10 // bytes of header lines read of one message
	maxOpen     = 100      // requests that wait for an answer; no client pipelines deeper
	maxHoldBack = 16 << 10 // bytes kept from behind a CONNECT or Upgrade until the answer is known
	maxURI      = 4096     // bytes of a URI that a record keeps
	maxValue    = 1024     // bytes of any other value that a record keeps
	maxName     = 256      // bytes of a file name, user name or status message that a record keeps
	maxList     = 8        // entries in each list of a record
	peekRequest = 4096     // first bytes of a request body that are searched for look-ups and part headers
	peekAnswer  = 512      // first bytes of an answer's body that tell its type
)

// state is where in a message one direction stands.
type state uint8

const (
	atStart     state = iota // between messages
	atSync                   // lost: waits for a chunk that begins with a message
	inHead                   // header lines
	inBody                   // body of known length
	inRest                   // body that lasts until the close
	inChunkSize              // chunk-size line (RFC 9112 section 7.1)
	inChunk                  // chunk data
	inChunkEnd               // the line end after chunk data
	inTrailer                // trailer lines
)

// reader is the analyzer of one conversation.
type reader struct {
	conv  *analyzer.Conversation
	sides [2]side
	open  []*exchange // asked and not yet emitted, oldest first
	depth uint32      // exchanges so far
	now   int64       // time of the chunk in hand
	last  remembered
	// cookies are those of the last request, and plainAgent the last user agent that held nothing of note.
	cookies    cookies
	plainAgent string
	ntlm       ntlmssp.Talk // of Negotiate and NTLM credentials
	read       int          // answers to suspicious requests that were read further
	known      bool         // a start line was read: this is HTTP
	// pipelined: a request was sent before the one in front of it was answered, so that after a loss nobody can say which
	// request an answer belongs to.
	pipelined bool
}

// side is the state of one direction.
type side struct {
	state  state
	cut    bool      // the rest of an overlong line is being dropped
	lost   bool      // bytes are missing since the last start line
	begun  bool      // a start line was read in this direction
	scan   int       // bytes of the waiting line that hold no line feed
	left   uint64    // bytes of the body or chunk still to come
	fields int       // header lines read of this message
	bytes  int       // bytes of header lines read of this message
	x      *exchange // that the message belongs to
	head   framing
	peek   peek
	tail   [4]byte // last bytes of a gzip body
}

// Feed reads the next bytes of a direction.
func (r *reader) Feed(c stream.Chunk) (int, error) {
	d := c.Dir & 1
	s := &r.sides[d]
	r.now = c.Time
	for n := 0; ; {
		before := s.state
		used, err := r.step(d, s, c.Data[n:])
		n += used
		if err != nil || n == len(c.Data) || used == 0 && s.state == before {
			return n, err
		}
	}
}

// step reads one line, or as much of a body as there is. Nothing used and the same state means that more bytes are needed.
func (r *reader) step(d flow.Dir, s *side, b []byte) (int, error) {
	if s.cut {
		return s.dropLine(b), nil
	}
	switch s.state {
	case atStart:
		return r.start(d, s, b)
	case atSync:
		return r.sync(d, s, b), nil
	case inHead:
		return r.headLine(d, s, b)
	case inBody, inChunk:
		return r.counted(d, s, b), nil
	case inRest:
		r.body(d, s, b)
		return len(b), nil
	case inChunkSize:
		return r.chunkSize(d, s, b), nil
	case inChunkEnd:
		return r.chunkEnd(d, s, b), nil
	default:
		return r.trailer(d, s, b), nil
	}
}

// sync looks for a message at the start of a chunk: after a loss, nothing else is a safe place to begin.
func (r *reader) sync(d flow.Dir, s *side, b []byte) int {
	if d == flow.Orig && !startsWithKnownMethod(b) {
		return len(b) // bodies are full of lines that would pass for an unknown method
	}
	switch probe(d, b[:min(len(b), analyzer.MaxProbe)], false) {
	case analyzer.Yes:
		s.state = atStart
		return 0
	case analyzer.Maybe:
		if len(b) < analyzer.MaxProbe {
			return 0
		}
	}
	return len(b)
}

// Gap reckons with n missing bytes. Inside a counted body they are body; anywhere else the message ends as it stands.
func (r *reader) Gap(d flow.Dir, n int) error {
	if n <= 0 {
		return nil
	}
	s := &r.sides[d&1]
	s.scan, s.cut = 0, false
	missing := uint64(n)
	switch {
	case s.state == inRest:
		r.missed(d, s, missing)
		return nil
	case s.state == inBody && missing <= s.left, s.state == inChunk && missing <= s.left:
		r.missed(d, s, missing)
		s.left -= missing
		r.countedDone(d, s)
		return nil
	case s.state == inBody, s.state == inChunk:
		r.missed(d, s, s.left)
	}
	if s.state != atStart && s.state != atSync {
		r.done(d, s)
	}
	s.state, s.lost = atSync, true
	return nil
}

// Close emits what is known of every exchange that was not whole.
func (r *reader) Close() {
	for d := range r.sides {
		if s := &r.sides[d]; s.x != nil {
			if s.state == inRest {
				s.inflate(flow.Dir(d), likelyRatio)
			}
			r.look(flow.Dir(d), s)
			s.x = nil
		}
	}
	r.flush(len(r.open))
}

// emit passes on one record; the head's own fields are filled by the engine.
func (r *reader) emit(x *exchange) {
	r.signedIn(x)
	r.conv.Emit(&x.rec)
}

// weird reports an oddity of the conversation.
func (r *reader) weird(name, addl string) { r.conv.Weird(name, addl) }

// newExchange opens the next record, at the time of the chunk in hand.
func (r *reader) newExchange() *exchange {
	r.depth++
	x := &exchange{}
	x.rec.TS = events.Time(r.now)
	x.rec.TransDepth = r.depth
	return x
}
