package device

import (
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// Turned is what one local device did in a minute, or in an hour that is over. It is borrowed: good during the call that gives it.
type Turned struct {
	Device *Device
	At     events.Time          // when the minute, or the hour, began
	Hour   bool                 // an hour is over
	Counts *[NumMetrics]float64 // of the minute; of the whole hour where Hour
	SoFar  *[NumMetrics]float64 // of the hour until now, this minute included; the same as Counts where Hour
}

// Taint keeps the model from learning a metric from this hour of the device: what raised an alert is not to become usual.
func (t *Turned) Taint(metric int) { t.Device.activity.taint |= 1 << metric }

// Accepted says that what was out of the ordinary of a metric for days became usual with the hour before this one.
func (t *Turned) Accepted(metric int) bool { return t.Device.activity.accepted>>metric&1 != 0 }

const (
	minuteLong = events.Time(time.Minute)
	hour       = events.Time(time.Hour)
	day        = 24 * hour
	longest    = 7 * day // of a silence of which each hour is learned
)

// How much is given at a Tick that comes a second after the last: all minutes within about half a minute, all hours within about two.
const (
	leastGiven   = 256
	minutesShare = 30
	hoursShare   = 120
)

// turns is what is being counted, and what waits to be given.
type turns struct {
	running bool
	minute  events.Time // that is being counted
	began   events.Time // of counting: what was before, a restart's pause too, is not silence but unknown
	last    events.Time // when Turn was called last
	busy    []*minute   // of the present minute, in the order in which the devices became active
	due     []*minute   // of the minute before, from given on not given yet
	given   int
	free    []*minute
	members []*activity // of devices whose hours are closed
	closed  events.Time // all hours before this one are closed, once cursor is through
	cursor  int
	lost    uint64
	turned  Turned
}

func startOf(t, span events.Time) events.Time { return t - t%span }

// Unmeasured is how often a device was not measured in a minute for want of room.
func (m *Model) Unmeasured() uint64 { return m.turns.lost }

// beginMinute makes the present minute of a device.
func (m *Model) beginMinute(d *Device, at events.Time) *minute {
	t := &m.turns
	if !t.running {
		m.startTurns(at)
	}
	if len(t.busy) >= MaxMeasured {
		t.lost++
		return nil
	}
	a := d.activity
	if a == nil {
		a = m.restored(d)
		a.hour = max(a.hour, startOf(t.minute, hour))
		d.activity = a
		t.members = append(t.members, a)
	}
	a.device = d
	if h := startOf(t.minute, hour); a.counted != h {
		a.counted = h
		a.peers.Clear()
		a.external.Clear()
		a.domains.Clear()
	}
	var mn *minute
	if n := len(t.free); n > 0 {
		mn, t.free = t.free[n-1], t.free[:n-1]
	} else {
		mn = &minute{}
	}
	*mn = minute{of: a, at: t.minute}
	a.now = mn
	t.busy = append(t.busy, mn)
	return mn
}

func (m *Model) startTurns(at events.Time) {
	t := &m.turns
	t.running = true
	t.minute, t.began, t.last, t.closed = startOf(at, minuteLong), at, at, startOf(at, hour)
	m.bringBack()
}

// Turn gives the minutes and hours that are over, each device's in their order, and learns each once it was given. Where time passes
// second by second the work is spread over the calls; where it jumps, as in a file with a gap, it is done at once.
func (m *Model) Turn(now events.Time, each func(*Turned)) {
	t := &m.turns
	if !t.running {
		m.startTurns(now)
	}
	seconds := int(min(max(now.Sub(t.last)/time.Second, 1), time.Hour/time.Second))
	t.last = max(t.last, now)
	if this := startOf(now, minuteLong); this > t.minute {
		m.give(len(t.due), each)
		t.due, t.busy, t.given, t.minute = t.busy, t.due[:0], 0, this
	}
	m.give(seconds*max(leastGiven, len(t.due)/minutesShare), each)
	if t.given == len(t.due) {
		m.closeHours(seconds*max(leastGiven, len(t.members)/hoursShare), each)
	}
}

// End gives what was counted of the minute that nobody will see the end of.
func (m *Model) End(each func(*Turned)) {
	t := &m.turns
	m.give(len(t.due), each)
	t.due, t.busy, t.given = t.busy, t.due[:0], 0
	m.give(len(t.due), each)
}

// give gives at most n of the minutes that are due.
func (m *Model) give(n int, each func(*Turned)) {
	t := &m.turns
	for ; n > 0 && t.given < len(t.due); n-- {
		mn := t.due[t.given]
		t.due[t.given] = nil
		t.given++
		if mn.of.device == nil {
			t.lost++
		} else {
			m.giveMinute(mn, each)
		}
		t.free = append(t.free, mn)
	}
}

func (m *Model) giveMinute(mn *minute, each func(*Turned)) {
	a, t := mn.of, &m.turns
	m.closeUntil(a, startOf(mn.at, hour), each)
	a.add(mn)
	t.turned = Turned{Device: a.device, At: mn.at, Counts: &mn.counts, SoFar: &a.sofar}
	each(&t.turned)
	if a.now == mn {
		a.now = nil
	}
	a.warm = true
}

// closeHours closes the hours of at most n devices that were not active since.
func (m *Model) closeHours(n int, each func(*Turned)) {
	t := &m.turns
	if h := startOf(t.minute, hour); h > t.closed {
		t.closed, t.cursor = h, 0
	}
	for n > 0 && t.cursor < len(t.members) {
		a := t.members[t.cursor]
		if a.device == nil {
			t.leave(t.cursor)
			continue
		}
		n -= 1 + m.closeUntil(a, t.closed, each)
		if a.idle(t.closed) {
			a.device.activity, a.device = nil, nil
			t.leave(t.cursor)
			continue
		}
		t.cursor++
	}
}

// idle says that a device did nothing for a day and that nothing is expected of it.
func (a *activity) idle(now events.Time) bool {
	return a.now == nil && now-a.counted >= day && !a.hasHabits()
}

// leave takes a member out; the last one takes its place.
func (t *turns) leave(at int) {
	last := len(t.members) - 1
	t.members[at], t.members[last] = t.members[last], nil
	t.members = t.members[:last]
}

// closeUntil closes all hours of a device before one, and says how many these were. Hours in which it did nothing are given where
// something was expected, and learned; of a long silence only the last week is.
func (m *Model) closeUntil(a *activity, until events.Time, each func(*Turned)) (hours int) {
	for a.hour < until {
		silent := a.sofar == [NumMetrics]float64{}
		if silent && !a.hasHabits() {
			a.hour = until
			break
		}
		t := &m.turns
		t.turned = Turned{Device: a.device, At: a.hour, Hour: true, Counts: &a.sofar, SoFar: &a.sofar}
		if !silent || a.expects(a.hour) || a.expects(a.hour+hour) {
			each(&t.turned)
		}
		m.learnHour(a)
		a.sofar, a.taint, a.usualOut = [NumMetrics]float64{}, 0, 0
		a.hour = max(a.hour+hour, until-longest)
		hours++
	}
	return hours
}
