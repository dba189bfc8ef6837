package api

import (
	"slices"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/lambdas/api/gen"
)

// TestParametersOfTheSite lets people say what the site is, and set detectors; what makes no sense is refused with what would.
func TestParametersOfTheSite(t *testing.T) {
	w := newWorld(t)
	put := func(name string, values ...string) *got {
		return w.ask("admin", "PUT", "/v1/parameters/"+name, map[string]any{"values": append([]string{}, values...)}, "If-Match", "*")
	}
	if p := decode[gen.Parameter](put("trusted_domains", "Example.com.", "example.com", "a.example.net").is(200)); !slices.Equal(p.Values, []string{"example.com", "a.example.net"}) {
		t.Errorf("%q", p.Values)
	}
	put("trusted_domains", "com").names("values", "com", "two labels")
	if p := decode[gen.Parameter](put("known_scanners", "10.0.0.9", "10.1.2.3/16").is(200)); !slices.Equal(p.Values, []string{"10.0.0.9/32", "10.1.0.0/16"}) {
		t.Errorf("%q", p.Values)
	}
	put("gateways", "0.0.0.0/0").names("values", "0.0.0.0/0", "addresses and networks")
	put("dns_servers").is(200)
	if p := decode[gen.Parameter](put("own_roles", " role/mirrorwatch-* ").is(200)); !slices.Equal(p.Values, []string{"role/mirrorwatch-*"}) {
		t.Errorf("%q", p.Values)
	}
	put("own_roles", "*").names("values", "*", "patterns of principals")
	if p := decode[gen.Parameter](put("planned_changes", "2026-03-02T10:00:00+01:00/2026-03-02T12:00:00Z user/ada  new flow logs").is(200)); !slices.Equal(p.Values, []string{"2026-03-02T09:00:00Z/2026-03-02T12:00:00Z user/ada new flow logs"}) {
		t.Errorf("%q", p.Values)
	}
	put("planned_changes", "tomorrow user/ada x").names("values", "tomorrow user/ada x", "FROM/TO PRINCIPAL REASON")
	put("detector_settings", "recon.port_scan.ports=1").names("values", "recon.port_scan.ports=1", "a whole number from 2 to 65535")
	put("detector_settings", "recon.port_scan.ports=30", "recon.port_scan.ports=40").names("values", "recon.port_scan.ports=40", "once")
	put("detector_settings", "recon.port_scan.ports= 30", "hygiene.weak_tls.enabled=false").is(200)
	c := decode[gen.Catalogue](w.ask("viewer", "GET", "/v1/catalogue", nil).is(200))
	for _, one := range c.Items {
		if one.Enabled != (one.Type != "hygiene.weak_tls") {
			t.Errorf("%s: enabled %v", one.Type, one.Enabled)
		}
		if one.Type == "recon.port_scan" && (one.Tunables[0].Name != "ports" || one.Tunables[0].Value != "30" || one.Tunables[0].Default != "20") {
			t.Errorf("%+v", one.Tunables[0])
		}
	}
}
