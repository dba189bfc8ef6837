package recon

import (
	"fmt"
	"slices"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
	"github.com/mirrorwatch/mirrorwatch/shared/sketch"
)

// ProtocolScan finds a host that tries which IP protocols another speaks.
var ProtocolScan = detect.Spec{
	Type:  "recon.protocol_scan",
	Title: "IP protocol scan",
	Text: "Counts the different IP protocols other than TCP, UDP and ICMP in which one host sent another at most a few packets and got no " +
		"answer: ten within an hour. It shows which protocols a firewall lets through and a system knows. What looks the same: nothing that an " +
		"honest host does; two hosts speak one or two of these protocols (ESP, GRE, OSPF, SCTP) and go on with them.",
	Category: "recon", Tactics: []string{"TA0007"}, Techniques: []string{"T1046"},
	Risk:  detect.Base{Likelihood: events.High, Complexity: events.Low, Impact: events.Low},
	Wants: []events.Kind{events.KindConn}, Version: 1,
	Background: "The IP header names one of 256 protocols. A host answers one that it does not know with an ICMP error, so that silence " +
		"tells which it does know, and which a firewall drops. An intruder tries them all to learn what a system is and what way leads to it.",
	Mitigation: []string{
		"Find the program on the offender that sends these packets, and stop it if nobody knows it.",
		"If it is an inventory or a scanner of one's own, enter it as a known scanner (parameter known_scanners).",
		"Let security groups pass only the protocols that are used.",
		"See what the offender does next: a scan comes before an attack.",
	},
	New:    func() detect.Detector { return NewProtocolScan(ProtocolScanDefaults()) },
	Tuning: detect.Tuned(ProtocolScanDefaults, NewProtocolScan),
}

// ProtocolScanTunables are what may be set.
type ProtocolScanTunables struct {
	Protocols int           `tune:"different IP protocols that one host tried on another" min:"2" max:"250"`
	Idle      time.Duration `tune:"a pair that rests this long begins anew" min:"1m" max:"168h"`
	Pairs     int           `tune:"pairs of hosts watched" min:"100" max:"1000000"`
}

// ProtocolScanDefaults are the tunables that the project stands for.
func ProtocolScanDefaults() ProtocolScanTunables {
	return ProtocolScanTunables{Protocols: 10, Idle: time.Hour, Pairs: 5_000}
}

// ProtocolScanner counts protocols by pair of hosts.
type ProtocolScanner struct {
	tune ProtocolScanTunables
	*detect.Cases
}

// NewProtocolScan makes the detector.
func NewProtocolScan(t ProtocolScanTunables) *ProtocolScanner {
	return &ProtocolScanner{tune: t, Cases: detect.NewCases(detect.CasesOptions{Limit: t.Pairs, Idle: t.Idle})}
}

// Observe counts protocols that got no answer.
func (s *ProtocolScanner) Observe(r events.Record, v device.View) []detect.Finding {
	c, ok := r.(*events.Conn)
	if !ok || c.Interim || usualProtocol(c.IPProto) || c.RespPkts > 0 || c.OrigPkts > maxProbePkts || v.Resp.Class == device.Group {
		return nil
	}
	k := detect.CaseKey{VNI: c.VNI, By: c.OrigH, To: c.RespH}
	one := s.Note(k, &c.Head)
	one.Things.Add(sketch.Mix(uint64(c.IPProto)))
	if !one.Reached(one.Things.Count(), s.tune.Protocols) {
		return nil
	}
	return []detect.Finding{s.report(k, one)}
}

// usualProtocol says whether an IP protocol is one that everybody speaks.
func usualProtocol(p uint8) bool {
	return slices.Contains([]uint8{device.TCP, device.UDP, device.ICMP, icmpV6}, p)
}

// Tick has nothing to do: a scan is told while it happens.
func (s *ProtocolScanner) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the numbers of scans that were told up to date.
func (s *ProtocolScanner) Close(device.View) []detect.Finding { return s.LastWords(s.report) }

func (s *ProtocolScanner) report(k detect.CaseKey, c *detect.Case) detect.Finding {
	f := c.Finding(k, 0.95, fmt.Sprintf("%s tried %s IP protocols other than TCP, UDP and ICMP on %s within %s.", k.By, c.Things.Text(), k.To,
		detect.Lasted(c.Last.Sub(c.Start))))
	f.Properties = map[string]any{"protocols": c.Things.Count(), "conversations": c.Count, "seconds": c.Last.Sub(c.Start).Seconds()}
	return f
}
