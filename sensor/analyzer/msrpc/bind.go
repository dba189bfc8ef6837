package msrpc

import (
	"bytes"
	"encoding/hex"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
)

// context is what a call's context number stands for.
type context struct {
	id   uint16
	uuid string
	face *face // nil where the interface is not in the tables
}

// bind takes the contexts that a client offers in a bind or an alter_context.
func (a *Association) bind(h *header, b []byte) {
	if len(b) < 12 {
		return
	}
	n := int(b[8])
	for b = b[12:]; n > 0 && len(b) >= 24; n-- {
		a.define(context{id: h.order.Uint16(b)}, uuidText(b[4:], h.little()))
		size := 24 + 20*int(b[2])
		b = b[min(size, len(b)):]
	}
}

// define keeps what a context number stands for, the latest that was said.
func (a *Association) define(c context, uuid [36]byte) {
	if c.face = faces[string(uuid[:])]; c.face != nil {
		c.uuid = c.face.uuid
	} else {
		c.uuid = string(uuid[:])
	}
	for i := range a.contexts {
		if a.contexts[i].id == c.id {
			a.contexts[i] = c
			return
		}
	}
	if len(a.contexts) < maxContexts {
		a.contexts = append(a.contexts, c)
	}
}

// lookup gives the context of a call. Where its binding was before the capture began, the pipe's name says what is usual on it.
func (a *Association) lookup(id uint16) context {
	for _, c := range a.contexts {
		if c.id == id {
			return c
		}
	}
	return context{id: id, face: a.byPipe}
}

// bound takes the server's answer to a bind, which names the endpoint: the pipe, or the port.
func (a *Association) bound(h *header, b []byte) {
	if len(b) < 10 {
		return
	}
	n := int(h.order.Uint16(b[8:]))
	name, _, _ := bytes.Cut(b[10:min(10+n, len(b))], []byte{0})
	if len(name) == 0 || len(name) > maxPipe {
		return
	}
	a.pipe = analyzer.Text(name)
	if a.byPipe == nil {
		a.byPipe = faceOfPipe(string(name))
	}
}

// uuidText gives the text of a UUID: its first three fields are numbers in the sender's byte order.
func uuidText(b []byte, little bool) (text [36]byte) {
	raw := [16]byte(b[:16])
	if little {
		raw = [16]byte{b[3], b[2], b[1], b[0], b[5], b[4], b[7], b[6], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]}
	}
	hex.Encode(text[0:8], raw[0:4])
	hex.Encode(text[9:13], raw[4:6])
	hex.Encode(text[14:18], raw[6:8])
	hex.Encode(text[19:23], raw[8:10])
	hex.Encode(text[24:36], raw[10:16])
	text[8], text[13], text[18], text[23] = '-', '-', '-', '-'
	return text
}

// The security providers that a verifier names ([MS-RPCE] 2.2.1.1.7).
const (
	serviceSPNEGO   = 9
	serviceNTLM     = 10
	serviceSchannel = 14
	serviceKerberos = 16
	serviceNetlogon = 68
)

// authenticate learns from a token of binding who vouches for the client.
func (a *Association) authenticate(d flow.Dir, at events.Time, t trailer) {
	if name := serviceName(t); name != "" && (name != "spnego" || a.auth == "") {
		a.auth = name
	}
	if a.token != nil {
		a.token(d, at, t.token)
	}
}

// serviceName names a verifier's provider. SPNEGO says in its tokens which one it chose.
func serviceName(t trailer) string {
	switch t.service {
	case serviceSPNEGO:
		if bytes.Contains(t.token, []byte("NTLMSSP\x00")) {
			return "ntlm"
		}
		if bytes.Contains(t.token, []byte("\x2a\x86\x48\x86\xf7\x12\x01\x02\x02\x01\x00")) { // Kerberos 5's OID and AP-REQ (RFC 4121 section 4.1)
			return "kerberos"
		}
		return "spnego"
	case serviceNTLM:
		return "ntlm"
	case serviceSchannel:
		return "schannel"
	case serviceKerberos:
		return "kerberos"
	case serviceNetlogon:
		return "netlogon"
	}
	return ""
}
