package c2

import (
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

func TestAnonymiser(t *testing.T) {
	cases := []struct {
		name   string
		to     string
		port   uint16
		change func(*events.SSL)
		found  bool
	}{
		{"odd port", outside, 50053, func(*events.SSL) {}, true},
		{"another's front", outside, 443, func(s *events.SSL) { s.CertChainFPs, s.Subject = []string{"a", "b"}, "CN=front.example.net" }, true},
		{"a tool's domain", outside, 443, func(s *events.SSL) { s.ServerName, s.ALPN = "www.psiphon3.com", nil }, true},
		{"as few ciphers as a browser has", outside, 50053, func(s *events.SSL) { s.JA4 = "t13i1208h2_8daaf6152771_de4a06bb82e3" }, true},
		{"one cipher less", outside, 50053, func(s *events.SSL) { s.JA4 = "t13i1108h2_8daaf6152771_de4a06bb82e3" }, false},
		// The innocent twins.
		{"a name asked for", outside, 50053, func(s *events.SSL) { s.ServerName = "www.example.com" }, false},
		{"a resolver by its address", "1.1.1.1", 443, func(s *events.SSL) { s.CertChainFPs, s.Subject = []string{"a", "b"}, "CN=cloudflare-dns.com" }, false},
		{"hidden certificate on 443", outside, 443, func(*events.SSL) {}, false},
		{"no browser", outside, 50053, func(s *events.SSL) { s.ALPN = nil }, false},
		{"never completed", outside, 50053, func(s *events.SSL) { s.Established = false }, false},
		{"inside", "10.0.0.9", 50053, func(*events.SSL) {}, false},
	}
	for _, c := range cases {
		s := &events.SSL{Head: head(0, client, c.to, c.port), Version: "TLSv13", Established: true, ALPN: []string{"h2", "http/1.1"}, JA4: "t13i1514h2_8daaf6152771_de4a06bb82e3"}
		c.change(s)
		if found := judge(NewAnonymiser(AnonymiserDefaults()), []events.Record{s}); len(found) == 1 != c.found {
			t.Errorf("%s: %+v", c.name, found)
		}
	}
}

// Catches: a detection a handshake.
func TestAnonymiserOnce(t *testing.T) {
	found := judge(NewAnonymiser(AnonymiserDefaults()), many(9, func(i int) events.Record {
		return &events.SSL{
			Head: head(time.Duration(i)*time.Second, client, outside, 50053), Established: true, ALPN: []string{"h2", "http/1.1"},
			JA4: "t13i1514h2_8daaf6152771_de4a06bb82e3",
		}
	}))
	if len(found) != 1 {
		t.Errorf("%+v", found)
	}
}
