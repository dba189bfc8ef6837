package flowjudge

import (
	"net/netip"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// Catches: a try taken for a conversation or the other way round, an answer for a question, and payload that is nothing but headers.
func TestShape(t *testing.T) {
	type counts struct{ out, outBytes, in, inBytes uint64 }
	cases := []struct {
		name       string
		action     string
		flags      uint8
		state      string
		from, to   uint16
		n          counts
		want       string // state
		first      uint16 // the responder's port
		out, in    uint64 // payload
		nothing    bool   // to judge
		handshaken bool
	}{
		{name: "no answer", from: 40000, to: 22, n: counts{1, 60, 0, 0}, want: "S0", first: 22},
		{name: "no answer, tried again", from: 40000, to: 22, n: counts{5, 300, 0, 0}, want: "S0", first: 22},
		{name: "closed", from: 40000, to: 22, n: counts{1, 60, 1, 40}, want: "REJ", first: 22},
		{name: "closed, and tried three times", from: 50000, to: 22, n: counts{3, 156, 3, 120}, want: "REJ", first: 22},
		{name: "open, and dropped", from: 40000, to: 22, n: counts{2, 84, 1, 44}, want: "RSTO", first: 22},
		{name: "a health check", from: 40000, to: 80, n: counts{4, 216, 3, 164}, want: "S1", first: 80, handshaken: true},
		{name: "a request", from: 40000, to: 80, n: counts{6, 812, 5, 5260}, want: "S1", first: 80, out: 812 - 6*52, in: 5260 - 5*52, handshaken: true},
		{name: "the reader knows better", flags: 2 | 16, state: "SF", from: 40000, to: 80, n: counts{6, 812, 5, 5260}, want: "SF", first: 80, out: 812 - 6*52, in: 5260 - 5*52, handshaken: true},
		{name: "a window without a SYN", flags: 1 | 16, state: "OTH", from: 40000, to: 80, n: counts{6, 812, 5, 5260}, want: "OTH", first: 80, out: 812 - 6*52, in: 5260 - 5*52},
		{name: "an answer", from: 443, to: 40000, n: counts{6, 6000, 0, 0}, want: "OTH", first: 443, in: 6000 - 6*52},
		{name: "an answer from a port of its own", from: 7000, to: 40000, n: counts{6, 6000, 0, 0}, want: "OTH", first: 7000, in: 6000 - 6*52},
		{name: "a question from a low port, as its SYN says", flags: 2, from: 443, to: 40000, n: counts{2, 120, 0, 0}, want: "S0", first: 40000},
		{name: "rejected", action: reject, from: 40000, to: 22, n: counts{9, 540, 0, 0}, want: "S0", first: 22},
		{name: "rejected, from a port of its own", action: reject, from: 7000, to: 40000, n: counts{1, 44, 0, 0}, want: "S0", first: 40000},
		{name: "a late answer, rejected", action: reject, from: 443, to: 40000, n: counts{1, 40, 0, 0}, nothing: true},
		{name: "nothing", from: 40000, to: 22, nothing: true},
	}
	for _, c := range cases {
		one := events.Conn{IPProto: 6, Action: c.action, TCPFlags: c.flags, ConnState: c.state, OrigPkts: c.n.out, OrigIPBytes: c.n.outBytes, RespPkts: c.n.in, RespIPBytes: c.n.inBytes}
		one.OrigH, one.RespH, one.OrigP, one.RespP = netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("10.0.0.2"), c.from, c.to
		if ok := shape(&one); ok == c.nothing {
			t.Errorf("%s: judged %v", c.name, ok)
			continue
		}
		if c.nothing {
			continue
		}
		crafted := one.TCPFlags&(flagSYN|flagACK) == 0 // what a port scan of flags would be
		if one.ConnState != c.want || one.RespP != c.first || one.OrigBytes != c.out || one.RespBytes != c.in || crafted || (one.History == "ShA") != c.handshaken {
			t.Errorf("%s: %s to %d, %d and %d bytes, flags %d, %q", c.name, one.ConnState, one.RespP, one.OrigBytes, one.RespBytes, one.TCPFlags, one.History)
		}
	}
}

// Catches: a flow of IPv6 reckoned with the header of IPv4, and a rejected ping that is no ping.
func TestShapeOfOthers(t *testing.T) {
	c := events.Conn{IPProto: 17, OrigPkts: 2, OrigIPBytes: 2 * (48 + 100), RespPkts: 1, RespIPBytes: 48 + 300}
	c.OrigH, c.RespH, c.OrigP, c.RespP = netip.MustParseAddr("fd00::1"), netip.MustParseAddr("fd00::2"), 40000, 53
	if !shape(&c) || c.OrigBytes != 200 || c.RespBytes != 300 {
		t.Errorf("%+v", c)
	}
	c = events.Conn{IPProto: 1, OrigPkts: 4, OrigIPBytes: 336, Action: reject}
	c.OrigH, c.RespH = netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("10.0.0.2")
	if !shape(&c) || c.OrigP != echo || c.OrigPkts != 1 {
		t.Errorf("%+v", c)
	}
}

// Catches: what detectors hold on to being changed under them, and a record that the caller lent out being changed.
func TestConnIsLeftAsItIs(t *testing.T) {
	j, _ := judgeOf(t, Options{})
	for _, c := range scenarios()[0].file(t) {
		before := *c
		if j.Conn(c); c.ConnState != before.ConnState || c.Head != before.Head || c.TCPFlags != before.TCPFlags || c.Interim != before.Interim {
			t.Fatalf("%+v became %+v", before, *c)
		}
	}
}
