package settings_test

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/shared/detect/all"
	"github.com/mirrorwatch/mirrorwatch/shared/settings"
)

// Catches: a mistake that takes the good part with it, a complaint without its line or value, and a value that is taken although it makes
// no sense.
func TestParse(t *testing.T) {
	const text = `parameters:
  trusted_domains: [example.com, com, "bad name.org", Update.Example.NET]
  known_scanners:
    - 10.0.0.9
    - 10.0.1.0/33
    - 0.0.0.0/0
  scanners: [10.0.0.1]
  gateways: 10.0.0.1
detectors:
  recon.port_scan:
    ports: 30
    idle: 2m
    pairs: 0
    prots: 5
  recon.port_scam: {ports: 3}
  c2.dns_tunnel:
    enabled: false
    ignore: [a.example, b.example]
  hygiene.weak_tls: {enabled: perhaps, rsa_bits: {a: 1}}
other: 1
`
	got, complaints := settings.Parse([]byte(text), all.Specs())
	if !slices.Equal(got.Known.TrustedDomains, []string{"example.com", "update.example.net"}) || len(got.Known.Scanners) != 1 ||
		got.Known.Scanners[0] != netip.MustParsePrefix("10.0.0.9/32") || len(got.Known.Gateways) != 1 || got.Known.DNSServers != nil {
		t.Errorf("known %+v", got.Known)
	}
	if want := map[string]string{"ports": "30", "idle": "2m"}; !maps.Equal(got.Detectors["recon.port_scan"], want) {
		t.Errorf("port scan %v, want %v", got.Detectors["recon.port_scan"], want)
	}
	if want := map[string]string{"enabled": "false", "ignore": "a.example,b.example"}; !maps.Equal(got.Detectors["c2.dns_tunnel"], want) {
		t.Errorf("tunnel %v, want %v", got.Detectors["c2.dns_tunnel"], want)
	}
	want := []string{
		`2: parameters.trusted_domains: "com" is not`, `2: parameters.trusted_domains: "bad name.org" is not`, `5: parameters.known_scanners: "10.0.1.0/33" is not`,
		`6: parameters.known_scanners: "0.0.0.0/0" is not`, `7: parameters.scanners: unknown parameter; there are trusted_domains`,
		`13: detectors.recon.port_scan: pairs: "0" is not a whole number from 100`, `14: detectors.recon.port_scan: unknown tunable "prots"; there are ports`,
		`15: detectors.recon.port_scam: unknown detector`, `19: detectors.hygiene.weak_tls: enabled: "perhaps" is not true or false`,
		`19: detectors.hygiene.weak_tls.rsa_bits is neither`, `20: unknown key "other"`,
	}
	for i, c := range complaints {
		if line := fmt.Sprintf("%d: %s", c.Line, c.Text); i >= len(want) || !strings.HasPrefix(line, want[i]) {
			t.Errorf("complaint %d: %s", i, line)
		}
	}
	if len(complaints) != len(want) {
		t.Errorf("%d complaints, want %d", len(complaints), len(want))
	}
}

func TestParseWhatIsNoSettings(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "# nothing\n": "", "parameters:\n": "", "- a\n": "is not a mapping", "a: [\n": "not YAML", "parameters: 5\n": "parameters is not a mapping",
		"parameters: {gateways: [10.0.0.1]}\nparameters: {}\n": "", strings.Repeat("#", settings.MaxText+1): "bytes; at most",
		"a: &x 1\ndetectors: *x\n": "aliases",
	} {
		_, complaints := settings.Parse([]byte(text), all.Specs())
		if said := fmt.Sprint(complaints); want != "" && !strings.Contains(said, want) {
			t.Errorf("%.40q: %s, want %q", text, said, want)
		}
	}
}

func TestParseOne(t *testing.T) {
	if kind, name, value, err := settings.ParseOne("recon.port_scan.ports= 30", all.Specs()); err != nil || kind != "recon.port_scan" || name != "ports" || value != "30" {
		t.Errorf("%s %s %s %v", kind, name, value, err)
	}
	for _, bad := range []string{"", "ports=3", "recon.port_scan.ports", "recon.port_scan.ports=x", "recon.scan.ports=3", "recon.port_scan.=3"} {
		if _, _, _, err := settings.ParseOne(bad, all.Specs()); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("parameters: {gateways: [10.0.0.1]}\ndetectors: {recon.port_scan: {ports: 3}}\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		got, complaints := settings.Parse(text, all.Specs())
		for kind, set := range got.Detectors {
			for name, value := range set {
				if _, _, _, err := settings.ParseOne(kind+"."+name+"="+value, all.Specs()); err != nil {
					t.Fatal(err)
				}
			}
		}
		for _, c := range complaints {
			if c.Text == "" {
				t.Fatal("a complaint without a word")
			}
		}
	})
}
