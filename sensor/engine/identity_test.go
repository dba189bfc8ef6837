package engine

import (
	"net/netip"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/sensor/packet"
)

// TestCommunityID holds the hash against the values that the specification's own test data gives.
func TestCommunityID(t *testing.T) {
	for _, c := range []struct {
		src, dst string
		sp, dp   uint16
		proto    uint8
		want     string
	}{
		{"1.2.3.4", "5.6.7.8", 1122, 3344, packet.ProtoTCP, "1:wCb3OG7yAFWelaUydu0D+125CLM="},
		{"5.6.7.8", "1.2.3.4", 3344, 1122, packet.ProtoTCP, "1:wCb3OG7yAFWelaUydu0D+125CLM="},
		{"128.232.110.120", "66.35.250.204", 34855, 80, packet.ProtoTCP, "1:LQU9qZlK+B5F3KDmev6m5PMibrg="},
		{"192.168.1.52", "8.8.8.8", 54585, 53, packet.ProtoUDP, "1:d/FP5EW3wiY1vCndhwleRRKHowQ="},
		{"192.168.0.89", "192.168.0.1", 8, 0, packet.ProtoICMP, "1:X0snYXpgwiv9TZtqg64sgzUn6Dk="},
		{"192.168.0.1", "192.168.0.89", 0, 8, packet.ProtoICMP, "1:X0snYXpgwiv9TZtqg64sgzUn6Dk="},
		{"fe80::200:86ff:fe05:80da", "fe80::260:97ff:fe07:69ea", 135, 0, packet.ProtoICMPv6, "1:dGHyGvjMfljg6Bppwm3bg0LO8TY="},
	} {
		src, dst := packet.AddrOf(netip.MustParseAddr(c.src)), packet.AddrOf(netip.MustParseAddr(c.dst))
		if got := string(appendCommunityID(nil, endpoints{src, dst, c.sp, c.dp, c.proto})); got != c.want {
			t.Errorf("%s:%d -> %s:%d proto %d gives %s, want %s", c.src, c.sp, c.dst, c.dp, c.proto, got, c.want)
		}
	}
}

func TestMACs(t *testing.T) {
	if a, b := macText([6]byte{0x0a, 0x58, 0xa9, 0xfe, 0xac, 1}, [6]byte{}); a != "0a:58:a9:fe:ac:01" || b != "" {
		t.Errorf("%q and %q", a, b)
	}
	if a, b := macText([6]byte{}, [6]byte{5: 0xff}); a != "" || b != "00:00:00:00:00:ff" {
		t.Errorf("%q and %q", a, b)
	}
}

func TestUIDs(t *testing.T) {
	if a, b := uidOf('C', 1), uidOf('C', 2); a == b || len(a) != 12 || a[0] != 'C' {
		t.Errorf("uids %q and %q", a, b)
	}
	if uidOf('C', ^uint64(0)) == uidOf('C', 62) {
		t.Error("large numbers are cut")
	}
}
