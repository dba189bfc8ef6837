package packet

import (
	"encoding/binary"
	"testing"
)

// endpoints makes a TCP packet between two IPv4 endpoints.
func endpoints(src, dst uint32, sport, dport uint16) *Packet {
	p := &Packet{Kind: KindTCP, Version: 4, Proto: ProtoTCP, SrcPort: sport, DstPort: dport}
	p.Src.set4(src)
	p.Dst.set4(dst)
	return p
}

func reversed(p Packet) *Packet {
	p.Src, p.Dst, p.SrcPort, p.DstPort = p.Dst, p.Src, p.DstPort, p.SrcPort
	p.SrcMAC, p.DstMAC = p.DstMAC, p.SrcMAC
	p.ARP.Sender, p.ARP.Target = p.ARP.Target, p.ARP.Sender
	return &p
}

func TestShardMeets(t *testing.T) {
	for _, c := range frames {
		b := bytesOf(t, c.hex)
		var p Packet
		_ = p.Decode(b, Meta{Length: len(b), Link: c.link})
		answer := reversed(p)
		answer.VNI = p.VNI + 1
		if p.Kind == KindICMP || p.Kind == KindICMPv6 {
			answer.SrcPort, answer.DstPort = 0, 0 // an echo's answer has another type
		}
		if p.Shard() != answer.Shard() {
			t.Errorf("%s: the answer goes elsewhere", c.name)
		}
	}
}

func TestShardTellsApart(t *testing.T) {
	base := endpoints(0x0a000001, 0x0a000002, 40000, 443)
	udp := endpoints(0x0a000001, 0x0a000002, 40000, 443)
	udp.Kind, udp.Proto = KindUDP, ProtoUDP
	for name, p := range map[string]*Packet{
		"port":                 endpoints(0x0a000001, 0x0a000002, 40001, 443),
		"address":              endpoints(0x0a000003, 0x0a000002, 40000, 443),
		"ports exchanged only": endpoints(0x0a000001, 0x0a000002, 443, 40000),
		"protocol":             udp,
	} {
		if p.Shard() == base.Shard() {
			t.Errorf("%s makes no difference", name)
		}
	}
}

// Whatever it is that varies between conversations, each of any number of workers gets near its share: within 15 % over 65,536.
func TestShardSpreads(t *testing.T) {
	const n = 1 << 16
	for name, conversation := range map[string]func(i uint32) *Packet{
		"client port":          func(i uint32) *Packet { return endpoints(0x0a000001, 0x0a000002, uint16(i), 443) },
		"server port":          func(i uint32) *Packet { return endpoints(0x0a000001, 0x0a000002, 40000, uint16(i)) },
		"both ports alike":     func(i uint32) *Packet { return endpoints(0x0a000001, 0x0a000002, uint16(i), uint16(i)) },
		"scanned network":      func(i uint32) *Packet { return endpoints(0x0a000001, 0x0a000000|i, 40000, 22) },
		"neighbours in pairs":  func(i uint32) *Packet { return endpoints(0x0a000000|i, 0x0a000000|i^1<<16, 40000, 22) },
		"host bits and port":   func(i uint32) *Packet { return endpoints(0x0a000000|i>>8, 0x0a000100, uint16(i&0xff)<<8, 80) },
		"ports that add up":    func(i uint32) *Packet { return endpoints(0x0a000001, 0x0a000002, uint16(i), uint16(-i)) },
		"ipv6 interface":       func(i uint32) *Packet { return six(i, 0) },
		"ipv6 subnet":          func(i uint32) *Packet { return six(0, i) },
		"addresses that match": func(i uint32) *Packet { return endpoints(0x0a000000|i, 0x0a000000|i, 1, 2) },
	} {
		for _, workers := range []uint32{2, 3, 4, 7, 16, 64} {
			count := make([]int, workers)
			for i := range uint32(n) {
				count[conversation(i).Shard()%workers]++
			}
			share := n / int(workers)
			for w, got := range count {
				if got < share*85/100 || got > share*115/100 {
					t.Errorf("%s: worker %d of %d has %d, its share is %d", name, w, workers, got, share)
				}
			}
		}
	}
}

func six(host, subnet uint32) *Packet {
	p := &Packet{Kind: KindTCP, Version: 6, Proto: ProtoTCP, SrcPort: 40000, DstPort: 443}
	p.Src, p.Dst = Addr{0: 0x20, 15: 1}, Addr{0: 0x20, 15: 2}
	binary.BigEndian.PutUint32(p.Src[12:], host)
	binary.BigEndian.PutUint32(p.Src[4:], subnet)
	return p
}
