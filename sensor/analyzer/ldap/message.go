package ldap

import (
	"strings"

	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/ber"
)

// Tags of choices and fields, and the application tags of RFC 4511 section 4.2 onward.
const (
	tagSimple      = 0x80 // AuthenticationChoice, RFC 4511 section 4.2
	tagSASL        = 0xa3
	tagSicilyAsk   = 0x8a // NTLM without SASL, [MS-ADTS] section 5.1.1.1.3
	tagSicilyTell  = 0x8b
	tagServerToken = 0x87 // serverSaslCreds, RFC 4511 section 4.2.2
	tagName        = 0x80 // requestName, RFC 4511 section 4.12

	opBindRequest      = 0x60
	opBindResponse     = 0x61
	opUnbind           = 0x42
	opSearchRequest    = 0x63
	opSearchEntry      = 0x64
	opSearchDone       = 0x65
	opModifyRequest    = 0x66
	opModifyResponse   = 0x67
	opAddRequest       = 0x68
	opAddResponse      = 0x69
	opDeleteRequest    = 0x4a
	opDeleteResponse   = 0x6b
	opRenameRequest    = 0x6c
	opRenameResponse   = 0x6d
	opCompareRequest   = 0x6e
	opCompareResponse  = 0x6f
	opAbandon          = 0x50
	opSearchReference  = 0x73
	opExtendedRequest  = 0x77
	opExtendedResponse = 0x78
	opIntermediate     = 0x79
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

// wanted says whether the operation's content is read. Entries are counted only.
func (e *envelope) wanted() bool {
	switch e.op {
	case opSearchEntry, opSearchReference, opIntermediate:
		return false
	}
	return true
}

// parseEnvelope judges the start of a message as far as its bytes go: a sequence of a message id and an operation that fits in.
func parseEnvelope(b []byte) (e envelope, v analyzer.Verdict) {
	outer, v := parseTag(b, ber.Sequence)
	if v != analyzer.Yes {
		return e, v
	}
	e.size = outer.End()
	b = b[outer.Len:]
	id, v := parseTag(b, ber.Integer)
	if v != analyzer.Yes {
		return e, v
	}
	if id.Size < 1 || id.Size > 4 || id.Len != 2 {
		return e, analyzer.No
	}
	if uint64(len(b)) <= id.End() {
		return e, analyzer.Maybe
	}
	if b[2] >= 0x80 {
		return e, analyzer.No // negative
	}
	e.id, _ = ber.Int(b[2:id.End()])
	b = b[id.End():]
	e.op = b[0]
	if strings.IndexByte(operations, e.op) < 0 {
		return e, analyzer.No
	}
	op, v := parseTag(b, e.op)
	if v != analyzer.Yes {
		return e, v
	}
	e.body = outer.Len + id.End() + op.Len
	e.bodyLen = op.Size
	if e.body+e.bodyLen > e.size {
		return e, analyzer.No
	}
	return e, analyzer.Yes
}

// parseTag reads the head of an element that must have this tag (RFC 4511 section 5.1 allows definite lengths only).
func parseTag(b []byte, tag byte) (ber.Head, analyzer.Verdict) {
	h, state := ber.ReadHead(b)
	switch {
	case len(b) > 0 && b[0] != tag || state == ber.Bad:
		return h, analyzer.No
	case state == ber.Short:
		return h, analyzer.Maybe
	}
	return h, analyzer.Yes
}

// bindChoice is what a bind request proves itself with.
type bindChoice struct {
	version   int64
	name      []byte
	simple    bool
	password  bool // one was sent, of whatever length
	sasl      bool
	sicily    byte // its tag
	mechanism []byte
	token     []byte
}

// parseBind reads version, name, and the choice.
func parseBind(b []byte) (c bindChoice) {
	c.version, b, _ = ber.TakeInt(b, ber.Integer)
	c.name, b, _ = ber.Take(b, ber.Octets)
	if secret, _, ok := ber.Take(b, tagSimple); ok {
		c.simple, c.password = true, len(secret) > 0
		return c
	}
	if tag, token, _, ok := ber.Next(b); ok && (tag == tagSicilyAsk || tag == tagSicilyTell) {
		c.sicily, c.token = tag, token
		return c
	}
	choice, _, sasl := ber.Take(b, tagSASL)
	c.sasl = sasl
	c.mechanism, choice, _ = ber.Take(choice, ber.Octets)
	c.token, _, _ = ber.Take(choice, ber.Octets)
	return c
}

// result is RFC 4511 section 4.1.9, which every answer begins with.
type result struct {
	code       int64
	ok         bool
	diagnostic []byte
	token      []byte // serverSaslCreds of a bind
	matched    []byte // the part of a name that was found; Sicily's challenge
}

func parseResult(b []byte) (r result) {
	r.code, b, r.ok = ber.TakeInt(b, ber.Enumerated)
	r.matched, b, _ = ber.Take(b, ber.Octets)
	r.diagnostic, b, _ = ber.Take(b, ber.Octets)
	r.token, _, _ = ber.Take(b, tagServerToken)
	return r
}

// startTLS is RFC 4511 section 4.14.1.
const startTLS = "1.3.6.1.4.1.1466.20037"
