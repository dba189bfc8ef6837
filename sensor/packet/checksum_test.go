package packet

import (
	"strings"
	"testing"
)

func TestVerifyChecksum(t *testing.T) {
	for _, c := range []struct {
		name, hex string
		want      Check
	}{
		{"tcp", ip4TCP + tcpHi, CheckGood},
		{"tcp wrong", ip4TCP + strings.Replace(tcpHi, "68", "69", 1), CheckBad},
		{"ip header wrong", strings.Replace(ip4TCP, "40 06", "41 06", 1) + tcpHi, CheckBad},
		{"udp", ip4UDP + udpHi, CheckGood},
		{"udp wrong", ip4UDP + strings.Replace(udpHi, "71 59", "71 58", 1), CheckBad},
		{"udp without", ip4UDP + strings.Replace(udpHi, "71 59", "00 00", 1), CheckUnknown},
		{"icmp", ip4Echo + echo, CheckGood},
		{"icmp wrong", ip4Echo + strings.Replace(echo, "61", "60", 1), CheckBad},
		{"cut short", ip4TCP + tcpHi[:20*3], CheckUnknown},
		{"offloaded", strings.Replace(ip4TCP, "00 2c", "00 00", 1) + tcpHi, CheckUnknown},
		{"fragment", "45 00 00 1c 00 01 20 01 40 06 46 d8 0a 00 00 01 0a 00 00 02 61 62 63 64 65 66 67 68", CheckUnknown},
		{"another transport", "45 00 00 18 00 01 00 00 40 2f 66 b4 0a 00 00 01 0a 00 00 02 00 00 08 00", CheckUnknown},
		{"ipv6 udp", ip6UDP + strings.Replace(udpHi, "71 59", "29 e7", 1), CheckGood},
		{"ipv6 udp without is wrong", ip6UDP + strings.Replace(udpHi, "71 59", "00 00", 1), CheckBad},
		{"ipv6 routed on", "60 00 00 00 00 14 2b 40" + ip6 + "11 00 00 01 00 00 00 00" + udpHi, CheckUnknown},
	} {
		p := decoded(t, c.hex)
		if got := p.VerifyChecksum(); got != c.want || p.Checksum != got {
			t.Errorf("%s: %d, kept %d, want %d", c.name, got, p.Checksum, c.want)
		}
	}
}
