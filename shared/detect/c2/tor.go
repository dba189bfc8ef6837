package c2

import (
	"fmt"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
	"github.com/mirrorwatch/mirrorwatch/shared/dga"
)

// Tor finds hosts that speak with relays of the Tor network.
var Tor = detect.Spec{
	Type:  "c2.tor",
	Title: "Tor",
	Text: "Knows the handshake of a Tor relay: the client asks for a name of www, 4 to 25 random letters of base 32, and com, and the relay shows a lone " +
		"certificate for another such name in net that a third one in com issued. One is enough. Where TLS 1.3 hides the certificate, 3 different names of " +
		"that form that nobody would register, asked of bare addresses by one host within an hour. A name of 16 or 56 letters below onion or a gateway's domain is a hidden service. Tor hides with whom a host speaks: an implant uses it to reach its server, and a person to go around the rules of " +
		"the house. A browser bundle that a user brought looks the same as an implant.",
	Category: "c2", Tactics: []string{"TA0011"}, Techniques: []string{"T1090.003"},
	Risk:      detect.Base{Likelihood: events.Medium, Complexity: events.Low, Impact: events.Medium},
	Wants:     []events.Kind{events.KindSSL},
	GuardDuty: "UnauthorizedAccess:EC2/TorClient", Version: 1,
	Background: "Tor carries a connection through three relays so that nobody on the way knows both ends. Malware uses it to hide its servers, and insiders to take data out " +
		"unseen. On a server there is hardly ever an honest reason for it.",
	Mitigation: []string{
		"Find the program on the inside host that holds the connections; on a server treat it as an intrusion.",
		"Block the relays: their addresses are published by the Tor project.",
		"Look at what the host received just before the first handshake.",
	},
	New:    func() detect.Detector { return NewTor(TorDefaults()) },
	Tuning: detect.Tuned(TorDefaults, NewTor),
}

// TorTunables are what may be set.
type TorTunables struct {
	Names   int           `tune:"different random names of one client, where no certificate is seen" min:"1" max:"100"`
	Score   float64       `tune:"how generated such a name must look, as log-odds" min:"-10" max:"20"`
	Idle    time.Duration `tune:"a client that rests this long begins anew" min:"1m" max:"168h"`
	Clients int           `tune:"clients watched" min:"16" max:"100000"`
}

// TorDefaults are the tunables that the project stands for.
func TorDefaults() TorTunables {
	return TorTunables{Names: 3, Score: 2, Idle: time.Hour, Clients: 2_000}
}

// Onions remembers who speaks with relays.
type Onions struct {
	tune  TorTunables
	model *dga.Model
	*detect.Cases
}

// torCertain is set once a certificate left no doubt.
const torCertain = 1

// NewTor makes the detector.
func NewTor(t TorTunables) *Onions {
	return &Onions{tune: t, model: dga.Embedded(), Cases: detect.NewCases(detect.CasesOptions{Limit: t.Clients, Idle: t.Idle})}
}

// Observe looks at one handshake.
func (o *Onions) Observe(r events.Record, v device.View) []detect.Finding {
	s, ok := r.(*events.SSL)
	if ok && onionName(s.ServerName) {
		return o.gateway(s)
	}
	if !ok || !strings.HasPrefix(s.ServerName, torHead) && !strings.HasPrefix(s.Subject, "CN="+torHead) {
		return nil
	}
	certain := torCertificate(s)
	if !certain && !o.likely(s, v) {
		return nil
	}
	k := detect.CaseKey{VNI: s.VNI, By: s.OrigH}
	c := o.Note(k, &s.Head)
	c.Against(detect.Party{Addr: s.RespH, Port: s.RespP, Endpoint: detect.Server})
	if s.ServerName != "" {
		c.Thing(s.ServerName)
	}
	if certain {
		c.Flags |= torCertain
	}
	if c.Flags&torCertain == 0 && c.Things.Count() < o.tune.Names || !c.Reached(c.Count, 1) {
		return nil
	}
	return []detect.Finding{o.report(k, c)}
}

