package flow

import (
	"testing"

	"github.com/mirrorwatch/mirrorwatch/sensor/packet"
)

// Catches: a forged reset that passes for a real one, and a real one that is called forged.
func TestDoubtfulResets(t *testing.T) {
	const syn, ack, rst, fin = packet.SYN, packet.ACK, packet.RST, packet.FIN
	type segment struct {
		d        Dir
		ttl      uint8
		flags    uint8
		seq, ack uint32
		size     int
		card     byte // 0: the sender's own
	}
	open := []segment{{Orig, 64, syn, 100, 0, 0, 0}, {Resp, 54, syn | ack, 500, 101, 0, 0}, {Orig, 64, ack, 101, 501, 10, 0}, {Resp, 54, ack, 501, 111, 20, 0}}
	cases := []struct {
		name      string
		more      []segment
		went, far [2]bool
	}{
		{"an orderly end", []segment{{Orig, 64, fin | ack, 111, 521, 0, 0}}, [2]bool{}, [2]bool{}},
		{"reset by its sender", []segment{{Resp, 54, rst, 521, 0, 0, 0}}, [2]bool{}, [2]bool{}},
		{"one hop further", []segment{{Resp, 53, rst, 521, 0, 0, 0}}, [2]bool{}, [2]bool{}},
		{"reset by a firewall", []segment{{Resp, 255, rst, 521, 0, 0, 0}}, [2]bool{}, [2]bool{Resp: true}},
		{"forged, and the server goes on", []segment{{Resp, 60, rst, 521, 0, 0, 0}, {Resp, 54, ack, 521, 111, 30, 0}}, [2]bool{Resp: true}, [2]bool{Resp: true}},
		{"forged with the right hops", []segment{{Resp, 54, rst, 521, 0, 0, 0}, {Resp, 54, ack, 521, 111, 30, 0}}, [2]bool{Resp: true}, [2]bool{}},
		{"data of before the reset comes late", []segment{{Resp, 54, rst, 521, 0, 0, 0}, {Resp, 54, ack, 501, 111, 20, 0}}, [2]bool{}, [2]bool{}},
		{"the other side had not heard of it yet", []segment{{Resp, 54, rst, 521, 0, 0, 0}, {Orig, 64, ack, 111, 521, 20, 0}}, [2]bool{}, [2]bool{}},
		{"forged from elsewhere, and the server acknowledges", []segment{{Resp, 60, rst, 521, 0, 0, 0}, {Resp, 54, ack, 521, 111, 0, 0}}, [2]bool{Resp: true}, [2]bool{Resp: true}},
		{"forged on the link, and the server acknowledges", []segment{{Resp, 54, rst, 521, 0, 0, 9}, {Resp, 54, ack, 521, 111, 0, 0}}, [2]bool{Resp: true}, [2]bool{Resp: true}},
		{"reset through another router", []segment{{Resp, 54, rst, 521, 0, 0, 9}, {Resp, 54, rst, 521, 0, 0, 9}}, [2]bool{}, [2]bool{Resp: true}},
		{"the way changes, and then a reset", []segment{{Resp, 54, ack, 521, 111, 5, 9}, {Resp, 54, rst, 526, 0, 0, 9}, {Resp, 54, ack, 521, 111, 0, 9}}, [2]bool{}, [2]bool{Resp: true}},
		{"forged both ways", []segment{{Resp, 50, rst, 521, 0, 0, 0}, {Orig, 50, rst, 111, 0, 0, 0}, {Resp, 54, ack, 521, 111, 30, 0}, {Orig, 64, ack, 111, 551, 5, 0}}, [2]bool{true, true}, [2]bool{true, true}},
	}
	for _, c := range cases {
		tb := New(Defaults(), Hooks[struct{}]{})
		var f *Flow[struct{}]
		for i, s := range append(open[:len(open):len(open)], c.more...) {
			p := &packet.Packet{
				Time: int64(i) * 1e6, Kind: packet.KindTCP, Version: 4, Proto: packet.ProtoTCP, TTL: s.ttl, Flags: s.flags, Seq: s.seq, Ack: s.ack, Window: 1000,
				PayloadLen: s.size, IPLen: 40 + s.size, Src: packet.AddrOf4([4]byte{10, 0, 0, 1}), Dst: packet.AddrOf4([4]byte{10, 0, 0, 2}), SrcPort: 4000, DstPort: 80,
			}
			p.SrcMAC, p.DstMAC = [6]byte{5: 1 + byte(s.d)}, [6]byte{5: 2 - byte(s.d)}
			if s.card != 0 {
				p.SrcMAC[5] = s.card
			}
			if s.d == Resp {
				p.Src, p.Dst, p.SrcPort, p.DstPort = p.Dst, p.Src, p.DstPort, p.SrcPort
			}
			f, _, _ = tb.Track(p)
		}
		if went, far := [2]bool{f.WentOn(Orig), f.WentOn(Resp)}, [2]bool{f.FarReset(Orig), f.FarReset(Resp)}; went != c.went || far != c.far {
			t.Errorf("%s: went on %v, reset from afar %v", c.name, went, far)
		}
		if !f.Acknowledged(Orig, 110) || f.Acknowledged(Orig, 600) {
			t.Errorf("%s: what was acknowledged is not known", c.name)
		}
	}
}

// Catches: a connection taken over in its first answer that passes, and an answer that is only sent again.
func TestSecondAnswer(t *testing.T) {
	const syn, ack = packet.SYN, packet.ACK
	for _, c := range []struct {
		name             string
		acked            bool
		second, secondOf uint32
		want             bool
	}{
		{"another number", true, 7000, 101, true},
		{"sent again", true, 500, 101, false},
		{"before anything was acknowledged", false, 7000, 101, false},
		{"of another request", true, 7000, 909, false},
	} {
		tb := New(Defaults(), Hooks[struct{}]{})
		track := func(d Dir, flags uint8, seq, ack uint32) (f *Flow[struct{}]) {
			p := &packet.Packet{
				Time: 1e9, Kind: packet.KindTCP, Version: 4, Proto: packet.ProtoTCP, Flags: flags, Seq: seq, Ack: ack, Window: 1000, IPLen: 40,
				Src: packet.AddrOf4([4]byte{10, 0, 0, 1}), Dst: packet.AddrOf4([4]byte{10, 0, 0, 2}), SrcPort: 4000, DstPort: 80,
			}
			if d == Resp {
				p.Src, p.Dst, p.SrcPort, p.DstPort = p.Dst, p.Src, p.DstPort, p.SrcPort
			}
			f, _, _ = tb.Track(p)
			return f
		}
		track(Orig, syn, 100, 0)
		track(Resp, syn|ack, 500, 101)
		if c.acked {
			track(Orig, ack, 101, 501)
		}
		if f := track(Resp, syn|ack, c.second, c.secondOf); f.AnsweredTwice(Resp) != c.want || f.AnsweredTwice(Orig) {
			t.Errorf("%s: %v", c.name, f.AnsweredTwice(Resp))
		}
	}
}
