package baseline

import (
	"bytes"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"
)

const (
	floor = 1e6
	from  = 479_904 // hours since the epoch: a Monday
)

// office is traffic of working hours: much by day, little by night, less at weekends.
func office(hour int64) float64 {
	s := seasonOf(hour)
	x := 5e6
	if s.day >= 8 && s.day < 18 {
		x = 200e6
	}
	if s.weekend == 1 {
		x /= 4
	}
	return x
}

type series struct {
	tools *Tools
	u     *Usual
	r     *rand.Rand
	sigma float64
	at    int64
	level func(int64) float64
}

func newSeries(seed uint64, sigma float64, level func(int64) float64) *series {
	tools := NewTools()
	return &series{tools, tools.NewUsual(0), rand.New(rand.NewPCG(seed, 1)), sigma, from, level}
}

func (s *series) value() float64 { return s.level(s.at) * math.Exp(s.sigma*s.r.NormFloat64()) }

// learn lets so many hours pass and gives how many were outside the limits, and how many by more than a factor of 2.5.
func (s *series) learn(hours int) (outside, far int) {
	for range hours {
		x := s.value()
		e := s.u.Expect(s.at, floor, int(s.at-from), nil)
		if _, beyond := e.Judge(x); beyond != 0 {
			outside++
			if math.Abs(beyond) > 0.9 {
				far++
			}
		}
		s.tools.Learn(s.u, Hour{At: s.at, Total: x, Floor: floor})
		s.at++
	}
	return outside, far
}

func TestMondayIsMonday(t *testing.T) {
	if s := seasonOf(from); s.week != 0 || s.day != 0 || s.weekend != 0 || seasonOf(from+5*24).weekend != 1 || seasonOf(from+167).week != 167 {
		t.Errorf("%+v", s)
	}
}

// Catches: limits that noise leaves. What is counted is four weeks of many series with narrow and wide noise.
func TestNoiseStaysWithin(t *testing.T) {
	outside, far, hours := 0, 0, 0
	for seed := range uint64(60) {
		s := newSeries(seed, []float64{0.1, 0.3, 0.6, 1}[seed%4], office)
		s.learn(24)
		o, f := s.learn(27 * 24)
		outside, far, hours = outside+o, far+f, hours+27*24
	}
	t.Logf("%d hours: %d outside, %d far outside", hours, outside, far)
	if outside > hours/5000 || far > 0 {
		t.Errorf("%d hours: %d outside, %d far outside", hours, outside, far)
	}
}

// Catches: a range that is not around what is usual, or does not follow the season; a basis that is not the one used.
func TestExpectFollowsTheSeason(t *testing.T) {
	s := newSeries(1, 0.2, office)
	for _, c := range []struct {
		days  int
		basis Basis
	}{{0, WarmingUp}, {2, HourOfDay}, {6, HourOfDay}, {15, HourOfWeek}, {28, HourOfWeek}} {
		s.learn(int(int64(c.days)*24 - (s.at - from)))
		e := s.u.Expect(s.at+10, floor, 0, nil)
		if e.Basis != c.basis {
			t.Fatalf("after %d days: %q, want %q", c.days, e.Basis, c.basis)
		}
		if c.days < 2 {
			continue
		}
		want := s.level(s.at + 10)
		if math.Abs(math.Log(e.Mid/want)) > 0.8 || e.Low > e.Mid || e.High < e.Mid || e.Most < 3*want/2 || e.Most > 12*office(from+10) {
			t.Errorf("after %d days: %.3g to %.3g around %.3g, at most %.3g; it is %.3g", c.days, e.Low, e.High, e.Mid, e.Most, want)
		}
	}
	night, noon := s.u.Expect(s.at+2, floor, 0, nil), s.u.Expect(s.at+12, floor, 0, nil)
	if night.Most > noon.Mid/2 {
		t.Errorf("at night up to %.3g is usual, at noon %.3g", night.Most, noon.Mid)
	}
	if score, beyond := night.Judge(noon.Mid); beyond <= 0 || score < 10 {
		t.Errorf("noon at night: score %v, beyond %v", score, beyond)
	}
	if _, beyond := noon.Judge(noon.Mid); beyond != 0 {
		t.Error("noon at noon is out of the ordinary")
	}
	if _, beyond := noon.Judge(0); beyond >= 0 {
		t.Errorf("silence at noon: beyond %v; at least %.3g", beyond, noon.Least)
	}
}

