package feed

import (
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

func heard(at time.Duration, vni uint32, packets uint64) *events.Conn {
	c := &events.Conn{OrigPkts: packets}
	c.TS, c.VNI = events.Time(at), vni
	return c
}

// Catches: a point that falls silent unnoticed, one that is told each minute though nothing changed, and one that never comes back.
func TestPoints(t *testing.T) {
	p := NewPoints("s1")
	p.Observe(heard(time.Minute, 7, 10))
	p.Observe(heard(time.Minute, 0, 10)) // from a tap: no observation point
	p.Observe(&events.DNS{})
	type step struct {
		at    time.Duration
		state events.CoverageState // "" where nothing is told
	}
	steps := []step{
		{time.Minute, events.CoverageMirrored}, {90 * time.Second, ""}, {3 * time.Minute, ""},
		{16 * time.Minute, events.CoverageSilent}, {18 * time.Minute, ""},
	}
	for _, s := range steps {
		checkTurn(t, p, s.at, s.state)
	}
	p.Observe(heard(20*time.Minute, 7, 5))
	checkTurn(t, p, 20*time.Minute, events.CoverageMirrored)
}

func checkTurn(t *testing.T, p *Points, at time.Duration, want events.CoverageState) {
	t.Helper()
	list := p.Turn(events.Time(at))
	switch {
	case want == "" && len(list) == 0:
	case want == "" || len(list) != 1 || list[0].State != want || list[0].Interface != "vni-7" || list[0].Sensor != "s1":
		t.Errorf("at %v: %+v, want %q", at, list, want)
	case (list[0].Fix != "") != (want == events.CoverageSilent):
		t.Errorf("at %v: fix %q", at, list[0].Fix)
	}
}

func TestPointsAreBounded(t *testing.T) {
	p := NewPoints("")
	for i := range MaxPoints + 3 {
		p.Observe(heard(time.Minute, uint32(i+1), 1))
	}
	if n := len(p.Turn(events.Time(time.Hour))); n != MaxPoints || p.Overflow() != 3 {
		t.Errorf("%d points, overflow %d", n, p.Overflow())
	}
}

// Catches: an event a check instead of one a change, and a sensor that tells it is well when it never was not.
func TestHealth(t *testing.T) {
	h := &Health{Sensor: "s1"}
	at := time.Unix(1000, 0)
	var told []bool
	for i, reason := range []string{"", "dropping: 5 packets", "dropping: 9 packets", "", ""} {
		if e, ok := h.Turn(at.Add(time.Duration(i)*time.Second), reason, 100, 5, 0); ok {
			told = append(told, e.Detail.Health.Healthy)
			if e.DetailType != events.SensorUnhealthy || e.Detail.Sequence != e.Time.UnixNano() || e.Detail.Health.Since != e.Time {
				t.Errorf("event %+v", e)
			}
		}
	}
	if len(told) != 2 || told[0] || !told[1] {
		t.Errorf("told %v, want ill and then well", told)
	}
	if now := h.Now(); !now.Healthy || now.Since != at.Add(3*time.Second) {
		t.Errorf("now %+v", now)
	}
}
