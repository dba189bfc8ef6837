package impact

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
	"github.com/mirrorwatch/mirrorwatch/shared/sketch"
)

// DHCPStarvation finds somebody who takes all addresses that a DHCP server has.
var DHCPStarvation = detect.Spec{
	Type:  "impact.dhcp_starvation",
	Title: "DHCP starvation",
	Text: "Counts the different clients that ask for an address on one link, by the link address they name in a DISCOVER, and the different " +
		"addresses under which one network card speaks DHCP: 100 of either within 20 seconds. Once the server has no address left, nobody " +
		"new gets on the network, or gets one from the attacker's server. What looks the same: thousands of hosts that come back after a " +
		"power failure, and a router in front of tens of thousands of clients.",
	Category: "impact", Tactics: []string{"TA0040"}, Techniques: []string{"T1498"},
	Risk:  detect.Base{Likelihood: events.Low, Complexity: events.Low, Impact: events.High},
	Wants: []events.Kind{events.KindDHCP, events.KindConn}, Version: 1,
	Background: "A DHCP server believes every client that names a link address of its own. A program that makes up link addresses, a new one " +
		"with each request, takes every address the server has within seconds. Mostly this prepares a second step: a DHCP server of the " +
		"attacker's then answers, and names itself as router and resolver.",
	Mitigation: []string{
		"Find the port or host that the requests come from, by the link address of their frames, and cut it off.",
		"Look for a second DHCP server that answers since then, and for hosts with a router or resolver that is not yours.",
		"Limit the link addresses a port (port security) and the DHCP messages a second (DHCP snooping) at the switches.",
		"Delete the leases that were never used.",
	},
	New:    func() detect.Detector { return NewDHCPStarvation(DHCPStarvationDefaults()) },
	Tuning: detect.Tuned(DHCPStarvationDefaults, NewDHCPStarvation),
}

// DHCPStarvationTunables are what may be set.
type DHCPStarvationTunables struct {
	Clients int           `tune:"different clients within the window" min:"5" max:"1000000"`
	Window  time.Duration `tune:"within which they must ask" min:"1s" max:"1h"`
	Idle    time.Duration `tune:"what rests this long is over" min:"1s" max:"24h"`
	Links   int           `tune:"links and network cards watched" min:"100" max:"100000"`
}

// DHCPStarvationDefaults are the tunables that the project stands for. Fifty thousand clients that renew every hour ask 14 times a second,
// and not by DISCOVER.
func DHCPStarvationDefaults() DHCPStarvationTunables {
	return DHCPStarvationTunables{Clients: 100, Window: 20 * time.Second, Idle: 10 * time.Minute, Links: 2_000}
}

// DHCPStarving counts clients by link, and addresses by network card.
type DHCPStarving struct {
	tune DHCPStarvationTunables
	*detect.Cases
}

// NewDHCPStarvation makes the detector.
func NewDHCPStarvation(t DHCPStarvationTunables) *DHCPStarving {
	return &DHCPStarving{tune: t, Cases: detect.NewCases(detect.CasesOptions{Limit: t.Links, Idle: t.Idle})}
}

// Observe counts who asks.
func (d *DHCPStarving) Observe(r events.Record, v device.View) []detect.Finding {
	switch r := r.(type) {
	case *events.DHCP:
		if r.MAC == "" || !slices.Contains(r.MsgTypes, "DISCOVER") {
			return nil
		}
		return d.count(detect.CaseKey{VNI: r.VNI}, &r.Head, r.ServerAddr, sketch.String(r.MAC))
	case *events.Conn:
		if r.Interim || r.Service != "dhcp" || r.OrigP != portClient || r.OrigL2 == "" || v.Orig.Class == device.Group {
			return nil
		}
		server := r.RespH
		if v.Resp.Class == device.Group {
			server = netip.Addr{}
		}
		return d.count(detect.CaseKey{VNI: r.VNI, What: r.OrigL2}, &r.Head, server, addrHash(r.OrigH))
	}
	return nil
}

// portClient is the port from which DHCP clients speak (RFC 2131 section 4.1).
const portClient = 68

func addrHash(a netip.Addr) uint64 {
	b, h := a.As16(), uint64(0)
	for _, x := range b {
		h = h*257 + uint64(x)
	}
	return sketch.Mix(h)
}

// count adds a client of a link, or an address of a card. The case's "victims" are the clients' addresses, its Things count them, and
// Names holds a server's.
func (d *DHCPStarving) count(k detect.CaseKey, h *events.Head, server netip.Addr, client uint64) []detect.Finding {
	one := d.Within(k, h, d.tune.Window)
	one.Things.Add(client)
	one.Against(detect.Party{Addr: h.OrigH, Endpoint: detect.Client})
	if len(one.Names) == 0 && server.IsValid() {
		one.Names = append(one.Names, server.String())
	}
	if !one.Reached(one.Things.Count(), d.tune.Clients) {
		return nil
	}
	return []detect.Finding{d.report(k, one)}
}

// Tick has nothing to do: it is told while it happens.
func (d *DHCPStarving) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the numbers of what was told up to date.
func (d *DHCPStarving) Close(device.View) []detect.Finding { return d.LastWords(d.report) }

func (d *DHCPStarving) report(k detect.CaseKey, c *detect.Case) detect.Finding {
	within := span(c)
	said := fmt.Sprintf("%s clients with link addresses of their own asked for an address within %s, on one link.", c.Things.Text(), within)
	if k.What != "" {
		said = fmt.Sprintf("One network card (%s) spoke DHCP under %s addresses within %s.", k.What, c.Things.Text(), within)
	}
	k.To = c.Head.RespH
	if len(c.Names) > 0 {
		if a, err := netip.ParseAddr(c.Names[0]); err == nil {
			k.To = a
		}
	}
	f := floodFinding(k, c, 67, 0.8, said)
	k.To = netip.Addr{}
	f.Key = k.Text()
	f.Properties = map[string]any{"clients": c.Things.Count(), "link_address": k.What, "records": c.Count, "seconds": seconds(c)}
	return f
}
