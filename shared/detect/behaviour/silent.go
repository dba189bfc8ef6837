package behaviour

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// Silent finds a device that is heard no more.
//
// Who speaks: less than usual is the baselines'; nothing at all is this one's, who also knows that the others are heard.
var Silent = detect.Spec{
	Type:  "behaviour.silent",
	Title: "Device fell silent",
	Text: "Knows in which hours of workdays and weekends a device is always heard, and how long it pauses in these, and tells when it pauses " +
		"for hours, and for twice as long as ever, while the rest of the site is heard. A server may have failed or been switched off, an intruder may have cut it off, a mirror may have been " +
		"taken away. What looks the same: a holiday, on which the others of its group are silent, too; a feed that is lost, when most of the " +
		"site is; a person's machine, which is off when its owner is, and is not counted; an instance that another replaces. It ends when the device is back.",
	Category: "behaviour", Tactics: []string{"TA0040"}, Techniques: []string{"T1489", "T1529"},
	Risk:    detect.Base{Likelihood: events.Low, Complexity: events.Low, Impact: events.Medium},
	Version: 2,
	Background: "A host that falls silent was stopped, lost its network, or had its sensor blinded: attackers stop what could report " +
		"them, and destroy what they leave behind.",
	Mitigation: []string{
		"See whether the instance runs, and who stopped it (CloudTrail: StopInstances, TerminateInstances).",
		"See whether its traffic is still mirrored: the coverage page names every interface's state.",
		"If it was nobody of yours: treat it as an attack on its availability.",
	},
	New:    func() detect.Detector { return NewSilent(SilentDefaults()) },
	Tuning: detect.Tuned(SilentDefaults, NewSilent),
}

// SilentTunables are what may be set.
type SilentTunables struct {
	Hours   int     `tune:"hours of silence, of those in which the device is always heard" min:"1" max:"72"`
	Steady  int     `tune:"the same for devices that are heard around the clock" min:"1" max:"72"`
	Known   int     `tune:"times that an hour of the day was seen, of workdays or of weekends, before anything is expected in it" min:"2" max:"28"`
	Young   int     `tune:"days in which a device was never silent, after which that is expected of it until more is known" min:"1" max:"28"`
	Always  float64 `tune:"least part of these in which the device was heard" min:"0.5" max:"1"`
	Pauses  float64 `tune:"times its longest pause of the last weeks that a silence is longer than" min:"1" max:"10"`
	Site    float64 `tune:"part of the expected devices whose silence is the feed's, or a holiday's" min:"0.05" max:"1"`
	Group   float64 `tune:"the same among the others of one group" min:"0.05" max:"1"`
	GiveUp  int     `tune:"silent hours after which a device is taken to be gone" min:"2" max:"720"`
	Devices int     `tune:"devices watched" min:"100" max:"1000000"`
}

// SilentDefaults are the tunables that the project stands for. A device takes about 350 bytes.
func SilentDefaults() SilentTunables {
	return SilentTunables{Hours: 3, Steady: 2, Known: 4, Young: 2, Always: 0.95, Pauses: 2, Site: 0.3, Group: 0.5, GiveUp: 48, Devices: 50_000}
}

// grace is how long after a round it is judged: reports of conversations come late.
const grace = 6 * time.Minute

// Silences knows when each device is heard.
type Silences struct {
	tune    SilentTunables
	devices *detect.Memory[uint32, hearing]
	rounds  rounds
	all     tally // of the site
	groups  map[string]tally
	born    []birth // of the last hours, bounded
}

// birth is a device that was heard for the first time.
type birth struct {
	hour int64
	who  uint32
}

const (
	maxBorn = 64
	// succession is how many hours may lie between an old instance's end and its successor's beginning, either way.
	succession = 2
)

// tally is how many were expected, how many of them are halfway to being told, and how many were not heard in the whole hour that is over.
type tally struct{ expected, silent, missed int }

// maxGroups bounds the groups that are told apart; a device of one beyond them is judged by the site alone.
const maxGroups = 4096

