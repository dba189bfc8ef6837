package lateral

import (
	"fmt"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// Kerberoasting finds a host that collects tickets of service accounts to guess their passwords from.
var Kerberoasting = detect.Spec{
	Type:  "lateral.kerberoasting",
	Title: "Kerberoasting",
	Text: "Looks at service tickets that a domain controller encrypts with RC4 or DES, for services that run under an account of their own. Four such services of one host " +
		"within an hour, or one for which the host put RC4 first although its own ticket is AES, are told at medium risk or above; the first such ticket that is " +
		"seen of a service at all is a hint of low risk, and so are no more than that. Twenty different services within the hour are told, too, whatever the encryption. Whoever cracks a ticket has " +
		"the account's password. What looks the same: a service whose account has no AES keys gives RC4 tickets to everyone who uses it; monitoring asks for many.",
	Category: "lateral", Tactics: []string{"TA0006"}, Techniques: []string{"T1558.003"},
	Risk:  detect.Base{Likelihood: events.Medium, Complexity: events.Medium, Impact: events.Medium},
	Wants: []events.Kind{events.KindKerberos}, Version: 1,
	Background: "Any account of a domain may ask for a ticket to any service. Part of the ticket is encrypted with a key made of the password of the account that " +
		"the service runs under, so that an intruder can take tickets away and guess passwords without being seen. RC4 makes guessing some thousand times as quick as AES.",
	Mitigation: []string{
		"Find out which program on the offender asked for the tickets, and under which account.",
		"Give the service accounts named here new random passwords of 25 characters or more; better, make them group managed service accounts.",
		"Set msDS-SupportedEncryptionTypes of the accounts to AES only, and take them out of administrative groups.",
		"Switch RC4 off in the domain once nothing needs it.",
	},
	New:    func() detect.Detector { return NewKerberoasting(KerberoastingDefaults()) },
	Tuning: detect.Tuned(KerberoastingDefaults, NewKerberoasting),
}

// KerberoastingTunables are what may be set.
type KerberoastingTunables struct {
	Services int           `tune:"different services with weak tickets of one host that make an alert" min:"2" max:"1000"`
	Any      int           `tune:"different services of one host, whatever the encryption, that make an alert" min:"5" max:"10000"`
	Idle     time.Duration `tune:"a host that rests this long begins anew" min:"1m" max:"24h"`
	Hosts    int           `tune:"hosts watched" min:"100" max:"1000000"`
	Known    int           `tune:"services remembered that give weak tickets" min:"100" max:"1000000"`
}

// KerberoastingDefaults are the tunables that the project stands for. A person uses one or two services with accounts of the old kind in an
// hour; a tool asks for all there are within seconds.
func KerberoastingDefaults() KerberoastingTunables {
	return KerberoastingTunables{Services: 4, Any: 20, Idle: time.Hour, Hosts: 10_000, Known: 10_000}
}

// Roasts counts, for each host, the services whose tickets it got.
type Roasts struct {
	tune  KerberoastingTunables
	hosts *detect.Cases
	known *detect.Cases // services that gave a weak ticket before, to whomever
	detect.Memories
}

// NewKerberoasting makes the detector.
func NewKerberoasting(t KerberoastingTunables) *Roasts {
	k := &Roasts{
		tune: t, hosts: detect.NewCases(detect.CasesOptions{Limit: t.Hosts, Idle: t.Idle}), known: detect.NewCases(detect.CasesOptions{Limit: t.Known, Letter: 'k'}),
	}
	k.Memories = detect.Memories{k.hosts.Memory, k.known.Memory}
	return k
}

// How far a case has come; what was told is kept in its flags.
const (
	roastHint   = 1 // the first weak ticket of a service
	roastForced = 2 // weak encryption was asked for first, with a strong ticket in hand
	roastMany   = 4 // several services
)

// anyService is the case of all services of a host, whatever the encryption.
const anyService = "any"

// Observe counts tickets.
func (k *Roasts) Observe(r events.Record, _ device.View) []detect.Finding {
	t, ok := r.(*events.Kerberos)
	if !ok || t.RequestType != "TGS" || t.Success != nil && !*t.Success || !roastable(t.Service) {
		return nil
	}
	if t.Success != nil && !weakKerberos(t.Cipher) {
		return k.strong(t)
	}
	forced := weakFirst(t.Etypes) && t.TGTCipher != "" && !weakKerberos(t.TGTCipher)
	if t.Success == nil && !forced {
		return nil
	}
	return k.weak(t, forced)
}

func (k *Roasts) weak(t *events.Kerberos, forced bool) []detect.Finding {
	service := k.known.Note(detect.CaseKey{VNI: t.VNI, What: strings.ToLower(t.Service)}, &t.Head)
	key := detect.CaseKey{VNI: t.VNI, By: t.OrigH}
	one := k.hosts.Note(key, &t.Head)
	one.Thing(t.Service)
	one.Against(detect.Party{Addr: t.RespH, Port: t.RespP, Endpoint: detect.Server})
	had := one.Flags
	if service.Count == 1 {
		one.Flags |= roastHint
	}
	if forced {
		one.Flags |= roastForced
		one.Sum++
	}
	if one.Things.Count() >= k.tune.Services {
		one.Flags |= roastMany
	}
	more := one.Reached(one.Things.Count(), k.tune.Services)
	if one.Flags == had && !more {
		return nil
	}
	one.Told = one.Count
	return []detect.Finding{k.report(key, one)}
}

// strong counts services that gave tickets under AES: only very many of them say something.
func (k *Roasts) strong(t *events.Kerberos) []detect.Finding {
	key := detect.CaseKey{VNI: t.VNI, By: t.OrigH, What: anyService}
	one := k.hosts.Note(key, &t.Head)
	one.Thing(t.Service)
	one.Against(detect.Party{Addr: t.RespH, Port: t.RespP, Endpoint: detect.Server})
	if !one.Reached(one.Things.Count(), k.tune.Any) {
		return nil
	}
	return []detect.Finding{k.report(key, one)}
}

func (k *Roasts) report(key detect.CaseKey, one *detect.Case) detect.Finding {
	by, n, span := one.Head.OrigH, one.Things.Count(), detect.Lasted(one.Last.Sub(one.Start))
	if key.What == anyService {
		f := one.Finding(key, 0.6, fmt.Sprintf("%s got tickets of %d different services within %s, such as %q.", by, n, span, one.Names[0]))
		f.Properties = map[string]any{"services": n, "tickets": one.Count, "names": one.Names}
		return f
	}
	text, confidence := fmt.Sprintf("%s got weakly encrypted tickets of %d services within %s, such as %q.", by, n, span, one.Names[0]), 0.85
	if n == 1 {
		text, confidence = fmt.Sprintf("%s got a weakly encrypted ticket of the service %q.", by, one.Names[0]), 0.7
	}
	f := one.Finding(key, confidence, text)
	f.Properties = map[string]any{"services": n, "tickets": one.Count, "names": one.Names, "asked_weak": one.Sum}
	if one.Flags&roastForced != 0 {
		f.Terms = []events.Term{{Name: "asked_weak", Points: 10, Reason: "it asked for weak encryption first, although its own ticket is strong"}}
	} else if one.Flags&roastMany == 0 {
		f.Terms = []events.Term{{Name: "few_tickets", Points: -35, Reason: "the service may give no other tickets, and have been wanted for itself"}}
	}
	return f
}

// Tick has nothing to do: tickets are told of while they are given.
func (k *Roasts) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the numbers of what was told up to date.
func (k *Roasts) Close(device.View) []detect.Finding { return k.hosts.LastWords(k.report) }

// Overflow is how many hosts and services had to be forgotten for want of room.
func (k *Roasts) Overflow() uint64 { return k.hosts.Evicted() + k.known.Evicted() }

// roastable says whether a service may run under an account whose password a person chose. Computers' passwords are random: those of the
// accounts that end in a dollar, and of what every computer offers under its own.
func roastable(service string) bool {
	name, _, _ := strings.Cut(service, "@")
	if name == "" || strings.HasSuffix(name, "$") {
		return false
	}
	class, _, _ := strings.Cut(name, "/")
	switch strings.ToLower(class) {
	case "krbtgt", "kadmin", "host", "cifs", "ldap", "gc", "dns", "rpcss", "restrictedkrbhost", "termsrv", "wsman", "hostdfs", "nfs", "protectedstorage", "e3514235-4b06-11d1-ab04-00c04fc2dcd2":
		return false
	}
	return true
}

// weakKerberos says whether an encryption type is RC4 or DES.
func weakKerberos(cipher string) bool {
	return strings.HasPrefix(cipher, "rc4-") || strings.HasPrefix(cipher, "des-") || strings.HasPrefix(cipher, "des3-")
}

// weakFirst says whether a client puts RC4 or DES first of its own will. Windows before Vista, and other systems of that time, know no AES and
// offer DES-CBC-CRC, which no tool of today does.
func weakFirst(etypes []string) bool {
	if len(etypes) == 0 || !weakKerberos(etypes[0]) {
		return false
	}
	old := false
	for _, e := range etypes {
		if strings.HasPrefix(e, "aes") {
			return true
		}
		old = old || e == "des-cbc-crc"
	}
	return !old
}
