package flowjudge

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
	"github.com/mirrorwatch/mirrorwatch/shared/store/memory"
)

func detection(id int, kind, sensor string, at time.Duration, offenders ...string) events.Detection {
	start := begin.Add(at).Time()
	d := events.Detection{
		ID: fmt.Sprintf("%032x", id), Type: kind, Sensor: sensor, Start: start, Update: start.Add(time.Minute),
		Evidence: events.Evidence{Start: start, End: start.Add(time.Minute)}, Risk: events.Risk{Score: 40, Band: "medium"},
	}
	for _, a := range offenders {
		d.Participants = append(d.Participants, events.Participant{Role: detect.Offender, Address: netip.MustParseAddr(a)})
	}
	return d
}

// Catches: a second detection for what a sensor has raised, and one kept back for what it has not.
func TestRaised(t *testing.T) {
	const a, b = "10.0.3.7", "203.0.113.9"
	mine := detection(1, "c2.long_connection", events.FlowLog, 0, b)
	both := detection(1, "exfil.outbound_volume", events.FlowLog, 0, a, b)
	cases := []struct {
		name string
		mine events.Detection
		have events.Detection
		want bool
	}{
		{"the same", mine, detection(2, mine.Type, "sensor-a", 0, b), true},
		{"the same, of a sensor without a name", mine, detection(2, mine.Type, "", 0, b), true},
		{"of a type that it yields to", mine, detection(2, "c2.beacon", "sensor-a", 0, b), true},
		{"of another type", mine, detection(2, "recon.port_scan", "sensor-a", 0, b), false},
		{"another offender", mine, detection(2, mine.Type, "sensor-a", 0, a), false},
		{"half an hour before", mine, detection(2, mine.Type, "sensor-a", -30*time.Minute, b), true},
		{"half an hour after", mine, detection(2, mine.Type, "sensor-a", 30*time.Minute, b), true},
		{"two hours before", mine, detection(2, mine.Type, "sensor-a", -2*time.Hour, b), false},
		{"two hours after", mine, detection(2, mine.Type, "sensor-a", 2*time.Hour, b), false},
		{"of flow logs", mine, detection(2, mine.Type, events.FlowLog, 0, b), false},
		{"of calls", mine, detection(2, mine.Type, callsSensor, 0, b), false},
		{"both offenders", both, detection(2, both.Type, "sensor-a", 0, a, b), true},
		{"the same sender, another destination", both, detection(2, both.Type, "sensor-a", 0, a, "203.0.113.77"), false},
		{"nobody", detection(1, mine.Type, events.FlowLog, 0), detection(2, mine.Type, "sensor-a", 0, b), false},
	}
	for _, c := range cases {
		s := memory.New(memory.Options{Now: time.Now}).Detections
		if _, err := s.Put(t.Context(), c.have); err != nil {
			t.Fatal(err)
		}
		known, err := Raised(s, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := known(t.Context(), &c.mine); got != c.want || err != nil {
			t.Errorf("%s: %v %v", c.name, got, err)
		}
	}
}

// Catches: a detection that goes out although a sensor has raised the same, or that is never told again when it goes on without the sensor.
func TestKeptBack(t *testing.T) {
	s := memory.New(memory.Options{Now: time.Now}).Detections
	list := attacks()[1].file(t)
	if _, err := s.Put(t.Context(), detection(9, "recon.port_scan", "sensor-a", -10*time.Minute, "10.0.3.7")); err != nil {
		t.Fatal(err)
	}
	known, err := Raised(s, nil)
	if err != nil {
		t.Fatal(err)
	}
	var out []*events.Detection
	j, err := New(Options{Known: known, Emit: func(d *events.Detection) { out = append(out, d) }})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range list[:500] {
		j.Conn(c)
	}
	j.Tick(t.Context())
	if st := j.Stats(); len(out) != 0 || st.Kept == 0 || st.Asked != 1 || st.Waiting != 0 {
		t.Errorf("%d told, %+v", len(out), st)
	}
	for i, c := range list[500:] { // three hours later
		c.TS = c.TS.Add(3 * time.Hour)
		c.RespP = uint16(3000 + 10*i)
		j.Conn(c)
	}
	j.Close(t.Context())
	if len(out) == 0 || j.Stats().Asked != 2 {
		t.Errorf("%d told, %+v", len(out), j.Stats())
	}
}

// Catches: a detection that is told unasked, or lost, because nobody could be asked.
func TestAskingFails(t *testing.T) {
	down := true
	var out []*events.Detection
	j, err := New(Options{
		Emit: func(d *events.Detection) { out = append(out, d) },
		Known: func(context.Context, *events.Detection) (bool, error) {
			if down {
				return false, store.ErrUnavailable
			}
			return false, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range attacks()[1].file(t) {
		j.Conn(c)
	}
	for range 3 {
		j.Tick(t.Context())
	}
	if s := j.Stats(); len(out) != 0 || s.Waiting != 1 || s.Failed != 3 || s.Asked != 3 {
		t.Errorf("%d told, %+v", len(out), s)
	}
	snapshots := memory.New(memory.Options{Now: time.Now}).Snapshots
	if err := j.Save(t.Context(), snapshots, "flows", begin.Time()); err != nil {
		t.Fatal(err)
	}
	down = false
	again, err := New(j.o)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := again.Load(t.Context(), snapshots, "flows"); err != nil {
		t.Fatal(err)
	}
	again.Tick(t.Context())
	if s := again.Stats(); len(out) != 1 || s.Waiting != 0 || s.Emitted != 1 {
		t.Errorf("%d told, %+v", len(out), s)
	}
	check(t, out[0])
}

// Catches: detections that wait without end, and more questions in one Tick than are allowed.
func TestWaitingIsBounded(t *testing.T) {
	var stats Stats
	told, fails := 0, errors.New("down")
	o := Options{Emit: func(*events.Detection) { told++ }, Known: func(context.Context, *events.Detection) (bool, error) { return false, fails }}
	g := newOutgoing(&o, &stats)
	for i := range maxWaiting + 50 {
		d := detection(i, "recon.port_scan", events.FlowLog, 0, "10.0.3.7")
		g.take(&d)
	}
	if g.waiting.Len() != maxWaiting || told != 50 || stats.Unasked != 50 {
		t.Errorf("%d wait, %d told, %+v", g.waiting.Len(), told, stats)
	}
	fails = nil
	g.settle(t.Context(), false)
	if g.waiting.Len() != maxWaiting-maxAsked || stats.Asked != maxAsked {
		t.Errorf("%d wait after one Tick, %d asked", g.waiting.Len(), stats.Asked)
	}
	for range 100 {
		g.settle(t.Context(), false)
	}
	if told != maxWaiting+50 || g.waiting.Len() != 0 {
		t.Errorf("%d told, %d wait", told, g.waiting.Len())
	}
	if g.settle(t.Context(), true); g.verdicts.Len() > maxVerdicts {
		t.Errorf("%d answers are remembered", g.verdicts.Len())
	}
}
