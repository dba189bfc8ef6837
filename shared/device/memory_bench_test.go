package device

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// heap is what is live, in bytes.
func live() uint64 {
	runtime.GC()
	runtime.GC()
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return s.HeapAlloc
}

// BenchmarkMemory tells bytes a local device with twenty peers, five services, three kinds of software and a name; what is usual of it comes
// on top, and here there is none yet but for the present hour. Kept is what a device takes on disk.
func BenchmarkMemory(b *testing.B) {
	for _, devices := range []int{1_000, 10_000, 50_000} {
		b.Run(fmt.Sprint(devices), func(b *testing.B) {
			for range b.N {
				before := live()
				m := New(Options{})
				fill(m, devices)
				whole := float64(live()-before) / float64(devices)
				var kept, entries int
				m.Save(func(_, v []byte) { kept += len(v); entries++ })
				for _, t := range m.tables() {
					for _, d := range t.All {
						m.forgetHabits(d)
					}
				}
				m.turns, m.rare = turns{}, rareness{}
				b.ReportMetric(whole, "B/device-all")
				b.ReportMetric(float64(live()-before)/float64(devices), "B/device")
				b.ReportMetric(float64(kept)/float64(entries), "B/kept")
				runtime.KeepAlive(m)
			}
		})
	}
}

// BenchmarkKeep tells how long all of it takes to write and to read.
func BenchmarkKeep(b *testing.B) {
	m := New(Options{})
	fill(m, 10_000)
	saved := disk{}
	m.Save(saved.put)
	b.Run("save", func(b *testing.B) {
		for b.Loop() {
			for _, d := range m.inside.All {
				d.unsaved = true
				m.attic.unsaved = append(m.attic.unsaved, d.Serial)
			}
			m.Save(func(_, _ []byte) {})
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/10_000, "ns/device")
	})
	b.Run("load", func(b *testing.B) {
		for b.Loop() {
			n := New(Options{})
			for key, value := range saved {
				if err := n.Load([]byte(key), value); err != nil {
					b.Fatal(err)
				}
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/10_000, "ns/device")
	})
	b.Run("export", func(b *testing.B) {
		for b.Loop() {
			for _, d := range m.inside.All {
				m.export(d)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/10_000, "ns/device")
	})
}

// BenchmarkObserveKnown is a record of two devices that know each other, in a site of ten thousand, under an observation point.
func BenchmarkObserveKnown(b *testing.B) {
	inv := &inventory{vpc: map[uint32]string{1: "vpc-a"}}
	m := inv.model()
	var list []*events.Conn
	for i := range 10_000 {
		c := under(1, conn(int64(time.Second)+int64(i), host(i%3000), host(i%977), 443, "SF"))
		c.UID, c.Service = "x", "ssl"
		list = append(list, c)
		m.Observe(c)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		h := list[i%len(list)]
		m.mark(h.TS)
		sc := m.scopeOf(h.VNI)
		v := View{model: m, scope: sc, Orig: m.see(sc, h.OrigH, &h.Head, true), Resp: m.see(sc, h.RespH, &h.Head, true)}
		v.Fresh = freshness(&v)
		m.moved, m.first = m.since(h)
		m.learnConn(h, v)
		m.consider(v.Orig)
		m.consider(v.Resp)
	}
}
