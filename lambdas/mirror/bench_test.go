package mirror

import (
	"runtime"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/trigger"
	"github.com/mirrorwatch/mirrorwatch/test/ec2fake"
)

// BenchmarkHouse is a fleet of 10,000 interfaces in three accounts: the cold sweep, one that has nothing to do, and an event.
func BenchmarkHouse(b *testing.B) {
	h := build(b, 0, "", secondID, "999900001111")
	for _, a := range []string{firstID, secondID, "999900001111"} {
		for range 7 {
			subnet := h.network(a)
			for range 10_000 / 21 {
				_, err := h.cloud.RunInstance(ec2fake.InstanceSpec{Subnet: subnet, Type: "m5.large", Tags: map[string]string{"mirrorwatch": "on"}})
				h.ok(err)
			}
		}
	}
	h.clock.Move(time.Hour)
	l := h.loop()
	b.ResetTimer()
	for range b.N {
		began := time.Now()
		calls := h.calls(func() { h.sweep(l) })
		cold := time.Since(began)
		h.clock.Move(5 * time.Minute)
		began = time.Now()
		again := h.calls(func() { h.sweep(l) })
		warm := time.Since(began)
		last := h.instance(firstID, map[string]string{"mirrorwatch": "on"})
		h.clock.Move(time.Minute)
		began = time.Now()
		event := h.calls(func() {
			_, err := l.Handle(b.Context(), []trigger.Key{{Account: firstID, Region: region, Kind: trigger.Instance, ID: last.ID}})
			h.ok(err)
		})
		b.ReportMetric(cold.Seconds(), "s/cold")
		b.ReportMetric(warm.Seconds(), "s/warm")
		b.ReportMetric(time.Since(began).Seconds(), "s/event")
		b.ReportMetric(float64(changes(calls))/float64(calls["CreateTrafficMirrorSession"]), "changes/session")
		b.ReportMetric(float64(total(calls)-changes(calls)), "describes/cold")
		b.ReportMetric(float64(total(again)), "calls/warm")
		b.ReportMetric(float64(changes(again)), "changes/warm")
		b.ReportMetric(float64(total(event)), "calls/event")
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		b.ReportMetric(float64(m.Sys)/(1<<20), "MiB/process")
	}
}
