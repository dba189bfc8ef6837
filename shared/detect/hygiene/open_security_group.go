package hygiene

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// OpenSecurityGroup finds security groups that let the whole internet to what only administrators and databases' own clients need.
var OpenSecurityGroup = detect.Spec{
	Type:  "hygiene.open_security_group",
	Title: "Security group opened to the internet",
	Text: "Looks in CloudTrail for rules of security groups that let all addresses (0.0.0.0/0, ::/0, or half of them) to ports of administration or of databases, or to all ports. One detection a " +
		"group. Ports that are meant for everyone, such as 443, are left alone. What looks the same: an instance that is to be tried for an hour; a rule that is taken away within that time is told lower. " +
		"Mirrorwatch's own roles and announced changes (planned_changes) are not told of. Whether anybody came in is for other types to say.",
	Category: "hygiene", Tactics: []string{"TA0005"}, Techniques: []string{"T1562.007"},
	Risk:  detect.Base{Likelihood: events.Medium, Complexity: events.Low, Impact: events.Medium},
	Wants: []events.Kind{events.KindCloudTrail}, Version: 1,
	Background: "The internet is searched for open ports day and night: an SSH server is found within minutes of its opening, and passwords are tried at once. Rules that were made to try something are " +
		"forgotten, and intruders make them to come back.",
	Mitigation: []string{
		"Take the rule away, or narrow it to the addresses that need it.",
		"Use Session Manager or EC2 Instance Connect in place of open ports of administration.",
		"Look for conversations from outside to the instances of the group since it was opened.",
		"Ask whoever opened it; where it was nobody, treat the principal's keys as stolen.",
	},
	New:    func() detect.Detector { return NewOpenSecurityGroup(OpenSecurityGroupDefaults()) },
	Tuning: detect.Tuned(OpenSecurityGroupDefaults, NewOpenSecurityGroup),
}

// OpenSecurityGroupTunables are what may be set.
type OpenSecurityGroupTunables struct {
	Ports  []uint16      `tune:"ports that are not for the world" min:"1" max:"65535"`
	Closed time.Duration `tune:"a rule that is taken away within this time weighs less" min:"1m" max:"168h"`
	Idle   time.Duration `tune:"a group that rests this long begins anew" min:"1h" max:"8760h"`
	Groups int           `tune:"security groups watched" min:"16" max:"1000000"`
}

// OpenSecurityGroupDefaults are the tunables that the project stands for: SSH, Telnet, RPC and SMB, Docker, databases, RDP, WinRM, VNC,
// Kubernetes and its store, and searches and caches that know no password by themselves.
func OpenSecurityGroupDefaults() OpenSecurityGroupTunables {
	return OpenSecurityGroupTunables{
		Ports: []uint16{
			22, 23, 135, 139, 445, 1433, 1521, 2375, 2376, 2379, 3306, 3389, 5432, 5439, 5900, 5985, 5986, 6379, 6443, 9042, 9200, 10250, 11211, 27017,
		},
		Closed: time.Hour, Idle: 30 * 24 * time.Hour, Groups: 5_000,
	}
}

// OpenGroups is the detector.
type OpenGroups struct {
	detect.Memories
	tune OpenSecurityGroupTunables
	rows *detect.CallsTable
	open *detect.Memory[string, openRules]
}

// openRules are the rules of a group that are open as far as is known.
type openRules struct{ list []openRule }

type openRule struct {
	what  string // "tcp 22"
	id    string // sgr-..., where it is known
	since events.Time
	late  bool // it was taken away, but not soon
	shut  bool // it was taken away
}

// maxOpenRules is how many of a group are remembered; AWS allows 60 by default.
const maxOpenRules = 128

// NewOpenSecurityGroup makes the detector.
func NewOpenSecurityGroup(t OpenSecurityGroupTunables) *OpenGroups {
	d := &OpenGroups{tune: t, rows: detect.NewCallsTable(t.Groups, t.Idle), open: detect.NewFilledMemory(t.Groups, 'o', 1, openRuleFields)}
	d.Memories = append(detect.Memories{d.open}, d.rows.Memories...)
	return d
}

