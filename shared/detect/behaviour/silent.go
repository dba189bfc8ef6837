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
	Text: "Knows in which hours of workdays and weekends a device is always heard, and tells when it is not for some of these in a row while " +
		"the rest of the site is. A server may have failed or been switched off, an intruder may have cut it off, a mirror may have been " +
		"taken away. What looks the same: a holiday, on which the others of its group are silent, too; a feed that is lost, when most of the " +
		"site is; a person's machine, which is off when its owner is, and is not counted; an instance that another replaces. It ends when the device is back.",
	Category: "behaviour", Tactics: []string{"TA0040"}, Techniques: []string{"T1489", "T1529"},
	Risk:    detect.Base{Likelihood: events.Low, Complexity: events.Low, Impact: events.Medium},
	Version: 1,
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
	Hours   int     `tune:"silent hours in a row, of those in which the device is always heard" min:"1" max:"72"`
	Steady  int     `tune:"the same for devices that are heard around the clock" min:"1" max:"72"`
	Known   int     `tune:"times that an hour of the day was seen, of workdays or of weekends, before anything is expected in it" min:"2" max:"28"`
	Always  float64 `tune:"least part of these in which the device was heard" min:"0.5" max:"1"`
	Site    float64 `tune:"part of the expected devices whose silence is the feed's, or a holiday's" min:"0.05" max:"1"`
	Group   float64 `tune:"the same among the others of one group" min:"0.05" max:"1"`
	GiveUp  int     `tune:"silent hours after which a device is taken to be gone" min:"2" max:"720"`
	Devices int     `tune:"devices watched" min:"100" max:"1000000"`
}

// SilentDefaults are the tunables that the project stands for. A device takes about 300 bytes.
func SilentDefaults() SilentTunables {
	return SilentTunables{Hours: 3, Steady: 2, Known: 4, Always: 0.95, Site: 0.3, Group: 0.5, GiveUp: 48, Devices: 50_000}
}

// grace is how long after an hour it is judged: reports of conversations come late.
const grace = 6 * time.Minute

// perTick is how many devices are looked at in one go.
const perTick = 1000

