package lateral

import (
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// Catches: a log that is read and alarms, one that is cleared and does not, a single call that a capture cuts off taken for a crash.
func TestEventLogTampering(t *testing.T) {
	old := func(at time.Duration, op uint16, text string) *events.DCERPC {
		return rpcCall(at, worker, target, eventlogID, op, text)
	}
	crash := func(n int) []events.Record {
		return each(n, func(i int) []events.Record { return []events.Record{rpcSilent(old(time.Duration(i+2)*second, 8, "x"))} })
	}
	testRemote(t, EventLogTampering, []remoteTest{
		{name: "twin: reading", records: []events.Record{old(0, 7, "System"), old(0, 10, "x"), old(0, 2, "x"), rpcCall(0, worker, target, even6ID, 5, "")}},
		{name: "below: one call without an answer", records: []events.Record{rpcSilent(old(0, 8, "x"))}},
		{name: "below: denied", records: []events.Record{rpcFailed(old(0, 0, "x"), statusDenied)}},
		{name: "below: another service is stopped", records: []events.Record{rpcCall(0, worker, target, svcctlID, 16, "Spooler"), rpcCall(0, worker, target, svcctlID, 1, "x")}},
		{"at: cleared, the old way", []events.Record{old(0, 7, "Security"), old(second, 0, "backup.evt")}, 45, 60, worker, 1, `cleared 1 event log ("backup.evt")`},
		{"cleared, encrypted", []events.Record{rpcCall(0, worker, target, even6ID, 6, "")}, 45, 60, worker, 1, "cleared 1 event log on"},
		{"once: crashes", append([]events.Record{old(0, 7, "System")}, crash(4)...), 30, 50, worker, 1, "made 4 calls"},
		{"crashes, the host was seen to answer", append([]events.Record{session(0, worker, target, 49670, "dce_rpc")}, crash(2)...), 30, 50, worker, 1, "made 2 calls"},
		{name: "twin: a mirror of one direction", records: crash(20)},
		{"faults", each(2, func(i int) []events.Record {
			f := old(time.Duration(i)*second, 0, "x")
			f.Status, f.Fault = nil, 0x6f7
			return []events.Record{f}
		}), 30, 50, worker, 1, "made 2 calls"},
		{"the service is stopped", []events.Record{rpcCall(0, worker, target, svcctlID, 16, "EventLog"), rpcCall(second, worker, target, svcctlID, 1, "x")},
			45, 60, worker, 1, "event log service 1 time"},
	})
}
