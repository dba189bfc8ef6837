// Package websocket reads WebSockets (RFC 6455) behind the HTTP upgrade that agreed on them. What comes in is both directions of one
// conversation in order; what goes out is one events.WebSocket with what was agreed and what went through, and one before it when another
// protocol shows inside. It never keeps what was said: of each direction it looks at the first bytes of data and counts the rest.
// Not covered: what permessage-deflate squeezed (RFC 7692), and a WebSocket whose upgrade was not seen, since two bytes of a frame's head
// prove nothing.
package websocket

import (
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
	"github.com/mirrorwatch/mirrorwatch/sensor/stream"
)

// Spec declares WebSocket. It is never found by its bytes: HTTP names it.
var Spec = analyzer.Spec{
	Name:  "websocket",
	Over:  analyzer.TCP,
	Probe: func(flow.Dir, []byte, bool) analyzer.Verdict { return analyzer.No },
	New:   newReader,
}

const (
	maxHeader = 14 // bytes of a frame's head: two, a length of eight, a mask of four
	maxSniff  = 64 // first bytes of a direction's data that are looked at
)

// The opcodes (RFC 6455 section 5.2).
const (
	opContinue = 0
	opText     = 1
	opBinary   = 2
	opClose    = 8
	opPong     = 10
)

// reader is the analyzer of one conversation.
type reader struct {
	conv        *analyzer.Conversation
	rec         events.WebSocket
	first, last int64 // times of chunks
	sides       [2]side
}

// side is the state of one direction.
type side struct {
	header [maxHeader]byte
	have   int    // bytes of the header
	left   uint64 // bytes of the payload still to come
	inside bool   // a frame's payload is being read
	lost   bool   // where frames begin is not known any more
	opcode byte
	mask   [4]byte
	at     uint64 // place in the payload, for the mask
	sniff  [maxSniff]byte
	seen   int
	told   bool    // the first data was looked at
	code   [2]byte // of a close frame
}

func newReader(c *analyzer.Conversation) analyzer.Analyzer {
	r := &reader{conv: c}
	if u := c.Upgraded; u != nil {
		w := &r.rec
		w.Host, w.URI, w.UserAgent, w.Subprotocol = u.Host, u.URI, u.UserAgent, u.Subprotocol
		w.ClientProtocols, w.ClientExtensions, w.ServerExtensions = u.ClientProtocols, u.ClientExtensions, u.ServerExtensions
	}
	c.Upgraded = nil
	c.Confirm("")
	return r
}

// Feed reads the next bytes of a direction; nothing is left over.
func (r *reader) Feed(c stream.Chunk) (int, error) {
	d := c.Dir & 1
	s := &r.sides[d]
	if r.first == 0 {
		r.first = c.Time
	}
	r.last = max(r.last, c.Time)
	for b := c.Data; len(b) > 0 && !s.lost; {
		if s.inside {
			b = b[r.payload(d, s, b):]
			continue
		}
		b = b[r.head(d, s, b):]
	}
	if r.sides[flow.Orig].lost && r.sides[flow.Resp].lost {
		return len(c.Data), analyzer.ErrDone
	}
	return len(c.Data), nil
}

// head gathers a frame's head, byte by byte as it comes, and says how many it took.
func (r *reader) head(d flow.Dir, s *side, b []byte) int {
	n := 0
	for n < len(b) {
		s.header[s.have] = b[n]
		s.have++
		n++
		if s.have >= 2 && s.have == headerLength(s.header[1]) {
			r.begin(d, s)
			break
		}
	}
	return n
}

// headerLength is how long the head is, by its second byte.
func headerLength(second byte) int {
	n := 2
	switch second & 0x7f {
	case 126:
		n += 2
	case 127:
		n += 8
	}
	if second&0x80 != 0 {
		n += 4
	}
	return n
}

// begin starts on a frame whose head is whole.
func (r *reader) begin(d flow.Dir, s *side) {
	h := s.header[:s.have]
	s.opcode = h[0] & 15
	s.left, h = frameLength(h[1]&0x7f, h[2:])
	s.mask = [4]byte{}
	if s.header[1]&0x80 != 0 {
		copy(s.mask[:], h)
	}
	s.have, s.at, s.inside = 0, 0, true
	switch {
	case s.opcode > opBinary && s.opcode < opClose || s.opcode > opPong || s.left>>63 != 0:
		r.conv.Weird("invalid_websocket_frame", d.String())
		s.lost = true
	case s.opcode >= opClose && s.left > 125:
		r.conv.Weird("overlong_websocket_control_frame", d.String())
	case s.opcode < opClose:
		r.count(d, s)
	}
	if s.left == 0 {
		s.inside = false
	}
}

