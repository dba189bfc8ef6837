package tls

import (
	"bytes"

	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
)

// Extensions that are read (IANA registry of TLS extensions).
const (
	extServerName          = 0
	extSupportedGroups     = 10
	extECPointFormats      = 11
	extSignatureAlgorithms = 13
	extALPN                = 16
	extSessionTicket       = 35
	extPreSharedKey        = 41
	extSupportedVersions   = 43
	extKeyShare            = 51
)

const (
	// maxName is the longest server name kept: DNS allows 253 characters (RFC 1035 section 2.3.4).
	maxName = 255
	// maxOffered is how many ALPN protocols of a client are kept; browsers offer three.
	maxOffered = 16
)

// helloRetryRandom in a ServerHello makes it a HelloRetryRequest (RFC 8446 section 4.1.3).
const helloRetryRandom = "\xcf\x21\xad\x74\xe5\x9a\x61\x11\xbe\x1d\x8c\x02\x1e\x65\xb8\x91\xc2\xa2\x11\x16\x7a\xbb\x8c\x5e\x07\x9e\x09\xe2\xc8\xa8\x33\x9c"

// extension is one extension of a hello.
type extension struct {
	kind uint16
	data []byte
}

// extensions walks a hello's extensions.
type extensions struct{ cursor }

// next gives the next extension.
func (e *extensions) next() (x extension, ok bool) {
	if !e.more() {
		return x, false
	}
	x.kind = e.u16()
	x.data = e.vector(2)
	return x, !e.bad
}

// clientHello is a ClientHello's parts, borrowed.
type clientHello struct {
	carrier    carrier
	version    uint16
	session    []byte
	suites     list
	extensions []byte
}

// parseClientHello reads a ClientHello (RFC 8446 section 4.1.2), over datagrams with a cookie in it (RFC 6347 section 4.2.1).
func parseClientHello(b []byte, on carrier) (h clientHello, ok bool) {
	c := cursor{b: b}
	h.version = c.u16()
	c.take(32)
	h.session = c.vector(1)
	if h.carrier = on; on == onDTLS {
		c.vector(1)
	}
	h.suites = c.vector(2)
	compression := c.vector(1)
	if c.more() { // SSLv3 and many a TLS 1.0 client have no extensions
		h.extensions = c.vector(2)
	}
	return h, !c.bad && len(h.suites) > 0 && len(h.suites)%2 == 0 && len(compression) > 0
}

// clientHello takes a ClientHello.
func (r *reader) clientHello(d flow.Dir, body []byte) bool {
	h, ok := parseClientHello(body, r.carrier())
	if !ok || h.version < versionSSL3 {
		return false
	}
	r.greet(d)
	for e := (extensions{cursor{b: h.extensions}}); ; {
		x, ok := e.next()
		if !ok {
			break
		}
		r.clientExtension(x)
	}
	if len(h.session) > 0 && len(h.session) <= len(r.session) && !allZero(h.session) {
		r.sessionLen = copy(r.session[:], h.session)
		r.sentTicket = false
	}
	if r.rec.JA3 == "" { // after a HelloRetryRequest the first hello is the one that names the client
		r.rec.JA3, r.rec.JA4 = clientFingerprints(&h)
	}
	return true
}

// clientExtension takes what a client's extension tells.
func (r *reader) clientExtension(x extension) {
	switch x.kind {
	case extServerName:
		if name := serverName(x.data); len(name) > 0 {
			r.rec.ServerName = analyzer.Text(name)
		}
	case extALPN:
		r.rec.ALPN = protocols(x.data)
	case extSessionTicket:
		r.sentTicket = r.sentTicket || len(x.data) > 0
	case extPreSharedKey:
		r.sentPSK = true
	}
}

// serverName gives the first host name of a server_name extension (RFC 6066 section 3).
func serverName(b []byte) []byte {
	outer := cursor{b: b}
	c := cursor{b: outer.vector(2)}
	for c.more() {
		kind, name := c.u8(), c.vector(2)
		if kind == 0 && !c.bad {
			return name[:min(len(name), maxName)]
		}
	}
	return nil
}

// protocols gives the names in an ALPN extension (RFC 7301 section 3.1).
func protocols(b []byte) (names []string) {
	outer := cursor{b: b}
	c := cursor{b: outer.vector(2)}
	for c.more() && len(names) < maxOffered {
		if name := c.vector(1); len(name) > 0 {
			names = append(names, analyzer.Text(name))
		}
	}
	return names
}

// serverHello is a ServerHello's parts, borrowed.
type serverHello struct {
	version    uint16 // legacy_version
	random     []byte
	session    []byte
	suite      uint16
	extensions []byte
}

// parseServerHello reads a ServerHello (RFC 8446 section 4.1.3).
func parseServerHello(b []byte) (h serverHello, ok bool) {
	c := cursor{b: b}
	h.version = c.u16()
	h.random = c.take(32)
	if isDraft(h.version) { // up to draft 21 the hello had neither session id nor compression
		h.suite = c.u16()
	} else {
		h.session = c.vector(1)
		h.suite = c.u16()
		c.u8()
	}
	if c.more() {
		h.extensions = c.vector(2)
	}
	return h, !c.bad
}

// serverHello takes a ServerHello.
func (r *reader) serverHello(d flow.Dir, body []byte) bool {
	h, ok := parseServerHello(body)
	if !ok || h.version < versionSSL3 {
		return false
	}
	r.greet(d.Other())
	chosen := h.version
	for e := (extensions{cursor{b: h.extensions}}); ; {
		x, ok := e.next()
		if !ok {
			break
		}
		if x.kind == extSupportedVersions && len(x.data) == 2 {
			chosen = list(x.data).at(0)
		}
		r.serverExtension(x)
	}
	r.version, r.retry = chosen, string(h.random) == helloRetryRandom
	r.rec.Version = versionName(chosen)
	r.rec.Cipher = suiteName(h.suite)
	// The same session id back means that the session goes on (RFC 5246 section 7.4.1.2); in TLS 1.3 it means nothing.
	if r.sessionLen > 0 && before13(chosen) && bytes.Equal(h.session, r.session[:r.sessionLen]) {
		r.rec.Resumed = true
	}
	r.rec.JA3S, r.rec.JA4S = serverFingerprints(&h, chosen, r.carrier())
	return true
}

// serverExtension takes what a server's extension tells.
func (r *reader) serverExtension(x extension) {
	c := cursor{b: x.data}
	switch x.kind {
	case extKeyShare:
		if group := c.u16(); !c.bad {
			r.rec.Curve = groupName(group)
		}
	case extALPN:
		inner := cursor{b: c.vector(2)}
		if name := inner.vector(1); len(name) > 0 {
			r.rec.NextProtocol = analyzer.Text(name)
		}
	case extPreSharedKey:
		r.rec.Resumed = r.rec.Resumed || r.sentPSK
	case extHeartbeat:
		r.beats.agreed = true
	}
}

func allZero(b []byte) bool {
	for _, x := range b {
		if x != 0 {
			return false
		}
	}
	return true
}
