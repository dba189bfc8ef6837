// Package krb5 reads the messages of Kerberos version 5 (RFC 4120) and finds them inside the tokens of GSS-API (RFC 2743, RFC 4121,
// RFC 4178). What comes in is the bytes of one message or token; what goes out is the fields that lie open, and the log's row of a ticket
// that was shown. Its slices are borrowed. It never keeps a ticket, a key or what is encrypted, and never decrypts.
package krb5

import (
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/ber"
)

// Kind is a message's application tag number, which is its type as well.
type Kind uint8

// The messages that are read.
const (
	ASRequest  Kind = 10
	ASReply    Kind = 11
	TGSRequest Kind = 12
	TGSReply   Kind = 13
	APRequest  Kind = 14
	APReply    Kind = 15
	Error      Kind = 30
)

// maxEtypes is how many encryption types of a request are read: Windows offers six.
const maxEtypes = 16

// Message is what lies open of one message. What its kind has not is zero.
type Message struct {
	Kind         Kind
	Client       Name
	ClientRealm  []byte
	Service      Name
	ServiceRealm []byte
	Options      uint32 // KDC options of a request, the first bit the highest
	From, Till   int64  // nanoseconds since the epoch; 0 where absent
	Nonce        int64
	Etypes       [maxEtypes]int16 // offered, NumEtypes of them
	NumEtypes    int              // of an error: those for which the account has keys, as ETYPE-INFO2 says
	Preauth      Preauth
	PreauthEtype int16 // of an encrypted timestamp
	TGTEtype     int16 // of the ticket that a TGS request shows
	TGTForeign   bool  // that ticket was issued by another realm, under the key of a trust
	TicketEtype  int16 // of the ticket in an answer or an AP request
	ReplyEtype   int16 // of the part of an answer that is for the client
	Code         uint32
	Text         []byte // e-text of an error
}

// Preauth is how a request proves who sends it.
type Preauth uint8

// The kinds of it.
const (
	NoPreauth Preauth = iota
	Timestamp
	PKINIT
	FAST
	OtherPreauth
)

// Tag says whether a byte can begin a message, and of which kind it is then.
func Tag(b byte) (k Kind, ok bool) {
	k = Kind(b & 0x1f)
	switch k {
	case ASRequest, ASReply, TGSRequest, TGSReply, APRequest, APReply, Error:
		return k, b == ber.Application(byte(k))
	}
	return 0, false
}

// Parse reads a message from its first byte. It is not ok where b is not one, or where the fields that make it one are missing.
func Parse(b []byte) (m Message, ok bool) {
	tag, body, _, ok := ber.Next(b)
	if !ok {
		return m, false
	}
	if m.Kind, ok = Tag(tag); !ok {
		return m, false
	}
	fields, _, ok := ber.Take(body, ber.Sequence)
	if !ok {
		return m, false
	}
	switch m.Kind {
	case ASRequest, TGSRequest:
		return m, m.request(fields)
	case ASReply, TGSReply:
		return m, m.reply(fields)
	case Error:
		return m, m.failure(fields)
	}
	return m, m.application(fields)
}

// version takes the two fields that every message begins with: the version, which is 5, and the message's type.
func (m *Message) version(b []byte, first byte) (rest []byte, ok bool) {
	version, b, ok := ber.InnerInt(b, ber.Context(first))
	if !ok || version != 5 {
		return b, false
	}
	kind, b, ok := ber.InnerInt(b, ber.Context(first+1))
	return b, ok && kind == int64(m.Kind)
}

// request is KDC-REQ, RFC 4120 section 5.4.1.
func (m *Message) request(b []byte) bool {
	b, ok := m.version(b, 1)
	if !ok {
		return false
	}
	if list, rest, there := ber.Inner(b, ber.Context(3), ber.Sequence); there {
		m.padata(list)
		b = rest
	}
	body, _, ok := ber.Inner(b, ber.Context(4), ber.Sequence)
	if !ok {
		return false
	}
	m.requestBody(body)
	return true
}