// hearing is in which hours a device is heard.
type hearing struct {
	seen, heard [2][24]uint8 // by workday and weekend, and the hour of the day in UTC
	last        int64        // minute in which it was heard last, since 1970
	quiet       int          // minutes of silence since in which it was expected and the others were heard
	pause       int          // the longest of these that ended by itself, fading
	told        int          // minutes of silence that were told; 0: nothing was
	looked      int64        // walk in which it was looked at last
	steady      bool         // it was heard around the clock until it fell silent
	person      bool         // somebody's machine
	followed    bool         // another took its place
	addr        netip.Addr
	id          string
	vni         uint32
	groups      []string
	family      string // of its name
}

// mostSeen is where counts are halved, so that what was months ago fades.
const mostSeen = 28

// NewSilent makes the detector.
func NewSilent(t SilentTunables) *Silences {
	return &Silences{
		tune: t, groups: map[string]tally{},
		devices: detect.NewMemory(t.Devices, detect.Code[uint32, hearing]{Letter: 'd', Version: 2, Write: writeHabits, Read: readHabits}),
	}
}

// Observe has nothing to do: minutes are watched.
func (s *Silences) Observe(events.Record, device.View) []detect.Finding { return nil }

// Watch notes that a device was heard (detect.Watcher).
func (s *Silences) Watch(t *device.Turned, _ device.View) []detect.Finding {
	if t.Hour || t.Counts[device.PacketsOut] == 0 {
		return nil // others may ask for it in vain
	}
	h, fresh := s.devices.Put(t.Device.Serial)
	if fresh {
		s.rounds.join(t.Device.Serial)
		s.begins(t.Device)
	}
	minute, before := minuteOf(t.At), h.last
	h.last = max(h.last, minute)
	var found []detect.Finding
	if h.told > 0 {
		f := h.finding(t.At, before, fmt.Sprintf("%s was silent for %s, and is back.", h.addr, hoursOf(int(minute-before))))
		f.Final = true
		found = append(found, f)
	} else {
		h.pause = max(h.pause, h.quiet)
	}
	h.quiet, h.told, h.followed = 0, 0, false
	if before/60 < minute/60 || h.id == "" || len(found) > 0 {
		h.person, h.groups = t.Device.HasRole("pc"), t.Device.Groups()
		h.family = t.Device.Family()
		h.addr, h.id, h.vni = t.Device.Addr, t.Device.ID(), t.Device.VNI
		s.devices.Note(t.Device.Serial)
	}
	return found
}

// Tick judges the round that is over, some devices at a time.
func (s *Silences) Tick(now events.Time, _ device.View) (found []detect.Finding) {
	if s.rounds.jumps(now.Add(-grace)) {
		// The learning begins, or time jumped: what was in between nobody knows.
		s.resume()
	}
	s.rounds.walk(now.Add(-grace), func(id uint32) bool {
		h := s.devices.Peek(id)
		switch walk := s.rounds.number(); {
		case h == nil, h.looked == walk: // it was forgotten, and may have joined again
			return false
		default:
			h.looked = walk
		}
		switch {
		case s.rounds.judging:
			found = append(found, s.judge(id, h)...)
		default:
			s.count(h)
		}
		return true
	}, func() {
		s.all = tally{}
		clear(s.groups)
	})
	return found
}

// resume forgets what was counted in a row, for nobody listened.
func (s *Silences) resume() {
	s.all = tally{}
	clear(s.groups)
	for _, h := range s.devices.All {
		if h.told == 0 {
			h.quiet = 0
		}
	}
}

// count takes a device into the tallies of a round.
func (s *Silences) count(h *hearing) {
	if !s.expects(h) {
		return
	}
	silent, missed := 2*s.silence(h) >= s.least(h), h.last < s.rounds.hour()*60
	s.all.add(silent, missed)
	for _, g := range h.groups {
		t, there := s.groups[g]
		if there || len(s.groups) < maxGroups {
			t.add(silent, missed)
			s.groups[g] = t
		}
	}
}

func (t *tally) add(silent, missed bool) {
	t.expected++
	if silent {
		t.silent++
	}
	if missed {
		t.missed++
	}
}

// silence is how many minutes a device that is expected has been silent for at the end of the round, if nothing excuses it.
func (s *Silences) silence(h *hearing) int {
	return h.quiet + int(max(0, s.rounds.end()-max(h.last+1, s.rounds.begin())))
}

