package c2

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
)

// clock gives moments that follow one another by every, plus or minus the jitter's share of it.
func clock(n int, every time.Duration, jitter float64) []time.Duration {
	random := rand.New(rand.NewPCG(3, 4))
	var list []time.Duration
	at := time.Duration(0)
	for range n {
		list = append(list, at)
		at += time.Duration(float64(every) * (1 + jitter*(2*random.Float64()-1)))
	}
	return list
}

// people gives moments that come in bursts with long pauses between them.
func people(n int) []time.Duration {
	random := rand.New(rand.NewPCG(5, 6))
	var list []time.Duration
	at := time.Duration(0)
	for range n {
		list = append(list, at)
		at += time.Duration(math.Exp(2+2*random.NormFloat64()) * float64(time.Second))
	}
	return list
}

func conns(moments []time.Duration, to string, port uint16, change func(*events.Conn)) (list []events.Record) {
	for _, at := range moments {
		c := &events.Conn{Head: head(at, client, to, port), Proto: "tcp", IPProto: 6, ConnState: "SF", OrigBytes: 310, RespBytes: 900, OrigPkts: 6, RespPkts: 6}
		if change != nil {
			change(c)
		}
		list = append(list, c)
	}
	return list
}

func requests(moments []time.Duration, to, host, agent string) (list []events.Record) {
	for _, at := range moments {
		list = append(list, &events.HTTP{Head: head(at, client, to, 80), Method: "GET", Host: host, URI: "/a", UserAgent: agent})
	}
	return list
}

// pages has the requests ask for one of three pages in turn.
func pages(list []events.Record) []events.Record {
	for i, r := range list {
		r.(*events.HTTP).URI = []string{"/admin/get.php", "/news.php", "/login/process.php"}[i%3]
	}
	return list
}

// named puts a TLS handshake before each conversation.
func named(list []events.Record, sni string, chain int) (with []events.Record) {
	for _, r := range list {
		r.(*events.Conn).Service = "ssl"
		s := &events.SSL{Head: *r.Common(), ServerName: sni, Established: true, CertChainFPs: make([]string, chain)}
		with = append(with, s, r)
	}
	return with
}

