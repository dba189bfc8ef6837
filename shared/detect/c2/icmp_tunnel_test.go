package c2

import (
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// icmpTunnelEcho is an exchange of honest pings, until it is changed.
func icmpTunnelEcho(change func(*events.ICMP)) *events.ICMP {
	e := &events.ICMP{Head: head(0, client, outside, 0), Type: 8, Name: "echo", Requests: 100, Replies: 100, MinLen: 56, MaxLen: 56, Distinct: 1}
	e.OrigP = 8
	change(e)
	return e
}

func TestICMPTunnel(t *testing.T) {
	cases := []struct {
		name   string
		change func(*events.ICMP)
		by     string // "": nothing is found
	}{
		{"answers of their own, at the threshold", func(e *events.ICMP) { e.Mismatched, e.Replies = 8, 40 }, client},
		{"requests that carry data", func(e *events.ICMP) { e.Distinct = 32 }, client},
		{"IPv6", func(e *events.ICMP) { e.V6, e.Type, e.Mismatched = true, 128, 80 }, client},
		{"begins with an answer", func(e *events.ICMP) { e.Type, e.Mismatched = 0, 50 }, outside},
		{"one answer too few", func(e *events.ICMP) { e.Mismatched, e.Replies = 7, 20 }, ""},
		{"too small a share", func(e *events.ICMP) { e.Mismatched, e.Requests, e.Replies = 19, 100, 100 }, ""},
		{"one payload too few", func(e *events.ICMP) { e.Distinct = 31 }, ""},
		// The innocent twins.
		{"ping", func(*events.ICMP) {}, ""},
		{"path size", func(e *events.ICMP) { e.Distinct, e.MaxLen = 12, 1472 }, ""},
		{"unreachable", func(e *events.ICMP) { e.Type, e.Distinct = 3, 60 }, ""},
	}
	for _, c := range cases {
		found := judge(NewICMPTunnel(ICMPTunnelDefaults()), []events.Record{icmpTunnelEcho(c.change)})
		if len(found) == 1 != (c.by != "") || len(found) == 1 && found[0].Offenders[0].Addr.String() != c.by {
			t.Errorf("%s: %+v", c.name, found)
		}
	}
}

// Catches: an alert an interim record, and last words that keep the first counts.
func TestICMPTunnelOnce(t *testing.T) {
	d := NewICMPTunnel(ICMPTunnelDefaults())
	grow := many(5, func(i int) events.Record {
		return icmpTunnelEcho(func(e *events.ICMP) {
			e.TS = start.Add(time.Duration(i) * time.Second)
			e.UID, e.Requests, e.Replies, e.Mismatched = "C1", uint64(20+i), uint64(20+i), uint64(10+i)
		})
	})
	model := device.New(device.Options{})
	var found []detect.Finding
	for _, r := range grow {
		found = append(found, d.Observe(r, model.Observe(r))...)
	}
	if len(found) != 1 || len(found[0].UIDs) != 1 {
		t.Fatalf("%+v", found)
	}
	if last := d.Close(model.View()); len(last) != 1 || last[0].Properties["messages"] != uint64(48) || last[0].Properties["changed_answers"] != uint64(14) {
		t.Errorf("%+v", last)
	}
}
