package c2

import (
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

func longConn(at time.Duration, change func(*events.Conn)) *events.Conn {
	c := mismatchConn(at, outside, 11095, "")
	c.Duration, c.OrigBytes, c.RespBytes = events.Interval(time.Hour), 2<<10, 2<<10
	change(c)
	return c
}

func TestLongConnection(t *testing.T) {
	cases := []struct {
		name   string
		change func(*events.Conn)
		found  bool
	}{
		{"at the threshold", func(*events.Conn) {}, true},
		{"TLS on an odd port", func(c *events.Conn) { c.Service = "ssl" }, true},
		{"goes on", func(c *events.Conn) { c.Interim = true }, true},
		{"just shorter", func(c *events.Conn) { c.Duration-- }, false},
		{"one side is silent", func(c *events.Conn) { c.RespBytes = 0 }, false},
		// The innocent twins.
		{"web", func(c *events.Conn) { c.RespP, c.Service = 443, "ssl" }, false},
		{"a shell", func(c *events.Conn) { c.Service = "ssh" }, false},
		{"inside", func(c *events.Conn) { c.RespH = head(0, client, "10.0.0.9", 1).RespH }, false},
	}
	for _, c := range cases {
		found := judge(NewLongConnection(LongConnectionDefaults()), []events.Record{longConn(0, c.change)})
		if len(found) == 1 != c.found {
			t.Errorf("%s: %+v", c.name, found)
		}
	}
}

// Catches: an alert an interim record, and a duration that stays what it was when it was told.
func TestLongConnectionOnce(t *testing.T) {
	d := NewLongConnection(LongConnectionDefaults())
	found := judge(d, many(5, func(i int) events.Record {
		return longConn(0, func(c *events.Conn) {
			c.UID, c.Interim, c.Duration = "C1", true, events.Interval(time.Duration(i+1)*time.Hour)
		})
	}))
	if len(found) != 1 || found[0].Properties["connections"] != 1 || found[0].Properties["duration_seconds"] != uint64(3600) {
		t.Fatalf("%+v", found)
	}
}
