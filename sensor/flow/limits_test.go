package flow

import (
	"encoding/binary"
	"testing"
	"unsafe"

	"github.com/mirrorwatch/mirrorwatch/sensor/packet"
)

func TestConversationStaysSmall(t *testing.T) {
	if n := unsafe.Sizeof(Conversation{}); n > 336 {
		t.Errorf("%d bytes; a million of them have to fit a sensor", n)
	}
}

func syn(p *packet.Packet, n uint32) {
	*p = packet.Packet{Time: int64(n) * 100, Kind: packet.KindTCP, Proto: packet.ProtoTCP, Flags: packet.SYN, Seq: n, Dst: addr(9), DstPort: 80, SrcPort: uint16(n), IPLen: 40}
	binary.BigEndian.PutUint32(p.Src[12:], n)
}

// Ten million SYNs from as many addresses: the table stays as large as it was made, and who had a conversation keeps it.
func TestFlood(t *testing.T) {
	const size, honest = 1 << 14, 1000
	cfg := Defaults()
	cfg.MaxFlows = size
	lost := 0
	table := New(cfg, Hooks[int]{Ended: func(f *Flow[int], _ Reason) {
		if f.Resp.Packets > 0 {
			lost++
		}
	}})
	var p packet.Packet
	for n := range uint32(honest) {
		syn(&p, n)
		table.Track(&p)
		p.Src, p.Dst, p.SrcPort, p.DstPort, p.Flags, p.Ack = p.Dst, p.Src, p.DstPort, p.SrcPort, packet.SYN|packet.ACK, p.Seq+1
		table.Track(&p)
	}
	for n := range uint32(flood) {
		syn(&p, honest+n)
		table.Track(&p)
	}
	s := table.Stats()
	if lost != 0 {
		t.Errorf("%d of %d established conversations were lost", lost, honest)
	}
	if s.Peak != size || s.EvictedHalfOpen != flood+honest-size || s.EvictedOther != 0 {
		t.Errorf("%+v", s)
	}
	if len(table.slabs) != size/slabSize+1 || len(table.buckets) != size {
		t.Errorf("%d slabs and %d buckets for %d flows", len(table.slabs), len(table.buckets), size)
	}
}

// When nothing is half-open, the least recently used goes.
func TestEvictionOrder(t *testing.T) {
	cfg := Defaults()
	cfg.MaxFlows = 4
	var gone []byte
	table := New(cfg, Hooks[int]{Ended: func(f *Flow[int], why Reason) {
		if why == Evicted {
			gone = append(gone, f.Orig.Addr[15])
		}
	}})
	both := func(host byte, at int64) {
		p := datagram(packet.KindUDP, host, 200, 5000, 6000, 1)
		p.Time = at
		table.Track(p)
		p = datagram(packet.KindUDP, 200, host, 6000, 5000, 1)
		p.Time = at
		table.Track(p)
	}
	one := func(kind packet.Kind, host byte, at int64) {
		p := datagram(kind, host, 200, 8, 0, 1)
		p.Time = at
		table.Track(p)
	}
	both(1, 1e9)
	both(2, 2e9)
	one(packet.KindICMP, 3, 3e9)
	one(packet.KindUDP, 4, 4e9)
	both(1, 20e9)               // 1 is now younger than 2
	one(packet.KindUDP, 5, 5e9) // takes the place of 4
	one(packet.KindUDP, 6, 6e9) // of 5
	both(7, 21e9)               // of 6
	both(8, 22e9)               // of 3
	both(9, 23e9)               // of 2
	if string(gone) != string([]byte{4, 5, 6, 3, 2}) {
		t.Errorf("went in order %v", gone)
	}
	if s := table.Stats(); s.EvictedHalfOpen != 3 || s.EvictedOther != 2 {
		t.Errorf("%+v", s)
	}
}

func TestTrackDoesNotAllocate(t *testing.T) {
	table := New(Defaults(), Hooks[int]{})
	p := mirrored(t, 7, "A>B SYN 0")
	table.Track(p)
	n := uint32(0)
	for range 2000 {
		n++
		syn(p, n)
		table.Track(p)
	}
	if a := testing.AllocsPerRun(1000, func() {
		table.Track(p)
		p.Time += 6e9 // and a new conversation in the old one's place
	}); a != 0 {
		t.Errorf("%v allocations a packet", a)
	}
}

// The number must not depend on what else the table saw, nor on its seed.
func TestNumberIsTheSameEverywhere(t *testing.T) {
	cfg := Defaults()
	a := New(cfg, Hooks[int]{})
	cfg.Seed = 12345
	b := New(cfg, Hooks[int]{})
	b.Track(datagram(packet.KindUDP, 1, 2, 3, 4, 5))
	f, _, _ := a.Track(parse(t, "A>B SYN 0", 7))
	g, _, _ := b.Track(parse(t, "A>B SYN 0", 7))
	if f.Number != g.Number || f.Number == 0 {
		t.Errorf("numbers %x and %x", f.Number, g.Number)
	}
	if h, _, _ := New(cfg, Hooks[int]{}).Track(parse(t, "A>B SYN 0", 8)); h.Number == f.Number {
		t.Error("the start does not matter")
	}
}

