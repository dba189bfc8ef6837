package c2

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
	"github.com/mirrorwatch/mirrorwatch/shared/domain"
)

// Anonymiser finds programs that go around the rules of the house through somebody else's host.
var Anonymiser = detect.Spec{
	Type:  "c2.anonymiser",
	Title: "Proxy or anonymiser tool",
	Text: "Looks for TLS that plays a browser and is none: at least 12 ciphers, 8 extensions and HTTP/2 on offer, and yet no name asked for, to a bare " +
		"address outside, either on a port where no web server listens or answered with a certificate that is made for other names. A browser always " +
		"asks for a name where there is one. Also knows the domains of a few tools that exist to get around filters. " +
		"What looks the same: an appliance's page that somebody opened by its address; resolvers that are reached by address are left out.",
	Category: "c2", Tactics: []string{"TA0011", "TA0005"}, Techniques: []string{"T1090"},
	Risk:  detect.Base{Likelihood: events.Low, Complexity: events.Low, Impact: events.Low},
	Wants: []events.Kind{events.KindSSL}, Version: 1, Yields: []string{"c2.tor"},
	Background: "Tools such as UltraSurf and Psiphon hide a connection inside what looks like a visit to a web site, to get around filters. A person uses them to see what the " +
		"house forbids; malware uses the same trick to reach its server. On a server neither has a place.",
	Mitigation: []string{
		"Ask whoever uses the inside host; on a server find the program that holds the connection.",
		"Block the outside address, and the domains of such tools in DNS.",
		"Make outgoing TLS go through a proxy that asks for names.",
	},
	New:    func() detect.Detector { return NewAnonymiser(AnonymiserDefaults()) },
	Tuning: detect.Tuned(AnonymiserDefaults, NewAnonymiser),
}

// AnonymiserTunables are what may be set.
type AnonymiserTunables struct {
	Suites     int      `tune:"least ciphers of a client that plays a browser" min:"1" max:"99"`
	Extensions int      `tune:"least extensions of one" min:"1" max:"99"`
	Usual      []uint16 `tune:"ports where web servers are usual"`
	Resolvers  []string `tune:"addresses that are meant to be asked without a name"`
	Domains    []string `tune:"domains of tools that get around filters"`
	Pairs      int      `tune:"pairs of client and server watched" min:"16" max:"100000"`
}

// AnonymiserDefaults are the tunables that the project stands for. Domains of common VPN services are not among them: their use is no
// secret and often wanted.
func AnonymiserDefaults() AnonymiserTunables {
	return AnonymiserTunables{
		Suites: 12, Extensions: 8, Usual: []uint16{443, 853, 4443, 8443, 9443, 10443}, Pairs: 2_000,
		Resolvers: []string{
			"1.1.1.1", "1.0.0.1", "1.1.1.2", "1.1.1.3", "8.8.8.8", "8.8.4.4", "9.9.9.9", "149.112.112.112", "208.67.222.222", "208.67.220.220",
			"94.140.14.14", "94.140.15.15", "2606:4700:4700::1111", "2606:4700:4700::1001", "2001:4860:4860::8888", "2001:4860:4860::8844", "2620:fe::fe",
		},
		Domains: []string{
			"ultrasurf.us", "ultrareach.com", "wujie.net", "psiphon.ca", "psiphon3.com", "getlantern.org", "dongtaiwang.com", "hola.org", "zenmate.com",
			"anonymox.net", "hidemyass.com", "kproxy.com", "torproject.org", "i2p.rocks", "geti2p.net",
		},
	}
}

// Anonymisers remembers who went around with whose help.
type Anonymisers struct {
	tune      AnonymiserTunables
	resolvers map[netip.Addr]bool
	*detect.Cases
}

// NewAnonymiser makes the detector. A resolver that is no address is passed over.
func NewAnonymiser(t AnonymiserTunables) *Anonymisers {
	a := &Anonymisers{tune: t, resolvers: map[netip.Addr]bool{}, Cases: detect.NewCases(detect.CasesOptions{Limit: t.Pairs})}
	for _, text := range t.Resolvers {
		if addr, err := netip.ParseAddr(text); err == nil {
			a.resolvers[addr] = true
		}
	}
	return a
}

// The ways around, as Case.Key.What.
const (
	anonymiserPort   = "a browser's hello without a name, on a port that is no web server's"
	anonymiserFront  = "a browser's hello without a name, answered with a certificate for other names"
	anonymiserDomain = "the domain of a tool that gets around filters"
)

// Observe looks at one handshake.
func (a *Anonymisers) Observe(r events.Record, v device.View) []detect.Finding {
	s, ok := r.(*events.SSL)
	if !ok || !v.Resp.IsExternal() || !v.Orig.IsLocal() {
		return nil
	}
	way := a.way(s, v)
	if way == "" {
		return nil
	}
	k := detect.CaseKey{VNI: s.VNI, By: s.RespH, To: s.OrigH, What: way}
	c := a.Note(k, &s.Head)
	if s.ServerName != "" {
		c.Thing(s.ServerName)
	}
	if !c.Reached(c.Count, 1) {
		return nil
	}
	return []detect.Finding{a.report(k, c)}
}

func (a *Anonymisers) way(s *events.SSL, v device.View) string {
	if s.ServerName != "" {
		for _, d := range a.tune.Domains {
			if domain.Under(s.ServerName, d) && !v.Known().Trusted(s.ServerName) {
				return anonymiserDomain
			}
		}
		return ""
	}
	if !s.Established || a.resolvers[s.RespH] || !a.playsBrowser(s) {
		return ""
	}
	switch named := strings.Contains(commonName(s.Subject), "."); {
	case !slices.Contains(a.tune.Usual, s.RespP):
		return anonymiserPort
	case len(s.CertChainFPs) > 1 && named && commonName(s.Subject) != s.RespH.String():
		return anonymiserFront
	}
	return ""
}

// playsBrowser goes by what JA4 counts: "t13i1514h2" has 15 ciphers and 14 extensions.
func (a *Anonymisers) playsBrowser(s *events.SSL) bool {
	if len(s.JA4) < 10 || !slices.Contains(s.ALPN, "h2") || !slices.Contains(s.ALPN, "http/1.1") {
		return false
	}
	return twoDigits(s.JA4[4:6]) >= a.tune.Suites && twoDigits(s.JA4[6:8]) >= a.tune.Extensions
}

func twoDigits(s string) int { return int(s[0]-'0')*10 + int(s[1]-'0') }

// Tick has nothing to do: a handshake is judged when it is over.
func (a *Anonymisers) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the counts up to date.
func (a *Anonymisers) Close(device.View) []detect.Finding { return a.LastWords(a.report) }

func (a *Anonymisers) report(k detect.CaseKey, c *detect.Case) detect.Finding {
	f := c.Finding(k, 0.6, fmt.Sprintf("%s made %s with %s port %d that tell of a way around filters: %s.", k.To, tally(c.Count, "handshake"), k.By, c.Head.RespP, k.What))
	f.Properties = map[string]any{"handshakes": c.Count, "way": k.What, "port": c.Head.RespP}
	if len(c.Names) > 0 {
		f.Properties["server_name"] = c.Names[0]
	}
	return f
}
