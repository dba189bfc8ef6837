package flowlog

import (
	"net/netip"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// give makes the conversation of what was joined.
func (p *Pairer) give(k pairKey, w *pairing) {
	ends := [2]half{w.end(0), w.end(1)}
	orig := w.began(k, &ends)
	addrs, ports := [2]netip.Addr{k.low, k.high}, [2]uint16{k.lowPort, k.highPort}
	resp := 1 - orig
	o, r := &ends[orig], &ends[resp]
	at := w.chief()
	c := &p.conn
	*c = events.Conn{
		Head:  events.Head{TS: events.Time(w.first * 1e9), OrigH: addrs[orig], OrigP: ports[orig], RespH: addrs[resp], RespP: ports[resp]},
		Proto: protoName(k.proto), IPProto: k.proto, Source: Source, Interface: at.iface, Direction: at.direction(orig).String(),
		Duration: events.Interval((w.last - w.first) * 1e9), Action: action(o, r),
		OrigPkts: o.packets, OrigIPBytes: o.bytes, OrigBytes: o.floor(k),
		RespPkts: r.packets, RespIPBytes: r.bytes, RespBytes: r.floor(k),
	}
	if o.accepted+o.denied > 0 {
		c.TCPFlags = honest(k.proto, o.flags, o.flagged)
	}
	c.ConnState = state(c, o, r)
	c.LocalOrig, c.LocalResp = private(c.OrigH), private(c.RespH)
	name(c, hashOf(k.low, k.high, k.lowPort, k.highPort, k.proto, w.first).text("joined"))
	p.emit(c)
}

func (h *half) floor(k pairKey) uint64 {
	return floor(k.proto, k.low, h.packets, h.bytes, !h.flagged || h.flags&flagSYN != 0)
}

// end puts together what both interfaces logged of one end's packets. They are the same packets, so that the larger count holds; what
// one interface let through and the other rejected was rejected.
func (w *pairing) end(i int) half {
	sum := w.views[0].of[i]
	other := &w.views[1].of[i]
	if other.accepted+other.denied == 0 {
		return sum
	}
	if sum.accepted+sum.denied == 0 {
		return *other
	}
	sum.packets, sum.bytes = max(sum.packets, other.packets), max(sum.bytes, other.bytes)
	sum.denied, sum.accepted = max(sum.denied, other.denied), min(sum.accepted, other.accepted)
	sum.flags |= other.flags
	sum.flagged, sum.acted = sum.flagged || other.flagged, sum.acted || other.acted
	sum.first = min(sum.first, other.first)
	return sum
}

// began gives the end that began: as the flags say, else the ports, else who was first; and where all is equal, the lower address.
func (w *pairing) began(k pairKey, ends *[2]half) int {
	const both = flagSYN | flagACK
	for i := range ends {
		if k.proto != tcp {
			break
		}
		if ends[i].flags&both == flagSYN && ends[1-i].flags&both != flagSYN {
			return i
		}
		if ends[i].flags&both == both && ends[1-i].flags&both != both {
			return 1 - i
		}
	}
	switch portSide(k.lowPort, k.highPort) {
	case Sender:
		return 0
	case Receiver:
		return 1
	}
	low, high := &ends[0], &ends[1]
	if low.packets == 0 || high.packets > 0 && high.first < low.first {
		return 1
	}
	return 0
}

// chief is the interface that the conversation is told of: the one that logged more of it.
func (w *pairing) chief() *view {
	a, b := &w.views[0], &w.views[1]
	size := func(v *view) uint64 { return v.of[0].bytes + v.of[1].bytes }
	if w.used == 2 && (size(b) > size(a) || size(b) == size(a) && b.iface < a.iface) {
		return b
	}
	return a
}

// direction is which way the originator's packets went there, or where there were none, the responder's: as a single record has it.
func (v *view) direction(orig int) Direction {
	if h := &v.of[orig]; h.accepted+h.denied > 0 {
		return h.dir
	}
	return v.of[1-orig].dir
}

// action says whether a conversation was blocked: something of it was rejected, and not both ends came through. Where a first try was
// rejected and a later one let in, the answer says that it was.
func action(o, r *half) string {
	switch {
	case o.denied+r.denied > 0 && (o.accepted == 0 || r.accepted == 0):
		return Reject.String()
	case o.acted || r.acted:
		return Accept.String()
	}
	return ""
}

// state gives Zeek's state, as far as the flags tell. Flow logs do not say in which order packets came: of two resets the responder's
// counts. Without flags TCP that carried something both ways is S1, since it was established and nobody saw the end.
func state(c *events.Conn, o, r *half) string {
	from, back := o.accepted+o.denied > 0, r.accepted+r.denied > 0
	switch {
	case c.Action == Reject.String() && from:
		return "S0" // dropped, and nobody told the sender
	case c.Action == Reject.String():
		return "OTH"
	case c.IPProto == tcp && (o.flagged || r.flagged):
		return tcpState(o, r, from, back)
	case c.IPProto == tcp && from && back && c.OrigBytes > 0 && c.RespBytes > 0:
		return "S1"
	case c.IPProto == tcp && from && !back && c.OrigPkts <= maxTries && c.OrigBytes == 0:
		return "S0"
	case c.IPProto == udp && from && back:
		return "SF"
	case c.IPProto == udp && from:
		return "S0"
	case c.IPProto == udp:
		return "SHR"
	}
	return "OTH"
}

func tcpState(o, r *half, from, back bool) string {
	answered := r.flags&(flagSYN|flagACK) == flagSYN|flagACK
	switch {
	case !from && answered:
		return responderOnly(r)
	case o.flags&flagSYN == 0 && !answered:
		return "OTH" // it began before the window, or the flags were not logged
	case !back:
		return originatorOnly(o)
	case !answered && r.flags&flagRST != 0:
		return "REJ"
	case !answered:
		return "OTH" // something came back, and how it began is not known
	}
	return established(o, r)
}

func originatorOnly(o *half) string {
	switch {
	case o.flags&flagRST != 0:
		return "RSTOS0"
	case o.flags&flagFIN != 0:
		return "SH"
	}
	return "S0"
}

func responderOnly(r *half) string {
	switch {
	case r.flags&flagRST != 0:
		return "RSTRH"
	case r.flags&flagFIN != 0:
		return "SHR"
	}
	return "OTH"
}

func established(o, r *half) string {
	switch {
	case r.flags&flagRST != 0:
		return "RSTR"
	case o.flags&flagRST != 0:
		return "RSTO"
	case o.flags&r.flags&flagFIN != 0:
		return "SF"
	case o.flags&flagFIN != 0:
		return "S2"
	case r.flags&flagFIN != 0:
		return "S3"
	}
	return "S1"
}
