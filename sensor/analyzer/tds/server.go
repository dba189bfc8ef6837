package tds

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// Tokens that a server's message begins with (MS-TDS 2.2.7).
const (
	tokenReturn   = 0x79
	tokenOrder    = 0xa9
	tokenError    = 0xaa
	tokenInfo     = 0xab
	tokenLoginAck = 0xad
	tokenEnv      = 0xe3
	tokenSSPI     = 0xed
	tokenDone     = 0xfd
	tokenDoneProc = 0xfe
	tokenDoneIn   = 0xff

	doneFailed  = 0x0002
	doneCounted = 0x0010

	// gravest is the class up to which an error is only a remark.
	gravest = 10
)

// server reads the beginning of a packet of the server.
func (r *reader) server(kind byte, b []byte, size int, first bool) {
	switch {
	case kind == typePrelogin:
		r.tls = r.tls || isTLS(b)
		return
	case r.greeting:
		if first && r.waits == nil {
			r.confirm()
			r.version = versionOf(b)
		}
		return
	}
	if r.waits != nil {
		r.waits.ResultBytes += uint64(size)
	}
	if first && (r.waits != nil || r.proving) {
		r.tokens(b)
	}
}

// versionOf reads the first option of a prelogin: where it is, and six bytes.
func versionOf(b []byte) string {
	if len(b) < 5 || b[0] != 0 {
		return ""
	}
	at := int(binary.BigEndian.Uint16(b[1:]))
	if at+4 > len(b) {
		return ""
	}
	return fmt.Sprintf("%d.%d.%d", b[at], b[at+1], binary.BigEndian.Uint16(b[at+2:]))
}

// tokens reads those in front whose length is known; columns and rows are not read.
func (r *reader) tokens(b []byte) {
	for len(b) >= 3 {
		size := int(binary.LittleEndian.Uint16(b[1:])) + 3
		switch b[0] {
		case tokenError, tokenInfo, tokenEnv, tokenOrder, tokenSSPI, tokenLoginAck:
		case tokenReturn:
			size = 5
		case tokenDone, tokenDoneProc, tokenDoneIn:
			size = doneLen
		default:
			return
		}
		value := b[3:min(size, len(b))]
		switch b[0] {
		case tokenError:
			r.failed(value)
		case tokenLoginAck:
			if yes := true; r.proving {
				r.confirm()
				r.proved(&yes)
			}
		}
		b = b[min(size, len(b)):]
	}
}

// failed reads an error: number, state, class, and a text.
func (r *reader) failed(b []byte) {
	if len(b) < 8 || b[5] <= gravest {
		return
	}
	no, code := false, binary.LittleEndian.Uint32(b)
	what := wide(b[8:min(8+2*int(binary.LittleEndian.Uint16(b[6:])), len(b))], maxText)
	if r.proving {
		r.confirm()
		if r.login.ErrorCode != 0 {
			return
		}
		r.login.ErrorCode, r.login.Response = code, kept(what, maxText)
		if r.login.User == "" && code == loginFailed {
			r.login.User = kept(quoted(what), maxName)
		}
		if refuses(code) {
			r.proved(&no)
		}
		return
	}
	if m := r.waits; m != nil && m.ErrorCode == 0 {
		m.Success, m.ErrorCode, m.Response = &no, code, kept(what, maxText)
	}
}

// loginFailed is the number of the error that says so.
const loginFailed = 18456

// refuses says whether an error is about who logs in; others are about the server, or the database.
func refuses(code uint32) bool {
	switch code {
	case loginFailed, 18452, 18470, 18486, 18487, 18488:
		return true
	}
	return false
}

// quoted gives what stands between the first quotation marks: the user, in whatever language the text is.
func quoted(b []byte) []byte {
	_, rest, _ := bytes.Cut(b, []byte{'\''})
	name, _, ok := bytes.Cut(rest, []byte{'\''})
	if !ok {
		return nil
	}
	return name
}

// proved tells of a log-in.
func (r *reader) proved(success *bool) {
	m := r.login
	m.Success, m.ServerVersion, m.Encrypted = success, r.version, r.tls
	r.conv.Emit(&m)
	l := &events.Login{
		Service: "tds", User: m.User, Success: success, Mechanism: r.mechanism, Clear: r.mechanism == "sql" && !r.tls, Reply: m.Response[:min(len(m.Response), maxName)],
	}
	l.TS = m.TS
	r.conv.Emit(l)
	r.proving = false
}

// done reads the token that ends a result: eight bytes of a count since version 7.2, four before.
func (r *reader) done() {
	m := r.waits
	b := r.tail[:r.tailLen]
	if len(b) == doneLen && (b[0] < tokenDone || b[4] != 0 && b[3] != 0 && b[doneLen-9] >= tokenDone) {
		b = b[doneLen-9:]
	}
	if len(b) < 9 || b[0] < tokenDone {
		if m.Success == nil && len(b) > 0 {
			yes := true
			m.Success = &yes
		}
		return
	}
	status := binary.LittleEndian.Uint16(b[1:])
	if m.Success == nil {
		yes := status&doneFailed == 0
		m.Success = &yes
	}
	if status&doneCounted != 0 {
		n := uint64(binary.LittleEndian.Uint32(b[5:]))
		if len(b) == doneLen {
			n = binary.LittleEndian.Uint64(b[5:])
		}
		m.Rows = &n
	}
}
