package c2

import (
	"fmt"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
	"github.com/mirrorwatch/mirrorwatch/shared/domain"
	"github.com/mirrorwatch/mirrorwatch/shared/entropy"
	"github.com/mirrorwatch/mirrorwatch/shared/magnitude"
	"github.com/mirrorwatch/mirrorwatch/shared/sketch"
)

// DNSTunnel finds data that travels inside DNS questions and answers.
var DNSTunnel = detect.Spec{
	Type:  "c2.dns_tunnel",
	Title: "DNS tunnel",
	Text: "Counts, for each host and registered domain, the different names asked for below the domain, how long and how random they are, " +
		"and how many ask for record types that carry data. A tunnel must never ask twice for the same name, or a cache would answer; " +
		"honest names repeat. DNS passes nearly every firewall. What looks the same: look-ups of addresses and of hashes at reputation " +
		"services, content networks with long but few names, reverse look-ups, mail's keys.",
	Category: "c2", Tactics: []string{"TA0011", "TA0010"}, Techniques: []string{"T1071.004", "T1572"},
	Risk:      detect.Base{Likelihood: events.Medium, Complexity: events.Medium, Impact: events.High},
	Wants:     []events.Kind{events.KindDNS},
	GuardDuty: "Trojan:EC2/DNSDataExfiltration", Version: 1,
	Background: "DNS is let out nearly everywhere. A tunnel packs data into the names that it asks for and gets data back in the " +
		"answers; each question is a new name, so that no cache answers in the place of the attacker's server.",
	Mitigation: []string{
		"Block the domain at the resolver, and isolate the offender.",
		"Find the program that asks: iodine, dnscat2 and implants with a DNS channel are the commonest.",
		"Let hosts ask only your resolvers, and log what these are asked (Route 53 Resolver query logs).",
	},
	New:    func() detect.Detector { return NewDNSTunnel(DNSTunnelDefaults()) },
	Tuning: detect.Tuned(DNSTunnelDefaults, NewDNSTunnel),
}

// DNSTunnelTunables are what may be set.
type DNSTunnelTunables struct {
	Names   int           `tune:"different names below one domain, where the types or the answers carry data" min:"5" max:"100000"`
	Long    int           `tune:"different names where only their length and randomness speak" min:"5" max:"100000"`
	Fresh   float64       `tune:"least share of questions that ask for a name not asked before" min:"0" max:"1"`
	Bytes   int           `tune:"least sum of what the names and the answers carried" min:"100" max:"1000000000"`
	Idle    time.Duration `tune:"a host and a domain that rest this long begin anew" min:"1m" max:"168h"`
	Domains int           `tune:"hosts and domains watched" min:"100" max:"1000000"`
	Ignore  []string      `tune:"domains of services whose names are look-ups of data by design"`
}

// DNSTunnelDefaults are the tunables that the project stands for. A host asks for a few dozen names below the largest of honest
// domains in hours, nearly all of them short words.
func DNSTunnelDefaults() DNSTunnelTunables {
	return DNSTunnelTunables{
		Names: 30, Long: 20, Fresh: 0.5, Bytes: 2000, Idle: time.Hour, Domains: 20_000,
		Ignore: []string{
			"in-addr.arpa", "ip6.arpa", "local", // reverse look-ups, and mDNS
			"gstatic.com", "googlevideo.com", "akamaihd.net", "akstat.io", "go-mpulse.net", "cedexis-radar.net", // measured by random names
			"sophosxl.net", "mcafee.com", "e5.sk", "trendmicro.com", "avast.com", "avg.com", "kaspersky.com", "bitdefender.net",
			"spamhaus.org", "spamcop.net", "surbl.org", "uribl.com", "barracudacentral.org", "sorbs.net", "dnswl.org", "mailspike.net",
			"cymru.com", "cbl.abuseat.org", "rspamd.com", "senderbase.org", "senderscore.com", "fortinet.net", "webroot.com",
		},
	}
}

// What marks a name that carries data.
const (
	longName   = 30  // bytes before the registered domain, on the average
	randomName = 3.3 // bits a byte: words have below 3, hexadecimal digits 4 when there are enough of them, base 32 above
	dataShare  = 0.5 // least share of questions for types that carry data
	shortName  = 3   // bytes: what is shorter carries nothing
)

