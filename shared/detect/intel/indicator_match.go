// Package intel raises what others know to be hostile. What comes in is records, the view of the device model, and an index of indicators
// that may be replaced at any moment; what goes out is findings, and terms for the risk of what other detectors find. It never reads a list
// and never decides what belongs on one.
package intel

import (
	"net/netip"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
	indicators "github.com/mirrorwatch/mirrorwatch/shared/intel"
	"github.com/mirrorwatch/mirrorwatch/shared/magnitude"
)

// IndicatorMatch finds contact with what is listed. This one has no lists; With gives it some.
var IndicatorMatch = detect.Spec{
	Type:  "intel.indicator_match",
	Title: "Contact with a known hostile host, name or fingerprint",
	Text: "Holds addresses, names, URLs, TLS fingerprints and certificates against lists of indicators. What it is worth depends on what " +
		"happened (a conversation, a try without an answer, a name that was only looked up, a knock from outside), on how sure the list is, and " +
		"on age: addresses change hands within months, so that old, expired and unsure indicators are low. A list that comes late is held against " +
		"what was seen within the last day, too. What looks the same: shared hosting, a sinkhole that researchers run, a resolver that asks for " +
		"others, and fingerprints that honest programs have as well.",
	Category: "intel", Tactics: []string{"TA0011"}, Techniques: []string{"T1071"},
	Risk:      detect.Base{Likelihood: events.High, Complexity: events.Low, Impact: events.High},
	Wants:     []events.Kind{events.KindConn, events.KindDNS, events.KindHTTP, events.KindSSL},
	GuardDuty: "UnauthorizedAccess:EC2/MaliciousIPCaller.Custom", Version: 1,
	Background: "Others have met this host, name or fingerprint as an attacker's. The lists that say so are as good as their makers, and " +
		"addresses change hands.",
	Mitigation: []string{
		"Look at how old the indicator is and who gave it.",
		"See what the local host sent and received, and which program did.",
		"If it holds: isolate the host, and block the indicator.",
	},
	New:    func() detect.Detector { return NewMatches(MatchDefaults(), nil) },
	Tuning: detect.Tuned(MatchDefaults, func(t MatchTunables) *Matches { return NewMatches(t, nil) }),
}

// With gives the detector among specs the lists that come by way of feed.
func With(specs []detect.Spec, feed *indicators.Feed) []detect.Spec {
	for i := range specs {
		if specs[i].Type == IndicatorMatch.Type {
			specs[i].New = func() detect.Detector { return NewMatches(MatchDefaults(), feed) }
			specs[i].Tuning = detect.Tuned(MatchDefaults, func(t MatchTunables) *Matches { return NewMatches(t, feed) })
		}
	}
	return specs
}

// MatchTunables are what may be set.
type MatchTunables struct {
	Least  int           `tune:"least confidence of an indicator that is raised at all" min:"0" max:"100"`
	Unsure int           `tune:"an indicator below this confidence is low risk" min:"0" max:"100"`
	Aging  time.Duration `tune:"an indicator older than this loses some risk" min:"1h" max:"87600h"`
	Old    time.Duration `tune:"an indicator older than this is low risk" min:"1h" max:"87600h"`
	Back   time.Duration `tune:"how far back a list that comes late is held against what was seen" min:"0s" max:"24h"`
	Slice  int           `tune:"things seen that are held against a new list at once" min:"100" max:"1000000"`
	Pairs  int           `tune:"pairs of a host and an indicator that are remembered" min:"100" max:"1000000"`
	Ignore []string      `tune:"values of indicators that are never raised"`
}

// MatchDefaults are the tunables that the project stands for.
func MatchDefaults() MatchTunables {
	return MatchTunables{
		Least: 1, Unsure: 40, Aging: 90 * 24 * time.Hour, Old: 180 * 24 * time.Hour, Back: 24 * time.Hour, Slice: 20_000, Pairs: 20_000,
	}
}

// reach is how far a contact went; the further, the worse.
type reach uint8

const (
	knocked reach = iota + 1 // the listed one turned to a host here, in vain
	asked                    // its name was looked up, or a name that led to it
	tried                    // a host here turned to it, in vain
	taken                    // it turned to a host here, and was answered
	talked                   // a host here turned to it, and was answered
)

// String is how a reach is called among the properties.
func (r reach) String() string {
	return [...]string{"", "knocked", "looked up", "tried", "answered it", "talked"}[r]
}

