package dns

import (
	"fmt"
	"net/netip"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
	"github.com/mirrorwatch/mirrorwatch/sensor/stream"
)

// Catches: an answer to all whose sender is not known, and one about another host that passes for one about the sender.
func TestWhoAnswers(t *testing.T) {
	v6 := netip.MustParseAddr("fe80::9").As16()
	nb := name("FHEPFCELEHFCEPFFFACACACACACACAAA")
	for _, c := range []struct {
		what         string
		orig, resp   string
		origP, respP uint16
		d            flow.Dir
		data         string
		want         string
	}{
		{"LLMNR about itself", "10.0.0.1", "10.0.0.9", 50000, 5355, flow.Resp, head(7, 0x8000, 1, 1) + name("wpad") + u16(1, 1) + rr(owner, 1, 30, "\x0a\x00\x00\x09"), "10.0.0.9 true"},
		{"LLMNR about another", "10.0.0.1", "10.0.0.9", 50000, 5355, flow.Resp, head(7, 0x8000, 1, 1) + name("wpad") + u16(1, 1) + rr(owner, 1, 30, "\x0a\x00\x00\x08"), "10.0.0.9 false"},
		{"LLMNR, IPv6", "fe80::9", "fe80::1", 5355, 5355, flow.Orig, head(7, 0x8000, 1, 1) + name("wpad") + u16(28, 1) + rr(owner, 28, 30, string(v6[:])), "fe80::9 true"},
		{"NetBIOS", "10.0.0.9", "10.0.0.1", 137, 137, flow.Orig, head(7, 0x8500, 0, 1) + rr(nb, 32, 30, "\x00\x00\x0a\x00\x00\x09"), "10.0.0.9 true"},
		{"NetBIOS, cut", "10.0.0.9", "10.0.0.1", 137, 137, flow.Orig, head(7, 0x8500, 0, 1) + rr(nb, 32, 30, "\x00\x00\x0a\x00"), "10.0.0.9 false"},
		{"multicast DNS", "10.0.0.9", "224.0.0.251", 5353, 5353, flow.Orig, head(0, 0x8400, 0, 1) + rr(name("a.local"), 1, 30, "\x0a\x00\x00\x09"), "10.0.0.9 true"},
		{"DNS", "10.0.0.1", "10.0.0.9", 50000, 53, flow.Resp, head(7, answer, 1, 1) + name("a.example") + u16(1, 1) + rr(owner, 1, 30, "\x0a\x00\x00\x09"), "invalid IP false"},
	} {
		got := ""
		conv := &analyzer.Conversation{
			Head: events.Head{OrigH: netip.MustParseAddr(c.orig), RespH: netip.MustParseAddr(c.resp), OrigP: c.origP, RespP: c.respP}, Transport: analyzer.UDP,
			Emit:    func(r events.Record) { d := r.(*events.DNS); got = fmt.Sprint(d.Responder, d.NamesSelf) },
			Confirm: func(string) {}, Weird: func(string, string) {},
		}
		a := open(conv)
		if _, err := a.Feed(stream.Chunk{Dir: c.d, Time: 1, Data: []byte(c.data), Wire: len(c.data)}); err != nil {
			t.Errorf("%s: %v", c.what, err)
		}
		a.Close()
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.what, got, c.want)
		}
	}
}
