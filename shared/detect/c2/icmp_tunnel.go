package c2

import (
	"fmt"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// ICMPTunnel finds data that travels inside echo messages.
var ICMPTunnel = detect.Spec{
	Type:  "c2.icmp_tunnel",
	Title: "ICMP tunnel",
	Text: "Looks at the payloads of echo messages between two hosts. An echo must return what was sent, so 8 answers with another payload than any of the " +
		"newest requests, and a fifth of all answers, carry something of their own. Where answers are honest, 32 different payloads among the first 64 " +
		"messages tell that the requests carry data. A ping repeats one payload but for a clock and a count in its first 24 bytes, which are left out; a search for the " +
		"path's packet size uses a dozen sizes. What looks the same: a monitoring tool that fills its pings with fresh noise.",
	Category: "c2", Tactics: []string{"TA0011", "TA0010"}, Techniques: []string{"T1095", "T1572"},
	Risk:  detect.Base{Likelihood: events.Low, Complexity: events.Medium, Impact: events.High},
	Wants: []events.Kind{events.KindICMP}, Version: 1,
	Background: "Many networks let ping through and look at nothing in it. Tools such as ptunnel, hans and icmpsh put whole connections, or a shell, into echo " +
		"requests and their answers, so that a host without any open way out still takes orders and sends data.",
	Mitigation: []string{
		"Block ICMP echo between the two hosts and find the program that sends it; it needs raw sockets, and so an administrator's rights.",
		"Let ping out only where it is needed, with payloads of at most 64 bytes.",
		"Look at what else the inside host did since the first message.",
	},
	New:    func() detect.Detector { return NewICMPTunnel(ICMPTunnelDefaults()) },
	Tuning: detect.Tuned(ICMPTunnelDefaults, NewICMPTunnel),
}

// ICMPTunnelTunables are what may be set.
type ICMPTunnelTunables struct {
	Changed  int     `tune:"answers whose payload is not that of a request" min:"1" max:"100000"`
	Share    float64 `tune:"least share of them among all answers" min:"0" max:"1"`
	Distinct int     `tune:"different payloads among the first 64 messages, where answers are honest" min:"4" max:"64"`
	Pairs    int     `tune:"pairs of hosts watched" min:"16" max:"100000"`
}

// ICMPTunnelDefaults are the tunables that the project stands for.
func ICMPTunnelDefaults() ICMPTunnelTunables {
	return ICMPTunnelTunables{Changed: 8, Share: 0.2, Distinct: 32, Pairs: 2_000}
}

// EchoTunnels remembers who tunnels to whom.
type EchoTunnels struct {
	tune ICMPTunnelTunables
	*detect.Cases
}

// NewICMPTunnel makes the detector.
func NewICMPTunnel(t ICMPTunnelTunables) *EchoTunnels {
	return &EchoTunnels{tune: t, Cases: detect.NewCases(detect.CasesOptions{Limit: t.Pairs})}
}

// Types of echo messages (RFC 792, RFC 4443).
const (
	echoRequest   = 8
	echoAnswer    = 0
	echoRequestV6 = 128
	echoAnswerV6  = 129
)

// Observe looks at one exchange, or at what there is of one that goes on.
func (t *EchoTunnels) Observe(r events.Record, _ device.View) []detect.Finding {
	e, ok := r.(*events.ICMP)
	if !ok || !t.tunnels(e) {
		return nil
	}
	k := detect.CaseKey{VNI: e.VNI, By: e.OrigH, To: e.RespH}
	if e.Type == echoAnswer || e.Type == echoAnswerV6 { // the capture began with an answer
		k.By, k.To = e.RespH, e.OrigH
	}
	c := t.Note(k, &e.Head)
	c.Last = max(c.Last, e.TS.Add(e.Duration.Duration()))
	if messages := e.Requests + e.Replies; messages > c.Sum {
		c.Sum, c.Flags = messages, icmpTunnelCounts(e)
	}
	if !c.Reached(int(c.Sum), 1) {
		return nil
	}
	return []detect.Finding{t.report(k, c)}
}

// tunnels judges one exchange.
func (t *EchoTunnels) tunnels(e *events.ICMP) bool {
	switch {
	case e.V6 && e.Type != echoRequestV6 && e.Type != echoAnswerV6, !e.V6 && e.Type != echoRequest && e.Type != echoAnswer:
		return false
	case int(e.Distinct) >= t.tune.Distinct:
		return true
	}
	answers := min(e.Requests, e.Replies)
	return e.Mismatched >= uint64(t.tune.Changed) && float64(e.Mismatched) >= t.tune.Share*float64(answers)
}

// Tick has nothing to do: an exchange is judged while it grows.
func (t *EchoTunnels) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the counts up to date.
func (t *EchoTunnels) Close(device.View) []detect.Finding { return t.LastWords(t.report) }

// icmpTunnelCounts packs what is told of the largest exchange: different payloads, answers that are none, and the longest payload.
func icmpTunnelCounts(e *events.ICMP) uint64 {
	return uint64(min(e.Distinct, 0xff))<<56 | uint64(min(e.MaxLen, 0xffff))<<32 | min(e.Mismatched, 0xffffffff)
}

func (t *EchoTunnels) report(k detect.CaseKey, c *detect.Case) detect.Finding {
	distinct, longest, changed := c.Flags>>56, c.Flags>>32&0xffff, c.Flags&0xffffffff
	confidence := 0.65
	if changed >= uint64(t.tune.Changed) {
		confidence = 0.9
	}
	f := c.Finding(k, confidence, fmt.Sprintf(
		"%s and %s exchanged %d echo messages in one conversation: %d different payloads among the first of them, up to %d bytes long, and %d answers that do not return what was asked.",
		k.By, k.To, c.Sum, distinct, longest, changed))
	f.Offenders, f.Victims = []detect.Party{{Addr: k.By, Endpoint: detect.Client}}, []detect.Party{{Addr: k.To, Endpoint: detect.Server}}
	f.Properties = map[string]any{"messages": c.Sum, "distinct_payloads": distinct, "longest_payload": longest, "changed_answers": changed}
	return f
}
