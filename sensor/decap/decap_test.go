package decap

import (
	"encoding/hex"
	"strings"
	"testing"
)

// Pieces of packets: an Ethernet frame, and the IPv4 and IPv6 headers of packets, each with some bytes after it.
const (
	ip4   = "45 00 00 1c 00 01 00 00 40 11 66 cd 0a 00 00 01 0a 00 00 02 04 d2 00 35 00 08 00 00 "
	ip6   = "60 00 00 00 00 08 11 40 " + addr6 + addr6 + "04 d2 00 35 00 08 00 00 "
	addr6 = "20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01 "
	frame = "02 00 00 00 00 02 02 00 00 00 00 01 08 00 " + ip4

	teredoAddr = "20 01 00 00 53 aa 06 4c 00 00 00 00 00 00 00 01 "
	teredo     = "60 00 00 00 00 08 11 40 " + teredoAddr + addr6 + "04 d2 00 35 00 08 00 00 "
)

func bytesOf(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.Join(strings.Fields(s), ""))
	if err != nil {
		t.Fatalf("hex %q: %v", s, err)
	}
	return b
}

type envelope struct {
	name  string
	port  uint16 // of UDP; 0 for an IP protocol
	proto uint8
	head  string // the envelope
	inner string // what is in it
	want  Inner  // Frame and Offset are reckoned from head and inner; no Type for what is no envelope
}

