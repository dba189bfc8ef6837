package krb5

import (
	"bytes"

	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/ber"
)

// Pre-authentication data that is read (RFC 4120 section 7.5.2, RFC 4556, RFC 6113).
const (
	paTGSRequest = 1
	paTimestamp  = 2
	paPKRequest  = 16
	paPKOld      = 15
	paEtypeInfo2 = 19
	paFAST       = 136
	paChallenge  = 138
)

// maxPadata is how many pieces of pre-authentication data are looked at.
const maxPadata = 16

func (m *Message) padata(list []byte) {
	for range maxPadata {
		one, rest, ok := ber.Take(list, ber.Sequence)
		if !ok {
			return
		}
		list = rest
		kind, one, ok := ber.InnerInt(one, ber.Context(1))
		value, _, there := ber.Inner(one, ber.Context(2), ber.Octets)
		if ok && there {
			m.proof(kind, value)
		}
	}
}

func (m *Message) proof(kind int64, value []byte) {
	switch kind {
	case paTGSRequest:
		if shown, ok := Parse(value); ok && shown.Kind == APRequest {
			m.granting(&shown)
		}
	case paTimestamp:
		m.Preauth = Timestamp
		m.PreauthEtype = encryptedWith(value)
	case paPKRequest, paPKOld:
		m.Preauth = PKINIT
	case paFAST:
		m.Preauth = FAST
	case paChallenge:
		m.Preauth = OtherPreauth
	}
}

// granting notes the ticket that a TGS request shows, where it is krbtgt's: one that is renewed may be of any service. It is foreign where it
// is krbtgt's of one realm, issued by another.
func (m *Message) granting(shown *Message) {
	_, service, rest, _ := ber.Next(shown.Service.parts)
	if string(service) != "krbtgt" {
		return
	}
	_, to, _, ok := ber.Next(rest)
	m.TGTEtype, m.TGTForeign = shown.TicketEtype, ok && !bytes.EqualFold(to, shown.ServiceRealm)
}

// encryptedWith gives the type of an EncryptedData, section 5.2.9; 0 where there is none.
func encryptedWith(b []byte) int16 {
	in, _, _ := ber.Take(b, ber.Sequence)
	n, _, _ := ber.InnerInt(in, ber.Context(0))
	return etype(n)
}

// wantsProof is KDC_ERR_PREAUTH_REQUIRED, whose data say for which types the account has keys.
const wantsProof = 25

// keys reads METHOD-DATA with ETYPE-INFO2 in it, sections 5.9.1 and 5.2.7.5.
func (m *Message) keys(b []byte) {
	data, _, _ := ber.Inner(b, ber.Context(12), ber.Octets)
	list, _, _ := ber.Take(data, ber.Sequence)
	for range maxPadata {
		one, rest, ok := ber.Take(list, ber.Sequence)
		if !ok {
			return
		}
		list = rest
		kind, one, _ := ber.InnerInt(one, ber.Context(1))
		value, _, _ := ber.Inner(one, ber.Context(2), ber.Octets)
		if kind != paEtypeInfo2 {
			continue
		}
		infos, _, _ := ber.Take(value, ber.Sequence)
		for m.NumEtypes < maxEtypes {
			info, rest, ok := ber.Take(infos, ber.Sequence)
			if !ok {
				return
			}
			n, _, _ := ber.InnerInt(info, ber.Context(0))
			m.Etypes[m.NumEtypes], infos = etype(n), rest
			m.NumEtypes++
		}
	}
}
