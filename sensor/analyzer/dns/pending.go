package dns

import (
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

const (
	// maxPending bounds the questions of one conversation that wait for an answer. A forwarder that reuses its port has dozens
	// under way; above this the oldest is let go, as unanswered.
	maxPending = 100
	// answerTimeout is how long a question waits, by the packets' clock; resolvers give up after 5 to 10 s, and Zeek after 10.
	answerTimeout = int64(10 * time.Second)
)

// transaction is a record in the making. The numbers that the record points at, and the usual few answers, live beside it so that
// a transaction is one allocation.
type transaction struct {
	rec                  events.DNS
	qtype, qclass, rcode uint16
	corrupt              bool // the question's checksum was wrong
	answers              [4]string
	ttls                 [4]events.Interval
}

func (r *reader) transaction(now int64, h header) *transaction {
	t := &transaction{}
	t.rec.TS = events.Time(now)
	t.rec.Proto = r.proto
	t.rec.TransID = h.id
	t.rec.Opcode = h.opcode()
	t.rec.OpcodeName = opcodeName(h.opcode(), r.netbios)
	return t
}

// setQuestion fills what a question says.
func (t *transaction) setQuestion(q question, netbios bool) {
	if !q.seen {
		return
	}
	t.qtype, t.qclass = q.qtype, q.qclass
	t.rec.QType, t.rec.QClass = &t.qtype, &t.qclass
	t.rec.QTypeName, t.rec.QClassName = typeName(q.qtype, netbios), className(q.qclass)
	t.rec.Query = string(q.name)
}

// setAnswer fills what an answer's header says. Rejected is as in Zeek: an answer with a question and no record at all, or with an
// error and not even the question.
func (t *transaction) setAnswer(h header, q question, wire int) {
	t.rcode = h.rcode()
	t.rec.RCode, t.rec.RCodeName = &t.rcode, rcodeName(t.rcode)
	t.rec.AA, t.rec.RA = h.authoritative(), h.recursionAvailable()
	t.rec.TC = t.rec.TC || h.truncated()
	t.rec.Rejected = q.seen && h.records() == 0 || !q.seen && t.rcode != 0
	t.rec.AnswerBytes = uint32(wire)
}

// pendingTable holds open transactions, the oldest first. Nearly every conversation has one or two, so a slice that starts in
// place is faster than a map.
type pendingTable struct {
	list  []*transaction
	first [2]*transaction
}

// push adds a transaction; the oldest comes back where there was no room.
func (p *pendingTable) push(t *transaction) (oldest *transaction) {
	if p.list == nil {
		p.list = p.first[:0]
	}
	if len(p.list) >= maxPending {
		oldest = p.oldest()
	}
	p.list = append(p.list, t)
	return oldest
}

// oldest removes and gives the oldest, nil where none waits.
func (p *pendingTable) oldest() *transaction {
	if len(p.list) == 0 {
		return nil
	}
	return p.remove(0)
}

// expired removes and gives the oldest if it has waited too long.
func (p *pendingTable) expired(now int64) *transaction {
	if len(p.list) == 0 || now-int64(p.list[0].rec.TS) <= answerTimeout {
		return nil
	}
	return p.remove(0)
}

// take removes and gives the oldest transaction that the answer is to.
func (p *pendingTable) take(h header, q question, s *answerSection, netbios bool) *transaction {
	for i, t := range p.list {
		if t.rec.TransID == h.id && t.rec.Opcode == h.opcode() && t.answeredBy(q, s, netbios) {
			return p.remove(i)
		}
	}
	return nil
}

// answeredBy compares questions, because an id is only 16 bits and multicast DNS sends zero always. Where the answer repeats no
// question, an id of zero is answered by a record of the same name.
func (t *transaction) answeredBy(q question, s *answerSection, netbios bool) bool {
	if q.seen {
		return t.rec.QType == nil || t.qtype == q.qtype && t.rec.Query == string(q.name)
	}
	if t.rec.TransID != 0 || s.count == 0 {
		return true
	}
	var scratch [maxNameText]byte
	return t.rec.Query == string(s.firstName(scratch[:0], netbios))
}

func (p *pendingTable) remove(i int) *transaction {
	t := p.list[i]
	copy(p.list[i:], p.list[i+1:])
	p.list[len(p.list)-1] = nil
	p.list = p.list[:len(p.list)-1]
	return t
}
