package c2

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// lookup is a question for an address and its answer: none, and the name does not exist.
func lookup(at time.Duration, name string, answers ...string) *events.DNS {
	d := ask(at, name, "A", 1, answers...).(*events.DNS)
	if len(answers) == 0 {
		missing := uint16(nxdomain)
		d.RCode = &missing
	}
	return d
}

// lots gives labels of letters drawn by lot.
func lots(seed uint64) func(n int) string {
	random := rand.New(rand.NewPCG(seed, 7))
	return func(n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte('a' + random.IntN(26))
		}
		return string(b)
	}
}

// wordy gives honest names of the kind that a person mistypes and that shops have.
func wordy(i int) string {
	words := strings.Fields("river stone green market light house garden silver north bridge water travel music paper cloud summer coffee winter")
	return words[i%len(words)] + words[(i/len(words)+i)%len(words)] + ".com"
}

func TestDGA(t *testing.T) {
	lot := lots(1)
	at := func(i int) time.Duration { return time.Duration(i) * 5 * time.Second }
	missing := func(n int, name func(i int) string) []events.Record {
		return many(n, func(i int) events.Record { return lookup(at(i), name(i)) })
	}
	random := func(int) string { return lot(14) + ".net" }
	same := func(i int) string { return "qzvwkxjphtdgbn.net" }
	var mixed, late, dead []events.Record
	for i := range 200 {
		mixed = append(mixed, lookup(at(i), wordy(i)), lookup(at(i), strings.Replace(wordy(i), ".com", ".org", 1), "192.0.2.1"))
		if i%10 == 0 {
			mixed = append(mixed, lookup(at(i), random(i)))
		}
	}
	for i := range 300 {
		answer := []string{"192.0.2.1"}
		if i%3 == 0 {
			answer = nil
		}
		dead = append(dead, lookup(at(i), wordy(i), answer...))
	}
	for i := range 12 {
		late = append(late, lookup(time.Duration(i)*3*time.Hour, random(i)))
	}
	cases := []struct {
		name    string
		records []events.Record
		alerts  int
	}{
		{"below", missing(9, random), 0},
		{"at", missing(10, random), 1},
		{"once only", missing(60, random), 1},
		{"next order", missing(130, random), 2},
		{"below a subdomain", missing(12, func(int) string { return "www." + lot(14) + ".biz" }), 1},
		{"of a provider of changing names", missing(12, func(int) string { return lot(14) + ".ddns.net" }), 1},
		{"digits", missing(12, func(i int) string { return fmt.Sprintf("%s%d%s.info", lot(5), i+10, lot(8)) }), 1},
		{"words, below", missing(59, wordy), 0},
		{"words", missing(60, wordy), 1},
		{"answered, no doubt", many(40, func(i int) events.Record { return lookup(at(i), lot(18)+".ru", "192.0.2.1") }), 1},
		{"answered, few", many(20, func(i int) events.Record { return lookup(at(i), lot(18)+".ru", "192.0.2.1") }), 0},
		// The innocent twins.
		{"one odd name, again and again", missing(500, same), 0},
		{"names that are mistyped", missing(40, wordy), 0},
		{"many dead ones among many", dead, 0},
		{"some odd ones among many", mixed, 0},
		{"a few a day", late, 0},
		{"a browser tries the resolver", missing(300, func(int) string { return lot(10) }), 0},
		{"and its search suffix", missing(300, func(int) string { return lot(10) + ".corp.acme.com" }), 0},
		{"and a private suffix", missing(300, func(int) string { return lot(10) + ".lan" }), 0},
		{"content networks", many(300, func(i int) events.Record { return lookup(at(i), lot(14)+".cloudfront.net", "192.0.2.1") }), 0},
		{"content networks that miss", missing(300, func(int) string { return lot(20) + ".akamaized.net" }), 0},
		{"block lists", missing(300, func(i int) string { return fmt.Sprintf("%d.2.0.192.bl.spamcop.net", i) }), 0},
		{"mail that is checked", many(300, func(i int) events.Record {
			return &events.DNS{Head: head(at(i), client, "10.0.0.2", 53), Query: lot(14) + ".com", QTypeName: "MX", QType: new(uint16), RCode: rcode(3)}
		}), 0},
		{"reverse", missing(300, func(i int) string { return fmt.Sprintf("%d.2.0.192.in-addr.arpa", i) }), 0},
		{"multicast DNS", many(300, func(i int) events.Record {
			d := lookup(at(i), lot(14)+".net")
			d.RespP = 5353
			return d
		}), 0},
	}
	for _, c := range cases {
		found := judge(NewDGA(DGADefaults()), c.records)
		if len(found) != c.alerts {
			t.Errorf("%s: %d alerts, want %d: %v", c.name, len(found), c.alerts, found)
			continue
		}
		if c.alerts > 0 && (found[0].Offenders[0].Addr.String() != client || len(found[0].Properties["examples"].([]string)) == 0 || len(found[0].UIDs) == 0) {
			t.Errorf("%s: %+v", c.name, found[0])
		}
	}
}

