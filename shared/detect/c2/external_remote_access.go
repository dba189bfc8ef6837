package c2

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
	"github.com/mirrorwatch/mirrorwatch/shared/domain"
)

// ExternalRemoteAccess finds hosts inside that are worked on from outside.
var ExternalRemoteAccess = detect.Spec{
	Type:  "c2.external_remote_access",
	Title: "Remote access across the edge",
	Text: "Looks for remote desktops and shells that cross the edge of the local networks: RDP or VNC from outside over which both sides sent at least 10 KiB, SSH " +
		"from outside that let somebody in, SSH to the outside on another port than 22, a host that opens a connection to show its desktop (VNC the other way round), and services such as TeamViewer and AnyDesk by " +
		"their names. What is meant to be reached from outside goes through a gateway with two factors. What looks the same: a help desk, and a bastion that is " +
		"meant to be reached; services by name are therefore told as low.",
	Category: "c2", Tactics: []string{"TA0011", "TA0001", "TA0008"}, Techniques: []string{"T1021", "T1133", "T1219"},
	Risk:  detect.Base{Likelihood: events.Medium, Complexity: events.Low, Impact: events.Medium},
	Wants: []events.Kind{events.KindConn, events.KindSSH, events.KindRFB, events.KindSSL}, Version: 1,
	Yields: []string{"access.ssh_brute_force", "access.rdp_brute_force"},
	Background: "Remote access is what an attacker wants most, and what many hosts offer already. An open RDP or VNC port is found within hours and its passwords are tried; whoever " +
		"cannot reach in has the host connect out and show its desktop, or installs a help-desk program that everybody trusts.",
	Mitigation: []string{
		"Ask whose session it was; if nobody knows, end it and take the host off the network.",
		"Close the port to the world: reach hosts through a VPN, a bastion or AWS Systems Manager.",
		"Allow one help-desk program and block the rest by name.",
	},
	New:    func() detect.Detector { return NewExternalRemoteAccess(ExternalRemoteAccessDefaults()) },
	Tuning: detect.Tuned(ExternalRemoteAccessDefaults, NewExternalRemoteAccess),
}

// ExternalRemoteAccessTunables are what may be set.
type ExternalRemoteAccessTunables struct {
	Bytes   uint64        `tune:"least bytes of either side of a remote desktop" min:"1" max:"1000000000"`
	Domains []string      `tune:"domains of remote-help services"`
	Allowed []string      `tune:"domains of them that the house uses"`
	Idle    time.Duration `tune:"a pair of hosts that rests this long begins anew" min:"1m" max:"720h"`
	Pairs   int           `tune:"pairs of hosts watched" min:"16" max:"100000"`
}

// ExternalRemoteAccessDefaults are the tunables that the project stands for. A scanner that looks at a log-in page takes less than 10 KiB.
func ExternalRemoteAccessDefaults() ExternalRemoteAccessTunables {
	return ExternalRemoteAccessTunables{
		Bytes: 10 << 10, Idle: 24 * time.Hour, Pairs: 5_000,
		Domains: []string{
			"teamviewer.com", "anydesk.com", "logmein.com", "logmeinrescue.com", "gotomypc.com", "screenconnect.com", "connectwise.com", "splashtop.com",
			"rustdesk.com", "ammyy.com", "remoteutilities.com", "dwservice.net", "supremocontrol.com", "zohoassist.com", "islonline.net", "atera.com",
			"getscreen.me", "aeroadmin.com", "simple-help.com", "netsupportsoftware.com", "realvnc.com",
		},
	}
}

// RemoteAccess remembers who worked on whom.
type RemoteAccess struct {
	tune ExternalRemoteAccessTunables
	*detect.Cases
}

// NewExternalRemoteAccess makes the detector.
func NewExternalRemoteAccess(t ExternalRemoteAccessTunables) *RemoteAccess {
	return &RemoteAccess{tune: t, Cases: detect.NewCases(detect.CasesOptions{Limit: t.Pairs, Idle: t.Idle})}
}

// The ways, as detect.CaseKey.What.
const (
	remoteShell   = "SSH from outside"
	remoteDesktop = "a remote desktop from outside"
	remoteReverse = "a desktop that the host inside showed by connecting out"
	remoteTunnel  = "SSH to the outside on a port of somebody's choice, as a tunnel back uses it"
	remoteHelp    = "a remote-help service"

	// Of flow logs, which know a service by nothing but its port.
	remoteShellPort   = "SSH from outside, as its port and what went both ways make it look"
	remoteDesktopPort = "a remote desktop from outside, as its port and what went both ways make it look"
)

