package dhcp

import (
	"cmp"
	"slices"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

const (
	// maxHeld bounds the messages kept for joining, in all: a first lease has four, so this is two thousand leases within
	// watchTime. Above it (address starvation does that) the oldest transaction is passed on with what it has.
	maxHeld = 8192
	// maxMessages bounds the messages of one transaction. What follows begins a new record, so that nothing is lost.
	maxMessages = 32
	// watchTime is how long after its first message a transaction may grow, as Zeek's DHCP::max_txid_watch_time.
	watchTime = 30 * time.Second
	// straggle is how long a transaction that is over waits: another server may still answer, and a copy be late.
	straggle = 2 * time.Second
)

// joiner makes one record of the messages of a transaction. Open is in the order in which the transactions began.
type joiner struct {
	open     []*transaction
	byKey    map[key]*transaction
	held     int // messages
	whole    []events.Record
	overflow uint64
}

// key tells transactions apart. The id alone does not: it is the client's choice, and some clients count from one. The observation
// point belongs to it, so that nobody in one network can speak into a transaction of another.
type key struct {
	vni uint32
	xid uint32
	mac [6]byte
}

// transaction is a record in the making.
type transaction struct {
	key   key
	parts []*part
	first events.Time // of all its messages, the earliest
	ended bool        // one of them ends it
	over  events.Time // time of the newest that does
}

func newJoiner() *joiner { return &joiner{byKey: map[key]*transaction{}} }

// Take keeps the messages of DHCP (analyzer.Joiner).
func (j *joiner) Take(r events.Record) ([]events.Record, bool) {
	p, mine := r.(*part)
	if !mine {
		return nil, false
	}
	j.reset()
	k := key{p.VNI, p.xid, p.mac}
	t := j.byKey[k]
	if t != nil && (t.done(p.TS) || len(t.parts) >= maxMessages) {
		j.remove(slices.Index(j.open, t))
		t = nil
	}
	if j.held >= maxHeld {
		j.overflow++
		if j.open[0] == t {
			t = nil
		}
		j.remove(0)
	}
	if t == nil {
		t = &transaction{key: k, first: p.TS}
		j.byKey[k] = t
		j.open = append(j.open, t)
	}
	t.add(p)
	j.held++
	return j.whole, true
}

func (t *transaction) add(p *part) {
	t.parts = append(t.parts, p)
	t.first = min(t.first, p.TS)
	if p.ends {
		t.ended, t.over = true, max(t.over, p.TS)
	}
}

// done says whether nothing that happens at now belongs to the transaction any longer.
func (t *transaction) done(now events.Time) bool {
	return now > t.first.Add(watchTime) || t.ended && now > t.over.Add(straggle)
}

// remove passes on the transaction at place i.
func (j *joiner) remove(i int) {
	t := j.open[i]
	j.open = slices.Delete(j.open, i, i+1)
	j.pass(t)
}

func (j *joiner) pass(t *transaction) {
	delete(j.byKey, t.key)
	j.held -= len(t.parts)
	j.whole = append(j.whole, t.record())
}

// record joins the messages, in order of time: those of several workers that listen come in any order.
func (t *transaction) record() *events.DHCP {
	slices.SortStableFunc(t.parts, func(a, b *part) int { return cmp.Compare(a.TS, b.TS) })
	out := &events.DHCP{Head: t.parts[0].Head}
	for _, p := range t.parts {
		add(out, p)
	}
	return out
}

// Expire passes on the transactions that are over (analyzer.Joiner).
func (j *joiner) Expire(now events.Time) []events.Record {
	j.reset()
	j.open = slices.DeleteFunc(j.open, func(t *transaction) bool {
		done := t.done(now)
		if done {
			j.pass(t)
		}
		return done
	})
	return j.whole
}

// Close passes on what is open, the oldest first (analyzer.Joiner).
func (j *joiner) Close() []events.Record {
	j.reset()
	for _, t := range j.open {
		j.pass(t)
	}
	clear(j.open)
	j.open = j.open[:0]
	return j.whole
}

// Overflow counts the transactions passed on for want of room (analyzer.Joiner).
func (j *joiner) Overflow() uint64 { return j.overflow }

func (j *joiner) reset() {
	clear(j.whole) // let the records go
	j.whole = j.whole[:0]
}