var envelopes = []envelope{
	{"vxlan", portVXLAN, 0, "08 00 00 00 00 30 39 00", frame, Inner{Link: LinkEthernet, VNI: 12345, Type: "VXLAN"}},
	{"vxlan of linux", portVXLANOld, 0, "08 00 00 00 ff ff ff 00", frame, Inner{Link: LinkEthernet, VNI: 0xffffff, Type: "VXLAN"}},
	{"vxlan with reserved bits and a group policy", portVXLAN, 0, "88 00 00 64 00 00 07 ff", frame, Inner{Link: LinkEthernet, VNI: 7, Type: "VXLAN"}},
	{"vxlan without I", portVXLAN, 0, "00 00 00 00 00 30 39 00", frame, Inner{}},
	{"vxlan of no frame", portVXLAN, 0, "08 00 00 00 00 30 39 00", ip4, Inner{}},
	{"vxlan from a group address", portVXLAN, 0, "08 00 00 00 00 30 39 00", strings.Replace(frame, " 02 02 00", " 02 03 00", 1), Inner{}},
	{"vxlan whose frame says another version", portVXLAN, 0, "08 00 00 00 00 30 39 00", strings.Replace(frame, "08 00", "86 dd", 1), Inner{}},
	{"vxlan-gpe ethernet", portVXLANGPE, 0, "0c 00 00 03 00 00 07 00", frame, Inner{Link: LinkEthernet, VNI: 7, Type: "VXLAN"}},
	{"vxlan-gpe ipv4", portVXLANGPE, 0, "0c 00 00 01 00 00 07 00", ip4, Inner{Link: LinkRaw, VNI: 7, Type: "VXLAN"}},
	{"vxlan-gpe ipv6", portVXLANGPE, 0, "0c 00 00 02 00 00 07 00", ip6, Inner{Link: LinkRaw, VNI: 7, Type: "VXLAN"}},
	{"vxlan-gpe without P", portVXLANGPE, 0, "08 00 00 00 00 00 07 00", frame, Inner{Link: LinkEthernet, VNI: 7, Type: "VXLAN"}},
	{"vxlan-gpe of management", portVXLANGPE, 0, "0d 00 00 03 00 00 07 00", frame, Inner{}},
	{"vxlan-gpe of nsh", portVXLANGPE, 0, "0c 00 00 04 00 00 07 00", frame, Inner{}},
	{"geneve ethernet", portGENEVE, 0, "00 00 65 58 00 00 09 00", frame, Inner{Link: LinkEthernet, VNI: 9, Type: "GENEVE"}},
	{"geneve of a gateway load balancer", portGENEVE, 0,
		"08 00 08 00 00 00 00 00  01 08 01 02 11 22 33 44 55 66 77 88  01 08 02 02 11 22 33 44 55 66 77 88  01 08 03 01 12 34 56 78", ip4,
		Inner{Link: LinkRaw, Type: "GENEVE"}},
	{"geneve ipv6, critical option", portGENEVE, 0, "01 40 86 dd 00 00 09 00 01 08 81 00", ip6, Inner{Link: LinkRaw, VNI: 9, Type: "GENEVE"}},
	{"geneve option past the options", portGENEVE, 0, "01 00 65 58 00 00 09 00 01 08 01 02", frame, Inner{}},
	{"geneve of another version", portGENEVE, 0, "40 00 65 58 00 00 09 00", frame, Inner{}},
	{"geneve control", portGENEVE, 0, "00 80 65 58 00 00 09 00", frame, Inner{}},
	{"geneve of another protocol", portGENEVE, 0, "00 00 88 47 00 00 09 00", frame, Inner{}},
	{"gre ipv4", 0, protoGRE, "00 00 08 00", ip4, Inner{Link: LinkRaw, Type: "GRE"}},
	{"gre ipv6 with checksum, key and sequence", 0, protoGRE, "b0 00 86 dd 12 34 00 00 00 00 00 05 00 00 00 01", ip6, Inner{Link: LinkRaw, Type: "GRE"}},
	{"gre ethernet with key", 0, protoGRE, "20 00 65 58 00 00 00 05", frame, Inner{Link: LinkEthernet, Type: "GRE"}},
	{"gre mpls", 0, protoGRE, "00 00 88 47", "00 02 01 40" + ip4, Inner{Link: LinkMPLS, Type: "GRE"}},
	{"gre source routes", 0, protoGRE, "40 00 08 00 00 00 00 00 08 00 00 04 0a 00 00 09 00 00 00 00", ip4, Inner{Link: LinkRaw, Type: "GRE"}},
	{"gre source routes without end", 0, protoGRE, "40 00 08 00 00 00 00 00", strings.Repeat("08 00 00 00", 40), Inner{}},
	{"gre pptp", 0, protoGRE, "30 81 88 0b 00 20 00 07 00 00 00 01 00 00 00 02", "ff 03 00 21" + ip4, Inner{Link: LinkPPP, Type: "GRE"}},
	{"gre pptp acknowledgment alone", 0, protoGRE, "20 81 88 0b 00 00 00 07 00 00 00 02", "", Inner{}},
	{"gre pptp without a call", 0, protoGRE, "10 01 88 0b 00 00 00 01", "ff 03 00 21" + ip4, Inner{}},
	{"gre of version 2", 0, protoGRE, "00 02 08 00", ip4, Inner{}},
	{"gre keepalive", 0, protoGRE, "00 00 00 00", "", Inner{}},
	{"gre of what it does not say", 0, protoGRE, "00 00 08 00", ip6, Inner{}},
	{"erspan i", 0, protoGRE, "00 00 88 be", frame, Inner{Link: LinkEthernet, Type: "ERSPAN"}},
	{"erspan ii", 0, protoGRE, "10 00 88 be 00 00 00 01 10 01 00 64 00 00 00 00", frame, Inner{Link: LinkEthernet, VNI: 100, Type: "ERSPAN"}},
	{"erspan ii of another version", 0, protoGRE, "10 00 88 be 00 00 00 01 20 01 00 64 00 00 00 00", frame, Inner{}},
	{"erspan iii", 0, protoGRE, "10 00 22 eb 00 00 00 01 20 01 03 ff 01 02 03 04 00 00 00 00", frame,
		Inner{Link: LinkEthernet, VNI: 1023, Type: "ERSPAN"}},
	{"erspan iii with the platform's header", 0, protoGRE, "10 00 22 eb 00 00 00 01 20 01 00 64 01 02 03 04 00 00 00 01 01 02 03 04 05 06 07 08", frame,
		Inner{Link: LinkEthernet, VNI: 100, Type: "ERSPAN"}},
	{"erspan iii of ip", 0, protoGRE, "10 00 22 eb 00 00 00 01 20 01 00 64 01 02 03 04 00 00 08 00", ip4, Inner{Link: LinkRaw, VNI: 100, Type: "ERSPAN"}},
	{"erspan iii of another frame type", 0, protoGRE, "10 00 22 eb 00 00 00 01 20 01 00 64 01 02 03 04 00 00 04 00", frame, Inner{}},
	{"ip in ip", 0, protoIPIP, "", ip4, Inner{Link: LinkRaw, Type: "IP"}},
	{"ip in ip of another version", 0, protoIPIP, "", ip6, Inner{}},
	{"6in4", 0, protoIPv6, "", ip6, Inner{Link: LinkRaw, Type: "IP"}},
	{"mpls in ip", 0, protoMPLS, "", "00 02 01 40" + ip4, Inner{Link: LinkMPLS, Type: "IP"}},
	{"another ip protocol", 0, 17, "", ip4, Inner{}},
	{"ayiya", portAYIYA, 0, "41 52 11 29 49 0b 2a 3b" + addr6 + strings.Repeat("aa ", 20), ip6, Inner{Link: LinkRaw, Type: "AYIYA"}},
	{"ayiya of ipv4, nothing signed", portAYIYA, 0, "00 00 01 04 49 0b 2a 3b aa", ip4, Inner{Link: LinkRaw, Type: "AYIYA"}},
	{"ayiya echo", portAYIYA, 0, "41 52 12 29 49 0b 2a 3b" + addr6 + strings.Repeat("aa ", 20), ip6, Inner{}},
	{"ayiya of no packet", portAYIYA, 0, "41 52 11 3b 49 0b 2a 3b" + addr6 + strings.Repeat("aa ", 20), ip6, Inner{}},
	{"teredo", portTeredo, 0, "", teredo, Inner{Link: LinkRaw, Type: "TEREDO"}},
	{"teredo with origin", portTeredo, 0, "00 00 f2 27 3f 57 fe 94", teredo, Inner{Link: LinkRaw, Type: "TEREDO"}},
	{"teredo with authentication and origin", portTeredo, 0, "00 01 02 01 aa bb cc 01 02 03 04 05 06 07 08 00 00 00 f2 27 3f 57 fe 94", teredo,
		Inner{Link: LinkRaw, Type: "TEREDO"}},
	{"teredo of other addresses", portTeredo, 0, "", ip6, Inner{}},
	{"gtp-u", portGTP, 0, "30 ff 00 1c 00 00 00 01", ip4, Inner{Link: LinkRaw, Type: "GTPv1"}},
	{"gtp-u with an extension", portGTP, 0, "34 ff 00 24 00 00 00 01 00 00 00 85 01 10 01 00", ip4, Inner{Link: LinkRaw, Type: "GTPv1"}},
	{"gtp-u of an echo", portGTP, 0, "30 01 00 1c 00 00 00 01", ip4, Inner{}},
	{"gtp-u shorter than the datagram", portGTP, 0, "30 ff 00 02 00 00 00 01", ip4, Inner{}},
	{"gtp-u extension of length zero", portGTP, 0, "34 ff 00 24 00 00 00 01 00 00 00 85 00 10 01 85", ip4, Inner{}},
	{"another port", 53, 0, "08 00 00 00 00 30 39 00", frame, Inner{}},
}

