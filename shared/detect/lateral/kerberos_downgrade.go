package lateral

import (
	"fmt"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// KerberosDowngrade finds a host that uses weak Kerberos keys where strong ones are at hand.
var KerberosDowngrade = detect.Spec{
	Type:  "lateral.kerberos_downgrade",
	Title: "Kerberos encryption downgrade",
	Text: "Looks for four things, each told the first time. A user signs in with RC4 or DES alone where the domain gives AES tickets, or with RC4 for an account that has AES keys: so does who has only the hash of a password (overpass the hash). " +
		"A controller that gives AES tickets gives an RC4 one to a client that offered AES. " +
		"A ticket-granting ticket under RC4 is shown to a domain controller that gives them under AES: it may be forged (golden ticket). A host with " +
		"an AES ticket puts RC4 first when it asks for a service. What looks the same: systems that know no AES, such as old key tabs; a host " +
		"whose own computer account signs in with RC4, or that offers DES-CBC-CRC as Windows XP does, is left alone.",
	Category: "lateral", Tactics: []string{"TA0006", "TA0008"}, Techniques: []string{"T1558"},
	Risk:  detect.Base{Likelihood: events.Medium, Complexity: events.Medium, Impact: events.Medium},
	Wants: []events.Kind{events.KindKerberos}, Version: 1,
	Background: "The RC4 key of an account is the NT hash of its password. An intruder who took hashes from a host's memory can sign in with them, but only under RC4; and " +
		"who has the hash of krbtgt makes tickets of any user. Hosts since Windows Vista use AES by themselves, so that RC4 stands out.",
	Mitigation: []string{
		"Find out which program on the offender signed in; isolate the offender if nobody can say.",
		"Give the account a new password, twice for krbtgt if a ticket was forged.",
		"Look for how hashes were taken: access to LSASS, a backup of the domain's database, a DCSync.",
		"Switch RC4 off in the domain once nothing needs it.",
	},
	Yields: []string{"lateral.kerberoasting"},
	New:    func() detect.Detector { return NewKerberosDowngrade(KerberosDowngradeDefaults()) },
	Tuning: detect.Tuned(KerberosDowngradeDefaults, NewKerberosDowngrade),
}

// KerberosDowngradeTunables are what may be set.
type KerberosDowngradeTunables struct {
	Times  int           `tune:"times that a host did it which make an alert" min:"1" max:"1000"`
	Idle   time.Duration `tune:"a host that rests this long begins anew" min:"1m" max:"168h"`
	Hosts  int           `tune:"hosts watched" min:"100" max:"1000000"`
	Strong time.Duration `tune:"how long a domain controller is known to give AES tickets" min:"1m" max:"2160h"`
}

// KerberosDowngradeDefaults are the tunables that the project stands for: the act is exact, and rare where AES is in use.
func KerberosDowngradeDefaults() KerberosDowngradeTunables {
	return KerberosDowngradeTunables{Times: 1, Idle: 24 * time.Hour, Hosts: 10_000, Strong: 30 * 24 * time.Hour}
}

// Downgrades remembers who uses which kind of key.
type Downgrades struct {
	tune  KerberosDowngradeTunables
	cases *detect.Cases
	known *detect.Cases // domain controllers and accounts that have AES keys, hosts that know no AES
	detect.Memories
}

// NewKerberosDowngrade makes the detector.
func NewKerberosDowngrade(t KerberosDowngradeTunables) *Downgrades {
	d := &Downgrades{
		tune: t, cases: detect.NewCases(detect.CasesOptions{Limit: t.Hosts, Idle: t.Idle}),
		known: detect.NewCases(detect.CasesOptions{Limit: 4 * t.Hosts, Idle: t.Strong, Letter: 'k'}),
	}
	d.Memories = detect.Memories{d.cases.Memory, d.known.Memory}
	return d
}

// What a case is of.
const (
	weakSignIn  = "sign-in" // with RC4 alone, and an AES ticket given
	weakTGT     = "ticket"  // a ticket-granting ticket under RC4, where they are AES
	weakService = "service" // RC4 put first, with an AES ticket in hand
	weakAnswer  = "answer"  // an RC4 ticket given to who offered AES, where they are AES
)

// Observe looks at one question and its answer.
func (d *Downgrades) Observe(r events.Record, _ device.View) []detect.Finding {
	t, ok := r.(*events.Kerberos)
	if !ok || len(t.Etypes) == 0 {
		return nil
	}
	switch t.RequestType {
	case "AS":
		return d.signIn(t)
	case "TGS":
		return d.service(t)
	}
	return nil
}

func (d *Downgrades) signIn(t *events.Kerberos) []detect.Finding {
	given := t.Success != nil && *t.Success && strings.HasPrefix(t.Service, "krbtgt/")
	d.learn(t, given)
	weak := weakFirst(t.Etypes)
	switch {
	case weakKerberos(t.Etypes[0]) && strings.HasSuffix(accountOf(t.Client), "$"):
		d.known.Note(hostLegacy(t), &t.Head)
		return nil
	case !given || d.is(hostLegacy(t)):
		return nil
	case !weakKerberos(t.Etypes[0]) && weakKerberos(t.Cipher) && d.is(kdcStrong(t)):
		return d.note(t, weakAnswer, t.Client)
	case t.Preauth != "timestamp" || !weakKerberos(t.PreauthCipher):
		return nil
	case weak && d.is(kdcStrong(t)) || d.is(accountStrong(t)):
		return d.note(t, weakSignIn, t.Client)
	}
	return nil
}

// learn notes who has strong keys: controllers that give AES tickets, and accounts that signed in with AES or for which a controller
// says that they could.
func (d *Downgrades) learn(t *events.Kerberos, given bool) {
	if given && t.Cipher != "" && !weakKerberos(t.Cipher) && !d.is(kdcStrong(t)) {
		d.known.Note(kdcStrong(t), &t.Head)
	}
	proved := given && t.Preauth == "timestamp" && t.PreauthCipher != "" && !weakKerberos(t.PreauthCipher)
	if (proved || len(t.KDCEtypes) > 0 && !weakKerberos(t.KDCEtypes[0])) && !d.is(accountStrong(t)) {
		d.known.Note(accountStrong(t), &t.Head)
	}
}

func (d *Downgrades) service(t *events.Kerberos) []detect.Finding {
	switch {
	case t.TGTCipher == "" || t.Success != nil && !*t.Success || d.is(hostLegacy(t)):
		return nil
	case weakKerberos(t.TGTCipher):
		if t.TGTForeign || !d.is(kdcStrong(t)) {
			return nil
		}
		return d.note(t, weakTGT, t.Service)
	case weakFirst(t.Etypes):
		return d.note(t, weakService, t.Service)
	}
	return nil
}

func kdcStrong(t *events.Kerberos) detect.CaseKey { return detect.CaseKey{VNI: t.VNI, To: t.RespH} }

func accountStrong(t *events.Kerberos) detect.CaseKey {
	return detect.CaseKey{VNI: t.VNI, What: t.Client}
}

func hostLegacy(t *events.Kerberos) detect.CaseKey { return detect.CaseKey{VNI: t.VNI, By: t.OrigH} }

func (d *Downgrades) is(k detect.CaseKey) bool { return d.known.Peek(k) != nil }

func (d *Downgrades) note(t *events.Kerberos, what, name string) []detect.Finding {
	key := detect.CaseKey{VNI: t.VNI, By: t.OrigH, To: t.RespH, What: what}
	one := d.cases.Note(key, &t.Head)
	one.Thing(name)
	if !one.Reached(one.Count, d.tune.Times) {
		return nil
	}
	return []detect.Finding{downgradeReport(key, one)}
}

func downgradeReport(key detect.CaseKey, one *detect.Case) detect.Finding {
	var text string
	confidence, techniques := 0.7, []string{"T1550.002"}
	switch key.What {
	case weakSignIn:
		text = "%s signed in at %s with weak encryption (RC4 or DES), although AES is at hand there, as %q."
	case weakTGT:
		text, confidence, techniques = "%s showed %s a weakly encrypted ticket-granting ticket, although AES ones are given there, to ask for %q.", 0.8, []string{"T1558.001"}
	case weakAnswer:
		text, confidence, techniques = "%s was given a weakly encrypted ticket-granting ticket by %s, although it offered AES and AES ones are given there, as %q.", 0.5, []string{"T1556.001"}
	default:
		text, confidence, techniques = "%s asked %s for weak encryption first, although its own ticket is strong, in a ticket for %q.", 0.6, []string{"T1558"}
	}
	f := one.Finding(key, confidence, fmt.Sprintf(text, key.By, key.To, one.Names[0]))
	f.Techniques = techniques
	f.Properties = map[string]any{"what": key.What, "times": one.Count, "names": one.Names}
	return f
}

// Tick has nothing to do: what is weak is told of at once.
func (d *Downgrades) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the numbers of what was told up to date.
func (d *Downgrades) Close(device.View) []detect.Finding { return d.cases.LastWords(downgradeReport) }

// Overflow is how many hosts had to be forgotten for want of room.
func (d *Downgrades) Overflow() uint64 { return d.cases.Evicted() + d.known.Evicted() }
