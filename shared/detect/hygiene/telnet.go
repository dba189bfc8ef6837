package hygiene

import (
	"fmt"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// Telnet finds servers inside that are administered over Telnet.
var Telnet = detect.Spec{
	Type:  "hygiene.telnet",
	Title: "Telnet in use",
	Text: "Looks for conversations that are Telnet by what is said in them, in which both sides said something, with a server inside. One detection a " +
		"server. Telnet sends everything readable, passwords too, and its servers are old. What looks the same: nothing; consoles of " +
		"network devices in a lab are Telnet as well.",
	Category: "hygiene", Tactics: []string{"TA0008"}, Techniques: []string{"T1021"},
	Risk:  detect.Base{Likelihood: events.Low, Complexity: events.Low, Impact: events.Low},
	Wants: []events.Kind{events.KindConn}, Version: 1,
	Background: "Telnet is from a time without attackers on the network. Who listens anywhere on the way reads the password and the session, and who stands " +
		"in the middle changes both. Worms look for Telnet servers day and night.",
	Mitigation: []string{
		"Put SSH in the place of Telnet, and switch the Telnet server off.",
		"Where a device knows nothing else, let it be reached from a management subnet only, and change its passwords.",
	},
	New:    func() detect.Detector { return NewTelnet(TelnetDefaults()) },
	Tuning: detect.Tuned(TelnetDefaults, NewTelnet),
}

// TelnetTunables are what may be set.
type TelnetTunables struct {
	Again   time.Duration `tune:"a server that rests this long begins anew" min:"1h" max:"8760h"`
	Servers int           `tune:"servers watched" min:"100" max:"1000000"`
}

// TelnetDefaults are the tunables that the project stands for.
func TelnetDefaults() TelnetTunables {
	return TelnetTunables{Again: 30 * 24 * time.Hour, Servers: 20_000}
}

// TelnetServers is the detector.
type TelnetServers struct{ *detect.Cases }

// NewTelnet makes the detector.
func NewTelnet(t TelnetTunables) TelnetServers {
	return TelnetServers{detect.NewCases(detect.CasesOptions{Limit: t.Servers, Idle: t.Again})}
}

// Observe looks at conversations that are over.
func (d TelnetServers) Observe(r events.Record, v device.View) []detect.Finding {
	c, ok := r.(*events.Conn)
	if !ok || c.Interim || c.OrigBytes == 0 || c.RespBytes == 0 || !strings.Contains(c.Service, "telnet") || !v.IsLocal(c.RespH) || c.OrigH == c.RespH {
		return nil
	}
	k := detect.CaseKey{VNI: c.VNI, To: c.RespH}
	one := d.Note(k, &c.Head)
	one.Against(detect.Party{Addr: c.OrigH, Endpoint: detect.Client})
	if !one.Reached(one.Hosts.Count(), 1) {
		return nil
	}
	return []detect.Finding{d.report(k, one)}
}

// report names the server as what is to be mended.
func (d TelnetServers) report(k detect.CaseKey, c *detect.Case) detect.Finding {
	f := c.Finding(k, 0.9, fmt.Sprintf("%s is administered over Telnet, by %s.", k.To, who(c)))
	f.Offenders, f.Victims = []detect.Party{{Addr: k.To, Port: c.Head.RespP, Endpoint: detect.Server}}, c.Victims
	f.Properties = map[string]any{"clients": c.Hosts.Count(), "conversations": c.Count}
	return f
}

// Tick has nothing to do.
func (d TelnetServers) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the numbers of what was told up to date.
func (d TelnetServers) Close(device.View) []detect.Finding { return d.LastWords(d.report) }
