package lateral

import (
	"fmt"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// ASREPRoasting finds a host that collects answers which a domain controller gives to anybody, to guess passwords from.
var ASREPRoasting = detect.Spec{
	Type:  "lateral.as_rep_roasting",
	Title: "AS-REP roasting",
	Text: "Looks at sign-ins that a domain controller answered although the client had proved nothing (no pre-authentication): one whose answer is encrypted with " +
		"RC4 or DES because the client put that first, or ten different accounts of one host within an hour, whatever the encryption. The answer is encrypted with a key made of the account's " +
		"password, so that it can be guessed from it. What looks the same: realms of MIT Kerberos that never ask for pre-authentication answer so to everybody, " +
		"under AES; and an old program signs in with RC4 under an account that is set that way.",
	Category: "lateral", Tactics: []string{"TA0006"}, Techniques: []string{"T1558.004"},
	Risk:  detect.Base{Likelihood: events.Medium, Complexity: events.Medium, Impact: events.Medium},
	Wants: []events.Kind{events.KindKerberos}, Version: 1,
	Background: "An account may be set to need no pre-authentication. A domain controller then answers a sign-in for it from anybody, and part of the answer is " +
		"encrypted with a key made of the account's password. An intruder needs no account at all to collect such answers, and guesses the passwords elsewhere.",
	Mitigation: []string{
		"Find out which program on the offender asked, and isolate the offender if nobody can say.",
		"Give the accounts named here new, long passwords.",
		"Switch pre-authentication on for them (DONT_REQ_PREAUTH off), and look for others that have it off.",
		"Switch RC4 off in the domain once nothing needs it.",
	},
	New:    func() detect.Detector { return NewASREPRoasting(ASREPRoastingDefaults()) },
	Tuning: detect.Tuned(ASREPRoastingDefaults, NewASREPRoasting),
}

// ASREPRoastingTunables are what may be set.
type ASREPRoastingTunables struct {
	Weak   int           `tune:"different accounts answered under RC4 or DES, as asked, that make an alert" min:"1" max:"1000"`
	Strong int           `tune:"different accounts answered, whatever the encryption, that make an alert" min:"2" max:"10000"`
	Idle   time.Duration `tune:"a host that rests this long begins anew" min:"1m" max:"24h"`
	Hosts  int           `tune:"hosts watched" min:"100" max:"1000000"`
}

// ASREPRoastingDefaults are the tunables that the project stands for.
func ASREPRoastingDefaults() ASREPRoastingTunables {
	return ASREPRoastingTunables{Weak: 1, Strong: 10, Idle: time.Hour, Hosts: 10_000}
}

// Unproved counts, for each host, the accounts for which it was answered without proof.
type Unproved struct {
	tune ASREPRoastingTunables
	*detect.Cases
}

// NewASREPRoasting makes the detector.
func NewASREPRoasting(t ASREPRoastingTunables) *Unproved {
	return &Unproved{t, detect.NewCases(detect.CasesOptions{Limit: t.Hosts, Idle: t.Idle})}
}

// asrepWeak and asrepStrong tell the two cases of a host apart.
const asrepWeak, asrepStrong = "weak", "strong"

// asrepOldRealm is the flag of a realm in which all is weak; from asrepMany accounts on that is no excuse.
const asrepOldRealm, asrepMany = 1, 3

// Observe counts answers. Where the question was not seen, nobody knows whether it had proof.
func (u *Unproved) Observe(r events.Record, _ device.View) []detect.Finding {
	t, ok := r.(*events.Kerberos)
	if !ok || t.RequestType != "AS" || t.Success == nil || !*t.Success || t.Preauth != "" || len(t.Etypes) == 0 {
		return nil
	}
	account := accountOf(t.Client)
	if account == "" || strings.HasPrefix(account, "WELLKNOWN/") {
		return nil // anonymous, which needs no key
	}
	what, least := asrepStrong, u.tune.Strong
	if weakKerberos(t.ReplyCipher) && weakFirst(t.Etypes) {
		what, least = asrepWeak, u.tune.Weak
	}
	key := detect.CaseKey{VNI: t.VNI, By: t.OrigH, What: what}
	one := u.Note(key, &t.Head)
	one.Thing(t.Client)
	if weakKerberos(t.Cipher) && one.Things.Count() < asrepMany {
		one.Flags |= asrepOldRealm
	} else {
		one.Flags &^= asrepOldRealm
	}
	one.Against(detect.Party{Addr: t.RespH, Port: t.RespP, Endpoint: detect.Server})
	if !one.Reached(one.Things.Count(), least) {
		return nil
	}
	return []detect.Finding{asrepReport(key, one)}
}

func asrepReport(key detect.CaseKey, one *detect.Case) detect.Finding {
	n, confidence, how := one.Things.Count(), 0.85, "under RC4 or DES, as it asked, "
	if key.What == asrepStrong {
		confidence, how = 0.6, ""
	}
	f := one.Finding(key, confidence, fmt.Sprintf("%s was answered %sfor %d accounts without proof of who it is, such as %q.", one.Head.OrigH, how, n, one.Names[0]))
	f.Properties = map[string]any{"accounts": n, "answers": one.Count, "names": one.Names}
	if one.Flags&asrepOldRealm != 0 {
		f.Terms = []events.Term{{Name: "old_realm", Points: -35, Reason: "the realm's own tickets are weak, so that everybody is answered so"}}
	}
	return f
}

// Tick has nothing to do: answers are told of while they are given.
func (u *Unproved) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the numbers of what was told up to date.
func (u *Unproved) Close(device.View) []detect.Finding { return u.LastWords(asrepReport) }

// accountOf is a principal's name without its realm.
func accountOf(client string) string {
	if i := strings.LastIndexByte(client, '/'); i >= 0 {
		return client[:i]
	}
	return client
}