func frameLength(short byte, h []byte) (uint64, []byte) {
	n := 0
	switch short {
	case 126:
		n = 2
	case 127:
		n = 8
	default:
		return uint64(short), h
	}
	length := uint64(0)
	for _, c := range h[:n] {
		length = length<<8 | uint64(c)
	}
	return length, h[n:]
}

// count notes a data frame. What is compressed cannot be looked at.
func (r *reader) count(d flow.Dir, s *side) {
	frames := &r.rec.OrigFrames
	if d == flow.Resp {
		frames = &r.rec.RespFrames
	}
	*frames++
	if s.opcode == opBinary {
		r.rec.BinaryFrames++
	}
	if s.header[0]&0x40 != 0 || s.opcode == opText {
		s.told = true
	}
}

// payload reads what there is of a frame's payload.
func (r *reader) payload(d flow.Dir, s *side, b []byte) int {
	n := int(min(uint64(len(b)), s.left))
	switch {
	case s.opcode == opClose:
		for i := 0; i < n && s.at+uint64(i) < 2; i++ {
			s.code[s.at+uint64(i)] = b[i] ^ s.mask[(s.at+uint64(i))&3]
		}
	case s.opcode < opClose:
		r.data(d, s, b[:n])
	}
	s.at += uint64(n)
	if s.left -= uint64(n); s.left > 0 {
		return n
	}
	s.inside = false
	if s.opcode == opClose && s.at >= 2 {
		r.rec.CloseCode = uint16(s.code[0])<<8 | uint16(s.code[1])
	}
	if s.opcode < opClose {
		r.look(s)
	}
	return n
}

// data counts bytes of data and unmasks the first of them.
func (r *reader) data(d flow.Dir, s *side, b []byte) {
	bytes := &r.rec.OrigBytes
	if d == flow.Resp {
		bytes = &r.rec.RespBytes
	}
	*bytes += uint64(len(b))
	if s.told {
		return
	}
	for i := 0; i < len(b) && s.seen < maxSniff; i++ {
		s.sniff[s.seen] = b[i] ^ s.mask[(s.at+uint64(i))&3]
		s.seen++
	}
	if s.seen == maxSniff {
		r.look(s)
	}
}

// look says, once for each direction, what its data begins with; the first that is known is told at once.
func (r *reader) look(s *side) {
	if s.told || s.seen == 0 {
		return
	}
	s.told = true
	name := inner(s.sniff[:s.seen])
	if name == "" || r.rec.Inner != "" {
		return
	}
	r.rec.Inner = name
	r.emit(true)
}

// emit passes on the record as it stands.
func (r *reader) emit(interim bool) {
	rec := r.rec
	rec.TS = events.Time(r.first)
	rec.Duration = events.Interval(time.Duration(max(r.last-r.first, 0)))
	rec.Interim = interim
	r.conv.Emit(&rec)
}

// Gap reckons with n missing bytes: inside a payload they are payload; anywhere else nobody knows where the next frame begins.
func (r *reader) Gap(d flow.Dir, n int) error {
	s := &r.sides[d&1]
	if n <= 0 || s.lost {
		return nil
	}
	s.told = true // its beginning may be among what is missing
	if !s.inside || uint64(n) > s.left {
		s.lost = true
		if r.sides[flow.Orig].lost && r.sides[flow.Resp].lost {
			return analyzer.ErrDone
		}
		return nil
	}
	s.left -= uint64(n)
	s.at += uint64(n)
	s.inside = s.left > 0
	if s.opcode < opClose {
		if d&1 == flow.Orig {
			r.rec.OrigBytes += uint64(n)
		} else {
			r.rec.RespBytes += uint64(n)
		}
	}
	return nil
}

// Close emits what went through.
func (r *reader) Close() {
	for i := range r.sides {
		r.look(&r.sides[i])
	}
	r.emit(false)
}
