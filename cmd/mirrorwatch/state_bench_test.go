package main

import (
	"errors"
	"fmt"
	"net/netip"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// BenchmarkLearning has a whole judge learn of 50,000 devices that all do something every minute, and keeps it: a minute with all changed,
// the longest that the judge handed over at one go, and the restart.
func BenchmarkLearning(b *testing.B) {
	for _, devices := range []int{1_000, 10_000, 50_000} {
		b.Run(fmt.Sprint("devices=", devices), func(b *testing.B) {
			for b.Loop() {
				benchLearning(b, b.TempDir(), devices)
			}
		})
	}
}

// processor is the processor time of the process (0) or the thread (1), which says more than the clock on a machine that others use.
func processor(whose int) time.Duration {
	var r syscall.Rusage
	syscall.Getrusage(whose, &r)
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

func benchLearning(b *testing.B, dir string, devices int) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	p, err := newPipeline(options{workers: 1, state: dir}, nil)
	if err != nil {
		b.Fatal(err)
	}
	at := events.Time(1_800_000_000e9)
	var saved, longest time.Duration
	const hours, minutes = 3, 4
	for n := range hours * minutes {
		at = at.Add(time.Hour / minutes)
		for i := range devices {
			p.Record(benchConn(at, n, i), nil)
		}
		begin := time.Now()
		p.learn.begun = time.Time{} // a minute is over, whatever the clock says
		for tick := at; p.learn.phase != resting || p.learn.minute != at-at%events.Time(time.Minute) || !p.learn.log.Written(); tick++ {
			one := processor(1)
			p.learn.tick(at)
			longest = max(longest, processor(1)-one)
			if p.learn.phase == resting {
				time.Sleep(100 * time.Microsecond)
			}
		}
		saved = time.Since(begin)
		for range 1000 {
			at++
			p.Tick(at) // minutes and hours are closed a few at a time
		}
	}
	s := p.learn.log.Stats()
	b.ReportMetric(saved.Seconds(), "minute-s")
	b.ReportMetric(float64(longest.Microseconds())/1000, "tick-cpu-ms")
	b.ReportMetric(float64(s.Bytes)/1e6, "MB")
	if err := errors.Join(p.close(), p.settle(true)); err != nil {
		b.Fatal(err)
	}
	begin, cpu := time.Now(), processor(0)
	again, err := newPipeline(options{workers: 1, state: dir, complain: func(s string) { b.Log(s) }}, nil)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(time.Since(begin).Seconds(), "restart-s")
	b.ReportMetric((processor(0) - cpu).Seconds(), "restart-cpu-s")
	r := again.learn.log.Report()
	b.ReportMetric(float64(r.Entries), "entries")
	raw := int64(0)
	for _, p := range r.Parts {
		raw += p.Bytes
	}
	b.ReportMetric(float64(raw)/1e6, "raw-MB")
	if len(r.LeftOut) > 0 || r.Entries < devices {
		b.Fatal(r)
	}
	again.settle(false)
}

func benchConn(at events.Time, n, i int) *events.Conn {
	c := &events.Conn{IPProto: 6, ConnState: "SF", Service: "ssl", OrigBytes: 2000, OrigIPBytes: 3000, RespBytes: 9000, RespIPBytes: 10_000, OrigPkts: 9, RespPkts: 12}
	c.TS, c.UID = at, fmt.Sprintf("C%d-%d", n, i)
	c.OrigH = netip.AddrFrom4([4]byte{10, 1, byte(i >> 8), byte(i)})
	c.RespH, c.RespP = netip.AddrFrom4([4]byte{10, 2, 0, byte((i + n) % 200)}), 443
	c.OrigP = uint16(20_000 + n)
	return c
}
