package krb5

import (
	"bytes"

	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/ber"
)

// Token is what a security token of GSS-API is made of.
type Token struct {
	Negotiated bool   // SPNEGO is around it
	Kerberos   bool   //
	NTLM       bool   //
	Message    []byte // the message inside, borrowed: of Kerberos for Parse, or of NTLM
}

// GSS says whether the token has a frame of GSS-API, or is of a mechanism that always comes in one.
func (t Token) GSS() bool { return t.Negotiated || t.Kerberos }

// Mechanisms (RFC 4178 section 3.2, RFC 4121 section 4.1, MS-SPNG section 1.9).
const (
	oidSPNEGO     = "\x2b\x06\x01\x05\x05\x02"
	oidKerberos   = "\x2a\x86\x48\x86\xf7\x12\x01\x02\x02"
	oidMSKerberos = "\x2a\x86\x48\x82\xf7\x12\x01\x02\x02"
	signatureNTLM = "NTLMSSP\x00"
)

// ReadToken takes a token apart: SPNEGO around Kerberos or NTLM, or either without.
func ReadToken(b []byte) Token {
	if inner, ok := negotiated(b); ok {
		t := mechanism(inner)
		t.Negotiated = true
		return t
	}
	return mechanism(b)
}

// negotiated gives the mechanism's token inside a negotiation's first (RFC 4178 section 4.2.1) or later token (4.2.2).
func negotiated(b []byte) (inner []byte, ok bool) {
	if init, _, is := ber.Take(b, ber.Application(0)); is {
		oid, rest, _ := ber.Take(init, ber.OID)
		if string(oid) != oidSPNEGO {
			return nil, false
		}
		fields, _, _ := ber.Inner(rest, ber.Context(0), ber.Sequence)
		_, fields, _ = ber.Take(fields, ber.Context(0)) // mechTypes
		_, fields, _ = ber.Take(fields, ber.Context(1)) // reqFlags
		inner, _, _ = ber.Inner(fields, ber.Context(2), ber.Octets)
		return inner, true
	}
	fields, _, is := ber.Take(b, ber.Context(1))
	if !is {
		return nil, false
	}
	fields, _, _ = ber.Take(fields, ber.Sequence)
	_, fields, _ = ber.Take(fields, ber.Context(0)) // negState
	_, fields, _ = ber.Take(fields, ber.Context(1)) // supportedMech
	inner, _, _ = ber.Inner(fields, ber.Context(2), ber.Octets)
	return inner, true
}

// mechanism tells Kerberos from NTLM. A Kerberos token is a two-byte id, then an AP-REQ, AP-REP or KRB-ERROR (RFC 4121 section 4.1).
func mechanism(b []byte) Token {
	if bytes.HasPrefix(b, []byte(signatureNTLM)) {
		return Token{NTLM: true, Message: b}
	}
	if token, _, ok := ber.Take(b, ber.Application(0)); ok {
		oid, rest, _ := ber.Take(token, ber.OID)
		if string(oid) != oidKerberos && string(oid) != oidMSKerberos || len(rest) < 2 {
			return Token{}
		}
		b = rest[2:]
	}
	if len(b) == 0 {
		return Token{}
	}
	switch k, ok := Tag(b[0]); {
	case ok && (k == APRequest || k == APReply || k == Error):
		return Token{Kerberos: true, Message: b}
	}
	return Token{}
}
