package flow

import (
	"math"

	"github.com/mirrorwatch/mirrorwatch/sensor/packet"
)

// Table holds the conversations of one worker. It is not safe for use by several goroutines.
type Table[S any] struct {
	store[S]
	cfg   Config
	hooks Hooks[S]
	lists [classCount]list
	due   int64 // nothing times out before

	likelyTCP, likelyUDP *portSet
	stats                Stats
}

// New makes an empty table.
func New[S any](cfg Config, h Hooks[S]) *Table[S] {
	cfg.MaxFlows = max(cfg.MaxFlows, 1)
	return &Table[S]{
		store:     newStore[S](),
		cfg:       cfg,
		hooks:     h,
		lists:     newLists(&cfg),
		due:       math.MaxInt64,
		likelyTCP: newPortSet(cfg.LikelyTCP),
		likelyUDP: newPortSet(cfg.LikelyUDP),
	}
}

// Stats are the counters so far.
func (t *Table[S]) Stats() Stats {
	s := t.stats
	s.Flows = t.count
	return s
}

// Interactive says that people type in this conversation (SSH, FTP, Telnet), so that it is kept longer when silent.
func (t *Table[S]) Interactive(f *Flow[S]) { f.bits |= interactive }

// Track finds the conversation that a packet belongs to, or makes it, and counts the packet for it. d is the direction it went
// and fresh says that it began the conversation. f is nil for packets of no conversation: ARP, not IP, fragments without a
// header. When f.Duplicate is set the packet was a copy and must not be used further. What has timed out by the packet's time
// is ended first, so a late packet never revives a conversation.
func (t *Table[S]) Track(p *packet.Packet) (f *Flow[S], d Dir, fresh bool) {
	if p.Time >= t.due {
		t.Expire(p.Time)
	}
	var k tuple
	if !k.read(p) {
		t.stats.Untracked++
		return nil, Orig, false
	}
	hash := k.hash(t.cfg.Seed)
	f, d = t.find(p, &k, hash)
	if f != nil && f.Duplicate {
		t.stats.DuplicatePackets++
		return f, d, false
	}
	if f == nil {
		f, d = t.begin(p, &k, hash)
		fresh = true
	}
	d = f.count(p, d, t.cfg.MarkChecksums)
	if fresh {
		t.push(f, f.classify(), p.Time)
	} else {
		t.place(f, p.Time)
	}
	if p.Time >= f.interimAt {
		t.report(f, p.Time)
	}
	return f, d, fresh
}

// find gives the live conversation that the packet continues or is a copy of, or nil.
func (t *Table[S]) find(p *packet.Packet, k *tuple, hash uint32) (*Flow[S], Dir) {
	f, sibling, d := t.lookup(p, k, hash)
	if f == nil && sibling != nil && !t.overdue(&sibling.Conversation, p.Time) && sibling.showsCopy(p, d) {
		t.stats.DuplicateFlows += sibling.addDuplicate(p.VNI)
		f = sibling
	}
	if f == nil {
		return nil, Orig
	}
	if t.overdue(&f.Conversation, p.Time) {
		t.end(f, expiryReason(f.class))
		return nil, Orig
	}
	f.Duplicate = f.isCopy(p, d, &t.stats)
	if !f.Duplicate && f.Kind == packet.KindTCP && f.reusedBy(p) {
		t.end(f, Reused)
		return nil, Orig
	}
	return f, d
}

// lookup gives the conversation on the packet's addresses and ports at its observation point, or else one at another point.
func (t *Table[S]) lookup(p *packet.Packet, k *tuple, hash uint32) (exact, sibling *Flow[S], d Dir) {
	for i := *t.bucket(hash); i != 0; {
		f := t.at(i)
		i = f.chain
		if f.Hash != hash {
			continue
		}
		dir, ok := f.match(k)
		if !ok {
			continue
		}
		if f.observedAt(p.VNI) {
			return f, nil, dir
		}
		sibling, d = f, dir
	}
	return nil, sibling, d
}

