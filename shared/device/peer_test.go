package device

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

func host(i int) string { return netip.AddrFrom4([4]byte{10, 9, byte(i >> 8), byte(i)}).String() }

// Catches: bytes counted twice where a conversation is told several times, under the wrong end, or in the wrong direction.
func TestPeers(t *testing.T) {
	m := New(Options{})
	tell := func(at int64, uid string, interim bool, out, in uint64) View {
		c := conn(at*int64(time.Second), "10.0.0.1", "10.0.0.2", 5432, "S1")
		c.UID, c.Interim, c.OrigIPBytes, c.RespIPBytes, c.Service = uid, interim, out, in, "postgresql"
		return m.Observe(c)
	}
	tell(100, "a", true, 1000, 50)
	tell(100, "a", true, 1500, 60)
	tell(100, "a", false, 1600, 70)
	v := tell(200, "b", false, 7, 8)
	want := Peer{Serial: v.Resp.Serial, Asked: true, Proto: TCP, Port: 5432, Service: "postgresql", Count: 2, Out: 1607, In: 78, First: 100e9, Last: 200e9}
	if got := slices.Collect(v.Orig.EachPeer); len(got) != 1 || got[0] != want {
		t.Errorf("the client's peers are %+v, want %+v", got, want)
	}
	want.Serial, want.Asked, want.Out, want.In = v.Orig.Serial, false, want.In, want.Out
	if got := slices.Collect(v.Resp.EachPeer); len(got) != 1 || got[0] != want {
		t.Errorf("the server's peers are %+v, want %+v", got, want)
	}
	if v.Peer(v.Resp.Serial) != v.Resp || v.Peer(99) != nil {
		t.Error("a serial leads to another device")
	}
}

// Catches: news that are told again, news that an analyzer's record takes away, and attempts taken for use.
func TestFresh(t *testing.T) {
	m := New(Options{})
	hello := &events.SSL{JA4: "t13d"}
	hello.OrigH, hello.RespH, hello.RespP = addr("10.0.0.1"), addr("203.0.113.9"), 443
	long := conn(1, "10.0.0.1", "203.0.113.9", 443, "S1")
	long.UID, long.Interim = "x", true
	group := conn(1, "10.0.0.1", "239.1.1.1", 5000, "S0")
	group.IPProto = UDP
	const all = FreshDevice | FreshPeer | FreshExternal
	for i, c := range []struct {
		r    events.Record
		want Fresh
	}{
		{hello, all}, {hello, all}, {long, all | FreshService | FreshOffer}, {hello, 0}, {long, 0},
		{conn(2, "10.0.0.1", "203.0.113.9", 443, "SF"), 0}, {conn(3, "10.0.0.1", "203.0.113.9", 443, "SF"), 0},
		{conn(4, "10.0.0.1", "203.0.113.9", 22, "S0"), 0}, {conn(4, "10.0.0.1", "203.0.113.9", 22, "SF"), FreshService | FreshOffer},
		{conn(5, "10.0.0.3", "203.0.113.9", 22, "SF"), FreshDevice | FreshPeer | FreshService},
		{conn(6, "10.0.0.1", "10.0.0.3", 22, "REJ"), FreshPeer}, {conn(6, "10.0.0.1", "10.0.0.3", 22, "REJ"), 0},
		{conn(7, "10.0.0.1", "10.0.0.3", 22, "SF"), FreshService | FreshOffer}, {group, 0},
	} {
		if v := m.Observe(c.r); v.Fresh != c.want {
			t.Errorf("%d: %05b, want %05b", i, v.Fresh, c.want)
		}
	}
	if d := m.View().Device(addr("10.0.0.1")); d.Silent() != 1 || d.Peers() != 2 {
		t.Errorf("silent %d, peers %d; want 1 and 2", d.Silent(), d.Peers())
	}
}

