package access

import (
	"fmt"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// LLMNRPoisoning finds a host that says of every name somebody calls out for that it is its own.
var LLMNRPoisoning = detect.Spec{
	Type:  "access.llmnr_poisoning",
	Title: "Name resolution poisoning",
	Text: "Counts the different names that one host said were its own when others asked all hosts of the link, by LLMNR and NetBIOS: four within " +
		"an hour, or wpad among them; by multicast DNS eight. A host has one name, and a few for the groups it belongs to. What " +
		"looks the same: a server with several names of its own, which answers for these few only, and a WINS server, which " +
		"answers with the addresses of others.",
	Category: "access", Tactics: []string{"TA0006"}, Techniques: []string{"T1557.001"},
	Risk:  detect.Base{Likelihood: events.Medium, Complexity: events.Medium, Impact: events.High},
	Wants: []events.Kind{events.KindDNS}, Version: 1,
	Background: "When DNS does not know a name, Windows asks all hosts of the link, and believes whoever answers. An attacker says yes to every " +
		"name; the asker then connects and proves who its user is. The proof is cracked at leisure, or passed on to a server " +
		"that lets the attacker in with it.",
	Mitigation: []string{
		"Isolate the offender, and find out what runs there.",
		"Change the passwords of those who connected to it; the connections after the answers show whose.",
		"Switch LLMNR off by group policy, NetBIOS over TCP/IP at the network cards, and multicast DNS where nobody needs it.",
		"Require signing of SMB and LDAP, so that proofs cannot be passed on.",
	},
	New:    func() detect.Detector { return NewLLMNRPoisoning(LLMNRPoisoningDefaults()) },
	Tuning: detect.Tuned(LLMNRPoisoningDefaults, NewLLMNRPoisoning),
}

// LLMNRPoisoningTunables are what may be set.
type LLMNRPoisoningTunables struct {
	Names     int           `tune:"different names that one host said were its own, by LLMNR and NetBIOS" min:"2" max:"1000"`
	Multicast int           `tune:"the same by multicast DNS" min:"2" max:"1000"`
	Idle      time.Duration `tune:"a host that rests this long begins anew" min:"1m" max:"168h"`
	Hosts     int           `tune:"hosts watched" min:"100" max:"1000000"`
}

// LLMNRPoisoningDefaults are the tunables that the project stands for. A domain controller that is the master browser has three names: its
// own, the domain's and the browsers'.
func LLMNRPoisoningDefaults() LLMNRPoisoningTunables {
	return LLMNRPoisoningTunables{Names: 4, Multicast: 8, Idle: time.Hour, Hosts: 5_000}
}

// LLMNRPoisoners counts names by who says they are its own.
type LLMNRPoisoners struct {
	tune LLMNRPoisoningTunables
	*detect.Cases
}

// NewLLMNRPoisoning makes the detector.
func NewLLMNRPoisoning(t LLMNRPoisoningTunables) *LLMNRPoisoners {
	return &LLMNRPoisoners{tune: t, Cases: detect.NewCases(detect.CasesOptions{Limit: t.Hosts, Idle: t.Idle})}
}

// multicastDNS tells the two kinds of names apart.
const (
	multicastDNS  = "multicast DNS"
	byLinkOrCards = "LLMNR and NetBIOS"
	portMulticast = 5353
)

// Observe counts answers of a host about itself.
func (l *LLMNRPoisoners) Observe(r events.Record, _ device.View) []detect.Finding {
	q, ok := r.(*events.DNS)
	if !ok || !q.NamesSelf {
		return nil
	}
	name := q.Query
	if name == "" {
		name = q.Question
	}
	k, first := detect.CaseKey{VNI: q.VNI, By: q.Responder, What: byLinkOrCards}, l.tune.Names
	if q.OrigP == portMulticast || q.RespP == portMulticast {
		k.What, first = multicastDNS, l.tune.Multicast
	}
	one := l.Note(k, &q.Head)
	asker := q.OrigH
	if asker == q.Responder {
		asker = q.RespH
	}
	if !asker.IsMulticast() {
		one.Against(detect.Party{Addr: asker, Endpoint: detect.Client})
	}
	bare, _, _ := strings.Cut(strings.ToLower(name), ".")
	one.Thing(bare)
	known := one.Things.Count()
	if bare == "wpad" && k.What == byLinkOrCards {
		one.Flags |= saidWPAD
	}
	if one.Flags&saidWPAD != 0 {
		known = max(known, first) // nobody but a proxy's own name server should answer for it
	}
	if !one.Reached(known, first) {
		return nil
	}
	return []detect.Finding{l.report(k, one)}
}

// saidWPAD is the flag of a host that said it was wpad, from where browsers take the proxy's address.
const saidWPAD = 1

// Tick has nothing to do: it is told while it happens.
func (l *LLMNRPoisoners) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the numbers of what was told up to date.
func (l *LLMNRPoisoners) Close(device.View) []detect.Finding { return l.LastWords(l.report) }

func (l *LLMNRPoisoners) report(k detect.CaseKey, c *detect.Case) detect.Finding {
	names := fmt.Sprintf("%s different names", c.Things.Text())
	if c.Things.Count() == 1 {
		names = fmt.Sprintf("the name %q", c.Names[0])
	}
	said := fmt.Sprintf("%s answered all who asked by %s for %s that it was its own", k.By, k.What, names)
	if c.Things.Count() > 1 {
		said += fmt.Sprintf(" (%q, %q and so on)", c.Names[0], c.Names[1])
	}
	f := c.Finding(k, 0.85, said+".")
	f.Properties = map[string]any{"names": c.Names, "different_names": c.Things.Count(), "answers": c.Count, "askers": c.Hosts.Count(), "way": k.What}
	return f
}
