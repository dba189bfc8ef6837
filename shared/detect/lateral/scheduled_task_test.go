package lateral

import (
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// Catches: a console that lists tasks and alarms, a task that is registered and run and deleted and is not told of more loudly than one that
// stays, and deployment that is told of every day.
func TestScheduledTask(t *testing.T) {
	act := func(at time.Duration, op uint16) events.Record { return rpcCall(at, worker, target, taskID, op, "") }
	testRemote(t, ScheduledTask, []remoteTest{
		{name: "below: looking", records: []events.Record{act(0, 0), act(0, 6), act(0, 7), act(0, 17), act(0, 2)}},
		{name: "below: deleted only", records: []events.Record{act(0, 13)}},
		{"at: registered", []events.Record{act(0, 1)}, 30, 55, worker, 1, "registered 1 task at the task scheduler of 1 host"},
		{"run only", []events.Record{act(0, 12)}, 20, 29, worker, 1, "ran 1 task"},
		{"once: registered, run, deleted", []events.Record{act(0, 1), act(second, 12), act(2*second, 13)}, 60, 75, worker, 1, "registered 1 task, ran 1 task and deleted 1 task"},
		{"the old scheduler", []events.Record{rpcCall(0, worker, target, atsvcID, 0, `cmd /c whoami`)}, 50, 75, worker, 1, `("cmd /c whoami")`},
		{"many hosts", each(5, func(i int) []events.Record {
			return []events.Record{rpcCall(time.Duration(i)*second, worker, host(i), taskID, 1, "")}
		}),
			30, 59, worker, 5, "registered 5 tasks at the task scheduler of 5 hosts"},
	})
	quietFromThirdDay(t, ScheduledTask, func(at time.Duration) []events.Record {
		return []events.Record{rpcCall(at, admin, target, taskID, 1, ""), rpcCall(at+second, admin, target, taskID, 12, "")}
	})
}