func (m *Message) requestBody(b []byte) {
	if bits, rest, ok := ber.Inner(b, ber.Context(0), ber.BitString); ok {
		m.Options, b = flags(bits), rest
	}
	m.Client, b = takeName(b, 1)
	m.ServiceRealm, b, _ = ber.Inner(b, ber.Context(2), ber.General)
	m.Service, b = takeName(b, 3)
	m.From, b = takeTime(b, 4)
	m.Till, b = takeTime(b, 5)
	_, b = takeTime(b, 6)
	m.Nonce, b, _ = ber.InnerInt(b, ber.Context(7))
	list, _, _ := ber.Inner(b, ber.Context(8), ber.Sequence)
	for m.NumEtypes < maxEtypes {
		n, rest, ok := ber.TakeInt(list, ber.Integer)
		if !ok {
			return
		}
		m.Etypes[m.NumEtypes], list = etype(n), rest
		m.NumEtypes++
	}
}

// flags reads the first 32 bits of a bit string, whose first byte counts the bits that are not used.
func flags(b []byte) (f uint32) {
	for i := range 4 {
		f <<= 8
		if 1+i < len(b) {
			f |= uint32(b[1+i])
		}
	}
	return f
}

// etype narrows a number to what is assigned: all of it lies between -140 and 100.
func etype(n int64) int16 { return int16(min(max(n, -1<<15), 1<<15-1)) }

// reply is KDC-REP, section 5.4.2.
func (m *Message) reply(b []byte) bool {
	b, ok := m.version(b, 0)
	if !ok {
		return false
	}
	if _, rest, there := ber.Take(b, ber.Context(2)); there {
		b = rest
	}
	m.ClientRealm, b, _ = ber.Inner(b, ber.Context(3), ber.General)
	m.Client, b = takeName(b, 4)
	ticket, b, ok := ber.Take(b, ber.Context(5))
	if !ok || !m.ticket(ticket) {
		return false
	}
	part, _, _ := ber.Take(b, ber.Context(6))
	m.ReplyEtype = encryptedWith(part)
	return true
}

// ticket is section 5.3.
func (m *Message) ticket(b []byte) bool {
	in, _, ok := ber.Inner(b, ber.Application(1), ber.Sequence)
	if !ok {
		return false
	}
	_, in, _ = ber.InnerInt(in, ber.Context(0))
	m.ServiceRealm, in, _ = ber.Inner(in, ber.Context(1), ber.General)
	m.Service, in = takeName(in, 2)
	part, _, ok := ber.Take(in, ber.Context(3))
	m.TicketEtype = encryptedWith(part)
	return ok
}

// application is AP-REQ and AP-REP, sections 5.5.1 and 5.5.2.
func (m *Message) application(b []byte) bool {
	b, ok := m.version(b, 0)
	if !ok || m.Kind == APReply {
		return ok
	}
	_, b, _ = ber.Take(b, ber.Context(2))
	ticket, _, ok := ber.Take(b, ber.Context(3))
	return ok && m.ticket(ticket)
}

// failure is KRB-ERROR, section 5.9.1.
func (m *Message) failure(b []byte) bool {
	b, ok := m.version(b, 0)
	if !ok {
		return false
	}
	for _, field := range [4]byte{2, 3, 4, 5} { // times
		_, b, _ = ber.Take(b, ber.Context(field))
	}
	code, b, ok := ber.InnerInt(b, ber.Context(6))
	m.Code = uint32(min(max(code, 0), 1<<31-1))
	m.ClientRealm, b, _ = ber.Inner(b, ber.Context(7), ber.General)
	m.Client, b = takeName(b, 8)
	m.ServiceRealm, b, _ = ber.Inner(b, ber.Context(9), ber.General)
	m.Service, b = takeName(b, 10)
	m.Text, b, _ = ber.Inner(b, ber.Context(11), ber.General)
	if m.Code == wantsProof {
		m.keys(b)
	}
	return ok
}
