package recon

import (
	"fmt"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// AccountEnum finds a host that lists accounts, groups and their members over SAMR and LSARPC.
var AccountEnum = detect.Spec{
	Type:  "recon.account_enum",
	Title: "Account and group enumeration",
	Text: "Looks for a host that has a server list its users, groups or the members of a group over SAMR, or that turns many security ids into names: 30 " +
		"look-ups, or 20,000 bytes of ids, at one server. A single list is told with low risk; three kinds of lists, five servers, a group of administrators, or ids one by one " +
		"with more. A sign-in looks up the groups of one account and is not counted. What looks the same: `net user /domain` of an administrator, a file " +
		"server that shows accounts of its domain in its own pages, and a vulnerability scanner.",
	Category: "recon", Tactics: []string{"TA0007"}, Techniques: []string{"T1087.002", "T1069.002"},
	Risk:  detect.Base{Likelihood: events.Medium, Complexity: events.Low, Impact: events.Low},
	Wants: []events.Kind{events.KindDCERPC}, Version: 1,
	Background: "Every account of a domain may ask a domain controller who else there is and who is in which group. Attackers do so first of all: the list of " +
		"users is what passwords are tried on, and the members of Domain Admins are whom they look for next. Ids count upwards, so that asking for " +
		"the name of each works even where lists are refused.",
	Mitigation: []string{
		"Ask the user of the offender whether the question was theirs, and look for the tool that asked (net.exe, BloodHound, enum4linux).",
		"Look for log-ins with many different accounts from the same host: password spraying follows such a list.",
		"Limit who may call SAMR remotely (Network access: restrict clients allowed to make remote calls to SAM), and refuse anonymous listing.",
	},
	New:    func() detect.Detector { return NewAccountEnum(AccountEnumDefaults()) },
	Tuning: detect.Tuned(AccountEnumDefaults, NewAccountEnum),
}

// AccountEnumTunables are what may be set.
type AccountEnumTunables struct {
	Lists   int           `tune:"lists of users, groups or members that one host asked for" min:"1" max:"10000"`
	Kinds   int           `tune:"different kinds of lists, from which on it is a survey" min:"2" max:"10"`
	Servers int           `tune:"servers asked for lists, from which on it is a sweep" min:"2" max:"10000"`
	Names   int           `tune:"look-ups of security ids of one host at another" min:"2" max:"100000"`
	Bytes   int           `tune:"bytes of security ids that were looked up" min:"1000" max:"10000000"`
	Idle    time.Duration `tune:"a host that rests this long begins anew" min:"1m" max:"168h"`
	Pairs   int           `tune:"hosts and pairs of hosts watched" min:"100" max:"1000000"`
}

// AccountEnumDefaults are the tunables that the project stands for. A dialog of permissions asks for some dozen ids at once.
func AccountEnumDefaults() AccountEnumTunables {
	return AccountEnumTunables{Lists: 1, Kinds: 3, Servers: 5, Names: 30, Bytes: 20_000, Idle: 15 * time.Minute, Pairs: 20_000}
}

// AccountLists counts the lists that a host asks for, and the ids that it looks up at another.
type AccountLists struct {
	tune AccountEnumTunables
	*detect.Cases
}

// What a case is about.
const (
	accountLists = "lists" // Names are the operations
	accountIDs   = "ids"   // Sum is the bytes asked with
)

// What is known of a case.
const (
	accountAdmins uint64 = 1 << iota // a group of administrators was looked up
	accountSurvey                    // many kinds of lists
	accountSwept                     // many servers
)

// NewAccountEnum makes the detector.
func NewAccountEnum(t AccountEnumTunables) *AccountLists {
	return &AccountLists{tune: t, Cases: detect.NewCases(detect.CasesOptions{Limit: t.Pairs, Idle: t.Idle})}
}

// Observe counts lists and look-ups.
func (d *AccountLists) Observe(r events.Record, _ device.View) []detect.Finding {
	c, ok := r.(*events.DCERPC)
	if !ok || c.Endpoint != "samr" && c.Endpoint != "lsarpc" {
		return nil
	}
	switch c.Operation {
	case "SamrEnumerateUsersInDomain", "SamrQueryDisplayInformation", "SamrQueryDisplayInformation2", "SamrQueryDisplayInformation3",
		"SamrEnumerateGroupsInDomain", "SamrEnumerateAliasesInDomain", "SamrGetMembersInGroup", "SamrGetMembersInAlias":
		return d.list(c)
	case "SamrLookupNamesInDomain":
		if accountIsAdmins(c.Args) {
			return d.admins(c)
		}
	case "SamrLookupIdsInDomain", "SamrRidToSid", "LsarLookupSids", "LsarLookupSids2":
		return d.ids(c)
	}
	return nil
}

// Tick has nothing to do: lists are told when they are asked for.
func (d *AccountLists) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the numbers of what was told up to date.
func (d *AccountLists) Close(device.View) []detect.Finding { return d.LastWords(d.report) }

// accountLister is the case of who asks for lists, wherever.
func accountLister(c *events.DCERPC) detect.CaseKey {
	return detect.CaseKey{VNI: c.VNI, By: c.OrigH, What: accountLists}
}

// accountIsAdmins says whether a group that gives power is asked for by name.
func accountIsAdmins(args string) bool {
	a := strings.ToLower(args)
	for _, group := range []string{"domain admins", "enterprise admins", "schema admins", "administrators", "domain controllers", "group policy creator"} {
		if strings.Contains(a, group) {
			return true
		}
	}
	return false
}

// admins remembers that a group of administrators was looked up: its members come next.
func (d *AccountLists) admins(c *events.DCERPC) []detect.Finding {
	key := accountLister(c)
	one, _ := d.Put(key)
	d.Memory.Note(key)
	one.Flags |= accountAdmins
	if one.Count == 0 {
		one.Start, one.Last = c.TS, c.TS
	}
	return nil
}

func (d *AccountLists) list(c *events.DCERPC) []detect.Finding {
	key := accountLister(c)
	one := d.Note(key, &c.Head)
	one.Against(detect.Party{Addr: c.RespH, Port: c.RespP, Endpoint: detect.Server})
	one.Thing(c.Operation)
	news := one.Reached(one.Count, d.tune.Lists)
	was := one.Flags
	if one.Things.Count() >= d.tune.Kinds {
		one.Flags |= accountSurvey
	}
	if one.Hosts.Count() >= d.tune.Servers {
		one.Flags |= accountSwept
	}
	if was != one.Flags {
		news, one.Told = true, one.Count
	}
	if !news {
		return nil
	}
	return []detect.Finding{d.report(key, one)}
}

func (d *AccountLists) ids(c *events.DCERPC) []detect.Finding {
	key := detect.CaseKey{VNI: c.VNI, By: c.OrigH, To: c.RespH, What: accountIDs}
	one := d.Note(key, &c.Head)
	one.Sum += uint64(c.RequestLen)
	one.Thing(c.Operation)
	if !one.Reached(one.Count, d.tune.Names) && !one.Reached(int(one.Sum), d.tune.Bytes) {
		return nil
	}
	return []detect.Finding{d.report(key, one)}
}

func (d *AccountLists) report(k detect.CaseKey, one *detect.Case) detect.Finding {
	if k.What == accountIDs {
		f := one.Finding(k, 0.75, fmt.Sprintf("%s looked up security ids at %s %s, with %d bytes of questions.", k.By, k.To, rpcCount(one.Count, "time"), one.Sum))
		f.Properties = map[string]any{"requests": one.Count, "bytes": one.Sum, "operations": one.Names}
		f.Terms = []events.Term{{Name: "one_by_one", Points: 20, Reason: "ids are tried rather than lists asked for"}}
		return f
	}
	kinds, servers := one.Things.Count(), one.Hosts.Count()
	f := one.Finding(k, 0.75, fmt.Sprintf("%s asked %s %s for lists of accounts, groups or members, of %s: %s.",
		k.By, rpcCount(servers, "server"), rpcCount(one.Count, "time"), rpcCount(kinds, "kind"), strings.Join(one.Names, ", ")))
	f.Properties = map[string]any{"requests": one.Count, "servers": servers, "kinds": kinds, "operations": one.Names, "administrators": one.Flags&accountAdmins != 0}
	if one.Flags&accountAdmins != 0 {
		f.Terms = append(f.Terms, events.Term{Name: "administrators", Points: 15, Reason: "it asked for a group of administrators"})
	}
	if one.Flags&accountSwept != 0 {
		f.Terms = append(f.Terms, events.Term{Name: "sweep", Points: 20, Reason: "many servers were asked"})
	}
	if one.Flags&accountSurvey != 0 {
		f.Terms = append(f.Terms, events.Term{Name: "survey", Points: 15, Reason: "it asked for several kinds of lists"})
	}
	return f
}
