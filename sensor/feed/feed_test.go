package feed

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// came is what the engine tells of a point at a moment.
func came(at time.Duration, vni uint32, packets uint64) events.Heard {
	t := events.Time(at).Time()
	return events.Heard{VNI: vni, Since: t, LastSeen: t, Packets: packets, Bytes: 100 * packets}
}

// told is news in short: "heard 7 15" (packets), "coverage vni-7 silent", "forget vni-7", "event 7 silent,gaps".
func told(n News) (out []string) {
	for _, h := range n.Heard {
		out = append(out, fmt.Sprint("heard ", h.VNI, " ", h.Packets))
	}
	for _, c := range n.Coverage {
		out = append(out, fmt.Sprint("coverage ", c.Interface, " ", c.State))
	}
	for _, f := range n.Forget {
		out = append(out, "forget "+f)
	}
	for _, e := range n.Events {
		out = append(out, strings.TrimSpace(fmt.Sprint("event ", e.Detail.Heard.VNI, " ", strings.Trim(fmt.Sprint(e.Detail.Heard.Faults), "[]"))))
	}
	return out
}

func check(t *testing.T, p *Points, at time.Duration, want ...string) News {
	t.Helper()
	n := p.Turn(events.Time(at))
	if got := told(n); !slices.Equal(got, want) {
		t.Errorf("at %v: told %q, want %q", at, got, want)
	}
	return n
}

// TestPoints is the life of a point that nobody names. Catches: one that falls silent unnoticed, that is told each minute though nothing
// changed, or more than once a minute, or never comes back.
func TestPoints(t *testing.T) {
	p := NewPoints(PointOptions{Sensor: "s1"})
	m := time.Minute
	p.Add([]events.Heard{came(m, 7, 10), came(m, 0, 10)}) // 0 is from a tap: no observation point
	n := check(t, p, m, "heard 7 10", "coverage vni-7 mirrored", "event 7")
	if h := n.Heard[0]; h.Sensor != "s1" || h.Bytes != 1000 || h.Since != events.Time(m).Time() || n.Coverage[0].Sensor != "s1" || n.Coverage[0].Fix != "" {
		t.Errorf("told %+v", n)
	}
	if e := n.Events[0]; e.DetailType != events.MirrorHealth || e.Detail.Subject != "sensor/s1/vni/7" || e.Detail.Sequence != int64(m) || !strings.Contains(e.Detail.Heard.Reason, "first packet") {
		t.Errorf("event %+v", e)
	}
	p.Add([]events.Heard{came(m+time.Second, 7, 5)})
	check(t, p, m+time.Second)
	check(t, p, 2*m-time.Second)
	check(t, p, 2*m, "heard 7 15", "coverage vni-7 mirrored")
	check(t, p, 5*m)
	n = check(t, p, 16*m+time.Second, "heard 7 15", "coverage vni-7 silent", "event 7 silent")
	if n.Coverage[0].Fix == "" || p.Stats().Silent != 1 {
		t.Errorf("silent: %+v, %+v", n.Coverage, p.Stats())
	}
	if h := n.Heard[0]; !slices.Equal(h.Faults, []events.HeardFault{events.HeardSilent}) || h.LastSeen.Sub(events.Time(2*m).Time()) > time.Second || h.Reason != "" {
		t.Errorf("the row of a silent point: %+v", h)
	}
	check(t, p, 18*m)
	p.Add([]events.Heard{came(20*m, 7, 1)})
	n = check(t, p, 20*m, "heard 7 16", "coverage vni-7 mirrored", "event 7")
	if !strings.Contains(n.Events[0].Detail.Heard.Reason, "again") || len(n.Heard[0].Faults) > 0 {
		t.Errorf("heard again: %+v, reason %q", n.Heard[0], n.Events[0].Detail.Heard.Reason)
	}
	p.Add([]events.Heard{came(20*m+1, 7, 1)})
	check(t, p, 20*m+1) // within the second
	if got := told(p.Last(events.Time(20*m + 2))); !slices.Equal(got, []string{"heard 7 17", "coverage vni-7 mirrored"}) {
		t.Errorf("at the end: %q", got)
	}
	check(t, p, 36*m, "heard 7 17", "coverage vni-7 silent", "event 7 silent")
	check(t, p, 25*60*m)
	if s := p.Stats(); s.Points != 0 || s.Packets != 17 || s.Silent != 0 {
		t.Errorf("after a day: %+v", s)
	}
}

