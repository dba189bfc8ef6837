package engine

import (
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/packet"
)

const (
	// arpWindow is for how long, in packet time, messages that are alike are counted as one record.
	arpWindow = int64(30 * time.Second)
	// arpAnswer is how long after a request a reply is one to it: hosts give up and ask again after one to three seconds.
	arpAnswer = int64(5 * time.Second)
	// maxARP bounds what all workers count at a time, at about 150 bytes each. A /20 that asks for all of itself fits; what does not
	// is counted as so many messages that were not followed.
	maxARP = 8192
)

// arpKey is who speaks on a link, for which address, about which other.
type arpKey struct {
	vni            uint32
	mac            [6]byte
	sender, target [4]byte
}

// back is the key of what the target of a message said before, if the message answers it.
func (k arpKey) back(mac [6]byte) arpKey {
	return arpKey{vni: k.vni, mac: mac, sender: k.target, target: k.sender}
}

// arpTalk is a record in the making.
type arpTalk struct {
	key                        arpKey
	frame, target              [6]byte // where the first frame came from; whom the first reply named
	start, last, asked         int64   // first and latest message, and latest request
	open                       uint32  // requests not answered yet
	requests, replies, unasked uint64
	vlan                       uint16
	answered, over             bool
}

// arpTable is what a worker counts of ARP. Order holds the talks as they began, so that those that are over stand first.
type arpTable struct {
	talks    map[arpKey]*arpTalk
	order    []*arpTalk
	overflow uint64 // messages beyond the limit
}

// arp counts a message. It allocates only for the first of a kind.
func (w *worker) arp(p *packet.Packet) {
	a := &p.ARP
	k := arpKey{vni: p.VNI, mac: a.SenderMAC, sender: [4]byte(a.Sender[12:]), target: [4]byte(a.Target[12:])}
	t := w.arps.talks[k]
	if t != nil && p.Time-t.start >= arpWindow {
		w.tellARP(t)
		t = nil
	}
	if t == nil {
		if t = w.arps.begin(k, max(maxARP/w.cfg.Workers, 1)); t == nil {
			return
		}
		t.frame, t.start, t.last, t.vlan = p.SrcMAC, p.Time, p.Time, p.VLAN[0]
	}
	t.start, t.last = min(t.start, p.Time), max(t.last, p.Time)
	if a.Op != arpReply {
		t.requests++
		t.open++
		t.asked = p.Time
		return
	}
	w.arps.reply(t, a.TargetMAC, p.Time)
}

// arpReply is the operation of a reply (RFC 826); what else there is asks.
const arpReply = 2

func (b *arpTable) begin(k arpKey, limit int) *arpTalk {
	if len(b.talks) >= limit {
		b.overflow++
		return nil
	}
	if b.talks == nil {
		b.talks = map[arpKey]*arpTalk{}
	}
	t := &arpTalk{key: k}
	b.talks[k] = t
	b.order = append(b.order, t)
	return t
}

// reply counts a reply, and looks whether it was asked for.
func (b *arpTable) reply(t *arpTalk, to [6]byte, now int64) {
	t.replies++
	if t.replies == 1 {
		t.target = to
	}
	asker := b.talks[t.key.back(to)]
	if asker == nil || asker.open == 0 || now-asker.asked > arpAnswer {
		t.unasked++
		return
	}
	asker.open--
	asker.answered = true
}

// tellARP writes the record of a talk that is over.
func (w *worker) tellARP(t *arpTalk) {
	delete(w.arps.talks, t.key)
	t.over = true
	k := &t.key
	src, dst := packet.AddrOf4(k.sender), packet.AddrOf4(k.target)
	salt := t.start ^ int64(etherNumber(k.mac))
	r := &events.ARP{
		Head: events.Head{
			TS: events.Time(t.start), UID: uidOf('A', hashEnvelope(envelopeOf{src: src, dst: dst, vni: k.vni, kind: "ARP"}, salt)),
			OrigH: src.Netip(), RespH: dst.Netip(), VNI: k.vni, Sensor: w.cfg.Sensor,
		},
		Requests: t.requests, Replies: t.replies, Unasked: t.unasked, Answered: t.answered,
		Duration: events.Interval(t.last - t.start), Vlan: t.vlan,
	}
	r.OrigL2, r.RespL2 = macText(k.mac, t.target)
	if t.frame != k.mac {
		r.FrameL2, _ = macText(t.frame, [6]byte{})
	}
	w.emit(r)
}

func etherNumber(m [6]byte) (n uint64) {
	for _, b := range m {
		n = n<<8 | uint64(b)
	}
	return n
}

// endARP writes the records whose time is over. It is called at the end of a round only, so that the number of workers shows in no
// result. last: the input ended.
func (w *worker) endARP(now int64, last bool) {
	b := &w.arps
	kept := 0
	for i, t := range b.order {
		if !t.over && !last && now-t.start < arpWindow {
			if kept = len(b.order) - i; kept > 0 {
				copy(b.order, b.order[i:])
			}
			break
		}
		if !t.over {
			w.tellARP(t)
		}
	}
	clear(b.order[kept:]) // let the talks go
	b.order = b.order[:kept]
}
