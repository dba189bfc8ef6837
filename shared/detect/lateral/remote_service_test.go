package lateral

import (
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// psexec is what such a tool does: a program on ADMIN$, then a service of it.
func psexec(at time.Duration, orig, resp string) []events.Record {
	return []events.Record{
		written(at, orig, resp, "ADMIN$", "XYZSVC.exe"),
		rpcCall(at+second, orig, resp, svcctlID, 15, resp),
		rpcCall(at+second, orig, resp, svcctlID, 12, `XYZSVC XYZSVC %SystemRoot%\XYZSVC.exe`),
		rpcCall(at+2*second, orig, resp, svcctlID, 19, ""),
	}
}

// console is an administrator who looks at services.
func console(at time.Duration, orig, resp string) []events.Record {
	return []events.Record{
		rpcCall(at, orig, resp, svcctlID, 15, resp), rpcCall(at+second, orig, resp, svcctlID, 14, ""), rpcCall(at+2*second, orig, resp, svcctlID, 17, ""),
	}
}

func records(lists ...[]events.Record) (all []events.Record) {
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}

func each(n int, work func(i int) []events.Record) (all []events.Record) {
	for i := range n {
		all = append(all, work(i)...)
	}
	return all
}

// Catches: a console that alarms, a tool that does not, two words for one act.
func TestRemoteService(t *testing.T) {
	pipe := func(name string) events.Record {
		r := written(0, worker, target, "IPC$", name)
		r.Action, r.Program, r.Bytes = "SMB::PIPE_OPEN", "", 0
		return r
	}
	testRemote(t, RemoteService, []remoteTest{
		{name: "below: a program, no service", records: []events.Record{written(0, worker, target, "ADMIN$", "a.exe")}},
		{name: "below: a handle that is closed", records: []events.Record{rpcCall(0, worker, target, svcctlID, 0, "")}},
		{"looking is low", console(0, worker, target), 1, 29, worker, 1, "looked at the services of 1 host in 3 calls"},
		{"a hunt for rights", each(6, func(i int) []events.Record {
			return []events.Record{rpcFailed(rpcCall(time.Duration(i)*second, worker, host(i), svcctlID, 15, "x"), 5)}
		}), 30, 45, worker, 6, "services of 6 hosts in 6 calls"},
		{"at: one service started", []events.Record{rpcCall(0, worker, target, svcctlID, 19, "")}, 30, 45, worker, 1, "started 1 service through"},
		{"once: a program, a service, its start", psexec(0, worker, target), 60, 90, worker, 1, "created 1 service and started 1 service through"},
		{"a command line", []events.Record{rpcCall(0, worker, target, svcctlID, 24, `a a %COMSPEC% /Q /c dir > \\127.0.0.1\C$\o`)}, 60, 75, worker, 1, "command interpreter"},
		{"a tool's service, that is there already", []events.Record{
			rpcFailed(rpcCall(0, worker, target, svcctlID, 12, `PSEXESVC %SystemRoot%\PSEXESVC.exe`), 0x431), rpcCall(second, worker, target, svcctlID, 16, "PSEXESVC"),
			rpcCall(2*second, worker, target, svcctlID, 19, "")}, 45, 60, worker, 1, "started 1 service and failed at least once"},
		{"a service by its name", []events.Record{rpcCall(0, worker, target, svcctlID, 16, "Spooler"), rpcCall(second, worker, target, svcctlID, 1, "")}, 30, 45, worker, 1, `("Spooler")`},
		{"commands that are typed, the service was made before", []events.Record{pipe("RemCom_stdin"), pipe("RemCom_stdout"), pipe("RemCom_stderr")},
			45, 65, worker, 1, "uses a service of 10.0.1.1 that runs commands; it opened pipes"},
		{name: "below: pipes that carry calls", records: []events.Record{pipe("svcctl"), pipe("spoolss")}},
		{"what was denied", []events.Record{rpcFailed(rpcCall(0, worker, target, svcctlID, 12, "a b"), 5)}, 20, 30, worker, 1, "failed at least once"},
		{"again and again is told once", each(30, func(i int) []events.Record { return psexec(time.Duration(i)*time.Minute, worker, target) }), 60, 90, worker, 1, "created 30 services"},
	})
}

// Catches: an administrator of long standing who is told of whenever a service is restarted, and one who suddenly runs a command line, or turns
// to another host, and is not.
func TestRemoteServiceHabit(t *testing.T) {
	restarts := daily(9, func(at time.Duration) []events.Record {
		return []events.Record{rpcCall(at, admin, target, svcctlID, 1, "x"), rpcCall(at+second, admin, target, svcctlID, 19, "x")}
	})
	shell := rpcCall(9*day, admin, target, svcctlID, 12, `a a %COMSPEC% /Q /c whoami`)
	other := rpcCall(9*day, admin, host(9), svcctlID, 12, `a a c:\agent.exe`)
	cases := []struct {
		name  string
		more  events.Record
		told  int
		score int
	}{{"as ever", restarts[0], 0, 0}, {"a command line", shell, 1, 43}, {"another host", other, 1, 25}}
	for _, c := range cases {
		late, score := 0, 0
		for _, d := range remoteRun(append(restarts[:len(restarts):len(restarts)], c.more), RemoteService) {
			if d.Start.After(start.Add(2 * day).Time()) {
				late, score = late+1, d.Risk.Score
			}
		}
		if late != c.told || score < c.score-10 || score > c.score+10 {
			t.Errorf("%s: %d detections after the second day, score %d", c.name, late, score)
		}
	}
}
