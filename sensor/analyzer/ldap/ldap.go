// Package ldap reads LDAP version 3 (RFC 4511) over TCP and connectionless LDAP over UDP, from its beginning or from the middle.
// What comes in is ordered stream bytes or datagrams; what goes out is one events.LDAPSearch a search and one events.LDAP any other operation,
// each with its answer or either alone, the ticket or the NTLM log-in that a bind shows, and the conversation's services: ldap_tcp or ldap_udp, and what a bind
// carries (gssapi, krb, ntlm). Messages that a SASL layer only signed are read, those that it sealed are counted. It keeps no password,
// no value of an entry, and nothing that is written.
package ldap

import (
	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/krb5"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/ntlmssp"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
	"github.com/mirrorwatch/mirrorwatch/sensor/stream"
)

// Spec declares the analyzer. The services it confirms are named as Zeek names them, by transport.
var Spec = analyzer.Spec{
	Name:  "ldap",
	Over:  analyzer.TCP | analyzer.UDP,
	Ports: []uint16{389, 3268},
	Probe: probe,
	New:   open,
}

const (
	// maxHeldMessage is how much of a message is waited for. A Kerberos ticket with many groups is 12 KiB by default and 48,000 bytes at the
	// most (Windows' MaxTokenSize); a longer message is passed over unread.
	maxHeldMessage = 50 << 10
	// maxWrapped is the longest message that a SASL layer may wrap: the buffer size is negotiated in three bytes (RFC 4752
	// section 3.3), so that a wrapped message begins with a zero byte and cannot be taken for a plain one.
	maxWrapped = 1<<24 - 1
)

// reader is one conversation's analyzer.
type reader struct {
	conv      *analyzer.Conversation
	service   string
	confirmed services
	sasl      bool // a SASL bind was seen, or may have been: what follows may be wrapped
	startTLS  int64
	now       int64
	sides     [2]framing
	pending   []pending
	ntlm      ntlmssp.Talk
	sealed    *events.LDAP // what the SASL layer hid
}

// framing is where one direction stands.
type framing struct {
	skip  uint64 // bytes of the current message that are not wanted
	lost  bool   // the next message's start must be found again
	inner uint64 // bytes of messages that are left in the current wrapping
	after uint64 // bytes behind them
}

// services are bits for what has been confirmed already.
type services uint8

const (
	serviceLDAP services = 1 << iota
	serviceGSSAPI
	serviceKerberos
	serviceNTLM
)

// noRequest is no message id: those are never negative (RFC 4511 section 4.1.1.1).
const noRequest = -1

func open(c *analyzer.Conversation) analyzer.Analyzer {
	r := &reader{conv: c, service: "ldap_udp", startTLS: noRequest}
	if c.Transport == analyzer.TCP {
		r.service = "ldap_tcp"
	}
	return r
}

// probe wants an envelope with a known operation in it, or on a known port a message in Kerberos wrapping, as in the middle of a
// conversation whose bind was not seen.
func probe(_ flow.Dir, head []byte, hinted bool) analyzer.Verdict {
	if _, v := parseEnvelope(head); v != analyzer.No {
		return v
	}
	if hinted {
		return wrappedKerberos(head)
	}
	return analyzer.No
}

// Feed takes a datagram, or the stream's next bytes.
func (r *reader) Feed(c stream.Chunk) (n int, err error) {
	r.now = c.Time
	if r.conv.Transport != analyzer.TCP {
		return len(c.Data), r.datagram(c.Data)
	}
	side := &r.sides[c.Dir&1]
	for n < len(c.Data) {
		used, err := r.next(side, c.Data[n:])
		n += used
		if err != nil || used == 0 {
			return n, err
		}
	}
	return n, nil
}

// next takes what stands first in b: the rest of what is passed over, a message, or the beginning of a wrapping.
func (r *reader) next(side *framing, b []byte) (used int, err error) {
	switch {
	case side.inner > 0:
		return r.wrapped(side, b)
	case side.after > 0:
		return pass(&side.after, b), nil
	case side.skip > 0:
		return pass(&side.skip, b), nil
	case b[0] == 0 && !side.lost && (r.sasl || r.confirmed == 0):
		return r.unwrap(side, b)
	case side.lost && wrappedKerberos(b) == analyzer.Yes:
		side.lost = false
		return r.unwrap(side, b)
	}
	return r.message(side, b)
}

func pass(count *uint64, b []byte) int {
	n := min(*count, uint64(len(b)))
	*count -= n
	return int(n)
}