// Catches: a slow boil that teaches the range to follow. Each day an attacker sends twice as much as the day before.
func TestSlowBoilIsSeen(t *testing.T) {
	s := newSeries(2, 0.2, office)
	s.learn(21 * 24)
	for day := range 12 {
		factor, alerts := math.Exp2(float64(day+1)), 0
		for range 24 {
			x := s.value() * factor
			e := s.u.Expect(s.at, floor, 0, nil)
			_, beyond := e.Judge(x)
			if beyond > 0 {
				alerts++
			}
			s.tools.Learn(s.u, Hour{At: s.at, Total: x, Floor: floor, Tainted: beyond > 0})
			s.at++
		}
		if alerts > 0 {
			if day > 3 {
				t.Errorf("seen on day %d only", day+1)
			}
			return
		}
	}
	t.Error("never seen")
}

// Catches: a new level that is never accepted, or too soon; one that is accepted by halves.
func TestDriftIsAcceptedAfterDays(t *testing.T) {
	s := newSeries(3, 0.2, office)
	s.learn(21 * 24)
	s.level = func(h int64) float64 { return 20 * office(h) }
	accepted := 0
	for hour := range 24 * 5 {
		x := s.value()
		e := s.u.Expect(s.at, floor, 0, nil)
		_, beyond := e.Judge(x)
		l := s.tools.Learn(s.u, Hour{At: s.at, Total: x, Floor: floor, Tainted: beyond > 0})
		s.at++
		if l.Accepted {
			accepted++
			if hour < 20 {
				t.Errorf("accepted after %d hours", hour)
			}
		}
	}
	if accepted == 0 {
		t.Fatal("never accepted")
	}
	if outside, _ := s.learn(7 * 24); outside > 3 {
		t.Errorf("after it was accepted, %d hours of a week were outside", outside)
	}
}

// Catches: a job of one hour a day, or a week, that alarms for ever.
func TestJobsBecomeUsual(t *testing.T) {
	for _, every := range []int64{24, 168} {
		s := newSeries(4, 0.2, office)
		s.learn(21 * 24)
		job := func(h int64) bool { return (h-from)%every == 3 }
		s.level = func(h int64) float64 {
			if job(h) {
				return 3e9
			}
			return office(h)
		}
		alerts := 0
		for range 7 * 24 * 7 {
			x := s.value()
			e := s.u.Expect(s.at, floor, 0, nil)
			_, beyond := e.Judge(x)
			if beyond > 0 {
				alerts++
			}
			s.tools.Learn(s.u, Hour{At: s.at, Total: x, Floor: floor, Tainted: beyond > 0})
			s.at++
		}
		if alerts < 1 || alerts > 4 {
			t.Errorf("a job every %d hours: %d alerts in seven weeks", every, alerts)
		}
	}
}

// Catches: an alert that teaches all the same.
func TestTaintedHoursTeachNothing(t *testing.T) {
	s := newSeries(5, 0.2, office)
	s.learn(21 * 24)
	before := s.u.Expect(s.at+24, floor, 0, nil)
	s.tools.Learn(s.u, Hour{At: s.at, Total: 1e12, Floor: floor, Tainted: true})
	after := s.u.Expect(s.at+24, floor, 0, nil)
	if before != after {
		t.Errorf("%+v became %+v", before, after)
	}
}

// Catches: a stranger among its peers that is judged by nothing, or as its peers are not.
func TestPeersJudgeTheNew(t *testing.T) {
	g, tools := NewGroup(), NewTools()
	for seed := range uint64(10) {
		s := newSeries(seed, 0.3, office)
		for range 72 {
			x := s.value()
			h := Hour{At: s.at, Total: x, Floor: floor}
			tools.LearnGroup(g, h, tools.Learn(s.u, h))
			s.at++
		}
	}
	at := int64(from + 72 + 10)
	e := tools.NewUsual(0).Expect(at, floor, 2, g)
	if e.Basis != PeerGroup || e.Mid < office(at)/2 || e.Mid > 2*office(at) || e.Most > 20*office(at) {
		t.Errorf("%+v, want about %.3g", e, office(at))
	}
	if e := (*Usual)(nil).Expect(at, floor, 500, nil); e.Mid != 0 || e.Most != 2*floor || e.Basis != Overall {
		t.Errorf("what it never did: %+v", e)
	}
	b := g.AppendBinary(nil)
	back, err := tools.DecodeGroup(b)
	if err != nil {
		t.Fatal(err)
	}
	// What rare hours are like is reckoned anew when a group is read.
	if again := tools.NewUsual(0).Expect(at, floor, 2, back); again.Mid != e.Mid || math.Abs(math.Log(again.Most/e.Most)) > 0.2 {
		t.Errorf("%+v became %+v", e, again)
	}
}

