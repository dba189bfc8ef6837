// Package dhcp reads DHCP for IPv4 (RFC 2131, RFC 2132) and the BOOTP it stands on. What comes in is datagrams; what goes out is
// one events.DHCP a transaction, its messages joined by their id and hardware address. It joins only what one conversation
// carries: where the client broadcasts and the server answers to the new address, those are two conversations and two records.
// It never reads DHCPv6, vendor options, or option values that were split in two (RFC 3396).
package dhcp

import (
	"net/netip"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
	"github.com/mirrorwatch/mirrorwatch/sensor/stream"
)

// Spec declares the analyzer.
var Spec = analyzer.Spec{
	Name:  "dhcp",
	Over:  analyzer.UDP,
	Ports: []uint16{67, 68},
	Probe: probe,
	New:   open,
}

const (
	// maxPending bounds the open transactions of a conversation. All clients of a segment share the one that goes from 0.0.0.0 to
	// everybody; above this (address starvation does it) the oldest is let go, with what it has.
	maxPending = 64
	// maxMessages bounds the message types kept of a transaction; a renewal has two, a first lease four.
	maxMessages = 32
	// joinTimeout is how long a transaction waits for its next message, by the packets' clock: a client tries for up to 64 s but
	// within an id rarely pauses longer (RFC 2131 section 4.1).
	joinTimeout = int64(30 * time.Second)
)

// reader is one conversation's analyzer; pending is in the order in which the transactions began.
type reader struct {
	conv      *analyzer.Conversation
	confirmed bool
	pending   []*transaction
}

// transaction is a record in the making.
type transaction struct {
	rec  events.DHCP
	xid  uint32
	mac  [6]byte
	last int64 // time of the newest message
}

func open(c *analyzer.Conversation) analyzer.Analyzer { return &reader{conv: c} }

// probe wants BOOTP's fixed part to be sane and the cookie of RFC 2132 behind it; plain BOOTP is believed on its ports only.
func probe(_ flow.Dir, head []byte, hinted bool) analyzer.Verdict {
	m, ok := parse(head)
	if !ok || !m.cookie && !hinted {
		return analyzer.No
	}
	return analyzer.Yes
}

// Feed takes one datagram.
func (r *reader) Feed(c stream.Chunk) (int, error) {
	r.expire(c.Time)
	m, ok := parse(c.Data)
	if !ok {
		if !r.confirmed {
			return 0, analyzer.ErrNotMine
		}
		r.conv.Weird("dhcp_malformed", "")
		return len(c.Data), nil
	}
	if !r.confirmed {
		r.confirmed = true
		r.conv.Confirm("")
	}
	i := r.find(&m, c.Time)
	t := r.pending[i]
	t.add(&m, r.source(c.Dir), c.Time)
	if m.ends() {
		r.emit(i)
	}
	return len(c.Data), nil
}

// source is the address that a message came from.
func (r *reader) source(d flow.Dir) netip.Addr {
	if d == flow.Orig {
		return r.conv.Head.OrigH
	}
	return r.conv.Head.RespH
}

// find gives the place of the message's transaction, a new one where there is none.
func (r *reader) find(m *message, now int64) int {
	for i, t := range r.pending {
		if t.xid == m.xid && t.mac == m.mac {
			return i
		}
	}
	if len(r.pending) >= maxPending {
		r.conv.Weird("dhcp_pending_overflow", "")
		r.emit(0)
	}
	t := &transaction{xid: m.xid, mac: m.mac}
	t.rec.TS = events.Time(now)
	r.pending = append(r.pending, t)
	return len(r.pending) - 1
}

// add joins a message to the transaction. Later messages overrule earlier ones, but never with nothing.
func (t *transaction) add(m *message, source netip.Addr, now int64) {
	rec := &t.rec
	t.last = now
	rec.Duration = events.Interval(now) - events.Interval(rec.TS)
	if m.mac != ([6]byte{}) {
		rec.MAC = macText(m.mac)
	}
	if m.kind != 0 && len(rec.MsgTypes) < maxMessages {
		rec.MsgTypes = append(rec.MsgTypes, kindName(m.kind))
	}
	setText(&rec.Domain, m.domain)
	setAddr(&rec.AssignedAddr, m.yours)
	if m.lease != 0 {
		rec.LeaseTime = events.Interval(m.lease) * events.Interval(time.Second)
	}
	if m.fromClient {
		t.addRequest(m, source)
		return
	}
	setText(&rec.ServerMessage, m.text)
	setAddr(&rec.ServerAddr, source)
	setAddr(&rec.ServerAddr, m.server)
	if m.ends() && !rec.ClientAddr.IsValid() { // the client spoke from 0.0.0.0, and has this address from here on
		setAddr(&rec.ClientAddr, m.yours)
	}
}

func (t *transaction) addRequest(m *message, source netip.Addr) {
	rec := &t.rec
	setText(&rec.HostName, m.hostName)
	setText(&rec.ClientMessage, m.text)
	if m.fqdn != nil {
		setText(&rec.ClientFQDN, fqdnText(m.fqdn))
	}
	setAddr(&rec.RequestedAddr, m.requested)
	if !m.relayed { // else the source is the relay's
		setAddr(&rec.ClientAddr, source)
	}
	setAddr(&rec.ClientAddr, m.client)
}

func setText(dst *string, b []byte) {
	if len(b) > 0 {
		*dst = text(b)
	}
}

func setAddr(dst *netip.Addr, a netip.Addr) {
	if a.IsValid() && !a.IsUnspecified() {
		*dst = a
	}
}

func (r *reader) emit(i int) {
	t := r.pending[i]
	r.pending = append(r.pending[:i], r.pending[i+1:]...)
	r.conv.Emit(&t.rec)
}

// expire lets go of the transactions in which nothing happened for long.
func (r *reader) expire(now int64) {
	for i := 0; i < len(r.pending); {
		if now-r.pending[i].last > joinTimeout {
			r.emit(i)
			continue
		}
		i++
	}
}

// Gap has no meaning for datagrams.
func (r *reader) Gap(flow.Dir, int) error { return nil }

// Close emits what is still open, the oldest first.
func (r *reader) Close() {
	for len(r.pending) > 0 {
		r.emit(0)
	}
}
