package c2

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
	"github.com/mirrorwatch/mirrorwatch/shared/rhythm"
)

// bursts are the gaps within which contacts count as one: an implant that fetches orders and delivers at once, or retries, makes
// a few conversations a beat.
var bursts = [...]time.Duration{0, 2 * time.Second, 10 * time.Second, 30 * time.Second}

// fewContacts: below this, intervals that are alike prove little.
const fewContacts = 8

// sizeShare is how much the sameness of sizes adds to the score; the rhythm makes the rest.
const sizeShare = 0.3

// tempo is what was found out about the rhythm of a series.
type tempo struct {
	beat  rhythm.Beat
	pulse rhythm.Pulse // of many contacts only
	same  float64      // sizes: 1 where all are alike
	score float64
}

// measure says whether a series is a beacon, once an order of magnitude, and at the end how far it went.
func (b *Beacons) measure(s *series, v device.View, closing bool) []detect.Finding {
	s.evaluated = s.count
	marks := b.marks(s, v)
	need := b.tune.Contacts[min(len(marks), len(b.tune.Contacts)-1)]
	if s.count < need || s.last.Sub(s.started) < b.tune.Span || s.poll() {
		return nil
	}
	st := b.standing(s, v)
	if b.popular(s, &st, len(marks)) || s.byFlows() && len(marks) == 0 && !st.stranger(b.tune.Rare) {
		return nil
	}
	t, regular := b.tempo(s, need, len(marks))
	if !regular {
		return nil
	}
	told := s.ladder.Rung() > 0
	if !s.ladder.Climb(float64(s.count), float64(need)) && !(told && closing) {
		return nil
	}
	f := s.report(&t, append(append(marks, s.conduct()...), st.terms(len(marks), s.peer.name)...))
	st.describe(&f, s.peer.name)
	f.Final, s.told = told && closing, s.count
	s.again = need * int(math.Pow10(s.ladder.Rung()))
	return []detect.Finding{f}
}

// tempo measures the rhythm, and says whether it is one. Few contacts must be nearly a clock; among many, a beat may be hidden.
func (b *Beacons) tempo(s *series, need, marks int) (t tempo, regular bool) {
	b.moments, b.sizes = s.moments(b.moments[:0]), s.sizes(b.sizes[:0])
	slices.Sort(b.moments)
	t.same = max(0, 1-2*rhythm.Spread(b.sizes))
	t.beat = b.beat(b.moments, need)
	t.score = (1-sizeShare)*t.beat.Regular + sizeShare*t.same
	if len(b.moments) < b.tune.Many {
		return t, t.beat.Regular >= b.regular(s, marks) && t.score >= b.tune.Score && t.beat.Median >= b.tune.Fastest
	}
	t.pulse = b.finder.Find(b.moments, b.tune.Fastest)
	t.same = max(t.same, rhythm.Sameness(b.sizes))
	t.score = (1-sizeShare)*t.pulse.Score + sizeShare*t.same
	return t, t.pulse.Score >= b.tune.Beat && t.pulse.Base >= b.tune.Fastest
}

// regular is how regular a series must be: the more, the less else speaks against the server, and the fewer contacts there are.
func (b *Beacons) regular(s *series, marks int) float64 {
	least := b.tune.Regular
	if marks == 0 || s.count < 2*b.tune.Contacts[1] {
		least += strictness
	}
	return least
}

// strictness is added to Regular where rhythm is nearly all there is to go by.
const strictness = 0.1

// beat finds the clearest rhythm among those that remain when bursts count as one contact.
func (b *Beacons) beat(sorted []int64, need int) rhythm.Beat {
	var best rhythm.Beat
	span := time.Duration(sorted[len(sorted)-1] - sorted[0])
	for _, gap := range bursts {
		beat := rhythm.Measure(rhythm.Collapse(slices.Clone(sorted), gap))
		covered := beat.Median * time.Duration(beat.Count-1)
		if beat.Count >= need && beat.Median >= b.tune.Fastest && covered >= time.Duration(coverage*float64(span)) && beat.Regular > best.Regular {
			best = beat
		}
	}
	return best
}

// coverage is the least share of the time that the rhythm must account for: two bursts an hour apart have a beat within each, and
// none together. A host that slept for half of the time, or changed its pace, still passes.
const coverage = 0.4

// poll says whether a series inside the local networks is a health check: one page, fetched again and again, with nothing sent
// along. Orders are asked for by request bodies, or under changing names.
func (s *series) poll() bool { return s.insideLocal && s.posts == 0 && s.paths.Count() <= 1 }

// marks lists what tells a makeshift server from a service that people use.
func (b *Beacons) marks(s *series, v device.View) []events.Term {
	var marks []events.Term
	p := &s.peer
	// Where TLS and HTTP have a place for the name, its absence counts even when DNS was asked.
	if p.name == "" && !s.byFlows() && (p.fact.tls || p.service == "http" || v.Hostname(p.server) == "") {
		marks = append(marks, events.Term{Name: "nameless_server", Points: 8, Reason: "no name was asked for"})
	}
	if !usualPort(p.port) {
		marks = append(marks, events.Term{Name: "odd_port", Points: 5, Reason: fmt.Sprintf("port %d", p.port)})
	}
	if p.fact.lone {
		marks = append(marks, events.Term{Name: "lone_certificate", Points: 8, Reason: "no public authority vouches for the server"})
	}
	return marks
}

// byFlows says that the contacts are from flow logs, which have no names: there is none of any server.
func (s *series) byFlows() bool { return s.sensor == events.FlowLog }

// conduct lists what the contacts themselves tell. It changes the risk, not how many contacts it takes.
func (s *series) conduct() []events.Term {
	var terms []events.Term
	switch {
	case s.silent == s.count:
		terms = append(terms, events.Term{Name: "nobody_there", Points: -55, Reason: "no packet ever came back: nobody leads the host now"})
	case 2*s.failed > s.count:
		terms = append(terms, events.Term{Name: "server_gone", Points: 3, Reason: "most contacts failed and went on all the same"})
	}
	if s.peer.proto == "udp" && 2*s.sameSocket > s.count {
		terms = append(terms, events.Term{Name: "one_socket", Points: -55, Reason: "a session that is kept alive, as of a call or a VPN"})
	}
	if s.posts*2 > s.count && s.peer.name == "" {
		terms = append(terms, events.Term{Name: "posts", Points: 3, Reason: "most requests carry data"})
	}
	return terms
}

// usualPort: where web servers listen.
func usualPort(port uint16) bool { return port == 80 || port == 443 || port == 8080 || port == 8443 }
