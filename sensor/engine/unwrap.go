package engine

import (
	"encoding/binary"
	"errors"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/capture"
	"github.com/mirrorwatch/mirrorwatch/sensor/decap"
	"github.com/mirrorwatch/mirrorwatch/sensor/packet"
)

// MaxDepth is how many envelopes are taken off one frame. A Gateway Load Balancer's mirror takes three (GENEVE, IP, VXLAN); an
// overlay network inside it one or two more. What is deeper is counted, not followed.
const MaxDepth = 6

// unwrap decodes a frame and every envelope it came in, down to the packet that a host sent, or as far as it can. It says
// whether that packet is whole enough to be used.
func (w *worker) unwrap(fr *capture.Frame) (p *packet.Packet, ok bool) {
	p = &w.pkt[0]
	w.chain, w.depth, w.faulty, w.cut, w.tooDeep = nil, 0, false, false, false
	w.freight.parcels = w.freight.parcels[:0]
	p.VNI = 0
	if w.known {
		return p, w.openKnown(p, fr)
	}
	if !w.open(p, fr) {
		return p, false
	}
	for {
		if p.Fragment && !w.whole(p) {
			return p, false
		}
		in, ok := envelope(p)
		if !ok {
			return p, true
		}
		if w.depth == MaxDepth {
			w.tooDeep = true
			return p, true
		}
		if p, ok = w.descend(p, in); !ok {
			return p, false
		}
		w.depth++
	}
}

// open decodes the outermost header. What a socket received has lost its own already: there it is the VXLAN header.
func (w *worker) open(p *packet.Packet, fr *capture.Frame) bool {
	if fr.Link != capture.LinkVXLAN {
		return w.decode(p, fr.Data, packet.Meta{Time: fr.Time, Length: fr.Length, Link: fr.Link})
	}
	inner, vni, ok := decap.VXLAN(fr.Data)
	if !ok {
		w.faulty = true
		return false
	}
	offset := len(fr.Data) - len(inner)
	w.carry(envelopeOf{src: fr.From, dstPort: portVXLAN, vni: vni, kind: "VXLAN"}, fr.FromPort, "", fr.Length-offset)
	p.VNI, w.wire = vni, fr.Length-offset
	w.depth++
	return w.decode(p, inner, packet.Meta{Time: fr.Time, Length: fr.Length - offset, Link: packet.LinkEthernet})
}

// openKnown decodes a frame whose shape skim has seen already: bare, or in one VXLAN envelope, and nothing that is an envelope itself.
func (w *worker) openKnown(p *packet.Packet, fr *capture.Frame) bool {
	ip := fr.Data[14:]
	if ip[9] != packet.ProtoUDP || port(ip[22:]) != portVXLAN {
		return w.decode(p, fr.Data, packet.Meta{Time: fr.Time, Length: fr.Length, Link: fr.Link})
	}
	inner := ip[36 : 20+int(port(ip[24:]))]
	p.VNI, w.wire = binary.BigEndian.Uint32(ip[32:])>>8, len(inner)
	w.carry(envelopeOf{
		src: packet.AddrOf4([4]byte(ip[12:16])), dst: packet.AddrOf4([4]byte(ip[16:20])), dstPort: portVXLAN, vni: p.VNI, kind: "VXLAN",
	}, port(ip[20:]), "", len(inner))
	w.depth++
	return w.decode(p, inner, packet.Meta{Time: fr.Time, Length: len(inner), Link: packet.LinkEthernet})
}

// decode notes what cannot be decoded; what a frame holds before the fault is used.
func (w *worker) decode(p *packet.Packet, frame []byte, m packet.Meta) bool {
	w.cut = w.cut || len(frame) < m.Length
	if err := p.Decode(frame, m); err != nil {
		w.faulty = true
		w.cut = w.cut || errors.Is(err, packet.ErrTruncated)
		return p.Kind >= packet.KindIP
	}
	return true
}

// whole puts a fragment with its kin; it says true when p is now the datagram they make.
func (w *worker) whole(p *packet.Packet) bool {
	vni := p.VNI
	bytes, m, odd := w.frags.Add(p)
	if odd != packet.OddNone {
		w.oddFragment(p, odd, w.frags.Torn)
	}
	if bytes == nil {
		return false
	}
	p.VNI = vni
	return w.decode(p, bytes, m)
}

// envelope says what p carries, if p is an envelope.
func envelope(p *packet.Packet) (decap.Inner, bool) {
	switch p.Kind {
	case packet.KindUDP:
		return decap.UDP(p.SrcPort, p.DstPort, p.Payload)
	case packet.KindIP:
		return decap.IP(p.Proto, p.Payload)
	}
	return decap.Inner{}, false
}

// descend accounts for one envelope and decodes what is in it. The two packets take turns, so that the outer one's fields
// are still there to be read.
func (w *worker) descend(p *packet.Packet, in decap.Inner) (*packet.Packet, bool) {
	length := max(p.PayloadLen-in.Offset, len(in.Frame))
	if isService(in.Type) {
		w.service(p, in.Type, length)
	} else {
		w.carry(envelopeFrom(p, in), p.SrcPort, "", length)
	}
	next := &w.pkt[0]
	if p == next {
		next = &w.pkt[1]
	}
	next.VNI = p.VNI
	if in.VNI != 0 {
		next.VNI, w.wire = in.VNI, length
	}
	return next, w.decode(next, in.Frame, packet.Meta{Time: p.Time, Length: length, Link: packet.LinkType(in.Link)})
}

// isService says whether an envelope is a conversation of its own right, between a client and a server that it chose. VXLAN,
// GENEVE, GRE and the like are the network's: they are tunnels, and no conversation.
func isService(kind string) bool { return kind == "AYIYA" || kind == "TEREDO" || kind == "GTPv1" }

// service keeps account of an envelope that is a conversation too. Every worker does, since each needs its uid for the
// conversations inside; the one whose it is reports it.
func (w *worker) service(p *packet.Packet, kind string, inner int) {
	w.packet(p, w.mine(p))
	if w.f == nil {
		return
	}
	if w.f.State.talk == nil {
		w.startTalk(analyzer.UDP)
	}
	w.Confirm(strings.ToLower(kind))
	f := w.f
	key := envelopeOf{
		src: f.Orig.Addr, dst: f.Resp.Addr, srcPort: f.Orig.Port, dstPort: f.Resp.Port, vni: f.VNI, kind: kind,
	}
	w.carry(key, f.Orig.Port, w.head(f).UID, inner)
}

// mine says whether this worker has charge of p's conversation. The observation point is left out of it, so that two copies
// of a conversation meet in one worker.
func (w *worker) mine(p *packet.Packet) bool {
	return w.sure() || p.Shard()%w.share == w.index
}

// sure says whether the frame at hand is this worker's before it is decoded.
func (w *worker) sure() bool { return w.known || w.share <= 1 }
