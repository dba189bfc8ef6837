package flowjudge

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/netip"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// traffic is records as a VPC of two hundred hosts has them: most is web traffic inside and out, a sixth is rejected noise, a sixth goes on
// over windows.
func traffic(n int) []*events.Conn {
	r := rand.New(rand.NewPCG(1, 2))
	list := make([]*events.Conn, n)
	for i := range list {
		c := &events.Conn{Proto: "tcp", IPProto: 6, Source: events.FlowLog, Action: "ACCEPT", Direction: "egress", ConnState: "S1", TCPFlags: flagACK, Duration: 3e9}
		c.UID, c.Interface = fmt.Sprintf("V%010d", i), fmt.Sprintf("eni-%04d", r.IntN(200))
		c.OrigH, c.OrigP = netip.AddrFrom4([4]byte{10, 0, 0, byte(r.IntN(200))}), uint16(32768+r.IntN(28000))
		c.RespH, c.RespP = netip.AddrFrom4([4]byte{10, 0, 1, byte(r.IntN(200))}), []uint16{443, 5432, 8080, 6379}[r.IntN(4)]
		c.OrigPkts, c.RespPkts, c.OrigBytes, c.RespBytes, c.OrigIPBytes, c.RespIPBytes = 9, 12, 900, 9000, 1400, 9700
		switch i % 6 {
		case 0:
			c.OrigH, c.RespH, c.RespP = netip.AddrFrom4([4]byte{198, 18, byte(r.IntN(250)), byte(r.IntN(250))}), c.OrigH, uint16(r.IntN(10_000))
			c.Action, c.ConnState, c.Direction, c.OrigPkts, c.RespPkts, c.OrigBytes, c.RespBytes, c.OrigIPBytes, c.RespIPBytes = reject, "S0", ingress, 1, 0, 0, 0, 60, 0
		case 1, 2:
			c.RespH, c.RespP = netip.AddrFrom4([4]byte{203, 0, byte(r.IntN(8)), byte(r.IntN(250))}), 443
		case 3:
			c.OrigP = 40_000
		}
		list[i] = c
	}
	return list
}

// BenchmarkConn is the price of a record: shape, windows, tries, the device model and all detectors, at 10,000 records a minute of the log's.
func BenchmarkConn(b *testing.B) {
	j, err := New(Options{VPC: func(string) string { return "vpc-1" }, Mirrored: func(string, netip.Addr, time.Time) bool { return false }})
	if err != nil {
		b.Fatal(err)
	}
	list := traffic(1 << 16)
	b.ReportAllocs()
	before, n := processor(), 0
	for i := 0; b.Loop(); i++ {
		c := list[i%len(list)]
		c.TS = begin + events.Time(i)*6e6
		j.Conn(c)
		n++
	}
	b.ReportMetric(float64(processor()-before)/float64(n), "cpu-ns/record")
}

// processor is the processor time of the process, which says more than the clock on a machine that others use.
func processor() time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(0, &r); err != nil {
		return 0
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// BenchmarkSave is a snapshot after an hour of it.
func BenchmarkSave(b *testing.B) {
	j, err := New(Options{})
	if err != nil {
		b.Fatal(err)
	}
	for i, c := range traffic(600_000) {
		c.TS = begin + events.Time(i)*6e6
		j.Conn(c)
	}
	var to bytes.Buffer
	before, n := processor(), 0
	for b.Loop() {
		to.Reset()
		if err := j.pack(&to); err != nil {
			b.Fatal(err)
		}
		n++
	}
	b.ReportMetric(float64((processor()-before).Milliseconds())/float64(n), "cpu-ms")
	b.ReportMetric(float64(to.Len())/1e6, "MB")
	raw := 0
	for _, p := range j.inner.Parts() {
		j.shelf.each(p.Name, func(key string, value []byte) { raw += len(key) + len(value) })
	}
	b.ReportMetric(float64(raw)/1e6, "raw-MB")
}

// BenchmarkMemory is what a judge takes whose tables are full: six thousand hosts inside, more outside than there is room for.
func BenchmarkMemory(b *testing.B) {
	var before, after runtime.MemStats
	for b.Loop() {
		runtime.GC()
		runtime.ReadMemStats(&before)
		j, err := New(Options{})
		if err != nil {
			b.Fatal(err)
		}
		for i, c := range traffic(600_000) {
			c.TS = begin + events.Time(i)*6e6
			if a := c.OrigH.As4(); a[0] == 10 {
				c.OrigH = netip.AddrFrom4([4]byte{10, 1, byte(i % 30), a[3]})
			}
			j.Conn(c)
		}
		if err := j.pack(io.Discard); err != nil {
			b.Fatal(err)
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/1e6, "MB")
		b.ReportMetric(float64(j.Stats().Detect.Devices), "devices")
		runtime.KeepAlive(j)
	}
}
