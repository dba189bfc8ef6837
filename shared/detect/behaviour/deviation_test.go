package behaviour

import (
	"fmt"
	"math"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// monday is a Monday at midnight, UTC.
const monday = 479_904 * events.Time(time.Hour)

// office plays what hosts send to a host outside, hour by hour, with some noise.
type office struct {
	judge *detect.Judge
	model *device.Model
	told  []*events.Detection
	now   events.Time
	r     *rand.Rand
	hosts int
	n     int
	to    func(host, hour int) string // where it goes; another place each day where nil
	back  float64                     // bytes that come back for each that is sent
}

func newOffice(hosts int) *office {
	o := &office{model: device.New(device.Options{}), now: monday, r: rand.New(rand.NewPCG(1, 2)), hosts: hosts}
	o.judge = detect.NewJudge([]detect.Spec{Deviation}, o.model, detect.Options{Emit: func(d *events.Detection) { o.told = append(o.told, d) }})
	o.judge.Tick(o.now)
	return o
}

// rhythm is megabytes an hour by day, night and weekend.
func rhythm(_, hour int) float64 {
	switch day := hour / 24 % 7; {
	case day >= 5:
		return 1
	case hour%24 >= 8 && hour%24 < 18:
		return 20
	}
	return 2
}

// play lets hours pass in which each host sends so many megabytes.
func (o *office) play(hours int, megabytes func(host, hour int) float64) {
	for range hours {
		hour := int((o.now - monday) / events.Time(time.Hour))
		for quarter := range 4 {
			for h := range o.hosts {
				mb := megabytes(h, hour) / 4 * math.Exp(0.2*o.r.NormFloat64())
				if mb == 0 {
					continue
				}
				o.n++
				to := fmt.Sprintf("203.0.%d.%d", h, hour/24)
				if o.to != nil {
					to = o.to(h, hour)
				}
				c := talk(0, host(h), to, 443)
				c.TS, c.UID, c.OrigIPBytes, c.RespIPBytes = o.now.Add(time.Second), fmt.Sprint(o.n), uint64(mb*1e6), c.RespIPBytes+uint64(o.back*mb*1e6)
				o.judge.Observe(c)
			}
			for range 15 {
				o.now = o.now.Add(time.Minute)
				o.judge.Tick(o.now)
			}
			_ = quarter
		}
	}
}

// last gives each detection as it was told last, of one metric or all.
func (o *office) last(metric string) (list []*events.Detection) {
	at := map[string]int{}
	for _, d := range o.told {
		if d.End != nil || metric != "" && d.Properties["metric"] != metric {
			continue
		}
		if i, there := at[d.ID]; there {
			list[i] = d
			continue
		}
		at[d.ID] = len(list)
		list = append(list, d)
	}
	return list
}

// medium counts the detections that ever were of medium risk or above.
func (o *office) medium() int {
	ids := map[string]bool{}
	for _, d := range o.told {
		if d.Risk.Score >= 30 {
			ids[d.ID] = true
		}
	}
	return len(ids)
}

func times(factor float64, of func(host, hour int) float64, when func(host, hour int) bool) func(host, hour int) float64 {
	return func(host, hour int) float64 {
		if when(host, hour) {
			return factor * of(host, hour)
		}
		return of(host, hour)
	}
}

func TestDeviation(t *testing.T) {
	one := func(h, _ int) bool { return h == 1 }
	cases := []struct {
		name          string
		then          func(host, hour int) float64
		hours         int
		medium, least int // detections of medium risk, and of any
		most          int
	}{
		{"below", times(2, rhythm, one), 3, 0, 0, 0},
		{"at", times(12, rhythm, one), 1, 1, 1, 1},
		{"once only", times(60, rhythm, one), 6, 1, 1, 1},
		{"a little beyond, for one hour", times(5, rhythm, one), 1, 0, 1, 1},
		{"a little beyond, for hours", times(5, rhythm, one), 3, 1, 1, 1},
		// The innocent twins.
		{"as ever", rhythm, 7 * 24, 0, 0, 0},
		{"a Monday like a Sunday", func(int, int) float64 { return 1 }, 24, 0, 0, 1},
		{"an hour later than usual", func(h, hour int) float64 { return rhythm(h, hour-1) }, 24, 0, 0, 0},
		{"a release on many at once", times(30, rhythm, func(h, _ int) bool { return h < 4 }), 1, 0, 1, 4},
		{"growth", func(h, hour int) float64 { return rhythm(h, hour) * math.Pow(1.03, float64(hour-21*24)/24) }, 20 * 24, 0, 0, 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			o := newOffice(6)
			o.play(21*24+9, rhythm)
			if len(o.told) > 0 {
				t.Fatalf("three quiet weeks: %s", o.told[0].Description)
			}
			o.play(c.hours, c.then)
			if n := len(o.last("")); o.medium() != c.medium || n < c.least || n > c.most {
				t.Errorf("%d of medium risk, %d in all", o.medium(), n)
				for _, d := range o.told {
					t.Logf("%d %s", d.Risk.Score, d.Description)
				}
			}
		})
	}
}