// open takes the envelope off b, by the port as destination or as source.
func (e *envelope) open(b []byte, answer bool) (Inner, bool) {
	switch {
	case e.port == 0:
		return IP(e.proto, b)
	case answer:
		return UDP(e.port, 50000, b)
	}
	return UDP(50000, e.port, b)
}

func TestEnvelopes(t *testing.T) {
	for _, e := range envelopes {
		t.Run(e.name, func(t *testing.T) {
			head, inner := bytesOf(t, e.head), bytesOf(t, e.inner)
			for _, answer := range []bool{false, true} {
				got, ok := e.open(append(head, inner...), answer)
				if ok != (e.want.Type != "") {
					t.Fatalf("ok is %v: %+v", ok, got)
				}
				if !ok {
					return
				}
				if string(got.Frame) != string(inner) || got.Offset != len(head) || got.Link != e.want.Link || got.VNI != e.want.VNI || got.Type != e.want.Type {
					t.Errorf("\n got %+v\nwant %+v, inner %x at %d", got, e.want, inner, len(head))
				}
			}
		})
	}
}

// A cut anywhere must not panic, and a cut after the first header inside must not hide the rest of it.
func TestEnvelopesCut(t *testing.T) {
	for _, e := range envelopes {
		b := bytesOf(t, e.head+e.inner)
		head := len(bytesOf(t, e.head))
		for n := range b {
			got, ok := e.open(b[:n:n], false)
			if ok && (got.Offset != head || len(got.Frame) != n-head) {
				t.Errorf("%s cut at %d: %+v", e.name, n, got)
			}
			if e.want.Type != "" && n >= head+40 && !ok {
				t.Errorf("%s cut at %d: nothing inside", e.name, n)
			}
		}
	}
}

func TestEnvelopesAllocateNothing(t *testing.T) {
	for _, e := range envelopes {
		b := bytesOf(t, e.head+e.inner)
		if n := testing.AllocsPerRun(10, func() { e.open(b, false) }); n != 0 {
			t.Errorf("%s: %v allocations", e.name, n)
		}
	}
}

func TestGREHeader(t *testing.T) {
	for _, c := range []struct {
		hex  string
		want GREHeader
	}{
		{"00 00 08 00", GREHeader{Protocol: 0x0800}},
		{"20 00 08 00 00 00 00 05", GREHeader{Protocol: 0x0800, Key: 5}},
		{"b0 00 86 dd 12 34 00 00 00 00 00 05 00 00 00 01", GREHeader{Protocol: 0x86dd, Key: 5, Sequence: true}},
		{"30 01 88 0b 00 20 00 07 00 00 00 01", GREHeader{Protocol: 0x880b, Version: 1, Key: 0x200007, Sequence: true}},
	} {
		if _, got, ok := GRE(bytesOf(t, c.hex)); !ok || got != c.want {
			t.Errorf("%s: %+v %v, want %+v", c.hex, got, ok, c.want)
		}
	}
}