// Catches: an old acquaintance that is a stranger again because a thousand others came between, and a list without end.
func TestManyPeers(t *testing.T) {
	m := New(Options{})
	observe := func(i int) View { return m.Observe(conn(int64(i)*int64(time.Second), host(i), "10.0.0.2", 22, "SF")) }
	for i := range 3000 {
		if v := observe(i); v.Fresh&FreshPeer == 0 {
			t.Fatalf("client %d is no stranger", i)
		}
	}
	wrong := 0
	for i := range 3000 {
		if v := observe(i); v.Fresh&(FreshPeer|FreshService) != 0 {
			wrong++
		}
	}
	d := m.View().Device(addr("10.0.0.2"))
	if wrong != 0 || len(d.ties) != MaxPeers || d.Overflow == 0 || d.Peers() < 2950 || d.Peers() > 3000 {
		t.Errorf("%d strangers among acquaintances, %d ties, overflow %d, %d peers", wrong, len(d.ties), d.Overflow, d.Peers())
	}
	if got := d.Offers[0]; got.Count != 6000 || int(got.Peers) < 2950 || got.Peers > 3000 {
		t.Errorf("offers %+v", got)
	}
	oldest := slices.MinFunc(slices.Collect(d.EachPeer), func(a, b Peer) int { return int(a.Last - b.Last) })
	if oldest.Last < events.Time(2900*time.Second) {
		t.Errorf("a peer of %d is kept, and later ones are not", oldest.Last)
	}
}

// Catches: software under the wrong end, without a limit, or told by a text of any length.
func TestSoftware(t *testing.T) {
	m := New(Options{})
	ssh := &events.SSH{HASSH: "h", HASSHServer: "hs", Client: "SSH-2.0-a", Server: "SSH-2.0-b"}
	ssh.OrigH, ssh.RespH, ssh.TS = addr("10.0.0.1"), addr("10.0.0.2"), 5e9
	m.Observe(ssh)
	ssh.TS = 9e9
	v := m.Observe(ssh)
	if got := fmt.Sprint(v.Orig.Software); got != "[{hassh h 2 5 9} {ssh_client SSH-2.0-a 2 5 9}]" {
		t.Errorf("client %s", got)
	}
	if got := fmt.Sprint(v.Resp.Software); got != "[{hassh_server hs 2 5 9} {ssh_server SSH-2.0-b 2 5 9}]" {
		t.Errorf("server %s", got)
	}
	web := &events.HTTP{}
	web.OrigH, web.RespH = addr("10.0.0.1"), addr("10.0.0.2")
	for i := range 100 {
		web.TS, web.UserAgent = events.Time(10+i)*1e9, strings.Repeat("x", 200*(i%2))+fmt.Sprint(i)
		v = m.Observe(web)
	}
	kept := v.Orig.Software
	if len(kept) != MaxSoftware || slices.ContainsFunc(kept, func(s Software) bool { return s.Kind == HASSH || len(s.Text) > MaxText }) {
		t.Errorf("%d kept: %v", len(kept), kept)
	}
	if n := testing.AllocsPerRun(100, func() { m.Observe(web) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// Catches: a group's name taken for a host's, and a question taken for a registration.
func TestNetBIOS(t *testing.T) {
	m := New(Options{})
	register := func(who, name string, opcode uint8) *Device {
		r := &events.DNS{Query: name, Opcode: opcode}
		r.OrigH, r.RespH, r.RespP = addr(who), addr("10.0.0.255"), 137
		return m.Observe(r).Orig
	}
	a := register("10.0.0.1", "CORP", 5)
	register("10.0.0.1", "FILES", 5)
	register("10.0.0.1", "OTHER", 0)
	if a.Hostname() != "FILES" || len(a.Names) != 2 || a.Names[1].Text != "CORP" {
		t.Errorf("names %v", a.Names)
	}
	b := register("10.0.0.2", "CORP", 8)
	if len(a.Names) != 1 || len(b.Names) != 0 {
		t.Errorf("names %v and %v: both registered the name of their group", a.Names, b.Names)
	}
}
