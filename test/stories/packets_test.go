package stories

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
	"github.com/google/gopacket/pcapgo"
)

// packet is one frame of a capture.
type packet struct {
	at    time.Time
	frame []byte
}

// capture reads a capture of test/replay.
func capture(t *testing.T, name string) []packet {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "replay", name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var in io.Reader = f
	if strings.HasSuffix(name, ".gz") {
		if in, err = gzip.NewReader(f); err != nil {
			t.Fatal(err)
		}
	}
	r, err := pcapgo.NewReader(in)
	if err != nil {
		t.Fatal(err)
	}
	var list []packet
	for {
		frame, info, err := r.ReadPacketData()
		if errors.Is(err, io.EOF) {
			return list
		}
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, packet{info.Timestamp, bytes.Clone(frame)})
	}
}

// mirrored writes packets as a sensor receives them: each in VXLAN under a VNI, from the host whose interface is mirrored.
func mirrored(t *testing.T, path string, list []packet, from netip.Addr, vni uint32) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w := pcapgo.NewWriter(f)
	if err := w.WriteFileHeader(65535, layers.LinkTypeEthernet); err != nil {
		t.Fatal(err)
	}
	for _, p := range list {
		if frame := gopacket.NewPacket(p.frame, layers.LayerTypeEthernet, gopacket.NoCopy); frame.Layer(layers.LayerTypeIPv4) == nil {
			continue // a mirror session carries no ARP
		}
		b := gopacket.NewSerializeBuffer()
		ip := &layers.IPv4{Version: 4, TTL: 255, Protocol: layers.IPProtocolUDP, SrcIP: from.AsSlice(), DstIP: net.IPv4(10, 20, 255, 10).To4()}
		udp := &layers.UDP{SrcPort: 65337, DstPort: 4789}
		if err := udp.SetNetworkLayerForChecksum(ip); err != nil {
			t.Fatal(err)
		}
		err := gopacket.SerializeLayers(b, gopacket.SerializeOptions{FixLengths: true},
			&layers.Ethernet{SrcMAC: mac(1), DstMAC: mac(2), EthernetType: layers.EthernetTypeIPv4}, ip, udp,
			&layers.VXLAN{ValidIDFlag: true, VNI: vni}, gopacket.Payload(p.frame))
		if err != nil {
			t.Fatal(err)
		}
		whole := b.Bytes()
		if err := w.WritePacket(gopacket.CaptureInfo{Timestamp: p.at, CaptureLength: len(whole), Length: len(whole)}, whole); err != nil {
			t.Fatal(err)
		}
	}
}

func mac(n byte) net.HardwareAddr { return net.HardwareAddr{2, 0, 0, 0, 0, n} }
