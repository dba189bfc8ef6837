package domain

import "testing"

func TestSplit(t *testing.T) {
	cases := []struct{ name, before, registered string }{
		{"www.example.com", "www", "example.com"}, {"example.com", "", "example.com"}, {"a.b.example.co.uk", "a.b", "example.co.uk"},
		{"example.co.uk", "", "example.co.uk"}, {"co.uk", "", "co.uk"}, {"localhost", "", "localhost"}, {"", "", ""}, {".", "", "."},
		{"s._domainkey.example.org", "s._domainkey", "example.org"}, {"..", "", "."}, {"a.pirate.sea", "a", "pirate.sea"},
	}
	for _, c := range cases {
		before, registered := Split(c.name)
		if before != c.before || registered != c.registered {
			t.Errorf("%q: %q and %q, want %q and %q", c.name, before, registered, c.before, c.registered)
		}
	}
}

func TestUnder(t *testing.T) {
	cases := []struct {
		name, suffix string
		want         bool
	}{{"a.b.c", "b.c", true}, {"b.c", "b.c", true}, {"ab.c", "b.c", false}, {"c", "b.c", false}}
	for _, c := range cases {
		if got := Under(c.name, c.suffix); got != c.want {
			t.Errorf("%q under %q: %v", c.name, c.suffix, got)
		}
	}
}
