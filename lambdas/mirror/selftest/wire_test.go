package selftest

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
)

// TestFrames holds every packet against gopacket: addresses, checksums, what TCP counts, and the marker in both directions.
func TestFrames(t *testing.T) {
	for _, c := range had(t, 3) {
		marked := map[bool]bool{}
		var next [2]uint32
		for i, f := range c.frames() {
			p := gopacket.NewPacket(f.data, layers.LayerTypeEthernet, gopacket.DecodeOptions{})
			if p.ErrorLayer() != nil {
				t.Fatalf("%s, packet %d: %v", c.Proto, i, p.ErrorLayer().Error())
			}
			ip := p.NetworkLayer().(*layers.IPv4)
			from := c.Client.Addr()
			if f.back {
				from = c.Server.Addr()
			}
			if ip.SrcIP.String() != from.String() || int(ip.Length) != len(f.data)-14 || !sealed(t, p, f.data) {
				t.Errorf("%s, packet %d: from %s, want %s; %d bytes of %d, or a wrong checksum", c.Proto, i, ip.SrcIP, from, ip.Length, len(f.data)-14)
			}
			if strings.Contains(string(f.data), c.Marker) {
				marked[f.back] = true
			}
			if tcp, ok := p.TransportLayer().(*layers.TCP); ok {
				at := 0
				if f.back {
					at = 1
				}
				if next[at] != 0 && tcp.Seq != next[at] || tcp.ACK && tcp.Ack != next[1-at] {
					t.Errorf("packet %d: seq %d, ack %d, want %d and %d", i, tcp.Seq, tcp.Ack, next[at], next[1-at])
				}
				next[at] = tcp.Seq + uint32(len(tcp.Payload))
				if tcp.SYN || tcp.FIN {
					next[at]++
				}
			}
			if dns := p.Layer(layers.LayerTypeDNS); c.Proto == UDP && (dns == nil || !strings.HasPrefix(string(dns.(*layers.DNS).Questions[0].Name), c.Marker)) {
				t.Errorf("packet %d is no DNS", i)
			}
		}
		if !marked[false] || !marked[true] {
			t.Errorf("%s: marked are %v", c.Proto, marked)
		}
	}
}

// sealed says whether gopacket would write the same checksums.
func sealed(t *testing.T, p gopacket.Packet, data []byte) bool {
	t.Helper()
	var list []gopacket.SerializableLayer
	for _, l := range p.Layers() {
		switch l := l.(type) {
		case *layers.TCP:
			l.SetNetworkLayerForChecksum(p.NetworkLayer())
		case *layers.UDP:
			l.SetNetworkLayerForChecksum(p.NetworkLayer())
		case *layers.DNS:
			continue
		}
		if s, ok := l.(gopacket.SerializableLayer); ok {
			list = append(list, s)
		}
	}
	if u, ok := p.TransportLayer().(*layers.UDP); ok {
		list = append(list, gopacket.Payload(u.Payload))
	}
	b := gopacket.NewSerializeBuffer()
	if err := gopacket.SerializeLayers(b, gopacket.SerializeOptions{ComputeChecksums: true}, list...); err != nil {
		t.Fatal(err)
	}
	return strings.HasPrefix(string(b.Bytes()), string(data)) // gopacket fills short frames up
}

// TestSend: each conversation has an outer port of its own, the same in both directions unless they are to be split.
func TestSend(t *testing.T) {
	for _, split := range []bool{false, true} {
		l, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		list := had(t, 3)
		want := 0
		for i := range list {
			want += len(list[i].frames())
		}
		go Send(t.Context(), list, SendOptions{To: l.LocalAddr().String(), VNI: 0x123456, SplitPorts: split, Sleep: func(context.Context, time.Duration) error { return nil }})
		ports := map[string]map[string]bool{} // of a client and server by outer port
		b := make([]byte, 2000)
		l.SetReadDeadline(time.Now().Add(10 * time.Second))
		for range want {
			n, from, err := l.ReadFrom(b)
			if err != nil {
				t.Fatal(err)
			}
			if string(b[:8]) != "\x08\x00\x00\x00\x12\x34\x56\x00" {
				t.Errorf("header % x", b[:8])
			}
			ip := gopacket.NewPacket(b[8:n], layers.LayerTypeEthernet, gopacket.NoCopy).NetworkLayer().(*layers.IPv4)
			key := ip.SrcIP.String()
			if !split && key > ip.DstIP.String() {
				key = ip.DstIP.String()
			}
			if ports[from.String()] == nil {
				ports[from.String()] = map[string]bool{}
			}
			ports[from.String()][key] = true
		}
		l.Close()
		if outer := map[bool]int{false: 3, true: 6}[split]; len(ports) != outer {
			t.Errorf("split %v: %d outer ports, want %d", split, len(ports), outer)
		}
		for port, ends := range ports {
			if len(ends) != 1 {
				t.Errorf("split %v: port %s carries %v", split, port, ends)
			}
		}
	}
	if err := Send(t.Context(), had(t, 1), SendOptions{To: "127.0.0.1:9", VNI: 1 << 24}); err == nil {
		t.Error("a VNI of 25 bits was taken")
	}
}