// Catches: a sentence without the numbers, properties that say something else, another device than the one.
func TestDeviationSaysWhatIsUsual(t *testing.T) {
	o := newOffice(3)
	o.play(21*24+9, rhythm)
	o.play(1, times(40, rhythm, func(h, _ int) bool { return h == 2 }))
	list := o.last("bytes_out_external")
	if len(list) != 1 {
		t.Fatalf("%d detections", len(list))
	}
	d := list[0]
	for _, part := range []string{host(2) + " sent ", " MB to hosts outside between 09:00 and ", "; on Mondays at 9 it sends between 1", " MB."} {
		if !strings.Contains(d.Description, part) {
			t.Errorf("%q does not say %q", d.Description, part)
		}
	}
	p := d.Properties
	if p["basis"] != "hour of the week" || p["hours_of_history"].(int) < 500 || p["high"].(float64) > 40e6 || p["low"].(float64) < 10e6 || p["seen"].(float64) < 600e6 || p["ratio"].(float64) < 20 {
		t.Errorf("properties %v", p)
	}
	if d.Participants[0].Address != netip.MustParseAddr(host(2)) || len(d.Participants) != 1 {
		t.Errorf("participants %v", d.Participants)
	}
	first := o.told[0]
	if at := first.Update.Sub(monday.Add((21*24 + 9) * time.Hour).Time()); at > 25*time.Minute {
		t.Errorf("told %v after it began: the hour need not be over", at)
	}
}

// Catches: one large copy to the bucket that a program always sends to, or to a place of all, told as loud as one to a stranger; an upload that
// hides behind those; hours of it that are never told; the acknowledgements of a film told as an upload.
func TestWhereItGoes(t *testing.T) {
	usual := func(h, _ int) string { return fmt.Sprintf("203.0.113.%d", 1+h) }
	common := func(int, int) string { return "203.0.113.200" }
	stranger := func(h, _ int) string { return fmt.Sprintf("198.51.100.%d", 1+h) }
	for _, c := range []struct {
		name       string
		then       func(host, hour int) string
		factor     float64
		hours      int
		back       float64
		medium     int
		term       string
		least, all int
	}{
		{"to a stranger", stranger, 12, 1, 0, 1, "", 1, 1},
		{"to the usual place", usual, 12, 1, 0, 0, "usual_destinations", 1, 1},
		{"to a place of several", common, 12, 1, 0, 0, "usual_destinations", 1, 1},
		{"to the usual place, for hours", usual, 12, 3, 0, 1, "", 1, 1},
		{"to the usual place, beyond all measure", usual, 400, 1, 0, 1, "far_beyond", 1, 1},
		{"a film that is acknowledged", stranger, 12, 1, 50, 0, "", 0, 0},
	} {
		o := newOffice(4)
		o.to = func(h, hour int) string {
			if hour%24 == 3 {
				return common(h, hour)
			}
			return usual(h, hour)
		}
		o.play(21*24+9, rhythm)
		o.to, o.back = c.then, c.back
		o.play(c.hours, times(c.factor, rhythm, func(h, _ int) bool { return h == 1 }))
		list := o.last("bytes_out_external")
		if o.medium() != c.medium || len(list) < c.least || len(list) > c.all {
			t.Errorf("%s: %d of medium risk, %d in all", c.name, o.medium(), len(list))
		}
		for _, d := range list {
			if c.term != "" && !slices.ContainsFunc(d.Risk.Terms, func(x events.Term) bool { return x.Name == c.term }) {
				t.Errorf("%s: %+v", c.name, d.Risk.Terms)
			}
		}
	}
}

