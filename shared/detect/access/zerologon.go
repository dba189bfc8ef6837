package access

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// Zerologon finds a host that lets itself in to a domain controller without a password (CVE-2020-1472).
var Zerologon = detect.Spec{
	Type:  "access.zerologon",
	Title: "Zerologon",
	Text: "Counts Netlogon challenges and log-ins whose eight bytes of proof are all zero, or all one other byte, of one host at one domain controller: " +
		"two of them are one whole attempt, and honest ones come by chance once in 2^56. Where the calls are encrypted it counts them: 40 challenges and " +
		"log-ins with no pause longer than five seconds. It says whether a log-in was granted, or a password set afterwards. It also tells of a domain " +
		"controller's own password being set over SAMR by another host, as the attack's repair does. What looks the same: a computer whose own " +
		"password is out of step logs in over and over, but not many times a second, and its proof is never zero.",
	Category: "access", Tactics: []string{"TA0004", "TA0008"}, Techniques: []string{"T1210"},
	Risk:  detect.Base{Likelihood: events.Medium, Complexity: events.Medium, Impact: events.High},
	Wants: []events.Kind{events.KindDCERPC}, Version: 1,
	Background: "Netlogon encrypts with a start value of zeros, so that for one challenge of zeros in 256 the right answer is zeros too. Whoever tries " +
		"some hundred times logs in as the domain controller itself, sets its password to nothing, and then reads the password of everyone in the domain.",
	Mitigation: []string{
		"Cut the offender off, and look at once whether the domain controller's own password was changed: event 4742 for its account, and replication that fails.",
		"Restore the password of the domain controller's account, and reset krbtgt twice and the passwords of administrators if it was.",
		"Install the update of August 2020 on every domain controller and let it enforce secure channels.",
		"Allow RPC to domain controllers only from where members of the domain are.",
	},
	New:    func() detect.Detector { return NewZerologon(ZerologonDefaults()) },
	Tuning: detect.Tuned(ZerologonDefaults, NewZerologon),
}

// ZerologonTunables are what may be set.
type ZerologonTunables struct {
	Null  int           `tune:"challenges and log-ins with a proof of one byte throughout" min:"1" max:"10000"`
	Calls int           `tune:"challenges and log-ins of any kind without a pause" min:"10" max:"100000"`
	Pause time.Duration `tune:"a pause that ends a run of calls" min:"1s" max:"10m"`
	Pairs int           `tune:"pairs of hosts watched" min:"100" max:"100000"`
}

// ZerologonDefaults are the tunables that the project stands for: an attack takes 256 attempts on average, a member that starts takes one.
func ZerologonDefaults() ZerologonTunables {
	return ZerologonTunables{Null: 2, Calls: 40, Pause: 5 * time.Second, Pairs: 5_000}
}

// Zerologons remembers, for each pair of hosts, the latest run of Netlogon log-ins.
type Zerologons struct {
	tune ZerologonTunables
	*detect.Cases
}

// What is known of a case.
const (
	zerologonGranted uint64 = 1 << iota // a log-in with a proof of zeros was granted
	zerologonSet                        // a password was set after the run
)

// What a case is about.
const (
	zerologonRun   = ""      // log-ins over Netlogon
	zerologonReset = "reset" // the machine's password is set over SAMR; Things are the server's names and the accounts
)

// NewZerologon makes the detector.
func NewZerologon(t ZerologonTunables) *Zerologons {
	return &Zerologons{tune: t, Cases: detect.NewCases(detect.CasesOptions{Limit: t.Pairs, Idle: t.Pause})}
}

// Observe counts log-ins over Netlogon, and watches who sets passwords.
func (z *Zerologons) Observe(r events.Record, _ device.View) []detect.Finding {
	c, ok := r.(*events.DCERPC)
	if !ok {
		return nil
	}
	switch c.Endpoint {
	case "netlogon":
		return z.netlogon(c)
	case "samr":
		return z.samr(c)
	}
	return nil
}

// Tick has nothing to do: log-ins are told while they are made.
func (z *Zerologons) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the numbers of what was told up to date.
func (z *Zerologons) Close(device.View) []detect.Finding { return z.LastWords(zerologonReport) }

func zerologonKey(c *events.DCERPC, what string) detect.CaseKey {
	return detect.CaseKey{VNI: c.VNI, By: c.OrigH, To: c.RespH, What: what}
}

func (z *Zerologons) netlogon(c *events.DCERPC) []detect.Finding {
	key := zerologonKey(c, zerologonRun)
	switch c.Operation {
	case "NetrServerReqChallenge", "NetrServerAuthenticate", "NetrServerAuthenticate2", "NetrServerAuthenticate3":
	case "NetrServerPasswordSet", "NetrServerPasswordSet2":
		return z.passwordSet(key, c)
	default:
		return nil
	}
	one := z.Note(key, &c.Head)
	granted := false
	if c.NullCreds {
		one.Sum++
		granted = c.Operation != "NetrServerReqChallenge" && c.Status != nil && *c.Status == 0 && one.Flags&zerologonGranted == 0
	}
	if granted {
		one.Flags |= zerologonGranted
	}
	climbed := one.Reached(int(one.Sum), z.tune.Null) || one.Reached(one.Count, z.tune.Calls)
	if !climbed && (!granted || !one.Raised()) {
		return nil
	}
	one.Told = one.Count
	return []detect.Finding{zerologonReport(key, one)}
}

