package inventory

import (
	"fmt"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// BenchmarkSweep is a look at 10,000 interfaces: of which nothing is known, of which nothing is news with and without a memory, and of
// which a hundred are.
func BenchmarkSweep(b *testing.B) {
	var list []events.Holding
	for n := range 10_000 {
		h := held(n, noon().Add(-time.Hour), fmt.Sprintf("10.%d.%d.%d", n>>16, n>>8&255, n&255))
		h.VPC = fmt.Sprint("vpc-", n%20)
		h.Tags = map[string]string{"Name": h.Name, "team": "shop", "aws:autoscaling:groupName": "web", "mirrorwatch": "on"}
		list = append(list, h)
	}
	for _, c := range []struct {
		name   string
		memory *Memory
		news   int
	}{{"cold", nil, 0}, {"same", nil, 0}, {"same, remembered", &Memory{}, 0}, {"a hundred are new", &Memory{}, 100}} {
		b.Run(c.name, func(b *testing.B) {
			w := newWorld(b)
			if c.name != "cold" {
				w.keep(Observation{Complete: true, Seen: list, Memory: c.memory})
			}
			w.docs.none()
			b.ReportAllocs()
			b.ResetTimer()
			for i := range b.N {
				w.now = w.now.Add(time.Second)
				for n := range c.news {
					list[n].Tags = map[string]string{"turn": fmt.Sprint(i)}
				}
				if c.name == "cold" {
					w = newWorld(b)
				}
				w.keep(Observation{Complete: true, Seen: list, Memory: c.memory})
			}
			b.ReportMetric(float64(w.docs.reads)/float64(b.N), "reads/op")
			b.ReportMetric(float64(w.docs.writes)/float64(b.N), "writes/op")
		})
	}
}
