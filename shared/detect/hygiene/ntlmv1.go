package hygiene

import (
	"fmt"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// NTLMv1 finds servers of the local networks that take log-ins by version 1 of NTLM.
var NTLMv1 = detect.Spec{
	Type:  "hygiene.ntlmv1",
	Title: "NTLMv1 in use",
	Text: "Tells, once a server, that it took a log-in by version 1 of NTLM, whatever protocol carried it: from the length of the client's response and the server's verdict. " +
		"Log-ins that were refused do not count, nor anonymous ones. It is no attack: an old client or appliance may know nothing newer.",
	Category: "hygiene", Tactics: nil, Techniques: []string{"T1557", "T1110.002"},
	Risk:  detect.Base{Likelihood: events.Low, Complexity: events.Low, Impact: events.Low},
	Wants: []events.Kind{events.KindNTLM}, Version: 1,
	Background: "A response of NTLM version 1 is made with DES. Whoever sees one, or lures a client to answer a challenge of his choice, has the hash of the password within " +
		"hours at the most, and with the hash logs on as that user. Nobody attacks here yet: it is a door that stands open.",
	Mitigation: []string{
		"Let the server, and the domain's controllers, refuse LM and NTLM version 1 (LmCompatibilityLevel 5).",
		"Find the clients that are named here, and let them send version 2 only (LmCompatibilityLevel 3 or more).",
	},
	New:    func() detect.Detector { return NewNTLMv1(NTLMv1Defaults()) },
	Tuning: detect.Tuned(NTLMv1Defaults, NewNTLMv1),
}

// NTLMv1Tunables are what may be set.
type NTLMv1Tunables struct {
	Servers int `tune:"servers remembered" min:"100" max:"1000000"`
}

// NTLMv1Defaults are the tunables that the project stands for.
func NTLMv1Defaults() NTLMv1Tunables { return NTLMv1Tunables{Servers: 10_000} }

// OldLogons remembers which servers were told of.
type OldLogons struct{ *detect.Cases }

// NewNTLMv1 makes the detector.
func NewNTLMv1(t NTLMv1Tunables) *OldLogons {
	return &OldLogons{detect.NewCases(detect.CasesOptions{Limit: t.Servers})}
}

// Observe looks at one log-in.
func (o *OldLogons) Observe(r events.Record, v device.View) []detect.Finding {
	n, ok := r.(*events.NTLM)
	if !ok || n.Version != 1 || n.Anonymous || n.Success == nil || !*n.Success || !v.Resp.IsLocal() {
		return nil
	}
	k := detect.CaseKey{VNI: n.VNI, By: n.RespH}
	c := o.Note(k, &n.Head)
	c.Against(detect.Party{Addr: n.OrigH, Endpoint: detect.Client})
	c.Thing(n.Username)
	if c.Raised() {
		return nil
	}
	c.Told = c.Count
	return []detect.Finding{o.report(k, c)}
}

// Tick has nothing to do: a log-in is told of when it is made.
func (o *OldLogons) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the counts up to date.
func (o *OldLogons) Close(device.View) []detect.Finding { return o.LastWords(o.report) }

func (o *OldLogons) report(k detect.CaseKey, c *detect.Case) detect.Finding {
	f := c.Finding(k, 0.9, fmt.Sprintf("%s takes log-ins by NTLM version 1 (log-ins: %d, users: %d, clients: %d).", k.By, c.Count, c.Things.Count(), c.Hosts.Count()))
	f.Properties = map[string]any{"log_ins": c.Count, "users": c.Things.Count(), "clients": c.Hosts.Count(), "names": c.Names}
	return f
}
