package device

import (
	"fmt"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/rarity"
)

func headOf(at int64, orig, resp string, port uint16) events.Head {
	return events.Head{TS: events.Time(at), OrigH: addr(orig), RespH: addr(resp), OrigP: 40000, RespP: port}
}

// Catches: a kind that is fed from the wrong field, the wrong side, or not at all.
func TestRareIsLearned(t *testing.T) {
	m := New(Options{})
	ssl := &events.SSL{
		Head: headOf(1e9, "10.0.0.1", "203.0.113.9", 443), ServerName: "WWW.Example.co.uk", JA3: "abc", JA4: "t13d", JA4S: "s13",
		CertChainFPs: []string{"own", "authority"},
	}
	v := m.Observe(ssl)
	for _, k := range []rarity.Kind{rarity.Address, rarity.Name, rarity.Domain, rarity.SNI, rarity.Fingerprint, rarity.Server, rarity.Certificate} {
		if got, ok := v.Seen(k); !ok || !got.First || got.Devices != 1 {
			t.Errorf("kind %d: %+v, %v", k, got, ok)
		}
	}
	for _, k := range []rarity.Kind{rarity.UserAgent, rarity.SSHClient, rarity.Triple} {
		if got, ok := v.Seen(k); ok {
			t.Errorf("kind %d, of which the record says nothing: %+v", k, got)
		}
	}
	ssl.OrigH, ssl.TS = addr("10.0.0.2"), 9e9
	if got, _ := m.Observe(ssl).Seen(rarity.Fingerprint); got.First || got.Devices != 2 || !got.NewDevice {
		t.Errorf("a second device: %+v", got)
	}
	if n, first := v.RareName("www.example.co.uk."); n != 2 || first != 1e9 {
		t.Errorf("name: %d devices since %d", n, first)
	}
	if n, _ := v.RareDomain("other.EXAMPLE.co.uk"); n != 2 {
		t.Errorf("domain: %d devices", n)
	}
	if n, _ := v.RareHost(addr("203.0.113.9")); n != 2 {
		t.Errorf("host: %d devices", n)
	}
	if n, _ := v.RareHost(addr("203.0.113.10")); n != 0 {
		t.Errorf("a host that nobody knows: %d devices", n)
	}
	v = m.Observe(&events.HTTP{Head: headOf(9e9, "10.0.0.1", "203.0.113.9", 80), Host: "a.example:80", UserAgent: "curl/8"})
	if got, ok := v.Seen(rarity.UserAgent); !ok || !got.First {
		t.Errorf("user agent: %+v", got)
	}
	if n, _ := v.RareName("a.example"); n != 1 {
		t.Errorf("the name of a Host header: %d devices", n)
	}
	v = m.Observe(&events.SSH{Head: headOf(9e9, "10.0.0.1", "10.0.0.9", 22), HASSH: "ec78"})
	if got, ok := v.Seen(rarity.SSHClient); !ok || !got.First {
		t.Errorf("HASSH: %+v", got)
	}
}

// Catches: the world's clients that fill the tables, neighbours' names, reverse look-ups, and a resolver that asks for others.
func TestRareIsOfLocalClients(t *testing.T) {
	m := New(Options{})
	m.SetKnown(Known{DNSServers: DefaultLocal()[:1]})
	for i := range 5 {
		from := fmt.Sprintf("198.51.100.%d", i)
		m.Observe(&events.HTTP{Head: headOf(1e9, from, "10.0.0.1", 80), Host: "us.example", UserAgent: from})
		m.Observe(&events.SSL{Head: headOf(1e9, from, "10.0.0.1", 443), ServerName: "us.example", JA4: from})
	}
	m.Observe(&events.DNS{Head: headOf(1e9, "192.168.0.1", "224.0.0.251", 5353), Query: "printer.local"})
	m.Observe(&events.DNS{Head: headOf(1e9, "192.168.0.1", "192.168.0.2", 53), Query: "9.113.0.203.in-addr.arpa"})
	m.Observe(&events.DNS{Head: headOf(1e9, "10.0.0.53", "198.51.100.53", 53), Query: "asked.example"})
	for k := range rarity.Triple {
		if n := m.Rarity().Len(k); n != 0 && k != rarity.Address || k == rarity.Address && n != 1 {
			t.Errorf("kind %d: %d things", k, n)
		}
	}
	m.Observe(&events.DNS{Head: headOf(1e9, "192.168.0.1", "10.0.0.53", 53), Query: "asked.example"})
	if n := m.Rarity().Len(rarity.Name); n != 1 {
		t.Errorf("%d names", n)
	}
}

// Catches: triples of what was refused, and of one way taken for the other.
func TestTriplesOfServices(t *testing.T) {
	m := New(Options{})
	first := func(c *events.Conn) bool {
		got, ok := m.Observe(c).Seen(rarity.Triple)
		return ok && got.First
	}
	if first(conn(1e9, "10.0.0.1", "10.0.0.2", 22, "REJ")) {
		t.Error("a refused conversation is no service")
	}
	for i, c := range []*events.Conn{
		conn(1e9, "10.0.0.1", "10.0.0.2", 22, "SF"), conn(1e9, "10.0.0.1", "10.0.0.2", 80, "SF"), conn(1e9, "10.0.0.2", "10.0.0.1", 22, "SF"),
		conn(1e9, "10.0.0.1", "203.0.113.9", 22, "SF"), conn(1e9, "203.0.113.9", "10.0.0.1", 22, "SF"),
	} {
		if !first(c) || first(c) {
			t.Errorf("triple %d is not new once", i)
		}
	}
}

func BenchmarkLearnRare(b *testing.B) {
	m := New(Options{})
	ssl := &events.SSL{
		Head: headOf(1e9, "10.0.0.1", "203.0.113.9", 443), ServerName: "www.example.co.uk", JA4: "t13d1516h2_8daaf6152771_b186095e22b6",
		JA4S: "t130200_1301_a56c5b993250", CertChainFPs: []string{"b1a3c2d4e5f60718293a4b5c6d7e8f90b1a3c2d4e5f60718293a4b5c6d7e8f90"},
	}
	c := conn(1e9, "10.0.0.1", "203.0.113.9", 443, "SF")
	v := m.Observe(ssl)
	b.Run("ssl", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			m.learnRare(ssl, v)
		}
	})
	b.Run("conn", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			m.learnRare(c, v)
		}
	})
}
