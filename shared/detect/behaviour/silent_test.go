package behaviour

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// site is servers that are heard every hour, and how each of them fails.
type site struct {
	hours  int
	mute   func(server, hour int) bool
	pc     func(server int) bool
	keep   int // the hour after which the program begins anew; 0: never
	listen func(hour int) bool
}

const servers = 20

// play lets the hours pass, minute by minute, and gives the detections as they were told last.
func (s site) play(t *testing.T) (list []*events.Detection) {
	t.Helper()
	emit := func(d *events.Detection) {
		for i := range list {
			if list[i].ID == d.ID {
				list[i] = d
				return
			}
		}
		list = append(list, d)
	}
	model, one := device.New(device.Options{}), NewSilent(SilentDefaults())
	spec := Silent
	spec.New, spec.Tuning = func() detect.Detector { return one }, detect.Tuning{}
	j := detect.NewJudge([]detect.Spec{spec}, model, detect.Options{Emit: emit})
	for m := range s.hours * 60 {
		h := m / 60
		if s.keep != 0 && m == s.keep*60 {
			one = again(t, one)
			j = detect.NewJudge([]detect.Spec{spec}, model, detect.Options{Emit: emit, Recall: func(id string) (events.Detection, bool) {
				for _, d := range list {
					if d.ID == id {
						return *d, true
					}
				}
				return events.Detection{}, false
			}})
		}
		if s.listen != nil && !s.listen(h) {
			continue
		}
		for i := range servers {
			if m%60 != i%50 || s.mute(i, h) {
				continue
			}
			c := talk(time.Duration(m)*minute, host(i), "10.0.9.9", 443)
			j.Observe(c)
			if s.pc != nil && s.pc(i) {
				for k := range 6 {
					page := &events.HTTP{UserAgent: "Mozilla/5.0 (X11; Linux x86_64)"}
					page.TS, page.OrigH, page.RespH, page.RespP = c.TS, c.OrigH, netip.AddrFrom4([4]byte{203, 0, 113, byte(k)}), 443
					j.Observe(page)
					j.Observe(talk(time.Duration(m)*minute, host(i), page.RespH.String(), 443))
				}
			}
		}
		j.Tick(start.Add(time.Duration(m) * minute))
	}
	return list
}

// again saves a detector and loads another.
func again(t *testing.T, one *Silences) *Silences {
	t.Helper()
	next := NewSilent(SilentDefaults())
	one.Save(func(key, value []byte) {
		if value == nil {
			return
		}
		if err := next.Load(key, value); err != nil {
			t.Fatal(err)
		}
	})
	return next
}

func TestSilent(t *testing.T) {
	const later = 6*24 + 10 // a Tuesday morning
	from := func(server, first, hours int) func(int, int) bool {
		return func(s, h int) bool { return s == server && h >= first && h < first+hours }
	}
	office := func(h int) bool { return h%24 < 8 || h%24 >= 18 || (h/24+3)%7 == 0 || (h/24+3)%7 == 6 } // closed
	cases := []struct {
		name   string
		site   site
		alerts int
		band   events.Band
		says   string
	}{
		{"below", site{hours: later + 12, mute: from(7, later, 1)}, 0, "", ""},
		{"at", site{hours: later + 12, mute: from(7, later, 2)}, 1, "medium", "was silent for 3 hours, and is back"},
		{"once only, still silent", site{hours: later + 20, mute: from(7, later, 99)}, 1, "medium", "for 20 hours in which it is always heard, while 20 of the 20 others are"},
		{"over a restart", site{hours: later + 20, mute: from(7, later, 99), keep: later + 8}, 1, "medium", "hours in which it is always heard"},
		{"one that works by day, on a workday", site{hours: later + 20, mute: func(s, h int) bool { return s == 7 && (office(h) || h >= later) }}, 1, "low", "is silent since"},
		{"on the third day, of one that never rests", site{hours: 80, mute: from(7, 60, 99)}, 1, "medium", "is silent since"},
		// The innocent twins.
		{"on the second day", site{hours: 60, mute: from(7, 40, 99)}, 0, "", ""},
		{"one that works by day, by night", site{hours: later + 20, mute: func(s, h int) bool { return s == 7 && office(h) }}, 0, "", ""},
		{"one that speaks now and then", site{hours: later + 20, mute: func(s, h int) bool { return s == 7 && h%5 < 4 }}, 0, "", ""},
		{"a feed that is lost", site{hours: later + 20, mute: func(s, h int) bool { return s < 12 && h >= later && h < later+8 }}, 0, "", ""},
		{"nobody is heard", site{hours: later + 20, mute: func(_, h int) bool { return h >= later && h < later+8 }}, 0, "", ""},
		{"nobody listens", site{hours: later + 20, mute: from(99, 0, 0), listen: func(h int) bool { return h < later || h > later+8 }}, 0, "", ""},
		{"a person's machine", site{hours: later + 20, mute: from(7, later, 99), pc: func(s int) bool { return s == 7 }}, 0, "", ""},
	}
	for _, c := range cases {
		alerts, text := 0, ""
		for _, d := range c.site.play(t) {
			alerts += len(d.Activity)
			text = d.Description
			if d.Risk.Band != c.band || d.Participants[0].Address.String() != host(7) || d.Participants[0].Role != detect.Victim {
				t.Errorf("%s: %d, %+v", c.name, d.Risk.Score, d.Participants)
			}
		}
		if alerts != c.alerts || !strings.Contains(text, c.says) {
			t.Errorf("%s: %d alerts, %q; want %d, %q", c.name, alerts, text, c.alerts, c.says)
		}
	}
}

