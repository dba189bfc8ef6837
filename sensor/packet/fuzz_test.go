package packet

import (
	"bytes"
	"net/netip"
	"testing"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
)

func FuzzDecode(f *testing.F) {
	for _, c := range frames {
		f.Add(bytesOf(f, c.hex), uint16(c.link), uint16(c.wire))
	}
	f.Fuzz(func(t *testing.T, b []byte, link, wire uint16) {
		var p, again Packet
		m := Meta{Time: 1, Length: max(int(wire), len(b)), Link: LinkType(link)}
		err := p.Decode(b, m)
		p.VerifyChecksum()
		_ = p.Shard()
		if p.PayloadLen < 0 || p.Kind >= KindIP && p.PayloadLen < len(p.Payload) || p.HeaderLen > p.IPLen {
			t.Fatalf("payload %d of %d, header %d of %d", len(p.Payload), p.PayloadLen, p.HeaderLen, p.IPLen)
		}
		if again.Decode(b, m) != err {
			t.Fatal("decoding differs from time to time")
		}
		if err == nil && p.Kind > KindIP {
			agree(t, b, m, &p)
		}
	})
}

// agree compares what gopacket makes of a frame it reads without complaint, by the outermost IP layer.
func agree(t *testing.T, b []byte, m Meta, p *Packet) {
	first := gopacket.Decoder(layers.LayerTypeEthernet)
	switch m.Link {
	case LinkEthernet:
	case LinkIPv4:
		first = layers.LayerTypeIPv4
	case LinkIPv6:
		first = layers.LayerTypeIPv6
	default:
		return
	}
	g := gopacket.NewPacket(b, first, gopacket.DecodeOptions{NoCopy: true, DecodeStreamsAsDatagrams: true})
	if g.ErrorLayer() != nil || g.NetworkLayer() == nil {
		return
	}
	if p.Version == 4 {
		if ip, ok := g.NetworkLayer().(*layers.IPv4); ok {
			agreeIP(t, p, ip.SrcIP, ip.DstIP, ip.TTL, uint8(ip.Protocol))
		}
	} else if ip, ok := g.NetworkLayer().(*layers.IPv6); ok {
		agreeIP(t, p, ip.SrcIP, ip.DstIP, ip.HopLimit, p.Proto)
	}
	if p.offloaded {
		return // where a packet that states no length ends, the two see by different outer lengths
	}
	switch l := g.TransportLayer().(type) {
	case *layers.TCP:
		agreeTCP(t, p, l)
	case *layers.UDP:
		if p.Kind == KindUDP && int(l.Length) == p.PayloadLen+8 && !p.Truncated {
			same(t, p.SrcPort == uint16(l.SrcPort) && p.DstPort == uint16(l.DstPort) && bytes.Equal(p.Payload, l.Payload), p, l)
		}
	}
}

func agreeIP(t *testing.T, p *Packet, src, dst []byte, ttl, proto uint8) {
	a, _ := netip.AddrFromSlice(src)
	b, _ := netip.AddrFromSlice(dst)
	want := [2]Addr{AddrOf(a), AddrOf(b)}
	same(t, [2]Addr{p.Src, p.Dst} == want && p.TTL == ttl && p.Proto == proto, p, want)
}

func agreeTCP(t *testing.T, p *Packet, l *layers.TCP) {
	if p.Kind != KindTCP || p.Truncated {
		return
	}
	flags := uint8(0)
	for i, set := range []bool{l.FIN, l.SYN, l.RST, l.PSH, l.ACK, l.URG, l.ECE, l.CWR} {
		if set {
			flags |= 1 << i
		}
	}
	same(t, p.SrcPort == uint16(l.SrcPort) && p.DstPort == uint16(l.DstPort) && p.Seq == l.Seq && p.Ack == l.Ack && p.Window == l.Window &&
		p.Flags == flags && bytes.Equal(p.Payload, l.Payload), p, l)
}

func same(t *testing.T, ok bool, p *Packet, want any) {
	t.Helper()
	if !ok {
		t.Fatalf("\n got %+v\nwant %+v", p, want)
	}
}

// Fragments of any shape: memory stays within its limits, and what comes out decodes to a whole datagram.
func FuzzFragments(f *testing.F) {
	f.Add([]byte{0, 0, 1, 16, 1, 2, 0, 9})
	f.Add([]byte{0, 2, 0, 9, 0, 0, 1, 16, 3, 0, 1, 255, 3, 1, 0, 200})
	f.Fuzz(func(t *testing.T, script []byte) {
		limits := FragmentLimits{Datagrams: 3, Bytes: 200 << 10}
		table := NewFragments(limits)
		data := datagramOfUDP(2048)
		for now := int64(0); len(script) >= 4; script, now = script[4:], now+1 {
			offset, n := int(script[1])*8, 8+int(script[3])*7+int(script[2]>>1&7)
			var p *Packet
			if script[0]&1 == 0 {
				p = piece(t, uint16(script[0]>>5), offset*32&0xfff8, script[2]&1 == 1, data[:n])
			} else {
				p = piece6(t, uint32(script[0]>>5), offset, script[2]&1 == 1, data[:n])
			}
			p.Time = now * int64(script[0]) << 28
			out, m, odd := table.Add(p)
			_ = odd.String()
			if table.Len() > limits.Datagrams || table.Bytes() > limits.Bytes || table.Bytes() < 0 {
				t.Fatalf("%d datagrams, %d bytes", table.Len(), table.Bytes())
			}
			if out == nil {
				continue
			}
			var whole Packet
			if err := whole.Decode(out, m); whole.Kind < KindIP || whole.Fragment || whole.IPLen != m.Length {
				t.Fatalf("kind %d, fragment %v, %d bytes of %d, %v", whole.Kind, whole.Fragment, whole.IPLen, m.Length, err)
			}
		}
	})
}
