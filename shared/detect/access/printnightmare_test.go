package access

import (
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

func TestRPCPaths(t *testing.T) {
	for args, want := range map[string]string{
		"":                                    "",
		`x C:\Windows\a.dll`:                  "",
		`\\10.0.0.9\share\a.dll`:              "10.0.0.9/2",
		`\\SERVER 1234 \\evil@80\dav\x\y.dll`: "SERVER/0 evil/3",
		`\??\UNC\10.0.0.9\x`:                  "10.0.0.9/1",
		`\\`:                                  "",
		`\\?\UNC\h\s`:                         "h/1",
	} {
		var got []string
		for _, p := range rpcPaths(args) {
			got = append(got, p.host+"/"+string(rune('0'+p.deep)))
		}
		if g := strings.Join(got, " "); g != want {
			t.Errorf("%q: got %q, want %q", args, g, want)
		}
	}
}

func TestPrintNightmare(t *testing.T) {
	const unidrv = `1234 Windows x64 C:\Windows\System32\DriverStore\FileRepository\ntprint.inf_amd64\Amd64\UNIDRV.DLL `
	add := func(at time.Duration, args string, status int64) events.Record {
		return rpc(at, "spoolss", "RpcAddPrinterDriverEx", func(r *events.DCERPC) { r.Args = args; rpcStatus(status)(r) })
	}
	sealed := func(at time.Duration) events.Record {
		return rpc(at, "IRemoteWinspool", "RpcAsyncAddPrinterDriver", rpcSealed)
	}
	for _, tt := range []struct {
		name    string
		records []events.Record
		alerts  int
		says    string
	}{
		{"at: from a share", []events.Record{add(0, unidrv+`\\10.0.0.9\s\x.dll`, 3)}, 1, "1 time to install a driver from a share or from set-aside files."},
		{"once", []events.Record{add(0, unidrv+`\\10.0.0.9\s\x.dll`, 3), add(time.Second, unidrv+`\\10.0.0.9\s\x.dll`, 3)}, 1, ""},
		{"and taken", []events.Record{add(0, unidrv+`\\10.0.0.9\s\x.dll`, 3), add(time.Second, unidrv+`\\10.0.0.9\s\x.dll`, 0)}, 2, "and it took one"},
		{"set aside", []events.Record{add(0, unidrv+`C:\Windows\System32\spool\drivers\x64\3\old\1\x.dll`, 0)}, 1, "and it took one"},
		{"encrypted, one", []events.Record{sealed(0)}, 1, "1 time, over encrypted calls"},
		{"encrypted, a second", []events.Record{sealed(0), sealed(time.Second), sealed(2 * time.Second)}, 2, "2 times, over encrypted calls"},
		{"twin: from the server's own folder", []events.Record{add(0, `\\10.0.0.10 `+unidrv, 0), add(0, unidrv+`\\10.0.0.10\print$\x64\x.dll`, 0)}, 0, ""},
		{"twin: drivers are listed", []events.Record{rpc(0, "spoolss", "RpcEnumPrinterDrivers", rpcArgs(`\\10.0.0.9\s\x`))}, 0, ""},
	} {
		found := judge(NewPrintNightmare(PrintNightmareDefaults()), tt.records)
		if len(found) != tt.alerts {
			t.Errorf("%s: %d alerts, want %d", tt.name, len(found), tt.alerts)
		} else if n := len(found); n > 0 && !strings.Contains(found[n-1].Description, tt.says) {
			t.Errorf("%s: %s", tt.name, found[n-1].Description)
		}
	}
}
