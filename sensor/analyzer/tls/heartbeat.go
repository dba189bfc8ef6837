package tls

import (
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
)

// Heartbeat messages (RFC 6520 section 4): a type, the length of the payload, the payload, and at least 16 bytes of padding.
const (
	extHeartbeat     = 15
	heartbeatRequest = 1
	heartbeatAnswer  = 2
	heartbeatHeader  = 3
)

// heartbeats is what the present exchange of heartbeats came to. A peer that believes the length in a request, rather than the length of the
// record, answers with what lies behind it in its memory (CVE-2014-0160).
type heartbeats struct {
	agreed bool     // the server takes heartbeats: only then is it worth reading on once all is encrypted
	asked  int      // bytes of the latest request's record
	got    int      // bytes of all records that came back since
	by     flow.Dir // who asked
	open   bool     // a request was seen
}

// heartbeatSize is how much of a record must be there before it is noted: of an encrypted one only the length counts.
func (r *reader) heartbeatSize(s *side, h header) int {
	if h.kind != typeHeartbeat || s.encrypted {
		return 0
	}
	return min(h.length, heartbeatHeader)
}

// heartbeat notes a record of heartbeats. body is what may be read of it: nothing once it is encrypted, and then who speaks first asks.
func (r *reader) heartbeat(d flow.Dir, length int, body []byte) {
	if r.rec == nil {
		return
	}
	t, sealed := &r.beats, r.sides[d].encrypted
	ask := !t.open || t.by == d
	if len(body) == heartbeatHeader {
		ask = body[0] == heartbeatRequest
	}
	if !ask {
		r.heartbeatAnswer(length)
		return
	}
	*t = heartbeats{agreed: t.agreed, asked: length, by: d, open: true}
	r.rec.HeartbeatRequests++
	r.rec.HeartbeatSealed = r.rec.HeartbeatSealed || sealed
	if r.rec.HeartbeatBy == "" {
		r.rec.HeartbeatBy = "client"
		if d != r.client {
			r.rec.HeartbeatBy = "server"
		}
	}
	if least := uint32(length); r.rec.HeartbeatLeast == 0 || least < r.rec.HeartbeatLeast {
		r.rec.HeartbeatLeast = least
	}
	if len(body) < heartbeatHeader {
		return
	}
	claimed := int(body[1])<<8 | int(body[2])
	if over := claimed + heartbeatHeader - length; over > int(r.rec.HeartbeatOver) {
		r.rec.HeartbeatOver = uint32(over)
	}
}

// heartbeatAnswer adds a record to the answer. Servers cut a long one into records.
func (r *reader) heartbeatAnswer(length int) {
	t := &r.beats
	r.rec.HeartbeatAnswers++
	t.got += length
	if excess := t.got - t.asked; t.open && excess > int(r.rec.HeartbeatExcess) {
		r.rec.HeartbeatExcess = uint32(excess)
	}
}
