// Package sunrpc reads remote procedure calls of Sun's kind (ONC RPC version 2, RFC 5531) over TCP and UDP: the port mapper, the mount
// protocol, the lock manager and the status monitor, and programs that have no name. What comes in is ordered stream bytes or datagrams;
// what goes out is one events.SunRPC a call, when its answer came or the conversation ended. Calls of NFS are recognised and passed over
// unread, since each is one read or write. It keeps the beginning of a message and no more.
package sunrpc

import (
	"encoding/binary"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
	"github.com/mirrorwatch/mirrorwatch/sensor/stream"
)

// Spec declares the analyzer.
var Spec = analyzer.Spec{
	Name:  "sunrpc",
	Over:  analyzer.TCP | analyzer.UDP,
	Ports: []uint16{111, 2049},
	Probe: probe,
	New:   open,
}

const (
	maxMessage = 4 << 10 // bytes of a message that are waited for: the fields that are looked at stand at its beginning
	maxCalls   = 64      // calls without an answer
	markLen    = 4       // of the mark before each piece of a message over TCP (RFC 5531 section 11)
	lastPiece  = 1 << 31
)

// reader is one conversation's analyzer.
type reader struct {
	conv      *analyzer.Conversation
	confirmed bool
	sides     [2]framing
	calls     []call
}

// framing is where one direction stands.
type framing struct {
	skip uint64 // bytes of the current piece that are not wanted
	more bool   // the next piece goes on with a message whose beginning was read
	lost bool   // the next message's start must be found again
}

// call is a call that waits for its answer.
type call struct {
	id     uint32
	dir    flow.Dir
	record *events.SunRPC
}

func open(c *analyzer.Conversation) analyzer.Analyzer { return &reader{conv: c} }

// probe wants a call of a program that is known, or, on a known port, an answer.
func probe(_ flow.Dir, head []byte, hinted bool) analyzer.Verdict {
	if len(head) < markLen {
		return analyzer.Maybe
	}
	v := probeMessage(head[markLen:], hinted) // over TCP, behind a mark
	if mark := binary.BigEndian.Uint32(head); mark&^lastPiece < replyLen || mark&^lastPiece > 16<<20 {
		v = analyzer.No
	}
	if datagram := probeMessage(head, hinted); v == analyzer.No || datagram == analyzer.Yes {
		v = datagram
	}
	return v
}

// Feed takes a datagram, or the stream's next bytes.
func (r *reader) Feed(c stream.Chunk) (n int, err error) {
	if r.conv.Transport != analyzer.TCP {
		if !r.message(c.Dir, events.Time(c.Time), c.Data) && !r.confirmed {
			return 0, analyzer.ErrNotMine
		}
		return len(c.Data), nil
	}
	s := &r.sides[c.Dir&1]
	for n < len(c.Data) {
		if s.skip > 0 {
			skipped := min(s.skip, uint64(len(c.Data)-n))
			s.skip -= skipped
			n += int(skipped)
			continue
		}
		used, err := r.piece(s, c, c.Data[n:])
		n += used
		if err != nil || used == 0 {
			return n, err
		}
	}
	return n, nil
}

// piece takes the mark that b begins with, and of a message's first piece as much as is looked at. It uses nothing where more bytes are needed.
func (r *reader) piece(s *framing, c stream.Chunk, b []byte) (used int, err error) {
	if len(b) < markLen {
		return r.short(s, b)
	}
	mark := binary.BigEndian.Uint32(b)
	length := uint64(mark &^ lastPiece)
	if s.more {
		s.more, s.skip = mark&lastPiece == 0, length
		return markLen, nil
	}
	body := b[markLen:]
	wanted := min(length, maxMessage)
	if v := probeMessage(body[:min(len(body), int(wanted))], true); v == analyzer.No || length < replyLen {
		return r.strange(s, b)
	}
	if wanted > callLen && len(body) >= callLen && passedOver(body) {
		wanted = callLen
	}
	if uint64(len(body)) < wanted {
		return r.short(s, b)
	}
	r.message(c.Dir, events.Time(c.Time), body[:wanted])
	s.lost, s.more, s.skip = false, mark&lastPiece == 0, length-wanted
	return markLen + int(wanted), nil
}

// short waits for more of a message, unless its beginning is only supposed.
func (r *reader) short(s *framing, b []byte) (int, error) {
	if s.lost {
		return len(b), nil
	}
	return 0, nil
}

// strange leaves bytes that are no message.
func (r *reader) strange(s *framing, b []byte) (int, error) {
	if !r.confirmed {
		return 0, analyzer.ErrNotMine
	}
	if !s.lost {
		r.conv.Weird("sunrpc_malformed", "")
	}
	s.lost = true
	return len(b), nil
}

// message takes a whole message, or its beginning. It says whether it was one.
func (r *reader) message(d flow.Dir, at events.Time, b []byte) bool {
	if probeMessage(b, true) != analyzer.Yes {
		return false
	}
	if !r.confirmed {
		r.confirmed = true
		r.conv.Confirm("")
	}
	id := binary.BigEndian.Uint32(b)
	if binary.BigEndian.Uint32(b[4:]) == isReply {
		r.answer(d, at, id, b)
		return true
	}
	if !passedOver(b) {
		r.ask(d, at, id, b)
	}
	return true
}

// ask remembers a call. A client that hears nothing sends the same again.
func (r *reader) ask(d flow.Dir, at events.Time, id uint32, b []byte) {
	if r.find(d, id) >= 0 {
		return
	}
	if len(r.calls) >= maxCalls {
		r.finish(0)
	}
	one := readCall(b)
	one.TS = at
	r.calls = append(r.calls, call{id: id, dir: d, record: one})
}

// answer completes a call.
func (r *reader) answer(d flow.Dir, at events.Time, id uint32, b []byte) {
	i := r.find(d.Other(), id)
	if i < 0 {
		return
	}
	one := r.calls[i].record
	readAnswer(one, b)
	one.RTT = events.Interval(max(at.Sub(one.TS), 0))
	r.finish(i)
}

func (r *reader) find(d flow.Dir, id uint32) int {
	for i := range r.calls {
		if r.calls[i].id == id && r.calls[i].dir == d {
			return i
		}
	}
	return -1
}

// finish emits a call's record and forgets the call.
func (r *reader) finish(i int) {
	r.conv.Emit(r.calls[i].record)
	n := copy(r.calls[i:], r.calls[i+1:]) + i
	r.calls[n] = call{}
	r.calls = r.calls[:n]
}

// Gap forgets where the direction's messages begin, unless the piece that is passed over reaches beyond the gap.
func (r *reader) Gap(d flow.Dir, n int) error {
	s := &r.sides[d&1]
	if s.skip >= uint64(n) {
		s.skip -= uint64(n)
		return nil
	}
	*s = framing{lost: true}
	return nil
}

// Close emits the calls that were not answered.
func (r *reader) Close() {
	for _, c := range r.calls {
		r.conv.Emit(c.record)
	}
	r.calls = nil
}