// Tunnels counts names, for each host and domain.
type Tunnels struct {
	tune    DNSTunnelTunables
	domains *detect.Memory[asked, names]
	detect.Memories
}

type asked struct {
	client uint32
	domain string
}

type names struct {
	different   sketch.Distinct
	queries     int
	data        int     // questions for types that carry data
	length      int     // bytes before the registered domain, summed over new names
	bits        float64 // entropy, summed over new names
	answers     int     // bytes of answers to them
	start, last events.Time
	ladder      magnitude.Ladder
	types       map[string]int
	uids        []string
	example     string
	head        events.Head // of the latest question
	told        int         // questions at the last alert
}

// NewDNSTunnel makes the detector.
func NewDNSTunnel(t DNSTunnelTunables) *Tunnels {
	n := &Tunnels{tune: t, domains: detect.NewFilledMemory(t.Domains, 'd', 1, namesFields)}
	n.Memories = detect.Memories{n.domains}
	return n
}

// Observe counts one question, or an answer whose question was not seen.
func (t *Tunnels) Observe(r events.Record, v device.View) []detect.Finding {
	d, ok := r.(*events.DNS)
	if !ok || v.Resp.Class == device.Group || d.QType == nil && d.QTypeName == "" {
		return nil
	}
	before, registered := split(d.Query)
	if len(before) < shortName || t.ignored(d.Query) || reversed(before) || listed(d) {
		return nil
	}
	key := asked{v.Orig.Serial, registered}
	n, fresh := t.domains.Put(key)
	t.domains.Note(key)
	if fresh || d.TS.Sub(n.last) > t.tune.Idle {
		*n = names{start: d.TS, last: d.TS}
	}
	n.count(d, before)
	if !t.tunnels(n) || !n.ladder.Climb(float64(n.different.Count()), float64(min(t.tune.Names, t.tune.Long))) {
		return nil
	}
	return []detect.Finding{n.report(registered)}
}

// Close brings the numbers of tunnels that were told up to date.
func (t *Tunnels) Close(device.View) []detect.Finding {
	var found []detect.Finding
	for key, n := range t.domains.All {
		if n.told == 0 || n.told == n.queries {
			continue
		}
		f := n.report(key.domain)
		f.Final = true
		found = append(found, f)
	}
	return found
}

// Tick has nothing to do: a tunnel is told while it is used.
func (t *Tunnels) Tick(events.Time, device.View) []detect.Finding { return nil }

// Overflow is how many hosts and domains had to be forgotten for want of room.
func (t *Tunnels) Overflow() uint64 { return t.domains.Evicted() }

// split cuts a name like domain.Split. A tunnel that speaks with its server directly may do without any domain (dnscat2): then the
// last label is data, too, which no top-level domain looks like, and the whole name stands before nothing.
func split(name string) (before, registered string) {
	last := name[strings.LastIndexByte(name, '.')+1:]
	if len(last) != len(name) && (len(last) > longestTLD || strings.ContainsAny(last, "0123456789") && !strings.HasPrefix(last, "xn--")) {
		return name, ""
	}
	return domain.Split(name)
}

// longestTLD is the length of the longest top-level domain that IANA lists (xn--vermgensberatung-pwb).
const longestTLD = 24

func (n *names) count(d *events.DNS, before string) {
	n.queries++
	n.head = d.Head
	n.start, n.last = min(n.start, d.TS), max(n.last, d.TS)
	if carriesData(d) {
		n.data++
	}
	n.answers += answerBytes(d)
	if !n.different.Add(sketch.String(before)) {
		return
	}
	n.length += len(before)
	n.bits += entropy.Bits(strings.ReplaceAll(before, ".", ""))
	if len(before) > len(n.example) {
		n.example = strings.Clone(d.Query)
	}
	n.uids = keep(n.uids, d.UID)
	if n.types == nil {
		n.types = map[string]int{}
	}
	if len(n.types) < maxTypes || n.types[d.QTypeName] > 0 {
		n.types[d.QTypeName]++
	}
}

// maxTypes is how many question types are told apart for a person.
const maxTypes = 8

