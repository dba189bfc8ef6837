package fleet

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// sink keeps what it is told.
type sink struct {
	mu    sync.Mutex // of all that is here, and of the counts that a test sets
	fail  error
	hang  bool
	told  []map[string]float64
	units map[string]string
	at    []time.Time
}

// Put is Sink.
func (s *sink) Put(ctx context.Context, at time.Time, list []Metric) error {
	s.mu.Lock()
	hang := s.hang
	s.mu.Unlock()
	if hang {
		<-ctx.Done()
		return ctx.Err()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		return s.fail
	}
	m := map[string]float64{}
	s.units = map[string]string{}
	for _, one := range list {
		m[one.Name], s.units[one.Name] = one.Value, one.Unit
	}
	if len(m) != len(list) {
		return fmt.Errorf("a metric is there twice: %v", list)
	}
	s.told, s.at = append(s.told, m), append(s.at, at)
	return nil
}

// set changes what a test does while the teller runs.
func (s *sink) set(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

// counting is a teller over counts that a test sets.
func counting(s *sink) (t *Teller, load *Load, failures *[]string) {
	load, failures = &Load{}, &[]string{}
	t = NewTeller(TellerOptions{
		Load: func() (l Load) { s.set(func() { l = *load }); return l }, Sink: s, Now: time.Now,
		Failed: func(err error) { s.set(func() { *failures = append(*failures, fmt.Sprint(err)) }) },
	})
	return t, load, failures
}

func expect(t *testing.T, got map[string]float64, want map[string]float64) {
	t.Helper()
	for name, w := range want {
		if g, there := got[name]; !there || math.Abs(g-w) > 1e-9 {
			t.Errorf("%s is %v (there: %v), want %v", name, g, there, w)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d metrics, want %d: %v", len(got), len(want), got)
	}
}

// TestRates: what was counted before is nobody's minute, and what grows within one is told by the time that passed.
func TestRates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &sink{}
		load := Load{Packets: 1 << 40, Bytes: 1 << 50, Drops: 77, NotStored: 5} // a sensor that is told of late
		teller := NewTeller(TellerOptions{Load: func() (l Load) { s.set(func() { l = load }); return l }, Sink: s, Now: time.Now})
		ctx, stop := context.WithCancel(t.Context())
		begun := time.Now()
		go teller.Run(ctx)
		time.Sleep(30 * time.Second)
		s.set(func() {
			load = Load{
				Packets: 1<<40 + 9000, Bytes: 1<<50 + 600_000, Drops: 77 + 1000, NotStored: 8,
				QueuePercent: 12.5, Points: 40, Silent: 3, SpoolBytes: 1 << 20, Healthy: true, Failed: 2,
			}
		})
		time.Sleep(31 * time.Second)
		stop()
		synctest.Wait()
		if len(s.told) != 1 || !s.at[0].Equal(begun.Add(time.Minute)) {
			t.Fatalf("told %v at %v", s.told, s.at)
		}
		expect(t, s.told[0], map[string]float64{
			"PacketsPerSecond": 150, "BytesPerSecond": 10_000, "Drops": 1000, "DropPercent": 10, "QueuePercent": 12.5, "Points": 40,
			"PointsSilent": 3, "NotStored": 3, "SpoolBytes": 1 << 20, "Healthy": 1, "DetectorsFailed": 2,
		})
		for name, unit := range map[string]string{
			"PacketsPerSecond": "Count/Second", "BytesPerSecond": "Bytes/Second", "Drops": "Count", "DropPercent": "Percent", "QueuePercent": "Percent",
			"Points": "Count", "SpoolBytes": "Bytes", "Healthy": "Count",
		} {
			if s.units[name] != unit {
				t.Errorf("%s is in %q, want %q", name, s.units[name], unit)
			}
		}
	})
}

