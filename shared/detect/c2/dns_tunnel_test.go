package c2

import (
	"encoding/base32"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

func ask(at time.Duration, name, qtype string, number uint16, answers ...string) events.Record {
	rcode := uint16(0)
	d := &events.DNS{Head: head(at, client, "10.0.0.2", 53), Query: strings.ToLower(name), QTypeName: qtype, QType: &number, RCode: &rcode, Answers: answers}
	d.QueryBytes, d.AnswerBytes = uint32(len(name)+18), uint32(len(name)+18)
	for _, a := range answers {
		d.AnswerBytes += uint32(len(a) + 12)
	}
	return d
}

func TestDNSTunnel(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 7))
	noise := func(n int) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(random.Uint32())
		}
		return b
	}
	second := func(i int) time.Duration { return time.Duration(i) * time.Second }
	names := func(n int, name func(i int) string, qtype string, number uint16, answers ...string) []events.Record {
		return many(n, func(i int) events.Record { return ask(second(i), name(i), qtype, number, answers...) })
	}
	b32 := func(int) string { return base32.StdEncoding.EncodeToString(noise(30)) + ".t.example.com" }
	hexes := func(int) string {
		return hex.EncodeToString(noise(28)) + "." + hex.EncodeToString(noise(28)) + ".x.example.org"
	}
	counter := func(i int) string { return fmt.Sprintf("paf%03dhl.pirate.example", i) }
	answer := strings.Repeat("x", 100)
	cases := []struct {
		name    string
		records []events.Record
		alerts  int
	}{
		{"below", names(19, b32, "A", 1, "192.0.2.1"), 0},
		{"at", names(20, b32, "A", 1, "192.0.2.1"), 1},
		{"once only", names(150, b32, "A", 1, "192.0.2.1"), 1},
		{"next order", names(230, b32, "A", 1, "192.0.2.1"), 2},
		{"null, short names", names(29, counter, "NULL", 10, answer), 0},
		{"null, enough of them", names(30, counter, "NULL", 10, answer), 1},
		{"txt, hexadecimal", names(20, hexes, "TXT", 16, answer), 1},
		{"key", names(20, b32, "KEY", 25, answer), 1},
		{"without a domain", names(30, func(int) string {
			return "dnscat." + hex.EncodeToString(noise(25)) + "." + hex.EncodeToString(noise(20))
		}, "TXT", 16, answer), 1},
		// The innocent twins.
		{"block lists", names(300, func(i int) string { return fmt.Sprintf("%d.2.0.192.bl.example.net", i%256) }, "TXT", 16, "listed"), 0},
		{"block lists of IPv6", names(300, func(i int) string {
			return fmt.Sprintf("%x.%x.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.bl.example.net", i%16, i/16)
		}, "TXT", 16, "listed"), 0},
		{"reputation that answers with a code", names(300, hexes, "A", 1, "127.0.0.4"), 0},
		{"reputation by name", names(300, func(int) string { return hex.EncodeToString(noise(24)) + ".p.sophosxl.net" }, "TXT", 16, answer), 0},
		{"reverse look-ups", names(300, func(i int) string { return fmt.Sprintf("%d.2.0.192.in-addr.arpa", i) }, "PTR", 12, "host.example"), 0},
		{"reverse look-ups of IPv6", names(300, func(i int) string {
			return fmt.Sprintf("%x.%x.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa", i%16, i/16)
		}, "PTR", 12, "host.example"), 0},
		{"a content network: long, few, again and again", names(300, func(i int) string {
			return fmt.Sprintf("r%d---sn-4g5e6nzz7k2q3x9w8v.video.example.com", i%12)
		}, "A", 1, "192.0.2.1"), 0},
		{"words", names(300, func(i int) string { return fmt.Sprintf("mail%d.users.example.com", i) }, "A", 1, "192.0.2.1"), 0},
		{"keys of mail", many(300, func(i int) events.Record {
			return ask(second(i), fmt.Sprintf("selector1._domainkey.sender%d.example", i), "TXT", 16, answer)
		}), 0},
		{"names of servers, one domain each", many(300, func(i int) events.Record {
			return ask(second(i), fmt.Sprintf("%x.example%d.com", noise(20), i), "A", 1, "192.0.2.1")
		}), 0},
		{"multicast DNS", names(300, func(i int) string { return fmt.Sprintf("%x._device._tcp.local", noise(20)) }, "TXT", 16, answer), 0},
	}
	for _, c := range cases {
		found := judge(NewDNSTunnel(DNSTunnelDefaults()), c.records)
		if len(found) != c.alerts {
			t.Errorf("%s: %d alerts, want %d", c.name, len(found), c.alerts)
			continue
		}
		if c.alerts > 0 && (found[0].Offenders[0].Addr.String() != client || found[0].Properties["bytes_up"].(int) == 0 || len(found[0].UIDs) != maxUIDs) {
			t.Errorf("%s: %+v", c.name, found[0])
		}
	}
}

func TestDNSTunnelMemoryIsBounded(t *testing.T) {
	tune := DNSTunnelDefaults()
	tune.Domains = 10
	d := NewDNSTunnel(tune)
	judge(d, many(1000, func(i int) events.Record {
		return ask(0, fmt.Sprintf("abcdef.example%d.com", i), fmt.Sprint("TYPE", i), 300)
	}))
	if d.domains.Len() != 10 || d.domains.Evicted() != 990 {
		t.Errorf("%d domains, %d evicted", d.domains.Len(), d.domains.Evicted())
	}
	judge(d, many(100, func(i int) events.Record {
		return ask(0, fmt.Sprintf("abcdef%d.example.com", i), fmt.Sprint("TYPE", i), 300)
	}))
	for k, n := range d.domains.All {
		if k.domain == "example.com" && len(n.types) > maxTypes {
			t.Errorf("%d types", len(n.types))
		}
	}
}

func TestReversed(t *testing.T) {
	cases := map[string]bool{
		"1.2.3.4": true, "1.2.3.4.bl": true, "255.2.0.192.bl": true, "1.2.3": false, "a.b.c.d": false, "": false, "....": false,
		"1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.b.d": true, "f.e.d.c.b.a.9.8.7.6.5.4.3.2.1.0": true, "f.e.d.c.long": false, "1234.1.1.1": false,
	}
	for name, want := range cases {
		if got := reversed(name); got != want {
			t.Errorf("%q: %v", name, got)
		}
	}
}
