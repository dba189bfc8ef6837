package impact

import (
	"fmt"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// ARPStorm finds a network card that fills its link with questions.
var ARPStorm = detect.Spec{
	Type:  "impact.arp_storm",
	Title: "ARP storm",
	Text: "Counts the ARP requests of one network card: 400 within a minute, nine tenths of them for addresses from which nobody answers, and " +
		"at least four for each address. Every host of the link has to look at each of them. What looks the same: who maps the link asks once or " +
		"twice for each address, and is told as a host sweep; so is a router behind which somebody scans.",
	Category: "impact", Tactics: []string{"TA0040"}, Techniques: []string{"T1498"},
	Risk:  detect.Base{Likelihood: events.Medium, Complexity: events.Low, Impact: events.Medium},
	Wants: []events.Kind{events.KindARP}, Version: 1,
	Background: "ARP asks all hosts of a link who has an address, and all of them have to look. Very many requests, from a loop, a broken host " +
		"or on purpose, keep all hosts busy and fill the tables of switches, until nothing else gets through.",
	Mitigation: []string{
		"Find the card by its link address at the switch, and see what runs on the host.",
		"If it is a router, look for a scan that comes through it.",
		"If the requests are all for one address, look for a loop in the cabling or a host that has gone.",
		"Limit broadcasts a second at the switches.",
	},
	New:    func() detect.Detector { return NewARPStorm(ARPStormDefaults()) },
	Tuning: detect.Tuned(ARPStormDefaults, NewARPStorm),
}

// ARPStormTunables are what may be set.
type ARPStormTunables struct {
	Requests int           `tune:"requests of one card within the window" min:"10" max:"1000000"`
	Each     float64       `tune:"requests for each address, on the average" min:"1" max:"100000"`
	Silent   float64       `tune:"least share of the requests that nobody answers" min:"0" max:"1"`
	Window   time.Duration `tune:"within which they must come" min:"10s" max:"1h"`
	Idle     time.Duration `tune:"what rests this long is over" min:"1m" max:"24h"`
	Cards    int           `tune:"network cards watched" min:"100" max:"100000"`
}

// ARPStormDefaults are the tunables that the project stands for. A host asks for a gateway that is gone once a second.
func ARPStormDefaults() ARPStormTunables {
	return ARPStormTunables{Requests: 400, Each: 4, Silent: 0.9, Window: time.Minute, Idle: 10 * time.Minute, Cards: 5_000}
}

// ARPStorming counts requests by network card.
type ARPStorming struct {
	tune ARPStormTunables
	*detect.Cases
}

// NewARPStorm makes the detector.
func NewARPStorm(t ARPStormTunables) *ARPStorming {
	return &ARPStorming{tune: t, Cases: detect.NewCases(detect.CasesOptions{Limit: t.Cards, Idle: t.Idle})}
}

// Observe counts requests. Sum holds those in vain, Flags those that were answered. An address that announces itself asks for nobody.
func (a *ARPStorming) Observe(r events.Record, _ device.View) []detect.Finding {
	m, ok := r.(*events.ARP)
	if !ok || m.Requests == 0 || m.OrigH == m.RespH {
		return nil
	}
	k := detect.CaseKey{VNI: m.VNI, What: m.OrigL2}
	if m.Answered {
		if one := a.Peek(k); one != nil {
			one.Flags += m.Requests
			a.Memory.Note(k)
		}
		return nil
	}
	one := a.Within(k, &m.Head, a.tune.Window)
	one.Sum += m.Requests
	one.Against(detect.Party{Addr: m.RespH})
	asked := float64(one.Sum)
	if asked < a.tune.Silent*(asked+float64(one.Flags)) || asked < a.tune.Each*float64(one.Hosts.Count()) || !one.Reached(int(one.Sum), a.tune.Requests) {
		return nil
	}
	return []detect.Finding{a.report(k, one)}
}

// Tick has nothing to do: it is told while it happens.
func (a *ARPStorming) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the numbers of what was told up to date.
func (a *ARPStorming) Close(device.View) []detect.Finding { return a.LastWords(a.report) }

func (a *ARPStorming) report(k detect.CaseKey, c *detect.Case) detect.Finding {
	f := c.Finding(k, 0.8, fmt.Sprintf("%s (%s) sent %d ARP requests for %s within %s, and nobody answered.", c.Head.OrigH, k.What, c.Sum,
		number(&c.Hosts, "address", "different addresses"), span(c)))
	f.Properties = map[string]any{
		"requests": c.Sum, "targets": c.Hosts.Count(), "answered": c.Flags, "link_address": k.What, "seconds": seconds(c),
	}
	return f
}