// TestNonsense: counts that go back, a sensor that counted nothing, and a clock that is set back give no number that nobody can believe.
func TestNonsense(t *testing.T) {
	s := &sink{}
	teller, load, _ := counting(s)
	now := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	teller.o.Now, teller.at = func() time.Time { return now }, now
	step := func(d time.Duration, l Load) map[string]float64 {
		now, *load = now.Add(d), l
		before := len(s.told)
		teller.tell(t.Context(), rates)
		if len(s.told) == before {
			return nil
		}
		return s.told[len(s.told)-1]
	}
	if got := step(time.Minute, Load{}); got["PacketsPerSecond"] != 0 || got["DropPercent"] != 0 || got["Healthy"] != 0 {
		t.Errorf("nothing was counted: %v", got)
	}
	step(time.Minute, Load{Packets: 6000, Drops: 10})
	if got := step(time.Minute, Load{Packets: 600, Drops: 2}); got["PacketsPerSecond"] != 10 || got["Drops"] != 2 {
		t.Errorf("counts that began anew: %v", got)
	}
	if got := step(-time.Hour, Load{Packets: 700}); got != nil {
		t.Errorf("told over a time that did not pass: %v", got)
	}
	if got := step(50*time.Second, Load{Packets: 1100, Drops: 3}); got["PacketsPerSecond"] != 10 || got["Drops"] != 1 {
		t.Errorf("after the clock was set back: %v", got) // 500 since 600, in 50 s
	}
	if got := step(time.Minute, Load{Packets: 1100, Drops: 8}); got["DropPercent"] != 100 {
		t.Errorf("nothing but drops: %v", got)
	}
	for _, m := range s.told {
		for name, v := range m {
			if math.IsNaN(v) || math.IsInf(v, 0) || v < 0 {
				t.Errorf("%s is %v", name, v)
			}
		}
	}
}

// TestFailures: a call that fails is said once at a turn, and loses no drop; one that hangs does not outlast its minute.
func TestFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &sink{fail: errors.New("access denied")}
		teller, load, failures := counting(s)
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { teller.Run(ctx); close(ended) }()
		s.set(func() { load.Packets, load.Drops = 6000, 40 })
		time.Sleep(3*time.Minute + time.Second)
		s.set(func() { s.fail, s.hang = nil, true })
		time.Sleep(time.Minute)
		s.set(func() {
			if len(*failures) != 1 || (*failures)[0] != "tell load: access denied" {
				t.Errorf("said %q", *failures)
			}
			s.hang, load.Packets = false, 24_000
		})
		time.Sleep(time.Minute)
		s.mu.Lock()
		defer s.mu.Unlock()
		if len(*failures) != 2 || (*failures)[1] != "<nil>" {
			t.Errorf("said %q", *failures)
		}
		if len(s.told) != 1 || s.told[0]["Drops"] != 40 || s.told[0]["PacketsPerSecond"] != 80 { // 24,000 in five minutes
			t.Errorf("told %v", s.told)
		}
		s.mu.Unlock()
		stop()
		<-ended
		s.mu.Lock()
		if len(*failures) != 2 {
			t.Errorf("an end is no failure: %q", *failures)
		}
	})
}

// TestLast: what was lost at the very end is told, and no rate of a piece of a minute.
func TestLast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &sink{}
		teller, load, _ := counting(s)
		time.Sleep(3 * time.Second)
		*load = Load{Packets: 100, Drops: 2, NotStored: 4}
		teller.Last(t.Context())
		if len(s.told) != 1 {
			t.Fatalf("told %v", s.told)
		}
		expect(t, s.told[0], map[string]float64{"Drops": 2, "NotStored": 4})
	})
}

// TestDocumented: the page has a row for each metric, and for none that there is not, so that nobody must guess what to alarm at.
func TestDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	_, part, found := strings.Cut(string(text), "\n## Its load in CloudWatch\n")
	if part, _, _ = strings.Cut(part, "\n## "); !found {
		t.Fatal("the page has no such part")
	}
	var documented, told []string
	for line := range strings.Lines(part) {
		if first, _, is := strings.Cut(strings.TrimPrefix(line, "| `"), " | "); is && first != "| metric" {
			documented = append(documented, strings.Split(strings.Trim(first, "`"), "`, `")...)
		}
	}
	for _, m := range rates(Load{}, Load{}, time.Minute) {
		told = append(told, m.Name)
	}
	slices.Sort(documented)
	slices.Sort(told)
	if !slices.Equal(documented, told) {
		t.Errorf("documented %q\ntold %q", documented, told)
	}
}
