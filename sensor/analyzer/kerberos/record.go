package kerberos

import (
	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/krb5"
)

// Options of a request that the log has, RFC 4120 section 5.4.1.
const (
	optionForwardable = 1 << 30
	optionRenewable   = 1 << 23
)

func requestType(k krb5.Kind) string {
	switch k {
	case krb5.ASRequest, krb5.ASReply:
		return "AS"
	case krb5.TGSRequest, krb5.TGSReply:
		return "TGS"
	}
	return ""
}

// request makes the record of a question.
func request(m *krb5.Message, now int64) *events.Kerberos {
	rec := &events.Kerberos{
		RequestType: requestType(m.Kind), From: events.Time(m.From), Till: events.Time(m.Till), KDCOptions: m.Options,
		PreauthCipher: krb5.EtypeName(m.PreauthEtype), TGTCipher: krb5.EtypeName(m.TGTEtype), TGTForeign: m.TGTForeign,
		ServiceType: m.Service.Type,
	}
	rec.TS = events.Time(now)
	if m.Kind == krb5.ASRequest {
		rec.Client = krb5.Principal(m.Client, m.ServiceRealm)
		rec.Preauth = preauthName(m.Preauth)
	}
	if !m.Service.Empty() {
		rec.Service = krb5.NameText(m.Service)
	}
	rec.Forwardable, rec.Renewable = flag(m.Options&optionForwardable), flag(m.Options&optionRenewable)
	rec.Etypes = etypeNames(m)
	return rec
}

func etypeNames(m *krb5.Message) (list []string) {
	if m.NumEtypes > 0 {
		list = make([]string, 0, m.NumEtypes)
	}
	for _, e := range m.Etypes[:m.NumEtypes] {
		list = append(list, krb5.EtypeName(e))
	}
	return list
}

func preauthName(p krb5.Preauth) string {
	switch p {
	case krb5.Timestamp:
		return "timestamp"
	case krb5.PKINIT:
		return "pkinit"
	case krb5.FAST:
		return "fast"
	case krb5.OtherPreauth:
		return "other"
	}
	return ""
}

// complete adds an answer to the record of its question, or to an empty one.
func complete(rec *events.Kerberos, m *krb5.Message) {
	if rec.Client == "" && !(m.Client.Empty() && len(m.ClientRealm) == 0) {
		rec.Client = krb5.Principal(m.Client, m.ClientRealm)
	}
	if !m.Service.Empty() {
		rec.Service = krb5.NameText(m.Service)
	}
	rec.Success = flag(0)
	if m.Kind == krb5.Error {
		rec.ErrorCode, rec.ErrorMsg, rec.KDCEtypes = m.Code, m.ErrorText(), etypeNames(m)
		return
	}
	rec.Success = flag(1)
	rec.Cipher, rec.ReplyCipher = krb5.EtypeName(m.TicketEtype), krb5.EtypeName(m.ReplyEtype)
}

// flag is a boolean of a record that may be absent.
func flag(set uint32) *bool {
	b := set != 0
	return &b
}
