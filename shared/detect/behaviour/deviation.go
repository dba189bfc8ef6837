package behaviour

import (
	"math"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/baseline"
	"github.com/mirrorwatch/mirrorwatch/shared/bounded"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// Deviation finds a device that does much more, or less, of something than is usual of it at that hour.
var Deviation = detect.Spec{
	Type:  "behaviour.deviation",
	Title: "Unusual behaviour",
	Text: "Holds what each device does within an hour (bytes by where they go, conversations, peers, names, failures and more) against what " +
		"is usual of it at that hour of the week, and of its peer group while it is new. An hour is out of the ordinary beyond everything " +
		"that was seen before at that time, with a margin that grows with how much the device varies, and by at least three times. One such " +
		"hour is a note; it becomes an alert when it is far beyond, when the next hour is, too, or when another kind of thing is. What " +
		"looks the same: a job that somebody starts by hand, a release. Where several devices of a group leave their range in the same way within " +
		"the hour, it is taken for such an event. What goes outside is held against the range without what acknowledges a download; where " +
		"most of it goes to places to which the device sent on days before, or to which several devices turn, one hour is low risk up to twenty times. What stays for days is accepted, and that is told.",
	Category: "behaviour", Tactics: []string{"TA0010", "TA0011", "TA0007", "TA0008"}, Techniques: []string{"T1048"},
	Risk:      detect.Base{Likelihood: events.Low, Complexity: events.Low, Impact: events.Medium},
	GuardDuty: "Behavior:EC2/TrafficVolumeUnusual", Version: 2, Novelty: true,
	Background: "What a host does, it mostly did last week at the same hour, too. What leaves that range is a new task, a fault, or " +
		"somebody else at work.",
	Mitigation: []string{
		"Compare with the host's own past and with its peer group: the chart shows both.",
		"Ask the owner for a deployment or a job of that time.",
		"If there was none, look at the processes and connections of that hour.",
	},
	New:    func() detect.Detector { return NewDeviation(DeviationDefaults()) },
	Tuning: detect.Tuned(DeviationDefaults, NewDeviation),
}

// DeviationTunables are what may be set.
type DeviationTunables struct {
	Far     float64       `tune:"times beyond the limit at which one hour is an alert" min:"1" max:"1000"`
	Hours   int           `tune:"hours in a row that are an alert together" min:"1" max:"24"`
	Hold    time.Duration `tune:"time that a deviation waits for others of the group" min:"0s" max:"50m"`
	Shared  int           `tune:"devices of a group that leave their range in the same way within an hour that make it an event of the site" min:"2" max:"1000"`
	Rest    time.Duration `tune:"time after which a deviation that rested is another one" min:"2h" max:"168h"`
	Devices int           `tune:"deviations watched at the same time" min:"100" max:"1000000"`
}

// DeviationDefaults are the tunables that the project stands for. What goes on only by night rests for a weekend at most.
func DeviationDefaults() DeviationTunables {
	return DeviationTunables{Far: 2.5, Hours: 2, Hold: 5 * time.Minute, Shared: 3, Rest: 72 * time.Hour, Devices: 50_000}
}

// Deviations keeps what is out of the ordinary.
type Deviations struct {
	tune   DeviationTunables
	habits []habit
	runs   *detect.Memory[uint64, stretch]
	others *bounded.Table[crowd, crowded]
}

// stretch is one metric of one device that is out of the ordinary, hour by hour.
type stretch struct {
	began    events.Time // the first hour
	last     events.Time // the latest hour that was outside
	since    events.Time // the minute in which the total of that hour left the range; 0 where it did not yet
	hours    int         // outside in a row, that one included
	grade    grade       // told last; 0: not told
	most     float64     // the largest that was told
	below    bool
	accepted bool
}

// grade is how much a deviation is worth.
type grade uint8

const (
	noted    grade = 1 + iota // one hour, not far beyond
	firm                      // hours in a row, or of two kinds
	striking                  // far beyond
)

// crowd is who leaves the range together.
type crowd struct {
	group  string
	metric int
	hour   events.Time
	below  bool
}

type crowded struct {
	who [8]uint32
	n   int
}

// maxCrowds bounds what is counted of groups; an entry is of one hour.
const maxCrowds = 4096

// NewDeviation makes the detector.
func NewDeviation(t DeviationTunables) *Deviations {
	return &Deviations{
		tune: t, habits: allHabits(), others: bounded.New[crowd, crowded](maxCrowds),
		runs: detect.NewMemory(t.Devices, detect.Code[uint64, stretch]{Letter: 'r', Version: 1, Write: writeStretch, Read: readStretch}),
	}
}

// Observe has nothing to do: what is judged is counted by the minute.
func (o *Deviations) Observe(events.Record, device.View) []detect.Finding { return nil }

// Tick has nothing to do.
func (o *Deviations) Tick(events.Time, device.View) []detect.Finding { return nil }

// Overflow is how many deviations had to be forgotten for want of room.
func (o *Deviations) Overflow() uint64 { return o.runs.Evicted() }

// Save hands over what goes on (detect.Keeper).
func (o *Deviations) Save(put func(key, value []byte)) { o.runs.Save(put) }

// Load takes it back.
func (o *Deviations) Load(key, value []byte) error { return o.runs.Load(key, value) }

// judged is one metric of a device in the hour that is looked at.
type judged struct {
	habit
	t      *device.Turned
	e      baseline.Expected
	seen   float64
	beyond float64
	known  bool        // it went outside, and most of it where it may
	now    events.Time // up to when it was counted
	hour   events.Time
}

// Watch judges the running totals of a device's hour, and those of the whole hour when it is over.
func (o *Deviations) Watch(t *device.Turned, v device.View) (found []detect.Finding) {
	if v.Age(t.At) < baselineAge {
		return nil
	}
	var list [device.NumMetrics]judged
	n, families, telling := 0, 0, 0
	stands := standsFor(t.Device, v.Known())
	for i := range o.habits {
		h := &o.habits[i]
		if stands>>h.family&1 != 0 {
			continue
		}
		if t.Accepted(h.metric) {
			found = append(found, o.accept(h, t)...)
		}
		j := judged{habit: *h, t: t, seen: t.SoFar[h.metric], hour: startOfHour(t.At), now: t.At.Add(time.Minute)}
		if t.Hour {
			j.now = t.At.Add(time.Hour)
		}
		if !o.judge(&j, v) || j.general && families>>j.family&1 != 0 {
			continue
		}
		families |= 1 << j.family
		if !j.common && !j.general && !j.known && j.beyond >= agreeing {
			telling |= 1 << j.family
		}
		list[n] = j
		n++
	}
	for i := range list[:n] {
		found = append(found, o.weigh(&list[i], telling)...)
	}
	return found
}

// standsFor gives the families, by bit, in which a device does what others have it do, by what people said of it.
func standsFor(d *device.Device, known *device.Known) (families int) {
	if known.Scanner(d.Addr) {
		families |= 1<<contacts | 1<<failing
	}
	if known.Gateway(d.Addr) {
		families |= 1 << contacts
	}
	if known.DNSServer(d.Addr) {
		families |= 1 << naming
	}
	return families
}

// farBeyond is twenty times the limit, as a logarithm.
const farBeyond = 3

// agreeing is by how much, as a logarithm, a metric has to be beyond its limit to be a second reason: half as much again.
const agreeing = 0.405

// baselineAge is how long the site is watched before anything is judged.
const baselineAge = 24 * time.Hour

// judge says whether a metric is outside its range.
func (o *Deviations) judge(j *judged, v device.View) bool {
	material := device.Metrics()[j.metric].Material
	if j.seen < material && !(j.t.Hour && j.down) {
		return false
	}
	d := j.t.Device
	j.e = v.Expect(d, j.metric, j.t.At)
	if j.e.Basis == baseline.WarmingUp || j.e.Basis == baseline.PeerGroup && j.novelty {
		return false
	}
	_, j.beyond = j.e.Judge(j.seen)
	if j.beyond > 0 {
		// What only acknowledges a download is no upload.
		_, beyond := j.e.Judge(j.t.Own(j.metric))
		j.beyond = max(beyond, 0)
	}
	if j.metric == device.BytesOutExternal && j.beyond > 0 {
		_, unusual := j.t.Sent()
		_, beyond := j.e.Judge(unusual)
		j.known = beyond <= 0 && j.beyond < farBeyond
	}
	return j.beyond > 0 || j.beyond < 0 && j.down && j.t.Hour
}

// weigh decides what is told of a metric that is outside.
func (o *Deviations) weigh(j *judged, telling int) []detect.Finding {
	d := j.t.Device
	key := uint64(d.Serial)<<8 | uint64(j.metric)
	r, fresh := o.runs.Put(key)
	if fresh || j.hour.Sub(r.last) > o.tune.Rest || r.accepted || r.below != (j.beyond < 0) {
		*r = stretch{began: j.hour, below: j.beyond < 0}
	}
	o.runs.Note(key)
	if r.last != j.hour {
		if r.hours++; j.hour.Sub(r.last) > time.Hour {
			r.hours = 1
		}
		r.last, r.since = j.hour, j.now.Add(-time.Minute)
	}
	shared := o.crowd(j, r.below)
	if !j.t.Hour && j.now.Sub(r.since) < o.tune.Hold {
		return nil
	}
	if j.t.Hour && shared < o.tune.Shared {
		j.t.Taint(j.metric)
	}
	return o.tell(j, r, o.gradeOf(j, r, telling, shared), shared)
}

// crowd counts the devices of the group that leave the range in the same way in the same hour, this one included.
func (o *Deviations) crowd(j *judged, below bool) int {
	c, _ := o.others.Put(crowd{j.t.Device.PeerGroup(), j.metric, j.hour, below})
	for _, who := range c.who[:c.n] {
		if who == j.t.Device.Serial {
			return c.n
		}
	}
	if c.n < len(c.who) {
		c.who[c.n] = j.t.Device.Serial
		c.n++
	}
	return c.n
}

// gradeOf weighs what speaks for a deviation. Telling are the families, by bit, in which the device is outside with something that says
// more than that it was busy.
func (o *Deviations) gradeOf(j *judged, r *stretch, telling, shared int) grade {
	switch {
	case r.below, j.common, j.known && r.hours < o.tune.Hours, shared >= o.tune.Shared:
		return noted
	case j.beyond >= math.Log(o.tune.Far):
		return striking
	case r.hours >= o.tune.Hours, !j.general && j.beyond >= agreeing && telling&(telling-1) != 0:
		return firm
	}
	return noted
}

// tell makes a finding where there is something new to say: an alert where the grade rises or the amount is of another order, else what
// brings the numbers up to date, once an hour.
func (o *Deviations) tell(j *judged, r *stretch, g grade, shared int) []detect.Finding {
	alert := g > r.grade || g > noted && j.seen >= 3*r.most
	if !alert && !j.t.Hour {
		return nil
	}
	f := j.finding(r, g, shared >= o.tune.Shared)
	f.Final = !alert
	r.grade, r.most = max(r.grade, g), max(r.most, j.seen)
	return []detect.Finding{f}
}

// accept says that what was told of for days is usual now.
func (o *Deviations) accept(h *habit, t *device.Turned) []detect.Finding {
	key := uint64(t.Device.Serial)<<8 | uint64(h.metric)
	r := o.runs.Peek(key)
	if r == nil || r.accepted {
		return nil
	}
	r.accepted = true
	o.runs.Note(key)
	if r.grade == 0 {
		return nil
	}
	return []detect.Finding{acceptance(h, r, t)}
}

func writeStretch(key, value *detect.Numbers, id uint64, r *stretch) {
	key.Add(int64(id))
	value.Add(int64(r.began / events.Time(time.Hour)))
	value.Add(int64(r.last / events.Time(time.Hour)))
	value.Add(int64(r.since / events.Time(time.Second)))
	value.Add(int64(r.hours))
	value.Add(int64(r.grade))
	value.Add(int64(min(r.most, 1e15)))
	flags := int64(0)
	if r.below {
		flags |= 1
	}
	if r.accepted {
		flags |= 2
	}
	value.Add(flags)
}

func readStretch(key, value *detect.Numbers, r *stretch) uint64 {
	const hours, seconds = 1 << 24, 1 << 34
	r.began = events.Time(value.Next(hours)) * events.Time(time.Hour)
	r.last = events.Time(value.Next(hours)) * events.Time(time.Hour)
	r.since = events.Time(value.Next(seconds)) * events.Time(time.Second)
	r.hours, r.grade, r.most = int(value.Next(1e6)), grade(value.Next(int64(striking))), float64(value.Next(1e15))
	flags := value.Next(3)
	r.below, r.accepted = flags&1 != 0, flags&2 != 0
	return uint64(key.Next(math.MaxInt64))
}
