package c2

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// greet is a handshake of an ordinary client with an ordinary server; change makes it another.
func greet(at time.Duration, to string, change func(*events.SSL)) events.Record {
	s := &events.SSL{
		Head: head(at, client, to, 443), Established: true, Version: "TLSv12", ServerName: "shop.test", JA4: "t13d_common", ALPN: []string{"h2"},
		CertChainFPs: []string{"leaf", "authority"}, Subject: "CN=shop.test", Issuer: "CN=R3,O=Let's Encrypt,C=US",
	}
	s.NotBefore, s.NotAfter = s.TS.Add(-40*24*time.Hour), s.TS.Add(50*24*time.Hour)
	if change != nil {
		change(s)
	}
	return s
}

// visitors are sixty devices that greet the same shop with the same client.
func visitors() []events.Record {
	return many(60, func(i int) events.Record {
		return greet(time.Duration(i)*time.Second, outside, func(s *events.SSL) { s.OrigH = head(0, fmt.Sprintf("10.0.7.%d", i+1), outside, 443).OrigH })
	})
}

func makeshift(s *events.SSL) {
	s.ServerName, s.CertChainFPs, s.Subject, s.Issuer, s.SelfSigned = "", []string{"own"}, "O=Default Company Ltd,C=XX", "O=Default Company Ltd,C=XX", true
}

func TestRareTLS(t *testing.T) {
	no := false
	lone := func(s *events.SSL) { // 35 points
		s.ServerName, s.RespP, s.CertChainFPs, s.Subject, s.Issuer = "", 8081, []string{"own"}, "CN=vpn.partner.test", "CN=Partner CA,O=Partner"
	}
	foreign := func(s *events.SSL) { // a client of its own behind a proper certificate, without a name
		s.ServerName, s.JA4, s.Subject, s.CertChainFPs = "", "t13i_go", "CN=c2.test", []string{"c2", "authority"}
	}
	late := func(change func(*events.SSL)) events.Record { return greet(3*day, "198.51.100.7", change) }
	cases := []struct {
		name    string
		records []events.Record
		alerts  int
		marks   string // that the sentence gives
	}{
		{"below", []events.Record{greet(0, outside, lone)}, 0, ""},
		{"at", []events.Record{greet(0, outside, func(s *events.SSL) { lone(s); s.Version = "TLSv10" })}, 1, "no public authority vouches"},
		{"a template's certificate", []events.Record{greet(0, outside, makeshift)}, 1, "template"},
		{"once", many(9, func(i int) events.Record { return greet(time.Duration(i)*time.Minute, outside, makeshift) }), 1, "signed itself"},
		{"next order", many(10, func(i int) events.Record { return greet(time.Duration(i)*time.Minute, outside, makeshift) }), 2, "10 times"},
		{"made up, as Tor's", []events.Record{greet(0, outside, func(s *events.SSL) {
			s.ServerName, s.SNIMatches, s.CertChainFPs, s.Subject, s.Issuer = "www.ab3.com", &no, []string{"own"}, "CN=www.g6ghvi.net", "CN=www.xkgk7f.com"
		})}, 1, "by a host's name, www.xkgk7f.com"},
		{"just issued, for ten years", []events.Record{greet(0, outside, func(s *events.SSL) {
			s.CertChainFPs, s.Subject, s.Issuer, s.SelfSigned = []string{"own"}, "CN=a.test", "CN=a.test", true
			s.NotBefore, s.NotAfter = s.TS.Add(-time.Hour), s.TS.Add(3650*24*time.Hour)
		})}, 1, "issued 1 hours before"},
		{"an ordinary server", []events.Record{greet(0, outside, nil)}, 0, ""},
		{"never established", []events.Record{greet(0, outside, func(s *events.SSL) { makeshift(s); s.Established = false })}, 0, ""},
		{"a mail server", []events.Record{greet(0, outside, func(s *events.SSL) { makeshift(s); s.RespP = 25 })}, 0, ""},
		{"inside", []events.Record{greet(0, "10.0.0.9", makeshift)}, 0, ""},
		{"a new client and server on the first day", append(visitors(), greet(2*time.Hour, "198.51.100.7", foreign)), 0, ""},
		{"a new client and server later", append(visitors(), late(foreign)), 1, "of 61 local devices 1 know the server"},
		{"a certificate of its own at a bare address", []events.Record{greet(0, outside, func(s *events.SSL) { makeshift(s); s.Subject, s.Issuer = "CN=a.test", "CN=a.test" })}, 1, "signed itself"},
		{"an appliance with a name", []events.Record{greet(0, outside, func(s *events.SSL) {
			makeshift(s)
			s.ServerName, s.Subject, s.Issuer = "a.test", "CN=a.test", "CN=a.test"
		})}, 0, ""},
		{"an appliance that was always there", append(visitors(), many(60, func(i int) events.Record {
			return greet(time.Duration(i+1)*time.Hour, outside, func(s *events.SSL) {
				makeshift(s)
				s.RespH, s.ServerName, s.Subject, s.Issuer, s.JA4 = head(0, client, "198.51.100.9", 443).RespH, "a.test", "CN=a.test", "CN=a.test", "t13d_own"
			})
		})...), 0, ""},
		{"a new client of a server with a name", append(visitors(), late(func(s *events.SSL) { foreign(s); s.ServerName = "c2.test" })), 0, ""},
		{"a new client of the usual server", append(visitors(), greet(3*day, outside, foreign)), 0, ""},
		{"the usual client of a new server", append(visitors(), late(func(s *events.SSL) { s.ServerName = "" })), 0, ""},
		{"an appliance that many use", append(many(6, func(i int) events.Record {
			return greet(0, outside, func(s *events.SSL) { s.OrigH = head(0, fmt.Sprintf("10.0.7.%d", i+1), outside, 443).OrigH })
		}), greet(time.Hour, outside, makeshift)), 0, ""},
	}
	for _, c := range cases {
		found := judge(NewRareTLS(RareTLSDefaults()), c.records)
		if len(found) != c.alerts {
			t.Errorf("%s: %d alerts, want %d: %+v", c.name, len(found), c.alerts, found)
			continue
		}
		if c.alerts == 0 {
			continue
		}
		f := found[len(found)-1]
		if !strings.Contains(f.Description, c.marks) || f.Victims[0].Addr.String() != client || f.Confidence < leastConfidence || f.Key != found[0].Key {
			t.Errorf("%s: %s %+v", c.name, f.Description, f)
		}
	}
}

