package lateral

import (
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// Catches: workstations that back their keys up and alarm, the domain's key that is read and not told, also in the middle of a conversation.
func TestDPAPIBackupKey(t *testing.T) {
	middle := rpcCall(0, worker, dc, "    ", 43, "G$BCKUPKEY_PREFERRED")
	middle.UUID = ""
	unknown := rpcCall(0, worker, dc, "    ", 43, "something")
	unknown.UUID = ""
	master := func(n int) []events.Record {
		return each(n, func(i int) []events.Record {
			return []events.Record{rpcCall(time.Duration(i)*second, worker, dc, backupID, 0, "")}
		})
	}
	testRemote(t, DPAPIBackupKey, []remoteTest{
		{name: "below: a workstation backs up", records: master(19)},
		{name: "below: names and rights are looked up", records: []events.Record{rpcCall(0, worker, dc, lsarpcID, 44, "x"), rpcCall(0, worker, dc, lsarpcID, 28, "L$other")}},
		{name: "below: an unknown interface", records: []events.Record{unknown}},
		{"at: master keys", master(20), 30, 50, worker, 1, "opens master keys 20 times"},
		{"once: the key by its name", []events.Record{rpcCall(0, worker, dc, lsarpcID, 43, "G$BCKUPKEY_P"), rpcCall(second, worker, dc, lsarpcID, 43, "G$BCKUPKEY_0a")},
			70, 90, worker, 1, "asked 2 times for private data"},
		{"in the middle", []events.Record{middle}, 70, 90, worker, 1, `("G$BCKUPKEY_PREFERRED")`},
		{"encrypted", []events.Record{rpcCall(0, worker, dc, lsarpcID, 43, "")}, 30, 50, worker, 1, "the names are encrypted"},
	})
	quietFromThirdDay(t, DPAPIBackupKey, func(at time.Duration) []events.Record {
		return []events.Record{rpcCall(at, admin, dc, lsarpcID, 43, "")}
	})
}