// Observe looks at one record.
func (a *RemoteAccess) Observe(rec events.Record, v device.View) []detect.Finding {
	switch r := rec.(type) {
	case *events.SSH:
		if inbound(v) && r.AuthSuccess != nil && *r.AuthSuccess {
			return a.tell(&r.Head, remoteShell, false)
		}
		if v.Orig.IsLocal() && v.Resp.IsExternal() && r.RespP != 22 && (r.AuthSuccess == nil || *r.AuthSuccess) {
			return a.tell(&r.Head, remoteTunnel, true)
		}
	case *events.RFB:
		if r.Reverse && !v.Resp.IsLocal() {
			return a.tell(&r.Head, remoteReverse, true)
		}
		if r.Reverse && v.Resp.IsLocal() && r.RespP != 5500 { // 5500 is where viewers listen by default
			return a.tell(&r.Head, remoteReverse, true)
		}
	case *events.Conn:
		if r.Source == events.FlowLog {
			return a.byPort(r, v)
		}
		if inbound(v) && r.OrigBytes >= a.tune.Bytes && r.RespBytes >= a.tune.Bytes && isDesktop(r) {
			return a.tell(&r.Head, remoteDesktop, false)
		}
	case *events.SSL:
		if v.Orig.IsLocal() && v.Resp.IsExternal() && r.Established && a.helps(r.ServerName) {
			return a.tell(&r.Head, remoteHelp, true)
		}
	}
	return nil
}

// graceTime is longer than OpenSSH waits for a password (LoginGraceTime, 2 minutes) and the clock of a flow log is off (1 minute): whoever is
// still there has logged in. Key exchange alone is about leastShell bytes either way.
const (
	graceTime  = 3 * time.Minute
	leastShell = 2 << 10
)

// byPort judges a flow by its port, and by how much went both ways or how long it lasted: guesses at passwords are small and short.
func (a *RemoteAccess) byPort(r *events.Conn, v device.View) []detect.Finding {
	if !inbound(v) || r.IPProto != device.TCP {
		return nil
	}
	whole := soFar(r)
	least := min(whole.OrigBytes, whole.RespBytes)
	switch {
	case r.RespP == 22 && (least >= a.tune.Bytes || least >= leastShell && r.TS.Add(r.Duration.Duration()).Sub(whole.Start) >= graceTime):
		return a.tell(&r.Head, remoteShellPort, false)
	case least >= a.tune.Bytes && isDesktop(r):
		return a.tell(&r.Head, remoteDesktopPort, false)
	}
	return nil
}

func inbound(v device.View) bool { return v.Orig.IsExternal() && v.Resp.IsLocal() }

// isDesktop goes by what was recognised, and by the port where nothing was.
func isDesktop(r *events.Conn) bool {
	for _, s := range [...]string{"rdp", "rfb"} {
		if strings.Contains(r.Service, s) {
			return true
		}
	}
	return r.IPProto == device.TCP && (r.Service == "" || r.Service == "ssl") && (r.RespP == 3389 || r.RespP >= 5900 && r.RespP < 5910)
}

// helps says whether a name is of a service that lets people in.
func (a *RemoteAccess) helps(name string) bool {
	under := func(d string) bool { return domain.Under(name, d) }
	return name != "" && slices.ContainsFunc(a.tune.Domains, under) && !slices.ContainsFunc(a.tune.Allowed, under)
}

// tell counts a conversation. The host outside is the offender, whichever way the connection went.
func (a *RemoteAccess) tell(h *events.Head, what string, out bool) []detect.Finding {
	k := detect.CaseKey{VNI: h.VNI, By: h.OrigH, To: h.RespH, What: what}
	if out {
		k.By, k.To = h.RespH, h.OrigH
	}
	if known := a.Peek(k); known != nil && slices.Contains(known.UIDs, h.UID) {
		return nil // it goes on, and was counted
	}
	c := a.Note(k, h)
	if !c.Reached(c.Count, 1) {
		return nil
	}
	return []detect.Finding{a.report(k, c)}
}

// Tick has nothing to do: a session is judged when it is told.
func (a *RemoteAccess) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the counts up to date.
func (a *RemoteAccess) Close(device.View) []detect.Finding { return a.LastWords(a.report) }

func (a *RemoteAccess) report(k detect.CaseKey, c *detect.Case) detect.Finding {
	f := c.Finding(k, 0.75, fmt.Sprintf("%s could work on %s in %s on port %d: %s.", k.By, k.To, tally(c.Count, "conversation"), c.Head.RespP, k.What))
	switch k.What {
	case remoteReverse:
		f.Confidence = 0.85
		f.Terms = []events.Term{{Name: "shown_by_connecting_out", Points: 20, Reason: "a desktop that goes out to its viewer passes the firewall"}}
	case remoteTunnel:
		f.Confidence = 0.5
		f.Terms = []events.Term{{Name: "policy_matter", Points: -20, Reason: "administrators do the same"}}
	case remoteShellPort, remoteDesktopPort:
		f.Confidence = 0.65
	case remoteHelp:
		f.Terms = []events.Term{{Name: "policy_matter", Points: -30, Reason: "such services are often wanted"}}
	}
	f.Properties = map[string]any{"way": k.What, "conversations": c.Count, "port": c.Head.RespP}
	return f
}
