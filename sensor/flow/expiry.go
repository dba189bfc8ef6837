package flow

import (
	"cmp"
	"math"
	"slices"

	"github.com/mirrorwatch/mirrorwatch/sensor/packet"
)

// class is the time-out list that a conversation is in. The order is that of eviction when the table is full: what a flood makes
// goes first, what took both sides to build goes last.
type class uint8

const (
	classHalfOpen    class = iota // a SYN without an answer
	classTCPOneWay                // other TCP seen in one direction only
	classUDPOneWay                //
	classICMP                     //
	classIP                       //
	classClosing                  // over, kept for late packets
	classUDP                      //
	classEstablished              //
	classInteractive              //
	classCount             = iota
	lastHalfOpen           = classUDPOneWay // eviction up to here is counted as half-open
	slackShare       int64 = 8              // a list's order may be late by this part of its time-out
)

// list is one class, oldest first. A flow is moved to its end only when it has not been for a part of the time-out, so that most
// packets do not touch their neighbours; a conversation then ends late by that part at the most, and never early.
type list struct {
	oldest, newest uint32
	timeout        int64
	slack          int64 // 0 where time counts from entering the class, not from the latest packet
}

func newLists(cfg *Config) (l [classCount]list) {
	idle := func(c class, timeout int64) { l[c] = list{timeout: timeout, slack: timeout / slackShare} }
	l[classHalfOpen].timeout = int64(cfg.Attempt)
	l[classClosing].timeout = int64(cfg.CloseDelay)
	idle(classTCPOneWay, int64(cfg.TCPInactivity))
	idle(classUDPOneWay, int64(cfg.UDPInactivity))
	idle(classICMP, int64(cfg.ICMPInactivity))
	idle(classIP, int64(cfg.IPInactivity))
	idle(classUDP, int64(cfg.UDPInactivity))
	idle(classEstablished, int64(cfg.TCPInactivity))
	idle(classInteractive, int64(cfg.Interactive))
	return l
}

// classify says where a conversation belongs.
func (c *Conversation) classify() class {
	switch c.Kind {
	case packet.KindTCP:
		return c.classifyTCP()
	case packet.KindUDP:
		if c.Orig.Packets == 0 || c.Resp.Packets == 0 {
			return classUDPOneWay
		}
		return classUDP
	case packet.KindIP:
		return classIP
	}
	return classICMP
}

func (c *Conversation) classifyTCP() class {
	switch {
	case c.bits&over != 0:
		return classClosing
	case c.Orig.state.handshaking() && c.Resp.state == tcpInactive:
		return classHalfOpen
	case c.Orig.Packets == 0 || c.Resp.Packets == 0:
		return classTCPOneWay
	case c.bits&interactive != 0:
		return classInteractive
	}
	return classEstablished
}

// deadline is when a list's entry that was touched then has to go.
func (l *list) deadline(touched int64) int64 { return touched + l.timeout + l.slack }

// overdue says whether the time-out of a conversation had passed at now, exactly.
func (t *Table[S]) overdue(c *Conversation, now int64) bool {
	l := &t.lists[c.class]
	if l.slack == 0 {
		return now >= c.touched+l.timeout
	}
	return now >= c.Last+l.timeout
}

// push puts a flow at the young end of its class.
func (t *Table[S]) push(f *Flow[S], c class, now int64) {
	l := &t.lists[c]
	f.class, f.touched = c, now
	f.older, f.newer = l.newest, 0
	if l.newest != 0 {
		t.at(l.newest).newer = f.index
	} else {
		l.oldest = f.index
		t.due = min(t.due, l.deadline(now))
	}
	l.newest = f.index
}

func (t *Table[S]) pull(f *Flow[S]) {
	l := &t.lists[f.class]
	if f.older != 0 {
		t.at(f.older).newer = f.newer
	} else {
		l.oldest = f.newer
	}
	if f.newer != 0 {
		t.at(f.newer).older = f.older
	} else {
		l.newest = f.older
	}
}

// place keeps a flow in the right list after a packet at now.
func (t *Table[S]) place(f *Flow[S], now int64) {
	c := f.classify()
	if c == f.class {
		l := &t.lists[c]
		if l.slack == 0 || now-f.touched <= l.slack {
			return
		}
	}
	t.pull(f)
	t.push(f, c, max(now, f.touched))
}

// Expire ends what had timed out at now, in nanoseconds of packet time. When nothing has it costs one comparison. Track does this by
// itself; call it for time that passes without packets.
func (t *Table[S]) Expire(now int64) {
	if now < t.due {
		return
	}
	t.due = math.MaxInt64
	for c := range t.lists {
		l := &t.lists[c]
		for l.oldest != 0 {
			f := t.at(l.oldest)
			if due := l.deadline(f.touched); due > now {
				t.due = min(t.due, due)
				break
			}
			t.end(f, expiryReason(f.class))
		}
	}
}

func expiryReason(c class) Reason {
	if c == classClosing {
		return Closed
	}
	return TimedOut
}

// evict makes room for one flow.
func (t *Table[S]) evict() {
	for c := range t.lists {
		if i := t.lists[c].oldest; i != 0 {
			if class(c) <= lastHalfOpen {
				t.stats.EvictedHalfOpen++
			} else {
				t.stats.EvictedOther++
			}
			t.end(t.at(i), Evicted)
			return
		}
	}
}

func (t *Table[S]) end(f *Flow[S], why Reason) {
	t.pull(f)
	f.Duplicate = false
	if t.hooks.Ended != nil {
		t.hooks.Ended(f, why)
	}
	t.remove(f)
}

// Close ends every conversation, in the order in which they began.
func (t *Table[S]) Close() {
	all := make([]*Flow[S], 0, t.count)
	for c := range t.lists {
		for i := t.lists[c].oldest; i != 0; i = t.at(i).newer {
			all = append(all, t.at(i))
		}
	}
	slices.SortFunc(all, func(a, b *Flow[S]) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.Number, b.Number))
	})
	for _, f := range all {
		t.end(f, Shutdown)
	}
}
