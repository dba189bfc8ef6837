package engine

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/sensor/capture"
	"github.com/mirrorwatch/mirrorwatch/sensor/packet"
)

// unwrapped is what the decoder makes of a frame, all of it or, when known is set, what skim has left to do.
func unwrapped(w *worker, data []byte, known bool) (packet.Packet, []string, uint8) {
	r := &round{boxes: make([]outbox, 1)}
	w.box, w.known = &r.boxes[0], known
	p, _ := w.unwrap(&capture.Frame{Time: 1, Data: data, Length: len(data), Link: packet.LinkEthernet})
	w.known = false
	return *p, w.chain, w.depth
}

// owner is whose a frame is by the full decoder.
func owner(w *worker, data []byte, workers uint32) uint8 {
	p, _, _ := unwrapped(w, data, false)
	return uint8(p.Shard() % workers)
}

// agree fails unless the short way gives the same packet, chain and depth as the long one.
func agree(t *testing.T, w *worker, data []byte) {
	t.Helper()
	p, chain, depth := unwrapped(w, data, true)
	q, wantChain, wantDepth := unwrapped(w, data, false)
	if !reflect.DeepEqual(p, q) || !slices.Equal(chain, wantChain) || depth != wantDepth {
		t.Fatalf("at a glance %+v in %v, when decoded %+v in %v", p, chain, q, wantChain)
	}
}

func skimmed(data []byte, workers uint32) uint8 {
	return skim(&capture.Frame{Data: data, Length: len(data), Link: packet.LinkEthernet}, workers)
}

// TestSkim: the common frames are told apart at a glance, and the odd ones are left to the decoder.
func TestSkim(t *testing.T) {
	a, b := end{"10.0.0.1", 40000}, end{"10.0.0.2", 443}
	plain := tcp(a, b, packet.ACK, 1, 1, "HELLO")
	fragment := ether(ipv4(a.ip, b.ip, 17, 7, 0x2000, udpOf(a, b, make([]byte, 64))))
	options := append([]byte{}, plain...)
	options[14] = 0x46
	for name, c := range map[string]struct {
		frame []byte
		clear bool
	}{
		"TCP": {plain, true}, "UDP": {udp(a, b, "HELLO"), true}, "mirrored": {mirrored(7, plain), true},
		"mirrored UDP":           {mirrored(7, udp(b, a, "")), true},
		"padded":                 {append(udp(a, b, "x"), make([]byte, 17)...), true},
		"mirrored twice":         {mirrored(8, mirrored(7, plain)), false},
		"a fragment":             {fragment, false},
		"a fragment, mirrored":   {mirrored(7, fragment), false},
		"options":                {options, false},
		"ICMP":                   {ether(ipv4(a.ip, b.ip, 1, 0, 0, make([]byte, 8))), false},
		"AYIYA's port":           {udp(a, end{"10.0.0.2", 5072}, strings.Repeat("x", 60)), false},
		"VXLAN's port, no VXLAN": {udp(a, end{"10.0.0.2", 4789}, strings.Repeat("x", 60)), false},
		"short TCP header":       {plain[:14+20+12], false},
		"nothing":                {nil, false},
	} {
		for _, workers := range []uint32{2, 3, 7} {
			got := skimmed(c.frame, workers)
			if (got != anyone) != c.clear {
				t.Errorf("%s: owner %d, want it clear: %v", name, got, c.clear)
			}
			w := New(testConfig(1), &lines{}).workers[0]
			if want := owner(w, c.frame, workers); got != anyone && got != want {
				t.Errorf("%s, %d workers: owner %d at a glance, %d when decoded", name, workers, got, want)
			}
			if got != anyone {
				agree(t, w, c.frame)
			}
		}
	}
}

// FuzzSkim: wherever the glance names an owner, the full decoder names the same, and the short way gives the same packet.
func FuzzSkim(f *testing.F) {
	a, b := end{"10.0.0.1", 40000}, end{"10.0.0.2", 443}
	plain := tcp(a, b, packet.ACK, 1, 1, "HELLO")
	for _, seed := range [][]byte{plain, udp(a, b, "x"), mirrored(7, plain), mirrored(7, udp(a, b, "HELLO")), mirrored(1, mirrored(2, plain))} {
		f.Add(seed)
	}
	w := New(testConfig(1), &lines{}).workers[0]
	f.Fuzz(func(t *testing.T, data []byte) {
		got := skimmed(data, 7)
		if got == anyone {
			return
		}
		if want := owner(w, data, 7); got != want {
			t.Fatalf("owner %d at a glance, %d when decoded", got, want)
		}
		agree(t, w, data)
	})
}

func BenchmarkSkim(b *testing.B) {
	frame := mirrored(7, tcp(end{"10.0.0.1", 40000}, end{"10.0.0.2", 443}, packet.ACK, 1, 1, "HELLO"))
	b.ReportAllocs()
	for b.Loop() {
		if skimmed(frame, 2) == anyone {
			b.Fatal("not told")
		}
	}
}
