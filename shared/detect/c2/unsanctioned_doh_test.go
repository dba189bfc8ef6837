package c2

import (
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

func dohShake(i int, to, name string) *events.SSL {
	return &events.SSL{Head: head(time.Duration(i)*time.Second, client, to, 443), ServerName: name, Established: true}
}

func TestUnsanctionedDoH(t *testing.T) {
	tune := UnsanctionedDoHDefaults()
	used := UnsanctionedDoHDefaults()
	used.Sanctioned = []string{"dns.google", "1.1.1.1"}
	cases := []struct {
		name  string
		tune  UnsanctionedDoHTunables
		n     int
		to    string
		sni   string
		found bool
	}{
		{"by name, at the threshold", tune, 3, outside, "dns.google", true},
		{"by address", tune, 3, "1.1.1.1", "", true},
		{"one too few", tune, 2, outside, "dns.google", false},
		// The innocent twins.
		{"another site of the same house", tune, 30, outside, "www.google.com", false},
		{"the house's own", used, 30, outside, "dns.google", false},
		{"the house's own address", used, 30, "1.1.1.1", "", false},
		{"a name at a shared address", tune, 30, "1.1.1.1", "www.example.com", false},
	}
	for _, c := range cases {
		found := judge(NewUnsanctionedDoH(c.tune), many(c.n, func(i int) events.Record { return dohShake(i, c.to, c.sni) }))
		if len(found) == 1 != c.found {
			t.Errorf("%s: %+v", c.name, found)
		}
	}
}

// Catches: a tunnel that makes one handshake, and one that is told again with each record.
func TestUnsanctionedDoHMuch(t *testing.T) {
	much := mismatchConn(0, outside, 443, "ssl")
	much.OrigBytes = 100 << 10
	found := judge(NewUnsanctionedDoH(UnsanctionedDoHDefaults()), []events.Record{dohShake(0, outside, "dns.google"), much, much})
	if len(found) != 1 || found[0].Properties["bytes_sent"] != uint64(100<<10) {
		t.Errorf("%+v", found)
	}
	much.OrigBytes--
	if found := judge(NewUnsanctionedDoH(UnsanctionedDoHDefaults()), []events.Record{dohShake(0, outside, "dns.google"), much}); len(found) != 0 {
		t.Errorf("%+v", found)
	}
}
