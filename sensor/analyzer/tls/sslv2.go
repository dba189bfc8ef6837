package tls

import (
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
)

// SSLv2 has a framing of its own (the Netscape draft of 1995; RFC 5246 appendix E.2 for the hello that older clients use to open TLS): two bytes,
// of which the first bit says that no padding follows, then the type.
const (
	v2Error       = 0
	v2ClientHello = 1
	v2MasterKey   = 2
	v2ServerHello = 4

	v2HeaderLen   = 2
	v2ClientFixed = 9  // type, version, three lengths
	v2ServerFixed = 11 // type, session id hit, certificate type, version, three lengths
	// v2MaxHello is far above any hello: suites are three bytes each and a certificate has one or two kilobytes.
	v2MaxHello = 16 << 10
)

// v2Length is the length of a record behind its two bytes.
func v2Length(b []byte) int { return int(b[0]&0x7f)<<8 | int(b[1]) }

// probeV2 knows SSLv2's hellos by their lengths, which must add up to the record's.
func probeV2(head []byte) analyzer.Verdict {
	kind := match(head, 2, func(b byte) bool { return b == v2ClientHello || b == v2ServerHello })
	if !kind {
		return analyzer.No
	}
	if len(head) < v2HeaderLen+v2ServerFixed {
		return analyzer.Maybe
	}
	body := head[v2HeaderLen:]
	if n := v2Length(head); body[0] == v2ClientHello && v2ClientLengths(body, n) || body[0] == v2ServerHello && v2ServerLengths(body, n) {
		return analyzer.Yes
	}
	return analyzer.No
}

func v2ClientLengths(b []byte, n int) bool {
	c := cursor{b: b[1:]}
	version, suites, session, challenge := c.u16(), c.uint(2), c.uint(2), c.uint(2)
	known := version == versionSSL2 || version >= versionSSL3 && version <= versionTLS12
	return !c.bad && known && suites > 0 && suites%3 == 0 && (session == 0 || session == 16) &&
		challenge >= 16 && challenge <= 32 && v2ClientFixed+suites+session+challenge == n
}

func v2ServerLengths(b []byte, n int) bool {
	c := cursor{b: b[1:]}
	hit, certificate, version := c.u8(), c.u8(), c.u16()
	length, suites, connection := c.uint(2), c.uint(2), c.uint(2)
	return !c.bad && hit <= 1 && certificate <= 1 && version == versionSSL2 && suites%3 == 0 &&
		n <= v2MaxHello && v2ServerFixed+length+suites+connection == n
}

// recordV2 reads a record of SSLv2.
func (r *reader) recordV2(d flow.Dir, b []byte) (int, error) {
	n := v2Length(b)
	if b[0]&0x80 == 0 || n == 0 || n > v2MaxHello {
		return 0, r.broken("SSL_bad_record")
	}
	if len(b) < v2HeaderLen+n {
		return 0, nil
	}
	body := b[v2HeaderLen : v2HeaderLen+n]
	ok := true
	switch body[0] {
	case v2ClientHello:
		ok = r.clientHelloV2(d, body)
	case v2ServerHello:
		ok = r.serverHelloV2(d, body)
	case v2MasterKey: // from here on both sides encrypt
		if r.rec != nil && r.v2 {
			r.rec.Established = true
			return v2HeaderLen + n, analyzer.ErrDone
		}
	case v2Error:
		if r.rec != nil && len(body) >= 3 {
			r.note(d, 'l')
			r.rec.LastAlert = alertName(int(body[1])<<8 | int(body[2]))
		}
	default:
		ok = false
	}
	if !ok {
		return 0, r.broken("SSL_bad_record")
	}
	return v2HeaderLen + n, nil
}

func (r *reader) clientHelloV2(d flow.Dir, body []byte) bool {
	if !v2ClientLengths(body, len(body)) {
		return false
	}
	r.greet(d)
	r.note(d, 'c')
	return true
}

// serverHelloV2 takes a server's hello; its first suite stands for the choice, which is the client's to make.
func (r *reader) serverHelloV2(d flow.Dir, body []byte) bool {
	if !v2ServerLengths(body, len(body)) {
		return false
	}
	r.greet(d.Other())
	r.v2, r.version = true, versionSSL2
	r.rec.Version = versionName(versionSSL2)
	c := cursor{b: body[5:]}
	length, suites := c.uint(2), c.uint(2)
	c.uint(2)
	certificate := c.take(length)
	if suites > 0 {
		r.rec.Cipher = suiteNameV2(c.uint(3))
	}
	r.note(d, 's')
	if len(certificate) > 0 {
		r.certificate(d, certificate)
	}
	return true
}
