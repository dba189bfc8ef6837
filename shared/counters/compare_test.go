package counters

import (
	"encoding/json"
	"hash/fnv"
	"math"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// hour is a Tuesday.
var hour = time.Date(2026, 11, 24, 14, 0, 0, 0, time.UTC)

// past is one series, told in a few numbers: the value now, that of the same hour on the days before, and that on the same weekdays
// where it differs. The highest is one day's.
type past struct {
	Now, Days, Weeks, High *float64
}

type comparison struct {
	Name, Category    string
	Machines          []Machine
	OnlyDays          int                `json:"only_days"`
	AskedAfterMinutes int                `json:"asked_after_minutes"`
	HighestBefore     map[string]float64 `json:"highest_before"`
	Series            map[string]past
	News              []string
	Times             []float64
	Reason            string
	Feed              string
	Skipped           float64
	State             string
}

func (c *comparison) query() Query {
	q := Query{Machines: c.Machines, Metrics: Metrics(), Hour: hour, Asked: hour.Add(3 * time.Hour), Weeks: Weeks, Category: c.Category}
	if c.AskedAfterMinutes > 0 {
		q.Asked = hour.Add(time.Duration(c.AskedAfterMinutes) * time.Minute)
	}
	return q
}

// answer writes every hour of four weeks, with other numbers in the other hours of the day: they must not matter.
func (c *comparison) answer() Answer {
	var a Answer
	for name, p := range c.Series {
		machine, metric, _ := strings.Cut(name, " ")
		s := Series{Machine: machine, Metric: metric}
		add := func(at time.Time, v *float64) {
			if v != nil {
				s.Times, s.Values = append(s.Times, at), append(s.Values, *v)
			}
		}
		other := 7e11
		for d := 1; d <= 28 && p.Days != nil && (c.OnlyDays == 0 || d <= c.OnlyDays); d++ {
			v := p.Days
			if d%7 == 0 && p.Weeks != nil {
				v = p.Weeks
			}
			if d == 3 && p.High != nil {
				v = p.High
			}
			if top, ok := c.HighestBefore[name]; ok && d == 14 {
				v = &top
			}
			if c.OnlyDays == 0 && p.High != nil && p.Weeks == nil && d == 7 {
				v = p.High // so that the weeks are not alike
			}
			add(hour.AddDate(0, 0, -d), v)
			add(hour.AddDate(0, 0, -d).Add(time.Hour), &other)
		}
		add(hour, p.Now)
		a.Series = append(a.Series, s)
	}
	return a
}

// TestCompare holds what is said against what was written down beforehand. It catches a usual of the wrong hours, a zero made of
// nothing, and a word for small things.
func TestCompare(t *testing.T) {
	raw, err := os.ReadFile("testdata/compare.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []comparison
	if err := json.Unmarshal(raw, &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			news, feed, adjustments := Compare(c.query(), c.answer())
			c.check(t, news, feed, adjustments)
			again, feedAgain, adjustedAgain := Compare(c.query(), c.answer())
			if !reflect.DeepEqual(again, news) || !reflect.DeepEqual(feed, feedAgain) || !reflect.DeepEqual(adjustments, adjustedAgain) {
				t.Error("the same says something else the second time")
			}
		})
	}
}

func (c *comparison) check(t *testing.T, news []events.CounterNews, feed *events.FeedIntegrity, adjustments []events.Term) {
	t.Helper()
	var said []string
	for i, n := range news {
		s := n.Sentence
		if n.Unusual {
			s = "UNUSUAL " + s
		}
		said = append(said, s)
		if i < len(c.Times) && n.Times != c.Times[i] {
			t.Errorf("%s: %v times, want %v", n.Metric, n.Times, c.Times[i])
		}
	}
	if !reflect.DeepEqual(said, c.News) {
		t.Errorf("said\n%s\nwant\n%s", strings.Join(said, "\n"), strings.Join(c.News, "\n"))
	}
	var want []events.Term
	if c.Reason != "" {
		want = []events.Term{{Name: "context_counters_unusual", Points: 5, Reason: c.Reason}}
	}
	if !reflect.DeepEqual(adjustments, want) {
		t.Errorf("adjustments %+v, want %+v", adjustments, want)
	}
	got, skipped := "", 0.0
	if feed != nil {
		got, skipped = feed.Sentence, feed.Skipped
		if feed.Complete {
			got = "COMPLETE " + got
		}
	}
	if got != c.Feed || math.Abs(skipped-c.Skipped) > 1e-9 {
		t.Errorf("feed %q, %v\nwant %q, %v", got, skipped, c.Feed, c.Skipped)
	}
	if c.State != "" {
		if s := State(c.query(), c.answer(), nil); string(s.Status)+": "+s.Why != c.State {
			t.Errorf("state %q: %q, want %q", s.Status, s.Why, c.State)
		}
	}
}

