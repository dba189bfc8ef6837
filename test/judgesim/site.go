// Package judgesim plays weeks of a company's network in AWS at the level of records: customers, people in offices, nightly jobs,
// deployments, outages, and a dozen things among them that somebody should be told of. What comes in is a seed; what goes out is the
// records in the order of time, and the truth about what was not normal. The same seed gives the same weeks, byte for byte. It holds an
// hour at a time, never reads a clock, and never knows a detector: what is visible when is said by rules of its own.
package judgesim

import (
	"net/netip"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// Options say which weeks are played.
type Options struct {
	Seed       uint64
	Days       int  // 0: 28
	Devices    int  // about how many local hosts there are at first; 0: 200
	Deviations int  // how many are made; 0: 12
	Calm       bool // none are made, nor the attacks of the first day: the same weeks without them
}

// Site is a network on its way through its weeks.
type Site struct {
	o     Options
	cal   calendar
	world world
	words []string // that names are made of
	dice  *dice

	hosts   []*host // everybody who ever was
	members [numRoles][]*host
	named   [numRoles]int
	ofRole  [numRoles][]*group
	stays   map[int]stays // of each workstation: who is there today
	taken   map[netip.Addr]bool
	at      map[netip.Addr][]*host // who had the address, in that order
	freed   []freed
	leaving []*host
	changes []change
	cert    int  // how often the inner certificates were renewed
	apology bool // something is out this hour

	truth  []*Deviation
	agenda agenda
	noise  map[int]float64 // of each host: how much more or less than usual it does this hour
	now    hour

	turn, uids, records uint64
}

type freed struct {
	addr netip.Addr
	at   events.Time
}

// New makes a site that has not begun.
func New(o Options) *Site {
	if o.Days <= 0 {
		o.Days = 28
	}
	if o.Devices <= 0 {
		o.Devices = 200
	}
	if o.Deviations <= 0 {
		o.Deviations = 12
	}
	s := &Site{o: o, dice: newDice(), words: wordList(), taken: map[netip.Addr]bool{}, noise: map[int]float64{}, stays: map[int]stays{}, at: map[netip.Addr][]*host{}}
	s.cal = newCalendar(o.Days, s.dice.throw(o.Seed, 0))
	s.world = newWorld(s.dice.throw(o.Seed, 2))
	s.found()
	s.conspire()
	if o.Calm {
		s.absolve()
	}
	s.schedule()
	return s
}

// Start is the first moment.
func (s *Site) Start() events.Time { return s.cal.at(0, 0) }

// End is the moment after the last.
func (s *Site) End() events.Time { return s.cal.at(s.o.Days, 0) }

// Day gives the number of a day, from 1, and what kind of day it is.
func (s *Site) Day(t events.Time) int { return int(t.Sub(s.Start())/(24*time.Hour)) + 1 }

// Records is how many were given out so far.
func (s *Site) Records() uint64 { return s.records }

// Truth is what was not normal, in the order in which it began; what is known of it grows while the site is played.
func (s *Site) Truth() []*Deviation { return s.truth }

// Known is what the people of the site would tell at the beginning: who scans by order, and who speaks for others.
func (s *Site) Known() device.Known {
	var k device.Known
	for _, r := range []struct {
		role role
		list *[]netip.Prefix
	}{{scanner, &k.Scanners}, {balancer, &k.Gateways}, {resolver, &k.DNSServers}} {
		for _, h := range s.members[r.role] {
			*r.list = append(*r.list, netip.PrefixFrom(h.addr, 32))
		}
	}
	return k
}

// Play gives out every record at the moment at which a sensor would have written it. A record's own time is that of its beginning.
func (s *Site) Play(each func(at events.Time, r events.Record)) {
	for i := range s.o.Days * 24 {
		t := s.cal.hour(i, s.dice.throw(s.o.Seed, 3, uint64(i)))
		s.now = t
		s.leave(t)
		s.change(t)
		for _, h := range s.hosts {
			if h.alive(t.start) || h.alive(t.end()-1) {
				s.live(h, t)
			}
		}
		s.misbehave(t)
		s.deliver(t.end(), each)
	}
}

// live has a host do what its role does in an hour. Its level drifts from hour to hour: a busy hour is followed by a busy one.
func (s *Site) live(h *host, t hour) {
	d := s.dice.throw(s.o.Seed, 4, uint64(h.id), uint64(t.index))
	s.noise[h.id] = 0.75*s.noise[h.id] + 0.66*d.NormFloat64()
	for i, does := range habits(h.role) {
		does(s, h, t, s.dice.throw(s.o.Seed, 5, uint64(h.id), uint64(t.index), uint64(i)))
	}
}

// level is how much a host does this hour beside the common measure.
func (s *Site) level(h *host) float64 {
	n := s.noise[h.id] * 0.22
	return h.vigor * (1 + n + n*n/2)
}

// habit is something that a host does, hour by hour.
type habit func(*Site, *host, hour, *dice)

// habits lists what each role does.
func habits(r role) []habit {
	common := []habit{resolve, keepTime, shipLogs, update}
	switch r {
	case balancer:
		return append(common, visits)
	case web, app, service, worker, batch, staging, media, wiki, git, queue, cache, registry:
		return append(common, callUpstream, callOut)
	case postgres, mysql:
		return append(common, replicate)
	case files, domain, logs, appliance, scanner:
		if r == scanner {
			return append(common, scan)
		}
		return common
	case resolver:
		return []habit{keepTime, shipLogs, update, forward}
	case ci:
		return append(common, deploy, callOut)
	case runner:
		return append(common, build, callOut)
	case jump:
		return append(common, administer)
	case mail:
		return append(common, relay)
	case backup:
		return append(common, saveAll)
	case monitor:
		return append(common, poll)
	}
	return []habit{machine, browse, office, develop}
}

// Days is how many days are played.
func (s *Site) Days() int { return s.o.Days }

// Hosts is how many local hosts there are, or were.
func (s *Site) Hosts() int { return len(s.hosts) }
