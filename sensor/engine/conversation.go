package engine

import (
	"slices"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
	"github.com/mirrorwatch/mirrorwatch/sensor/packet"
	"github.com/mirrorwatch/mirrorwatch/sensor/stream"
)

// conversation is what the engine hangs on a flow. It is small, since a flood makes a million of them; what only a conversation
// with payload needs is in talk.
type conversation struct {
	bytes   stream.Conn
	talk    *talk
	parents []string // uids of the tunnels that carried its first packet
	shadow  bool     // another worker reports it; here it is only counted, for its uid
}

// talk is the part of a conversation that has said something.
type talk struct {
	mux       analyzer.Mux
	over      analyzer.Transport
	head      *events.Head // made when first needed
	services  []string
	weirds    []string // names reported so far
	datagrams [2]uint32
	rewritten [2]uint32 // segments that came again with other bytes, the first copy having been acknowledged, by direction
}

// maxWeirds is how many different oddities one conversation may report.
const maxWeirds = 8

// maxServices is how many protocols one conversation may claim.
const maxServices = 6

func (w *worker) startTalk(over analyzer.Transport) {
	var t *talk
	if n := len(w.spare); n > 0 {
		t, w.spare = w.spare[n-1], w.spare[:n-1]
	} else {
		t = &talk{}
	}
	t.over = over
	t.mux.Start(w.deck, over, w.f.Orig.Port, w.f.Resp.Port)
	w.f.State.talk = t
}

// maxSpare is how many ended talks are kept for the next conversations.
const maxSpare = 4096

func (w *worker) endTalk(f *flow.Flow[conversation]) {
	t := f.State.talk
	if t == nil {
		return
	}
	f.State.talk = nil
	if len(w.spare) < maxSpare {
		*t = talk{services: t.services[:0], weirds: t.weirds[:0]}
		w.spare = append(w.spare, t)
	}
}

// Chunk passes bytes in order to who reads them (stream.Handler).
func (w *worker) Chunk(c stream.Chunk) {
	t := w.f.State.talk
	if t == nil {
		return
	}
	t.mux.Stream(c, w)
	if !t.mux.Wants() {
		w.stream.Stop(&w.f.State.bytes)
	}
}

// Gap tells who reads that bytes are missing for good (stream.Handler).
func (w *worker) Gap(d flow.Dir, n int) {
	w.counts.Gaps++
	w.counts.GapBytes += uint64(n)
	w.missed(w.f.VNI)
	w.f.Gap(d, n)
	if t := w.f.State.talk; t != nil {
		t.mux.Gap(d, n)
	}
}

// Mismatch reports a retransmission whose bytes differ from the first copy (stream.Handler): two hosts may have been shown
// two different things.
//
// Where the receiver had acknowledged the first copy, that was no copy damaged on the way: it is counted for the conversation. The
// checksum of the second is not asked: captures whose addresses were changed, and a host's own, have wrong ones throughout.
func (w *worker) Mismatch(d flow.Dir, _ uint64) {
	w.Weird("rexmit_inconsistency", "", "tcp")
	p, t := w.segmentAt, w.f.State.talk
	if p != nil && t != nil && w.f.Acknowledged(d, p.Seq) {
		t.rewritten[d]++
	}
}

// Open makes the conversation that an analyzer sees (analyzer.Opener).
func (w *worker) Open() *analyzer.Conversation {
	f := w.f
	return analyzer.NewConversation(*w.head(f), f.State.talk.over, w.cfg.Local(f.Orig.Addr), w.cfg.Local(f.Resp.Addr), w, w.door)
}

// Emit completes a record and passes it on (analyzer.Host).
func (w *worker) Emit(r events.Record) {
	h, own := r.Common(), w.head(w.f)
	ts := h.TS
	if ts == 0 {
		ts = events.Time(w.now)
	}
	if !h.OrigH.IsValid() {
		*h = *own
	}
	h.TS = ts
	w.emit(r)
}

// Confirm adds a protocol to the conversation's service (analyzer.Host).
func (w *worker) Confirm(service string) {
	t := w.f.State.talk
	if t == nil || len(t.services) >= maxServices {
		return
	}
	for _, have := range t.services {
		if have == service {
			return
		}
	}
	t.services = append(t.services, service)
	if service == "ssh" || service == "ftp" { // people type there, and pause
		w.flows.Interactive(w.f)
	}
}

// Weird reports an oddity, once a name and conversation (analyzer.Host).
func (w *worker) Weird(name, addl, source string) {
	w.counts.Weirds++
	t := w.f.State.talk
	if t == nil || len(t.weirds) >= maxWeirds {
		return
	}
	for _, have := range t.weirds {
		if have == name {
			return
		}
	}
	t.weirds = append(t.weirds, name)
	w.Emit(&events.Weird{Name: name, Addl: addl, Source: source})
}