// TestHostileNumbers gives what no counter may hold.
func TestHostileNumbers(t *testing.T) {
	c := comparison{Machines: []Machine{{ID: "i-0abc", Role: "offender", Mirrored: true}}, Category: "exfil"}
	q := c.query()
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), -5} {
		s := Series{Machine: "i-0abc", Metric: "NetworkOut", Times: []time.Time{hour, hour}, Values: []float64{v}}
		if news, feed, adjusted := Compare(q, Answer{Series: []Series{s}}); news != nil || feed != nil || adjusted != nil {
			t.Errorf("%v: %+v %+v %+v", v, news, feed, adjusted)
		}
	}
	s := Series{Machine: "i-0abc", Metric: "NetworkOut"}
	for d := range 29 {
		s.Times, s.Values = append(s.Times, hour.AddDate(0, 0, -d)), append(s.Values, math.MaxFloat64/float64(d+1))
	}
	news, _, _ := Compare(q, Answer{Series: []Series{s}})
	if _, err := json.Marshal(news); err != nil || len(news) != 1 {
		t.Errorf("%+v: %v", news, err)
	}
}

// TestMostNews reaches the limit: what is unusual stays.
func TestMostNews(t *testing.T) {
	c := comparison{Category: "exfil", Series: map[string]past{}}
	for i := range MostMachines {
		m := Machine{ID: "i-" + strings.Repeat("0", 16) + string("0123456789abcdef"[i]), Role: "victim"}
		c.Machines = append(c.Machines, m)
		for j, metric := range Metrics()[:5] {
			now, days := 10.0, 9.0
			if i == MostMachines-1 && j == 0 {
				now, days = 1e10, 1e8
			}
			c.Series[m.ID+" "+metric.Name] = past{Now: &now, Days: &days}
		}
	}
	news, _, adjusted := Compare(c.query(), c.answer())
	if len(news) != MostNews || !news[0].Unusual || news[0].Instance != "i-0000000000000000f" || len(adjusted) != 1 {
		t.Errorf("%d news, the first %+v, adjusted %+v", len(news), news[0], adjusted)
	}
}

// TestHowOftenTheUsualIsUnusual draws machines whose hours vary as much as real ones do (log-normal, one sigma from steady to bursty)
// and judges hours drawn the same way: each "unusual" is a false one. The figure is in docs/cloudwatch.md.
func TestHowOftenTheUsualIsUnusual(t *testing.T) {
	for _, c := range []struct{ sigma, most float64 }{{0.3, 0.0002}, {0.6, 0.004}, {1, 0.02}} {
		const draws = 20_000
		called := 0
		for i := range draws {
			h := &hours{at: map[int64]float64{}}
			for d := range 29 {
				h.at[hourOf(hour)-int64(24*d)] = 1e9 * math.Exp(c.sigma*normal(uint64(i), uint64(d)))
			}
			u, _ := usualOf(h, hour, Weeks)
			if u.exceeded(h.at[hourOf(hour)], "Bytes") {
				called++
			}
		}
		rate := float64(called) / draws
		t.Logf("sigma %.1f: %.2f %% of ordinary hours are called unusual", c.sigma, 100*rate)
		if rate > c.most {
			t.Errorf("sigma %.1f: %v of ordinary hours are called unusual, at most %v", c.sigma, rate, c.most)
		}
	}
}

// normal is a number of a normal distribution, the same for the same place.
func normal(i, d uint64) float64 {
	sum := -6.0
	for k := range uint64(12) {
		h := fnv.New64a()
		for _, v := range []uint64{i, d, k} {
			h.Write([]byte{byte(v), byte(v >> 8), byte(v >> 16)}) //nolint:errcheck // never fails
		}
		x := h.Sum64()
		x ^= x >> 31
		x *= 0x9e3779b97f4a7c15
		sum += float64(x>>11) / (1 << 53)
	}
	return sum
}
