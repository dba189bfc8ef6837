package device

import (
	"net/netip"
	"testing"
)

// Catches: a domain that only ends in the same letters, and a prefix that holds one address too many.
func TestKnown(t *testing.T) {
	k := Known{TrustedDomains: []string{"example.com"}, Scanners: []netip.Prefix{netip.MustParsePrefix("10.0.0.8/31")}}
	for name, want := range map[string]bool{"example.com": true, "a.b.example.com": true, "badexample.com": false, "example.com.evil.org": false, "": false} {
		if k.Trusted(name) != want {
			t.Errorf("%q: trusted %v", name, !want)
		}
	}
	if !k.Scanner(addr("10.0.0.9")) || k.Scanner(addr("10.0.0.10")) || k.Gateway(addr("10.0.0.9")) {
		t.Error("scanners are those of the list, and nothing else")
	}
}