// inventory names VNIs as a test says.
type inventory map[uint32]events.Binding

func (i inventory) name(vni uint32, at time.Time) (events.Binding, bool) {
	b, known := i[vni]
	if known && b.To != nil && !at.Before(*b.To) {
		b = events.Binding{}
	}
	return b, known
}

// TestNamedPoints: what an inventory names has no coverage of the sensor's, and what the sensor said before goes, once.
func TestNamedPoints(t *testing.T) {
	i := inventory{}
	p := NewPoints(PointOptions{Sensor: "s1", Name: i.name})
	m := time.Minute
	p.Add([]events.Heard{came(m, 7, 1), came(m, 8, 1)})
	check(t, p, m) // both wait for their names
	i[7] = events.Binding{Interface: "eni-a", Name: "web"}
	i[8] = events.Binding{}
	n := check(t, p, m+time.Second, "heard 7 1", "heard 8 1", "coverage vni-8 mirrored", "forget vni-7", "event 7", "event 8")
	if n.Heard[0].Interface != "eni-a" || n.Heard[0].Name != "web" || n.Heard[1].Interface != "" || !slices.Contains(n.Events[0].Resources, "eni-a") {
		t.Errorf("names: %+v", n)
	}
	i[8] = events.Binding{Interface: "eni-b"}
	p.Add([]events.Heard{came(2*m, 7, 1), came(2*m, 8, 1)})
	check(t, p, 3*m, "heard 7 2", "heard 8 2", "forget vni-8")
	p.Add([]events.Heard{came(4*m, 7, 1), came(4*m, 8, 1)})
	check(t, p, 4*m, "heard 7 3", "heard 8 3")
	// 7 is given back. What was under way is no news; what comes long after is nobody's, and says so.
	to := events.Time(4*m + 1).Time()
	i[7] = events.Binding{Interface: "eni-a", To: &to}
	p.Add([]events.Heard{came(5*m, 7, 1)})
	check(t, p, 5*m, "heard 7 4")
	p.Add([]events.Heard{came(10*m, 7, 1)})
	n = check(t, p, 10*m, "heard 7 5", "coverage vni-7 mirrored")
	if n.Heard[0].Interface != "" {
		t.Errorf("after it was given back: %+v", n.Heard[0])
	}
	// 9 stays unknown: after five minutes it is told without a name, and never covered.
	p.Add([]events.Heard{came(11*m, 9, 1)})
	check(t, p, 11*m)
	check(t, p, 16*m, "heard 9 1", "event 9")
	p.Add([]events.Heard{came(16*m, 10, 1)})
	if got := told(p.Last(events.Time(16*m + 1))); !slices.Equal(got, []string{"heard 10 1", "event 10"}) {
		t.Errorf("at the end: %q", got)
	}
}

