package judgesim

import (
	"net/netip"
	"slices"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// Deviation is something that somebody should be told of, and the truth about it.
type Deviation struct {
	Kind     string       // "slow_exfil"
	What     string       // a sentence
	Host     string       // "pg-03"
	Address  netip.Addr   // of the device that deviates
	Device   string       // the id of its network interface
	Types    []string     // of detections that find it
	Metrics  []string     // of behaviour.deviation that find it
	Simple   []string     // of a simple threshold that find it
	FirstDay bool         // an attack of the first day, for rules that need no history
	Robs     bool         // hosts inside are robbed, and show it
	Others   []netip.Addr // who else took part: where it went, whom it asked

	Begins, Ends events.Time
	// Visible is the moment at which it can be told from what the device does anyway, by the rule that stands beside each kind; 0 while
	// that has not come.
	Visible events.Time

	kind   *kind
	host   *host
	others map[netip.Addr]bool
	far    place       // where it goes, for those who go somewhere
	next   events.Time // of what goes by a clock
	count  int

	sum, hourly, largest float64 // of what the rule counts: done by it; by the device in this hour before, and in its largest hour after the first day
	hour                 int64
	before               map[string]float64  // what was counted of conversations that go on
	met                  map[netip.Addr]bool // by the device, ever
	last                 events.Time         // the device's last record
	gap                  time.Duration       // its longest silence
}

// kind is a sort of deviation.
type kind struct {
	name, what string
	on         []role
	awake      bool // of workstations only such as are never switched off
	hours      [2]int
	working    bool // begins on a working day
	takes      time.Duration
	types      []string
	metrics    []string
	robs       bool
	simple     []string // metrics by which a simple threshold may find it, besides
	// The rule: visible is the moment at which what it did sums up to three times the largest normal hour of the device, and to no less
	// than the floor. Where amount is nil the rule is in its own function.
	amount func(v *Deviation, r events.Record, mine bool) float64
	floor  float64
	play   func(s *Site, v *Deviation, t hour, d *dice)
}

// conspire chooses what will happen, where and when.
func (s *Site) conspire() {
	d := s.dice.throw(s.o.Seed, 11)
	list := s.choose(d)
	for i, k := range list {
		day := 2 + i*(s.o.Days-3)/len(list)
		if i > 0 && i < len(list)-1 {
			day = min(day+d.IntN(2), s.o.Days-2)
		}
		if first := s.weekend(); i == 1 && first > 0 {
			day = first
		}
		s.deviate(k, s.fitting(k, day), d)
	}
	for _, k := range firstDay() {
		s.deviate(&k, 0, d)
	}
	slices.SortStableFunc(s.truth, func(a, b *Deviation) int { return int(a.Begins/1e9 - b.Begins/1e9) })
}

// absolve has nothing happen, on the same hosts.
func (s *Site) absolve() {
	for _, v := range s.truth {
		v.host.mute = span{}
	}
	s.truth = nil
}

// choose takes the five that are always there and fills up with others. Whatever happens only when people work is not put first, where
// the weekend may be.
func (s *Site) choose(d *dice) []*kind {
	all := kinds()
	list, more := all[:5], all[5:]
	if s.cal.off(s.fitting(&kind{working: true}, 2)) {
		list = slices.DeleteFunc(slices.Clone(list), func(k *kind) bool { return k.working }) // a short run over a long weekend
	}
	d.Shuffle(len(more), func(i, j int) { more[i], more[j] = more[j], more[i] })
	if s.o.Deviations < len(list) {
		d.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	}
	list = append(slices.Clone(list), more...)[:min(s.o.Deviations, len(all))]
	d.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	if len(list) > 2 && list[1].working {
		list[1], list[2] = list[2], list[1]
	}
	return list
}

// weekend is the first day off from the third day on; 0 where there is none.
func (s *Site) weekend() int {
	for day := 2; day < s.o.Days-1; day++ {
		if s.cal.off(day) {
			return day
		}
	}
	return 0
}

// fitting is the day, or the next one on which people work, or the last one before, for what needs people at work.
func (s *Site) fitting(k *kind, day int) int {
	if !k.working {
		return day
	}
	for later := day; later < s.o.Days-1; later++ {
		if !s.cal.off(later) {
			return later
		}
	}
	for day > 2 && s.cal.off(day) {
		day--
	}
	return day
}

func (s *Site) deviate(k *kind, day int, d *dice) {
	h := s.culprit(k, d)
	if h == nil {
		return
	}
	h.pinned = true
	from := s.cal.at(day, time.Duration(k.hours[0])*time.Hour+d.time(0, time.Duration(k.hours[1]-k.hours[0])*time.Hour))
	v := &Deviation{
		Kind: k.name, What: k.what, Host: h.name, Address: h.addr, Device: h.ENI(), Types: k.types, Metrics: k.metrics, Simple: append(slices.Clone(k.metrics), k.simple...), FirstDay: day == 0, Robs: k.robs,
		Begins: from, Ends: from.Add(k.takes), kind: k, host: h, others: map[netip.Addr]bool{}, before: map[string]float64{}, met: map[netip.Addr]bool{},
	}
	name := one(d, s.words) + "-" + one(d, s.words) + one(d, []string{".com", ".net", ".io", ".site", ".cloud"})
	v.far = place{name: one(d, []string{"cdn.", "files.", "api.", "sync."}) + name}
	if k.name == "silent" {
		h.mute = span{v.Begins, v.Ends}
	}
	s.truth = append(s.truth, v)
}

// culprit picks a device on which nothing else was planned.
func (s *Site) culprit(k *kind, d *dice) *host {
	for range 200 {
		list := s.members[one(d, k.on)]
		if len(list) == 0 {
			continue
		}
		h := one(d, list)
		if h.pinned || h.person != nil && k.awake && !h.person.always || k.name == "silent" && len(list) < 2 && s.o.Devices >= 100 {
			continue
		}
		return h
	}
	return nil
}

// misbehave has everything that goes on take its course for an hour.
func (s *Site) misbehave(t hour) {
	for i, v := range s.truth {
		if v.Begins < t.end() && v.Ends > t.start && v.kind.play != nil {
			v.kind.play(s, v, t, s.dice.throw(s.o.Seed, 12, uint64(i), uint64(t.index)))
		}
	}
}

// during gives a moment of the hour in which the deviation is at work, and whether there is one.
func (v *Deviation) during(t hour, d *dice) (events.Time, bool) {
	from, to := max(t.start, v.Begins), min(t.end(), v.Ends)
	if to <= from {
		return 0, false
	}
	return from.Add(d.time(0, to.Sub(from))), true
}

// share is how much of the hour that is.
func (v *Deviation) share(t hour) float64 {
	return max(0, float64(min(t.end(), v.Ends).Sub(max(t.start, v.Begins)))/float64(time.Hour))
}

// watch keeps the truth: what was normal for the devices that will deviate, and when what they do can be seen.
func (s *Site) watch(i item) {
	h := i.record.Common()
	for _, v := range s.truth {
		mine := i.by == v
		if mine {
			v.take(h)
		}
		if v.Visible != 0 || !mine && h.OrigH != v.Address && h.RespH != v.Address {
			continue
		}
		if v.kind.amount == nil {
			v.silence(i.at, h)
			continue
		}
		n := v.kind.amount(v, i.record, mine)
		if n == 0 {
			continue
		}
		if mine {
			v.sum += n
		} else if i.at < v.Begins && i.at.Sub(s.Start()) > 24*time.Hour {
			v.usual(i.at, n)
		}
		if mine && v.sum >= max(v.kind.floor, 3*v.largest) {
			v.Visible = i.at
		}
	}
}

func (v *Deviation) take(h *events.Head) {
	for _, a := range [...]netip.Addr{h.OrigH, h.RespH} {
		if a != v.Address && !v.others[a] {
			v.others[a] = true
			v.Others = append(v.Others, a)
		}
	}
}

func (v *Deviation) usual(at events.Time, n float64) {
	if hour := int64(at) / int64(time.Hour); hour != v.hour {
		v.hour, v.hourly = hour, 0
	}
	v.hourly += n
	v.largest = max(v.largest, v.hourly)
}

// silence: a device that falls silent is visible after three times its longest silence before, and after no less than two: within one
// a server may have been started anew.
func (v *Deviation) silence(at events.Time, h *events.Head) {
	if at >= v.Begins {
		if quiet := v.Begins.Add(max(2*time.Hour, 3*v.gap)); at >= quiet {
			v.Visible = quiet
		}
		return
	}
	if h.OrigH == v.Address {
		if v.last != 0 {
			v.gap = max(v.gap, at.Sub(v.last))
		}
		v.last = at
	}
}

// carried is what a conversation carried since it was counted last, outward and inward.
func (v *Deviation) carried(c *events.Conn) (out, in float64) {
	out, in = float64(c.OrigBytes)-v.before[c.UID+">"], float64(c.RespBytes)-v.before[c.UID+"<"]
	if c.Interim {
		v.before[c.UID+">"], v.before[c.UID+"<"] = float64(c.OrigBytes), float64(c.RespBytes)
	} else {
		delete(v.before, c.UID+">")
		delete(v.before, c.UID+"<")
	}
	return out, in
}