// Hosts and ports in sequence, as scans make them, must not fall into few buckets.
func TestHashSpreads(t *testing.T) {
	const hosts, ports, buckets = 256, 256, 1 << 16
	var load [buckets]uint8
	worst := uint8(0)
	for h := range hosts {
		for n := range ports {
			src, dst := addr(1), addr(byte(h))
			k := tuple{src: &src, dst: &dst, srcPort: 40000, dstPort: uint16(n), proto: packet.ProtoTCP}
			b := &load[k.hash(0)%buckets]
			*b++
			worst = max(worst, *b)
			back := tuple{src: &dst, dst: &src, srcPort: uint16(n), dstPort: 40000, proto: packet.ProtoTCP}
			if k.hash(0) != back.hash(0) {
				t.Fatal("not the same for both directions")
			}
		}
	}
	if worst > 12 { // 65,536 balls in as many bins put 8 or 9 into the fullest
		t.Errorf("%d of %d in one bucket", worst, hosts*ports)
	}
}

// Whatever comes, the table keeps its limits and all its conversations end once.
func FuzzTrack(f *testing.F) {
	f.Add([]byte("\x03\x02\x00\x00\x00\x00\x00\x00\x03\x12\x01\x00\x01\x00\x01\x00\x03\x10\x00\x01\x01\x01\x00\x00"))
	f.Fuzz(func(t *testing.T, in []byte) {
		cfg := Defaults()
		cfg.MaxFlows = 5
		ended := uint64(0)
		table := New(cfg, Hooks[int]{Ended: func(c *Flow[int], _ Reason) {
			ended++
			if c.ConnState() == "" || len(c.History()) > maxHistory || c.Orig.Bytes() > 1<<40 || c.Resp.Bytes() > 1<<40 {
				t.Fatalf("%q %q %d %d", c.ConnState(), c.History(), c.Orig.Bytes(), c.Resp.Bytes())
			}
		}})
		var now int64
		for ; len(in) >= 8; in = in[8:] {
			now += int64(int8(in[6])) * 1e8
			p := packet.Packet{
				Time: now, Kind: packet.KindIP + packet.Kind(in[0]%5), VNI: uint32(in[0] >> 6), Flags: in[1],
				SrcPort: uint16(in[2] & 3), DstPort: uint16(in[2] >> 2 & 3), Seq: uint32(int32(int8(in[3])) << 16), Ack: uint32(int32(int8(in[4])) << 16),
				PayloadLen: int(int8(in[5])), IPLen: int(in[5]), Window: uint16(in[7]),
			}
			p.Proto = []uint8{packet.ProtoGRE, packet.ProtoTCP, packet.ProtoUDP, packet.ProtoICMP, packet.ProtoICMPv6}[in[0]%5]
			p.Src[15], p.Dst[15] = in[2]>>4&1, in[2]>>5&1
			table.Track(&p)
			if s := table.Stats(); s.Flows > cfg.MaxFlows {
				t.Fatalf("%d flows", s.Flows)
			}
		}
		table.Close()
		if s := table.Stats(); ended != s.Made || s.Flows != 0 {
			t.Fatalf("%d ended of %d", ended, s.Made)
		}
	})
}

func BenchmarkTrackWarm(b *testing.B) {
	table := New(Defaults(), Hooks[int]{})
	p := packet.Packet{Kind: packet.KindTCP, Proto: packet.ProtoTCP, Flags: packet.ACK, Src: addr(1), Dst: addr(2), SrcPort: 4000, DstPort: 443, PayloadLen: 1400, IPLen: 1440, Window: 100}
	b.ReportAllocs()
	for b.Loop() {
		table.Track(&p)
		p.Seq += 1400
		p.Time += 1000
	}
}

// Packets of 100,000 conversations in turn: every one is out of the cache.
func BenchmarkTrackCold(b *testing.B) {
	table := New(Defaults(), Hooks[int]{})
	var p packet.Packet
	n := uint32(0)
	b.ReportAllocs()
	for b.Loop() {
		syn(&p, n%100_000)
		p.Time = int64(n) * 10
		table.Track(&p)
		n++
	}
}

func BenchmarkTrackFlood(b *testing.B) {
	cfg := Defaults()
	cfg.MaxFlows = 1 << 16
	table := New(cfg, Hooks[int]{})
	var p packet.Packet
	n := uint32(0)
	b.ReportAllocs()
	for b.Loop() {
		syn(&p, n)
		table.Track(&p)
		n++
	}
}