// wrapped takes the next of the messages inside a wrapping. One that does not end in it is passed over.
func (r *reader) wrapped(side *framing, b []byte) (used int, err error) {
	whole := uint64(len(b)) >= side.inner
	b = b[:min(side.inner, uint64(len(b)))]
	if side.skip > 0 {
		used = pass(&side.skip, b)
	} else if used, err = r.message(side, b); used == 0 && err == nil && whole {
		used, side.lost = len(b), true
	}
	side.inner -= uint64(used)
	return used, err
}

// unwrap takes the head of a wrapped message.
func (r *reader) unwrap(side *framing, b []byte) (used int, err error) {
	w, v := unwrap(b)
	if v == analyzer.No {
		return 0, analyzer.ErrNotMine
	}
	if v == analyzer.Maybe || uint64(len(b)) < w.before {
		return 0, nil
	}
	r.sasl = true
	if w.sealed {
		r.hidden(w.after)
	}
	side.inner, side.after = w.inner, w.after
	return int(w.before), nil
}

func (r *reader) hidden(size uint64) {
	if r.sealed == nil {
		r.sealed = &events.LDAP{Opcode: "sealed"}
		r.sealed.TS = events.Time(r.now)
	}
	r.sealed.Messages++
	r.sealed.Bytes += size
}

// message takes one message, or its beginning where the rest is not wanted. It uses nothing where more bytes are needed.
func (r *reader) message(side *framing, b []byte) (used int, err error) {
	e, v := parseEnvelope(b)
	switch {
	case v == analyzer.Maybe:
		return 0, nil
	case v == analyzer.No && r.confirmed == 0:
		return 0, analyzer.ErrNotMine
	case v == analyzer.No:
		if !side.lost {
			r.conv.Weird("ldap_malformed", "")
		}
		side.lost = true
		return len(b), nil
	}
	side.lost = false
	if !e.wanted() || e.size > maxHeldMessage {
		r.confirm(serviceLDAP, r.service)
		r.read(e, nil)
		used = int(min(uint64(len(b)), e.size))
		side.skip = e.size - uint64(used)
		return used, nil
	}
	if uint64(len(b)) < e.size {
		return 0, nil
	}
	return int(e.size), r.whole(e, b)
}

// whole reads a message all of which is there. What it carries is confirmed before the protocol that carries it, as Zeek has it: there
// a message is confirmed when all of it was read.
func (r *reader) whole(e envelope, b []byte) error {
	handOver := r.read(e, b[e.body:e.body+e.bodyLen])
	r.confirm(serviceLDAP, r.service)
	if handOver && r.conv.Transport == analyzer.TCP {
		return analyzer.ErrHandOver
	}
	return nil
}

// datagram takes the messages of one datagram: entries and the end of a search come together.
func (r *reader) datagram(b []byte) error {
	for {
		e, v := parseEnvelope(b)
		if v != analyzer.Yes {
			if r.confirmed == 0 {
				return analyzer.ErrNotMine
			}
			r.conv.Weird("ldap_malformed", "")
			return nil
		}
		if e.size > uint64(len(b)) {
			r.confirm(serviceLDAP, r.service)
			return nil
		}
		if err := r.whole(e, b); err != nil || e.size == uint64(len(b)) {
			return err
		}
		b = b[e.size:]
	}
}

// token confirms what a SASL token is made of, the innermost first.
func (r *reader) token(b []byte) {
	in := krb5.ReadToken(b)
	if in.Kerberos {
		r.confirm(serviceKerberos, "krb")
	}
	if in.NTLM {
		r.confirm(serviceNTLM, "ntlm")
		r.ntlm.Take(in.Message)
	}
	if in.GSS() {
		r.confirm(serviceGSSAPI, "gssapi")
	}
}

func (r *reader) confirm(s services, name string) {
	if r.confirmed&s == 0 {
		r.confirmed |= s
		r.conv.Confirm(name)
	}
}

// Gap forgets where the direction's messages begin, unless the message that is passed over reaches beyond the gap. What was missed
// may have been a bind.
func (r *reader) Gap(d flow.Dir, n int) error {
	side := &r.sides[d&1]
	for _, left := range []*uint64{&side.skip, &side.after} {
		if side.inner == 0 && *left >= uint64(n) {
			*left -= uint64(n)
			return nil
		}
	}
	*side = framing{lost: true}
	r.sasl = true
	return nil
}

// Close writes the operations that nobody answered, and what was sealed.
func (r *reader) Close() {
	for _, p := range r.pending {
		r.emit(p)
	}
	r.pending = nil
	if r.sealed != nil && r.confirmed != 0 {
		r.conv.Emit(r.sealed)
	}
}