// Catches: an instance that another replaces, told as loud as one that fails.
func TestSuccessorsAreSeen(t *testing.T) {
	s := NewSilent(SilentDefaults())
	s.rounds.round = 103 * 12
	h := hearing{id: "eni-1", addr: netip.MustParseAddr("10.0.0.1"), last: 100 * 60, quiet: 120, steady: true, groups: []string{"role:db", "subnet:a"}}
	points := func() (sum int) {
		h.told = 0
		for _, term := range s.tell(9, &h)[0].Terms {
			sum += term.Points
		}
		return sum
	}
	for id, group := range []string{"subnet:a", "subnet:b", "subnet:a"} {
		next, _ := s.devices.Put(uint32(id))
		next.groups = []string{"role:web", group}
	}
	person, _ := s.devices.Put(3)
	person.person = true
	s.born = []birth{{90, 0}, {102, 1}, {100, 3}}
	if n := points(); n != 0 {
		t.Errorf("%d points", n)
	}
	s.born[2].hour = 90
	s.born = append(s.born, birth{102, 2})
	if n := points(); n != -30 {
		t.Errorf("%d points with a successor", n)
	}
	s.born[3].hour, h.followed = 102, false
	h.family, s.devices.Peek(2).family = "db", "web"
	if n := points(); n != 0 {
		t.Errorf("%d points: one of another name", n)
	}
	s.devices.Peek(2).family = "db"
	if n := points(); n != -30 {
		t.Errorf("%d points: one of its name", n)
	}
	s.born = nil // others began since, and room is short
	if n := points(); n != -30 {
		t.Errorf("%d points: the successor was forgotten", n)
	}
}

// Catches: that a silence was told, lost between two saves, and told again after a restart; or never brought up to date.
func TestWhatWasToldIsSaved(t *testing.T) {
	s, tell := NewSilent(SilentDefaults()), func(s *Silences) []detect.Finding { return s.tell(9, s.devices.Peek(9)) }
	h, _ := s.devices.Put(9)
	*h = hearing{id: "eni-1", addr: netip.MustParseAddr("10.0.0.1"), last: 100 * 60, quiet: 130, steady: true}
	s.devices.Note(9)
	s.Save(func(_, _ []byte) {})
	if f := tell(s); len(f) != 1 || f[0].Final {
		t.Fatalf("%+v", f)
	}
	next := again(t, s)
	next.resume()
	if f := tell(next); len(f) != 0 {
		t.Errorf("told again: %s", f[0].Description)
	}
	next.devices.Peek(9).quiet += repeatAfter
	if f := tell(next); len(f) != 1 || !f[0].Final {
		t.Errorf("half an hour later: %+v", f)
	}
}

// Catches: a holiday of one group that is told device by device.
func TestGroupsAreSilentTogether(t *testing.T) {
	s := NewSilent(SilentDefaults())
	s.all, s.groups["role:batch"] = tally{100, 3, 3}, tally{4, 2, 1}
	silent, missed := func(t tally) int { return t.silent }, func(t tally) int { return t.missed }
	batch, other := &hearing{groups: []string{"subnet:a", "role:batch"}}, &hearing{groups: []string{"subnet:a"}}
	if !s.general(batch, silent) || s.general(other, silent) || s.general(batch, missed) {
		t.Error("a device of a silent group is told of, or one of another is not")
	}
}

