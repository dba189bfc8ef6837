package device

import (
	"fmt"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

const start = 1000 * events.Time(time.Hour)

// Catches: minutes or hours that are lost, given twice or out of order, sums of what is distinct, an hour that begins with the last one's.
func TestHoursFollowMinutes(t *testing.T) {
	m := New(Options{})
	var list []Turned
	for minute := range 150 {
		at := start.Add(time.Duration(minute) * time.Minute)
		for second := range 60 {
			m.Turn(at.Add(time.Duration(second)*time.Second), turnedOf(&list))
		}
		m.Observe(conn(int64(at), "10.0.0.1", "10.0.0.2", 80, "SF"))
		m.Observe(conn(int64(at), "10.0.0.1", fmt.Sprintf("10.0.1.%d", minute%10), 80, "SF"))
	}
	m.End(turnedOf(&list))
	minutes, hours := 0, 0
	for _, d := range list {
		if d.Device.ID() != "10.0.0.1" {
			continue
		}
		switch {
		case !d.Hour:
			if want := start.Add(time.Duration(minutes) * time.Minute); d.At != want {
				t.Fatalf("minute %d is of %v, want %v", minutes, d.At.Time(), want.Time())
			}
			if n := float64(2 * (minutes%60 + 1)); d.Counts[Peers] != 2 || d.SoFar[Connections] != n || d.Counts[Connections] != 2 {
				t.Fatalf("minute %d: %v of %v, so far %v", minutes, named(d.Counts), d.At.Time(), named(d.SoFar))
			}
			minutes++
		default:
			if d.At != start.Add(time.Duration(hours)*time.Hour) || minutes != 60*(hours+1) {
				t.Errorf("hour of %v given after %d minutes", d.At.Time(), minutes)
			}
			if d.Counts[Connections] != 120 || d.Counts[Peers] != 11 || d.SoFar != nil && d.SoFar[Peers] != 11 {
				t.Errorf("hour: %v", named(d.Counts))
			}
			hours++
		}
	}
	if minutes != 150 || hours != 2 {
		t.Errorf("%d minutes, %d hours", minutes, hours)
	}
}

// Catches: a Tick that does everything at once, a device whose hour nobody closes because it is silent, a jump that leaves work behind.
func TestWorkIsSpread(t *testing.T) {
	const devices = 3000
	m := New(Options{})
	m.Turn(start, nil)
	for i := range devices {
		m.Observe(conn(int64(start), fmt.Sprintf("10.1.%d.%d", i>>8, i&255), "203.0.113.9", 443, "SF"))
	}
	most, minutes, hours := 0, 0, 0
	for second := range 3 * 60 {
		n := 0
		m.Turn(start.Add(59*time.Minute+time.Duration(second)*time.Second), func(d *Turned) {
			n++
			if d.Hour {
				hours++
			} else {
				minutes++
			}
		})
		if second > 0 { // the first jumps
			most = max(most, n)
		}
	}
	if minutes != devices || hours != devices || most > 512 {
		t.Errorf("%d minutes and %d hours of %d devices, at most %d at once", minutes, hours, devices, most)
	}
	for i := range 300 {
		m.Observe(conn(int64(start), fmt.Sprintf("10.1.%d.%d", i>>8, i&255), "203.0.113.9", 443, "SF"))
	}
	n := 0
	m.Turn(start.Add(90*24*time.Hour), func(*Turned) { n++ })
	if n != 600 {
		t.Errorf("after a jump of 90 days: %d given of 300 minutes and as many hours", n)
	}
}

func TestMeasuringAllocatesNothing(t *testing.T) {
	m := New(Options{})
	c := conn(int64(start), "10.0.0.1", "203.0.113.9", 443, "SF")
	c.UID = "C"
	interim := *c
	interim.Interim = true
	now := start
	round := func() {
		m.Observe(&interim)
		m.Observe(c)
		now = now.Add(time.Minute)
		m.Turn(now, func(*Turned) {})
	}
	for range 3*60 + 2 { // into the fourth hour: an hour that is learned may allocate
		round()
	}
	// One: the table of conversations that go on makes an entry for each.
	if n := testing.AllocsPerRun(50, round); n > 1 {
		t.Errorf("%v allocations", n)
	}
}

// Catches: what an evicted device did that is told of the one who took its place in the table.
func TestEvictedDevicesAreNotMistaken(t *testing.T) {
	m := New(Options{MaxLocal: 2})
	m.Turn(start, nil)
	for i := range 20 {
		m.Observe(conn(int64(start), fmt.Sprintf("10.0.0.%d", i+1), "203.0.113.9", 443, "SF"))
	}
	var list []Turned
	m.Turn(start.Add(2*time.Hour), turnedOf(&list))
	for _, d := range list {
		if d.Counts[Connections] != 1 || d.Device.ID() != "10.0.0.19" && d.Device.ID() != "10.0.0.20" {
			t.Errorf("%s: %v", d.Device.ID(), named(d.Counts))
		}
	}
	if len(list) != 4 || m.Unmeasured() != 18 {
		t.Errorf("%d given, %d not measured", len(list), m.Unmeasured())
	}
}
