package http

import (
	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
)

// exchange is a request and its answer while they are on the wire.
type exchange struct {
	rec      events.HTTP
	whole    [2]bool           // the message of each direction has ended
	final    bool              // an answer other than 1xx has begun
	switches bool              // CONNECT or Upgrade: another protocol may follow
	oldStyle bool              // HTTP/0.9: the answer is a bare body
	readOn   bool              // the answer is read further than others
	echo     []byte            // what a page would have to send back as it came, for a script of the request's to run
	socket   *analyzer.Upgrade // what is said about a WebSocket that may follow
	agentIs  agentKind         // what the request says it was sent by
	signIn   signIn            // what its credentials show of Kerberos or NTLM
	mime     [2][1]string      // backing of the record's MIME type lists, so that they cost no allocation of their own
}

// ask opens an exchange for a request.
func (r *reader) ask() *exchange {
	if len(r.open) >= maxOpen {
		r.weird("HTTP_excessive_pipelining", "")
		r.flush(len(r.open))
	}
	if r.unanswered() != nil && !r.sides[flow.Resp].lost {
		r.pipelined = true
	}
	x := r.newExchange()
	r.open = append(r.open, x)
	return x
}

// unanswered is the oldest exchange whose answer has not begun, or nil.
func (r *reader) unanswered() *exchange {
	for _, x := range r.open {
		if !x.final {
			return x
		}
	}
	return nil
}

// answer finds the exchange that an answer belongs to. Where answers may have been lost it is the latest request, since a client
// that does not pipeline waits; and where the client did pipeline the answer stands alone, as any pairing might be a lie.
func (r *reader) answer(s *side) *exchange {
	if s.lost && len(r.open) > 0 {
		keep := 1
		if r.pipelined {
			keep = 0
		}
		r.flush(len(r.open) - keep)
	}
	if x := r.unanswered(); x != nil {
		return x
	}
	x := r.newExchange()
	x.whole[flow.Orig] = true
	r.open = append(r.open, x)
	return x
}

// done ends the message of a direction and emits what is whole by that.
func (r *reader) done(d flow.Dir, s *side) {
	r.look(d, s)
	x := s.x
	s.x, s.state = nil, atStart
	if x == nil || d == flow.Resp && !x.final {
		return // an interim answer: the real one follows
	}
	x.whole[d] = true
	n := 0
	for n < len(r.open) && r.open[n].whole[flow.Orig] && r.open[n].whole[flow.Resp] {
		n++
	}
	r.flush(n)
}

// flush emits the oldest n exchanges as they stand.
func (r *reader) flush(n int) {
	for _, x := range r.open[:n] {
		for d := range r.sides {
			if s := &r.sides[d]; s.x == x {
				r.look(flow.Dir(d), s)
				s.x = nil
			}
		}
		r.emit(x)
	}
	rest := copy(r.open, r.open[n:])
	clear(r.open[rest:])
	r.open = r.open[:rest]
}