func (t *Table[S]) begin(p *packet.Packet, k *tuple, hash uint32) (*Flow[S], Dir) {
	if t.count >= t.cfg.MaxFlows {
		t.evict()
	}
	f := t.add(hash)
	f.begin(p, k)
	if t.cfg.InterimEvery > 0 && t.hooks.Interim != nil {
		f.interimAt = p.Time + int64(t.cfg.InterimEvery)
	} else {
		f.interimAt = math.MaxInt64
	}
	d := Orig
	if t.looksAnswered(p) {
		f.flip()
		d = Resp
	}
	t.stats.Made++
	t.stats.Peak = max(t.stats.Peak, t.count)
	return f, d
}

// begin fills in what the first packet says.
func (c *Conversation) begin(p *packet.Packet, k *tuple) {
	c.Start, c.Last = p.Time, p.Time
	c.Number = k.number(p.VNI, p.Time)
	c.VNI, c.VLAN = p.VNI, p.VLAN
	c.Proto, c.Kind = k.proto, p.Kind
	c.Orig = Endpoint{Addr: *k.src, MAC: p.SrcMAC, Port: k.srcPort, vni: p.VNI}
	c.Resp = Endpoint{Addr: *k.dst, MAC: p.DstMAC, Port: k.dstPort, vni: p.VNI}
	if k.oneWay {
		c.bits |= oneWay
	}
	if p.Kind == packet.KindTCP {
		c.Orig.bits, c.Resp.bits = isTCP, isTCP
	}
}

// looksAnswered says that the sender of a conversation's first packet is its responder, going by the ports as Zeek does: a SYN-ACK
// alone proves nothing, since a stealth scan sends them too.
func (t *Table[S]) looksAnswered(p *packet.Packet) bool {
	if broadcast(&p.Dst) {
		return false
	}
	switch p.Kind {
	case packet.KindUDP:
		return t.likelyUDP.has(p.SrcPort) && !t.likelyUDP.has(p.DstPort)
	case packet.KindTCP:
		syn := p.Flags&packet.SYN != 0
		if syn && p.Flags&packet.ACK == 0 || !t.likelyTCP.has(p.SrcPort) {
			return false
		}
		return !t.likelyTCP.has(p.DstPort) || !syn && p.SrcPort < p.DstPort
	}
	return false
}

// broadcast is 255.255.255.255.
func broadcast(a *packet.Addr) bool {
	return *a == packet.Addr{10: 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
}

// report calls the interim hook, once however many periods went by in silence.
func (t *Table[S]) report(f *Flow[S], now int64) {
	f.interimAt = now + int64(t.cfg.InterimEvery)
	t.hooks.Interim(f)
}

// count adds a packet to its conversation and gives the direction, which an opening handshake seen backwards turns round.
func (c *Conversation) count(p *packet.Packet, d Dir, markChecksums bool) Dir {
	e, _ := c.ends(d)
	if e.Packets == 0 {
		e.ttl = p.TTL
	}
	e.Packets++
	e.IPBytes += uint64(max(p.IPLen, 0))
	e.seen, e.vni = c.clock(p.Time), p.VNI
	if markChecksums && p.Checksum == packet.CheckBad {
		c.scaled(d, &e.bad, 'C')
	}
	if p.Kind == packet.KindTCP {
		return c.segment(p, d)
	}
	c.Last = max(c.Last, p.Time)
	e.last += int64(max(p.PayloadLen, 0))
	if p.Kind == packet.KindUDP {
		c.once(d, letterData, 'D')
	}
	if p.VNI != 0 {
		e.remember(p)
	}
	return d
}

// clock is the milliseconds since the conversation began.
func (c *Conversation) clock(now int64) uint32 {
	return uint32(min(max(now-c.Start, 0)/1e6, math.MaxUint32))
}
