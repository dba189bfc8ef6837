package trial

import (
	"net/netip"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/test/judgesim"
)

// TestJudge is make judge in small: a site of a fifth, five days, four deviations.
func TestJudge(t *testing.T) {
	o := judgesim.Options{Seed: 1, Days: 5, Devices: 40, Deviations: 4}
	if testing.Short() {
		o.Days = 4
	}
	r := Run(Options{Site: o})
	for _, c := range append(r.First, r.Cases...) {
		t.Logf("%-16s visible %s found %s by %s", c.Kind, c.Visible.Time().Format("02 15:04"), c.FoundAt.Time().Format("02 15:04"), c.By)
	}
	for _, c := range r.First {
		if !c.Found() {
			t.Errorf("%s was not found on the first day", c.Deviation)
		}
	}
	found, wrong := 0, 0
	for _, c := range r.Cases {
		if c.Found() {
			found++
		}
	}
	for _, a := range r.Alarms {
		if !a.True && a.Day > 1 {
			wrong++
			t.Logf("false: day %d %s %s %d %s", a.Day, a.Type, a.Metric, a.Score, a.Said)
		}
	}
	// With so few days of history one may be missed; what is said for nothing stays below the bar all the same.
	if found < len(r.Cases)-1 || wrong > r.Days-1 {
		t.Errorf("%d of %d found in time, %d false detections in %d days", found, len(r.Cases), wrong, r.Days-1)
	}
	if len(r.Simple) != 4 || r.Simple[3].True+r.Simple[3].False == 0 {
		t.Errorf("simple thresholds: %+v", r.Simple)
	}
}

// Catches: a detection that counts for the wrong device, another metric, a type that tells of something else, or at another time.
func TestFinds(t *testing.T) {
	here, other := netip.MustParseAddr("10.20.16.9"), netip.MustParseAddr("10.20.16.10")
	c := &Case{Deviation: &judgesim.Deviation{
		Address: here, Types: []string{"exfil.new_destination"}, Metrics: []string{"bytes_out"}, Begins: events.Time(10 * time.Hour), Ends: events.Time(12 * time.Hour),
	}}
	say := func(kind, metric string, who netip.Addr) *events.Detection {
		return &events.Detection{Type: kind, Properties: map[string]any{"metric": metric}, Participants: []events.Participant{{Role: "offender", Address: who}}}
	}
	during := events.Time(11 * time.Hour)
	for _, one := range []struct {
		d    *events.Detection
		at   events.Time
		want bool
	}{
		{say("exfil.new_destination", "", here), during, true},
		{say("behaviour.deviation", "bytes_out", here), during, true},
		{say("behaviour.deviation", "bytes_in", here), during, false},
		{say("c2.beacon", "", here), during, false},
		{say("exfil.new_destination", "", other), during, false},
		{say("exfil.new_destination", "", here), events.Time(9 * time.Hour), false},
		{say("exfil.new_destination", "", here), events.Time(12*time.Hour + after + 1), false},
	} {
		if got := c.finds(one.d, one.at); got != one.want {
			t.Errorf("%s %v of %v at %v: %v", one.d.Type, one.d.Properties, one.d.Participants, one.at, got)
		}
	}
	if c.involves(say("c2.beacon", "", other)) || !c.involves(say("c2.beacon", "", here)) {
		t.Error("a detection is about the deviation where it names its device")
	}
}

// Catches: hours without anything that are left out of the mean, and a judgement before there is a day of history.
func TestSimpleScore(t *testing.T) {
	h := &history{}
	for range 24 {
		h.sum, h.squares = h.sum+10, h.squares+100
	}
	if z := h.z(1000, events.Time(23*time.Hour)); z != 0 {
		t.Errorf("%v before a day is over", z)
	}
	// 48 hours, 24 of them with 10: the mean is 5, and so is the deviation.
	if z := h.z(20, events.Time(48*time.Hour)); z != 3 {
		t.Errorf("%v, want 3", z)
	}
}

// Catches: a sum that forgets who was late, or counts the first day.
func TestSum(t *testing.T) {
	hour := events.Time(time.Hour)
	r := &Report{Days: 4, Cases: []*Case{
		{Deviation: &judgesim.Deviation{Visible: 10 * hour}, FoundAt: 9 * hour},
		{Deviation: &judgesim.Deviation{Visible: 10 * hour}, FoundAt: 12 * hour, Late: true},
		{Deviation: &judgesim.Deviation{Visible: 10 * hour}},
	}, Alarms: []*Alarm{{Day: 1}, {Day: 2}, {Day: 3, True: true}}}
	var s Sum
	s.Add(r)
	if s.Cases != 3 || s.Found != 1 || s.Ever != 2 || s.True != 1 || s.False != 1 || s.Days != 3 || Median(s.Times) != 2*time.Hour || r.Holds() {
		t.Errorf("%+v", s)
	}
}
