package tls

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
)

const (
	// maxCertificates is how many certificates of a side are read. Real chains have two to five; a server that sends its whole
	// store must not fill a log.
	maxCertificates = 16
	// maxNames is how many alternative names of a kind are kept. Certification authorities allow 100 to 250, and a few of the large
	// content networks were given several hundred.
	maxNames = 1000
)

// certificates takes a Certificate message (RFC 5246 section 7.4.2).
func (r *reader) certificates(d flow.Dir, body []byte) bool {
	outer := cursor{b: body}
	c := cursor{b: outer.vector(3)}
	if outer.bad {
		return false
	}
	for c.more() {
		der := c.vector(3)
		if c.bad {
			return false
		}
		r.certificate(d, der)
	}
	return true
}

// certificate takes one certificate: its fingerprint to the chain, and a record the first time it is seen in the conversation.
func (r *reader) certificate(d flow.Dir, der []byte) {
	chain := &r.rec.CertChainFPs
	if d == r.client {
		chain = &r.rec.ClientCertFPs
	}
	if len(*chain) >= maxCertificates {
		r.conv.Weird("SSL_long_certificate_chain", "")
		return
	}
	var c certificate
	if !c.parse(der) {
		r.conv.Weird("x509_cert_parse_error", "")
		return
	}
	sum := sha256.Sum256(der)
	c.record.Fingerprint = hex.EncodeToString(sum[:])
	*chain = append(*chain, c.record.Fingerprint)
	host := len(*chain) == 1
	if host && d != r.client {
		r.keepLeaf(&c)
	}
	if slices.Contains(r.logged, sum) {
		return
	}
	r.logged = append(r.logged, sum)
	c.record.TS = r.now
	c.record.HostCert = host
	c.record.ClientCert = d == r.client
	r.conv.Emit(c.record)
}

// keepLeaf takes into the conversation's record what the server's own certificate says.
func (r *reader) keepLeaf(c *certificate) {
	x := c.record
	r.hasLeaf, r.dnsNames, r.commonNames = true, x.SANDNS, c.commonNames
	r.rec.Subject, r.rec.Issuer = x.Subject, x.Issuer
	r.rec.NotBefore, r.rec.NotAfter = x.NotBefore, x.NotAfter
	r.rec.CertKeyBits, r.rec.CertKeyAlg, r.rec.CertSigAlg = x.KeyLength, x.KeyType, x.SigAlg
}

// emit sends the conversation's record.
func (r *reader) emit() {
	rec := r.rec
	rec.SSLHistory = string(r.history)
	if r.hasLeaf {
		rec.SelfSigned = len(rec.CertChainFPs) == 1 && rec.Subject == rec.Issuer
		if rec.ServerName != "" {
			matches := matchesHost(r.dnsNames, r.commonNames, rec.ServerName)
			rec.SNIMatches = &matches
		}
	}
	r.conv.Emit(rec)
}

// certificate is one certificate while it is read.
type certificate struct {
	record      *events.X509
	commonNames []string // only where there is no DNS name
}

// parse reads an X.509 certificate (RFC 5280 section 4.1) as far as its frame can be followed. Odd content, such as a negative
// serial number, an unknown algorithm or a broken extension, only leaves its own fields empty.
func (c *certificate) parse(b []byte) bool {
	outer := der{b: b}
	whole := der{b: outer.want(tagSequence).body}
	body := der{b: whole.want(tagSequence).body}
	if outer.bad || whole.bad {
		return false
	}
	x := &events.X509{Version: 1}
	if v, ok := body.optional(tagConstructed); ok {
		inner := der{b: v.body}
		x.Version = 1 + int(smallInteger(inner.want(tagInteger).body))
	}
	serial := body.want(tagInteger)
	signature := body.want(tagSequence)
	issuer := body.want(tagSequence)
	validity := der{b: body.want(tagSequence).body}
	subject := body.want(tagSequence)
	key := body.want(tagSequence)
	if body.bad {
		return false
	}
	c.record = x
	x.Serial = serialText(serial.body)
	x.Issuer, x.Subject = logged(nameText(issuer.body)), logged(nameText(subject.body))
	x.NotBefore, x.NotAfter = certificateTime(validity.next()), certificateTime(validity.next())
	if outside := whole.next(); outside.tag == tagSequence {
		signature = outside
	}
	x.SigAlg = algorithmName(algorithmOf(signature.body))
	parseKey(x, key.body)
	c.extensions(&body)
	if len(x.SANDNS) == 0 {
		c.commonNames = commonNames(subject.body)
	}
	return true
}

// algorithmOf gives the object identifier in an AlgorithmIdentifier.
func algorithmOf(b []byte) []byte {
	d := der{b: b}
	return d.want(tagOID).body
}

// extensions reads the three extensions that records show.
func (c *certificate) extensions(body *der) {
	body.optional(tagContext | 1) // issuerUniqueID
	body.optional(tagContext | 2) // subjectUniqueID
	wrapped, ok := body.optional(tagConstructed | 3)
	if !ok {
		return
	}
	outer := der{b: wrapped.body}
	for l := (der{b: outer.want(tagSequence).body}); l.more(); {
		x := der{b: l.want(tagSequence).body}
		kind := x.want(tagOID).body
		x.optional(tagBoolean) // critical
		value := x.want(tagOctetString).body
		if x.bad {
			continue
		}
		switch string(kind) {
		case oidSubjectAltName:
			c.alternativeNames(value)
		case oidBasicConstraints:
			c.basicConstraints(value)
		case oidNameConstraints:
			c.nameConstraints(value)
		}
	}
}

// basicConstraints reads RFC 5280 section 4.2.1.9.
func (c *certificate) basicConstraints(b []byte) {
	outer := der{b: b}
	d := der{b: outer.want(tagSequence).body}
	if outer.bad {
		return
	}
	ca := false
	if v, ok := d.optional(tagBoolean); ok {
		ca = len(v.body) == 1 && v.body[0] != 0
	}
	c.record.BasicCA = &ca
	if v, ok := d.optional(tagInteger); ok {
		n := smallInteger(v.body)
		c.record.BasicPathLen = &n
	}
}
