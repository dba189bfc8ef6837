package detect

import (
	"net/netip"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// Catches: a scanner whose orders are alarms, and one whose name covers more than its orders.
func TestWhatIsKnownIsNotRaised(t *testing.T) {
	known := device.Known{
		Scanners: []netip.Prefix{netip.MustParsePrefix("10.0.0.1/32")}, Gateways: []netip.Prefix{netip.MustParsePrefix("10.0.0.2/32")},
		DNSServers: []netip.Prefix{netip.MustParsePrefix("10.0.0.3/32")},
	}
	const scanner, gateway, server, nobody = "10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"
	cases := []struct {
		kind, offender string
		want           bool
	}{
		{"recon.port_scan", scanner, true},
		{"recon.port_scan", gateway, false},
		{"recon.port_scan", nobody, false},
		{"recon.host_sweep", scanner, true},
		{"recon.host_sweep", gateway, true},
		{"recon.host_sweep", server, true},
		{"recon.host_sweep", nobody, false},
		{"reconnaissance.other", scanner, false},
		{"lateral.fan_out", gateway, true},
		{"lateral.fan_out", nobody, false},
		{"lateral.fan_out_of_another_kind", gateway, false},
		{"lateral.dcsync", scanner, false},
		{"behaviour.new_peers", server, true},
		{"c2.dns_tunnel", server, true},
		{"c2.dns_tunnel", gateway, false},
		{"c2.beacon", server, false},
		{"access.ssh_brute_force", scanner, false},
	}
	for _, c := range cases {
		f := Finding{Offenders: []Party{{Addr: netip.MustParseAddr(c.offender)}, {Addr: netip.MustParseAddr(scanner)}}}
		if got := stopped(c.kind, &f, &known); got != c.want {
			t.Errorf("%s of %s: stopped %v", c.kind, c.offender, got)
		}
	}
	if stopped("recon.port_scan", &Finding{}, &known) {
		t.Error("a finding of nobody was stopped")
	}
}

// Catches: a finding that is stopped and stored all the same, or not counted; one that is raised must know the scanner's discount.
func TestStoppedFindingsAreCounted(t *testing.T) {
	access := echoSpec()
	access.Type, access.Category = "access.echo", "access"
	model := device.New(device.Options{})
	j := NewJudge([]Spec{echoSpec(), access}, model, Options{})
	j.Observe(weird(0, "a", 1, "C1"))
	model.SetKnown(device.Known{Scanners: []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24")}})
	j.Observe(weird(0, "b", 1, "C2"))
	list, s := j.Detections(), j.Stats()
	if len(list) != 3 || s.Stopped != 1 || s.Findings != 4 || s.Detections != 3 {
		t.Fatalf("%d detections, %+v", len(list), s)
	}
	discounts := 0
	for _, d := range list {
		for _, term := range d.Risk.Terms {
			if term.Name == "known_scanner" {
				discounts += term.Points
			}
		}
	}
	if discounts != scannerByOrder {
		t.Errorf("%d points for a known scanner", discounts)
	}
}

// Catches: what others know of a finding, that is asked for and then lost.
func TestOthersAddTheirTerms(t *testing.T) {
	ask := func(f *Finding, _ device.View) []events.Term {
		return []events.Term{{Name: "threat_intelligence", Points: 20, Reason: f.Key}}
	}
	plain, told := NewJudge([]Spec{echoSpec()}, device.New(device.Options{}), Options{}), NewJudge([]Spec{echoSpec()}, device.New(device.Options{}), Options{Terms: ask})
	for _, j := range []*Judge{plain, told} {
		j.Observe(weird(0, "a", 1, "C1"))
	}
	a, b := plain.Detections()[0].Risk, told.Detections()[0].Risk
	if last := b.Terms[len(b.Terms)-1]; b.Score != a.Score+20 || last.Name != "threat_intelligence" || last.Reason != "a" {
		t.Errorf("%+v", b)
	}
}
