package lateral

import (
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// Catches: monitoring by queries that alarms, a process that is made and is not told, a method of every host told by itself, and a server that
// runs methods every day and is told of on the third.
func TestWMIExec(t *testing.T) {
	query := func(i int) []events.Record {
		return []events.Record{rpcCall(time.Duration(i)*time.Minute, admin, host(i%20), wbemID, 20, "")}
	}
	method := func(text string) func(i int) []events.Record {
		return func(i int) []events.Record {
			return []events.Record{rpcCall(time.Duration(i)*second, worker, host(i), wbemID, 24, text)}
		}
	}
	refused := rpcCall(0, worker, target, wbemID, 24, "")
	refused.Fault = faultAccessDenied
	middle := func(size uint32) events.Record {
		r := rpcCall(0, worker, target, "    ", 24, "")
		r.UUID, r.RequestLen = "", size
		return r
	}
	testRemote(t, WMIExec, []remoteTest{
		{name: "below: queries", records: each(200, query)},
		{name: "below: a setting that is written", records: []events.Record{rpcCall(0, worker, target, wbemID, 14, "")}},
		{name: "below: refused", records: []events.Record{refused}},
		{name: "another interface", records: []events.Record{rpcCall(0, worker, target, svcctlID, 24+1, "")}},
		{"at: one method, encrypted", each(1, method("")), 30, 59, worker, 1, "ran 1 method through WMI on 1 host; the calls are encrypted"},
		{name: "below: a small call of an interface that was not seen", records: []events.Record{middle(100)}},
		{"in the middle of a conversation", []events.Record{middle(900)}, 5, 29, worker, 1, "by its number alone"},
		{"what it wrote is fetched", append(each(1, method("")), readFile(2*second, worker, host(0), "ADMIN$", "__1506"), readFile(hour, worker, host(0), "ADMIN$", "late")),
			50, 65, worker, 1, "it fetched files from an administrative share 1 time (\"__1506\")"},
		{"a file of another host", append(each(1, method("")), readFile(2*second, worker, host(9), "ADMIN$", "__1506")), 30, 49, worker, 1, "ran 1 method through WMI on 1 host; the calls are encrypted."},
		{"two objects", each(2, func(i int) []events.Record {
			return []events.Record{rpcCall(time.Duration(i)*second, worker, target, wbemID, 14, "")}
		}), 10, 29, worker, 1, "wrote 2 objects"},
		{"a process", each(1, method("Win32_Process Create cmd.exe")), 60, 70, worker, 1, "a process was created"},
		{"a value of the registry", each(1, method("StdRegProv GetStringValue")), 10, 29, worker, 1, "ran 1 method"},
		{"once: many hosts", each(12, method("")), 45, 65, worker, 12, "ran 12 methods through WMI on 12 hosts"},
		{"a subscription", each(3, func(i int) []events.Record {
			return []events.Record{rpcCall(time.Duration(i)*second, worker, target, wbemID, 14, []string{"__EventFilter", "CommandLineEventConsumer", "__FilterToConsumerBinding"}[i])}
		}), 60, 75, worker, 1, "wrote 3 objects through WMI on 1 host; an event subscription was written"},
		{"a subscription, encrypted", each(3, func(i int) []events.Record {
			return []events.Record{rpcCall(time.Duration(i)*second, worker, target, wbemID, 14, "")}
		}),
			30, 59, worker, 1, "wrote 3 objects"},
	})
	quietFromThirdDay(t, WMIExec, func(at time.Duration) []events.Record {
		return each(20, func(i int) []events.Record {
			return []events.Record{rpcCall(at+time.Duration(i)*second, admin, host(i), wbemID, 24, "")}
		})
	})
}
