package c2

import (
	"slices"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/bounded"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
	"github.com/mirrorwatch/mirrorwatch/shared/dga"
	"github.com/mirrorwatch/mirrorwatch/shared/domain"
	"github.com/mirrorwatch/mirrorwatch/shared/magnitude"
	"github.com/mirrorwatch/mirrorwatch/shared/sketch"
)

// DGA finds a host that looks for its master under names that a program makes up.
var DGA = detect.Spec{
	Type:  "c2.dga",
	Title: "Generated domain names",
	Text: "Counts, for each host, the different registered domains that it asks for, that do not exist, and that look as if a program had made " +
		"them up: a classifier trained on forty families weighs pieces of two to four letters, length, vowels, digits and the top-level domain. " +
		"Malware makes hundreds of names a day and hopes that its master registered one of them; that one then resolves, which raises the risk. " +
		"Where nothing is answered, only many names that leave no doubt count; names glued from words look honest, and only very many that do not " +
		"exist, and hardly any that do, give them away. One odd name is never an alarm. What looks the same: the random " +
		"names by which browsers try the resolver, look-ups below a local suffix, block lists, content networks; all of these ask below few " +
		"registered domains. Resolvers, gateways and mail servers ask for others, and need ten times as many.",
	Category: "c2", Tactics: []string{"TA0011"}, Techniques: []string{"T1568.002"},
	Risk:      detect.Base{Likelihood: events.Medium, Complexity: events.Medium, Impact: events.High},
	Wants:     []events.Kind{events.KindDNS},
	GuardDuty: "Trojan:EC2/DGADomainRequest.B", Version: 1,
	Background: "So that blocking one domain does not cut them off, implants make up hundreds of names a day by a formula, and ask for " +
		"one after the other until one is registered. Most do not exist, and that can be heard.",
	Mitigation: []string{
		"Isolate the offender: something on it looks for its master.",
		"Look at which of the names were answered: these hosts are the servers. Block them.",
		"Find the implant by its process and its persistence, and set the host up anew.",
	},
	New:    func() detect.Detector { return NewDGA(DGADefaults()) },
	Tuning: detect.Tuned(DGADefaults, NewDGA),
}

// DGATunables are what may be set.
type DGATunables struct {
	Failed  int           `tune:"different domains that look generated and do not exist" min:"3" max:"100000"`
	Share   float64       `tune:"least share of them among all domains that do not exist" min:"0" max:"1"`
	Sure    int           `tune:"different domains that leave no doubt, answered or not" min:"5" max:"100000"`
	Most    float64       `tune:"least share of these among all domains asked for since the first" min:"0" max:"1"`
	Words   int           `tune:"different domains that do not exist, however they look" min:"10" max:"100000"`
	Missing float64       `tune:"least share of these among all domains asked for since the first" min:"0" max:"1"`
	Others  int           `tune:"how many times as much it takes of a host that asks for others" min:"1" max:"1000"`
	Window  time.Duration `tune:"counting begins anew after this long" min:"10m" max:"168h"`
	Idle    time.Duration `tune:"a host whose names rest this long begins anew" min:"1m" max:"168h"`
	Clients int           `tune:"hosts watched" min:"100" max:"1000000"`
	Ignore  []string      `tune:"suffixes below which no name is looked at"`
}

// DGADefaults are the tunables that the project stands for. An honest host asks for a handful of domains a day that do not exist, and of
// those one in thirty looks generated. A host takes a few hundred bytes, at most 5 KiB.
func DGADefaults() DGATunables {
	return DGATunables{
		Failed: 10, Share: 0.25, Sure: 25, Most: 0.5, Words: 60, Missing: 0.8, Others: 10, Window: 6 * time.Hour, Idle: 2 * time.Hour, Clients: 20_000,
		Ignore: []string{
			// Reverse zones, and names that no public registry gives (RFC 6761, RFC 6762 appendix G, RFC 8375, RFC 9476).
			"arpa", "local", "localhost", "localdomain", "lan", "home", "internal", "intranet", "private", "corp", "domain", "workgroup",
			"test", "invalid", "example", "onion", "alt", "fritz.box", "belkin", "dlink", "router", "gateway", "wpad", "cluster", "consul",
		},
	}
}

const (
	shortLabel  = 6 // letters: what is shorter looks like an abbreviation, whoever made it
	maxExamples = 8
	maxReached  = 4
	nxdomain    = 3 // RFC 1035 section 4.1.1
)

// Generated counts names, for each host.
type Generated struct {
	tune    DGATunables
	model   *dga.Model
	hosts   *bounded.Table[uint32, asker]
	changes bounded.Changes[uint32]
	key     []byte // room of Save
	value   []byte
}

type asker struct {
	start, last events.Time
	failed      sketch.Distinct // look generated, do not exist
	plain       sketch.Distinct // do not exist, and look honest
	sure        sketch.Distinct // leave no doubt
	asked       sketch.Distinct // all since the first that looked generated or did not exist
	examples    []string        // of failed, or else of sure
	words       []string        // of plain
	reached     []string        // look generated and resolved after many that did not: "name address"
	ladder      magnitude.Ladder
	uids        []string
	head        events.Head // of the latest
	told        int         // names at the last alert
	reachedTold int         // of reached, at the last alert
	why         reason      // of the last alert
}

// NewDGA makes the detector.
func NewDGA(t DGATunables) *Generated {
	g := &Generated{tune: t, model: dga.Embedded(), hosts: bounded.New[uint32, asker](t.Clients)}
	g.hosts.OnEvict(func(serial uint32, _ *asker) { g.changes.Note(serial) })
	return g
}

