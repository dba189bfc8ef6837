package main

import (
	"testing"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
)

// TestPacketsAreWhole has a second decoder read what is sent, in the first round and in later ones: a wrong length or
// checksum would make the sensor do other work than it does for real packets.
func TestPacketsAreWhole(t *testing.T) {
	all := conversations(100)
	ports := map[layers.TCPPort]bool{}
	for _, round := range []int{0, 1, 49151, 1 << 20} {
		for i := range all {
			data := append([]byte(nil), all[i].round(round)...)
			p := gopacket.NewPacket(data, layers.LayerTypeVXLAN, gopacket.Default)
			if p.ErrorLayer() != nil || p.NetworkLayer() == nil || p.TransportLayer() == nil {
				t.Fatalf("round %d packet %d: %v", round, i, p)
			}
			ip := p.Layer(layers.LayerTypeIPv4).(*layers.IPv4)
			segment := append(append([]byte(nil), ip.SrcIP...), ip.DstIP...)
			sum := uint32(ip.Protocol) + uint32(len(ip.Payload))
			if got := fold(sum, segment, ip.Payload); got != 0xffff {
				t.Fatalf("round %d packet %d: checksum leaves %#x: %v", round, i, got, p)
			}
			if got := fold(0, ip.Contents); got != 0xffff {
				t.Fatalf("round %d packet %d: header checksum leaves %#x", round, i, got)
			}
			if tcp, ok := p.TransportLayer().(*layers.TCP); ok && tcp.SYN && !tcp.ACK {
				ports[tcp.SrcPort] = true
			}
		}
	}
	if len(ports) < 3*75 {
		t.Errorf("%d client ports in four rounds of 75 connections", len(ports))
	}
}

func TestUnwrapped(t *testing.T) {
	frame := conversations(1)[0].bytes[vxlanHeader:]
	if got := unwrapped(frame); len(got) != len(frame) {
		t.Errorf("a bare frame loses %d bytes", len(frame)-len(got))
	}
	w := &wire{client: 1, server: 2, port: vxlanPort}
	w.udp(false, string(wrap(frame)))
	outer := w.all[0].bytes[vxlanHeader:]
	if got := unwrapped(outer); string(got) != string(frame) {
		t.Errorf("got %x, want %x", got, frame)
	}
}
