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

// pool is like what is kept of a device: levels of the hours of a week, which go up and down by the day, with noise. Values are cut from it.
func pool() []byte {
	rng := rand.New(rand.NewPCG(1, 1))
	b := make([]byte, 0, 16<<20)
	for n := 0; len(b) < cap(b)-2; n++ {
		b = binary.LittleEndian.AppendUint16(b, uint16(20_000+100*(n%24)+rng.IntN(16)))
	}
	return b
}

func processor() time.Duration {
	var r syscall.Rusage
	syscall.Getrusage(0, &r)
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

func fill(l *Log, pool []byte, round uint64) (longest time.Duration) {
	key := make([]byte, 8)
	for n := range uint64(benchDevices) {
		binary.LittleEndian.PutUint64(key, n)
		from := (n*7919 + round*104_729) * 2 % uint64(len(pool)-benchValue)
		b := pool[from : from+benchValue]
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
	values := pool()
	seconds := func(what string, begin time.Time) { b.ReportMetric(time.Since(begin).Seconds(), what) }
	before := processor()
	defer func() { b.ReportMetric((processor() - before).Seconds(), "cpu-s-of-all") }()
	l, err := Open(o, func(Entry) error { return nil })
	if err != nil {
		b.Fatal(err)
	}
	for n, what := range []string{"write-s", "minute-s"} {
		begin := time.Now()
		stall := fill(l, values, uint64(n))
		l.Commit(int64(n + 1))
		for !l.Written() {
			time.Sleep(time.Millisecond)
		}
		b.ReportMetric(time.Since(begin).Seconds(), what)
		b.ReportMetric(float64(stall.Microseconds()), "stall-µs")
		b.ReportMetric(float64(l.Stats().Bytes)/1e6, what[:len(what)-1]+"MB")
	}
	l.Close()
	begin := time.Now()
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
