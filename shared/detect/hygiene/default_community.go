package hygiene

import (
	"fmt"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// DefaultCommunity finds agents of SNMP that answer to a community that everybody knows.
var DefaultCommunity = detect.Spec{
	Type:  "hygiene.default_community",
	Title: "SNMP default community",
	Text: "Looks for hosts inside that answer SNMP, version 1 or 2c, with variables and without an error to a community that devices come with (public, " +
		"private, cisco and some thirty more). One detection a server, and one more where it also lets itself be set. Who asks learns what the device is, its " +
		"addresses, routes and neighbours, and often the users of the host. What looks the same: nothing; monitoring that was never given a community of " +
		"its own is the usual reason.",
	Category: "hygiene", Tactics: []string{"TA0007"}, Techniques: []string{"T1602.001"},
	Risk:  detect.Base{Likelihood: events.Low, Complexity: events.Low, Impact: events.Low},
	Wants: []events.Kind{events.KindSNMP}, Version: 1,
	Background: "The community is the password of SNMP before version 3: it goes over the wire readable, and devices come with one that is in every manual. " +
		"Scanners try it first. With it an intruder reads how a network is built; where it may also write, it changes routes and loads configurations.",
	Mitigation: []string{
		"Give the device a community of its own, or better SNMPv3 with authentication and encryption.",
		"Let only the monitoring system reach UDP 161, by security group or by the device's own list.",
		"Where nobody asks the device by SNMP, switch it off.",
	},
	New:    func() detect.Detector { return NewDefaultCommunity(DefaultCommunityDefaults()) },
	Tuning: detect.Tuned(DefaultCommunityDefaults, NewDefaultCommunity),
}

// DefaultCommunityTunables are what may be set.
type DefaultCommunityTunables struct {
	Again   time.Duration `tune:"a server that rests this long begins anew" min:"1h" max:"8760h"`
	Servers int           `tune:"servers watched" min:"100" max:"1000000"`
}

// DefaultCommunityDefaults are the tunables that the project stands for.
func DefaultCommunityDefaults() DefaultCommunityTunables {
	return DefaultCommunityTunables{Again: 30 * 24 * time.Hour, Servers: 20_000}
}

// DefaultCommunities is the detector.
type DefaultCommunities struct{ *detect.Cases }

// NewDefaultCommunity makes the detector.
func NewDefaultCommunity(t DefaultCommunityTunables) DefaultCommunities {
	return DefaultCommunities{detect.NewCases(detect.CasesOptions{Limit: t.Servers, Idle: t.Again})}
}

// communityWritten marks a server that let itself be set.
const communityWritten = 1

// Observe looks at conversations of SNMP that are over.
func (d DefaultCommunities) Observe(r events.Record, v device.View) []detect.Finding {
	s, ok := r.(*events.SNMP)
	if !ok || s.DefaultAnswers == 0 || s.OrigH == s.RespH || !v.IsLocal(s.RespH) {
		return nil
	}
	k := detect.CaseKey{VNI: s.VNI, To: s.RespH}
	c := d.Note(k, &s.Head)
	c.Against(detect.Party{Addr: s.OrigH, Endpoint: detect.Client})
	c.Thing(s.Community)
	c.Sum += s.DefaultAnswers
	news := s.DefaultWrites > 0 && c.Flags == 0
	if news {
		c.Flags = communityWritten
	}
	if !c.Reached(c.Hosts.Count(), 1) && !news {
		return nil
	}
	c.Told = c.Count
	return []detect.Finding{d.report(k, c)}
}

// report names the server as what is to be mended.
func (d DefaultCommunities) report(k detect.CaseKey, c *detect.Case) detect.Finding {
	and := ""
	if c.Flags == communityWritten {
		and = ", and let itself be set"
	}
	f := c.Finding(k, 0.9, fmt.Sprintf("%s answered %s over SNMP to the community %q, which everybody knows%s.", k.To, who(c), c.Names[0], and))
	f.Offenders, f.Victims = []detect.Party{{Addr: k.To, Port: c.Head.RespP, Endpoint: detect.Server}}, c.Victims
	f.Properties = map[string]any{"clients": c.Hosts.Count(), "conversations": c.Count, "names": c.Names, "answers": c.Sum, "writable": c.Flags == communityWritten}
	return f
}

// Tick has nothing to do.
func (d DefaultCommunities) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the numbers of what was told up to date.
func (d DefaultCommunities) Close(device.View) []detect.Finding { return d.LastWords(d.report) }
