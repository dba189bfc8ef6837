package lateral

import (
	"fmt"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// PassTheHash finds log-ons by NTLM that no system of Windows makes, and that are used at once to administer.
var PassTheHash = detect.Spec{
	Type:  "lateral.pass_the_hash",
	Title: "Pass the hash or overpass the hash",
	Text: "Looks for a log-on by NTLM, over SMB or RPC, whose client does not name its computer (or calls it \"WORKSTATION\") and does not tell its version, and which " +
		"within minutes is used for an administrative share or for an interface that runs programs, reads the registry or copies the directory. Windows " +
		"always tells both; the libraries of attack tools, which take a stolen hash as well as a password, do not. Samba's clients name their computer. " +
		"What looks the same: inventory and backup programs that are built on such a library, and older Linux systems that mount an administrative share: the share alone, " +
		"or a session that is encrypted from the log-on, is told at low risk.",
	Category: "lateral", Tactics: []string{"TA0008"}, Techniques: []string{"T1550.002", "T1021.002"},
	Risk:  detect.Base{Likelihood: events.Medium, Complexity: events.Medium, Impact: events.Medium},
	Wants: []events.Kind{events.KindNTLM, events.KindSMBMapping, events.KindSMBFiles, events.KindDCERPC}, Version: 1,
	Background: "NTLM proves that a client knows the hash of a password, not the password. Hashes lie in the memory and on the disk of every Windows host on which " +
		"someone logged on; who has administrator's rights on one host takes them, and logs on with them elsewhere, without ever guessing a password. " +
		"The aim is the next host, and in the end an account that rules the domain.",
	Mitigation: []string{
		"Isolate the offender, and find out what runs there that logs on to other hosts.",
		"Reset the password of the account that is named here, twice for a domain administrator's; the hash is known to others.",
		"Look at the victim for services, tasks and programs that are new since then.",
		"Put privileged accounts into Protected Users, which have no NTLM, and give local administrators different passwords (LAPS).",
	},
	New:    func() detect.Detector { return NewPassTheHash(PassTheHashDefaults()) },
	Tuning: detect.Tuned(PassTheHashDefaults, NewPassTheHash),
}

// PassTheHashTunables are what may be set.
type PassTheHashTunables struct {
	Within time.Duration `tune:"time from the log-on to the administrative use of it" min:"1s" max:"1h"`
	Idle   time.Duration `tune:"a pair that rests this long begins anew" min:"10m" max:"168h"`
	Pairs  int           `tune:"pairs of hosts watched" min:"100" max:"1000000"`
}

// PassTheHashDefaults are the tunables that the project stands for. A pair takes about 1 KiB.
func PassTheHashDefaults() PassTheHashTunables {
	return PassTheHashTunables{Within: 10 * time.Minute, Idle: 12 * time.Hour, Pairs: 5_000}
}

// HashLogons remembers who logged on in a way that Windows does not.
type HashLogons struct {
	tune PassTheHashTunables
	*detect.Cases
}

// Flags of a case.
const (
	hashShare = 1 << iota
	hashCalls
	hashSealed // what it was used for is encrypted
)

// NewPassTheHash makes the detector.
func NewPassTheHash(t PassTheHashTunables) *HashLogons {
	return &HashLogons{tune: t, Cases: detect.NewCases(detect.CasesOptions{Limit: t.Pairs, Idle: t.Idle})}
}

// Observe looks at log-ons, and at what is done after one.
func (l *HashLogons) Observe(r events.Record, _ device.View) []detect.Finding {
	switch r := r.(type) {
	case *events.NTLM:
		if toolLogon(r) {
			c := l.Note(detect.CaseKey{VNI: r.VNI, By: r.OrigH, To: r.RespH}, &r.Head)
			c.Thing(r.Username)
		}
	case *events.SMBMapping:
		switch {
		case r.Encrypted:
			return l.used(&r.Head, hashSealed)
		case r.Status == 0 && adminShare(r.Path):
			return l.used(&r.Head, hashShare)
		}
	case *events.SMBFiles:
		if r.Action == "SMB::PIPE_OPEN" && r.Status == 0 && administersPipe(r.Name) {
			return l.used(&r.Head, hashCalls)
		}
	case *events.DCERPC:
		if r.Fault == 0 && administersCall(r.Endpoint) {
			return l.used(&r.Head, hashCalls)
		}
	}
	return nil
}

// toolLogon says that a log-on worked, or may have, which has the marks of a tool's library.
func toolLogon(r *events.NTLM) bool {
	const version = 0x02000000 // [MS-NLMP] 2.2.2.5
	return r.Username != "" && !r.Anonymous && !r.Guest && (r.Success == nil || *r.Success) && r.NegotiateFlags&version == 0 && r.ClientVersion == "" &&
		(r.Carrier == "smb" || r.Carrier == "dce_rpc") && (r.Hostname == "" || r.Hostname == "WORKSTATION")
}

// used tells of a pair whose log-on is now used to administer.
func (l *HashLogons) used(h *events.Head, how uint64) []detect.Finding {
	k := detect.CaseKey{VNI: h.VNI, By: h.OrigH, To: h.RespH}
	c := l.Peek(k)
	if c == nil || h.TS.Sub(c.Last) > l.tune.Within {
		return nil
	}
	l.Memory.Note(k)
	c.Sum++
	news := c.Flags&how == 0
	c.Flags |= how
	if !c.Reached(c.Count, 1) && !news {
		return nil
	}
	c.Told = c.Count
	f := l.report(k, c)
	f.End = max(f.End, h.TS) // the case ends with the log-on, its use is later
	return []detect.Finding{f}
}

// administersPipe says whether a pipe's interface rules the host behind it.
func administersPipe(name string) bool {
	switch strings.ToLower(name) {
	case "svcctl", "atsvc", "winreg", "ntsvcs":
		return true
	}
	return false
}

// administersCall says the same of an interface of remote procedure calls.
func administersCall(endpoint string) bool {
	switch endpoint {
	case "svcctl", "atsvc", "winreg", "ITaskSchedulerService", "IWbemServices", "IWbemLevel1Login", "IRemoteSCMActivator", "ISystemActivator", "drsuapi":
		return true
	}
	return false
}

// Tick has nothing to do: a log-on is told when it is used.
func (l *HashLogons) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the counts up to date.
func (l *HashLogons) Close(device.View) []detect.Finding { return l.LastWords(l.report) }

func (l *HashLogons) report(k detect.CaseKey, c *detect.Case) detect.Finding {
	aim := "an administrative share"
	switch c.Flags & (hashShare | hashCalls) {
	case hashCalls:
		aim = "an interface that administers"
	case 0:
		aim = "it for what is encrypted"
	case hashShare | hashCalls:
		aim = "an administrative share and an interface that administers"
	}
	f := c.Finding(k, 0.7, fmt.Sprintf("%s logged on to %s by NTLM as %q without the marks of a Windows client, as tools do that take a hash, and used %s; log-ons of that kind so far: %d.",
		k.By, k.To, c.Names[0], aim, c.Count))
	switch {
	case c.Flags&(hashCalls|hashShare) == 0:
		f.Terms = []events.Term{{Name: "sealed_only", Points: -30, Reason: "what was done is encrypted, and may have been harmless"}}
	case c.Flags&hashCalls == 0:
		f.Terms = []events.Term{{Name: "share_only", Points: -30, Reason: "a system other than Windows that mounts a share logs on like that, too"}}
	}
	f.Properties = map[string]any{"log_ons": c.Count, "users": c.Names, "share": c.Flags&hashShare != 0, "sealed": c.Flags&hashSealed != 0, "calls": c.Flags&hashCalls != 0}
	return f
}
