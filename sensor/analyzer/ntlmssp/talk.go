package ntlmssp

import "github.com/mirrorwatch/mirrorwatch/events"

// Talk follows one authentication: a challenge, and what the client answers. The zero value is ready.
type Talk struct {
	challenge, answer Message
	asked, answered   bool
}

// Take looks for a message in b, remembers it and gives it. A new negotiation or challenge begins a new authentication.
func (t *Talk) Take(b []byte) (m Message, ok bool) {
	m, ok = Find(b)
	if ok {
		t.Note(&m)
	}
	return m, ok
}

// Note remembers a message that was found already.
func (t *Talk) Note(m *Message) {
	switch m.Type {
	case Negotiate:
		*t = Talk{}
	case Challenge:
		*t = Talk{challenge: *m, asked: true}
	case Authenticate:
		t.answer, t.answered = *m, true
	}
}

// Answered says that the client's answer was seen and not yet told of: Record has something to give.
func (t *Talk) Answered() bool { return t.answered }

// User is the user whom the latest answer names, without the domain.
func (t *Talk) User() string { return t.answer.User }

// Record gives what was seen, once, and is ready for the next authentication. The carrier is the protocol around it, "smb"; success is nil where
// its verdict was not seen, and status is its code for a refusal, or 0.
func (t *Talk) Record(carrier string, success *bool, status uint32) *events.NTLM {
	if !t.answered {
		return nil
	}
	a, c := &t.answer, &t.challenge
	r := &events.NTLM{
		Username: a.User, Hostname: a.Workstation, DomainName: a.Domain,
		ServerNBComputer: c.NBComputer, ServerDNSComputer: c.DNSComputer, ServerTree: c.DNSTree,
		Success: success, Carrier: carrier, Version: a.Response, Anonymous: a.Anonymous, Status: status,
		NegotiateFlags: a.Flags, ClientVersion: a.Version(),
	}
	*t = Talk{}
	return r
}
