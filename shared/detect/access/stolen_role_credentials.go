package access

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// StolenRoleCredentials finds the keys of an instance's role in other hands.
var StolenRoleCredentials = detect.Spec{
	Type:  "access.stolen_role_credentials",
	Title: "Credentials of an instance's role used elsewhere",
	Text: "Looks in CloudTrail for calls with the session of an instance's role that came from an address which is not the instance's, nor that of a gateway before it. Where the inventory does not know " +
		"under which addresses the instance is seen, the first address of the session counts as its own, and another network within minutes of it is told with less confidence. One detection a session; " +
		"it grows with the calls. What looks the same: a NAT gateway or proxy that the inventory does not know (enter it as a gateway), and an address that was given to the instance just now. " +
		"Calls by way of a VPC endpoint and calls that AWS services make for the role are left alone, and so are the roles of functions and tasks, which have no address of their own.",
	Category: "access", Tactics: []string{"TA0006", "TA0001"}, Techniques: []string{"T1552.005", "T1078.004"},
	Risk:  detect.Base{Likelihood: events.Medium, Complexity: events.Medium, Impact: events.High},
	Wants: []events.Kind{events.KindCloudTrail}, GuardDuty: "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS", Version: 1,
	Background: "An instance gets the keys of its role from the metadata service, and anyone who makes it ask, by a forged request or a shell, gets them, too. They work from anywhere " +
		"until they expire, mostly for six hours, and nothing on the instance shows that they are used. The address of the caller is what gives it away.",
	Mitigation: []string{
		"Revoke the role's sessions now (a policy that denies all that was issued before this moment), and see what the calls in the properties did.",
		"Find out how the keys got out: a request for the metadata through a web server, a shell, a file in a repository.",
		"Undo what was made: keys, users, policies, snapshots that were shared.",
		"Require IMDSv2 with a hop limit of one, and deny the role's use from other networks (aws:SourceIp, aws:EC2InstanceSourceVPC).",
	},
	New:    func() detect.Detector { return NewStolenRoleCredentials(StolenRoleCredentialsDefaults()) },
	Tuning: detect.Tuned(StolenRoleCredentialsDefaults, NewStolenRoleCredentials),
}

// StolenRoleCredentialsTunables are what may be set.
type StolenRoleCredentialsTunables struct {
	Window   time.Duration `tune:"where the inventory does not know an instance: two networks within this time are two hands" min:"1m" max:"24h"`
	Idle     time.Duration `tune:"a session that rests this long begins anew" min:"1h" max:"720h"`
	Sessions int           `tune:"sessions of instances' roles watched" min:"64" max:"1000000"`
}

// StolenRoleCredentialsDefaults are the tunables that the project stands for.
func StolenRoleCredentialsDefaults() StolenRoleCredentialsTunables {
	return StolenRoleCredentialsTunables{Window: 15 * time.Minute, Idle: 24 * time.Hour, Sessions: 20_000}
}

// RoleCredentials is the detector.
type RoleCredentials struct {
	detect.Memories
	tune     StolenRoleCredentialsTunables
	rows     *detect.CallsTable
	sessions *detect.Memory[roleSession, roleUse]
	exits    *detect.Memory[exitKey, exitUse]
}

// NewStolenRoleCredentials makes the detector.
func NewStolenRoleCredentials(t StolenRoleCredentialsTunables) *RoleCredentials {
	d := &RoleCredentials{
		tune: t, rows: detect.NewCallsTable(max(t.Sessions/10, 16), t.Idle),
		sessions: detect.NewFilledMemory(t.Sessions, 's', 1, roleUseFields),
		exits:    detect.NewFilledMemory(t.Sessions, 'x', 1, exitFields),
	}
	d.Memories = append(detect.Memories{d.sessions, d.exits}, d.rows.Memories...)
	return d
}

// What the rows' flags say.
const (
	secretsRead  = 1 << iota // and the answer was given
	iamChanged               // users, keys, roles or policies
	fromLearning             // the inventory does not know where the instance is
	bothInUse                // the instance went on using it
)

// Observe looks at a call with the session of an instance's role.
func (d *RoleCredentials) Observe(r events.Record, v device.View) []detect.Finding {
	c, ok := r.(*events.CloudTrail)
	if !ok || c.Instance == "" || !c.OrigH.IsValid() || detect.ByService(c) != "" || detect.OfAWS(c) {
		return nil
	}
	k := roleSession{c.Account, c.Role, c.Instance}
	place := d.place(k, c, v)
	if place == atHome {
		return d.homeAgain(k, c)
	}
	if place == anywhere || d.rows.Heard(c) {
		return nil
	}
	key := k.text()
	width := breadth(d.rows.Peek(key))
	row := d.rows.Note(key, c)
	before := row.Flags
	row.Add(victimOf(c, v))
	row.Flags |= marksOf(c)
	if place == elsewhereByLearning {
		row.Flags |= fromLearning
	} else {
		row.Flags &^= fromLearning
	}
	if row.Reached(row.Total(), 1) || row.Flags&^before&(secretsRead|iamChanged) != 0 {
		return []detect.Finding{d.report(key, row)}
	}
	if breadth(row) == width {
		return nil
	}
	f := d.report(key, row)
	f.Final = true
	return []detect.Finding{f}
}