// passwordSet completes a run that was told of: once in, the attack sets the password.
func (z *Zerologons) passwordSet(key detect.CaseKey, c *events.DCERPC) []detect.Finding {
	one := z.Get(key)
	if one == nil || !one.Raised() || one.Flags&zerologonSet != 0 || c.TS.Sub(one.Last) > z.tune.Pause {
		return nil
	}
	one.Flags |= zerologonSet
	one.UIDs = keep(one.UIDs, c.UID)
	z.Memory.Note(key)
	return []detect.Finding{zerologonReport(key, one)}
}

func zerologonReport(k detect.CaseKey, one *detect.Case) detect.Finding {
	if k.What == zerologonReset {
		return zerologonResetReport(k, one)
	}
	took := one.Last.Sub(one.Start)
	text := fmt.Sprintf("%s asked %s for a Netlogon challenge or log-in %s within %s", k.By, k.To, rpcCount(one.Count, "time"), detect.Lasted(took))
	confidence := 0.75
	if one.Sum > 0 {
		text += fmt.Sprintf(", %d of them with a proof of zeros or of one byte", one.Sum)
		confidence = 0.95
	}
	f := one.Finding(k, confidence, "")
	if one.Flags&(zerologonGranted|zerologonSet) != 0 {
		text += ", and was let in"
		f.Terms = []events.Term{{Name: "success_followed", Points: 25, Reason: "a log-in without a password was granted, or a password set after the run"}}
	}
	f.Description = text + "."
	f.Properties = map[string]any{
		"calls": one.Count, "null_credentials": one.Sum, "seconds": took.Seconds(),
		"granted": one.Flags&zerologonGranted != 0, "password_set": one.Flags&zerologonSet != 0,
	}
	return f
}

// samr follows a conversation: which server is meant, which account is looked up, whether its password is set. An account that was just made
// is a computer that joins.
func (z *Zerologons) samr(c *events.DCERPC) []detect.Finding {
	key := zerologonKey(c, zerologonReset)
	if one := z.Get(key); one != nil && one.Raised() && c.TS.Sub(one.Last) <= z.tune.Pause {
		return nil // it is told of, and its names are kept
	}
	switch c.Operation {
	case "SamrConnect", "SamrConnect2", "SamrConnect4", "SamrConnect5":
		if server := zerologonHost(c.Args); server != "" {
			if one := z.Get(key); one != nil {
				*one = detect.Case{}
			}
			z.Note(key, &c.Head).Names = []string{server}
		}
	case "SamrLookupNamesInDomain":
		if one := z.Get(key); one != nil && len(one.Names) > 0 {
			one.Names = append(one.Names[:1], c.Args[:min(len(c.Args), 64)])
		}
	case "SamrCreateUserInDomain", "SamrCreateUser2InDomain":
		z.Forget(key)
	case "SamrSetInformationUser", "SamrSetInformationUser2":
		one := z.Get(key)
		if one == nil || len(one.Names) < 2 || c.TS.Sub(one.Last) > time.Minute || !zerologonOwn(one.Names[0], one.Names[1]) {
			return nil
		}
		one.Last, one.UIDs = max(one.Last, c.TS), keep(one.UIDs, c.UID)
		if !one.Reached(1, 1) {
			return nil
		}
		return []detect.Finding{zerologonReport(key, one)}
	}
	return nil
}

// zerologonAddress stands for a server that is named by its address, as no computer does that joins.
const zerologonAddress = "*"

// zerologonHost is the first label of the server that a SAMR connection names, where it names one.
func zerologonHost(args string) string {
	name, _, _ := strings.Cut(strings.TrimLeft(args, `\`), " ")
	if _, err := netip.ParseAddr(name); err == nil {
		return zerologonAddress
	}
	label, _, _ := strings.Cut(name, ".")
	return label[:min(len(label), 64)]
}

// zerologonOwn says whether an account is the server's own machine account, or may be for all that is known.
func zerologonOwn(server, account string) bool {
	if server == zerologonAddress {
		return strings.HasSuffix(account, "$")
	}
	return strings.EqualFold(server+"$", account)
}

func zerologonResetReport(k detect.CaseKey, one *detect.Case) detect.Finding {
	text, confidence := fmt.Sprintf("%s set the password of %q, the account of the server %s itself, over SAMR.", k.By, one.Names[1], k.To), 0.6
	if one.Names[0] == zerologonAddress {
		text, confidence = fmt.Sprintf("%s set the password of the machine account %q over SAMR at %s, which it named by its address.", k.By, one.Names[1], k.To), 0.4
	}
	f := one.Finding(k, confidence, text)
	f.Properties = map[string]any{"account": one.Names[1]}
	return f
}