const ec2API = "ec2.amazonaws.com"

// Observe looks at changes of security groups that were carried out.
func (d *OpenGroups) Observe(r events.Record, v device.View) []detect.Finding {
	c, ok := r.(*events.CloudTrail)
	if !ok || c.Service != ec2API || c.ErrorCode != "" || !strings.Contains(c.Name, "SecurityGroup") {
		return nil
	}
	switch c.Name {
	case "AuthorizeSecurityGroupIngress", "ModifySecurityGroupRules":
		if detect.Foreseen(c, v.Known()) || d.rows.Heard(c) {
			return nil
		}
		return d.opened(c, detect.ParametersOf(c.Parameters))
	case "RevokeSecurityGroupIngress", "DeleteSecurityGroup":
		if d.rows.Heard(c) {
			return nil
		}
		return d.closed(c, detect.ParametersOf(c.Parameters))
	}
	return nil
}

func groupOf(c *events.CloudTrail, p detect.Parameters) string {
	name := cmp.Or(p.Text("groupId"), p.Text("groupName"))
	if name == "" {
		if at := slices.IndexFunc(c.Resources, func(r string) bool { return strings.HasPrefix(r, "sg-") }); at >= 0 {
			name = c.Resources[at]
		}
	}
	return name
}

// permissions gives the rules that a call is about, as "tcp 22", of those that let the world in. Old calls have one at the top.
func (d *OpenGroups) permissions(p detect.Parameters) []string {
	all := append(p.All("ipPermissions"), p.All("securityGroupRule")...)
	if len(all) == 0 {
		all = []detect.Parameters{p}
	}
	var list []string
	for _, one := range all {
		if what := d.exposes(one); what != "" && !slices.Contains(list, what) {
			list = append(list, what)
		}
	}
	return list
}

// exposes says which ports that are not for the world a rule opens to it, or "".
func (d *OpenGroups) exposes(p detect.Parameters) string {
	var nets []string
	for _, name := range []string{"cidrIp", "cidrIpv6", "cidrIpv4"} {
		nets = append(nets, p.Texts(name)...)
	}
	if !slices.ContainsFunc(nets, detect.World) {
		return ""
	}
	proto := p.Text("ipProtocol")
	switch proto {
	case "-1", "all":
		return "all ports"
	case "tcp", "udp", "6", "17":
	default:
		return ""
	}
	from, err := strconv.Atoi(p.Text("fromPort"))
	to, err2 := strconv.Atoi(p.Text("toPort"))
	if err != nil || err2 != nil || !slices.ContainsFunc(d.tune.Ports, func(port uint16) bool { return from <= int(port) && int(port) <= to }) {
		return ""
	}
	proto = map[string]string{"6": "tcp", "17": "udp"}[proto] + map[bool]string{true: proto}[len(proto) == 3]
	if from == to {
		return fmt.Sprintf("%s %d", proto, from)
	}
	return fmt.Sprintf("%s %d to %d", proto, from, to)
}

func (d *OpenGroups) opened(c *events.CloudTrail, p detect.Parameters) []detect.Finding {
	group, list := groupOf(c, p), d.permissions(p)
	if group == "" || len(list) == 0 {
		return nil
	}
	key := c.Account + "|" + group
	row := d.rows.Note(key, c)
	row.Add(detect.Party{AWS: &detect.Named{Thing: "security-group/" + group, Account: c.Account}})
	rules, _ := d.open.Put(key)
	d.open.Note(key)
	if row.Total() == 1 {
		*rules = openRules{}
	}
	news := false
	for _, what := range list {
		news = rules.add(openRule{what: what, id: ruleID(c), since: c.TS}) || news
	}
	if row.Reached(row.Total(), 1) || news {
		return []detect.Finding{d.report(key, row)}
	}
	return nil
}

