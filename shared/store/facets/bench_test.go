package facets_test

import (
	"fmt"
	"net/netip"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
	"github.com/mirrorwatch/mirrorwatch/shared/store/facets"
	"github.com/mirrorwatch/mirrorwatch/shared/store/storetest"
)

// A million detections over 90 days. Run with: go test -run '^$' -bench Million -benchtime 30x -timeout 20m ./shared/store/facets
const million = 1_000_000

const days = 90

func when(i int) time.Time { return begin.Add(time.Duration(i) * (days * 24 * time.Hour / million)) }

// full makes the index once for all benchmarks of a run, from encoded facets as a store loads them.
func full(b *testing.B) *facets.Index {
	b.Helper()
	encoded := make([][]byte, million)
	for i := range encoded {
		d := storetest.Detection(i, when(i))
		if i%20 == 0 {
			d.Status, d.Assignee = events.StatusInProgress, fmt.Sprint("user", i%7)
		}
		if i%50 == 0 {
			d.HiddenBy = "rule"
		}
		d.Modified = &d.Update
		encoded[i] = facets.Encode(&d, int64(i))
	}
	before := heap()
	start := time.Now()
	x := facets.New(facets.Options{Expect: million})
	for i, e := range encoded {
		f, err := facets.Decode(e)
		if err != nil {
			b.Fatal(err)
		}
		x.Put(f)
		encoded[i] = e
	}
	took := time.Since(start)
	b.Logf("loaded in %v; %d bytes a detection; %+v", took, (heap()-before)/million, x.Stats())
	runtime.KeepAlive(encoded)
	return x
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func BenchmarkMillion(b *testing.B) {
	runtime.GOMAXPROCS(2) // one for the questions, one for those who write
	x := full(b)
	stop := make(chan struct{})
	defer close(stop)
	go write(x, stop)
	end := when(million)
	for _, span := range []struct {
		name string
		from time.Time
	}{{"day", end.Add(-24 * time.Hour)}, {"all", begin}} {
		for name, f := range filters() {
			f.From, f.To = &span.from, &end
			b.Run(span.name+"/search/"+name, func(b *testing.B) { measure(b, func() error { return search(x, f, store.ByStart) }) })
			b.Run(span.name+"/score/"+name, func(b *testing.B) { measure(b, func() error { return search(x, f, store.ByScore) }) })
			b.Run(span.name+"/histogram/"+name, func(b *testing.B) {
				measure(b, func() error {
					_, err := x.Histogram(f, store.HistogramQuery{From: span.from, To: end, Buckets: 100})
					return err
				})
			})
		}
		for _, by := range store.GroupBys() {
			f := store.DetectionFilter{From: &span.from, To: &end}
			b.Run(span.name+"/groups/"+string(by), func(b *testing.B) {
				measure(b, func() error {
					_, err := x.Groups(f, store.GroupQuery{By: by, Limit: 50, Buckets: 24})
					return err
				})
			})
		}
	}
}

func filters() map[string]store.DetectionFilter {
	return map[string]store.DetectionFilter{
		"none":   {},
		"type":   {Types: []string{"recon.type_7", "access.type_1"}},
		"status": {Statuses: []events.Status{events.StatusInProgress}, Assignees: []string{"user3"}},
		"text":   {Text: "answered nothing"},
		"common": {Text: "12 of them"},
		"lines":  {Text: "\ni-0"},
		"cidr":   {Participant: &store.ParticipantFilter{Addresses: []netip.Prefix{netip.MustParsePrefix("203.0.16.0/20")}}},
		"tag":    {Offender: &store.ParticipantFilter{Tags: map[string]string{"team": "team-3"}, Ports: []uint16{22}}},
		"host":   {Victim: &store.ParticipantFilter{Hostnames: []string{"app-3.corp.example"}}},
		"not": {MinScore: 30, Not: []store.DetectionFilter{
			{Types: []string{"recon.type_7"}}, {Text: "443"}, {Offender: &store.ParticipantFilter{Addresses: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/10")}}},
		}},
	}
}

func search(x *facets.Index, f store.DetectionFilter, s store.Sort) error {
	_, _, err := x.Search(store.DetectionQuery{Filter: f, Sort: s, Count: true})
	return err
}

// measure reports the time that 99 of 100 questions stay below, and the processor time of one: on a shared machine only that tells.
func measure(b *testing.B, ask func() error) {
	var took []time.Duration
	before := processor(b)
	for b.Loop() {
		start := time.Now()
		if err := ask(); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(start))
	}
	b.ReportMetric(float64((processor(b)-before).Microseconds())/1000/float64(b.N), "cpu-ms")
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
}

// processor is what this process took so far.
func processor(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// write puts 500 a second: new ones and old ones changed.
func write(x *facets.Index, stop chan struct{}) {
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for i := million; ; i++ {
		select {
		case <-stop:
			return
		case <-tick.C:
		}
		n := i
		if i%2 == 0 {
			n = i * 7919 % million
		}
		d := storetest.Detection(n, when(n))
		d.Notes = append(d.Notes, events.Note{Text: "seen"})
		f, err := facets.Of(&d, int64(n))
		if err != nil {
			panic(err)
		}
		x.Put(f)
	}
}
