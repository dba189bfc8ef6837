package ldap

import (
	"bytes"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
)

// BER tags that are read (X.690), and the application tags of RFC 4511 section 4.2 onward.
const (
	tagInteger     = 0x02
	tagOctets      = 0x04
	tagOID         = 0x06
	tagEnumerated  = 0x0a
	tagSequence    = 0x30
	tagContext0    = 0xa0
	tagContext1    = 0xa1
	tagContext2    = 0xa2
	tagSASL        = 0xa3 // AuthenticationChoice, RFC 4511 section 4.2
	tagServerToken = 0x87 // serverSaslCreds, RFC 4511 section 4.2.2
	tagName        = 0x80 // requestName, RFC 4511 section 4.12
	tagGSS         = 0x60 // initial context token, RFC 2743 section 3.1

	opBindRequest      = 0x60
	opBindResponse     = 0x61
	opExtendedRequest  = 0x77
	opExtendedResponse = 0x78
)

// operations are the tags that a message may carry.
const operations = "\x60\x61\x42\x63\x64\x65\x73\x66\x67\x68\x69\x4a\x6b\x6c\x6d\x6e\x6f\x50\x77\x78\x79"

// envelope is a message's outer part (RFC 4511 section 4.1.1).
type envelope struct {
	id            int64
	op            byte
	size          uint64 // of the whole message
	body, bodyLen uint64 // of the operation's content
}

// wanted says whether the operation's content is read.
func (e *envelope) wanted() bool {
	switch e.op {
	case opBindRequest, opBindResponse, opExtendedRequest, opExtendedResponse:
		return true
	}
	return false
}

// parseEnvelope judges the start of a message as far as its bytes go: a sequence of a message id and an operation that fits in.
func parseEnvelope(b []byte) (e envelope, v analyzer.Verdict) {
	outer, v := parseTag(b, tagSequence)
	if v != analyzer.Yes {
		return e, v
	}
	e.size = outer.head + outer.size
	b = b[outer.head:]
	id, v := parseTag(b, tagInteger)
	if v != analyzer.Yes {
		return e, v
	}
	if id.size < 1 || id.size > 4 || id.head != 2 {
		return e, analyzer.No
	}
	if uint64(len(b)) <= id.head+id.size {
		return e, analyzer.Maybe
	}
	if b[2] >= 0x80 {
		return e, analyzer.No // negative
	}
	for _, c := range b[2 : 2+id.size] {
		e.id = e.id<<8 | int64(c)
	}
	b = b[id.head+id.size:]
	e.op = b[0]
	if strings.IndexByte(operations, e.op) < 0 {
		return e, analyzer.No
	}
	op, v := parseTag(b, e.op)
	if v != analyzer.Yes {
		return e, v
	}
	e.body = outer.head + id.head + id.size + op.head
	e.bodyLen = op.size
	if e.body+e.bodyLen > e.size {
		return e, analyzer.No
	}
	return e, analyzer.Yes
}

// element is the head of a BER element: how long it is itself, and the content.
type element struct{ head, size uint64 }

// parseTag reads a tag and a definite length of up to four bytes (RFC 4511 section 5.1 allows no other form).
func parseTag(b []byte, tag byte) (element, analyzer.Verdict) {
	switch {
	case len(b) == 0:
		return element{}, analyzer.Maybe
	case b[0] != tag:
		return element{}, analyzer.No
	case len(b) == 1:
		return element{}, analyzer.Maybe
	case b[1] < 0x80:
		return element{2, uint64(b[1])}, analyzer.Yes
	}
	n := int(b[1] & 0x7f)
	if n == 0 || n > 4 {
		return element{}, analyzer.No
	}
	if len(b) < 2+n {
		return element{}, analyzer.Maybe
	}
	var size uint64
	for _, c := range b[2 : 2+n] {
		size = size<<8 | uint64(c)
	}
	return element{uint64(2 + n), size}, analyzer.Yes
}

// take cuts the element of that tag off the front of b. It gives nothing where another one is there, or less than it says.
func take(b []byte, tag byte) (content, rest []byte, ok bool) {
	e, v := parseTag(b, tag)
	if v != analyzer.Yes || e.size > uint64(len(b))-e.head {
		return nil, b, false
	}
	return b[e.head : e.head+e.size], b[e.head+e.size:], true
}

