package lateral

import (
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// logons are members that ask a controller.
func logons(at time.Duration, controller string) []events.Record {
	return []events.Record{rpcCall(at, host(50), controller, netlogonID, 39, "")}
}

// Catches: controllers that replicate and alarm, a member that asks for names and alarms, a thief who is not told, and a cloud synchronisation
// that is told of every day.
func TestDCSync(t *testing.T) {
	changes := func(at time.Duration, orig string) events.Record { return rpcCall(at, orig, dc, drsuapiID, 3, "") }
	names := rpcCall(0, worker, dc, drsuapiID, 12, "")
	elsewhere := rpcCall(0, worker, dc, drsuapiID, 12, "")
	elsewhere.UID = "another"
	refused, ntlm := changes(0, worker).(*events.DCERPC), changes(0, worker).(*events.DCERPC)
	ntlm.AuthType = "ntlm"
	refused.Fault = faultAccessDenied
	testRemote(t, DCSync, []remoteTest{
		{name: "below: names", records: []events.Record{names, names}},
		{name: "below: refused", records: []events.Record{refused}},
		{name: "twin: another controller", records: records(logons(0, dc2), []events.Record{changes(second, dc2), changes(hour, dc2)})},
		{name: "twin: who fetches from a host that poses", records: []events.Record{rpcCall(0, worker, dc, drsuapiID, 17, ""), rpcCall(second, dc, worker, drsuapiID, 3, "")}},
		{name: "twin: a controller, and nothing is known yet", records: each(5, func(i int) []events.Record { return []events.Record{changes(time.Duration(i)*10*time.Minute, worker)} })},
		{name: "twin: a controller's group policy", records: []events.Record{elsewhere, changes(second, worker), changes(2*second, worker)}},
		{name: "twin: a member's questions long before", records: []events.Record{names, changes(hour, worker)}},
		{"at: by NTLM", []events.Record{ntlm}, 60, 75, worker, 1, "asked 1 controller for the changes of the directory 1 time, and logged in by NTLM"},
		{"many at once", each(20, func(i int) []events.Record { return []events.Record{changes(time.Duration(i)*second, worker)} }), 60, 75, worker, 1, "20 times"},
		{"once: names, then changes", []events.Record{names, changes(second, worker), changes(2*second, worker)}, 60, 85, worker, 1, "2 times, right after questions"},
		{"when the site is known", records(logons(0, dc), []events.Record{changes(3*day, worker)}), 60, 75, worker, 1, "not known as a domain controller"},
	})
	quietFromThirdDay(t, DCSync, func(at time.Duration) []events.Record {
		return each(30, func(i int) []events.Record {
			ask := at + time.Duration(i)*2*time.Minute
			return []events.Record{rpcCall(ask, admin, dc, drsuapiID, 12, ""), changes(ask, admin)}
		})
	})
}

// Catches: a controller's own doing taken for a posing host, the wrong end as the offender.
func TestDCShadow(t *testing.T) {
	call := func(at time.Duration, orig, resp string, op uint16) events.Record {
		return rpcCall(at, orig, resp, drsuapiID, op, "")
	}
	testRemote(t, DCShadow, []remoteTest{
		{name: "below: replication is asked for", records: []events.Record{call(0, worker, dc, 2), call(0, worker, dc, 4), call(0, worker, dc, 0)}},
		{name: "below: changes are fetched, nothing known", records: []events.Record{call(0, dc, worker, 3)}},
		{name: "twin: between controllers", records: records(logons(0, dc), logons(0, dc2), []events.Record{call(3*day, dc, dc2, 3), call(3*day, dc2, dc, 5)})},
		{"at: an entry", []events.Record{call(0, worker, dc, 17)}, 55, 70, worker, 1, "had 1 server added"},
		{"once: the whole act", []events.Record{call(0, worker, dc, 17), call(second, worker, dc, 5), call(2*second, dc, worker, 3), call(3*second, worker, dc, 6)},
			70, 90, worker, 1, "10.0.1.2 fetched changes from it 1 time"},
		{"fetched, when the site is known", records(logons(0, dc), []events.Record{call(3*day, dc, worker, 3)}), 55, 70, worker, 1, "fetched changes from it"},
	})
}