// Catches: a job of every night that alarms for ever; an attacker who doubles what he sends and is taken for growth.
func TestDeviationIsNotTaught(t *testing.T) {
	o := newOffice(2)
	job := func(h, hour int) float64 {
		if h == 1 && hour%24 == 3 {
			return 400
		}
		return rhythm(h, hour)
	}
	o.play(14*24, rhythm)
	o.play(3*24, job)
	if o.medium() != 1 {
		t.Errorf("a new job: %d detections of medium risk", o.medium())
	}
	o.play(7*24, job)
	accepted := slices.IndexFunc(o.told, func(d *events.Detection) bool { return strings.Contains(d.Description, "taken for usual from now on") })
	if accepted < 0 {
		t.Fatal("that it was accepted is not told")
	}
	for _, d := range o.told[accepted+1:] {
		if d.End == nil {
			t.Errorf("after it was accepted: %s", d.Description)
		}
	}

	boil := newOffice(2)
	boil.play(14*24, rhythm)
	for day := range 6 {
		boil.play(24, times(math.Exp2(float64(day+1)), rhythm, func(h, _ int) bool { return h == 1 }))
		if boil.medium() > 0 {
			if day > 3 {
				t.Errorf("a slow boil is seen on day %d", day+1)
			}
			return
		}
	}
	t.Error("a slow boil is never seen")
}

// Catches: a first week without judgement; a new device that is judged by nothing, or as one of long standing.
func TestDeviationWithoutWeeks(t *testing.T) {
	o := newOffice(3)
	o.play(3*24+10, rhythm)
	o.play(1, times(60, rhythm, func(h, _ int) bool { return h == 1 }))
	list := o.last("bytes_out_external")
	if len(list) != 1 || list[0].Properties["basis"] != "hour of the day" || !strings.Contains(list[0].Description, "at 10 o'clock it sends ") {
		t.Fatalf("in the first week: %d detections", len(list))
	}
	own := list[0].Confidence
	o.hosts++ // a new one
	o.play(2, times(60, rhythm, func(h, _ int) bool { return h == 3 }))
	list = o.last("bytes_out_external")
	if len(list) != 2 || list[1].Properties["basis"] != "peer group" || list[1].Confidence >= own || !strings.Contains(list[1].Description, "a device of its group (subnet:") {
		t.Errorf("a new device: %d detections", len(list))
		for _, d := range list {
			t.Log(d.Risk.Score, d.Confidence, d.Description)
		}
	}
	first := newOffice(3)
	first.play(20, rhythm)
	first.play(3, times(100, rhythm, func(h, _ int) bool { return h == 1 }))
	if first.medium() > 0 {
		t.Errorf("on the first day: %s", first.told[0].Description)
	}
}

// Catches: what goes on that is told twice after a restart.
func TestDeviationsSurviveARestart(t *testing.T) {
	a, b := NewDeviation(DeviationDefaults()), NewDeviation(DeviationDefaults())
	r, _ := a.runs.Put(77<<8 | 3)
	*r = stretch{began: monday, last: monday.Add(26 * time.Hour), since: monday.Add(26*time.Hour + 3*time.Minute), hours: 2, grade: firm, most: 12e6, accepted: true}
	a.runs.Note(77<<8 | 3)
	a.Save(func(k, v []byte) {
		if err := b.Load(k, v); err != nil {
			t.Fatal(err)
		}
	})
	if back := b.runs.Peek(77<<8 | 3); back == nil || *back != *r {
		t.Errorf("%+v became %+v", r, back)
	}
}

// Catches: sentences that nobody can read.
func TestWords(t *testing.T) {
	m := device.Metrics()[device.BytesOut]
	for x, want := range map[float64]string{800: "1 kB", 120e3: "0.1 MB", 12.4e6: "12 MB", 2.25e9: "2.2 GB"} {
		if got := amount(x, m); got != want {
			t.Errorf("%v: %q, want %q", x, got, want)
		}
	}
	for n, want := range map[int]string{2: "2nd", 3: "3rd", 11: "11th", 12: "12th", 21: "21st", 24: "24th"} {
		if got := ordinal(n); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	seen := map[int]bool{}
	for _, h := range allHabits() {
		if strings.Count(h.did, "%s") != 1 || seen[h.metric] || h.does == "" {
			t.Errorf("%+v", h)
		}
		seen[h.metric] = true
	}
	if len(seen) != device.NumMetrics {
		t.Errorf("%d of %d metrics are judged", len(seen), device.NumMetrics)
	}
}