// Observe looks at one question, or at an answer whose question was not seen.
func (g *Generated) Observe(r events.Record, v device.View) []detect.Finding {
	d, ok := r.(*events.DNS)
	if !ok || v.Resp.Class == device.Group || d.RespP == 5353 || d.RespP == 5355 || d.RespP == 137 || d.OrigP == 5353 {
		return nil
	}
	name := question(d)
	label, suffix := dga.Label(name)
	if suffix == "" || len(name) > maxName || g.ignored(name) || v.Known().Trusted(name) || v.Known().Scanner(d.OrigH) {
		return nil
	}
	registered := name[len(name)-len(label)-1-len(suffix):]
	score := g.model.Score(registered)
	odd := score >= float64(g.model.Likely) && len(label) >= shortLabel
	n := g.hosts.Peek(v.Orig.Serial)
	if n == nil && !odd && !missing(d) {
		return nil
	}
	n, _ = g.hosts.Put(v.Orig.Serial)
	if d.TS.Sub(n.last) > g.tune.Idle || d.TS.Sub(n.start) > g.tune.Window {
		*n = asker{start: d.TS, last: d.TS}
	}
	before := n.asked.Count()
	fresh := false
	if odd {
		fresh = n.generated(d, registered, score >= float64(g.model.Sure))
	} else {
		fresh = n.honest(d, registered)
	}
	if fresh || n.asked.Count() != before {
		g.changes.Note(v.Orig.Serial)
	}
	if !fresh {
		return nil
	}
	return g.report(n, g.bar(v))
}

// Tick has nothing to do: names are told while they are asked for.
func (g *Generated) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the numbers of hosts that were told up to date.
func (g *Generated) Close(v device.View) []detect.Finding {
	var found []detect.Finding
	for _, n := range g.hosts.All {
		if n.told > 0 && n.told != n.count() {
			f := g.finding(n)
			f.Final = true
			found = append(found, f)
		}
	}
	return found
}

// Overflow is how many hosts had to be forgotten for want of room.
func (g *Generated) Overflow() uint64 { return g.hosts.Evicted() }

// maxName is the length of the longest name that DNS carries (RFC 1035 section 2.3.4).
const maxName = 253

// question is the name that an address is looked up for, or "". Only such look-ups count: who delivers mail or checks it asks for many
// domains that others named.
func question(d *events.DNS) string {
	name, kind := d.Query, d.QTypeName
	if d.QType == nil && d.Question != "" {
		name, kind = d.Question, d.QuestionType
	}
	switch kind {
	case "A", "AAAA", "HTTPS":
		return name
	}
	return ""
}

func (g *Generated) ignored(name string) bool {
	for _, suffix := range g.tune.Ignore {
		if domain.Under(name, suffix) {
			return true
		}
	}
	return false
}

// bar is how many times the usual number it takes: more of whoever asks for others.
func (g *Generated) bar(v device.View) int {
	if v.Known().DNSServer(v.Orig.Addr) || v.Known().Gateway(v.Orig.Addr) || v.Orig.OffersPort(device.UDP, 53) || v.Orig.OffersPort(device.TCP, 25) {
		return g.tune.Others
	}
	for _, role := range [...]string{"dns_server", "domain_controller", "mail_server", "nat_gateway", "vpn_gateway", "scanner"} {
		if v.Orig.HasRole(role) {
			return g.tune.Others
		}
	}
	return 1
}

// missing says that the name does not exist.
func missing(d *events.DNS) bool { return d.RCode != nil && *d.RCode == nxdomain }

// honest counts a name that looks as names do, and says whether it is a new one that does not exist.
func (n *asker) honest(d *events.DNS, registered string) (fresh bool) {
	n.last = max(n.last, d.TS)
	h := sketch.String(registered)
	n.asked.Add(h)
	if !missing(d) || !n.plain.Add(h) {
		return false
	}
	if n.failed.Count() == 0 || n.head.TS == 0 {
		n.head, n.uids = d.Head, keep(n.uids, d.UID)
	}
	if len(n.words) < maxExamples/2 {
		n.words = append(n.words, strings.Clone(registered))
	}
	return true
}

// generated counts a name that looks generated, and says whether that is worth a look at the whole.
func (n *asker) generated(d *events.DNS, registered string, sure bool) (fresh bool) {
	n.last = max(n.last, d.TS)
	h := sketch.String(registered)
	n.asked.Add(h)
	missing := missing(d)
	if sure && n.sure.Add(h) {
		fresh = true
	}
	if missing && n.failed.Add(h) {
		fresh = true
	}
	if fresh {
		n.head, n.uids = d.Head, keep(n.uids, d.UID)
		if len(n.examples) < maxExamples && (missing || sure) && !slices.Contains(n.examples, registered) {
			n.examples = append(n.examples, strings.Clone(registered))
		}
	}
	return n.reach(d, registered) || fresh
}

// reach remembers a name that resolved after others did not.
func (n *asker) reach(d *events.DNS, registered string) bool {
	if d.RCode == nil || *d.RCode != 0 || n.failed.Count() < maxExamples/2 || len(n.reached) >= maxReached {
		return false
	}
	address := firstAddress(d.Answers)
	if address == "" || slices.ContainsFunc(n.reached, func(s string) bool { return strings.HasPrefix(s, registered+" ") }) {
		return false
	}
	n.head, n.uids = d.Head, keep(n.uids, d.UID)
	n.reached = append(n.reached, registered+" "+address)
	return true
}

// count is how many names speak.
func (n *asker) count() int {
	return max(n.failed.Count()+n.plain.Count(), n.sure.Count()) + len(n.reached)
}
