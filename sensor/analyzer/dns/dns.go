// Package dns reads the Domain Name System (RFC 1035) over UDP and TCP, and its relatives that share the message format: multicast
// DNS (RFC 6762), LLMNR (RFC 4795) and NetBIOS name service (RFC 1002), with NOTIFY (RFC 1996) and UPDATE (RFC 2136). What comes
// in is datagrams or ordered stream bytes; what goes out is one events.DNS a transaction: question and answer joined, or either alone.
// It never follows a compression pointer forward, never resolves or remembers names beyond a transaction, and reads no
// authority or additional section, no EDNS option and no DNSSEC signature.
package dns

import (
	"encoding/binary"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
	"github.com/mirrorwatch/mirrorwatch/sensor/stream"
)

// Spec declares the analyzer.
var Spec = analyzer.Spec{
	Name:  "dns",
	Over:  analyzer.UDP | analyzer.TCP,
	Ports: []uint16{53, 5353, 5355, 137},
	Probe: probe,
	New:   open,
}

const (
	// maxHeldMessage is how much of a TCP message is waited for; a longer one (a zone transfer) is read up to here and its rest
	// skipped. It is below analyzer.MaxHeld because a frame of 65,535 bytes and its length would not fit there.
	maxHeldMessage = 32 << 10
	// multicastPort and localPort are those of multicast DNS and of LLMNR.
	multicastPort, localPort = 5353, 5355
	// netbiosPort carries names in RFC 1001's first-level encoding and opcodes of its own.
	netbiosPort = 137
)

// reader is one conversation's analyzer.
type reader struct {
	conv      *analyzer.Conversation
	proto     string
	netbios   bool
	confirmed bool
	sides     [2]framing
	pending   pendingTable
}

// framing is where one direction of a TCP conversation stands.
type framing struct {
	skip int  // bytes of a too long message still to come
	lost bool // bytes are missing: the next message's start must be found again
}

func open(c *analyzer.Conversation) analyzer.Analyzer {
	r := &reader{conv: c, proto: "udp", netbios: c.Head.RespP == netbiosPort || c.Head.OrigP == netbiosPort}
	if c.Transport == analyzer.TCP {
		r.proto, r.netbios = "tcp", false
	}
	return r
}

// Feed takes a datagram, or the stream's next bytes.
func (r *reader) Feed(c stream.Chunk) (int, error) {
	r.expire(c.Time)
	if r.conv.Transport == analyzer.TCP {
		return r.feedStream(c)
	}
	return len(c.Data), r.message(c, c.Data, max(c.Wire, len(c.Data)))
}

// feedStream takes the messages that are whole, each behind its length in two bytes (RFC 1035 section 4.2.2).
func (r *reader) feedStream(c stream.Chunk) (n int, err error) {
	side := &r.sides[c.Dir&1]
	for err == nil {
		skipped := min(side.skip, len(c.Data)-n)
		side.skip -= skipped
		n += skipped
		rest := c.Data[n:]
		if side.lost {
			switch probeFramed(rest, false) {
			case analyzer.No:
				return len(c.Data), nil
			case analyzer.Maybe:
				return n, nil
			}
			side.lost = false
		}
		if len(rest) < 2 {
			return n, nil
		}
		size := int(binary.BigEndian.Uint16(rest))
		whole := min(size, maxHeldMessage)
		if len(rest) < 2+whole {
			return n, r.refuse(size < headerLen, "length below a header's")
		}
		side.skip = size - whole
		n += 2 + whole
		err = r.message(c, rest[2:2+whole], size)
	}
	return n, err
}

// refuse turns a flaw into the right leave: before anything was read well the flow is not DNS, after it the message is odd.
func (r *reader) refuse(flawed bool, why string) error {
	if !flawed {
		return nil
	}
	if !r.confirmed {
		return analyzer.ErrNotMine
	}
	r.conv.Weird("dns_malformed", why)
	return nil
}

// message reads one message of wire bytes, of which msg was captured.
func (r *reader) message(c stream.Chunk, msg []byte, wire int) error {
	h, ok := parseHeader(msg)
	if !ok {
		return r.refuse(true, "shorter than a header")
	}
	if h.questions > maxQuestions {
		return r.refuse(true, "too many questions")
	}
	var scratch [maxNameText]byte
	q, off, ok := parseQuestions(scratch[:0], msg, h)
	if !ok {
		return r.refuse(true, "bad question")
	}
	if r.netbios {
		q.name = decodeNetBIOS(q.name)
	}
	if !r.confirmed {
		r.confirmed = true
		r.conv.Confirm("")
	}
	if !h.response() {
		r.ask(c, h, q, wire)
		return nil
	}
	r.answer(c, h, q, answerSection{msg: msg, off: off, count: int(h.answers), wire: wire})
	return nil
}

// ask opens a transaction.
func (r *reader) ask(c stream.Chunk, h header, q question, wire int) {
	t := r.transaction(c.Time, h)
	t.setQuestion(q, r.netbios)
	t.corrupt = c.Corrupt
	t.rec.RD, t.rec.TC, t.rec.Z = h.recursionDesired(), h.truncated(), h.reserved()
	t.rec.QueryBytes = uint32(wire)
	if oldest := r.pending.push(t); oldest != nil {
		r.conv.Weird("dns_pending_overflow", "")
		r.conv.Emit(&oldest.rec)
	}
}

// answer closes the transaction that it belongs to, or stands alone.
func (r *reader) answer(c stream.Chunk, h header, q question, s answerSection) {
	t := r.pending.take(h, q, &s, r.netbios)
	// A server never took a corrupt question, so the answer is to another that we did not see: it stands alone, as in Zeek.
	alone := t == nil || t.corrupt
	if alone {
		t = r.transaction(c.Time, h)
		t.rec.RD, t.rec.Z = h.recursionDesired(), h.reserved()
		t.rec.Question, t.rec.QuestionType = string(q.name), ""
		if q.seen {
			t.rec.QuestionType = typeName(q.qtype, r.netbios)
		}
	} else {
		t.rec.RTT = events.Interval(c.Time) - events.Interval(t.rec.TS)
	}
	t.setAnswer(h, q, s.wire)
	if left := t.readAnswers(&s, alone, r.netbios); left > 0 {
		r.conv.Weird("dns_answers_truncated", "")
	}
	if s.count > len(t.rec.Answers) {
		t.rec.AnswerRecords = uint32(s.count)
	}
	r.credit(t, c.Dir, &s)
	r.conv.Emit(&t.rec)
}

// expire lets go of the questions that have waited too long.
func (r *reader) expire(now int64) {
	for t := r.pending.expired(now); t != nil; t = r.pending.expired(now) {
		r.conv.Emit(&t.rec)
	}
}

// Gap forgets where the direction's messages begin; a message that was being skipped may still end beyond the gap.
func (r *reader) Gap(d flow.Dir, n int) error {
	side := &r.sides[d&1]
	if side.skip >= n {
		side.skip -= n
		return nil
	}
	side.skip, side.lost = 0, r.conv.Transport == analyzer.TCP
	return nil
}

// Close emits the questions that no answer came to, the oldest first.
func (r *reader) Close() {
	for t := r.pending.oldest(); t != nil; t = r.pending.oldest() {
		r.conv.Emit(&t.rec)
	}
}
