package vpn

import (
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/analyzertest"
)

var all = []analyzer.Spec{WireGuard, OpenVPN, OpenVPNTo, IKE}

const (
	session = "SESSIONx"
	reset   = "\x38" + session + "\x00\x00\x00\x00\x00"
)

// Catches: a first message that is not known, and other protocols taken for tunnels.
func TestFirstMessages(t *testing.T) {
	const ike = "initiato\x00\x00\x00\x00\x00\x00\x00\x00\x21\x20\x22\x08\x00\x00\x00\x00\x00\x00\x00\x1c"
	for _, c := range []struct {
		name, datagram, want string
		port                 uint16
	}{
		{"WireGuard initiation", "\x01\x00\x00\x00" + strings.Repeat("x", 144), "wireguard", 4000},
		{"WireGuard response", "\x02\x00\x00\x00" + strings.Repeat("x", 88), "wireguard", 4000},
		{"WireGuard keepalive", "\x04\x00\x00\x00abcd" + "\x09\x00\x00\x00\x00\x00\x00\x00" + strings.Repeat("t", 16), "wireguard", 4000},
		{"WireGuard initiation, one byte longer", "\x01\x00\x00\x00" + strings.Repeat("x", 145), "", 4000},
		{"OpenVPN reset", reset, "openvpn", 4000},
		{"OpenVPN reset with a seal", "\x38" + session + strings.Repeat("h", 20) + "\x00\x00\x00\x01time" + "\x00\x00\x00\x00\x00", "openvpn", 4000},
		{"OpenVPN answer", "\x40" + session + "\x01\x00\x00\x00\x00" + session + "\x00\x00\x00\x00", "openvpn", 4000},
		{"IKE", ike, "ipsec", 500},
		{"IKE on 4500", "\x00\x00\x00\x00" + ike, "ipsec", 4500},
		{"IKE with a wrong length", ike + "x", "", 4000},
		{"ESP on 4500", "\x12\x34\x56\x78" + strings.Repeat("e", 60), "", 4500},
		{"DNS", "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03www\x07example\x03com\x00\x00\x01\x00\x01", "", 53},
		{"nothing", "", "", 500},
	} {
		r := analyzertest.Datagrams(all, c.port, []analyzertest.Said{analyzertest.Client(c.datagram)})
		if got := strings.Join(r.Services, ","); got != c.want || r.Rejected != 0 || len(r.Records) != 0 {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// Catches: a reset over TCP that is not known because it came in pieces.
func TestStream(t *testing.T) {
	said := []analyzertest.Said{analyzertest.Client("\x00\x0e" + reset)}
	if r := analyzertest.Same(t, all, 4000, said); strings.Join(r.Services, ",") != "openvpn" {
		t.Error(analyzertest.Text(r))
	}
	analyzertest.Holes(t, all, 4000, said)
	if r := analyzertest.Same(t, all, 4000, []analyzertest.Said{analyzertest.Client("\x00\x0e" + strings.Repeat("x", 40))}); len(r.Services) != 0 {
		t.Error(analyzertest.Text(r))
	}
}

func TestAllocations(t *testing.T) {
	b := []byte(reset)
	if n := testing.AllocsPerRun(100, func() {
		for i := range all {
			all[i].Probe(0, b, true)
		}
	}); n != 0 {
		t.Errorf("%.0f allocations to probe, none is stated", n)
	}
}

func BenchmarkProbe(b *testing.B) {
	head := []byte(strings.Repeat("x", 512))
	b.ReportAllocs()
	for b.Loop() {
		for i := range all {
			all[i].Probe(0, head, false)
		}
	}
}

func FuzzVPN(f *testing.F) {
	analyzertest.Fuzz(f, IKE, "initiato\x00\x00\x00\x00\x00\x00\x00\x00\x21\x20\x22\x08\x00\x00\x00\x00\x00\x00\x00\x1c", reset)
}
