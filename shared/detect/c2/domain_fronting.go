package c2

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/bounded"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
	"github.com/mirrorwatch/mirrorwatch/shared/domain"
)

// DomainFronting finds requests that go to another site than the handshake said.
var DomainFronting = detect.Spec{
	Type:  "c2.domain_fronting",
	Title: "Domain fronting",
	Text: "Compares the name that a TLS handshake asks for with what follows: where the request inside is seen, its Host must be of the same registered domain; where it is not, a " +
		"certificate of a public authority must be for the name, and in 5 handshakes of one client with one server it never was. Also a request to a proxy whose address and Host " +
		"name different domains. A front makes traffic to a hidden server look like a visit to a well-known site on the same content network. What " +
		"looks the same: one connection that a browser uses for several sites, which HTTP/1 does not do, and a server whose administrator forgot a name.",
	Category: "c2", Tactics: []string{"TA0011"}, Techniques: []string{"T1090.004"},
	Risk:  detect.Base{Likelihood: events.Low, Complexity: events.Medium, Impact: events.Low},
	Wants: []events.Kind{events.KindSSL, events.KindHTTP}, Version: 1, Yields: []string{"c2.known_tool", "c2.tor"},
	Background: "A content network serves thousands of sites from the same addresses. A client may ask for an innocent one in the handshake, which everybody can read, and for " +
		"another in the request, which nobody can. Filters let it pass for the innocent name's sake.",
	Mitigation: []string{
		"Find the program that makes the requests; browsers do not.",
		"Ask the content network to refuse requests whose Host is not the handshake's name; most do by now.",
		"Decrypt outgoing traffic of servers, or let them reach named destinations only.",
	},
	New:    func() detect.Detector { return NewDomainFronting(DomainFrontingDefaults()) },
	Tuning: detect.Tuned(DomainFrontingDefaults, NewDomainFronting),
}

// DomainFrontingTunables are what may be set.
type DomainFrontingTunables struct {
	Handshakes int `tune:"handshakes with a certificate for other names, where the request is not seen" min:"1" max:"1000"`
	Pairs      int `tune:"clients and servers watched" min:"16" max:"100000"`
	Talks      int `tune:"conversations whose handshake is remembered" min:"16" max:"100000"`
}

// DomainFrontingDefaults are the tunables that the project stands for.
func DomainFrontingDefaults() DomainFrontingTunables {
	return DomainFrontingTunables{Handshakes: 5, Pairs: 2_000, Talks: 4_000}
}

// Fronts remembers what handshakes asked for, and who asked for something else behind them.
type Fronts struct {
	tune  DomainFrontingTunables
	asked *bounded.Table[string, string] // server name by uid; it does not outlive a restart
	*detect.Cases
}

// NewDomainFronting makes the detector.
func NewDomainFronting(t DomainFrontingTunables) *Fronts {
	return &Fronts{tune: t, asked: bounded.New[string, string](t.Talks), Cases: detect.NewCases(detect.CasesOptions{Limit: t.Pairs})}
}

// The ways, as detect.CaseKey.What.
const (
	frontHost        = "requests behind the handshake went to another domain"
	frontProxy       = "requests to a proxy named one domain in the address and another as host"
	frontCertificate = "the server always showed a certificate for other names"
)

// Observe looks at one record.
func (f *Fronts) Observe(rec events.Record, v device.View) []detect.Finding {
	if !v.Orig.IsLocal() {
		return nil
	}
	switch r := rec.(type) {
	case *events.SSL:
		return f.handshake(r, v)
	case *events.HTTP:
		return f.request(r, v)
	}
	return nil
}

// handshake remembers the name. A certificate for another one is told only of public authorities' and where no other was ever shown.
func (f *Fronts) handshake(s *events.SSL, v device.View) []detect.Finding {
	if s.ServerName == "" {
		return nil
	}
	if s.UID != "" && (s.RespP == 443 || s.RespP == 8443) {
		name, _ := f.asked.Put(s.UID)
		*name = s.ServerName
	}
	if !v.Resp.IsExternal() || !s.Established || s.SNIMatches == nil || *s.SNIMatches || len(s.CertChainFPs) < 2 || v.Known().Trusted(s.ServerName) {
		return nil
	}
	return f.tell(&s.Head, frontCertificate, s.ServerName, commonName(s.Subject), f.tune.Handshakes)
}

func (f *Fronts) request(r *events.HTTP, v device.View) []detect.Finding {
	host := hostOf(r.Host)
	if host == "" || v.Known().Trusted(host) {
		return nil
	}
	if name := f.asked.Get(r.UID); name != nil {
		if r.Version != "2" && differ(*name, host) {
			return f.tell(&r.Head, frontHost, *name, host, 1)
		}
		return nil
	}
	if rest, ok := strings.CutPrefix(r.URI, "http://"); ok {
		front, _, _ := strings.Cut(rest, "/")
		if front = hostOf(front); differ(front, host) {
			return f.tell(&r.Head, frontProxy, front, host, 1)
		}
	}
	return nil
}

// hostOf leaves the port out; an address is no name.
func hostOf(host string) string {
	if name, _, ok := strings.Cut(host, ":"); ok {
		host = name
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if _, err := netip.ParseAddr(host); err == nil || !strings.Contains(host, ".") {
		return ""
	}
	return host
}

// differ says whether two names belong to different registered domains.
func differ(a, b string) bool {
	if a == "" || b == "" || a == b {
		return false
	}
	_, one := domain.Split(strings.ToLower(a))
	_, other := domain.Split(b)
	return one != "" && other != "" && one != other
}

// tell counts what went one way and said another. The server is who is asked, and the front's name is the thing.
func (f *Fronts) tell(h *events.Head, what, front, behind string, need int) []detect.Finding {
	k := detect.CaseKey{VNI: h.VNI, By: h.RespH, To: h.OrigH, What: what}
	if known := f.Peek(k); known != nil && what == frontCertificate && slices.Contains(known.UIDs, h.UID) {
		return nil
	}
	c := f.Note(k, h)
	c.Thing(front)
	c.Thing(behind)
	if !c.Reached(c.Count, need) {
		return nil
	}
	return []detect.Finding{f.report(k, c)}
}

// Tick has nothing to do: a request is judged when it is told.
func (f *Fronts) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the counts up to date.
func (f *Fronts) Close(device.View) []detect.Finding { return f.LastWords(f.report) }

func (f *Fronts) report(k detect.CaseKey, c *detect.Case) detect.Finding {
	front, behind := "", ""
	if len(c.Names) > 0 {
		front = c.Names[0]
	}
	if len(c.Names) > 1 {
		behind = c.Names[1]
	}
	confidence := 0.8
	if k.What == frontCertificate {
		confidence = 0.4
	}
	out := c.Finding(k, confidence, fmt.Sprintf("%s asked %s for %q and got to %q in %s: %s.", k.To, k.By, clip(front), clip(behind), tally(c.Count, "case"), k.What))
	out.Properties = map[string]any{"front": front, "behind": behind, "cases": c.Count, "way": k.What}
	return out
}
