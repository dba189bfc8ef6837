package plan

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/policy"
	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// fabricHealthy is a settled world with a sensor that answers: there is nothing to warn of.
func fabricHealthy(t *testing.T, p *policy.Policy) *World {
	t.Helper()
	w := fabricSettled(t, p)
	if got := fabricWarnings(w, p); len(got) > 0 {
		t.Fatalf("warnings where nothing is wrong: %q", got)
	}
	return w
}

func TestWarnings(t *testing.T) {
	crowd := func(a *Account, mirrored, others int) {
		a.Vpcs = map[string]ec2api.Vpc{"vpc-1": {ID: "vpc-1", CIDRs: []string{"10.1.0.0/16", "2001:db8::/56"}}}
		for i := range mirrored {
			fabricMirror(a, fmt.Sprint("eni-", i), "vpc-1", "eu-west-1a")
		}
		for i := range others {
			a.Interfaces = append(a.Interfaces, ec2api.NetworkInterface{ID: fmt.Sprint("eni-x", i), Type: "interface", VPC: "vpc-1"})
		}
	}
	profile := func(f func(d *policy.Profile)) func(*policy.Policy) {
		return func(p *policy.Policy) {
			d := p.Profiles["default"]
			f(&d)
			p.Profiles["default"] = d
		}
	}
	reject := func(cidr string) policy.Rule {
		n := netip.MustParsePrefix(cidr)
		return policy.Rule{Action: "reject", Direction: "egress", Protocol: "all", Source: n, Destination: n}
	}
	for name, c := range map[string]struct {
		world  func(w *World)
		policy func(p *policy.Policy)
		warns  string
	}{
		"a target of others that is not visible": {
			policy: func(p *policy.Policy) {
				p.Fleet.Targets = append(p.Fleet.Targets, policy.Target{Region: fabricHome, ID: "tmt-9"})
			},
			warns: "target tmt-9 is not visible in eu-west-1",
		},
		"it is visible to a member": {
			policy: func(p *policy.Policy) {
				p.Fleet.Targets = append(p.Fleet.Targets, policy.Target{Region: fabricHome, ID: "tmt-9"})
			},
			world: func(w *World) { w.Accounts[1].Targets = []ec2api.TrafficMirrorTarget{{ID: "tmt-9"}} },
		},
		"a pass about the member alone":            {world: func(w *World) { w.Accounts = w.Accounts[1:] }},
		"an event says nothing":                    {world: func(w *World) { w.Accounts, w.Scope = w.Accounts[1:], []string{"eni-1"} }},
		"strangers cannot be invited":              {policy: func(p *policy.Policy) { p.Fleet.Share.External = true }, warns: "does not allow accounts outside the organization"},
		"strangers could be invited":               {world: func(w *World) { w.Accounts[0].Shares[0].External = true }, warns: "allows accounts outside the organization"},
		"packets are cut":                          {policy: profile(func(d *policy.Profile) { d.PacketLength = 128 }), warns: "profile default mirrors 128 bytes a packet"},
		"half of a VPC is not too many":            {world: func(w *World) { crowd(&w.Accounts[1], 3, 3) }},
		"three interfaces are too few to speak of": {world: func(w *World) { crowd(&w.Accounts[1], 3, 0) }},
		"most of a VPC": {
			world: func(w *World) { crowd(&w.Accounts[1], 4, 3) },
			warns: "VPC vpc-1 (222222222222/eu-west-1): 4 of 7 interfaces are mirrored, so conversations inside it are seen twice; to see them once put before the rules " +
				"of profile default: {action: reject, direction: egress, source: 10.1.0.0/16, destination: 10.1.0.0/16}, and the same of its other pairs of blocks (1 more)",
		},
		"its profile shows them once": {
			world: func(w *World) { crowd(&w.Accounts[1], 4, 3) },
			policy: profile(func(d *policy.Profile) {
				d.Rules = append([]policy.Rule{reject("10.0.0.0/8"), reject("2001:db8::/32")}, d.Rules...)
			}),
		},
		"of one family only": {
			world:  func(w *World) { crowd(&w.Accounts[1], 4, 3) },
			policy: profile(func(d *policy.Profile) { d.Rules = append([]policy.Rule{reject("10.0.0.0/8")}, d.Rules...) }),
			warns:  "are seen twice",
		},
		"there is no room for more rules": {
			world: func(w *World) { crowd(&w.Accounts[1], 4, 3) },
			policy: profile(func(d *policy.Profile) {
				for i := range 7 {
					d.Rules = append(d.Rules, reject(fmt.Sprintf("192.168.%d.0/24", i)))
				}
			}),
			warns: "would need 13 rules of at most 10",
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := fabricPolicy()
			w := fabricHealthy(t, p)
			fabricChange(w, p, c.world, c.policy)
			fabricWarns(t, fabricWarnings(w, p), c.warns)
		})
	}
}

func TestEndpointsCutLongPackets(t *testing.T) {
	p := fabricPolicy()
	p.Fleet.Targets = append(p.Fleet.Targets, policy.Target{Region: fabricHome, Endpoint: "vpce-1"})
	d := p.Profiles["default"]
	d.PacketLength = 8500
	p.Profiles["default"] = d
	fabricWarns(t, fabricWarnings(fabricSettled(t, p), p), "a Gateway Load Balancer endpoint carries 8426 at most")
}

func TestWarningsAreBounded(t *testing.T) {
	p := fabricPolicy()
	w := fabricHealthy(t, p)
	a := &w.Accounts[1]
	a.Vpcs = map[string]ec2api.Vpc{}
	for v := range 80 {
		id := fmt.Sprintf("vpc-%02d", v)
		a.Vpcs[id] = ec2api.Vpc{ID: id, CIDRs: []string{"10.1.0.0/16"}}
		for i := range 4 {
			fabricMirror(a, fmt.Sprintf("eni-%d-%d", v, i), id, "eu-west-1a")
		}
	}
	got := fabricWarnings(w, p)
	if len(got) != maxWarnings || !strings.Contains(got[maxWarnings-1], "and 31 more warnings") {
		t.Errorf("%d warnings, the last %q", len(got), got[len(got)-1])
	}
}