// Silences knows when each device is heard.
type Silences struct {
	tune    SilentTunables
	devices *detect.Memory[uint32, hearing]
	order   []uint32 // devices, so that the walk over them can rest; those that were forgotten drop out of it
	hour    int64    // that is judged next, in hours since 1970; 0: none yet
	judging bool     // the walk that counts is through
	next    int      // of order
	all     tally    // of the site
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

// tally is how many were expected, and how many of them were silent.
type tally struct{ expected, silent int }

// maxGroups bounds the groups that are told apart; a device of one beyond them is judged by the site alone.
const maxGroups = 4096

// hearing is in which hours a device is heard.
type hearing struct {
	seen, heard [2][24]uint8 // by workday and weekend, and the hour of the day in UTC
	last        int64        // hour in which it was heard last, since 1970
	silent      int          // expected hours since, one after the other
	told        bool
	steady      bool // it was heard around the clock until it fell silent
	person      bool // somebody's machine
	addr        netip.Addr
	id          string
	vni         uint32
	groups      []string
}

// mostSeen is where counts are halved, so that what was months ago fades.
const mostSeen = 28

// NewSilent makes the detector.
func NewSilent(t SilentTunables) *Silences {
	return &Silences{
		tune: t, groups: map[string]tally{},
		devices: detect.NewMemory(t.Devices, detect.Code[uint32, hearing]{Letter: 'd', Version: 1, Write: writeHabits, Read: readHabits}),
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
		s.order = append(s.order, t.Device.Serial)
		s.begins(t.Device)
	}
	hour := hourOf(t.At)
	var found []detect.Finding
	if h.told {
		f := h.finding(t.At, fmt.Sprintf("%s was silent for %d hours, and is back.", h.addr, hour-h.last))
		f.Final = true
		found = append(found, f)
		h.told, h.silent = false, 0
	}
	if h.last < hour || h.id == "" {
		h.last = hour
		h.person, h.groups = t.Device.HasRole("pc"), t.Device.Groups()
		h.addr, h.id, h.vni = t.Device.Addr, t.Device.ID(), t.Device.VNI
		s.devices.Note(t.Device.Serial)
	}
	return found
}

// Tick judges the hour that is over, some devices at a time: first it counts, then it tells.
func (s *Silences) Tick(now events.Time, _ device.View) (found []detect.Finding) {
	over := hourOf(now.Add(-grace)) // hours before this one
	if s.hour == 0 || over-s.hour > 1 {
		// The learning begins, or time jumped: what was in between nobody knows.
		s.hour = over + 1 // of this hour the beginning was missed
		s.resume()
	}
	for left := perTick; s.hour < over && left > 0; {
		n := min(left, len(s.order)-s.next)
		for _, id := range s.order[s.next : s.next+n] {
			found = append(found, s.look(id)...)
		}
		if s.next, left = s.next+n, left-max(n, 1); s.next < len(s.order) {
			continue
		}
		s.turn()
	}
	return found
}

// look is what is done with a device: it is counted first, then judged.
func (s *Silences) look(id uint32) []detect.Finding {
	h := s.devices.Peek(id)
	if h == nil {
		return nil
	}
	if !s.judging {
		s.count(h)
		return nil
	}
	return s.judge(id, h)
}

// turn ends a walk.
func (s *Silences) turn() {
	s.next = 0
	if s.judging = !s.judging; s.judging {
		return
	}
	s.hour++
	s.all = tally{}
	clear(s.groups)
	kept := s.order[:0]
	for _, id := range s.order {
		if s.devices.Peek(id) != nil {
			kept = append(kept, id)
		}
	}
	s.order = kept
}

// resume forgets what was counted in a row, for nobody listened.
func (s *Silences) resume() {
	s.next, s.judging, s.all = 0, false, tally{}
	clear(s.groups)
	for _, h := range s.devices.All {
		h.silent = 0
	}
}

func (s *Silences) count(h *hearing) {
	if !s.expects(h) {
		return
	}
	s.all.add(h.last < s.hour)
	for _, g := range h.groups {
		t, there := s.groups[g]
		if there || len(s.groups) < maxGroups {
			t.add(h.last < s.hour)
			s.groups[g] = t
		}
	}
}

func (t *tally) add(silent bool) {
	t.expected++
	if silent {
		t.silent++
	}
}

// judge learns the hour of a device, and tells when it was silent for too long.
func (s *Silences) judge(id uint32, h *hearing) []detect.Finding {
	expected := s.expects(h)
	if h.last >= s.hour {
		h.silent = 0
		s.learn(id, h, true)
		return nil
	}
	if expected && s.general(h) {
		return nil // it is not this device: nothing is learned of it, either
	}
	s.learn(id, h, false)
	if !expected {
		return nil
	}
	if h.silent++; h.silent == 1 {
		h.steady = h.aroundTheClock(24 * s.tune.Known)
	}
	if h.silent >= s.tune.GiveUp {
		s.devices.Forget(id)
		return nil
	}
	return s.tell(h)
}

// tell says that a device is silent, once, and then how long.
func (s *Silences) tell(h *hearing) []detect.Finding {
	least := s.tune.Hours
	if h.steady {
		least = s.tune.Steady
	}
	if h.silent < least {
		return nil
	}
	now := events.Time((s.hour + 1) * int64(time.Hour))
	f := h.finding(now, fmt.Sprintf("%s is silent since %s, for %d hours in which it is always heard, while %d of the %d others are.",
		h.addr, clock(h.last+1), h.silent, s.all.expected-s.all.silent, s.all.expected-1))
	if s.succeeded(h) {
		f.Terms = append(f.Terms, events.Term{Name: "succeeded", Points: -20, Reason: "another of its group began when it ended"})
	}
	f.Final, h.told = h.told, true
	return []detect.Finding{f}
}

// begins notes a device that is heard for the first time.
func (s *Silences) begins(d *device.Device) {
	if len(s.born) == maxBorn {
		s.born = append(s.born[:0], s.born[1:]...)
	}
	s.born = append(s.born, birth{hourOf(d.FirstSeen), d.Serial})
}

// succeeded says that another server began within the hour in which this one ended, or one of its groups soon before or after: an instance
// took another's place. What role the new one plays does not show at once.
func (s *Silences) succeeded(h *hearing) bool {
	for _, b := range s.born {
		next, apart := s.devices.Peek(b.who), max(b.hour-h.last, h.last-b.hour)
		if next == nil || next == h || next.person || apart > succession {
			continue
		}
		if apart <= 1 || slices.ContainsFunc(next.groups, func(g string) bool { return slices.Contains(h.groups, g) }) {
			return true
		}
	}
	return false
}

// general says that others are silent as well: the feed is lost, or nobody is at work.
func (s *Silences) general(h *hearing) bool {
	if float64(s.all.silent) > s.tune.Site*float64(s.all.expected) && s.all.silent > 1 {
		return true
	}
	for _, g := range h.groups {
		if t := s.groups[g]; t.silent > 1 && float64(t.silent) >= s.tune.Group*float64(t.expected) {
			return true
		}
	}
	return false
}

// Overflow is how many devices had to be forgotten for want of room.
func (s *Silences) Overflow() uint64 { return s.devices.Evicted() }