// answerBytes is how much an answer carried; where its length is not known, what its texts hold.
func answerBytes(d *events.DNS) int {
	if d.AnswerBytes > 0 {
		return int(d.AnswerBytes)
	}
	sum := 0
	for _, a := range d.Answers {
		sum += len(a)
	}
	return sum
}

// tunnels says whether the names are those of a tunnel.
func (t *Tunnels) tunnels(n *names) bool {
	different := n.different.Count()
	if different < min(t.tune.Names, t.tune.Long) || n.length+n.answers < t.tune.Bytes {
		return false
	}
	if float64(different) < t.tune.Fresh*float64(n.queries) {
		return false
	}
	length, bits := float64(n.length)/float64(different), n.bits/float64(different)
	if float64(n.data) >= dataShare*float64(n.queries) {
		return different >= t.tune.Names || length >= longName
	}
	return different >= t.tune.Long && length >= longName && bits >= randomName
}

// carriesData: the types that tunnels ask for because their answers hold free data or long names. A host asks for MX, SRV, CNAME and
// TXT now and then, but not for dozens of names below one domain.
func carriesData(d *events.DNS) bool {
	if d.QType == nil {
		return d.QTypeName == "TXT" || d.QTypeName == "NULL"
	}
	switch *d.QType {
	case 5, 10, 15, 16, 24, 25, 33, 65399: // CNAME, NULL, MX, TXT, SIG, KEY, SRV, iodine's PRIVATE (RFC 6895: private use)
		return true
	}
	return false
}

func (t *Tunnels) ignored(query string) bool {
	for _, suffix := range t.tune.Ignore {
		if domain.Under(query, suffix) {
			return true
		}
	}
	return false
}

// reversed: a name that begins with an address backwards, as block lists are asked (RFC 5782): four numbers, or sixteen and more
// single hexadecimal digits.
func reversed(name string) bool {
	labels, numbers := 0, 0
	for label := range strings.SplitSeq(name, ".") {
		labels++
		number := len(label) <= 3 && strings.Trim(label, "0123456789") == ""
		if number && label != "" {
			numbers++
		}
		if numbers == 4 && labels == 4 || labels == 16 {
			return true
		}
		if !number && (len(label) != 1 || !hexadecimal(label)) {
			return false
		}
	}
	return false
}

func hexadecimal(s string) bool { return strings.Trim(s, "0123456789abcdef") == "" }

// listed: the answer is a code in 127.0.0.0/8, as reputation services give (RFC 5782 section 2.1).
func listed(d *events.DNS) bool {
	return len(d.Answers) > 0 && strings.HasPrefix(d.Answers[0], "127.")
}

func (n *names) report(registered string) detect.Finding {
	d := &n.head
	n.told = n.queries
	different := n.different.Count()
	length, bits := float64(n.length)/float64(different), n.bits/float64(different)
	below := registered
	if below == "" {
		below = "no domain"
	}
	data := float64(n.data) / float64(n.queries)
	f := detect.Finding{
		Key: d.OrigH.String() + " " + registered, Confidence: 0.75, Start: n.start, End: n.last, UIDs: n.uids, VNI: d.VNI, Sensor: d.Sensor,
		Offenders: []detect.Party{{Addr: d.OrigH, Endpoint: detect.Client}},
		Description: fmt.Sprintf("%s asked for %d different names below %s within %s, %.0f bytes long on average; the answers carried %d bytes.",
			d.OrigH, different, below, detect.Lasted(n.last.Sub(n.start)), length, n.answers),
		Properties: map[string]any{
			"domain": registered, "names": different, "queries": n.queries, "mean_length": round2(length), "entropy": round2(bits),
			"data_share": round2(data), "bytes_up": n.length, "bytes_down": n.answers, "types": copyCounts(n.types),
			"resolver": d.RespH.String(), "example": n.example,
		},
	}
	if data >= dataShare && length >= longName/2 {
		f.Confidence = 0.9
		f.Terms = []events.Term{{Name: "data_types", Points: 5, Reason: "names and record types both carry data"}}
	}
	return f
}

func copyCounts(m map[string]int) map[string]int {
	c := make(map[string]int, len(m))
	for k, n := range m {
		c[k] = n
	}
	return c
}

func round2(x float64) float64 { return float64(int(x*100+0.5)) / 100 }
