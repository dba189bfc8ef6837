package smb

import (
	"bytes"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/ntlmssp"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
)

// logOn looks for the client's tokens in a session setup.
func (r *reader) logOn(id uint64, b []byte) {
	r.token(b)
	r.shows(b)
	m, ok := ntlmssp.Find(b)
	if !ok || m.Type == ntlmssp.Negotiate {
		return
	}
	s := r.session(id)
	r.unanswered(s)
	s.talk.Note(&m)
	s.asked = r.now
}

// verdict takes the server's side of a session setup: a challenge, or whether the log-in worked.
func (r *reader) verdict(id uint64, status uint32, guest bool, b []byte) {
	r.token(b)
	s := r.session(id)
	if status == statusMoreProcessing {
		s.talk.Take(b)
		return
	}
	ok := status == 0
	r.took(&ok)
	user := s.talk.User()
	r.loggedOn(s, &ok, status, guest && ok)
	if !ok {
		r.endSession(id)
		return
	}
	s.user = user
}

// loggedOn tells of an NTLM log-in, where there was one.
func (r *reader) loggedOn(s *session, ok *bool, status uint32, guest bool) {
	if one := s.talk.Record("smb", ok, status); one != nil {
		one.TS, one.Guest = s.asked, guest
		r.conv.Emit(one)
	}
}

// unanswered tells of a log-in whose outcome was not seen.
func (r *reader) unanswered(s *session) { r.loggedOn(s, nil, 0, false) }

// plainVerdict is verdict for a log-in whose names and responses are no token of NTLM's.
func (r *reader) plainVerdict(id uint64, status uint32, guest bool, one *events.NTLM) {
	ok := status == 0
	one.Success, one.Status, one.Guest = &ok, status, guest && ok
	r.conv.Emit(one)
	if ok {
		r.session(id).user = one.Username
	}
}

func (r *reader) unansweredPlain(q *request) {
	if q.plain != nil {
		r.conv.Emit(q.plain)
	}
}

// token confirms what a session setup carries.
func (r *reader) token(b []byte) {
	if bytes.Contains(b, []byte(ntlmssp.Signature)) {
		r.carries(serviceNTLM, "ntlm")
	}
	if bytes.Contains(b, []byte("\x2b\x06\x01\x05\x05\x02")) { // SPNEGO (RFC 4178)
		r.carries(serviceGSSAPI, "gssapi")
	}
	if bytes.Contains(b, []byte("\x12\x01\x02\x02\x01\x00\x6e")) { // Kerberos' object identifier, then an AP-REQ (RFC 4121 section 4.1)
		r.carries(serviceKerberos, "krb")
	}
}

// tokenOnPipe gives what reads the tokens of an RPC binding over a pipe: a client may log in to the interface once more. It is told of where
// it is another user than the session's.
func (r *reader) tokenOnPipe(h *handle) func(flow.Dir, events.Time, []byte) {
	talk := &ntlmssp.Talk{}
	return func(_ flow.Dir, at events.Time, token []byte) {
		m, ok := talk.Take(token)
		if !ok {
			return
		}
		r.carries(serviceNTLM, "ntlm")
		if m.Type == ntlmssp.Authenticate && (h.user == "" || m.User != h.user) { // its answer is that the calls work
			one := talk.Record("dce_rpc", nil, 0)
			one.TS = at
			r.conv.Emit(one)
		}
	}
}

// treeConnected tells of a share that was connected, or refused.
func (r *reader) treeConnected(m *message, q *request, kind string, pipes bool) {
	one := &events.SMBMapping{Path: q.name, Dialect: r.dialect, Username: r.user(m.session)}
	one.TS = q.at
	if m.status != 0 {
		one.Status = m.status
		r.conv.Emit(one)
		return
	}
	r.connect(tree{session: m.session, id: m.tree, path: q.name, pipes: pipes})
	one.ShareType = kind
	r.conv.Emit(one)
}

// sealed passes over an encrypted message ([MS-SMB2] 2.2.41), and says once a session that there are such.
func (r *reader) sealed(s *side, b []byte) (int, error) {
	if s.left < minSealed {
		return r.stray(s, b)
	}
	if len(b) < minSealed {
		return 0, nil
	}
	r.confirm()
	who := r.session(le(b).u64(44))
	if !who.sealed {
		who.sealed = true
		one := &events.SMBMapping{Dialect: r.dialect, Username: who.user, Encrypted: true}
		one.TS = r.now
		r.conv.Emit(one)
	}
	s.tail, s.left = s.left-minSealed, 0
	return minSealed, nil
}
