package impact

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

func httpFloodRun(n int, step time.Duration, from string, change func(i int, r *events.HTTP)) (found []detect.Finding, last []detect.Finding) {
	model, d := device.New(device.Options{}), NewHTTPFlood(HTTPFloodDefaults())
	for i := range n {
		r := &events.HTTP{
			Head:   events.Head{TS: events.Time(1.7e18).Add(time.Duration(i) * step), UID: fmt.Sprint("C", i), OrigH: netip.MustParseAddr(from), RespH: netip.MustParseAddr("10.0.0.5"), RespP: 80},
			Method: "GET", URI: "/", StatusCode: 200,
		}
		if change != nil {
			change(i, r)
		}
		found = append(found, d.Observe(r, model.Observe(r))...)
	}
	return found, d.Close(model.View())
}

// Catches: a threshold that is off by one, a flood told of request by request, services and balancers that are only busy.
func TestHTTPFlood(t *testing.T) {
	const stranger, neighbour = "203.0.113.9", "10.0.0.7"
	unserved := func(i int, r *events.HTTP) { r.StatusCode = 503 }
	half := func(i int, r *events.HTTP) { r.StatusCode = []uint16{200, 0}[i%2] }
	fewer := func(i int, r *events.HTTP) { r.StatusCode = []uint16{200, 0, 200}[i%3] }
	proxied := func(i int, r *events.HTTP) { r.Proxied = []string{"VIA -> 1.1 cdn"} }
	for _, c := range []struct {
		name   string
		n      int
		step   time.Duration
		from   string
		change func(int, *events.HTTP)
		want   int
	}{
		{"below", 999, time.Millisecond, stranger, nil, 0},
		{"at", 1000, time.Millisecond, stranger, nil, 1},
		{"once", 2500, time.Millisecond, stranger, nil, 1},
		{"for half a minute", 12_000, 2500 * time.Microsecond, stranger, nil, 1},
		{"a hundred in ten seconds", 100, 100 * time.Millisecond, stranger, nil, 0},
		{"as many, but slowly", 5000, 20 * time.Millisecond, stranger, nil, 0},
		{"a neighbour that is served", 5000, time.Millisecond, neighbour, nil, 0},
		{"a content network", 5000, time.Millisecond, stranger, proxied, 0},
		{"distress, below", 299, time.Millisecond, neighbour, unserved, 0},
		{"distress, at", 300, time.Millisecond, neighbour, half, 1},
		{"a third is not served", 900, time.Millisecond, neighbour, fewer, 0},
	} {
		f, last := httpFloodRun(c.n, c.step, c.from, c.change)
		if len(f) != c.want {
			t.Errorf("%s: %+v", c.name, f)
		}
		if c.name == "for half a minute" && (len(last) != 1 || last[0].Properties["stretches"] != 3) {
			t.Errorf("%s, last words: %+v", c.name, last)
		}
	}
}
