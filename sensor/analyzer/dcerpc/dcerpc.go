// Package dcerpc recognises remote procedure calls over TCP: the endpoint mapper on port 135, and the ports that it names. What comes
// in is ordered stream bytes; what goes out is the records of package msrpc. The ports are chosen when a host starts, so that a
// conversation is known by its fragments, from its beginning or from the middle. A log-in by NTLM gives a record of its own. It never reads calls over HTTP or
// over datagrams.
package dcerpc

import (
	"bytes"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/msrpc"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/ntlmssp"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
	"github.com/mirrorwatch/mirrorwatch/sensor/stream"
)

// Spec declares the analyzer.
var Spec = analyzer.Spec{
	Name:  "dce_rpc",
	Over:  analyzer.TCP,
	Ports: []uint16{135},
	Probe: func(_ flow.Dir, head []byte, _ bool) analyzer.Verdict { return msrpc.Probe(head) },
	New:   open,
}

// reader is one conversation's analyzer.
type reader struct {
	conv      *analyzer.Conversation
	calls     *msrpc.Association
	talk      ntlmssp.Talk
	confirmed services
}

// services are bits for what has been confirmed already.
type services uint8

const (
	serviceRPC services = 1 << iota
	serviceGSSAPI
	serviceNTLM
	serviceKerberos
)

func open(c *analyzer.Conversation) analyzer.Analyzer {
	r := &reader{conv: c}
	r.calls = msrpc.New(msrpc.Options{Conversation: c, Token: r.token})
	return r
}

// What a token of SPNEGO begins with, and what one of Kerberos 5 has in it (RFC 4178 section 4.2, RFC 4121 section 4.1).
const (
	initialToken = 0x60
	laterToken   = 0xa1
	kerberosOID  = "\x2a\x86\x48\x86\xf7\x12\x01\x02\x02"
)

// token takes a token of binding: it says who vouches for the client, and where that is NTLM who the client says it is.
func (r *reader) token(_ flow.Dir, at events.Time, b []byte) {
	if b[0] == initialToken || b[0] == laterToken {
		r.confirm(serviceGSSAPI, "gssapi")
	}
	m, ok := r.talk.Take(b)
	if !ok {
		if bytes.Contains(b, []byte(kerberosOID+"\x01\x00")) {
			r.confirm(serviceKerberos, "krb")
		}
		return
	}
	r.confirm(serviceNTLM, "ntlm")
	if m.Type == ntlmssp.Authenticate { // whether it was let in, its calls tell
		one := r.talk.Record("dce_rpc", nil, 0)
		one.TS = at
		r.conv.Emit(one)
	}
}

func (r *reader) confirm(s services, name string) {
	if r.confirmed&s == 0 {
		r.confirmed |= s
		r.conv.Confirm(name)
	}
}

// Feed takes the stream's next bytes. The association keeps of them what it needs.
func (r *reader) Feed(c stream.Chunk) (int, error) {
	r.calls.Feed(c.Dir, events.Time(c.Time), c.Data)
	if r.calls.Read() > 0 {
		r.confirm(serviceRPC, "")
	}
	if r.confirmed == 0 && r.calls.Lost(c.Dir) {
		return 0, analyzer.ErrNotMine
	}
	return len(c.Data), nil
}

// Gap has the direction's next fragment found again.
func (r *reader) Gap(d flow.Dir, _ int) error {
	r.calls.Gap(d)
	return nil
}

// Close emits the calls that wait for their answers.
func (r *reader) Close() { r.calls.Close() }
