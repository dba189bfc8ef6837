package recon

import (
	"bytes"
	"fmt"
	"math/bits"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// LDAPEnum finds a host that takes stock of a directory.
var LDAPEnum = detect.Spec{
	Type:  "recon.ldap_enum",
	Title: "LDAP enumeration",
	Text: "Reads the filters of searches of a whole directory. Three different sweeps of one host within half an hour (all users, all computers, all groups, trusts, policies, sites, " +
		"everything), or one for what only an attack path needs (accounts with a service principal name, without pre-authentication, with delegation, with adminCount, " +
		"with a readable password) are told; a single sweep is a hint of low risk. Tools such as BloodHound, AdFind and PowerView ask so. What looks the same: inventory and identity " +
		"management, which do it every day from the same host; a search for one name is no sweep.",
	Category: "recon", Tactics: []string{"TA0007"}, Techniques: []string{"T1087.002"},
	Risk:  detect.Base{Likelihood: events.Medium, Complexity: events.Medium, Impact: events.Low},
	Wants: []events.Kind{events.KindLDAPSearch}, Version: 1,
	Background: "Any account of a domain may read nearly all of its directory. An intruder does so within minutes of getting in: who is an administrator, on which hosts, " +
		"which service accounts have tickets to crack, which hosts may act for others. Out of that comes the way to the domain's administrators.",
	Mitigation: []string{
		"Find out which program on the offender searched, and under which account; isolate the offender if nobody can say.",
		"Give service accounts that were listed long random passwords, and look for Kerberoasting from the same host.",
		"Take delegation and pre-authentication exceptions away where nothing needs them.",
		"Name inventory and identity management as such in the tuning, so that what is left stands out.",
	},
	New:    func() detect.Detector { return NewLDAPEnum(LDAPEnumDefaults()) },
	Tuning: detect.Tuned(LDAPEnumDefaults, NewLDAPEnum),
}

// LDAPEnumTunables are what may be set.
type LDAPEnumTunables struct {
	Sweeps int           `tune:"different sweeps of one host that make an alert" min:"2" max:"12"`
	Idle   time.Duration `tune:"a host that rests this long begins anew" min:"1m" max:"24h"`
	Hosts  int           `tune:"hosts watched" min:"100" max:"1000000"`
}

// LDAPEnumDefaults are the tunables that the project stands for.
func LDAPEnumDefaults() LDAPEnumTunables {
	return LDAPEnumTunables{Sweeps: 3, Idle: 30 * time.Minute, Hosts: 10_000}
}

// ldapSweep is what a search takes stock of, as a bit. The numbers are stored: a new one goes to the end.
type ldapSweep uint64

const (
	ldapUsers ldapSweep = 1 << iota
	ldapComputers
	ldapGroups
	ldapTrusts
	ldapPolicies
	ldapUnits
	ldapAll
	ldapServices // what follows, only an attack path needs
	ldapUnproved
	ldapDelegation
	ldapAdmins
	ldapPasswords
)

const ldapAttack = ldapServices | ldapUnproved | ldapDelegation | ldapAdmins | ldapPasswords

// ldapSweeps are the pieces of filters, in lower case, that make a sweep.
var ldapSweeps = [...]struct {
	sweep ldapSweep
	name  string
	any   []string
}{
	{ldapUsers, "users", []string{"(samaccounttype=805306368)", "(objectcategory=person)", "(objectclass=user)", "(objectcategory=user)", "(objectclass=person)"}},
	{ldapComputers, "computers", []string{"(samaccounttype=805306369)", "(objectcategory=computer)", "(objectclass=computer)", "(primarygroupid=516)", "1.2.840.113556.1.4.803:=8192)"}},
	{ldapGroups, "groups", []string{"(objectcategory=group)", "(objectclass=group)", "(samaccounttype=268435456)", "(samaccounttype=536870912)", "(admincount=*)"}},
	{ldapTrusts, "trusts", []string{"=trusteddomain)"}},
	{ldapPolicies, "policies", []string{"=grouppolicycontainer)", "=msds-passwordsettings)"}},
	{ldapUnits, "units and sites", []string{"=organizationalunit)", "(objectcategory=subnet)", "(objectclass=subnet)", "(objectclass=site)", "(objectcategory=site)"}},
	{ldapServices, "accounts with a service principal name", []string{"(serviceprincipalname=*)"}},
	{ldapUnproved, "accounts without pre-authentication", []string{"1.2.840.113556.1.4.803:=4194304)"}},
	{ldapDelegation, "delegation", []string{"1.2.840.113556.1.4.803:=524288)", "1.2.840.113556.1.4.803:=16777216)", "(msds-allowedtodelegateto=*)", "(msds-allowedtoactonbehalfofotheridentity=*)"}},
	{ldapAdmins, "administrators", []string{"(admincount=1)"}},
	{ldapPasswords, "readable passwords", []string{"(ms-mcs-admpwd=*)", "(ms-mcs-admpwdexpirationtime=*)", "(mslaps-password", "msds-groupmanagedserviceaccount)"}},
}

// ldapNarrow are attributes that name one object, or a few: a filter with a value for one of them is no sweep.
var ldapNarrow = [...]string{
	"(samaccountname=", "(cn=", "(name=", "(userprincipalname=", "(mail=", "(objectsid=", "(objectguid=", "(distinguishedname=", "(dnshostname=", "(displayname=",
	"(memberof=", "(uid=", "(proxyaddresses=", "(legacyexchangedn=", "(anr=", "(member=", "(givenname=", "(sn=", "(serviceprincipalname=", "(ou=", "(telephonenumber=", "(uidnumber=", "(gidnumber=",
	"(employeeid=", "(flatname=", "(trustpartner=", "(securityidentifier=", "(mailnickname=", "(sidhistory=", "(homedirectory=", "(krbprincipalname=", "(memberuid=",
}

// DirectorySweeps remembers what each host took stock of.
type DirectorySweeps struct {
	tune LDAPEnumTunables
	*detect.Cases
	sweeps [len(ldapSweeps)][][]byte // the pieces of ldapSweeps
	narrow [len(ldapNarrow)][]byte
	filter []byte // of the search in hand, in lower case
}

// NewLDAPEnum makes the detector.
func NewLDAPEnum(t LDAPEnumTunables) *DirectorySweeps {
	d := &DirectorySweeps{tune: t, Cases: detect.NewCases(detect.CasesOptions{Limit: t.Hosts, Idle: t.Idle})}
	for i := range ldapSweeps {
		for _, piece := range ldapSweeps[i].any {
			d.sweeps[i] = append(d.sweeps[i], []byte(piece))
		}
	}
	for i, attr := range ldapNarrow {
		d.narrow[i] = []byte(attr)
	}
	return d
}

// Observe looks at one search.
func (d *DirectorySweeps) Observe(r events.Record, _ device.View) []detect.Finding {
	s, ok := r.(*events.LDAPSearch)
	if !ok || s.Scope != "tree" && s.Scope != "single" || !wholeDirectory(s.BaseObject) {
		return nil
	}
	kinds := d.sweepsOf(s)
	if kinds == 0 {
		return nil
	}
	key := detect.CaseKey{VNI: s.VNI, By: s.OrigH}
	one := d.Note(key, &s.Head)
	had := ldapSweep(one.Flags)
	one.Flags |= uint64(kinds)
	for _, k := range ldapSweeps {
		if kinds&k.sweep != 0 {
			one.Thing(k.name)
		}
	}
	if kinds&ldapAll != 0 {
		one.Thing("everything")
	}
	one.Against(detect.Party{Addr: s.RespH, Port: s.RespP, Endpoint: detect.Server})
	if d.level(ldapSweep(one.Flags)) <= d.level(had) {
		return nil
	}
	one.Told = one.Count
	return []detect.Finding{d.report(key, one, s)}
}

// level is how much a set of sweeps says: 1 is a hint, 2 what only an attack path needs, 3 several.
func (d *DirectorySweeps) level(s ldapSweep) int {
	switch {
	case s == 0:
		return 0
	case bits.OnesCount64(uint64(s)) >= d.tune.Sweeps:
		return 3
	case s&ldapAttack != 0:
		return 2
	}
	return 1
}

func (d *DirectorySweeps) report(key detect.CaseKey, one *detect.Case, s *events.LDAPSearch) detect.Finding {
	level := d.level(ldapSweep(one.Flags))
	f := one.Finding(key, []float64{1: 0.6, 2: 0.8, 3: 0.9}[level], fmt.Sprintf(
		"%s took stock of a directory: %s; one of its searches was %q.", key.By, strings.Join(one.Names, ", "), s.Filter[:min(len(s.Filter), 160)]))
	f.Properties = map[string]any{"sweeps": bits.OnesCount64(one.Flags), "kinds": one.Names, "filter": s.Filter}
	switch level {
	case 1:
		f.Terms = []events.Term{{Name: "single_sweep", Points: -15, Reason: "one list alone may be wanted for itself"}}
	case 3:
		f.Terms = []events.Term{{Name: "many_sweeps", Points: 15, Reason: "it asked for several different lists"}}
	}
	return f
}

// Tick has nothing to do: searches are told of when they end.
func (d *DirectorySweeps) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close has nothing to add: a word is due for each new kind of sweep only.
func (d *DirectorySweeps) Close(device.View) []detect.Finding { return nil }

// wholeDirectory says whether a base is a domain, all of the global catalogue, or a container that the accounts are in. What every host reads
// of the configuration and of the policies lies elsewhere.
func wholeDirectory(base string) bool {
	if base == "" {
		return true
	}
	if startsFold(base, "cn=policies,") {
		return false
	}
	for rest, first := base, true; ; first = false {
		if startsFold(rest, "cn=configuration,") && !first && !startsFold(base, "cn=sites,") {
			return false
		}
		if startsFold(rest, "dc=") || startsFold(rest, "o=") {
			return true
		}
		_, after, more := strings.Cut(rest, ",")
		if !more {
			return false
		}
		rest = after
	}
}

func startsFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

// sweepsOf says what a search takes stock of; nothing where it names what it looks for.
func (d *DirectorySweeps) sweepsOf(s *events.LDAPSearch) (kinds ldapSweep) {
	d.filter = d.filter[:0]
	for _, c := range []byte(s.Filter) {
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != ' ' {
			d.filter = append(d.filter, c)
		}
	}
	for _, attr := range d.narrow {
		if namesValue(d.filter, attr) {
			return 0
		}
	}
	for i := range d.sweeps {
		for _, piece := range d.sweeps[i] {
			if bytes.Contains(d.filter, piece) {
				kinds |= ldapSweeps[i].sweep
			}
		}
	}
	if kinds&ldapComputers != 0 { // a computer is a user as well
		kinds &^= ldapUsers
	}
	if kinds&ldapAttack != 0 { // and what is asked of accounts is asked of users
		kinds &= ldapAttack
	}
	if s.Scope == "tree" && startsFold(s.BaseObject, "dc=") && takesAll(d.filter) {
		kinds |= ldapAll
	}
	return kinds
}

// takesAll says whether a filter lets everything through.
func takesAll(filter []byte) bool {
	switch string(filter) {
	case "(objectclass=*)", "(objectcategory=*)", "(objectguid=*)", "(objectsid=*)":
		return true
	}
	return false
}

// namesValue says whether a filter has a value for an attribute other than "any", or a part of one that says which.
func namesValue(filter, attr []byte) bool {
	for rest := filter; ; {
		i := bytes.Index(rest, attr)
		if i < 0 {
			return false
		}
		rest = rest[i+len(attr):]
		value := rest
		if end := bytes.IndexByte(rest, ')'); end >= 0 {
			value = rest[:end]
		}
		if bytes.IndexByte(value, '*') < 0 || len(value) > 4 && string(attr) != "(serviceprincipalname=" {
			return true
		}
	}
}