// Catches: a silence that is told when an hour of the clock closes, up to an hour late; one that is counted from there; a device with long
// pauses that is told after one that is no longer than others it made; a feed that comes back and is held against those that are heard last.
func TestSilenceIsToldByTheMinute(t *testing.T) {
	const failed = 8*24*60 + 10*60 + 3 // a minute of a Thursday
	told := func(every int, lost func(m int) bool) int {
		s, model := NewSilent(SilentDefaults()), device.New(device.Options{})
		devices := map[int]*device.Device{}
		for i := range servers {
			devices[i] = model.Observe(talk(0, host(i), "203.0.113.1", 443)).Orig
		}
		var counts [device.NumMetrics]float64
		counts[device.PacketsOut] = 1
		for m := range failed + 12*60 {
			at := start.Add(time.Duration(m) * minute)
			for i := range servers {
				pause := 10
				if i == 7 {
					pause = every
				}
				if m%pause != i%pause || i == 7 && m >= failed || lost(m) {
					continue
				}
				s.Watch(&device.Turned{Device: devices[i], At: at, Counts: &counts, SoFar: &counts}, model.View())
			}
			for _, f := range s.Tick(at.Add(minute), model.View()) {
				if f.Final {
					continue
				}
				if f.Victims[0].Addr.String() != host(7) {
					t.Fatalf("minute %d: %s", m, f.Description)
				}
				return m - failed
			}
		}
		return -1
	}
	never := func(int) bool { return false }
	for _, c := range []struct {
		every       int
		lost        func(m int) bool
		least, most int
	}{
		{5, never, 105, 140}, // two hours, and the wait for late reports
		{90, never, 75, 220}, // twice the 90 minutes for which it rests each time
		{5, func(m int) bool { return m >= failed-180 && m < failed-30 }, 105, 140}, // nobody is told when the feed is back
	} {
		if got := told(c.every, c.lost); got < c.least || got > c.most {
			t.Errorf("every %d minutes: told after %d, want %d to %d", c.every, got, c.least, c.most)
		}
	}
}

// Catches: a device that was forgotten, came back, and is counted twice a walk from then on.
func TestWhoComesBackIsCountedOnce(t *testing.T) {
	s, model := NewSilent(SilentDefaults()), device.New(device.Options{})
	d := model.Observe(talk(0, host(1), "203.0.113.1", 443)).Orig
	var counts [device.NumMetrics]float64
	counts[device.PacketsOut] = 1
	heard := func(m int) {
		s.Watch(&device.Turned{Device: d, At: start.Add(time.Duration(m) * minute), Counts: &counts, SoFar: &counts}, model.View())
	}
	s.Tick(start, model.View())
	heard(60)
	s.devices.Forget(d.Serial)
	heard(61)
	if len(s.rounds.order) != 2 {
		t.Fatalf("%d in the walk", len(s.rounds.order))
	}
	for m := 60; m < 90; m++ {
		s.Tick(start.Add(time.Duration(m)*minute), model.View())
	}
	if len(s.rounds.order) != 1 {
		t.Errorf("%d in the walk", len(s.rounds.order))
	}
}

// Catches: a Tick that looks at everybody at once, and tables that grow.
func TestSilentWalksInSteps(t *testing.T) {
	tune := SilentDefaults()
	tune.Devices = 2500
	s, model := NewSilent(tune), device.New(device.Options{})
	for i := range 3000 {
		c := talk(time.Duration(i)*time.Millisecond, fmt.Sprintf("10.%d.%d.1", i/250, i%250), "203.0.113.1", 443)
		model.Observe(c)
	}
	model.Turn(start.Add(minute), func(turned *device.Turned) { s.Watch(turned, model.View()) })
	model.Turn(start.Add(2*minute), func(turned *device.Turned) { s.Watch(turned, model.View()) })
	if s.devices.Len() != 2500 || s.Overflow() != 500 || len(s.rounds.order) != 3000 {
		t.Fatalf("%d devices, %d forgotten, %d in the walk", s.devices.Len(), s.Overflow(), len(s.rounds.order))
	}
	s.Tick(start.Add(2*minute), model.View())
	first, second := s.rounds.round, 120
	for ; s.rounds.round == first && second < 900; second++ {
		s.Tick(start.Add(time.Duration(second)*time.Second), model.View())
	}
	if after := second - 11*60; after < 20 || after > 24 || len(s.rounds.order) != 2500 {
		t.Errorf("%d seconds, %d in the walk", after, len(s.rounds.order))
	}
	if s.Tick(start.Add(22*minute), model.View()); s.rounds.round != first+3 {
		t.Errorf("%d rounds after a jump of ten minutes", s.rounds.round-first)
	}
}

// BenchmarkSilentTick gives what a Tick costs while 50,000 devices that are heard around the clock are looked at, 416 at a time.
func BenchmarkSilentTick(b *testing.B) {
	s, model := NewSilent(SilentDefaults()), device.New(device.Options{})
	now := start.Add(time.Hour)
	s.Tick(now, model.View())
	for i := range uint32(50_000) {
		h, _ := s.devices.Put(i)
		h.id, h.last, h.steady, h.groups = "x", minuteOf(now)+60, true, []string{"role:web", "subnet:a"}
		for w := range h.seen {
			for of := range h.seen[w] {
				h.seen[w][of], h.heard[w][of] = 20, 20
			}
		}
		s.rounds.join(i)
	}
	for b.Loop() {
		s.rounds.last += events.Time(time.Second)
		s.Tick(s.rounds.last.Add(grace), model.View())
	}
}
