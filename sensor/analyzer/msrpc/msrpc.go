// Package msrpc reads Microsoft's remote procedure calls (DCE/RPC version 5, [C706] chapter 12, with [MS-RPCE]): what a named pipe or
// a TCP connection carries. What comes in is the bytes of one association, direction by direction; what goes out is one DCERPC
// record a call, when its answer came or the association ended. It keeps of a request what its texts need and no more, decrypts
// nothing, keeps no password, and knows nothing of what carries it.
package msrpc

import (
	"strings"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
)

// Limits of an association.
const (
	maxFragment = 1<<16 - 1 // a fragment's length is written in two bytes
	maxStub     = 16 << 10  // kept of a request that comes in fragments; the texts are at its beginning
	maxStubs    = 48 << 10  // of all of them together
	maxCalls    = 64        // calls without an answer
	maxContexts = 64
	maxPipe     = 128 // bytes of a pipe's name
	idleBuffer  = 8 << 10
)

// Options set up an association.
type Options struct {
	Conversation *analyzer.Conversation // its Emit takes the records
	Pipe         string                 // the named pipe, as the client opened it; empty over TCP

	// Token is shown each authentication token of binding, in order; nil where nobody wants them. The token is borrowed.
	Token func(d flow.Dir, at events.Time, token []byte)
}

// Association is a client's conversation with the interfaces of one endpoint.
type Association struct {
	conv     *analyzer.Conversation
	token    func(flow.Dir, events.Time, []byte)
	pipe     string // as records have it
	byPipe   *face  // what the pipe's name says, for calls whose binding was not seen
	contexts []context
	auth     string // of the latest binding
	calls    []call
	sides    [2]side
	read     int // whole fragments so far
	stubs    int // bytes kept of requests in fragments
}

// side is where one direction stands.
type side struct {
	held []byte // of a fragment that is not whole yet
	lost bool   // where the next fragment begins must be found again
}

// New makes an association before its first byte.
func New(o Options) *Association {
	return &Association{conv: o.Conversation, token: o.Token, pipe: analyzer.Text([]byte(o.Pipe[:min(len(o.Pipe), maxPipe)])), byPipe: faceOfPipe(o.Pipe)}
}

// Read says how many whole fragments were understood.
func (a *Association) Read() int { return a.read }

// Lost says whether a direction's bytes are no fragments, or none since a gap.
func (a *Association) Lost(d flow.Dir) bool { return a.sides[d&1].lost }

// Feed takes the next bytes of a direction. They are borrowed; at most 64 KiB of an unfinished fragment are kept.
func (a *Association) Feed(d flow.Dir, at events.Time, b []byte) {
	s := &a.sides[d&1]
	for len(b) > 0 {
		if len(s.held) == 0 {
			n := a.fragment(s, d, at, b)
			if b = b[n:]; n > 0 {
				continue
			}
			if !s.lost {
				s.held = append(s.held, b...)
			}
			return
		}
		n := min(s.missing(), len(b))
		s.held, b = append(s.held, b[:n]...), b[n:]
		if a.fragment(s, d, at, s.held) > 0 {
			s.release()
		} else if s.lost {
			s.held = s.held[:0]
			return
		}
	}
}

// missing is how many bytes the held fragment wants next: the rest of its header, or of itself.
func (s *side) missing() int {
	if n := headerLen - len(s.held); n > 0 {
		return n
	}
	h, _ := parseHeader(s.held)
	return max(h.length-len(s.held), 1)
}

func (s *side) release() {
	s.held = s.held[:0]
	if cap(s.held) > idleBuffer {
		s.held = nil
	}
}

// fragment takes the fragment that b begins with and says how long it was; 0 where it is not whole, or b is no fragment.
func (a *Association) fragment(s *side, d flow.Dir, at events.Time, b []byte) int {
	h, v := parseHeader(b)
	if v == analyzer.No || v == analyzer.Maybe && s.lost {
		if !s.lost && a.read > 0 && a.conv.Weird != nil {
			a.conv.Weird("dce_rpc_malformed", "")
		}
		s.lost = true
		return 0
	}
	if v == analyzer.Maybe {
		return 0
	}
	s.lost = false
	if len(b) < h.length {
		return 0
	}
	a.read++
	a.pdu(d, at, &h, b[:h.length])
	return h.length
}

// Gap says that bytes of a direction are missing for good: requests that were under way in it end as they are.
func (a *Association) Gap(d flow.Dir) {
	s := &a.sides[d&1]
	s.held, s.lost = nil, true
	for i := range a.calls {
		if c := &a.calls[i]; c.dir == d {
			a.complete(c)
		}
	}
}

// Close emits the calls that were not answered.
func (a *Association) Close() {
	for i := range a.calls {
		a.complete(&a.calls[i])
		a.conv.Emit(a.calls[i].record)
	}
	a.calls, a.sides = nil, [2]side{}
}

// pdu takes one whole fragment.
func (a *Association) pdu(d flow.Dir, at events.Time, h *header, b []byte) {
	body, t := h.split(b)
	if h.kind != kindRequest && h.kind != kindResponse && h.kind != kindFault && len(t.token) > 0 {
		a.authenticate(d, at, t)
	}
	switch h.kind {
	case kindBind, kindAlterContext:
		a.bind(h, body)
	case kindBindAck:
		a.bound(h, body)
	case kindRequest:
		a.request(d, at, h, body, t)
	case kindResponse:
		a.response(d, at, h, body, t)
	case kindFault:
		a.fault(d, at, h, body)
	}
}

// faceOfPipe infers the interface from a pipe's name.
func faceOfPipe(pipe string) *face {
	name := strings.ToLower(pipe)
	name = strings.TrimPrefix(strings.TrimLeft(name, `\`), `pipe\`)
	return pipes[name]
}