// Rejected counts an analyzer that took a conversation and then said it was not its own (analyzer.Host).
func (w *worker) Rejected() { w.counts.Rejected++ }

// head gives what every record of a conversation begins with.
func (w *worker) head(f *flow.Flow[conversation]) *events.Head {
	t := f.State.talk
	if t != nil && t.head != nil {
		return t.head
	}
	var room [64]byte // both ids are one string: they are made and forgotten together
	ids := appendCommunityID(appendUID(room[:0], 'C', f.Number), endpoints{f.Orig.Addr, f.Resp.Addr, f.Orig.Port, f.Resp.Port, f.Proto})
	both := string(ids)
	h := &events.Head{
		TS: events.Time(f.Start), UID: both[:uidLength], CommunityID: both[uidLength:],
		OrigH: f.Orig.Addr.Netip(), OrigP: f.Orig.Port, RespH: f.Resp.Addr.Netip(), RespP: f.Resp.Port,
		VNI: f.VNI, Sensor: w.cfg.Sensor,
	}
	if t != nil {
		t.head = h
	}
	return h
}

// emitConn writes the conversation's conn record.
func (w *worker) emitConn(f *flow.Flow[conversation], interim bool) {
	c := &events.Conn{
		Head: *w.head(f), Proto: protoName(f.Proto), IPProto: f.Proto,
		Duration:  events.Interval(f.Last - f.Start),
		OrigBytes: f.Orig.Bytes(), RespBytes: f.Resp.Bytes(),
		OrigPkts: f.Orig.Packets, RespPkts: f.Resp.Packets,
		OrigIPBytes: f.Orig.IPBytes, RespIPBytes: f.Resp.IPBytes,
		ConnState: f.ConnState(), History: f.History(), MissedBytes: f.MissedBytes, TCPFlags: f.Flags,
		LocalOrig: w.cfg.Local(f.Orig.Addr), LocalResp: w.cfg.Local(f.Resp.Addr),
		Vlan: f.VLAN[0], InnerVlan: f.VLAN[1],
		TunnelParents: f.State.parents, Interim: interim,
		DuplicateVNIs: slices.Clone(f.DuplicateVNIs()), DuplicatePkts: f.DuplicatePackets(),
	}
	c.AnsweredTwice = f.AnsweredTwice(flow.Orig) || f.AnsweredTwice(flow.Resp)
	c.ResetIgnored, c.ResetFar = sidesText(f.WentOn), sidesText(f.FarReset)
	c.OrigL2, c.RespL2 = macText(f.Orig.MAC, f.Resp.MAC)
	if t := f.State.talk; t != nil {
		c.Service = strings.Join(t.services, ",")
		c.OrigRewritten, c.RespRewritten = t.rewritten[flow.Orig], t.rewritten[flow.Resp]
	}
	w.counts.Flows++
	w.emit(c)
}

// sidesText names the sides of which something holds.
func sidesText(holds func(flow.Dir) bool) string {
	orig, resp := holds(flow.Orig), holds(flow.Resp)
	switch {
	case orig && resp:
		return "both"
	case orig:
		return "orig"
	case resp:
		return "resp"
	}
	return ""
}

// protoName is Zeek's name of a transport.
func protoName(proto uint8) string {
	switch proto {
	case packet.ProtoTCP:
		return "tcp"
	case packet.ProtoUDP:
		return "udp"
	case packet.ProtoICMP, packet.ProtoICMPv6:
		return "icmp"
	}
	return "unknown_transport"
}

// maxOddities is how many fragmented datagrams may be remembered as reported; then the memory begins anew.
const maxOddities = 1024

// oddFragment reports something strange about a fragment, once a datagram and oddity.
func (w *worker) oddFragment(p *packet.Packet, odd packet.Odd, torn bool) {
	if !w.mine(p) {
		return
	}
	w.counts.Weirds++
	number := hashEnvelope(envelopeOf{src: p.Src, dst: p.Dst, vni: p.VNI}, int64(p.IPID))
	if w.oddities[number]&(1<<odd) != 0 {
		return
	}
	if len(w.oddities) >= maxOddities {
		clear(w.oddities)
	}
	w.oddities[number] |= 1 << odd
	h := events.Head{
		TS: events.Time(p.Time), UID: uidOf('C', number),
		OrigH: p.Src.Netip(), RespH: p.Dst.Netip(), VNI: p.VNI, Sensor: w.cfg.Sensor,
	}
	r := &events.Weird{Head: h, Name: odd.String(), Source: "ip"}
	if torn {
		r.Addl = events.TornFragment
	}
	w.emit(r)
}