// Catches: a summary that is another after it was written and read; a broken one that is taken, or panics.
func TestEncoding(t *testing.T) {
	tools := NewTools()
	for _, days := range []int{0, 1, 5, 30} {
		s := newSeries(6, 0.5, office)
		s.learn(24 * days)
		b := s.u.AppendBinary(nil)
		back, rest, err := tools.Decode(append(b, 7))
		if err != nil || len(rest) != 1 {
			t.Fatalf("%d days: %v, %d left over", days, err, len(rest))
		}
		if again := back.AppendBinary(nil); !reflect.DeepEqual(again, b) {
			t.Errorf("%d days: %d bytes became %d", days, len(b), len(again))
		}
		for h := range int64(200) {
			if a, b := s.u.Expect(s.at+h, floor, 0, nil), back.Expect(s.at+h, floor, 0, nil); a != b {
				t.Fatalf("%d days, hour %d: %+v became %+v", days, h, a, b)
			}
		}
		for n := range len(b) {
			if _, _, err := tools.Decode(b[:n]); err == nil {
				t.Errorf("%d of %d bytes are taken for a summary", n, len(b))
			}
		}
		if len(b) > 1200 {
			t.Errorf("%d days: %d bytes", days, len(b))
		}
	}
}

func FuzzDecode(f *testing.F) {
	s := newSeries(6, 0.5, office)
	s.learn(24 * 10)
	f.Add(s.u.AppendBinary(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		tools := NewTools()
		if u, _, err := tools.Decode(b); err == nil {
			tools.Learn(u, Hour{At: from, Total: 5, Floor: 1})
			e := u.Expect(from, 1, 0, nil)
			e.Judge(3)
		}
	})
}

// Catches: a merge that forgets one of the two.
func TestMerge(t *testing.T) {
	whole, a, b := newSeries(7, 0.3, office), newSeries(7, 0.3, office), newSeries(8, 0.3, office)
	whole.learn(28 * 24)
	a.learn(14 * 24)
	b.at = a.at
	b.learn(14 * 24)
	if err := NewTools().Merge(a.u, b.u); err != nil {
		t.Fatal(err)
	}
	for h := range int64(168) {
		x, y := whole.u.Expect(whole.at+h, floor, 0, nil), a.u.Expect(whole.at+h, floor, 0, nil)
		if math.Abs(math.Log((x.Mid+floor)/(y.Mid+floor))) > 0.5 || math.Abs(math.Log((x.Most+floor)/(y.Most+floor))) > 0.8 {
			t.Fatalf("hour %d: %+v of one, %+v of two", h, x, y)
		}
	}
	if a.u.Hours() != whole.u.Hours() {
		t.Errorf("%d hours, want %d", a.u.Hours(), whole.u.Hours())
	}
}

func BenchmarkLearn(b *testing.B) {
	s := newSeries(9, 0.3, office)
	s.learn(28 * 24)
	b.ReportAllocs()
	b.ReportMetric(float64(len(s.u.AppendBinary(nil))), "bytes-encoded")
	for b.Loop() {
		s.tools.Learn(s.u, Hour{At: s.at, Total: office(s.at), Floor: floor})
		s.at++
	}
}

func BenchmarkExpect(b *testing.B) {
	s := newSeries(9, 0.3, office)
	s.learn(28 * 24)
	for b.Loop() {
		e := s.u.Expect(s.at, floor, 0, nil)
		e.Judge(5e6)
	}
}

// Catches: an update of the program that forgets what was usual, because summaries of before had a second distribution.
func TestTheFirstVersionIsRead(t *testing.T) {
	s := newSeries(3, 0.5, office)
	s.learn(15 * 24)
	now := s.u.AppendBinary(nil)
	ratios := s.u.ratios.append(nil)
	before := bytes.Replace(now, ratios, append(bytes.Clone(ratios), ratios...), 1)
	before[0] = versionOfMinute
	if len(before) == len(now) {
		t.Fatal("the distribution was not found")
	}
	u, rest, err := s.tools.Decode(append(before, 7))
	if err != nil || len(rest) != 1 || !bytes.Equal(u.AppendBinary(nil), now) {
		t.Errorf("%v, %d bytes left", err, len(rest))
	}
}
