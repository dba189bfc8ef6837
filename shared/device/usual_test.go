package device

import (
	"encoding/binary"
	"fmt"
	"math"
	"runtime"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/baseline"
)

// monday is a Monday at midnight, UTC.
const monday = 479_904 * events.Time(time.Hour)

// site plays hours of devices that each send a little and, by day, a lot.
type site struct {
	m       *Model
	now     events.Time
	devices int
	n       int
	turned  func(*Turned)
}

func newSite(devices int) *site {
	s := &site{m: New(Options{}), now: monday, devices: devices, turned: func(*Turned) {}}
	s.m.Turn(s.now, s.turned)
	return s
}

func (s *site) hour(play bool) {
	for range 4 {
		if play {
			for d := range s.devices {
				s.n++
				c := conn(int64(s.now), fmt.Sprintf("10.2.%d.%d", d>>8, d&255), "203.0.113.9", 443, "SF")
				c.UID, c.OrigIPBytes, c.RespIPBytes = fmt.Sprint(s.n), 1e6, 5e6
				if h := int(s.now/hour) % 24; h >= 8 && h < 18 {
					c.OrigIPBytes = 40e6 + uint64(s.n%7)*1e6
				}
				s.m.Observe(c)
			}
		}
		s.now = s.now.Add(15 * time.Minute)
		s.m.Turn(s.now, s.turned)
	}
}

func (s *site) hours(n int) {
	for range n {
		s.hour(true)
	}
}

func (s *site) expect(host string, metric int) baseline.Expected {
	v := s.m.View()
	return v.Expect(v.Device(addr(host)), metric, s.now)
}

// Catches: habits that are not learned, or of the wrong hour; a silence that nobody is told of; a new device that nothing is known of.
func TestHabits(t *testing.T) {
	s := newSite(3)
	if e := s.expectNew(); e.Basis != baseline.WarmingUp {
		t.Errorf("at the beginning: %+v", e)
	}
	s.hours(5*24 + 12)
	e := s.expect("10.2.0.1", BytesOutExternal)
	if e.Basis != baseline.HourOfDay || e.Mid < 150e6 || e.Mid > 200e6 || e.Most > 2e9 || e.Hours < 120 {
		t.Errorf("at noon: %+v", e)
	}
	if _, beyond := e.Judge(5e9); beyond <= 0 {
		t.Error("5 GB at noon are usual")
	}
	if e := s.expect("10.2.0.1", SMBRead); e.Mid != 0 || e.Most != 2*metrics[SMBRead].Material {
		t.Errorf("what it never did: %+v", e)
	}
	if e := s.expectNew(); e.Basis != baseline.PeerGroup {
		t.Errorf("a new one: %+v", e)
	}
	silent := 0
	s.turned = func(d *Turned) {
		if d.Hour && *d.Counts == ([NumMetrics]float64{}) {
			silent++
		}
	}
	s.hour(false)
	s.hour(false)
	if silent != 6 {
		t.Errorf("two hours of silence of 3 devices: told %d times", silent)
	}
}

func (s *site) expectNew() baseline.Expected {
	d := &Device{Class: Local, groups: []string{"subnet:10.2.0.0/24"}}
	return s.m.View().Expect(d, BytesOutExternal, s.now)
}

// Catches: habits that are lost with a restart, that differ after it, or that take the pause for silence.
func TestHabitsSurviveARestart(t *testing.T) {
	for _, hours := range []int{1, 30, 24*9 + 5} {
		s := newSite(4)
		stored, groups := map[string][]byte{}, map[string][]byte{}
		into := func(kept map[string][]byte) func(k, v []byte) {
			return func(k, v []byte) {
				delete(kept, string(k))
				if v != nil {
					kept[string(k)] = append([]byte(nil), v...)
				}
			}
		}
		for range hours {
			s.hour(true)
			s.m.Habits().Save(into(stored))
			s.m.PeerGroups().Save(into(groups))
		}
		again := newSite(4)
		again.m = New(Options{})
		for k, v := range stored {
			if err := again.m.Habits().Load([]byte(k), v); err != nil {
				t.Fatal(err)
			}
		}
		for k, v := range groups {
			if err := again.m.PeerGroups().Load([]byte(k), v); err != nil {
				t.Fatal(err)
			}
		}
		silent := 0
		again.turned = func(d *Turned) {
			if *d.Counts == ([NumMetrics]float64{}) {
				silent++
			}
		}
		again.now = s.now.Add(5 * time.Hour)
		again.m.Turn(again.now, again.turned)
		again.hour(true)
		if silent > 0 {
			t.Errorf("%d hours of the pause are taken for silence", silent)
		}
		if len(stored) > 4*(2+wholeEvery+1) {
			t.Errorf("%d entries are kept of 4 devices", len(stored))
		}
		for i := range NumMetrics {
			if i == NewPeers || i == NewExternal { // the devices themselves are not kept here
				continue
			}
			v, w := s.m.View(), again.m.View()
			for h := range 48 {
				at := s.now.Add(time.Duration(h) * time.Hour)
				a, b := v.Expect(v.Device(addr("10.2.0.2")), i, at), w.Expect(w.Device(addr("10.2.0.2")), i, at)
				if math.Abs(math.Log((a.Mid+1e4)/(b.Mid+1e4))) > 0.2 {
					t.Fatalf("%d hours, %s in %d hours: %+v became %+v", hours, metrics[i].Name, h, a, b)
				}
			}
		}
	}
}

