package impact

import (
	"fmt"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// SYNFlood finds a server that is buried under connections that nobody means to use.
var SYNFlood = detect.Spec{
	Type:  "impact.syn_flood",
	Title: "SYN flood",
	Text: "Counts the TCP connections to one host that were begun and never completed by who began them: 200 within ten seconds, more than " +
		"were completed in the same time, and at least ten to each port that was tried, whoever sent them. It keeps others from being " +
		"served. What looks the same: a port scan, which tries each port once or twice; and a popular service that has just gone down, whose " +
		"clients all try again.",
	Category: "impact", Tactics: []string{"TA0040"}, Techniques: []string{"T1498.001"},
	Risk:  detect.Base{Likelihood: events.Medium, Complexity: events.Low, Impact: events.High},
	Wants: []events.Kind{events.KindConn}, GuardDuty: "Backdoor:EC2/DenialOfService.Tcp", Version: 1,
	Background: "A server keeps a place for every connection that was begun, until it is completed or times out. An attacker begins " +
		"very many, mostly under addresses that are not its own, and completes none. The places are soon used up, and those who mean " +
		"well are turned away.",
	Mitigation: []string{
		"Let a load balancer or AWS Shield stand in front of the service: they complete connections before they pass them on.",
		"Switch SYN cookies on at the server, and look whether its queue of half-open connections is full.",
		"Where the sources are few, shut them out with a network ACL; many of them are made up, and blocking these is in vain.",
		"If a host of one's own is the source, cut it off and look at what it runs.",
	},
	New:    func() detect.Detector { return NewSYNFlood(SYNFloodDefaults()) },
	Tuning: detect.Tuned(SYNFloodDefaults, NewSYNFlood),
}

// SYNFloodTunables are what may be set.
type SYNFloodTunables struct {
	Attempts int           `tune:"connections to one host within the window that were begun and not completed" min:"10" max:"1000000"`
	PerPort  float64       `tune:"how many there must be to each port that was tried, on the average" min:"1" max:"1000000"`
	Window   time.Duration `tune:"within which they must come" min:"1s" max:"1h"`
	Idle     time.Duration `tune:"a flood that rests this long is over" min:"1s" max:"24h"`
	Victims  int           `tune:"hosts watched" min:"100" max:"1000000"`
}

// SYNFloodDefaults are the tunables that the project stands for. A load test makes ten connections a second, and completes them.
func SYNFloodDefaults() SYNFloodTunables {
	return SYNFloodTunables{Attempts: 200, PerPort: 10, Window: 10 * time.Second, Idle: 10 * time.Minute, Victims: 10_000}
}

// SYNFlooding counts half-open connections by who is asked for them.
type SYNFlooding struct {
	tune SYNFloodTunables
	*detect.Cases
}

// NewSYNFlood makes the detector.
func NewSYNFlood(t SYNFloodTunables) *SYNFlooding {
	return &SYNFlooding{tune: t, Cases: detect.NewCases(detect.CasesOptions{Limit: t.Victims, Idle: t.Idle})}
}

// Observe counts connections that were begun.
func (s *SYNFlooding) Observe(r events.Record, v device.View) []detect.Finding {
	c, ok := r.(*events.Conn)
	if !ok || c.Interim || c.IPProto != device.TCP || v.Resp.Class == device.Group || strings.IndexByte(c.History, 'S') < 0 {
		return nil
	}
	k := detect.CaseKey{VNI: c.VNI, To: c.RespH}
	if completed(c) {
		// Only where some were not is it worth remembering.
		if one := s.Peek(k); one != nil {
			one.Sum++
			s.Memory.Note(k)
		}
		return nil
	}
	one := s.Within(k, &c.Head, s.tune.Window)
	one.Against(detect.Party{Addr: c.OrigH, Endpoint: detect.Client})
	one.Things.Add(portHash(c.RespP))
	if one.Count <= int(one.Sum) || float64(one.Count) < s.tune.PerPort*float64(one.Things.Count()) || !one.Reached(one.Count, s.tune.Attempts) {
		return nil
	}
	return []detect.Finding{s.report(k, one)}
}

// completed says whether the originator went on after its SYN as who means to speak does. What a SYN itself carries says nothing: flood
// tools fill it with rubbish.
func completed(c *events.Conn) bool { return strings.ContainsAny(c.History, "ADFd") }

// Tick has nothing to do: a flood is told while it happens.
func (s *SYNFlooding) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the numbers of floods that were told up to date.
func (s *SYNFlooding) Close(device.View) []detect.Finding { return s.LastWords(s.report) }

func (s *SYNFlooding) report(k detect.CaseKey, c *detect.Case) detect.Finding {
	port, where := uint16(0), number(&c.Things, "port", "ports")
	if c.Things.Count() == 1 {
		port, where = c.Head.RespP, fmt.Sprintf("port %d", c.Head.RespP)
	}
	f := floodFinding(k, c, port, 0.85, fmt.Sprintf("%d connections to %s of %s were begun within %s and never completed, from %s.", c.Count, where,
		k.To, span(c), number(&c.Hosts, "source", "different sources")))
	f.Properties = map[string]any{
		"attempts": c.Count, "sources": c.Hosts.Count(), "ports": c.Things.Count(), "completed": c.Sum, "seconds": seconds(c),
	}
	return f
}