// TestShares passes each threshold and comes back, and stays quiet between the two.
func TestShares(t *testing.T) {
	for _, c := range []struct {
		fault events.HeardFault
		of    func(*events.Heard) *uint64
		steps map[uint64]bool // of 10,000 packets: whether the fault is there after
		order []uint64
	}{
		{events.HeardTruncated, func(h *events.Heard) *uint64 { return &h.Truncated }, map[uint64]bool{900: false, 1000: true, 600: true, 400: false}, []uint64{900, 1000, 600, 400}},
		{events.HeardGaps, func(h *events.Heard) *uint64 { return &h.Gaps }, map[uint64]bool{90: false, 100: true, 60: true, 40: false}, []uint64{90, 100, 60, 40}},
		{events.HeardDuplicates, func(h *events.Heard) *uint64 { return &h.Duplicates }, map[uint64]bool{8900: false, 9000: true, 8500: true, 7900: false}, []uint64{8900, 9000, 8500, 7900}},
	} {
		p := NewPoints(PointOptions{})
		at, ill := time.Hour, false
		p.Add([]events.Heard{came(at, 7, 1)})
		p.Turn(events.Time(at))
		for _, n := range c.order {
			h := came(at+time.Second, 7, 9_999) // with the one of the beginning of this window 10,000
			*c.of(&h) = n
			p.Add([]events.Heard{h})
			if got := p.Turn(events.Time(at + shareOver - time.Second)).Events; len(got) != 0 {
				t.Errorf("%s: told before there was enough: %v", c.fault, got)
			}
			at += shareOver + time.Second
			list := p.Turn(events.Time(at)).Events
			if want := c.steps[n]; (len(list) == 1) != (want != ill) {
				t.Errorf("%s, %d of 10,000: %d events", c.fault, n, len(list))
			} else if want != ill && (slices.Contains(list[0].Detail.Heard.Faults, c.fault) != want || list[0].Detail.Heard.Reason == "" || strings.Contains(list[0].Detail.Heard.Reason, "%!")) {
				t.Errorf("%s, %d of 10,000: %+v", c.fault, n, list[0].Detail.Heard)
			}
			ill = c.steps[n]
			p.Add([]events.Heard{came(at, 7, 1)})
		}
		p.Add([]events.Heard{{VNI: 7, Truncated: 50, Gaps: 50, Duplicates: 50, Packets: 50, Since: events.Time(at).Time(), LastSeen: events.Time(at + 10*time.Minute).Time()}})
		if got := p.Turn(events.Time(at + 10*time.Minute)).Events; len(got) != 0 {
			t.Errorf("%s: a few packets are judged: %+v", c.fault, got)
		}
	}
}

// TestPointsAreBounded reaches the limit, and sees it give way to points that are heard now.
func TestPointsAreBounded(t *testing.T) {
	p := NewPoints(PointOptions{})
	var list []events.Heard
	for i := range MaxPoints + 3 {
		list = append(list, came(time.Minute, uint32(i+1), 2))
	}
	p.Add(list)
	if n := len(p.Turn(events.Time(time.Minute)).Heard); n != MaxPoints || p.Stats().Uncounted != 6 || p.Stats().Points != MaxPoints {
		t.Errorf("%d points, %+v", n, p.Stats())
	}
	p.Add([]events.Heard{came(59*time.Minute, 1, 1)})
	p.Turn(events.Time(62 * time.Minute))
	p.Add([]events.Heard{came(62*time.Minute, MaxPoints+1, 1)})
	if s := p.Stats(); s.Points != 2 || s.Uncounted != 6 {
		t.Errorf("an hour later: %+v", s)
	}
}

// TestLateCounts: what one worker counted comes in behind the last packet, which another saw. The store must take it for newer.
func TestLateCounts(t *testing.T) {
	p := NewPoints(PointOptions{})
	p.Add([]events.Heard{came(2*time.Minute, 7, 1)})
	before := p.Turn(events.Time(2 * time.Minute)).Heard[0]
	for i := range 2 {
		p.Add([]events.Heard{came(time.Minute, 7, 1)})
		after := p.Turn(events.Time(time.Duration(4+i) * time.Minute)).Heard[0]
		if after.Packets != before.Packets+1 || after.LastSeen.Sub(before.LastSeen) != 1 {
			t.Errorf("first %+v, then %+v", before, after)
		}
		before = after
	}
	p.Add([]events.Heard{came(7*time.Minute, 7, 1)})
	if h := p.Turn(events.Time(7 * time.Minute)).Heard[0]; h.LastSeen != events.Time(7*time.Minute).Time() {
		t.Errorf("then %+v", h)
	}
}

// TestGapAlone: a hole found long after the last packet is counted, moves no time, and brings no point to life.
func TestGapAlone(t *testing.T) {
	p := NewPoints(PointOptions{})
	p.Add([]events.Heard{{VNI: 7, Gaps: 1}})
	p.Add([]events.Heard{came(time.Minute, 8, 1)})
	p.Add([]events.Heard{{VNI: 8, Gaps: 1}})
	n := p.Turn(events.Time(2 * time.Minute))
	if len(n.Heard) != 1 || n.Heard[0].Gaps != 1 || n.Heard[0].LastSeen != events.Time(time.Minute).Time() {
		t.Errorf("told %+v", n.Heard)
	}
}
