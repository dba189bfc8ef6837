package access

import (
	"fmt"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// KerberosPasswordSpray finds a host that tries passwords at a domain controller.
var KerberosPasswordSpray = detect.Spec{
	Type:  "access.kerberos_password_spray",
	Title: "Kerberos password spray",
	Text: "Counts the accounts for which one host failed to prove a password to a domain controller: six different ones that rest no longer than half an hour " +
		"in between, and more than succeeded; four within a minute, while none succeeded; or thirty failures for one account. One password tried at many accounts stays below what locks each of them. What looks the " +
		"same: a server that people sign in through passes on their mistakes, but far more of them succeed; a service with an old password fails at one account, as often as it is scheduled.",
	Category: "access", Tactics: []string{"TA0006"}, Techniques: []string{"T1110.003"},
	Risk:  detect.Base{Likelihood: events.Medium, Complexity: events.Low, Impact: events.Medium},
	Wants: []events.Kind{events.KindKerberos}, Version: 1,
	Background: "A domain controller tells at once whether a password is right, for any account, to whoever asks, and Kerberos failures are logged less often than others. " +
		"Intruders try a handful of likely passwords at all accounts of a list, and are in when one of them fits.",
	Mitigation: []string{
		"If one succeeded: give that account a new password, end its sessions, and look at what it did since.",
		"Isolate the offender, or deny it port 88, until it is known which program asked.",
		"Ban common passwords, and ask for a second factor wherever people sign in from outside.",
		"Look for the list of accounts: it may have been taken over LDAP or SMB from the same host.",
	},
	New:    func() detect.Detector { return NewKerberosPasswordSpray(KerberosPasswordSprayDefaults()) },
	Tuning: detect.Tuned(KerberosPasswordSprayDefaults, NewKerberosPasswordSpray),
}

// KerberosPasswordSprayTunables are what may be set.
type KerberosPasswordSprayTunables struct {
	Accounts int           `tune:"different accounts of one host that failed" min:"2" max:"100000"`
	Quick    int           `tune:"different accounts of one host that failed within a minute, while none worked" min:"2" max:"100000"`
	Failures int           `tune:"failures of one host for one account" min:"5" max:"100000"`
	Idle     time.Duration `tune:"a host that rests this long begins anew" min:"1m" max:"24h"`
	Hosts    int           `tune:"hosts watched, and pairs of a host and an account" min:"100" max:"1000000"`
}

// KerberosPasswordSprayDefaults are the tunables that the project stands for.
func KerberosPasswordSprayDefaults() KerberosPasswordSprayTunables {
	return KerberosPasswordSprayTunables{Accounts: 6, Quick: 4, Failures: 30, Idle: 30 * time.Minute, Hosts: 20_000}
}

// KerberosGuesses counts sign-ins that failed.
type KerberosGuesses struct {
	tune KerberosPasswordSprayTunables
	*detect.Cases
}

// NewKerberosPasswordSpray makes the detector.
func NewKerberosPasswordSpray(t KerberosPasswordSprayTunables) *KerberosGuesses {
	return &KerberosGuesses{t, detect.NewCases(detect.CasesOptions{Limit: t.Hosts, Idle: t.Idle})}
}

// Errors that a try at a password ends with, RFC 4120 section 7.5.9.
const (
	kdcUnknown      = 6 // no such account
	kdcRevoked      = 18
	kdcExpired      = 23 // the password is right, or was
	kdcWrong        = 24
	kdcBadIntegrity = 31 // what some say instead of 24
)

// kerbSucceeded is the case of the sign-ins of a host that worked.
const kerbSucceeded = "succeeded"

// Observe counts the tries at passwords: sign-ins that carry a proof.
func (g *KerberosGuesses) Observe(r events.Record, _ device.View) []detect.Finding {
	t, ok := r.(*events.Kerberos)
	if !ok || t.RequestType != "AS" || t.Success == nil || t.Preauth == "" && t.ErrorCode != kdcWrong {
		return nil
	}
	if *t.Success || t.ErrorCode == kdcExpired {
		return g.worked(t)
	}
	switch t.ErrorCode {
	case kdcUnknown, kdcRevoked, kdcWrong, kdcBadIntegrity:
		return append(g.spray(t), g.guess(t)...)
	}
	return nil
}

func kerbSpray(t *events.Kerberos) detect.CaseKey { return detect.CaseKey{VNI: t.VNI, By: t.OrigH} }

// worked counts the accounts for which a host signed in well. The first after an alert is most likely the one that was found.
func (g *KerberosGuesses) worked(t *events.Kerberos) []detect.Finding {
	key := kerbSpray(t)
	one := g.Peek(key)
	if one == nil {
		return nil // nothing failed: nothing to weigh it against
	}
	if !one.Raised() {
		g.Note(detect.CaseKey{VNI: t.VNI, By: t.OrigH, What: kerbSucceeded}, &t.Head).Thing(strings.ToLower(t.Client))
		return nil
	}
	if one.Flags&kerbHit != 0 || t.TS.Sub(one.Last) > g.tune.Idle {
		return nil
	}
	one.Flags |= kerbHit
	one.UIDs = append([]string{t.UID}, one.UIDs[:min(len(one.UIDs), maxUIDs-1)]...)
	one.Last = max(one.Last, t.TS)
	g.Memory.Note(key)
	return []detect.Finding{g.report(key, one)}
}

// kerbHit says that a sign-in worked after an alert.
const kerbHit = 1

func (g *KerberosGuesses) spray(t *events.Kerberos) []detect.Finding {
	key := kerbSpray(t)
	one := g.Note(key, &t.Head)
	one.Thing(strings.ToLower(t.Client))
	one.Against(detect.Party{Addr: t.RespH, Port: t.RespP, Endpoint: detect.Server})
	failed := one.Things.Count()
	if well := g.Peek(detect.CaseKey{VNI: t.VNI, By: t.OrigH, What: kerbSucceeded}); well != nil && well.Things.Count() >= failed && t.TS.Sub(well.Last) < g.tune.Idle {
		return nil
	}
	if !one.Reached(failed, g.least(t, one)) {
		return nil
	}
	return []detect.Finding{g.report(key, one)}
}

// least is how many accounts make an alert.
func (g *KerberosGuesses) least(t *events.Kerberos, one *detect.Case) int {
	if one.Last.Sub(one.Start) <= time.Minute && g.Peek(detect.CaseKey{VNI: t.VNI, By: t.OrigH, What: kerbSucceeded}) == nil {
		return min(g.tune.Quick, g.tune.Accounts)
	}
	return g.tune.Accounts
}

// guess counts failures for one account.
func (g *KerberosGuesses) guess(t *events.Kerberos) []detect.Finding {
	key := detect.CaseKey{VNI: t.VNI, By: t.OrigH, To: t.RespH, What: "=" + strings.ToLower(t.Client)}
	one := g.Note(key, &t.Head)
	one.Thing(strings.ToLower(t.Client))
	if spray := g.Peek(kerbSpray(t)); spray.Raised() || !one.Reached(one.Count, g.tune.Failures) {
		return nil
	}
	return []detect.Finding{g.report(key, one)}
}

func (g *KerberosGuesses) report(key detect.CaseKey, one *detect.Case) detect.Finding {
	n, span := one.Things.Count(), detect.Lasted(one.Last.Sub(one.Start))
	text := fmt.Sprintf("%s failed to sign in with Kerberos for %d accounts, %d times within %s", key.By, n, one.Count, span)
	if key.What != "" {
		text = fmt.Sprintf("%s failed to sign in with Kerberos %d times within %s for %q", key.By, one.Count, span, one.Names[0])
	}
	if one.Flags&kerbHit != 0 {
		text += ", and then it worked for one"
	}
	f := one.Finding(key, 0.85, text+".")
	f.Properties = map[string]any{"accounts": n, "failed": one.Count, "names": one.Names, "success": one.Flags&kerbHit != 0}
	if key.What != "" {
		f.Techniques = []string{"T1110.001"}
	}
	if one.Flags&kerbHit != 0 {
		f.Terms = []events.Term{{Name: "success_followed", Points: 25, Reason: "a sign-in worked after the failures"}}
	}
	return f
}

// Tick has nothing to do: failures are told of while they are made.
func (g *KerberosGuesses) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the numbers of what was told up to date.
func (g *KerberosGuesses) Close(device.View) []detect.Finding { return g.LastWords(g.report) }