// torCertificate says whether a server showed what only a relay shows.
func torCertificate(s *events.SSL) bool {
	return len(s.CertChainFPs) == 1 && torName(commonName(s.Subject), ".net") && torName(commonName(s.Issuer), ".com") &&
		(s.ServerName == "" || torName(s.ServerName, ".com"))
}

// likely says whether a handshake that shows no certificate could be a relay's: a random name that its server is not known by.
func (o *Onions) likely(s *events.SSL, v device.View) bool {
	if len(s.CertChainFPs) > 0 || !torName(s.ServerName, ".com") || s.NextProtocol != "" || len(s.ALPN) > 0 || v.Known().Trusted(s.ServerName) {
		return false
	}
	return o.model.Score(s.ServerName[len(torHead):]) >= o.tune.Score
}

// Tick has nothing to do: a handshake is judged when it is over.
func (o *Onions) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the counts up to date.
func (o *Onions) Close(device.View) []detect.Finding { return o.LastWords(o.report) }

func (o *Onions) report(k detect.CaseKey, c *detect.Case) detect.Finding {
	confidence := 0.7
	if c.Flags&torCertain != 0 {
		confidence = 0.95
	}
	relays := c.Hosts.Count()
	if k.What == torGateway {
		name := ""
		if len(c.Names) > 0 {
			name = c.Names[0]
		}
		f := c.Finding(k, 0.85, fmt.Sprintf("%s reached a hidden service of Tor through a gateway, %q, in %s.", k.By, clip(name), tally(c.Count, "handshake")))
		f.Offenders, f.Victims = c.Victims, []detect.Party{{Addr: k.By, Endpoint: detect.Client}}
		f.Properties = map[string]any{"handshakes": c.Count, "server_name": name}
		return f
	}
	f := c.Finding(k, confidence, fmt.Sprintf("%s made %s with %s as Tor relays make them, and asked for %s.",
		k.By, tally(c.Count, "handshake"), tally(relays, "server"), tally(c.Things.Count(), "different made-up name")))
	// As with all that leads a host from outside: the relays lead, and the client is led.
	f.Offenders, f.Victims = c.Victims, []detect.Party{{Addr: k.By, Endpoint: detect.Client}}
	f.Properties = map[string]any{"handshakes": c.Count, "relays": relays, "names": c.Things.Count(), "certificate_seen": c.Flags&torCertain != 0}
	return f
}

// gateway tells of a hidden service that is reached through somebody's web site, which needs no Tor on the host.
func (o *Onions) gateway(s *events.SSL) []detect.Finding {
	k := detect.CaseKey{VNI: s.VNI, By: s.OrigH, What: torGateway}
	c := o.Note(k, &s.Head)
	c.Against(detect.Party{Addr: s.RespH, Port: s.RespP, Endpoint: detect.Server})
	c.Thing(s.ServerName)
	if !c.Reached(c.Count, 1) {
		return nil
	}
	return []detect.Finding{o.report(k, c)}
}

// torGateway is detect.CaseKey.What of one.
const torGateway = "gateway"

// onionName says whether a name holds that of a hidden service: 16 or 56 letters of base 32 below onion, or below a gateway's domain.
func onionName(name string) bool {
	service, rest, ok := strings.Cut(name, ".")
	if !ok || len(service) != 16 && len(service) != 56 || !(strings.HasPrefix(rest, "onion") || strings.HasPrefix(rest, "tor2web.")) {
		return false
	}
	return allIn(service, "abcdefghijklmnopqrstuvwxyz234567")
}

// torHead begins every name that Tor makes up (crypto_random_hostname in its source).
const torHead = "www."

// torName says whether a name has the form of Tor's: www, 4 to 25 letters of base 32, and the ending.
func torName(name, ending string) bool {
	if !strings.HasPrefix(name, torHead) || !strings.HasSuffix(name, ending) || len(name) < len(torHead)+len(ending) {
		return false
	}
	middle := name[len(torHead) : len(name)-len(ending)]
	if len(middle) < 4 || len(middle) > 25 {
		return false
	}
	for i := range len(middle) {
		if c := middle[i]; (c < 'a' || c > 'z') && (c < '2' || c > '7') {
			return false
		}
	}
	return true
}
