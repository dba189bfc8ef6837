package access

import (
	"fmt"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// TCPInjection finds connections into which a third one speaks.
var TCPInjection = detect.Spec{
	Type:  "access.tcp_injection",
	Title: "TCP injection",
	Text: "Looks for connections in which the same place was sent twice with different bytes, the first having been acknowledged before the " +
		"second came; for two acceptances of one connection with different numbers; and for resets after which the side in whose name they came goes on: one connection is enough. Somebody on the " +
		"way, or who can see the packets, answered in the other's name. What looks the same: segments damaged on the way and sent again, " +
		"which nobody acknowledged; a firewall that resets what is idle, after which nobody sends.",
	Category: "access", Tactics: []string{"TA0001", "TA0006"}, Techniques: []string{"T1557"},
	Risk:  detect.Base{Likelihood: events.Low, Complexity: events.Medium, Impact: events.Medium},
	Wants: []events.Kind{events.KindConn}, Version: 1,
	Background: "Who sees the packets of a connection knows its numbers, and can send a segment in the name of either side. If it arrives " +
		"before the true answer it is believed, and the true one is thrown away as a copy. So visitors are sent to other pages, programs " +
		"are given changed updates, and connections are cut (by a forged reset) that somebody does not want.",
	Mitigation: []string{
		"Use TLS for the service: forged segments then only break the connection.",
		"Look at what the client was given by the first answer, and at what it did next.",
		"Find out where on the way it was sent: compare the hops left and the times with captures of other places.",
		"If only resets are forged, ask the provider: some filter so.",
	},
	New:    func() detect.Detector { return NewTCPInjection(TCPInjectionDefaults()) },
	Tuning: detect.Tuned(TCPInjectionDefaults, NewTCPInjection),
}

// TCPInjectionTunables are what may be set.
type TCPInjectionTunables struct {
	Connections int `tune:"connections between two hosts into which somebody spoke" min:"1" max:"1000000"`
	Pairs       int `tune:"pairs of hosts watched" min:"100" max:"1000000"`
}

// TCPInjectionDefaults are the tunables that the project stands for.
func TCPInjectionDefaults() TCPInjectionTunables {
	return TCPInjectionTunables{Connections: 1, Pairs: 10_000}
}

// TCPInjector counts connections with a third voice.
type TCPInjector struct {
	tune TCPInjectionTunables
	*detect.Cases
}

// NewTCPInjection makes the detector.
func NewTCPInjection(t TCPInjectionTunables) *TCPInjector {
	return &TCPInjector{tune: t, Cases: detect.NewCases(detect.CasesOptions{Limit: t.Pairs})}
}

// What was seen of a pair, as flags of its case: in whose name.
const (
	injectedOrig uint64 = 1 << iota
	injectedResp
	resetOrig
	resetResp
	resetFar
	answeredTwice
)

// Observe looks for rewritten data and resets that nobody minds.
func (t *TCPInjector) Observe(r events.Record, _ device.View) []detect.Finding {
	c, ok := r.(*events.Conn)
	if !ok || c.Interim || c.OrigRewritten+c.RespRewritten == 0 && c.ResetIgnored == "" && !c.AnsweredTwice {
		return nil
	}
	k := detect.CaseKey{VNI: c.VNI, By: c.OrigH, To: c.RespH}
	one := t.Note(k, &c.Head)
	one.Sum += uint64(c.OrigRewritten) + uint64(c.RespRewritten)
	one.Flags |= injectionMarks(c)
	if !one.Reached(one.Count, t.tune.Connections) {
		return nil
	}
	return []detect.Finding{t.report(k, one)}
}

func injectionMarks(c *events.Conn) (marks uint64) {
	for _, m := range []struct {
		holds bool
		mark  uint64
	}{
		{c.AnsweredTwice, answeredTwice}, {c.OrigRewritten > 0, injectedOrig}, {c.RespRewritten > 0, injectedResp},
		{c.ResetIgnored == "orig" || c.ResetIgnored == "both", resetOrig}, {c.ResetIgnored == "resp" || c.ResetIgnored == "both", resetResp},
		{c.ResetIgnored != "" && (c.ResetFar == c.ResetIgnored || c.ResetFar == "both"), resetFar},
	} {
		if m.holds {
			marks |= m.mark
		}
	}
	return marks
}

// Tick has nothing to do.
func (t *TCPInjector) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the numbers of what was told up to date.
func (t *TCPInjector) Close(device.View) []detect.Finding { return t.LastWords(t.report) }

// report names both ends on either side: the forger bears one end's address and is neither for certain.
func (t *TCPInjector) report(k detect.CaseKey, c *detect.Case) detect.Finding {
	var what []string
	if c.Flags&answeredTwice != 0 {
		what = append(what, fmt.Sprintf("%s accepted it twice, with different numbers", k.To))
	}
	if c.Flags&(injectedOrig|injectedResp) != 0 {
		what = append(what, fmt.Sprintf("data was sent in the name of %s that differs from what had been acknowledged (%d segments)",
			namesOf(k, c.Flags&injectedOrig != 0, c.Flags&injectedResp != 0), c.Sum))
	}
	if c.Flags&(resetOrig|resetResp) != 0 {
		how := ","
		if c.Flags&resetFar != 0 {
			how = ", over another number of hops or from another network card,"
		}
		what = append(what, fmt.Sprintf("a reset came in the name of %s%s which went on sending", namesOf(k, c.Flags&resetOrig != 0, c.Flags&resetResp != 0), how))
	}
	connections := "a connection"
	if c.Count > 1 {
		connections = fmt.Sprintf("%d connections", c.Count)
	}
	confidence := 0.85
	if c.Flags&(injectedOrig|injectedResp|resetFar|answeredTwice) == 0 {
		confidence = 0.6
	}
	f := c.Finding(k, confidence, fmt.Sprintf("Somebody spoke into %s of %s to %s: %s.", connections, k.By, k.To, strings.Join(what, "; ")))
	ends := []detect.Party{{Addr: k.By, Endpoint: detect.Client}, {Addr: k.To, Port: c.Head.RespP, Endpoint: detect.Server}}
	f.Offenders, f.Victims = ends, ends
	f.Properties = map[string]any{
		"connections": c.Count, "rewritten_segments": c.Sum, "forged_data": c.Flags&(injectedOrig|injectedResp) != 0,
		"answered_twice": c.Flags&answeredTwice != 0, "forged_reset": c.Flags&(resetOrig|resetResp) != 0, "from_elsewhere": c.Flags&resetFar != 0,
	}
	return f
}

func namesOf(k detect.CaseKey, by, to bool) string {
	switch {
	case by && to:
		return "both"
	case by:
		return k.By.String()
	}
	return k.To.String()
}
