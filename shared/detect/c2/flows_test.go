package c2

import (
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// window makes a record of flow logs of one: a window of a flow that began so long before, and carried so much each way in all.
func window(at, before time.Duration, from, to string, port uint16, out, in uint64) *events.Conn {
	c := &events.Conn{Head: head(at, from, to, port), Proto: "tcp", IPProto: 6, ConnState: "S1", Source: events.FlowLog, Duration: events.Interval(time.Minute), Interim: before > 0}
	c.Sensor, c.UID = events.FlowLog, "V"+from+to
	c.SoFar = events.SoFar{Start: c.TS.Add(-before), OrigBytes: out, RespBytes: in}
	c.OrigBytes, c.RespBytes, c.OrigPkts, c.RespPkts = 300, 300, 6, 6
	return c
}

// Catches: a judgement of flow logs by what they do not carry: names, services, and what each window counts for itself.
func TestFlows(t *testing.T) {
	byFlows := func(c *events.Conn) { c.Source, c.Sensor = events.FlowLog, events.FlowLog }
	if found := judge(NewBeacon(BeaconDefaults()), conns(clock(200, time.Minute, 0.1), outside, 443, byFlows)); len(found) != 0 {
		t.Errorf("a usual port of a site that was not learned: %+v", found)
	}
	if found := judge(NewBeacon(BeaconDefaults()), conns(clock(79, time.Minute, 0.1), outside, 4444, byFlows)); len(found) != 1 || hasTerm(found[0], "nameless_server") || !hasTerm(found[0], "odd_port") {
		t.Errorf("an odd port: %+v", found)
	}
	held := func(n int, from, to string, port uint16) (list []events.Record) {
		for i := range n {
			at := time.Duration(i) * 10 * time.Minute
			list = append(list, window(at, at, from, to, port, uint64(800*(i+1)), uint64(900*(i+1))))
		}
		return list
	}
	if found := judge(NewLongConnection(LongConnectionDefaults()), held(5, client, outside, 6001)); len(found) != 0 {
		t.Errorf("forty minutes: %+v", found)
	}
	if found := judge(NewLongConnection(LongConnectionDefaults()), held(30, client, outside, 6001)); len(found) != 1 || found[0].Start != start {
		t.Errorf("five hours: %+v", found)
	}
	cases := []struct {
		name   string
		record *events.Conn
		want   int
	}{
		{"a guess at a password", window(0, 0, outside, client, 22, 2500, 3000), 0},
		{"small, and longer than anybody may guess", window(0, 3*time.Minute, outside, client, 22, 2500, 3000), 1},
		{"large", window(0, 0, outside, client, 22, 20_000, 90_000), 1},
		{"a desktop", window(0, 5*time.Minute, outside, client, 3389, 20_000, 90_000), 1},
		{"a desktop's log-in", window(0, 0, outside, client, 3389, 4_000, 6_000), 0},
		{"another port", window(0, time.Hour, outside, client, 443, 20_000, 90_000), 0},
		{"from inside", window(0, time.Hour, "10.0.0.9", client, 22, 20_000, 90_000), 0},
	}
	for _, c := range cases {
		if found := judge(NewExternalRemoteAccess(ExternalRemoteAccessDefaults()), []events.Record{c.record, c.record}); len(found) != c.want {
			t.Errorf("%s: %+v", c.name, found)
		}
	}
}