// saslToken gives the credentials of a bind request, where its authentication is SASL: version, name, and the choice.
func saslToken(b []byte) (token []byte, sasl bool) {
	_, b, _ = take(b, tagInteger)
	_, b, _ = take(b, tagOctets)
	choice, _, sasl := take(b, tagSASL)
	_, choice, _ = take(choice, tagOctets) // mechanism
	token, _, _ = take(choice, tagOctets)
	return token, sasl
}

// serverToken gives the credentials of a bind response, behind the result's three fields.
func serverToken(b []byte) []byte {
	_, b, _ = take(b, tagEnumerated)
	_, b, _ = take(b, tagOctets)
	_, b, _ = take(b, tagOctets)
	token, _, _ := take(b, tagServerToken)
	return token
}

// isStartTLS is RFC 4511 section 4.14.1.
func isStartTLS(b []byte) bool {
	name, _, _ := take(b, tagName)
	return string(name) == "1.3.6.1.4.1.1466.20037"
}

func succeeded(b []byte) bool {
	code, _, _ := take(b, tagEnumerated)
	return len(code) == 1 && code[0] == 0
}

// Mechanisms (RFC 4178 section 3.2, RFC 4121 section 4.1, MS-SPNG section 1.9).
const (
	oidSPNEGO     = "\x2b\x06\x01\x05\x05\x02"
	oidKerberos   = "\x2a\x86\x48\x86\xf7\x12\x01\x02\x02"
	oidMSKerberos = "\x2a\x86\x48\x82\xf7\x12\x01\x02\x02"
	signatureNTLM = "NTLMSSP\x00"
)

// tokenServices says what a SASL token is made of: GSS-API with SPNEGO around Kerberos or NTLM, or either without.
func tokenServices(b []byte) services {
	if inner, ok := spnegoToken(b); ok {
		return serviceGSSAPI | mechanism(inner)
	}
	s := mechanism(b)
	if s == serviceKerberos {
		s |= serviceGSSAPI
	}
	return s
}

// spnegoToken gives the mechanism's token inside a negotiation's first (RFC 4178 section 4.2.1) or later token (4.2.2).
func spnegoToken(b []byte) (inner []byte, ok bool) {
	if init, _, is := take(b, tagGSS); is {
		oid, rest, _ := take(init, tagOID)
		if string(oid) != oidSPNEGO {
			return nil, false
		}
		fields, _, _ := take(rest, tagContext0)
		fields, _, _ = take(fields, tagSequence)
		_, fields, _ = take(fields, tagContext0) // mechTypes
		_, fields, _ = take(fields, tagContext1) // reqFlags
		return octets(fields), true
	}
	fields, _, is := take(b, tagContext1)
	if !is {
		return nil, false
	}
	fields, _, _ = take(fields, tagSequence)
	_, fields, _ = take(fields, tagContext0) // negState
	_, fields, _ = take(fields, tagContext1) // supportedMech
	return octets(fields), true
}

// octets gives the octet string in a field of tag 2, the mechanism's token in both.
func octets(fields []byte) []byte {
	field, _, _ := take(fields, tagContext2)
	token, _, _ := take(field, tagOctets)
	return token
}

// mechanism tells Kerberos from NTLM. A Kerberos token is a two-byte id, then an AP-REQ, AP-REP or KRB-ERROR (RFC 4121
// section 4.1, RFC 4120 section 5.10).
func mechanism(b []byte) services {
	if bytes.HasPrefix(b, []byte(signatureNTLM)) {
		return serviceNTLM
	}
	token, _, ok := take(b, tagGSS)
	if ok {
		oid, rest, _ := take(token, tagOID)
		if string(oid) != oidKerberos && string(oid) != oidMSKerberos || len(rest) < 2 {
			return 0
		}
		b = rest[2:]
	}
	if len(b) > 0 && (b[0] == 0x6e || b[0] == 0x6f || b[0] == 0x7e) {
		return serviceKerberos
	}
	return 0
}