// least is the silence in minutes that is told.
func (s *Silences) least(h *hearing) int {
	hours := s.tune.Hours
	if h.steady {
		hours = s.tune.Steady
	}
	return max(60*hours, int(s.tune.Pauses*float64(h.pause)))
}

// judge takes a round into the silence of a device, learns the hour when it is over, and tells when the silence was too long.
func (s *Silences) judge(id uint32, h *hearing) []detect.Finding {
	expected := s.expects(h)
	excused := !expected && !s.restless(h) || s.general(h, func(t tally) int { return t.silent })
	if before := h.quiet; !excused {
		h.quiet = s.silence(h)
		if before < settles && h.quiet >= settles && h.told == 0 {
			h.steady = h.aroundTheClock(24 * s.tune.Young)
		}
	}
	if s.rounds.closes() {
		// Where many are missed it is not this device: nothing is learned of it, either.
		if heard := h.last >= s.rounds.hour()*60; heard || !expected || !s.general(h, func(t tally) int { return t.missed }) {
			s.learn(id, h, heard)
		}
	}
	if excused || !expected || h.last >= s.rounds.end() {
		return nil
	}
	if h.quiet >= 60*s.tune.GiveUp {
		s.devices.Forget(id)
		return nil
	}
	return s.tell(id, h)
}

// settles is how many minutes of silence later it is looked whether a device was heard around the clock before.
const settles = 30

// repeatAfter is after how many minutes more it is said how long the silence has become: what rests for an hour is taken to be over.
const repeatAfter = 30

// tell says that a device is silent, once, and then how long.
func (s *Silences) tell(id uint32, h *hearing) []detect.Finding {
	if h.quiet < s.least(h) || h.told > 0 && h.quiet < h.told+repeatAfter {
		return nil
	}
	h.followed = h.followed || s.succeeded(h)
	f := h.finding(events.Time(s.rounds.end()*int64(time.Minute)), h.last, fmt.Sprintf(
		"%s is silent since %s, for %s in which it is always heard, while %d of the %d others are.",
		h.addr, clock(h.last+1), hoursOf(h.quiet), s.all.expected-s.all.silent, s.all.expected-1))
	if seen, _ := h.sums(); seen < 24*s.tune.Known {
		f.Confidence = 0.6 // it is not known for long
	}
	f.Final, h.told = h.told > 0, h.quiet
	s.devices.Note(id)
	return []detect.Finding{f}
}

// begins notes a device that is heard for the first time.
func (s *Silences) begins(d *device.Device) {
	if len(s.born) == maxBorn {
		s.born = append(s.born[:0], s.born[1:]...)
	}
	s.born = append(s.born, birth{hourOf(d.FirstSeen), d.Serial})
}

// succeeded says that another of its name began when this one ended. Where they have no names of a family, it is another server that began
// within the hour, or one of its groups soon before or after: what role the new one plays does not show at once.
func (s *Silences) succeeded(h *hearing) bool {
	last := h.last / 60
	for _, b := range s.born {
		next, apart := s.devices.Peek(b.who), max(b.hour-last, last-b.hour)
		if next == nil || next == h || next.person || apart > succession {
			continue
		}
		if next.family != "" && h.family != "" {
			if next.family == h.family {
				return true
			}
			continue
		}
		if apart <= 1 || slices.ContainsFunc(next.groups, func(g string) bool { return slices.Contains(h.groups, g) }) {
			return true
		}
	}
	return false
}

// general says that others are silent as well, by a count of the tallies: the feed is lost, or nobody is at work.
func (s *Silences) general(h *hearing, of func(tally) int) bool {
	if n := of(s.all); float64(n) > s.tune.Site*float64(s.all.expected) && n > 1 {
		return true
	}
	for _, g := range h.groups {
		if t := s.groups[g]; of(t) > 1 && float64(of(t)) >= s.tune.Group*float64(t.expected) {
			return true
		}
	}
	return false
}

// Overflow is how many devices had to be forgotten for want of room.
func (s *Silences) Overflow() uint64 { return s.devices.Evicted() }
