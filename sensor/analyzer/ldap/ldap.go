// Package ldap recognises LDAP version 3 (RFC 4511) over TCP and connectionless LDAP over UDP, from its beginning or from the middle.
// What comes in is ordered stream bytes or datagrams; what goes out is the conversation's services: ldap_tcp or ldap_udp, and what
// a bind carries (gssapi, krb, ntlm). It emits no record, keeps nothing of a message, reads no password, and leaves
// messages alone that a SASL layer has wrapped.
package ldap

import (
	"encoding/binary"

	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
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
	// maxHeldMessage is how much of a bind or extended operation is waited for. A Kerberos ticket with many groups is 12 KiB by
	// default and 48,000 bytes at the most (Windows' MaxTokenSize); a longer message is passed over unread.
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
	sides     [2]framing
}

// framing is where one direction stands.
type framing struct {
	skip uint64 // bytes of the current message that are not wanted
	lost bool   // the next message's start must be found again
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

// wrappedKerberos recognises a length and a wrap token (RFC 4121 section 4.2.6.2).
func wrappedKerberos(b []byte) analyzer.Verdict {
	const pattern, known = "\x00\x00\x00\x00\x05\x04\x00\xff", "\xff\x00\x00\x00\xff\xff\xf8\xff"
	for i := range min(len(b), len(pattern)) {
		if b[i]&known[i] != pattern[i] {
			return analyzer.No
		}
	}
	if len(b) < len(pattern) {
		return analyzer.Maybe
	}
	return analyzer.Yes
}

// Feed takes a datagram, or the stream's next bytes.
func (r *reader) Feed(c stream.Chunk) (n int, err error) {
	if r.conv.Transport != analyzer.TCP {
		return len(c.Data), r.datagram(c.Data)
	}
	side := &r.sides[c.Dir&1]
	for n < len(c.Data) {
		if side.skip > 0 {
			skipped := min(side.skip, uint64(len(c.Data)-n))
			side.skip -= skipped
			n += int(skipped)
			continue
		}
		used, err := r.message(side, c.Data[n:])
		n += used
		if err != nil || used == 0 {
			return n, err
		}
	}
	return n, nil
}

// message takes one message, or its beginning where the rest is not wanted. It uses nothing where more bytes are needed.
func (r *reader) message(side *framing, b []byte) (used int, err error) {
	if b[0] == 0 && !side.lost && (r.sasl || r.confirmed == 0) {
		return r.wrapped(side, b)
	}
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
		used = int(min(uint64(len(b)), e.size))
		side.skip = e.size - uint64(used)
		return used, nil
	}
	if uint64(len(b)) < e.size {
		return 0, nil
	}
	return int(e.size), r.read(e, b[e.body:e.body+e.bodyLen])
}

// wrapped passes over a message behind its length in four bytes (RFC 4422 section 3.7).
func (r *reader) wrapped(side *framing, b []byte) (used int, err error) {
	if len(b) < 4 {
		return 0, nil
	}
	size := binary.BigEndian.Uint32(b)
	if size == 0 || size > maxWrapped {
		return 0, analyzer.ErrNotMine
	}
	r.sasl = true
	side.skip = uint64(size)
	return 4, nil
}

// datagram takes one CLDAP message.
func (r *reader) datagram(b []byte) error {
	e, v := parseEnvelope(b)
	if v != analyzer.Yes {
		if r.confirmed == 0 {
			return analyzer.ErrNotMine
		}
		r.conv.Weird("ldap_malformed", "")
		return nil
	}
	if e.wanted() && e.size <= uint64(len(b)) {
		return r.read(e, b[e.body:e.body+e.bodyLen])
	}
	r.confirm(serviceLDAP, r.service)
	return nil
}

// read looks into a bind or an extended operation. What the operation carries is confirmed before the message that carries it, as
// Zeek has it: there the message is confirmed when all of it was read.
func (r *reader) read(e envelope, body []byte) error {
	handOver := false
	switch e.op {
	case opBindRequest:
		r.bind(saslToken(body))
	case opBindResponse:
		r.token(serverToken(body))
	case opExtendedRequest:
		if isStartTLS(body) {
			r.startTLS = e.id
		}
	case opExtendedResponse:
		handOver = r.startTLS == e.id && succeeded(body)
	}
	r.confirm(serviceLDAP, r.service)
	if handOver && r.conv.Transport == analyzer.TCP {
		return analyzer.ErrHandOver
	}
	return nil
}

func (r *reader) bind(token []byte, sasl bool) {
	r.sasl = r.sasl || sasl
	r.token(token)
}

// token confirms what a SASL token is made of, the innermost first.
func (r *reader) token(b []byte) {
	in := tokenServices(b)
	if in&serviceKerberos != 0 {
		r.confirm(serviceKerberos, "krb")
	}
	if in&serviceNTLM != 0 {
		r.confirm(serviceNTLM, "ntlm")
	}
	if in&serviceGSSAPI != 0 {
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
	if side.skip >= uint64(n) {
		side.skip -= uint64(n)
		return nil
	}
	side.skip, side.lost, r.sasl = 0, true, true
	return nil
}

// Close has nothing left to say.
func (r *reader) Close() {}
