package c2

import (
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

func TestDomainFronting(t *testing.T) {
	no, yes := false, true
	shake := func(i int, name string, matches *bool, chain int) events.Record {
		return &events.SSL{
			Head: head(time.Duration(i)*time.Second, client, outside, 443), ServerName: name, Established: true, SNIMatches: matches,
			CertChainFPs: make([]string, chain), Subject: "CN=edge.example.net",
		}
	}
	ask := func(host, uri string) events.Record {
		return &events.HTTP{Head: head(0, client, outside, 443), Method: "GET", Host: host, URI: uri, Version: "1.1"}
	}
	mismatched := func(n, chain int, matches *bool) []events.Record {
		return many(n, func(i int) events.Record { return shake(i, "www.example.com", matches, chain) })
	}
	cases := []struct {
		name    string
		records []events.Record
		found   bool
	}{
		{"another host behind the handshake", []events.Record{shake(0, "www.example.com", &yes, 2), ask("hidden.example.org", "/")}, true},
		{"a proxy told two domains", []events.Record{ask("hidden.example.org", "http://www.example.com/")}, true},
		{"a certificate for other names, at the threshold", mismatched(5, 2, &no), true},
		{"one too few", mismatched(4, 2, &no), false},
		// The innocent twins.
		{"the same host", []events.Record{shake(0, "www.example.com", &yes, 2), ask("www.example.com:443", "/")}, false},
		{"another of the same house", []events.Record{shake(0, "www.example.com", &yes, 2), ask("api.example.com", "/")}, false},
		{"an address", []events.Record{shake(0, "www.example.com", &yes, 2), ask("203.0.113.9", "/")}, false},
		{"a certificate nobody vouches for", mismatched(9, 1, &no), false},
		{"a proxy", []events.Record{ask("www.example.com", "http://www.example.com/")}, false},
	}
	for _, c := range cases {
		if found := judge(NewDomainFronting(DomainFrontingDefaults()), c.records); len(found) == 1 != c.found {
			t.Errorf("%s: %+v", c.name, found)
		}
	}
}

// Catches: a detection a request.
func TestDomainFrontingOnce(t *testing.T) {
	found := judge(NewDomainFronting(DomainFrontingDefaults()), many(9, func(i int) events.Record {
		return &events.HTTP{Head: head(time.Duration(i)*time.Second, client, outside, 8080), Host: "hidden.example.org", URI: "http://www.example.com/"}
	}))
	if len(found) != 1 {
		t.Errorf("%+v", found)
	}
}
