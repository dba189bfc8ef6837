package impact

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// TCPReflection finds a host under whose address somebody else knocks at many servers, which all answer to it.
var TCPReflection = detect.Spec{
	Type:  "impact.tcp_reflection",
	Title: "TCP reflection",
	Text: "Counts the different hosts that accept a connection (SYN-ACK) which the host they answer never asked for: 50 within a minute, or ten with 1,000 such answers. " +
		"Somebody sends requests under the victim's address, and the servers' answers, each sent several times, fill its line. What looks " +
		"the same: a mirror that shows one direction only; but then data follows the answers, and conversations with data do not count.",
	Category: "impact", Tactics: []string{"TA0040"}, Techniques: []string{"T1498.002"},
	Risk:  detect.Base{Likelihood: events.Medium, Complexity: events.Low, Impact: events.High},
	Wants: []events.Kind{events.KindConn}, GuardDuty: "Backdoor:EC2/DenialOfService.Tcp", Version: 1,
	Background: "A server answers a request for a connection at once, and several times when nothing more comes. Who sends requests under " +
		"another's address to very many servers makes all of them send answers to the victim. The servers are honest, so that they cannot " +
		"simply be shut out, and the attacker stays hidden.",
	Mitigation: []string{
		"Let AWS Shield or the provider drop answers to connections that the victim did not begin.",
		"Make sure that the victim's security groups let in nothing but what it serves: they are stateful, and such answers then stop there.",
		"Look whether the victim can still be reached, and move the service behind a load balancer if not.",
	},
	New:    func() detect.Detector { return NewTCPReflection(TCPReflectionDefaults()) },
	Tuning: detect.Tuned(TCPReflectionDefaults, NewTCPReflection),
}

// TCPReflectionTunables are what may be set.
type TCPReflectionTunables struct {
	Reflectors int           `tune:"different hosts within the window whose answers nobody asked for" min:"5" max:"1000000"`
	Answers    int           `tune:"such answers within the window, where a fifth of the hosts is enough" min:"5" max:"1000000"`
	Window     time.Duration `tune:"within which they must come" min:"1s" max:"1h"`
	Idle       time.Duration `tune:"what rests this long is over" min:"1s" max:"24h"`
	Victims    int           `tune:"hosts watched" min:"100" max:"1000000"`
}

// TCPReflectionDefaults are the tunables that the project stands for. An honest host gets such an answer when a connection is older than
// the capture, one at a time.
func TCPReflectionDefaults() TCPReflectionTunables {
	return TCPReflectionTunables{Reflectors: 50, Answers: 1000, Window: time.Minute, Idle: 10 * time.Minute, Victims: 10_000}
}

// TCPReflecting counts answers that nobody asked for, by who gets them.
type TCPReflecting struct {
	tune TCPReflectionTunables
	*detect.Cases
}

// NewTCPReflection makes the detector.
func NewTCPReflection(t TCPReflectionTunables) *TCPReflecting {
	return &TCPReflecting{tune: t, Cases: detect.NewCases(detect.CasesOptions{Limit: t.Victims, Idle: t.Idle})}
}

// Observe counts acceptances without a request.
func (t *TCPReflecting) Observe(r events.Record, _ device.View) []detect.Finding {
	c, ok := r.(*events.Conn)
	if !ok || c.Interim || c.IPProto != device.TCP {
		return nil
	}
	victim, reflector, ok := accepted(c)
	if !ok {
		return nil
	}
	k := detect.CaseKey{VNI: c.VNI, To: victim}
	one := t.Within(k, &c.Head, t.tune.Window)
	one.Against(reflector)
	one.Things.Add(portHash(reflector.Port))
	degree := float64(one.Hosts.Count()) / float64(t.tune.Reflectors)
	if degree >= few {
		degree = max(degree, float64(one.Count)/float64(t.tune.Answers))
	}
	if !one.Reached(int(degree*thousandths), thousandths) {
		return nil
	}
	return []detect.Finding{t.report(k, one)}
}

const (
	few         = 0.2  // the share of the hosts that is enough where each answers many times
	thousandths = 1000 // a threshold is at 1, of a measure in fractions
)

// accepted says of a conversation that was nothing but acceptances of a connection, and resets upon them, who sent them to whom. The
// history begins with the acceptance, in lower case where the flow table took its sender for the server that it is.
func accepted(c *events.Conn) (victim netip.Addr, reflector detect.Party, ok bool) {
	h := strings.TrimPrefix(c.History, "^")
	if h == "" || c.OrigBytes > 0 || c.RespBytes > 0 || strings.Trim(h, "hHrRtT") != "" {
		return victim, reflector, false
	}
	switch h[0] {
	case 'h':
		return c.OrigH, detect.Party{Addr: c.RespH, Port: c.RespP, Endpoint: detect.Server}, true
	case 'H':
		return c.RespH, detect.Party{Addr: c.OrigH, Port: c.OrigP, Endpoint: detect.Client}, true
	}
	return victim, reflector, false
}

// Tick has nothing to do: it is told while it happens.
func (t *TCPReflecting) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the numbers of what was told up to date.
func (t *TCPReflecting) Close(device.View) []detect.Finding { return t.LastWords(t.report) }

func (t *TCPReflecting) report(k detect.CaseKey, c *detect.Case) detect.Finding {
	f := floodFinding(k, c, 0, 0.85, fmt.Sprintf("%s hosts accepted %d connections within %s that %s had not asked them for.", c.Hosts.Text(), c.Count,
		span(c), k.To))
	f.Properties = map[string]any{"reflectors": c.Hosts.Count(), "answers": c.Count, "ports": c.Things.Count(), "seconds": seconds(c)}
	return f
}