// Matches remembers which host had to do with which indicator.
type Matches struct {
	tune  MatchTunables
	feed  *indicators.Feed
	pairs *detect.Memory[pair, match]
	seen  indicators.Seen
	turns uint64           // of the feed, when what was seen was last held against it
	walk  *indicators.Walk // nil where that is done
}

// pair is a host here and an indicator. Who knocks at many hosts is one thing, of no host.
type pair struct {
	host netip.Addr
	id   uint64
}

type match struct {
	count       int
	start, last events.Time
	reach       reach
	ladder      magnitude.Ladder
	uids        []string
	latest      contact // what was seen last; zero after a restart until it is seen again
}

// contact is one thing that was seen.
type contact struct {
	head     events.Head
	in       indicators.Indicator
	observed string // what matched
	reach    reach
	listed   netip.Addr // invalid where only a name is known
	host     netip.Addr
	mine     bool // the host here bears the mark: a fingerprint
	late     bool // it was listed after it was seen
}

// maxUIDs is how many conversations a finding points at.
const maxUIDs = 16

// NewMatches makes the detector.
func NewMatches(t MatchTunables, feed *indicators.Feed) *Matches {
	return &Matches{tune: t, feed: feed, pairs: detect.NewMemory(t.Pairs, pairCode())}
}

// Observe holds one record against the index, and notes what was in it for indicators that come late.
func (m *Matches) Observe(r events.Record, v device.View) []detect.Finding {
	if m.feed == nil || v.Orig.Class == device.Group || v.Resp.Class == device.Group {
		return nil
	}
	l := look{m: m, x: m.feed.Index(), v: v}
	switch r := r.(type) {
	case *events.Conn:
		l.conn(r)
	case *events.DNS:
		l.dns(r)
	case *events.HTTP:
		l.http(r)
	case *events.SSL:
		l.ssl(r)
	}
	return l.found
}

// Tick holds what was seen against an index that is new, a slice at a time.
func (m *Matches) Tick(now events.Time, v device.View) []detect.Finding {
	if m.feed == nil || !m.feed.Remember {
		return nil
	}
	if n := m.feed.Turns(); n != m.turns {
		m.turns, m.walk = n, m.seen.NewWalk(m.feed.Index())
	}
	if m.walk == nil {
		return nil
	}
	l := look{m: m, x: m.walk.Index(), v: v}
	if !m.walk.Next(&m.seen, now.Add(-m.tune.Back).Time().Unix(), m.tune.Slice, l.late) {
		m.walk = nil
	}
	return l.found
}

// Close brings the numbers of what was told up to date.
func (m *Matches) Close(v device.View) []detect.Finding {
	var found []detect.Finding
	for _, p := range m.pairs.All {
		if p.count > 1 && p.latest.in.Value != "" {
			f := m.finding(p, v)
			f.Final = true
			found = append(found, f)
		}
	}
	return found
}

// Overflow is how many pairs, and things that were seen, had to be forgotten for want of room.
func (m *Matches) Overflow() uint64 { return m.pairs.Evicted() + m.seen.Overflow() }

func (m *Matches) ignored(value string) bool {
	for _, s := range m.tune.Ignore {
		if strings.EqualFold(s, value) {
			return true
		}
	}
	return false
}

// hit counts a contact, and gives a finding when it is the first, when it went further than those before, and at each order of magnitude.
func (l *look) hit(r indicators.Ref, c contact) {
	m, p, at := l.m, pair{c.host, l.x.ID(r)}, c.head.TS
	if c.in = l.x.At(l.x.Best(r, second(at))); int(c.in.Confidence) < m.tune.Least || m.ignored(c.in.Value) {
		return
	}
	if c.reach == knocked {
		p.host = netip.Addr{}
	}
	one, fresh := m.pairs.Put(p)
	switch n := len(one.uids); {
	case fresh:
		one.start, one.last = at, at
	case c.late:
		return // it was told when it was seen
	case n > 0 && one.uids[n-1] == c.head.UID && c.reach <= one.reach:
		one.last = max(one.last, at)
		return // another record of the same conversation
	}
	m.pairs.Note(p)
	one.count++
	one.start, one.last = min(one.start, at), max(one.last, at)
	if c.head.UID != "" && len(one.uids) < maxUIDs {
		one.uids = append(one.uids, c.head.UID)
	}
	further := c.reach > one.reach
	one.latest, one.reach = c, max(one.reach, c.reach)
	if one.ladder.Climb(float64(one.count), 1) || further {
		l.found = append(l.found, m.finding(one, l.v))
	}
}
