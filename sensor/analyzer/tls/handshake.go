package tls

import (
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
)

// Handshake message types that are read (RFC 8446 section 4, RFC 5246 section 7.4).
const (
	messageClientHello       = 1
	messageServerHello       = 2
	messageCertificate       = 11
	messageServerKeyExchange = 12
	messageClientKeyExchange = 16
)

// messageHeader is the length of a handshake message's type and length.
const messageHeader = 4

// namedCurveType announces a named group in a ServerKeyExchange (RFC 8422 section 5.4).
const namedCurveType = 3

// letters are ssl_history's letters by message type; what has none is 'z'.
var letters = [...]byte{
	0: 'h', 1: 'c', 2: 's', 3: 'v', 4: 't', 5: 'e', 6: 'j', 8: 'o', 11: 'x', 12: 'k', 13: 'r', 14: 'n', 15: 'y', 16: 'g',
	20: 'f', 21: 'w', 22: 'u', 23: 'a', 24: 'p', 254: 'm',
}

func letterOf(kind byte) byte {
	if int(kind) < len(letters) && letters[kind] != 0 {
		return letters[kind]
	}
	return 'z'
}

// handshake reads the messages in a record's body. A message may begin in one record and end in a later one, so its start is kept.
func (r *reader) handshake(d flow.Dir, body []byte) error {
	s := &r.sides[d]
	if len(s.message) > 0 {
		s.message = append(s.message, body...)
		body = s.message
	}
	held := len(s.message)
	for len(body) >= messageHeader {
		n := messageHeader + (int(body[1])<<16 | int(body[2])<<8 | int(body[3]))
		if n > maxMessage {
			return r.broken("SSL_long_handshake_message")
		}
		if n > len(body) {
			break
		}
		if !r.message(d, body[0], body[messageHeader:n]) {
			return r.broken("SSL_bad_handshake_message")
		}
		body = body[n:]
	}
	switch len(body) {
	case 0:
		s.message = nil
	case held: // nothing was read of what is held: it stays where it is
	default:
		s.message = append(s.message[:0], body...)
	}
	return nil
}

// message reads one handshake message and says whether it is well formed.
func (r *reader) message(d flow.Dir, kind byte, body []byte) (ok bool) {
	ok = true
	switch kind {
	case messageClientHello:
		ok = r.clientHello(d, body)
	case messageServerHello:
		ok = r.serverHello(d, body)
	case messageCertificate:
		ok = r.hello && r.certificates(d, body)
	case messageServerKeyExchange:
		r.serverKeyExchange(body)
	case messageClientKeyExchange:
		r.sentKey = r.sentKey || d == r.client
	}
	if !ok {
		return false
	}
	r.begin()
	letter := letterOf(kind)
	if kind == messageServerHello && r.retry {
		letter, r.retry = 'j', false
	}
	r.note(d, letter)
	return true
}

// serverKeyExchange takes the named curve of an ephemeral key exchange.
func (r *reader) serverKeyExchange(body []byte) {
	if r.rec == nil || !namesCurve(r.rec.Cipher) {
		return
	}
	c := cursor{b: body}
	kind, group := c.u8(), c.u16()
	if !c.bad && kind == namedCurveType {
		r.rec.Curve = groupName(group)
	}
}
