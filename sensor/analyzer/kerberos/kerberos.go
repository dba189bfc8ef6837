// Package kerberos reads what clients ask of a Kerberos key distribution centre and what it answers (RFC 4120), over UDP and TCP, from the
// beginning or from the middle. What comes in is datagrams or ordered stream bytes; what goes out is one events.Kerberos a question and its
// answer, or either alone. It never keeps a ticket or what is encrypted, and does not read the protocol that changes passwords.
package kerberos

import (
	"encoding/binary"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/ber"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/krb5"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
	"github.com/mirrorwatch/mirrorwatch/sensor/stream"
)

// Spec declares the analyzer. The services that it confirms are Zeek's: krb_tcp, and krb over UDP.
var Spec = analyzer.Spec{
	Name:  "krb",
	Over:  analyzer.TCP | analyzer.UDP,
	Ports: []uint16{88},
	Probe: probe,
	New:   open,
}

const (
	marker     = 4         // bytes of length in front of each message over TCP, RFC 4120 section 7.2.2
	maxMessage = 60 << 10  // longer ones are passed over: a ticket with the most groups that Windows allows has 48,000 bytes
	maxLength  = 16 << 20  // longer ones are no Kerberos
	maxPending = 8         // questions that wait for their answer; then the oldest is written without
	serviceTCP = "krb_tcp" //
	serviceUDP = "krb"     //
)

// reader is one conversation's analyzer.
type reader struct {
	conv      *analyzer.Conversation
	confirmed bool
	sides     [2]framing
	pending   []question
}

// framing is where one direction of a stream stands.
type framing struct {
	skip uint64 // bytes of the current message that are not wanted
	lost bool   // the next message's start must be found again
}

// question is what waits for its answer.
type question struct {
	rec   *events.Kerberos
	kind  krb5.Kind
	nonce int64
}

func open(c *analyzer.Conversation) analyzer.Analyzer { return &reader{conv: c} }

// probe wants the tag of a message, and the lengths around and in it to agree. Over UDP there is no length in front.
func probe(_ flow.Dir, head []byte, _ bool) analyzer.Verdict {
	if len(head) > 0 && head[0] != 0 {
		return judge(head, 0)
	}
	if len(head) < marker {
		return analyzer.Maybe
	}
	return judge(head[marker:], uint64(binary.BigEndian.Uint32(head)))
}

// judge looks at a message's first bytes; size is what the stream says of its length, 0 where nothing does.
func judge(b []byte, size uint64) analyzer.Verdict {
	if len(b) > 0 {
		if _, ok := krb5.Tag(b[0]); !ok {
			return analyzer.No
		}
	}
	outer, state := ber.ReadHead(b)
	if state == ber.Bad || size > maxLength {
		return analyzer.No
	}
	if state == ber.Short {
		return analyzer.Maybe
	}
	inner, state := ber.ReadHead(b[outer.Len:])
	switch {
	case size != 0 && outer.End() != size || inner.Tag != 0 && inner.Tag != ber.Sequence:
		return analyzer.No
	case state == ber.Short:
		return analyzer.Maybe
	case state == ber.Bad || inner.End() != outer.Size:
		return analyzer.No
	}
	return version(b[outer.Len+inner.Len:])
}

// version wants the field that every message begins with to say five.
func version(b []byte) analyzer.Verdict {
	if len(b) < 5 {
		return analyzer.Maybe
	}
	if b[0] != ber.Context(0) && b[0] != ber.Context(1) || string(b[1:5]) != "\x03\x02\x01\x05" {
		return analyzer.No
	}
	return analyzer.Yes
}

// Feed takes a datagram, or the stream's next bytes.
func (r *reader) Feed(c stream.Chunk) (n int, err error) {
	if r.conv.Transport != analyzer.TCP {
		return len(c.Data), r.datagram(c)
	}
	side := &r.sides[c.Dir&1]
	for n < len(c.Data) {
		if side.skip > 0 {
			skipped := min(side.skip, uint64(len(c.Data)-n))
			side.skip -= skipped
			n += int(skipped)
			continue
		}
		used, err := r.message(side, c.Data[n:], c.Time)
		n += used
		if err != nil || used == 0 {
			return n, err
		}
	}
	return n, nil
}

