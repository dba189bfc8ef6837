package lateral

import (
	"fmt"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// DirectoryTampering finds changes of a directory that let one account act as another.
var DirectoryTampering = detect.Spec{
	Type:  "lateral.directory_tampering",
	Title: "Directory changed to open a way",
	Text: "Looks at changes over LDAP, each told the first time, to attributes that let one account act as another: who may act on behalf of others, keys to log on with (shadow credentials), " +
		"delegation, an account's former identities, the access list of the whole domain, and the members of administrative groups; whether the server took the change is said where the " +
		"answer was seen. Tools that relay log-ins change them over plain LDAP. What looks the same: administrators do so by consoles, which seal what they send, so that it is not seen here; enrolment of " +
		"Windows Hello writes keys.",
	Category: "lateral", Tactics: []string{"TA0003", "TA0004"}, Techniques: []string{"T1098"},
	Risk:  detect.Base{Likelihood: events.Low, Complexity: events.Medium, Impact: events.High},
	Wants: []events.Kind{events.KindLDAP}, Version: 1,
	Background: "An intruder who has an account that may write to another one, or who relays the log-in of one, need not guess passwords: one attribute makes a computer believe any user, or gives a " +
		"key with which to log on as the other account. It stays when passwords are changed.",
	Mitigation: []string{
		"Ask the owner of the offender, or of the account it logged in with, whether this was them.",
		"If not: take the value out of the attribute again, and give the object's account a new password.",
		"Have the domain controllers require LDAP signing and channel binding, so that log-ins cannot be relayed to them.",
		"Set the machine account quota to zero, and look for computers that were added lately.",
	},
	New:    func() detect.Detector { return NewDirectoryTampering(DirectoryTamperingDefaults()) },
	Tuning: detect.Tuned(DirectoryTamperingDefaults, NewDirectoryTampering),
}

// DirectoryTamperingTunables are what may be set.
type DirectoryTamperingTunables struct {
	Idle  time.Duration `tune:"a host that rests this long begins anew" min:"1m" max:"168h"`
	Hosts int           `tune:"hosts watched, by kind of change" min:"100" max:"1000000"`
}

// DirectoryTamperingDefaults are the tunables that the project stands for.
func DirectoryTamperingDefaults() DirectoryTamperingTunables {
	return DirectoryTamperingTunables{Idle: 12 * time.Hour, Hosts: 5_000}
}

// directoryPower says in words what a change of an attribute gives.
func directoryPower(attribute, object string) string {
	switch strings.ToLower(attribute) {
	case "msds-allowedtoactonbehalfofotheridentity":
		return "who may act on behalf of others there"
	case "msds-keycredentiallink":
		return "a key to log on with"
	case "msds-allowedtodelegateto":
		return "delegation"
	case "sidhistory":
		return "former identities"
	case "altsecurityidentities":
		return "a certificate to log on with"
	case "ntsecuritydescriptor":
		if startsFolded(object, "dc=") || startsFolded(object, "cn=adminsdholder,") {
			return "the access list of the domain"
		}
	case "member":
		for _, group := range [...]string{
			"domain admins", "enterprise admins", "schema admins", "administrators", "account operators", "backup operators", "dnsadmins", "key admins", "enterprise key admins",
		} {
			if startsFolded(object, "cn="+group+",") {
				return "a member of an administrative group"
			}
		}
	}
	return ""
}

func startsFolded(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

// DirectoryChanges remembers who changed what.
type DirectoryChanges struct {
	tune DirectoryTamperingTunables
	*detect.Cases
}

// NewDirectoryTampering makes the detector.
func NewDirectoryTampering(t DirectoryTamperingTunables) *DirectoryChanges {
	return &DirectoryChanges{t, detect.NewCases(detect.CasesOptions{Limit: t.Hosts, Idle: t.Idle})}
}

// directoryTaken is the flag of a change that the server took.
const directoryTaken = 1

// Observe looks at one change.
func (d *DirectoryChanges) Observe(r events.Record, _ device.View) []detect.Finding {
	c, ok := r.(*events.LDAP)
	if !ok || c.Opcode != "modify" && c.Opcode != "add" {
		return nil
	}
	for _, attr := range c.Attributes {
		if power := directoryPower(attr, c.Object); power != "" {
			return d.change(c, power)
		}
	}
	return nil
}

func (d *DirectoryChanges) change(c *events.LDAP, power string) []detect.Finding {
	key := detect.CaseKey{VNI: c.VNI, By: c.OrigH, To: c.RespH, What: power}
	one := d.Note(key, &c.Head)
	one.Thing(c.Object)
	taken := c.Result == "success" && one.Flags&directoryTaken == 0
	if taken {
		one.Flags |= directoryTaken
	}
	if !one.Reached(one.Count, 1) && !taken {
		return nil
	}
	one.Told = one.Count
	return []detect.Finding{directoryReport(key, one)}
}

func directoryReport(key detect.CaseKey, one *detect.Case) detect.Finding {
	taken := one.Flags&directoryTaken != 0
	text, confidence := fmt.Sprintf("%s tried to change in the directory of %s: %s, of %q.", key.By, key.To, key.What, one.Names[0]), 0.6
	if taken {
		text, confidence = fmt.Sprintf("%s changed in the directory of %s: %s, of %q.", key.By, key.To, key.What, one.Names[0]), 0.75
	}
	f := one.Finding(key, confidence, text)
	f.Properties = map[string]any{"what": key.What, "objects": one.Things.Count(), "names": one.Names, "changes": one.Count, "taken": taken}
	if !taken {
		f.Terms = []events.Term{{Name: "not_seen_taken", Points: -15, Reason: "the server refused, or its answer was not seen"}}
	}
	return f
}

// Tick has nothing to do: changes are told of when they are made.
func (d *DirectoryChanges) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the numbers of what was told up to date.
func (d *DirectoryChanges) Close(device.View) []detect.Finding { return d.LastWords(directoryReport) }