func rcode(x uint16) *uint16 { return &x }

// The one that resolves is named, and raises the risk.
func TestDGAThatFindsItsMaster(t *testing.T) {
	lot := lots(2)
	records := many(20, func(i int) events.Record { return lookup(time.Duration(i)*time.Second, lot(15)+".com") })
	records = append(records,
		lookup(time.Minute, lot(15)+".com", "0.0.0.0"), // a filter's answer is none
		lookup(2*time.Minute, "qzvwkxjphtdgbn.com", "203.0.113.77"),
		lookup(3*time.Minute, "qzvwkxjphtdgbn.com", "203.0.113.77"))
	found := judge(NewDGA(DGADefaults()), records)
	if len(found) != 2 || hasTerm(found[0], "generated_name_resolved") || !hasTerm(found[1], "generated_name_resolved") {
		t.Fatalf("%+v", found)
	}
	if !strings.Contains(found[1].Description, "qzvwkxjphtdgbn.com resolved to 203.0.113.77") || found[0].Key != found[1].Key {
		t.Errorf("%+v", found[1])
	}
}

// An answer whose question went to another sensor is enough.
func TestDGAFromAnswersAlone(t *testing.T) {
	lot := lots(3)
	found := judge(NewDGA(DGADefaults()), many(12, func(i int) events.Record {
		d := lookup(time.Duration(i)*time.Second, "")
		d.QType, d.QTypeName, d.Question, d.QuestionType = nil, "", lot(14)+".org", "A"
		return d
	}))
	if len(found) != 1 {
		t.Errorf("%+v", found)
	}
}

// Whom people trust is quiet, and whoever asks for others needs ten times as many.
func TestDGAOfKnownHosts(t *testing.T) {
	resolver := []netip.Prefix{netip.MustParsePrefix(client + "/32")}
	for what, c := range map[string]struct {
		known  device.Known
		names  int
		alerts int
	}{
		"trusted":       {device.Known{TrustedDomains: []string{"net"}}, 300, 0},
		"scanner":       {device.Known{Scanners: resolver}, 300, 0},
		"resolver":      {device.Known{DNSServers: resolver}, 90, 0},
		"gateway":       {device.Known{Gateways: resolver}, 90, 0},
		"many for that": {device.Known{DNSServers: resolver}, 130, 1},
	} {
		lot, d := lots(4), NewDGA(DGADefaults())
		model := device.New(device.Options{})
		model.SetKnown(c.known)
		var found []detect.Finding
		for i := range c.names {
			r := lookup(time.Duration(i)*time.Second, lot(14)+".net")
			found = append(found, d.Observe(r, model.Observe(r))...)
		}
		if len(found) != c.alerts {
			t.Errorf("%s: %d alerts, want %d", what, len(found), c.alerts)
		}
	}
}

// What was counted is still counted after a restart, and what was told is not told again.
func TestDGAOutlivesARestart(t *testing.T) {
	for _, before := range []int{6, 40} {
		lot, first, second := lots(5), NewDGA(DGADefaults()), NewDGA(DGADefaults())
		names := many(50, func(i int) events.Record { return lookup(time.Duration(i)*time.Minute, lot(14)+".net") })
		told := len(judge(first, names[:before]))
		saved := map[string][]byte{}
		first.Save(func(key, value []byte) { saved[string(key)] = append([]byte(nil), value...) })
		for key, value := range saved {
			if err := second.Load([]byte(key), value); err != nil {
				t.Fatal(err)
			}
			for cut := range value {
				if err := NewDGA(DGADefaults()).Load([]byte(key), value[:cut]); err == nil {
					t.Errorf("a value cut to %d bytes was taken", cut)
				}
			}
		}
		told += len(judge(second, names[before:]))
		if len(saved) != 1 || told != 1 {
			t.Errorf("%d names before the restart: %d values, %d alerts, want 1 and 1", before, len(saved), told)
		}
		first.Save(func(key, _ []byte) { t.Errorf("%x was saved again unchanged", key) })
	}
}

func TestDGAMemoryIsBounded(t *testing.T) {
	tune := DGADefaults()
	tune.Clients = 10
	d, lot := NewDGA(tune), lots(6)
	judge(d, many(100, func(i int) events.Record {
		r := lookup(0, lot(14)+".net")
		r.OrigH = netip.AddrFrom4([4]byte{10, 1, 0, byte(i)})
		return r
	}))
	if d.hosts.Len() != 10 || d.Overflow() != 90 {
		t.Errorf("%d hosts, %d evicted", d.hosts.Len(), d.Overflow())
	}
	gone := 0
	d.Save(func(_, value []byte) {
		if value == nil {
			gone++
		}
	})
	if gone != 90 {
		t.Errorf("%d hosts said to be gone, want 90", gone)
	}
}

func BenchmarkDGA(b *testing.B) {
	d, model := NewDGA(DGADefaults()), device.New(device.Options{})
	r := lookup(0, "www.wikipedia.org", "192.0.2.1")
	v := model.Observe(r)
	b.ReportAllocs()
	for b.Loop() {
		d.Observe(r, v)
	}
}
