package decap

import (
	"testing"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
)

// An envelope's inner frame must be the end of the payload, of a known kind, and start with what was promised.
func checkInner(t *testing.T, payload []byte, in Inner) {
	if in.Offset < 0 || in.Offset+len(in.Frame) != len(payload) {
		t.Fatalf("%d bytes at %d of %d", len(in.Frame), in.Offset, len(payload))
	}
	if len(in.Frame) > 0 && &in.Frame[0] != &payload[in.Offset] {
		t.Fatal("the frame is not a part of the payload")
	}
	switch {
	case in.Type == "":
		t.Fatal("no type")
	case in.Link == LinkRaw && !isIP(in.Frame), in.Link == LinkEthernet && !isEthernet(in.Frame):
		t.Fatalf("link type %d for % x", in.Link, in.Frame)
	}
}

func FuzzUDP(f *testing.F) {
	for _, e := range envelopes {
		if e.port != 0 {
			f.Add(e.port, bytesOf(f, e.head+e.inner))
		}
	}
	f.Fuzz(func(t *testing.T, port uint16, b []byte) {
		if in, ok := UDP(1, port, b); ok {
			checkInner(t, b, in)
			agree(t, port, b, in)
		}
	})
}

// agree compares with gopacket's reading of the envelopes it knows.
func agree(t *testing.T, port uint16, b []byte, in Inner) {
	options := gopacket.DecodeOptions{Lazy: true, NoCopy: true}
	switch port {
	case portVXLAN:
		if l, ok := gopacket.NewPacket(b, layers.LayerTypeVXLAN, options).Layer(layers.LayerTypeVXLAN).(*layers.VXLAN); ok && l.VNI != in.VNI {
			t.Fatalf("vni %d, want %d", in.VNI, l.VNI)
		}
	case portGENEVE:
		l, ok := gopacket.NewPacket(b, layers.LayerTypeGeneve, options).Layer(layers.LayerTypeGeneve).(*layers.Geneve)
		if ok && (l.VNI != in.VNI || len(l.Payload) != len(in.Frame)) {
			t.Fatalf("vni %d and %d bytes, want %d and %d", in.VNI, len(in.Frame), l.VNI, len(l.Payload))
		}
	}
}

func FuzzIP(f *testing.F) {
	for _, e := range envelopes {
		if e.port == 0 {
			f.Add(e.proto, bytesOf(f, e.head+e.inner))
		}
	}
	f.Fuzz(func(t *testing.T, proto uint8, b []byte) {
		in, ok := IP(proto, b)
		if !ok {
			return
		}
		checkInner(t, b, in)
		if in.Type != "GRE" || b[0]&0x40 != 0 || b[1]&0x87 == 0x80 { // gopacket reads source routes its own way, and acknowledgments in version 0
			return
		}
		p := gopacket.NewPacket(b, layers.LayerTypeGRE, gopacket.DecodeOptions{Lazy: true, NoCopy: true})
		if l, ok := p.Layer(layers.LayerTypeGRE).(*layers.GRE); ok && len(l.Payload) != len(in.Frame) {
			t.Fatalf("%d bytes, want %d", len(in.Frame), len(l.Payload))
		}
	})
}

// The exported readers take any bytes, by whatever they are called with.
func FuzzReaders(f *testing.F) {
	for _, e := range envelopes {
		f.Add(bytesOf(f, e.head+e.inner))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		within := func(inner []byte, ok bool) {
			if ok && len(inner) > len(b) {
				t.Fatalf("%d bytes out of %d", len(inner), len(b))
			}
		}
		inner, _, ok := VXLAN(b)
		within(inner, ok)
		inner, _, _, ok = VXLANGPE(b)
		within(inner, ok)
		inner, _, _, ok = GENEVE(b)
		within(inner, ok)
		inner, h, ok := GRE(b)
		within(inner, ok)
		inner, _, _, ok = ERSPAN(b, h)
		within(inner, ok)
		inner, ok = AYIYA(b)
		within(inner, ok)
		inner, ok = Teredo(b)
		within(inner, ok)
		inner, ok = GTPU(b)
		within(inner, ok)
	})
}
