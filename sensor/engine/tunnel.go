package engine

import (
	"slices"

	"github.com/mirrorwatch/mirrorwatch/events"
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

// tunnel is what is known of one envelope.
type tunnel struct {
	key     envelopeOf
	first   envelopeOf // as its first packet went
	srcPort uint16     // of its first packet
	uid     string
	alone   []string // the uid as the chain of a packet that came in this envelope only
	mine    bool     // this worker writes its records
	start   int64
	last    int64
	packets uint64
	bytes   uint64
}

// tunnels keeps the envelopes that are open, with the one used last at hand: packets of one come in runs.
type tunnels struct {
	open     map[envelopeOf]*tunnel
	latest   *tunnel
	Overflow uint64 // packets whose envelope was not accounted for because maxTunnels were open
	scratch  []*tunnel
	checked  int64
}

// maxTunnels bounds the envelopes that are accounted for: a mirrored interface is one.
const maxTunnels = 65536

// tunnelIdle is how long an envelope may be silent before it is closed, as the load balancer's UDP idle time-out twice over.
const tunnelIdle = 240e9

// carry counts one inner packet of an envelope and adds the envelope to the chain that the packet came in.
// Every worker sees every envelope of a file, so each knows all uids; the one that has charge of it writes its records.
func (w *worker) carry(key envelopeOf, srcPort uint16, now int64, inner int) {
	t := w.account(key, srcPort, now, inner)
	if t == nil {
		return
	}
	if w.chain == nil {
		w.chain = t.alone
	} else {
		w.chain = append(w.chain[:len(w.chain):len(w.chain)], t.uid)
	}
}

// account counts one inner packet of an envelope, which is opened by the first; nil where there are too many.
func (w *worker) account(first envelopeOf, srcPort uint16, now int64, inner int) *tunnel {
	ts, key := &w.tunnel, first.between()
	t := ts.latest
	if t == nil || t.key != key {
		if t = ts.open[key]; t == nil {
			t = w.openTunnel(key, first, srcPort, now)
		}
		if t == nil {
			return nil
		}
		ts.latest = t
	}
	t.last = now
	t.packets++
	t.bytes += uint64(inner)
	return t
}

func (w *worker) openTunnel(key, first envelopeOf, srcPort uint16, now int64) *tunnel {
	ts := &w.tunnel
	if len(ts.open) >= maxTunnels {
		ts.Overflow++
		return nil
	}
	number := hashTunnel(key, now)
	t := &tunnel{key: key, first: first, srcPort: srcPort, start: now, last: now, uid: uidOf('T', number)}
	t.mine = w.share <= 1 || uint32(number>>32)%w.share == w.index
	if isService(key.kind) {
		t.uid = w.head(w.f).UID
	}
	t.alone = []string{t.uid}
	ts.open[key] = t
	w.emitTunnel(t, "Tunnel::DISCOVER")
	return t
}

// hashTunnel makes a number for a uid: FNV-1a over the key and the time of its first packet.
func hashTunnel(k envelopeOf, start int64) uint64 {
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
	mix(uint64(start))
	return h
}

func (w *worker) emitTunnel(t *tunnel, action string) {
	if !t.mine {
		return
	}
	at := t.start
	if action == "Tunnel::CLOSE" {
		at = t.last
	}
	w.emit(&events.Tunnel{
		Head: events.Head{
			TS: events.Time(at), UID: t.uid, OrigH: t.first.src.Netip(), OrigP: t.srcPort,
			RespH: t.first.dst.Netip(), RespP: t.key.dstPort, VNI: t.key.vni, Sensor: w.cfg.Sensor,
		},
		TunnelType: "Tunnel::" + t.key.kind, Action: action, Packets: t.packets, Bytes: t.bytes,
	})
}

// expire closes the envelopes that have been silent for too long. It looks at them at most every ten seconds of packet time.
func (ts *tunnels) expire(now int64, w *worker) {
	if now-ts.checked < 10e9 {
		return
	}
	ts.checked = now
	ts.end(w, func(t *tunnel) bool { return now-t.last > tunnelIdle })
}

// close closes every envelope.
func (ts *tunnels) close(w *worker) { ts.end(w, func(*tunnel) bool { return true }) }

func (ts *tunnels) end(w *worker, over func(*tunnel) bool) {
	ts.scratch = ts.scratch[:0]
	for _, t := range ts.open {
		if over(t) {
			ts.scratch = append(ts.scratch, t)
		}
	}
	slices.SortFunc(ts.scratch, func(a, b *tunnel) int { return compareBytes([]byte(a.uid), []byte(b.uid)) })
	for _, t := range ts.scratch {
		w.emitTunnel(t, "Tunnel::CLOSE")
		delete(ts.open, t.key)
		if ts.latest == t {
			ts.latest = nil
		}
	}
}
