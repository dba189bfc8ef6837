package state

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"syscall"
	"testing"
	"time"
)

// devices and what each has: what a site of the largest size keeps, were every device as rich as one can be.
const (
	benchDevices = 50_000
	benchValue   = 8 << 10
)

// value is like what is kept of a device: levels of the hours of a week, which go up and down by the day, with noise.
func value(b []byte, rng *rand.Rand) []byte {
	b = b[:0]
	base := rng.IntN(20_000)
	for n := 0; len(b) < benchValue; n++ {
		b = binary.LittleEndian.AppendUint16(b, uint16(base+100*(n%24)+rng.IntN(16)))
	}
	return b
}

func processor() time.Duration {
	var r syscall.Rusage
	syscall.Getrusage(0, &r)
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

func fill(l *Log, rng *rand.Rand) (longest time.Duration) {
	var b []byte
	key := make([]byte, 8)
	for n := range uint64(benchDevices) {
		binary.LittleEndian.PutUint64(key, n)
		b = value(b, rng)
		begin := time.Now()
		for !l.Room() {
			time.Sleep(time.Millisecond)
			begin = time.Now()
		}
		l.Put("device", key, b)
		longest = max(longest, time.Since(begin))
	}
	return longest
}

// BenchmarkState writes, reads and compacts what 50,000 devices have: each figure in seconds and megabytes. Stall is the longest Put.
func BenchmarkState(b *testing.B) {
	for _, packed := range []bool{true, false} {
		b.Run(fmt.Sprint("compress=", packed), func(b *testing.B) {
			for b.Loop() {
				benchState(b, Options{Dir: b.TempDir(), Parts: []Part{{"device", 1}}, Now: time.Now, NoCompress: !packed, CompactAfter: 1 << 40})
			}
		})
	}
}

func benchState(b *testing.B, o Options) {
	rng := rand.New(rand.NewPCG(1, 1))
	seconds := func(what string, begin time.Time) { b.ReportMetric(time.Since(begin).Seconds(), what) }
	before := processor()
	defer func() { b.ReportMetric((processor() - before).Seconds(), "cpu-s-of-all") }()
	begin := time.Now()
	fill(&Log{o: o, parts: map[string]int{"device": 1}, writer: &writer{}, queue: queue{size: -1 << 40}}, rng)
	made := time.Since(begin) // making the values up
	l, err := Open(o, func(Entry) error { return nil })
	if err != nil {
		b.Fatal(err)
	}
	for n, what := range []string{"write-s", "minute-s"} {
		begin := time.Now()
		stall := fill(l, rng)
		l.Commit(int64(n + 1))
		for !l.Written() {
			time.Sleep(time.Millisecond)
		}
		b.ReportMetric((time.Since(begin) - made).Seconds(), what)
		b.ReportMetric(float64(stall.Microseconds()), "stall-µs")
		b.ReportMetric(float64(l.Stats().Bytes)/1e6, what[:len(what)-1]+"MB")
	}
	l.Close()
	begin = time.Now()
	n := 0
	if _, err := Read(o, func(Entry) error { n++; return nil }); err != nil || n != benchDevices {
		b.Fatal(n, err)
	}
	seconds("read-logs-s", begin)
	o.CompactAfter = 1
	if l, err = Open(o, func(Entry) error { return nil }); err != nil {
		b.Fatal(err)
	}
	l.Commit(3)
	for l.Stats().Compaction == 0 {
		l.queue.nudge()
		time.Sleep(time.Millisecond)
	}
	b.ReportMetric(l.Stats().Compacted.Seconds(), "compact-s")
	b.ReportMetric(float64(l.Stats().Snapshot)/1e6, "snapshot-MB")
	l.Close()
	begin = time.Now()
	if _, err := Read(o, func(Entry) error { return nil }); err != nil {
		b.Fatal(err)
	}
	seconds("read-s", begin)
}