// Catches: a server that people trust and that is told all the same.
func TestRareTLSOfATrustedDomain(t *testing.T) {
	model, d := device.New(device.Options{}), NewRareTLS(RareTLSDefaults())
	model.SetKnown(device.Known{TrustedDomains: []string{"shop.test"}})
	r := greet(0, outside, func(s *events.SSL) { makeshift(s); s.ServerName, s.RespP = "shop.test", 8081 })
	if found := d.Observe(r, model.Observe(r)); len(found) > 0 {
		t.Errorf("%+v", found)
	}
}

// Catches: a table that outgrows its limit, and a restart after which a pair is told anew.
func TestRareTLSIsBoundedAndKept(t *testing.T) {
	tune := RareTLSDefaults()
	tune.Pairs = 8
	d := NewRareTLS(tune)
	judge(d, many(100, func(i int) events.Record { return greet(0, fmt.Sprintf("203.0.113.%d", i), makeshift) }))
	if d.pairs.Len() != 8 || d.Overflow() != 92 {
		t.Errorf("%d pairs, %d forgotten", d.pairs.Len(), d.Overflow())
	}
	next, gone := NewRareTLS(tune), 0
	d.Save(func(key, value []byte) {
		if value == nil {
			gone++
			return
		}
		if err := next.Load(key, bytes.Clone(value)); err != nil {
			t.Fatal(err)
		}
		for i := range value {
			if err := next.Load(key, value[:i]); err == nil {
				t.Fatalf("a value cut to %d of %d bytes was taken", i, len(value))
			}
		}
	})
	if next.pairs.Len() != 8 || gone == 0 {
		t.Errorf("%d pairs after a restart, %d gone", next.pairs.Len(), gone)
	}
	if found := judge(next, []events.Record{greet(0, "203.0.113.99", makeshift)}); len(found) != 0 {
		t.Errorf("told anew: %+v", found)
	}
}

func TestNamesInCertificates(t *testing.T) {
	cases := []struct{ name, cn string }{
		{"CN=a.test,O=x", "a.test"}, {"C=US,O=x,CN=b.test", "b.test"}, {"O=x", ""}, {"", ""}, {"CN=", ""}, {"OU=CN=z", ""},
	}
	for _, c := range cases {
		if got := commonName(c.name); got != c.cn {
			t.Errorf("%q: %q, want %q", c.name, got, c.cn)
		}
	}
	for name, want := range map[string]bool{
		"www.abc.com": true, "axtnetmag.org": true, "R3": false, "GTS CA 1.0.1": false, "": false, ".com": false, "10.0.0.1": false, "a.b": false,
	} {
		if got := hostLike(name); got != want {
			t.Errorf("%q: %v", name, got)
		}
	}
	if got := clip(strings.Repeat("é", 100)); len(got) > 90 {
		t.Errorf("%d bytes", len(got))
	}
}

// Catches: an ordinary handshake that costs memory.
func TestOrdinaryHandshakeAllocatesNothing(t *testing.T) {
	model, d := device.New(device.Options{}), NewRareTLS(RareTLSDefaults())
	r := greet(0, outside, nil)
	v := model.Observe(r)
	var found []detect.Finding
	if n := testing.AllocsPerRun(100, func() { found = d.Observe(r, v) }); n > 0 || len(found) > 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkOrdinaryHandshake(b *testing.B) {
	model, d := device.New(device.Options{}), NewRareTLS(RareTLSDefaults())
	records := slices.Concat(visitors(), []events.Record{greet(3*day, "198.51.100.7", nil)})
	var v device.View
	for _, r := range records {
		v = model.Observe(r)
	}
	last := records[len(records)-1]
	b.ReportAllocs()
	for b.Loop() {
		d.Observe(last, v)
	}
}