// ruleID is that of the rule that a call made or changed, where it is known.
func ruleID(c *events.CloudTrail) string {
	for _, id := range append([]string{c.Made}, c.Resources...) {
		if strings.HasPrefix(id, "sgr-") {
			return id
		}
	}
	return ""
}

// add says whether the rule was not open before.
func (o *openRules) add(r openRule) bool {
	at := slices.IndexFunc(o.list, func(have openRule) bool { return have.what == r.what })
	switch {
	case at >= 0 && !o.list[at].shut:
		return false
	case at >= 0:
		o.list[at] = r
	case len(o.list) < maxOpenRules:
		o.list = append(o.list, r)
	}
	return true
}

func (d *OpenGroups) closed(c *events.CloudTrail, p detect.Parameters) []detect.Finding {
	key := c.Account + "|" + groupOf(c, p)
	rules, row := d.open.Peek(key), d.rows.Row(key)
	if rules == nil || row == nil {
		return nil
	}
	gone, ids := d.permissions(p), append(p.Texts("securityGroupRuleId"), p.Texts("securityGroupRuleIds")...)
	shut := false
	for i := range rules.list {
		one := &rules.list[i]
		if !one.shut && (c.Name == "DeleteSecurityGroup" || slices.Contains(gone, one.what) || one.id != "" && slices.Contains(ids, one.id)) {
			one.shut, one.late, shut = true, c.TS.Sub(one.since) > d.tune.Closed, true
		}
	}
	if !shut {
		return nil
	}
	d.open.Note(key)
	row.Last = max(row.Last, c.TS)
	f := d.report(key, row)
	f.Final = true
	return []detect.Finding{f}
}

func (d *OpenGroups) report(key string, row *detect.Calls) detect.Finding {
	group := key[strings.IndexByte(key, '|')+1:]
	var open, was []string
	late := false
	if rules := d.open.Peek(key); rules != nil {
		for _, r := range rules.list {
			was = append(was, r.what)
			late = late || r.late
			if !r.shut {
				open = append(open, r.what)
			}
		}
	}
	f := row.Finding(key, 0.75, fmt.Sprintf("%s opened %s of %s to the internet%s.", row.Callers[0].AWS.User, few(was), group, ending(open, was)))
	f.Properties = map[string]any{"group": group, "opened": was, "open": open, "calls": row.Total()}
	switch {
	case len(open) == 0 && !late:
		f.Terms = []events.Term{{Name: "closed_again", Points: -25, Reason: "what was opened was closed again soon"}}
	case len(open) == 0:
		f.Terms = []events.Term{{Name: "closed", Points: -10, Reason: "what was opened is closed again"}}
	}
	return f
}

func ending(open, was []string) string {
	switch {
	case len(open) == 0:
		return ", and it was closed again"
	case len(open) < len(was):
		return ", of which " + few(open) + " is still open"
	}
	return ""
}

// few gives the first few, and how many more there are.
func few(list []string) string {
	if more := len(list) - 4; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(list[:4], ", "), more)
	}
	return strings.Join(list, ", ")
}

func openRuleFields(key, value *detect.Form, k *string, o *openRules) {
	key.Text(k, 512)
	detect.Many(value, &o.list, maxOpenRules, func(f *detect.Form, r *openRule) {
		f.Text(&r.what, 64)
		f.Text(&r.id, 64)
		detect.Number(f, &r.since)
		f.Bool(&r.late)
		f.Bool(&r.shut)
	})
}

// Overflow is how much had to be forgotten for want of room (Limited).
func (d *OpenGroups) Overflow() uint64 { return d.rows.Overflow() + d.open.Evicted() }

// Tick has nothing to do: a call is told of when it is seen.
func (d *OpenGroups) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the numbers of what was told up to date.
func (d *OpenGroups) Close(device.View) []detect.Finding { return d.rows.LastWords(d.report) }
