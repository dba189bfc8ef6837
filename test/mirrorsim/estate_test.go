package mirrorsim

import (
	"context"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/plan"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/trigger"
	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

const many = 10_000

func estate(t testing.TB, n int) *Estate {
	t.Helper()
	e, err := NewEstate(n)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// TestEstate counts the calls of a cold apply, of a pass after which nothing is to be done, and of an event, in accounts with ten thousand
// interfaces together. A page is a thousand.
func TestEstate(t *testing.T) {
	n := many
	if testing.Short() {
		n = 1000
	}
	e := estate(t, n)
	var err error
	cold := e.Calls(func() { _, err = e.Loop.Sweep(context.Background()) })
	looks, changed := Split(cold)
	sessions := len(e.Cloud.Sessions(region))
	t.Logf("cold: %d sessions, %d calls that change (%.4f a session), %d that look: %v", sessions, changed, float64(changed)/float64(sessions), looks, cold)
	if err != nil || sessions != n || 10*changed > 11*sessions {
		t.Errorf("%d sessions of %d, %d calls that change, %v", sessions, n, changed, err)
	}
	if most := pages(n); looks > most {
		t.Errorf("%d calls that look, want at most %d", looks, most)
	}
	e.Wait(5 * time.Minute)
	again := e.Calls(func() { _, err = e.Loop.Sweep(context.Background()) })
	looks, changed = Split(again)
	t.Logf("again: %d calls that change, %d that look: %v", changed, looks, again)
	if most := pages(n); err != nil || changed != 0 || looks > most {
		t.Errorf("the second pass: %d change and %d look, want none and at most %d; %v", changed, looks, most, err)
	}
	i, err := e.Launch(0)
	if err != nil {
		t.Fatal(err)
	}
	e.Wait(time.Minute)
	event := e.Calls(func() { _, err = e.Loop.Handle(context.Background(), keyOf(i)) })
	looks, changed = Split(event)
	t.Logf("event: %d calls: %v", looks+changed, event)
	if err != nil || looks+changed > 10 || changed != 1 || len(e.Cloud.Sessions(region)) != n+1 {
		t.Errorf("an event: %d look and %d change, %d sessions, %v", looks, changed, len(e.Cloud.Sessions(region)), err)
	}
}

// pages is how many describes a sweep takes: of each account what it has, by the thousand, and one call of each kind that is few; in the
// fleet's account besides its load balancer with listener, target group and attributes, and the share. The fleet's account sees the
// sessions of all, as they use its target.
func pages(interfaces int) int {
	page := func(n int) int { return max(1, (n+999)/1000) }
	each := (interfaces*7 + 19) / 20 // seven of twenty VPCs at most are one account's
	return 3*(page(each+2)+page(each)+page(each)+4) + page(interfaces) - page(each) + 3 + 8
}

func keyOf(i ec2api.Instance) []trigger.Key {
	return []trigger.Key{{Account: fleet, Region: region, Kind: trigger.Instance, ID: i.ID}}
}

// BenchmarkPlan plans for ten thousand interfaces: cold, with a session to be made for each, and when all are mirrored.
func BenchmarkPlan(b *testing.B) {
	for _, name := range []string{"cold", "settled"} {
		b.Run(name, func(b *testing.B) {
			e := estate(b, many)
			if name == "settled" {
				if _, err := e.Loop.Sweep(context.Background()); err != nil {
					b.Fatal(err)
				}
				e.Wait(5 * time.Minute)
			}
			_, world, err := e.Loop.Plan(context.Background(), nil)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			var most uint64
			for b.Loop() {
				most = max(most, peak(func() { made(b, plan.Make(world, e.Policy), name) }))
			}
			b.ReportMetric(float64(most)/(1<<20), "MiB-peak")
		})
	}
}

func made(b *testing.B, p plan.Plan, name string) {
	if len(p.Coverage) < many || p.Empty() != (name == "settled") {
		b.Fatalf("%d rows of coverage and %d steps", len(p.Coverage), len(p.Steps))
	}
}

// peak is how much the heap grows above what it was while something is done, looked at every millisecond.
func peak(do func()) uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	base, most := m.HeapAlloc, atomic.Uint64{}
	stop, done := make(chan struct{}), make(chan struct{})
	look := func() {
		var now runtime.MemStats
		runtime.ReadMemStats(&now)
		most.Store(max(most.Load(), now.HeapAlloc))
	}
	go func() {
		defer close(done)
		for tick := time.NewTicker(time.Millisecond); ; {
			select {
			case <-stop:
				tick.Stop()
				return
			case <-tick.C:
				look()
			}
		}
	}()
	do()
	look()
	close(stop)
	<-done
	return most.Load() - min(base, most.Load())
}

// BenchmarkEventAttach is all that an event costs, from its key to the stored coverage, in accounts with ten thousand interfaces. The
// imitation's own time is in it; waiting for AWS is not, as the clock is the test's.
func BenchmarkEventAttach(b *testing.B) {
	e := estate(b, many)
	if _, err := e.Loop.Sweep(context.Background()); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		b.StopTimer()
		i, err := e.Launch(0)
		if err != nil {
			b.Fatal(err)
		}
		e.Wait(time.Minute)
		b.StartTimer()
		if _, err := e.Loop.Handle(context.Background(), keyOf(i)); err != nil {
			b.Fatal(err)
		}
		n++
	}
	if got := len(e.Cloud.Sessions(region)); got != many+n {
		b.Fatalf("%d sessions, want %d", got, many+n)
	}
}
