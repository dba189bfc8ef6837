package lateral

import (
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// Catches: reading that alarms, a value that starts a program and is not told of more loudly than another, and management told of every day.
func TestRegistryChange(t *testing.T) {
	open := func(key string) events.Record { return rpcCall(0, worker, target, winregID, 15, key) }
	set := func(at time.Duration, orig, resp, name string) events.Record {
		return rpcCall(at, orig, resp, winregID, 22, name)
	}
	const run = `SOFTWARE\Microsoft\Windows\CurrentVersion\Run`
	testRemote(t, RegistryChange, []remoteTest{
		{name: "below: reading", records: []events.Record{open(run), rpcCall(0, worker, target, winregID, 17, "x"), rpcCall(0, worker, target, winregID, 10, "")}},
		{name: "below: denied", records: []events.Record{rpcFailed(set(0, worker, target, "x").(*events.DCERPC), 5)}},
		{"at: a value, encrypted", []events.Record{set(0, worker, target, "")}, 15, 29, worker, 1, "wrote 1 value in the registry of 1 other host"},
		{"a value of no weight", []events.Record{open(`SOFTWARE\Vendor`), set(second, worker, target, "Colour")}, 15, 29, worker, 1, `"SOFTWARE\\Vendor\\Colour"`},
		{"once: a program is started", []events.Record{open(run), set(second, worker, target, "updater"), set(2*second, worker, target, "updater")}, 45, 60, worker, 1, "programs are started"},
		{"long after", []events.Record{open(run), set(hour, worker, target, "x")}, 15, 29, worker, 1, "wrote 1 value"},
		{"a log-on that sends passwords", []events.Record{set(0, worker, target, "UseLogonCredential")}, 45, 60, worker, 1, "protection is switched off"},
		{"many hosts", each(5, func(i int) []events.Record { return []events.Record{set(time.Duration(i)*second, worker, host(i), "")} }), 15, 35, worker, 5, "5 other hosts"},
	})
	quietFromThirdDay(t, RegistryChange, func(at time.Duration) []events.Record { return []events.Record{set(at, admin, target, "")} })
}
