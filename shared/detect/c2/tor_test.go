package c2

import (
	"fmt"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

func torShake(i int, change func(*events.SSL)) *events.SSL {
	s := &events.SSL{
		Head: head(time.Duration(i)*time.Second, client, fmt.Sprintf("203.0.113.%d", 1+i%200), 443), Version: "TLSv12", Established: true,
		ServerName: "www.xk5wqjz7b2vhtr" + string(rune('a'+i%26)) + ".com", CertChainFPs: []string{"aa"},
		Subject: "CN=www.q7zhx2vbnk.net", Issuer: "CN=www.pjw4kxzq.com",
	}
	change(s)
	return s
}

func TestTor(t *testing.T) {
	hidden := func(s *events.SSL) { s.Version, s.CertChainFPs, s.Subject, s.Issuer = "TLSv13", nil, "", "" }
	cases := []struct {
		name   string
		n      int
		change func(*events.SSL)
		found  bool
	}{
		{"a relay's certificate", 1, func(*events.SSL) {}, true},
		{"three hidden ones", 3, hidden, true},
		{"two hidden ones", 2, hidden, false},
		{"one name again and again", 20, func(s *events.SSL) { hidden(s); s.ServerName = "www.xk5wqjz7b2vhtr.com" }, false},
		{"through a gateway", 1, func(s *events.SSL) { s.ServerName = "vvrhhhnaijyj6s2m.onion.top" }, true},
		{"no hidden service", 1, func(s *events.SSL) { hidden(s); s.ServerName = "www.onion.example" }, false},
		// The innocent twins.
		{"a browser", 5, func(s *events.SSL) { hidden(s); s.ALPN = []string{"h2"} }, false},
		{"honest names", 20, func(s *events.SSL) { hidden(s); s.ServerName = "www.google.com" }, false},
		{"a chain", 5, func(s *events.SSL) { s.CertChainFPs = []string{"aa", "bb"} }, false},
		{"a host's own authority", 5, func(s *events.SSL) { s.ServerName, s.Subject = "www.example.com", "CN=www.example.com" }, false},
	}
	for _, c := range cases {
		found := judge(NewTor(TorDefaults()), many(c.n, func(i int) events.Record { return torShake(i, c.change) }))
		if len(found) == 1 != c.found {
			t.Errorf("%s: %+v", c.name, found)
		}
	}
}

// Catches: a detection a relay, and relays that are missing at the end.
func TestTorOnce(t *testing.T) {
	d := NewTor(TorDefaults())
	found := judge(d, many(9, func(i int) events.Record { return torShake(i, func(*events.SSL) {}) }))
	if len(found) != 1 || found[0].Victims[0].Addr.String() != client {
		t.Fatalf("%+v", found)
	}
	if last := d.LastWords(d.report); len(last) != 1 || len(last[0].Offenders) != 9 || last[0].Properties["relays"] != 9 {
		t.Errorf("%+v", last)
	}
}
