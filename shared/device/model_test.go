package device

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/events"
)

func addr(s string) netip.Addr { return netip.MustParseAddr(s) }

func conn(ts int64, orig, resp string, port uint16, state string) *events.Conn {
	c := &events.Conn{ConnState: state, IPProto: TCP, Proto: "tcp", OrigPkts: 3, RespPkts: 3}
	c.TS, c.OrigH, c.RespH, c.OrigP, c.RespP = events.Time(ts), addr(orig), addr(resp), 40000, port
	return c
}

func number(n uint16) *uint16 { return &n }

func TestClassify(t *testing.T) {
	cases := []struct {
		addr  string
		local []netip.Prefix
		want  Class
	}{
		{"10.1.2.3", nil, Local}, {"172.31.255.255", nil, Local}, {"172.32.0.1", nil, External}, {"192.168.0.1", nil, Local},
		{"169.254.169.254", nil, Local}, {"fd00::1", nil, Local}, {"fe80::1", nil, Local}, {"127.0.0.1", nil, Local}, {"8.8.8.8", nil, External},
		{"2600::1", nil, External}, {"224.0.0.251", nil, Group}, {"ff02::fb", nil, Group}, {"255.255.255.255", nil, Group}, {"0.0.0.0", nil, Group},
		{"10.1.2.3", []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24")}, External},
		{"203.0.113.9", []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24")}, Local},
	}
	for _, c := range cases {
		if got := New(Options{Local: c.local}).Classify(addr(c.addr)); got != c.want {
			t.Errorf("%s: class %d, want %d", c.addr, got, c.want)
		}
	}
	if got := New(Options{}).Classify(netip.Addr{}); got != Group {
		t.Errorf("no address: class %d, want %d", got, Group)
	}
}

// Catches: the sensor's own machine listed as a device of each network whose mirrored packets are handed on to it over loopback.
func TestEnvelopeWithinOneMachine(t *testing.T) {
	m := New(Options{})
	for _, ends := range [][2]string{{"127.0.0.1", "::"}, {"::1", "127.0.0.1"}, {"10.0.0.1", "127.0.0.1"}} {
		e := &events.Tunnel{TunnelType: "Tunnel::VXLAN"}
		e.TS, e.VNI, e.OrigH, e.RespH = 1, 17, addr(ends[0]), addr(ends[1])
		m.Observe(e)
	}
	m.Collect()
	changed, _ := m.Collected(10)
	if len(changed) != 1 || changed[0].ID != "vni-17/10.0.0.1" {
		t.Errorf("devices %+v, want the one that is on the wire", changed)
	}
	if v := m.Observe(conn(2, "127.0.0.1", "127.0.0.2", 22, "SF")); v.Orig.Class != Local || v.Resp.Class != Local {
		t.Errorf("classes %d and %d: what was captured on a loopback is between hosts", v.Orig.Class, v.Resp.Class)
	}
}

// Catches: services learned from refused connections, twice from a conversation that is told twice, or under the wrong end.
func TestServices(t *testing.T) {
	m := New(Options{})
	m.Observe(conn(1, "10.0.0.1", "10.0.0.2", 22, "SF"))
	m.Observe(conn(2, "10.0.0.1", "10.0.0.2", 22, "RSTO"))
	m.Observe(conn(3, "10.0.0.1", "10.0.0.2", 80, "REJ"))
	interim := conn(4, "10.0.0.1", "10.0.0.2", 443, "S1")
	interim.UID, interim.Interim = "long", true
	m.Observe(interim)
	v := m.Observe(interim)
	if len(v.Resp.Offers) != 2 || v.Resp.Offers[1].Count != 1 || v.Resp.Offers[1].Peers != 1 || v.Resp.Offers[0] != (Service{Proto: TCP, Port: 22, Count: 2, Peers: 1, First: 1, Last: 2}) {
		t.Errorf("offers %v, want port 22 twice and 443 once", v.Resp.Offers)
	}
	if len(v.Orig.Uses) != 2 || len(v.Orig.Offers) != 0 || !v.Resp.OffersPort(TCP, 22) || v.Resp.OffersPort(UDP, 22) {
		t.Errorf("uses %v, offers of the client %v", v.Orig.Uses, v.Orig.Offers)
	}
	if v.Orig.FirstSeen != 1 || v.Orig.LastSeen != 4 || v.Orig.Peers() != 1 {
		t.Errorf("first %d, last %d, peers %d", v.Orig.FirstSeen, v.Orig.LastSeen, v.Orig.Peers())
	}
}

func TestNames(t *testing.T) {
	m := New(Options{})
	answer := &events.DNS{Query: "www.example.com", QType: number(1), RCode: number(0), Answers: []string{"cdn.example.net", "203.0.113.7", "not:an:address"}}
	answer.OrigH, answer.RespH = addr("10.0.0.1"), addr("10.0.0.53")
	m.Observe(answer)
	if got := m.View().Hostname(addr("203.0.113.7")); got != "www.example.com" {
		t.Errorf("before the first packet: %q", got)
	}
	hello := &events.SSL{ServerName: "front.example.org"}
	hello.OrigH, hello.RespH = addr("10.0.0.1"), addr("203.0.113.7")
	v := m.Observe(hello)
	if v.Resp.Hostname() != "www.example.com" || len(v.Resp.Names) != 2 {
		t.Errorf("names %v: DNS is trusted above SNI", v.Resp.Names)
	}
	lease := &events.DHCP{AssignedAddr: addr("10.0.0.1"), HostName: "laptop", MAC: "02:00:00:00:00:01"}
	lease.OrigH, lease.RespH = addr("0.0.0.0"), addr("255.255.255.255")
	m.Observe(lease)
	if d := m.View().Device(addr("10.0.0.1")); d.Hostname() != "laptop" || d.MAC == "" {
		t.Errorf("lease not learned: %+v", d)
	}
	for _, tt := range []struct {
		what, given, types, want string
	}{
		{"offered and never taken", "10.0.0.2", "DISCOVER OFFER", ""},
		{"offered, then refused", "10.0.0.3", "DISCOVER OFFER REQUEST NAK", ""},
		{"leased", "10.0.0.4", "DISCOVER OFFER REQUEST ACK", "desktop"},
		{"renewed", "10.0.0.5", "REQUEST ACK", "desktop"},
	} {
		r := &events.DHCP{AssignedAddr: addr(tt.given), HostName: "desktop", MAC: "02:00:00:00:00:02", MsgTypes: strings.Fields(tt.types)}
		r.OrigH, r.RespH = addr("0.0.0.0"), addr("255.255.255.255")
		m.Observe(r)
		if got := m.View().Hostname(addr(tt.given)); got != tt.want {
			t.Errorf("%s: the name is %q, want %q", tt.what, got, tt.want)
		}
	}
	for host, want := range map[string]string{"a.example:8080": "a.example", "10.0.0.1:80": "", "[::1]:80": "", "": "", "a.example": "a.example"} {
		if got := hostOnly(host); got != want {
			t.Errorf("hostOnly(%q) = %q, want %q", host, got, want)
		}
	}
}

// Catches: unbounded names, services, peers and devices; an overflow that is not counted.
func TestLimits(t *testing.T) {
	m := New(Options{MaxLocal: 4, MaxExternal: 8})
	first := m.Observe(conn(0, "10.0.0.1", "10.0.0.2", 1, "SF")).Orig
	for i := range 100 {
		m.Observe(conn(int64(i), "10.0.0.1", "10.0.0.2", uint16(i), "SF"))
		first.call(string(rune('a'+i%26))+"x", FromDNS)
	}
	for i := range 200 {
		m.Observe(conn(int64(i), "10.0.0.1", netip.AddrFrom4([4]byte{8, 8, 1, byte(i)}).String(), 443, "S0"))
	}
	if len(first.Uses) != MaxServices || len(first.ties) != MaxPeers || first.Peers() != 201 || len(first.Names) != MaxNames || first.Overflow == 0 {
		t.Errorf("uses %d, peers %d, names %d, overflow %d", len(first.Uses), first.Peers(), len(first.Names), first.Overflow)
	}
	known, forgotten := m.Devices()
	if known != 2+8 || forgotten != 200-8 {
		t.Errorf("known %d, forgotten %d; want 10 and 192", known, forgotten)
	}
	if m.View().Device(addr("10.0.0.2")) == nil {
		t.Error("a flood from outside pushed out a local device")
	}
}

// Catches: a sweep over addresses where nobody is that pushes out who is there.
func TestSweepPushesNobodyOut(t *testing.T) {
	m := New(Options{MaxLocal: 10})
	for i := range 10 {
		m.Observe(conn(1, host(i), "203.0.113.9", 443, "SF"))
	}
	for i := range 2 * maxMute {
		c := conn(2, host(0), netip.AddrFrom4([4]byte{10, 200, byte(i >> 8), byte(i)}).String(), 445, "S0")
		c.RespPkts = 0
		m.Observe(c)
	}
	for i := range 10 {
		if m.View().Device(addr(host(i))) == nil {
			t.Errorf("%s is forgotten", host(i))
		}
	}
	if m.mute.Len() != maxMute || m.inside.Len() != 10 || len(m.seats) != 10+1+maxMute || len(m.serials) != len(m.seats) {
		t.Errorf("%d mute, %d inside, %d seats, %d serials", m.mute.Len(), m.inside.Len(), len(m.seats), len(m.serials))
	}
	last := m.View().Device(netip.AddrFrom4([4]byte{10, 200, 127, 255}))
	serial := last.Serial
	if v := m.Observe(conn(3, "10.200.127.255", "203.0.113.9", 443, "SF")); v.Orig != last || v.Orig.Serial != serial || m.inside.Peek("10.200.127.255") != last {
		t.Error("who wakes up is another")
	}
}

func TestKnownDevicesAllocateNothing(t *testing.T) {
	m := New(Options{})
	c := conn(1, "10.0.0.1", "203.0.113.9", 443, "SF")
	m.Observe(c)
	if n := testing.AllocsPerRun(100, func() { m.Observe(c) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkObserveConn(b *testing.B) {
	m := New(Options{})
	var list []*events.Conn
	for i := range 1000 {
		list = append(list, conn(int64(i), netip.AddrFrom4([4]byte{10, 0, byte(i % 7), byte(i % 31)}).String(), netip.AddrFrom4([4]byte{203, 0, byte(i >> 3), byte(i)}).String(), 443, "SF"))
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		m.Observe(list[i%len(list)])
	}
}
