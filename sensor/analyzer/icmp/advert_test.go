package icmp

import (
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// Catches: an exploit's option that passes, an honest router that does not, and a cut frame that is called an attack.
func TestRouterAdvertisements(t *testing.T) {
	const times = "\x00\x00\x00\x00\x00\x00\x00\x00"
	prefix := "\x03\x04\x40\xc0" + strings.Repeat("\x00", 28)
	mac, mtu := "\x01\x01\x02\x00\x00\x00\x00\x01", "\x05\x01\x00\x00\x00\x00\x05\xdc"
	servers := func(units byte) string {
		return "\x19" + string(rune(units)) + strings.Repeat("\x00", max(8*int(units)-2, 0))
	}
	cases := []struct {
		name   string
		kind   uint16
		source string
		data   string
		want   string
	}{
		{"an honest one", 134, "fe80::1", times + mac + mtu + prefix + servers(3) + servers(5), ""},
		{"name servers of even length", 134, "fe80::1", times + prefix + servers(4), "option 25 of 32 bytes"},
		{"name servers too short", 134, "fe80::1", times + servers(1), "option 25 of 8 bytes"},
		{"an empty option", 134, "fe80::1", times + "\x07\x00", "option 7 of 0 bytes"},
		{"a prefix of another length", 134, "fe80::1", times + "\x03\x05" + strings.Repeat("\x00", 38), "option 3 of 40 bytes"},
		{"cut within an option", 134, "fe80::1", times + servers(5)[:20], ""},
		{"cut before any", 134, "fe80::1", times[:6], ""},
		{"another message", 135, "fe80::1", times + servers(4), ""},
		{"another protocol", 134, "10.0.0.1", times + servers(4), ""},
	}
	for _, c := range cases {
		s := start(c.source, c.kind, 133)
		got := ""
		s.reader.(*reader).conv.Weird = func(name, addl string) {
			if name != events.WeirdAdvertOption {
				t.Errorf("%s: %s", c.name, name)
			}
			got += addl
		}
		s.feed(t, c.data)
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