// message takes one message and the length in front of it, or passes over one that is too long. It uses nothing where more bytes are needed.
func (r *reader) message(side *framing, b []byte, now int64) (used int, err error) {
	switch probe(0, b, true) {
	case analyzer.Maybe:
		return 0, nil
	case analyzer.No:
		return len(b), r.odd(side)
	}
	if b[0] != 0 { // a message without its length: of a datagram
		return len(b), r.odd(side)
	}
	side.lost = false
	end := marker + uint64(binary.BigEndian.Uint32(b))
	if end > maxMessage {
		r.confirm()
		used = int(min(end, uint64(len(b))))
		side.skip = end - uint64(used)
		return used, nil
	}
	if uint64(len(b)) < end {
		return 0, nil
	}
	r.read(b[marker:end], now)
	return int(end), nil
}

// odd is what becomes of bytes that no message begins with: they are not ours, unless messages came before; after a gap they are only the
// rest of one.
func (r *reader) odd(side *framing) error {
	if !r.confirmed && !side.lost {
		return analyzer.ErrNotMine
	}
	if !side.lost {
		r.conv.Weird("kerberos_malformed", "")
	}
	side.lost = true
	return nil
}

func (r *reader) datagram(c stream.Chunk) error {
	if probe(c.Dir, c.Data, true) == analyzer.Yes && r.read(c.Data, c.Time) {
		return nil
	}
	if !r.confirmed {
		return analyzer.ErrNotMine
	}
	r.conv.Weird("kerberos_malformed", "")
	return nil
}

func (r *reader) confirm() {
	if r.confirmed {
		return
	}
	r.confirmed = true
	if r.conv.Transport == analyzer.TCP {
		r.conv.Confirm(serviceTCP)
		return
	}
	r.conv.Confirm(serviceUDP)
}

// read takes one whole message, and says whether it is one.
func (r *reader) read(b []byte, now int64) bool {
	m, ok := krb5.Parse(b)
	if !ok {
		if r.confirmed {
			r.conv.Weird("kerberos_malformed", "")
		}
		return false
	}
	r.confirm()
	switch m.Kind {
	case krb5.ASRequest, krb5.TGSRequest:
		r.ask(&m, now)
	case krb5.ASReply, krb5.TGSReply, krb5.Error:
		r.answer(&m, now)
	}
	return true
}

// ask keeps a question. One that is sent again, as over UDP, is the same.
func (r *reader) ask(m *krb5.Message, now int64) {
	for i := range r.pending {
		if r.pending[i].kind == m.Kind && r.pending[i].nonce == m.Nonce {
			return
		}
	}
	if len(r.pending) == maxPending {
		r.conv.Emit(r.pending[0].rec)
		r.drop(0)
	}
	r.pending = append(r.pending, question{request(m, now), m.Kind, m.Nonce})
}

func (r *reader) drop(i int) {
	r.pending = append(r.pending[:i], r.pending[i+1:]...)
}

// answer writes what is answered. An error is the answer to the oldest question there is.
func (r *reader) answer(m *krb5.Message, now int64) {
	rec := &events.Kerberos{RequestType: requestType(m.Kind)}
	rec.TS = events.Time(now)
	for i := range r.pending {
		if m.Kind == krb5.Error || r.pending[i].kind == m.Kind-1 {
			rec = r.pending[i].rec
			rec.RTT = events.Interval(now) - events.Interval(rec.TS)
			r.drop(i)
			break
		}
	}
	complete(rec, m)
	r.conv.Emit(rec)
}

// Gap forgets where the direction's messages begin, unless the message that is passed over reaches beyond the gap.
func (r *reader) Gap(d flow.Dir, n int) error {
	side := &r.sides[d&1]
	if side.skip >= uint64(n) {
		side.skip -= uint64(n)
		return nil
	}
	side.skip, side.lost = 0, true
	return nil
}

// Close writes the questions that nobody answered.
func (r *reader) Close() {
	for _, q := range r.pending {
		r.conv.Emit(q.rec)
	}
	r.pending = nil
}
