package hygiene

import (
	"fmt"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// SMB1 finds servers of the local networks that share files by SMB version 1.
var SMB1 = detect.Spec{
	Type:  "hygiene.smb1",
	Title: "SMB version 1 in use",
	Text: "Tells, once a server, that a local host shares a disk by version 1 of SMB, from the share that a client was let in to. A client that only offers " +
		"the version, and a share for remote procedure calls alone, do not count. It is no attack: a printer, a scanner or an old appliance may " +
		"know nothing newer.",
	Category: "hygiene", Tactics: nil, Techniques: []string{"T1210", "T1557"},
	Risk:  detect.Base{Likelihood: events.Low, Complexity: events.Low, Impact: events.Low},
	Wants: []events.Kind{events.KindSMBMapping}, Version: 1,
	Background: "SMB version 1 is of 1983, knows no encryption and hardly any protection against change on the way, and its code is where EternalBlue struck. Microsoft no longer " +
		"installs it. Nobody attacks here yet: it is a door that stands open.",
	Mitigation: []string{
		"Turn SMB version 1 off at the server, once no client needs it; an audit log tells which do (AuditSmb1Access).",
		"Where an old device needs it, put both into a network of their own.",
	},
	New:    func() detect.Detector { return NewSMB1(SMB1Defaults()) },
	Tuning: detect.Tuned(SMB1Defaults, NewSMB1),
}

// SMB1Tunables are what may be set.
type SMB1Tunables struct {
	Servers int `tune:"servers remembered" min:"100" max:"1000000"`
}

// SMB1Defaults are the tunables that the project stands for.
func SMB1Defaults() SMB1Tunables { return SMB1Tunables{Servers: 10_000} }

// OldShares remembers which servers were told of.
type OldShares struct{ *detect.Cases }

// NewSMB1 makes the detector.
func NewSMB1(t SMB1Tunables) *OldShares {
	return &OldShares{detect.NewCases(detect.CasesOptions{Limit: t.Servers})}
}

// Observe looks at one share that was connected.
func (o *OldShares) Observe(r events.Record, v device.View) []detect.Finding {
	m, ok := r.(*events.SMBMapping)
	if !ok || m.Dialect != "NT LM 0.12" || m.ShareType != "DISK" || m.Status != 0 || !v.Resp.IsLocal() {
		return nil
	}
	k := detect.CaseKey{VNI: m.VNI, By: m.RespH}
	c := o.Note(k, &m.Head)
	c.Against(detect.Party{Addr: m.OrigH, Endpoint: detect.Client})
	c.Thing(strings.ReplaceAll(m.Path, `\\`, `\`)) // records have it escaped
	if c.Raised() {
		return nil
	}
	c.Told = c.Count
	return []detect.Finding{o.report(k, c)}
}

// Tick has nothing to do: a share is told of when it is connected.
func (o *OldShares) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the counts up to date.
func (o *OldShares) Close(device.View) []detect.Finding { return o.LastWords(o.report) }

func (o *OldShares) report(k detect.CaseKey, c *detect.Case) detect.Finding {
	f := c.Finding(k, 0.9, fmt.Sprintf("%s shares disks by SMB version 1 (shares: %d, connections: %d, clients: %d).", k.By, c.Things.Count(), c.Count, c.Hosts.Count()))
	f.Properties = map[string]any{"connected": c.Count, "shares": c.Things.Count(), "clients": c.Hosts.Count(), "names": c.Names}
	return f
}
