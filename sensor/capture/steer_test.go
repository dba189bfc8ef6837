package capture

import (
	"encoding/binary"
	"testing"

	"golang.org/x/net/bpf"
)

// talk is one conversation, of which frame writes a packet in either direction.
type talk struct {
	six          bool
	proto        byte
	a, b         uint32 // last four bytes of the addresses
	portA, portB uint16
	options      int    // bytes of IPv4 options
	tags         int    // 802.1Q tags
	fragment     uint16 // IPv4 flags and offset
}

// frame writes an Ethernet frame with 16 bytes of transport, no more than the steering programs look at.
func (c talk) frame(back bool) []byte {
	a, b, pa, pb := c.a, c.b, c.portA, c.portB
	if back {
		a, b, pa, pb = b, a, pb, pa
	}
	f := []byte{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2}
	for range c.tags {
		f = append(f, 0x81, 0, 0, 7)
	}
	if c.six {
		f = append(f, 0x86, 0xdd, 0x60, 0, 0, 0, 0, 16, c.proto, 64)
		for _, host := range []uint32{a, b} {
			f = append(f, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0)
			f = binary.BigEndian.AppendUint32(f, host)
		}
	} else {
		f = append(f, 8, 0, byte(0x45+c.options/4), 0, 0, byte(36+c.options), 0, 1)
		f = binary.BigEndian.AppendUint16(f, c.fragment)
		f = append(f, 64, c.proto, 0, 0)
		f = binary.BigEndian.AppendUint32(f, a)
		f = binary.BigEndian.AppendUint32(f, b)
		f = append(f, make([]byte, c.options)...)
	}
	f = binary.BigEndian.AppendUint16(f, pa)
	f = binary.BigEndian.AppendUint16(f, pb)
	return append(f, make([]byte, 12)...)
}

// inVXLAN puts a VXLAN header before a frame.
func inVXLAN(vni uint32, frame []byte) []byte {
	return append([]byte{8, 0, 0, 0, byte(vni >> 16), byte(vni >> 8), byte(vni), 0}, frame...)
}

func vxlanVM(t testing.TB, workers int) func([]byte) int {
	t.Helper()
	raw, err := steerVXLAN(workers)
	if err != nil {
		t.Fatal(err)
	}
	code, ok := bpf.Disassemble(raw)
	if !ok {
		t.Fatal("the program does not disassemble")
	}
	vm, err := bpf.NewVM(code)
	if err != nil {
		t.Fatal(err)
	}
	return func(b []byte) int {
		n, err := vm.Run(b)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
}

// TestSteerMeets: both directions of each kind of conversation, and both ends' mirrors of it, go to one worker, and
// conversations of neighbouring addresses and ports spread.
func TestSteerMeets(t *testing.T) {
	for name, c := range map[string]talk{
		"TCP":          {proto: 6},
		"UDP":          {proto: 17},
		"SCTP":         {proto: 132},
		"ICMP":         {proto: 1},
		"IPv4 options": {proto: 6, options: 12},
		"tagged":       {proto: 6, tags: 1},
		"tagged IPv6":  {proto: 17, tags: 1, six: true},
		"TCP over v6":  {proto: 6, six: true},
		"ICMPv6":       {proto: 58, six: true},
		"GRE":          {proto: 47},
	} {
		for _, workers := range []int{2, 3, 4, 8} {
			run := vxlanVM(t, workers)
			spread := make([]int, workers)
			const count = 1600
			for i := range uint32(count) {
				c.a, c.b, c.portA, c.portB = 0x0a000001+i, 0x0a000100, uint16(40000+i), 443
				there, back := run(inVXLAN(7, c.frame(false))), run(inVXLAN(9, c.frame(true)))
				if there != back {
					t.Fatalf("%s: conversation %d goes to %d, its answers to %d of %d", name, i, there, back, workers)
				}
				spread[there]++
			}
			for w, n := range spread {
				if n < count/workers*7/10 || n > count/workers*13/10 {
					t.Errorf("%s: worker %d of %d has %d of %d conversations: %v", name, w, workers, n, count, spread)
				}
			}
		}
	}
}

// TestSteerPorts: a client's many connections to one server are told apart by port alone, and fragments by address alone.
func TestSteerPorts(t *testing.T) {
	run := vxlanVM(t, 4)
	spread, fragments := [4]int{}, map[int]bool{}
	for i := range uint16(1000) {
		c := talk{proto: 6, a: 0x0a000001, b: 0x0a000002, portA: 32768 + 2*i, portB: 443}
		spread[run(inVXLAN(1, c.frame(false)))]++
		for _, f := range []uint16{0x2000, 0x00b9} {
			c.fragment = f
			fragments[run(inVXLAN(1, c.frame(i%2 == 0)))] = true
		}
	}
	for _, n := range spread {
		if n < 175 || n > 325 {
			t.Errorf("connections to one server spread %v", spread)
		}
	}
	if len(fragments) != 1 {
		t.Errorf("fragments between two hosts go to %d workers", len(fragments))
	}
}

// TestSteerShort: what is too short, or not IP, goes to the first worker.
func TestSteerShort(t *testing.T) {
	run := vxlanVM(t, 4)
	whole := inVXLAN(1, talk{proto: 6, a: 1, b: 2, portA: 3, portB: 4, options: 8}.frame(false))
	for n := range 8 + 14 + 28 + 2 {
		if got := run(whole[:n]); got != 0 {
			t.Errorf("cut at %d: worker %d", n, got)
		}
	}
	arp := append(make([]byte, 20), 8, 6)
	if got := run(append(arp, whole...)); got != 0 {
		t.Errorf("ARP: worker %d", got)
	}
}
