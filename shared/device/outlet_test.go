package device

import (
	"fmt"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// upload is a conversation that sends to a host outside and takes in something.
func upload(at events.Time, from, to string, out, in uint64) *events.Conn {
	c := conn(int64(at), from, to, 443, "SF")
	c.UID, c.OrigBytes, c.OrigIPBytes, c.RespBytes, c.RespIPBytes = fmt.Sprint(at, from, to), out, out, in, in
	return c
}

// sentInHour runs conversations through a model and gives what was sent in the hour of the last, all and unusual.
func sentInHour(t *testing.T, m *Model, who string, list ...*events.Conn) (all, unusual float64) {
	t.Helper()
	each := func(turned *Turned) {
		if turned.Device.ID() == who && !turned.Hour {
			all, unusual = turned.Sent()
		}
	}
	for _, c := range list {
		m.Turn(c.TS, each)
		m.Observe(c)
	}
	m.Turn(list[len(list)-1].TS.Add(2*time.Minute), each)
	return all, unusual
}

// Catches: a place that is usual on the day on which it is met, or never; one that several turn to and that is held for a stranger; a name
// whose address is another each time; acknowledgements that count as an upload; an hour that begins with what the last one's was.
func TestSentAsUsual(t *testing.T) {
	const who, bucket = "10.0.0.1", "bucket.example.com"
	m, n := New(Options{}), 0
	day := func(d int) []*events.Conn {
		n++
		to := fmt.Sprintf("203.0.113.%d", n)
		at := start.Add(time.Duration(d) * 24 * time.Hour)
		q := &events.DNS{Query: bucket, QType: number(1), RCode: number(0), Answers: []string{to}}
		q.TS, q.OrigH, q.RespH, q.RespP = at, addr(who), addr("10.0.0.53"), 53
		m.Turn(at, func(*Turned) {})
		m.Observe(q)
		return []*events.Conn{upload(at.Add(time.Second), who, to, 5e6, 1e5)}
	}
	for d := range 5 {
		if d > 0 {
			if got := m.View().Device(addr(who)).SendsTo(m.View().Device(addr("203.0.113.1"))); got != (d > usualDays) {
				t.Errorf("day %d: %v", d, got)
			}
		}
		all, unusual := sentInHour(t, m, who, day(d)...)
		if want := d < usualDays; all < 4.9e6 || (unusual > 4e6) != want || !want && unusual != 0 {
			t.Errorf("day %d: %v of %v are unusual", d, unusual, all)
		}
	}
	at := start.Add(5*24*time.Hour + time.Hour)
	if _, unusual := sentInHour(t, m, who, upload(at, who, "198.51.100.7", 6e6, 0)); unusual != 6e6 {
		t.Errorf("to a stranger in the next hour: %v", unusual)
	}
	var others []*events.Conn
	for i := range 3 {
		others = append(others, upload(at.Add(time.Hour+time.Duration(i)*time.Second), fmt.Sprintf("10.0.0.%d", 7+i), "198.51.100.9", 100, 0))
	}
	if _, unusual := sentInHour(t, m, who, append(others, upload(at.Add(time.Hour+time.Minute), who, "198.51.100.9", 6e6, 0))...); unusual != 0 {
		t.Errorf("to a place of several: %v", unusual)
	}
	if all, _ := sentInHour(t, m, who, upload(at.Add(2*time.Hour), who, "198.51.100.8", 22e6, 1e9)); all != 0 {
		t.Errorf("a download of 1 GB, acknowledged: %v", all)
	}
}

// Catches: a registry that is asked for images by a whole group at once, and is told as one that sends.
func TestWhatIsAskedIsNotSent(t *testing.T) {
	m := New(Options{})
	var own, all float64
	each := func(turned *Turned) {
		if turned.Device.ID() == "10.0.0.9" && !turned.Hour {
			own, all = turned.Own(BytesOut), turned.SoFar[BytesOut]
		}
	}
	m.Turn(start, each)
	m.Observe(upload(start.Add(time.Second), "10.0.0.1", "10.0.0.9", 1000, 4e9))
	m.Observe(upload(start.Add(2*time.Second), "10.0.0.9", "10.0.0.2", 3e6, 0))
	m.Turn(start.Add(3*time.Minute), each)
	if all < 4e9 || own < 2.9e6 || own > 3.1e6 {
		t.Errorf("%v of %v", own, all)
	}
}

// Catches: a list of places that grows with the places, and one that forgets those that are in use.
func TestOutletsAreBounded(t *testing.T) {
	a := &activity{}
	for i := range 1000 {
		at := events.Time(int64(i/100))*day + events.Time(int64(i%100))*hour/10
		a.outlet(7, at)
		a.outlet(uint64(100+i), at)
	}
	if len(a.outlets) != maxOutlets || a.outlet(7, 10*day).days != 10 {
		t.Errorf("%d places, %+v", len(a.outlets), a.outlet(7, 10*day))
	}
}

// Catches: a weekend, or a day that is cut, taken for a working day.
func TestWorkday(t *testing.T) {
	monday := events.TimeOf(time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC))
	at := func(hours int) events.Time { return monday.Add(time.Duration(hours) * time.Hour) }
	for _, c := range []struct {
		from, to int
		want     bool
	}{{0, 24, true}, {0, 23, false}, {1, 47, false}, {1, 48, true}, {-24, 10, false}, {-24, 24, true}, {4*24 + 9, 7*24 + 9, false}, {4*24 + 9, 8 * 24, true}} {
		if got := Workday(at(c.from), at(c.to)); got != c.want {
			t.Errorf("from hour %d to %d: %v", c.from, c.to, got)
		}
	}
}