func TestBeacon(t *testing.T) {
	refused := func(c *events.Conn) { c.ConnState, c.OrigBytes, c.RespBytes, c.RespPkts = "REJ", 0, 0, 1 }
	silent := func(c *events.Conn) { c.ConnState, c.OrigBytes, c.RespBytes, c.RespPkts = "S0", 0, 0, 0 }
	popular := conns(clock(40, time.Minute, 0.1), outside, 443, nil)
	for i := range 6 {
		c := conns(clock(1, 0, 0), outside, 443, nil)[0].(*events.Conn)
		c.OrigH = head(0, fmt.Sprintf("10.0.1.%d", i), outside, 443).OrigH
		popular = append([]events.Record{c}, popular...)
	}
	cases := []struct {
		name    string
		records []events.Record
		alerts  int
		mark    string // a term there must be
	}{
		{"bare TCP, below", conns(clock(7, time.Minute, 0), outside, 4444, nil), 0, ""},
		{"bare TCP, at", conns(clock(8, time.Minute, 0), outside, 4444, nil), 1, "odd_port"},
		{"once only", conns(clock(79, time.Minute, 0.1), outside, 4444, nil), 1, "nameless_server"},
		{"next order", conns(clock(100, time.Minute, 0.1), outside, 4444, nil), 2, "nameless_server"},
		{"jitter of 30 %", conns(clock(60, time.Minute, 0.3), outside, 4444, nil), 1, "odd_port"},
		{"refused", conns(clock(20, 4*time.Second, 0.05), outside, 7676, refused), 1, "server_gone"},
		{"nobody there", conns(clock(20, 10*time.Second, 0.05), outside, 6999, silent), 1, "nobody_there"},
		{"UDP", conns(clock(30, time.Minute, 0.1), outside, 9999, func(c *events.Conn) { c.IPProto, c.Proto = 17, "udp" }), 1, "odd_port"},
		{"HTTP to an address", requests(clock(12, 5*time.Second, 0.1), outside, outside, "Mozilla/5.0"), 1, "nameless_server"},
		{"HTTP to a name", requests(clock(30, time.Minute, 0.1), outside, "c2.example", "Mozilla/5.0"), 1, "named_server"},
		{"HTTP inside, to an address, under changing names", pages(requests(clock(12, 5*time.Second, 0.1), "10.0.0.9", "10.0.0.9", "Mozilla/5.0")), 1, "inside"},
		{"TLS with a name", named(conns(clock(20, 3*time.Second, 0.25), outside, 443, nil), "c2.example", 2), 1, "named_server"},
		{"TLS of a makeshift server", named(conns(clock(3, 42*time.Second, 0.02), outside, 7084, nil), "", 1), 1, "lone_certificate"},
		{"a session over UDP that is kept alive", conns(clock(30, 2*time.Minute, 0), outside, 9999, func(c *events.Conn) {
			c.IPProto, c.Proto, c.OrigP = 17, "udp", 51820
		}), 1, "one_socket"},
		// The innocent twins.
		{"people", conns(people(200), outside, 4444, nil), 0, ""},
		{"people at a web site", requests(people(200), outside, "www.example", "Mozilla/5.0"), 0, ""},
		{"a program at work", conns(clock(500, 100*time.Millisecond, 0.1), outside, 4444, nil), 0, ""},
		{"bursts with long pauses", conns([]time.Duration{
			0, 3e9, 6e9, 9e9, 3600e9, 3603e9, 3606e9, 3609e9, 9000e9, 9003e9, 9006e9, 9009e9,
		}, outside, 4444, nil), 0, ""},
		{"the time", conns(clock(200, time.Minute, 0), outside, 123, func(c *events.Conn) { c.IPProto = 17 }), 0, ""},
		{"mail", conns(clock(200, time.Minute, 0), outside, 993, nil), 0, ""},
		{"updates of the system", requests(clock(200, time.Minute, 0), outside, "connectivity.gstatic.com", "x"), 0, ""},
		{"a database inside", conns(clock(200, time.Minute, 0), "10.0.0.9", 5432, nil), 0, ""},
		{"metrics inside", requests(clock(200, 15*time.Second, 0), "10.0.0.9", "10.0.0.9:9100", "Prometheus/2.53"), 0, ""},
		{"a health check inside", requests(clock(200, 3*time.Second, 0), "10.0.0.9", "10.0.0.9", "health-check/1"), 0, ""},
		{"an API inside, by name", requests(clock(200, 15*time.Second, 0), "10.0.0.9", "api.internal", "x"), 0, ""},
		{"instance metadata", requests(clock(200, time.Minute, 0), "169.254.169.254", "169.254.169.254", "x"), 0, ""},
		{"a service that many use", popular, 0, ""},
		{"one SYN, sent again", conns([]time.Duration{0, 1e9, 3e9, 7e9, 15e9, 31e9, 63e9, 100e9, 120e9}, outside, 4444, func(c *events.Conn) {
			silent(c)
			c.OrigP = 41000
		}), 0, ""},
		{"few contacts with a service", named(conns(clock(10, time.Minute, 0), outside, 443, nil), "shop.example", 3), 0, ""},
	}
	for _, c := range cases {
		found := judge(NewBeacon(BeaconDefaults()), c.records)
		if len(found) != c.alerts {
			t.Errorf("%s: %d alerts, want %d: %+v", c.name, len(found), c.alerts, found)
			continue
		}
		if c.alerts == 0 {
			continue
		}
		f := found[len(found)-1]
		if f.Victims[0].Addr.String() != client || !hasTerm(f, c.mark) || f.Confidence < 0.5 || f.Key != found[0].Key {
			t.Errorf("%s: %+v", c.name, f)
		}
	}
}

func hasTerm(f detect.Finding, name string) bool {
	for _, t := range f.Terms {
		if t.Name == name {
			return true
		}
	}
	return false
}

// Catches: a rhythm that is lost when an implant makes several conversations a beat.
func TestBeaconInBursts(t *testing.T) {
	var moments []time.Duration
	for _, at := range clock(12, 5*time.Minute, 0.05) {
		moments = append(moments, at, at+500*time.Millisecond, at+1700*time.Millisecond, at+2200*time.Millisecond)
	}
	found := judge(NewBeacon(BeaconDefaults()), conns(moments, outside, 4444, nil))
	if len(found) != 1 || math.Abs(found[0].Properties["interval_seconds"].(float64)-300) > 30 {
		t.Errorf("%+v", found)
	}
}

func TestBeaconMemoryIsBounded(t *testing.T) {
	tune := BeaconDefaults()
	tune.Series = 10
	b := NewBeacon(tune)
	var list []events.Record
	for i := range 1000 {
		list = append(list, named(conns([]time.Duration{0}, fmt.Sprintf("203.0.%d.%d", i/200, i%200), 443, nil), "", 1)...)
	}
	judge(b, append(list, conns(people(5000), outside, 4444, nil)...))
	if b.changes.Len() > 4*tune.Series {
		t.Errorf("%d series wait to be saved, though nobody saves", b.changes.Len())
	}
	if b.series.Len() != 10 || b.facts.Len() != 10 || b.series.Evicted() == 0 {
		t.Errorf("%d series, %d facts", b.series.Len(), b.facts.Len())
	}
	for _, s := range b.series.All {
		if len(s.contacts) > kept || len(s.uids) > maxUIDs {
			t.Errorf("%d contacts", len(s.contacts))
		}
	}
}

func BenchmarkOrdinaryConn(b *testing.B) {
	list := conns(people(1000), outside, 443, nil)
	d := NewBeacon(BeaconDefaults())
	b.ReportAllocs()
	for b.Loop() {
		judge(d, list)
	}
}
