package correlate

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// TestLoss: what flow logs count of a machine beside what the sensors counted of it in the same minutes.
func TestLoss(t *testing.T) {
	for _, c := range []struct {
		name string
		seen float64 // bytes a minute that the sensors counted
		loss float64
		says string
	}{
		{"all was seen", 10e6, 0, "as much as"}, {"half was seen", 5e6, 0.5, "50 %"}, {"more was seen", 20e6, 0, "records of them are missing"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := build(t)
			h.joiner.o.Metrics = nil
			h.now = noon.Add(2 * time.Hour)
			d := guessing()
			d.Evidence.End = noon.Add(9*time.Minute + 30*time.Second)
			d.Update = d.Evidence.End
			var lines []string
			var samples []events.Sample
			for m := -60; m < 10; m++ {
				at := noon.Add(time.Duration(m) * time.Minute)
				lines = append(lines, fmt.Sprintf("2 123456789012 eni-0a000000000000004 203.0.113.99 10.20.2.22 40000 22 6 1000 60000 %d %d ACCEPT OK\n", at.Unix(), at.Unix()+59),
					fmt.Sprintf("2 123456789012 eni-0a000000000000004 10.20.2.22 203.0.113.99 22 40000 6 10000 10000000 %d %d ACCEPT OK\n", at.Unix(), at.Unix()+59))
				samples = append(samples, events.Sample{Device: "10.20.2.22", Time: at, Metrics: map[string]float64{"bytes_out": c.seen}})
			}
			h.ok(h.store.Devices.Observe(t.Context(), samples...))
			h.flows("flows", lines...)
			h.put(d)
			h.told()
			f := h.get().Context.Flows
			if f == nil || f.BytesFlows == 0 || f.Loss < c.loss-0.06 || f.Loss > c.loss+0.06 || !strings.Contains(f.Sentence, c.says) {
				t.Errorf("%+v", f)
			}
		})
	}
}
