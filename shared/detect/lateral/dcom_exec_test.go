package lateral

import (
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// Catches: WMI, which begins by an activation, taken for DCOM; a class that runs commands that is overlooked; calls that come long after a start;
// and industrial software that is told of every day.
func TestDCOMExec(t *testing.T) {
	activate := func(at time.Duration, class string) events.Record {
		return rpcCall(at, worker, target, activatorID, 4, class)
	}
	invoke := func(at time.Duration, text string) events.Record {
		return rpcCall(at, worker, target, dispatchID, 6, text)
	}
	const mmc, wmi = "49b2791a-b1ae-4c90-9b8e-e860ba07f889", "8bc3f05e-d86b-11d0-a075-00c04fb68820"
	testRemote(t, DCOMExec, []remoteTest{
		{name: "below: WMI", records: []events.Record{activate(0, wmi), rpcCall(second, worker, target, wbemID, 24, "")}},
		{name: "below: an activation, encrypted", records: []events.Record{activate(0, "")}},
		{name: "below: a class factory", records: []events.Record{activate(0, ""), rpcCall(second, worker, target, factoryID, 3, "")}},
		{name: "below: driven an hour later", records: []events.Record{activate(0, ""), invoke(hour, "")}},
		{"at: driven, encrypted", []events.Record{activate(0, ""), invoke(second, "")}, 45, 59, worker, 1, "1 activation and 1 automation call"},
		{"driven before the capture began", []events.Record{invoke(0, "")}, 45, 59, worker, 1, "1 automation call"},
		{"a class that runs commands", []events.Record{activate(0, mmc)}, 60, 80, worker, 1, "the class is one that runs commands"},
		{"once: the whole of it", []events.Record{activate(0, mmc), rpcCall(second, worker, target, dispatchID, 5, "ExecuteShellCommand"), invoke(second, "cmd.exe /c dir")},
			70, 90, worker, 1, "2 automation calls; the class is one that runs commands; a method that runs a command was called"},
		{"what it wrote is fetched", []events.Record{activate(0, ""), invoke(second, ""), readFile(2*second, worker, target, "ADMIN$", "__15")},
			50, 65, worker, 1, "it fetched files from the administrative share"},
		{"a library put there first", []events.Record{written(0, worker, target, "C$", `Program Files\a.dll`), activate(second, ""), rpcCall(2*second, worker, target, factoryID, 3, "")},
			55, 80, worker, 1, "it put 1 program on the administrative share"},
	})
	quietFromThirdDay(t, DCOMExec, func(at time.Duration) []events.Record {
		return []events.Record{rpcCall(at, admin, target, activatorID, 4, ""), rpcCall(at+second, admin, target, dispatchID, 6, "")}
	})
}
