package engine

import (
	"github.com/mirrorwatch/mirrorwatch/sensor/decap"
	"github.com/mirrorwatch/mirrorwatch/sensor/packet"
)

// envelopeOf is what tells one envelope from another. The source port is no part of it: VXLAN (RFC 7348 section 5) and GENEVE
// (RFC 8926 section 3.3) put a hash of the inner packet there, so that one mirrored interface uses many.
type envelopeOf struct {
	src, dst packet.Addr
	srcPort  uint16 // 0 but where the envelope is a conversation between a client and a server
	dstPort  uint16 // 0 where the envelope is not UDP
	vni      uint32
	kind     string
}

// envelopeFrom names the envelope that p is.
func envelopeFrom(p *packet.Packet, in decap.Inner) envelopeOf {
	e := envelopeOf{src: p.Src, dst: p.Dst, vni: in.VNI, kind: in.Type}
	if p.Kind == packet.KindUDP {
		e.dstPort = p.DstPort
	}
	return e
}

// between makes one key of both directions of a tunnel that has no ports to tell a client from a server: GRE and IP in IP are
// set up between two hosts, and both send.
func (k envelopeOf) between() envelopeOf {
	if k.dstPort == 0 && compareBytes(k.src[:], k.dst[:]) > 0 {
		k.src, k.dst = k.dst, k.src
	}
	return k
}

// load is what one worker carried of one envelope in one round. The ledger adds them up.
type load struct {
	key     envelopeOf
	first   envelopeOf // as its first packet of the round went
	srcPort uint16     // of that packet
	uid     string
	alone   []string // the uid as the chain of a packet that came in this envelope only
	at      uint32   // index of that packet's frame
	depth   uint8    // envelopes around it
	start   int64
	last    int64
	packets uint64
	bytes   uint64
}

// parcel is one envelope of the frame at hand, not counted yet: whose the frame is shows only at its core.
type parcel struct {
	load    *load
	first   envelopeOf
	srcPort uint16
	depth   uint8
	bytes   int
}

// freight is a worker's view of the envelopes: those it knows, with the one used last at hand since packets of one come in runs.
type freight struct {
	known   map[envelopeOf]*load
	latest  *load
	touched []*load // that carried something in this round
	parcels []parcel
}

// maxTunnels bounds the envelopes that are accounted for: a mirrored interface is one.
const maxTunnels = 65536

// carry notes an envelope of the frame at hand and adds it to the chain that the packet came in. uid is that of the conversation
// which the envelope is, or "" where it is none.
func (w *worker) carry(first envelopeOf, srcPort uint16, uid string, inner int) {
	l := w.freight.latest
	if l == nil || l.first != first || uid != "" {
		l = w.freight.loadOf(first.between(), uid)
	}
	if w.sure() {
		w.count(l, &first, srcPort, w.depth, inner)
	} else {
		w.freight.parcels = append(w.freight.parcels, parcel{l, first, srcPort, w.depth, inner})
	}
	if w.chain == nil {
		w.chain = l.alone
	} else {
		w.chain = append(w.chain[:len(w.chain):len(w.chain)], l.uid)
	}
}

// loadOf finds or makes the load of an envelope. What is known is only a cache, so when it is full it is begun anew.
func (f *freight) loadOf(key envelopeOf, uid string) *load {
	l := f.latest
	if l == nil || l.key != key {
		if l = f.known[key]; l == nil {
			if f.known == nil || len(f.known) >= maxTunnels {
				f.known = map[envelopeOf]*load{}
			}
			l = &load{key: key, first: key}
			f.known[key] = l
		}
		f.latest = l
	}
	if l.uid == "" || uid != "" && uid != l.uid {
		if uid == "" {
			uid = uidOf('T', hashEnvelope(key, 0))
		}
		l.uid, l.alone = uid, []string{uid}
	}
	return l
}

// count adds one packet of the frame at hand to a load.
func (w *worker) count(l *load, first *envelopeOf, srcPort uint16, depth uint8, inner int) {
	if l.packets == 0 {
		l.first, l.srcPort, l.at, l.depth, l.start = *first, srcPort, w.at, depth, w.now
		w.freight.touched = append(w.freight.touched, l)
	}
	l.last = w.now
	l.packets++
	l.bytes += uint64(inner)
}

// settle counts the envelopes of a frame that turned out to be this worker's.
func (w *worker) settle() {
	for i := range w.freight.parcels {
		p := &w.freight.parcels[i]
		w.count(p.load, &p.first, p.srcPort, p.depth, p.bytes)
	}
}

// unload puts what was carried in this round into the outbox.
func (w *worker) unload() {
	for _, l := range w.freight.touched {
		w.box.loads = append(w.box.loads, *l)
		l.packets, l.bytes = 0, 0
	}
	w.freight.touched = w.freight.touched[:0]
}

// hashEnvelope makes a number for a uid: FNV-1a over the key and a salt. The two hosts and the network have the same uid
// whenever they are seen again.
func hashEnvelope(k envelopeOf, salt int64) uint64 {
	h := uint64(14695981039346656037)
	mix := func(v uint64) {
		for range 8 {
			h = (h ^ v&0xff) * 1099511628211
			v >>= 8
		}
	}
	for i := 0; i < 16; i += 4 {
		mix(uint64(k.src[i])<<24 | uint64(k.src[i+1])<<16 | uint64(k.src[i+2])<<8 | uint64(k.src[i+3]))
		mix(uint64(k.dst[i])<<24 | uint64(k.dst[i+1])<<16 | uint64(k.dst[i+2])<<8 | uint64(k.dst[i+3]))
	}
	mix(uint64(k.srcPort)<<48 | uint64(k.dstPort)<<32 | uint64(k.vni))
	for i := range len(k.kind) {
		mix(uint64(k.kind[i]))
	}
	mix(uint64(salt))
	return h
}
