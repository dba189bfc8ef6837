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

// Catches: requests that were answered or short counted, a scan told as slow requests, each request told for itself, ones that are hours apart.
func TestSlowHTTP(t *testing.T) {
	conn := func(i int, step time.Duration, change func(*events.Conn)) events.Record {
		c := &events.Conn{Proto: "tcp", IPProto: device.TCP, OrigBytes: 200, Duration: events.Interval(30 * time.Second), OrigPkts: 9, RespPkts: 8}
		c.TS, c.UID = events.Time(1e18).Add(time.Duration(i)*step), fmt.Sprint("C", i)
		c.OrigH, c.RespH, c.RespP = netip.MustParseAddr("203.0.113.9"), netip.MustParseAddr("10.0.0.80"), 80
		if change != nil {
			change(c)
		}
		return c
	}
	for _, c := range []struct {
		name   string
		n      int
		step   time.Duration
		change func(*events.Conn)
		want   []string
	}{
		{"below", 49, time.Second, nil, nil},
		{"at", 50, time.Second, nil, []string{"203.0.113.9 held 50 requests to 10.0.0.80 port 80 open and finished none of them; they came to 10000 bytes."}},
		{"once, and a last word", 60, time.Second, nil, []string{
			"203.0.113.9 held 50 requests to 10.0.0.80 port 80 open and finished none of them; they came to 10000 bytes.",
			"203.0.113.9 held 60 requests to 10.0.0.80 port 80 open and finished none of them; they came to 12000 bytes.",
		}},
		{"innocent: long polling, answered in the end", 200, time.Second, func(c *events.Conn) { c.RespBytes = 50 }, nil},
		{"innocent: closed at once", 200, time.Second, func(c *events.Conn) { c.Duration = events.Interval(time.Second) }, nil},
		{"innocent: nobody is there", 200, time.Second, func(c *events.Conn) { c.RespPkts = 0 }, nil},
		{"innocent: one a minute", 200, time.Minute, nil, nil},
		{"another service", 200, time.Second, func(c *events.Conn) { c.RespP = 5432 }, nil},
	} {
		d := NewSlowHTTP(SlowHTTPDefaults())
		var found []detect.Finding
		for i := range c.n {
			found = append(found, d.Observe(conn(i, c.step, c.change), device.View{})...)
		}
		found = append(found, d.Close(device.View{})...)
		if len(found) != len(c.want) {
			t.Errorf("%s: %d findings, want %d", c.name, len(found), len(c.want))
			continue
		}
		for i, f := range found {
			if f.Description != c.want[i] {
				t.Errorf("%s: %q, want %q", c.name, f.Description, c.want[i])
			}
		}
	}
}
