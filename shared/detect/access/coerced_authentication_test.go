package access

import (
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

func TestCoercedAuthentication(t *testing.T) {
	args := func(endpoint, operation, text string) events.Record {
		return rpc(0, endpoint, operation, rpcArgs(text))
	}
	login := func(at time.Duration, from, to, user string) events.Record {
		return &events.NTLM{Head: head(at, from, to, 445), Carrier: "smb", Username: user, Anonymous: user == ""}
	}
	backs := func(n int, apart time.Duration, user string) []events.Record {
		return append([]events.Record{login(0, rpcClient, rpcServer, "ann")}, many(n, func(i int) events.Record {
			return login(time.Second+time.Duration(i)*apart, rpcServer, rpcClient, user)
		})...)
	}
	const notify = "RpcRemoteFindFirstPrinterChangeNotificationEx"
	open := func(name string) events.Record { return args("spoolss", "RpcSplOpenPrinter", name) }
	for _, tt := range []struct {
		name    string
		records []events.Record
		alerts  int
		says    string
	}{
		{"at: a file elsewhere", []events.Record{args("efsrpc", "EfsRpcOpenFileRaw", `\\10.0.0.66\x\y`)}, 1, `1 time to open a place at "10.0.0.66".`},
		{"a file at a name", []events.Record{args("efsrpc", "EfsRpcEncryptFileSrv", `\\evil@80\x\y`)}, 1, `"evil"`},
		{"once", []events.Record{args("efsrpc", "EfsRpcOpenFileRaw", `\\10.0.0.66\x\y`), args("efsrpc", "EfsRpcEncryptFileSrv", `\\10.0.0.66\x\y`)}, 1, ""},
		{"and it comes", []events.Record{args("efsrpc", "EfsRpcOpenFileRaw", `\\10.0.0.66\x\y`), login(time.Second, rpcServer, rpcClient, "DC01$"), login(2*time.Second, rpcServer, rpcClient, "DC01$")}, 2, "and one logged in there"},
		{"encrypted", []events.Record{rpc(0, "efsrpc", "EfsRpcOpenFileRaw", rpcSealed)}, 1, "a place that is not known, with EfsRpcOpenFileRaw."},
		{"below: a file of the server's own", []events.Record{args("efsrpc", "EfsRpcOpenFileRaw", `\\10.0.0.10\x\y`)}, 0, ""},
		{"below: a handle", []events.Record{args("efsrpc", "EfsRpcCloseRaw", "")}, 0, ""},
		{"DFS", []events.Record{args("netdfs", "NetrDfsRemoveStdRoot", `10.0.0.66 test`)}, 1, ""},
		{"twin: DFS by the server's name", []events.Record{args("netdfs", "NetrDfsAddStdRoot", `FILE1 public`)}, 0, ""},
		{"shadow copies", []events.Record{args("FileServerVssAgent", "IsPathShadowCopied", `\\10.0.0.66\x`)}, 1, ""},
		{"event log", []events.Record{args("eventlog", "ElfrOpenBELW", `\??\UNC\10.0.0.66\x`)}, 1, ""},
		{"twin: an event log's copy on disk", []events.Record{args("eventlog", "ElfrBackupELFW", `\??\C:\logs\x.evt`)}, 0, ""},
		{"printer, to an address", []events.Record{args("spoolss", notify, `\\10.0.0.77`)}, 1, ""},
		{"printer, to a name, from the server's handle", []events.Record{open(`\\DC01`), args("spoolss", notify, `\\capture`)}, 1, `"capture"`},
		{"twin: a printer's handle", []events.Record{open(`\\PRINT1\Laser`), args("spoolss", notify, `\\WS7`)}, 0, ""},
		{"twin: a client that prints", []events.Record{args("spoolss", "RpcGetPrinter", ""), open(`\\PRINT1`), args("spoolss", notify, `\\WS7`)}, 0, ""},
		{"printer, encrypted, and nothing printed", []events.Record{rpc(0, "spoolss", "RpcOpenPrinter", rpcSealed), rpc(0, "spoolss", notify, rpcSealed), rpc(0, "spoolss", "RpcClosePrinter", rpcSealed), rpc(time.Minute, "samr", "SamrConnect5", nil)}, 1, "with " + notify},
		{"printer, a handle opened before", []events.Record{args("spoolss", notify, `\\capture`), rpc(time.Minute, "samr", "SamrConnect5", nil)}, 1, `"capture"`},
		{"twin: an encrypted client that prints", []events.Record{rpc(0, "spoolss", notify, rpcSealed), rpc(time.Second, "spoolss", "RpcGetPrinterData", rpcSealed), rpc(time.Minute, "samr", "SamrConnect5", nil)}, 0, ""},
		{"unseen, below", backs(2, time.Second, "DC01$"), 0, ""},
		{"unseen, at", backs(3, time.Second, "DC01$"), 1, "logged in back 3 times"},
		{"unseen, without a name", backs(5, time.Second, ""), 1, ""},
		{"twin: a person works on both", backs(9, time.Second, "bob"), 0, ""},
		{"twin: a machine comes now and then", backs(9, time.Minute, "DC01$"), 0, ""},
		{"twin: nobody logged in before", backs(9, time.Second, "DC01$")[1:], 0, ""},
	} {
		d := NewCoercedAuthentication(CoercedAuthenticationDefaults())
		found := append(judge(d, tt.records), d.Tick(start.Add(time.Hour), device.View{})...)
		if len(found) != tt.alerts {
			t.Errorf("%s: %d alerts, want %d", tt.name, len(found), tt.alerts)
			continue
		}
		if n := len(found); n > 0 && (!strings.Contains(found[n-1].Description, tt.says) || found[n-1].Offenders[0].Addr.String() != rpcClient || found[n-1].Victims[0].Addr.String() != rpcServer) {
			t.Errorf("%s: %+v", tt.name, found[n-1])
		}
	}
}