// breadth is how many different calls, services and addresses a row names.
func breadth(row *detect.Calls) int {
	if row == nil {
		return 0
	}
	return len(row.Names) + len(row.Services) + len(row.Callers)
}

// homeAgain notes that both hands use a session that was told of.
func (d *RoleCredentials) homeAgain(k roleSession, c *events.CloudTrail) []detect.Finding {
	if s := d.sessions.Peek(k); s == nil || len(s.foreign) == 0 {
		return nil
	}
	key := k.text()
	row := d.rows.Row(key)
	if row == nil || row.Flags&fromLearning == 0 || row.Flags&bothInUse != 0 || !d.within(row.Last, c.TS) {
		return nil
	}
	row.Flags |= bothInUse
	row.Last = max(row.Last, c.TS)
	f := d.report(key, row)
	f.Final = true
	return []detect.Finding{f}
}

// victimOf is the instance, by the address that it has inside where that is known.
func victimOf(c *events.CloudTrail, v device.View) detect.Party {
	p := detect.Party{AWS: &detect.Named{Instance: c.Instance, Account: c.Account}}
	for _, text := range c.InstanceAddrs {
		if a, ok := addressOf(text); ok && v.IsLocal(a) {
			p.Addr = a
			break
		}
	}
	return p
}

// marksOf says what a call that was carried out means for the account.
func marksOf(c *events.CloudTrail) (flags uint64) {
	if c.ErrorCode != "" {
		return 0
	}
	switch c.Name {
	case "GetSecretValue", "BatchGetSecretValue", "GetPasswordData":
		flags |= secretsRead
	case "GetParameter", "GetParameters", "GetParametersByPath":
		if detect.ParametersOf(c.Parameters).Text("withDecryption") == "true" {
			flags |= secretsRead
		}
	}
	if c.Service == "iam.amazonaws.com" && !c.ReadOnly && !hasAnyPrefix(c.Name, "Get", "List", "Generate", "Simulate") {
		flags |= iamChanged
	}
	return flags
}

func hasAnyPrefix(s string, prefixes ...string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(s, p) })
}

func (d *RoleCredentials) report(key string, row *detect.Calls) detect.Finding {
	var from []string
	for _, p := range row.Callers {
		from = append(from, p.Addr.String())
	}
	own := d.ownOf(key)
	f := row.Finding(key, confidenceOf(row), stolenSentence(row, from, own))
	f.Properties = map[string]any{
		"calls": row.Names, "services": row.Services, "carried_out": row.Count, "refused": row.Refused, "addresses": from, "own_addresses": own,
	}
	for _, t := range []struct {
		flag uint64
		term events.Term
	}{
		{secretsRead, events.Term{Name: "secrets_read", Points: 10, Reason: "secrets were handed out"}},
		{iamChanged, events.Term{Name: "iam_changed", Points: 15, Reason: "users, keys, roles or policies were changed"}},
		{fromLearning, events.Term{Name: "instance_not_known", Points: -10, Reason: "the inventory does not say under which addresses the instance is seen"}},
	} {
		if row.Flags&t.flag != 0 {
			f.Terms = append(f.Terms, t.term)
		}
	}
	return f
}

// confidenceOf: what was learned from the session itself may be a gateway with several addresses, and less so where both stay in use.
func confidenceOf(row *detect.Calls) float64 {
	switch {
	case row.Flags&fromLearning == 0:
		return 0.85
	case row.Flags&bothInUse != 0:
		return 0.65
	}
	return 0.5
}

func stolenSentence(row *detect.Calls, from, own []string) string {
	where, calls, services := from[0], "1 call", "1 service"
	if n := len(from) - 1; n > 0 {
		where = fmt.Sprintf("%s and %d more addresses", where, n)
	}
	if n := row.Total(); n > 1 {
		calls = fmt.Sprintf("%d calls", n)
	}
	if n := len(row.Services); n > 1 {
		services = fmt.Sprintf("%d services", n)
	}
	tail := ", which is not the instance's"
	switch {
	case row.Flags&fromLearning != 0 && len(own) > 0:
		tail = fmt.Sprintf(", within minutes of its use from %s", own[0])
	case len(from) > 1:
		tail = ", which are not the instance's"
	}
	return fmt.Sprintf("The credentials of %s were used from %s%s: %s of %s, such as %s.", row.About[0].AWS.Instance, where, tail, calls, services, row.Names[0])
}

// Overflow is how much had to be forgotten for want of room (Limited).
func (d *RoleCredentials) Overflow() uint64 {
	return d.rows.Overflow() + d.sessions.Evicted() + d.exits.Evicted()
}

// Tick has nothing to do: a call is told of when it is seen.
func (d *RoleCredentials) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the numbers of what was told up to date.
func (d *RoleCredentials) Close(device.View) []detect.Finding { return d.rows.LastWords(d.report) }