// Catches: a broken value that is taken, or keeps the rest from being read.
func TestBrokenHabits(t *testing.T) {
	s := newSite(1)
	s.hours(30)
	other := New(Options{})
	s.m.Habits().Save(func(k, v []byte) {
		for n := range len(v) {
			if err := other.Habits().Load(k, v[:n]); err == nil {
				t.Fatalf("%q: %d of %d bytes are taken", k, n, len(v))
			}
		}
	})
	if err := s.m.Habits().Load([]byte("x10.0.0.1"), []byte{habitsVersion}); err == nil {
		t.Error("a key of no kind is taken")
	}
}

// Catches: what another sensor learned that is lost, or counts for a device that is not the one.
func TestTakeOver(t *testing.T) {
	s := newSite(2)
	s.hours(3 * 24)
	var whole []byte
	s.m.Habits().Save(func(k, v []byte) {
		if string(k) == "u10.2.0.0" {
			whole = append([]byte(nil), v...)
		}
	})
	other := newSite(0)
	if err := other.m.TakeOver("10.2.0.0", whole); err != nil {
		t.Fatal(err)
	}
	other.now, other.devices = s.now, 2
	other.m.Turn(other.now, other.turned)
	other.hour(true)
	if e := other.expect("10.2.0.0", BytesOutExternal); e.Basis != baseline.HourOfDay || e.Hours < 72 {
		t.Errorf("taken over: %+v", e)
	}
	if e := other.expect("10.2.0.1", BytesOutExternal); e.Hours > 2 {
		t.Errorf("not taken over: %+v", e)
	}
	if err := other.m.TakeOver("10.2.0.0", whole[:20]); err == nil {
		t.Error("half a summary is taken over")
	}
}

// BenchmarkHabits gives the memory of a device with four weeks of ten metrics (its record and its place in the tables included), and what a
// minute with its turn, an hour that is learned, and a question cost.
func BenchmarkHabits(b *testing.B) {
	for _, devices := range []int{1000, 10_000, 50_000} {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		m, list := playHabits(devices)
		runtime.GC()
		runtime.ReadMemStats(&after)
		perDevice := float64(after.HeapAlloc-before.HeapAlloc-emptyModel) / float64(devices)
		now := m.turns.minute
		b.Run(fmt.Sprint(devices, "/minute"), func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				m.counting(list[i%len(list)], now).counts[BytesOut]++
				if i%len(list) == len(list)-1 {
					now += minuteLong
					m.Turn(now, func(*Turned) {})
				}
			}
			b.ReportMetric(perDevice, "B/device")
		})
		b.Run(fmt.Sprint(devices, "/expect"), func(b *testing.B) {
			v := m.View()
			for i := 0; b.Loop(); i++ {
				v.Expect(list[i%len(list)], i%10, now)
			}
		})
		b.Run(fmt.Sprint(devices, "/hour"), func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				a := list[i%len(list)].activity
				a.hour += hour
				a.sofar = busyHour(i, 1)
				m.learnHour(a)
			}
		})
	}
}

// emptyModel is about what the model takes that knows nobody: the site's tables of what is rare.
const emptyModel = 5 << 20

// busyHour has ten metrics that differ from device to device and hour to hour.
func busyHour(device, h int) (x [NumMetrics]float64) {
	r := uint64(device*7919 + h*104729)
	for i := range 10 {
		r = r*6364136223846793005 + 1442695040888963407
		x[i] = metrics[i].Material * math.Exp(float64(r>>40)/(1<<24)*3)
	}
	return x
}

// playHabits has a few devices learn for four weeks, and gives the others copies of what they learned.
func playHabits(devices int) (*Model, []*Device) {
	const teachers = 50
	m := New(Options{})
	m.Turn(monday, nil)
	var list []*Device
	for d := range devices {
		c := conn(int64(monday), fmt.Sprintf("10.%d.%d.%d", d>>16, d>>8&255, d&255), "203.0.113.9", 443, "SF")
		list = append(list, m.Observe(c).Orig)
	}
	m.Turn(monday.Add(time.Minute), func(*Turned) {})
	for i, d := range list {
		if i >= teachers {
			copied := list[i%teachers].activity.habits.append(nil, 0)
			_, known, usual, err := m.readHabits(copied[1:])
			if err != nil {
				panic(err)
			}
			d.activity.known, d.activity.usual = known, usual
			continue
		}
		for h := range 28 * 24 {
			d.activity.hour = monday + events.Time(h)*hour
			d.activity.sofar = busyHour(i, h)
			m.learnHour(d.activity)
		}
		d.activity.sofar = [NumMetrics]float64{}
	}
	m.turns.minute = monday.Add(28 * 24 * time.Hour)
	for _, d := range list {
		d.activity.hour = m.turns.minute
	}
	return m, list
}

// Catches: an update of the program that loses the hours that were saved one by one, because they had their largest minutes.
func TestTotalsOfTheFirstVersionAreRead(t *testing.T) {
	totals := [NumMetrics]float64{BytesOut: 12, Peers: 3}
	now := appendTotals(nil, 77, &totals, 5)
	before := binary.AppendUvarint(binary.AppendUvarint(nil, 77), 5)
	for i, x := range totals {
		if x != 0 {
			before = binary.AppendUvarint(append(before, byte(i)+1), math.Float64bits(x))
			before = binary.AppendUvarint(before, uint64(math.Float32bits(float32(x))))
		}
	}
	for version, b := range map[byte][]byte{habitsVersion: now, habitsWithMinutes: append(before, 0)} {
		if l, err := readTotals(version, b); err != nil || l.at != 77 || l.taint != 5 || l.totals != totals {
			t.Errorf("version %d: %v, %+v", version, err, l)
		}
	}
}
