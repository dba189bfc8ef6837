package http

import (
	"bytes"
	"encoding/base64"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/krb5"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/ntlmssp"
)

// signIn is what a request's credentials show of Kerberos or NTLM (RFC 4559), as WinRM and web servers of a domain take them.
type signIn struct {
	ticket *events.Kerberos
	ntlm   bool // the answer to a challenge
}

const statusUnauthorized, statusProxyAuth = 401, 407

// shows reads the credentials of a request.
func (r *reader) shows(x *exchange, value []byte) {
	token := securityToken(value)
	if token == nil {
		return
	}
	if x.signIn.ticket = krb5.Shown(token, "http"); x.signIn.ticket != nil {
		x.signIn.ticket.TS = events.Time(r.now)
		return
	}
	m, ok := r.ntlm.Take(token)
	x.signIn.ntlm = ok && m.Type == ntlmssp.Authenticate
}

// challenges reads what a server asks credentials for.
func (r *reader) challenges(value []byte) {
	if token := securityToken(value); token != nil {
		r.ntlm.Take(token)
	}
}

// securityToken decodes the token behind the name of a scheme that has one; nil for other schemes, and for what is no token.
func securityToken(value []byte) []byte {
	name, text, ok := bytes.Cut(value, []byte{' '})
	if !ok || !is(name, "negotiate") && !is(name, "kerberos") && !is(name, "ntlm") {
		return nil
	}
	text = bytes.Trim(text, " ")
	token := make([]byte, base64.StdEncoding.DecodedLen(len(text)))
	n, err := base64.StdEncoding.Decode(token, text)
	if err != nil || n == 0 {
		return nil
	}
	return token[:n]
}

// signedIn tells of what an exchange's credentials showed, and whether they were taken.
func (r *reader) signedIn(x *exchange) {
	if x.signIn == (signIn{}) {
		return
	}
	var taken *bool
	if code := x.rec.StatusCode; code != 0 {
		yes := code != statusUnauthorized && code != statusProxyAuth
		taken = &yes
	}
	if x.signIn.ticket != nil {
		x.signIn.ticket.Success = taken
		r.conv.Emit(x.signIn.ticket)
	}
	if !x.signIn.ntlm {
		return
	}
	if one := r.ntlm.Record("http", taken, 0); one != nil {
		one.TS = x.rec.TS
		r.conv.Emit(one)
	}
}
