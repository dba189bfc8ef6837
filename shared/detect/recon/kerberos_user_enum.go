package recon

import (
	"fmt"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// KerberosUserEnum finds a host that asks a domain controller which accounts there are.
var KerberosUserEnum = detect.Spec{
	Type:  "recon.kerberos_user_enum",
	Title: "Kerberos user enumeration",
	Text: "Counts the different account names of one host that a domain controller does not know: eight, with no rest longer than half an hour, or five within a minute; or forty different " +
		"accounts that it was asked to prove and never did. The controller answers to anybody whether a name exists, and no failed sign-in is logged. What looks the same: a server with a list of " +
		"people who left, or a wrong realm in a configuration, which asks for the same few names again and again.",
	Category: "recon", Tactics: []string{"TA0007"}, Techniques: []string{"T1087.002"},
	Risk:  detect.Base{Likelihood: events.Medium, Complexity: events.Low, Impact: events.Medium},
	Wants: []events.Kind{events.KindKerberos}, Version: 1,
	Background: "The first message of a Kerberos sign-in names an account and proves nothing. The answer for a name that exists is another than for one that does not, so that an " +
		"intruder without any account can try lists of likely names and keeps those that exist: to spray passwords at them next.",
	Mitigation: []string{
		"Find out which program on the offender asks; isolate the offender if nobody can say.",
		"Watch for failed sign-ins of the accounts that exist: a password spray follows.",
		"Let only hosts of the domain reach port 88 of its controllers.",
	},
	Yields: []string{"access.kerberos_password_spray"},
	New:    func() detect.Detector { return NewKerberosUserEnum(KerberosUserEnumDefaults()) },
	Tuning: detect.Tuned(KerberosUserEnumDefaults, NewKerberosUserEnum),
}

// KerberosUserEnumTunables are what may be set.
type KerberosUserEnumTunables struct {
	Unknown  int           `tune:"different names of one host that do not exist" min:"2" max:"100000"`
	Quick    int           `tune:"of these within a minute" min:"2" max:"100000"`
	Unproved int           `tune:"different accounts of one host that exist, and were not signed in to" min:"5" max:"100000"`
	Idle     time.Duration `tune:"a host that rests this long begins anew" min:"1m" max:"24h"`
	Hosts    int           `tune:"hosts watched" min:"100" max:"1000000"`
}

// KerberosUserEnumDefaults are the tunables that the project stands for. A person mistypes a name now and then; nobody mistypes eight.
func KerberosUserEnumDefaults() KerberosUserEnumTunables {
	return KerberosUserEnumTunables{Unknown: 8, Quick: 5, Unproved: 40, Idle: 30 * time.Minute, Hosts: 20_000}
}

// KerberosNames counts, for each host, the names it asked for.
type KerberosNames struct {
	tune KerberosUserEnumTunables
	*detect.Cases
}

// NewKerberosUserEnum makes the detector.
func NewKerberosUserEnum(t KerberosUserEnumTunables) *KerberosNames {
	return &KerberosNames{t, detect.NewCases(detect.CasesOptions{Limit: t.Hosts, Idle: t.Idle})}
}

// What a case counts, and the errors that tell (RFC 4120 section 7.5.9).
const (
	kerbUnknown  = "unknown"   // names that do not exist
	kerbAsked    = "asked"     // accounts that exist, and want proof
	kerbProved   = "proved"    // accounts for which proof was sent
	errUnknown   = 6           // KDC_ERR_C_PRINCIPAL_UNKNOWN
	errWantProof = 25          // KDC_ERR_PREAUTH_REQUIRED
	anonymous    = "wellknown" // the name of nobody
)

// Observe counts names.
func (n *KerberosNames) Observe(r events.Record, _ device.View) []detect.Finding {
	t, ok := r.(*events.Kerberos)
	if !ok || t.RequestType != "AS" || t.Client == "" || strings.HasPrefix(strings.ToLower(t.Client), anonymous) {
		return nil
	}
	switch {
	case t.Preauth != "":
		if asked := n.Peek(kerbNames(t, kerbAsked)); asked != nil { // else nothing is weighed against it
			n.Note(kerbNames(t, kerbProved), &t.Head).Thing(strings.ToLower(t.Client))
		}
	case t.ErrorCode == errUnknown:
		return n.count(t, kerbUnknown, n.tune.Unknown, 0)
	case t.ErrorCode == errWantProof:
		return n.count(t, kerbAsked, n.tune.Unproved, n.proved(t))
	}
	return nil
}

func kerbNames(t *events.Kerberos, what string) detect.CaseKey {
	return detect.CaseKey{VNI: t.VNI, By: t.OrigH, What: what}
}

func (n *KerberosNames) proved(t *events.Kerberos) int {
	if one := n.Peek(kerbNames(t, kerbProved)); one != nil {
		return one.Things.Count()
	}
	return 0
}

func (n *KerberosNames) count(t *events.Kerberos, what string, least, less int) []detect.Finding {
	key := kerbNames(t, what)
	one := n.Note(key, &t.Head)
	one.Thing(strings.ToLower(t.Client))
	one.Against(detect.Party{Addr: t.RespH, Port: t.RespP, Endpoint: detect.Server})
	if what == kerbUnknown && one.Last.Sub(one.Start) <= time.Minute {
		least = min(least, n.tune.Quick)
	}
	if !one.Reached(one.Things.Count()-less, least) {
		return nil
	}
	return []detect.Finding{kerbNamesReport(key, one)}
}

func kerbNamesReport(key detect.CaseKey, one *detect.Case) detect.Finding {
	names, span, which, confidence := one.Things.Count(), detect.Lasted(one.Last.Sub(one.Start)), "that do not exist", 0.85
	if key.What == kerbAsked {
		which, confidence = "and hardly ever went on to sign in", 0.6
	}
	f := one.Finding(key, confidence, fmt.Sprintf("%s asked for %d account names %s within %s, such as %q.", key.By, names, which, span, one.Names[0]))
	f.Properties = map[string]any{"accounts": names, "questions": one.Count, "names": one.Names}
	return f
}

// Tick has nothing to do: names are told of while they are asked for.
func (n *KerberosNames) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the numbers of what was told up to date.
func (n *KerberosNames) Close(device.View) []detect.Finding { return n.LastWords(kerbNamesReport) }
