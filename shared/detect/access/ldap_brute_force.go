package access

import (
	"fmt"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// LDAPBruteForce finds a host that tries passwords at a directory.
var LDAPBruteForce = detect.Spec{
	Type:  "access.ldap_brute_force",
	Title: "LDAP brute force or spray",
	Text: "Counts the log-ins (binds) of one host that a directory refused for invalid credentials: thirty that rest no longer than half an hour in between, or ten different names, and in " +
		"both cases more than worked. Password sprayers for Active Directory use LDAP as often as Kerberos. What looks the same: an application that lets its users log in by a bind " +
		"passes on their mistakes, but far more of them work; a service with an old password fails as often as it is scheduled.",
	Category: "access", Tactics: []string{"TA0006"}, Techniques: []string{"T1110.003"},
	Risk:  detect.Base{Likelihood: events.Medium, Complexity: events.Low, Impact: events.Medium},
	Wants: []events.Kind{events.KindLDAP}, Version: 1,
	Background: "A directory tells whoever asks whether a password is right. Intruders try a handful of likely passwords at all accounts of a list, which stays below what locks each of them, " +
		"or many passwords at the one account of an application's directory, which often locks nobody.",
	Mitigation: []string{
		"If one worked: give that account a new password, end its sessions, and look at what it did since.",
		"Isolate the offender, or deny it ports 389 and 636, until it is known which program asked.",
		"Lock or slow accounts after a few failures, and ban common passwords.",
	},
	New:    func() detect.Detector { return NewLDAPBruteForce(LDAPBruteForceDefaults()) },
	Tuning: detect.Tuned(LDAPBruteForceDefaults, NewLDAPBruteForce),
}

// LDAPBruteForceTunables are what may be set.
type LDAPBruteForceTunables struct {
	Failures int           `tune:"refused log-ins of one host" min:"5" max:"100000"`
	Names    int           `tune:"different names among them" min:"2" max:"100000"`
	Idle     time.Duration `tune:"a host that rests this long begins anew" min:"1m" max:"24h"`
	Hosts    int           `tune:"hosts watched" min:"100" max:"1000000"`
}

// LDAPBruteForceDefaults are the tunables that the project stands for.
func LDAPBruteForceDefaults() LDAPBruteForceTunables {
	return LDAPBruteForceTunables{Failures: 30, Names: 10, Idle: 30 * time.Minute, Hosts: 20_000}
}

// LDAPGuesses counts binds.
type LDAPGuesses struct {
	tune LDAPBruteForceTunables
	*detect.Cases
}

// NewLDAPBruteForce makes the detector.
func NewLDAPBruteForce(t LDAPBruteForceTunables) *LDAPGuesses {
	return &LDAPGuesses{t, detect.NewCases(detect.CasesOptions{Limit: t.Hosts, Idle: t.Idle})}
}

// ldapHit says that a log-in worked after an alert.
const ldapHit = 1

// Observe counts log-ins. One without a name is nobody's, and always works.
func (g *LDAPGuesses) Observe(r events.Record, _ device.View) []detect.Finding {
	b, ok := r.(*events.LDAP)
	if !ok || !strings.HasPrefix(b.Opcode, "bind") || b.Opcode == "bind simple" && b.Argument == "" {
		return nil
	}
	key := detect.CaseKey{VNI: b.VNI, By: b.OrigH}
	switch b.Result {
	case "invalid credentials":
		return g.refused(key, b)
	case "success":
		if one := g.Peek(key); one != nil {
			return g.worked(key, one, b)
		}
	}
	return nil
}

func (g *LDAPGuesses) refused(key detect.CaseKey, b *events.LDAP) []detect.Finding {
	one := g.Note(key, &b.Head)
	one.Against(detect.Party{Addr: b.RespH, Port: b.RespP, Endpoint: detect.Server})
	if b.Object != "" {
		one.Thing(strings.ToLower(b.Object))
	}
	if uint64(one.Count) <= one.Sum {
		return nil
	}
	many := one.Reached(one.Count, g.tune.Failures)
	if names := one.Things.Count(); !many && !one.Raised() && names >= g.tune.Names {
		many = one.Reached(one.Count, one.Count) // what comes next is ten times as many
	}
	if !many {
		return nil
	}
	return []detect.Finding{ldapReport(key, one)}
}

// worked counts the log-ins that worked beside those that did not; Sum holds them. The first after an alert is most likely the one that was found.
func (g *LDAPGuesses) worked(key detect.CaseKey, one *detect.Case, b *events.LDAP) []detect.Finding {
	if b.TS.Sub(one.Last) > g.tune.Idle {
		return nil
	}
	g.Memory.Note(key)
	if !one.Raised() {
		one.Sum++
		return nil
	}
	if one.Flags&ldapHit != 0 {
		return nil
	}
	one.Flags |= ldapHit
	one.Last = max(one.Last, b.TS)
	one.UIDs = append([]string{b.UID}, one.UIDs[:min(len(one.UIDs), maxUIDs-1)]...)
	return []detect.Finding{ldapReport(key, one)}
}

func ldapReport(key detect.CaseKey, one *detect.Case) detect.Finding {
	span, success := detect.Lasted(one.Last.Sub(one.Start)), one.Flags&ldapHit != 0
	text := fmt.Sprintf("%s failed to log in to a directory over LDAP %d times within %s", key.By, one.Count, span)
	f := one.Finding(key, 0.8, text)
	f.Properties = map[string]any{"failed": one.Count, "success": success}
	if names := one.Things.Count(); names > 0 {
		f.Description += fmt.Sprintf(", under %d names such as %q", names, one.Names[0])
		f.Properties["accounts"], f.Properties["names"] = names, one.Names
	}
	if success {
		f.Description += ", and then it worked"
		f.Terms = []events.Term{{Name: "success_followed", Points: 25, Reason: "a log-in worked after the failures"}}
	}
	f.Description += "."
	return f
}

// Tick has nothing to do: failures are told of while they are made.
func (g *LDAPGuesses) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the numbers of what was told up to date.
func (g *LDAPGuesses) Close(device.View) []detect.Finding { return g.LastWords(ldapReport) }
