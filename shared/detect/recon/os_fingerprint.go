package recon

import (
	"fmt"
	"math/bits"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// OSFingerprint finds a host that learns from another's answers to strange packets which system it runs.
var OSFingerprint = detect.Spec{
	Type:  "recon.os_fingerprint",
	Title: "Operating system fingerprinting",
	Text: "Looks for packets of one host to another that no system sends and each answers in its own way: TCP with SYN and FIN together, " +
		"without any flag, with FIN but not ACK, and ICMP requests for time, netmask and information. Three different kinds within ten minutes " +
		"are told, if SYN with FIN or three kinds of ICMP requests are among them. What looks the same: a port scan with FIN or without flags, " +
		"which sends one kind only and is told as what it is.",
	Category: "recon", Tactics: []string{"TA0043", "TA0007"}, Techniques: []string{"T1592.002"},
	Risk:  detect.Base{Likelihood: events.High, Complexity: events.Low, Impact: events.Low},
	Wants: []events.Kind{events.KindConn}, Version: 1,
	Background: "What a system does with a packet that should not exist is not written in any standard, so that each does something else. A " +
		"handful of such packets is enough to learn its name and version, and with it the list of its weaknesses. It comes before an attack.",
	Mitigation: []string{
		"Find out who runs such a tool on the offender, and stop it if nobody does.",
		"If it is a scanner of one's own, enter it as a known scanner (parameter known_scanners).",
		"Patch the victim: the offender now knows what it runs.",
		"See what else the offender asked for, and of whom.",
	},
	New:    func() detect.Detector { return NewOSFingerprint(OSFingerprintDefaults()) },
	Tuning: detect.Tuned(OSFingerprintDefaults, NewOSFingerprint),
}

// OSFingerprintTunables are what may be set.
type OSFingerprintTunables struct {
	Kinds  int           `tune:"different kinds of strange packets from one host to another" min:"2" max:"6"`
	Window time.Duration `tune:"within which they must come" min:"1s" max:"24h"`
	Pairs  int           `tune:"pairs of hosts watched" min:"100" max:"1000000"`
}

// OSFingerprintDefaults are the tunables that the project stands for: nmap and queso send four kinds, xprobe two or three.
func OSFingerprintDefaults() OSFingerprintTunables {
	return OSFingerprintTunables{Kinds: 3, Window: 10 * time.Minute, Pairs: 5_000}
}

// OSFingerprinter remembers which kinds of strange packets a pair of hosts has seen.
type OSFingerprinter struct {
	tune OSFingerprintTunables
	*detect.Cases
}

// NewOSFingerprint makes the detector.
func NewOSFingerprint(t OSFingerprintTunables) *OSFingerprinter {
	return &OSFingerprinter{tune: t, Cases: detect.NewCases(detect.CasesOptions{Limit: t.Pairs, Idle: t.Window})}
}

// The kinds of packets, as bits of a case's flags.
const (
	oddSYNFIN uint64 = 1 << iota
	oddNull
	oddFIN
	oddTime
	oddNetmask
	oddInformation

	oddICMP = oddTime | oddNetmask | oddInformation
)

var oddNames = [...]string{"SYN with FIN", "no flags", "FIN without ACK", "ICMP timestamp", "ICMP netmask", "ICMP information"}

// Observe looks for strange packets.
func (o *OSFingerprinter) Observe(r events.Record, v device.View) []detect.Finding {
	c, ok := r.(*events.Conn)
	if !ok || c.Interim || v.Resp.Class == device.Group {
		return nil
	}
	odd := oddKind(c)
	if odd == 0 {
		return nil
	}
	k := detect.CaseKey{VNI: c.VNI, By: c.OrigH, To: c.RespH}
	one := o.Within(k, &c.Head, o.tune.Window)
	one.Flags |= odd
	if one.Flags&oddSYNFIN == 0 && bits.OnesCount64(one.Flags&oddICMP) < 3 || !one.Reached(bits.OnesCount64(one.Flags), o.tune.Kinds) {
		return nil
	}
	return []detect.Finding{o.report(k, one)}
}

// oddKind says which strange packet a conversation is, if any.
func oddKind(c *events.Conn) uint64 {
	switch c.IPProto {
	case device.ICMP:
		switch c.OrigP {
		case 13:
			return oddTime
		case 17:
			return oddNetmask
		case 15:
			return oddInformation
		}
	case device.TCP:
		return oddFlags(c)
	}
	return 0
}

// oddFlags looks at what the originator of a TCP conversation sent in all.
func oddFlags(c *events.Conn) uint64 {
	if c.OrigPkts == 0 || c.OrigPkts > maxProbePkts || c.OrigBytes > 0 {
		return 0
	}
	switch {
	case c.TCPFlags&(flagSYN|flagFIN|flagACK) == flagSYN|flagFIN && strings.ContainsAny(c.History, "QI"):
		return oddSYNFIN // Q: several at once, in one packet
	case !crafted(c):
		return 0
	case c.TCPFlags&flagFIN != 0:
		return oddFIN
	}
	return oddNull
}

// Tick has nothing to do: it is told while it happens.
func (o *OSFingerprinter) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the numbers of what was told up to date.
func (o *OSFingerprinter) Close(device.View) []detect.Finding { return o.LastWords(o.report) }

func (o *OSFingerprinter) report(k detect.CaseKey, c *detect.Case) detect.Finding {
	var names []string
	for i, n := range oddNames {
		if c.Flags&(1<<i) != 0 {
			names = append(names, n)
		}
	}
	f := c.Finding(k, 0.9, fmt.Sprintf("%s sent %s packets that no system sends and each answers in its own way: %s.", k.By, k.To, strings.Join(names, ", ")))
	f.Properties = map[string]any{"kinds": names, "conversations": c.Count}
	return f
}
