// Package tally remembers what VPC Flow Logs said, address by address and hour by hour, and what that says of a detection. What comes in
// is conversations of flow logs (events.Conn with source "flowlog"), object by object; what goes out is documents of KindFlows, and from
// them the summary that stands in a detection's context. It never reads a clock or a file. Only Keep writes; Keys and Summary are pure.
//
// An address means the same in all VPCs here: where two use the same range, what their hosts did is told together.
package tally

import (
	"net/netip"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// Source marks the conversations that are counted.
const Source = "flowlog"

// Limits of a document. What is beyond them is summed and counted as left out.
const (
	MaxPeers     = 256       // half of them those that were rejected most, half those that carried most
	MaxEntries   = 2000      // ports of peers, each by ten minutes
	MaxObjects   = 1024      // names of objects that a document holds, as hashes; the oldest are forgotten
	MaxBytes     = 200 << 10 // of the document; a store takes store.MaxBody
	slotLength   = 10 * 60   // seconds
	slots        = 3600 / slotLength
	keepFor      = 14 * 24 * time.Hour
	entriesAPeer = 256
)

// Options set up a Counter. Zero members mean the defaults.
type Options struct {
	Until      time.Time // documents stay at least so long: logs of long ago that are read again; zero: as long as their hours say
	MaxEntries int       // conversations' ports that one object may bring; 200,000, about 60 MB. The rest is summed by peer, by address, or dropped and counted
}

// Counter counts the conversations of one object, until Keep writes them down. It is not safe for use by several goroutines.
type Counter struct {
	limit   int
	until   time.Time
	sums    map[place]count
	unsure  map[doubt]count
	left    map[hourKey]leftOut
	through map[hourKey]int64
	dropped uint64
}

// hourKey names a document.
type hourKey struct {
	addr netip.Addr
	hour int64 // seconds since 1970 at its beginning
}

// entryKey is a port that was tried, in ten minutes.
type entryKey struct {
	slot  uint8
	proto uint8 // with port 0, protocol 0 stands for all ports that are not told apart
	port  uint16
	mine  bool // the port is the local address's: the peer tried it
}

// place is where something is counted.
type place struct {
	hourKey
	peer netip.Addr
	entryKey
}

// doubt is a place of which we do not know yet which address is the interface's own: local and peer may have to be swapped.
type doubt struct {
	place
	iface string
}

// count is what is counted. Of conversations that were let in both directions count, of rejected ones what was rejected.
type count struct {
	tries, packets, bytes        uint64 // let in, as the originator sent
	backPackets, backBytes       uint64 // what the responder sent
	denied, deniedPkts, deniedBy uint64 // rejected: records, packets, bytes
	folded                       uint64 // entries that were put together here
	first, last                  int64  // seconds since 1970
}

func (c *count) add(o count) {
	if c.last == 0 && c.first == 0 {
		c.first = o.first
	}
	c.first, c.last = min(c.first, o.first), max(c.last, o.last)
	c.tries, c.packets, c.bytes = c.tries+o.tries, c.packets+o.packets, c.bytes+o.bytes
	c.backPackets, c.backBytes = c.backPackets+o.backPackets, c.backBytes+o.backBytes
	c.denied, c.deniedPkts, c.deniedBy = c.denied+o.denied, c.deniedPkts+o.deniedPkts, c.deniedBy+o.deniedBy
	c.folded += o.folded
}

// leftOut sums what is not told apart.
type leftOut struct {
	Peers   uint64           `json:"peers,omitempty"` // how often a peer was left out; one that comes again counts again
	Let     events.FlowCount `json:"let"`
	Refused events.FlowCount `json:"refused"`
}

func (l *leftOut) add(c count, peers uint64) {
	l.Peers += peers
	l.Let = plus(l.Let, c.let())
	l.Refused = plus(l.Refused, c.refused())
}

func (c *count) let() events.FlowCount {
	return events.FlowCount{Records: c.tries, Packets: c.packets + c.backPackets, Bytes: c.bytes + c.backBytes}
}

func (c *count) refused() events.FlowCount {
	return events.FlowCount{Records: c.denied, Packets: c.deniedPkts, Bytes: c.deniedBy}
}

func plus(a, b events.FlowCount) events.FlowCount {
	return events.FlowCount{Records: a.Records + b.Records, Packets: a.Packets + b.Packets, Bytes: a.Bytes + b.Bytes}
}

// NewCounter makes an empty one.
func NewCounter(o Options) *Counter {
	if o.MaxEntries <= 0 {
		o.MaxEntries = 200_000
	}
	c := &Counter{limit: o.MaxEntries, until: o.Until}
	c.reset()
	return c
}

func (c *Counter) reset() {
	c.sums, c.unsure = map[place]count{}, map[doubt]count{}
	c.left, c.through, c.dropped = map[hourKey]leftOut{}, map[hourKey]int64{}, 0
}

// Dropped is how many conversations could not be counted at all, because the object was too large.
func (c *Counter) Dropped() uint64 { return c.dropped }

// Add counts a conversation of a flow log. Others are passed over. It is meant for those of single records: one that was joined of what
// both ends logged names one interface, so that only that end's document would have it. It is counted for the address of the interface
// that logged it; where the format has no direction, for the one that is private, and where both are, for
// the one that the interface has most to do with in this object.
func (c *Counter) Add(conn *events.Conn) {
	if conn.Source != Source || !conn.OrigH.IsValid() || !conn.RespH.IsValid() || conn.TS < 0 {
		return
	}
	n := countOf(conn)
	orig, resp := conn.OrigH, conn.RespH
	switch local(conn) {
	case originator:
		c.put(placeOf(conn, orig, resp, false), n)
	case responder:
		c.put(placeOf(conn, resp, orig, true), n)
	default:
		d := doubt{placeOf(conn, orig, resp, false), conn.Interface}
		if have, has := c.unsure[d]; has || c.room() {
			have.add(n)
			c.unsure[d] = have
			return
		}
		c.put(d.place, n)
	}
}

func countOf(conn *events.Conn) count {
	n := count{first: int64(conn.TS / 1e9), last: int64((conn.TS + events.Time(conn.Duration)) / 1e9)}
	if conn.Action == "REJECT" {
		n.denied, n.deniedPkts, n.deniedBy = 1, conn.OrigPkts+conn.RespPkts, conn.OrigIPBytes+conn.RespIPBytes
		return n
	}
	if conn.OrigPkts > 0 {
		n.tries = 1 // an answer alone is no try
	}
	n.packets, n.bytes, n.backPackets, n.backBytes = conn.OrigPkts, conn.OrigIPBytes, conn.RespPkts, conn.RespIPBytes
	return n
}

func placeOf(conn *events.Conn, local, peer netip.Addr, mine bool) place {
	at := int64(conn.TS / 1e9)
	return place{
		hourKey{local, at - at%3600}, peer,
		entryKey{slot: uint8(at % 3600 / slotLength), proto: conn.IPProto, port: conn.RespP, mine: mine},
	}
}

type side uint8

const (
	unclear side = iota
	originator
	responder
)

// local says which end is the interface's own. The direction is that of the originator's packets where there are any.
func local(conn *events.Conn) side {
	sender, receiver := originator, responder
	if conn.OrigPkts == 0 && conn.RespPkts > 0 {
		sender, receiver = responder, originator
	}
	switch {
	case conn.Direction == "egress":
		return sender
	case conn.Direction == "ingress":
		return receiver
	case conn.LocalOrig && !conn.LocalResp:
		return originator
	case conn.LocalResp && !conn.LocalOrig:
		return responder
	}
	return unclear
}

func (c *Counter) room() bool { return len(c.sums)+len(c.unsure) < c.limit }

// put counts at a place, or where there is no room for one more, at one that stands for several.
func (c *Counter) put(p place, n count) {
	have, has := c.sums[p]
	if !has && !c.room() {
		p.entryKey = entryKey{slot: p.slot, mine: p.mine}
		n.folded++
		have, has = c.sums[p]
	}
	if has || c.room() {
		have.add(n)
		c.sums[p] = have
		c.through[p.hourKey] = max(c.through[p.hourKey], n.last)
		return
	}
	if l, has := c.left[p.hourKey]; has || len(c.left) < c.limit {
		l.add(n, 1)
		c.left[p.hourKey] = l
		c.through[p.hourKey] = max(c.through[p.hourKey], n.last)
		return
	}
	c.dropped++
}
