package access

import (
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

const (
	rpcClient = "10.0.0.66"
	rpcServer = "10.0.0.10"
)

// rpc is a call of rpcClient at rpcServer.
func rpc(at time.Duration, endpoint, operation string, set func(*events.DCERPC)) events.Record {
	r := &events.DCERPC{Head: head(at, rpcClient, rpcServer, 445), Endpoint: endpoint, Operation: operation}
	r.UID = "Crpc"
	if set != nil {
		set(r)
	}
	return r
}

func rpcStatus(n int64) func(*events.DCERPC) { return func(r *events.DCERPC) { r.Status = &n } }
func rpcArgs(s string) func(*events.DCERPC)  { return func(r *events.DCERPC) { r.Args = s } }
func rpcSealed(r *events.DCERPC)             { r.Sealed = true }

// zerologonRunOf is pairs of challenge and log-in, so far apart.
func zerologonRunOf(n int, apart time.Duration, set func(*events.DCERPC)) (list []events.Record) {
	for i := range n {
		at := time.Duration(i) * apart
		list = append(list, rpc(at, "netlogon", "NetrServerReqChallenge", set), rpc(at, "netlogon", "NetrServerAuthenticate3", set))
	}
	return list
}

func TestZerologon(t *testing.T) {
	null := func(r *events.DCERPC) { r.NullCreds = true; rpcStatus(0xc0000022)(r) }
	reset := func(server, account string) []events.Record {
		return []events.Record{
			rpc(0, "samr", "SamrConnect5", rpcArgs(server)), rpc(0, "samr", "SamrLookupNamesInDomain", rpcArgs(account)),
			rpc(time.Second, "samr", "SamrSetInformationUser2", nil),
		}
	}
	granted := append(zerologonRunOf(3, time.Second/10, null), rpc(time.Second, "netlogon", "NetrServerAuthenticate3", func(r *events.DCERPC) { r.NullCreds = true; rpcStatus(0)(r) }))
	for _, tt := range []struct {
		name    string
		records []events.Record
		alerts  int
		says    string
	}{
		{"below: one challenge of zeros", zerologonRunOf(1, 0, null)[:1], 0, ""},
		{"at: one attempt", zerologonRunOf(1, 0, null), 1, "2 times within one second, 2 of them with a proof of zeros"},
		{"once", zerologonRunOf(9, time.Second, null), 1, ""},
		{"granted", granted, 2, "and was let in"},
		{"encrypted, below", zerologonRunOf(19, time.Second/20, rpcSealed), 0, ""},
		{"encrypted, at", zerologonRunOf(20, time.Second/20, rpcSealed), 1, "40 times"},
		{"encrypted, and a password set", append(zerologonRunOf(20, time.Second/20, rpcSealed), rpc(2*time.Second, "netlogon", "NetrServerPasswordSet2", rpcSealed)), 2, "and was let in"},
		{"twin: a member out of step tries each ten seconds", zerologonRunOf(200, 10*time.Second, rpcSealed), 0, ""},
		{"twin: a member changes its password", append(zerologonRunOf(1, 0, nil), rpc(time.Second, "netlogon", "NetrServerPasswordSet2", nil)), 0, ""},
		{"the controller's own account is set", reset(`\\dc01.example.com`, "DC01$"), 1, `"DC01$"`},
		{"twin: a computer joins", reset(`\\dc01.example.com`, "WS7$"), 0, ""},
		{"a machine's account, at an address", reset(`\\10.0.0.10`, "DC01$"), 1, "named by its address"},
		{"twin: and one just made", append(reset(`\\10.0.0.10`, "WS7$")[:1], append([]events.Record{rpc(0, "samr", "SamrCreateUser2InDomain", rpcArgs("WS7$"))}, reset("", "WS7$")[1:]...)...), 0, ""},
		{"twin: a person's password is set", reset(`\\dc01.example.com`, "dc01"), 0, ""},
	} {
		found := judge(NewZerologon(ZerologonDefaults()), tt.records)
		if len(found) != tt.alerts {
			t.Errorf("%s: %d alerts, want %d", tt.name, len(found), tt.alerts)
			continue
		}
		if tt.alerts == 0 {
			continue
		}
		last := found[len(found)-1]
		if !strings.Contains(last.Description, tt.says) || last.Offenders[0].Addr.String() != rpcClient || last.Victims[0].Addr.String() != rpcServer || len(last.UIDs) == 0 {
			t.Errorf("%s: %+v", tt.name, last)
		}
	}
}

func TestZerologonLastWords(t *testing.T) {
	d := NewZerologon(ZerologonDefaults())
	judge(d, zerologonRunOf(9, time.Second, func(r *events.DCERPC) { r.NullCreds = true }))
	found := d.Close(device.View{})
	if len(found) != 1 || !found[0].Final || found[0].Properties["calls"] != 18 {
		t.Errorf("%+v", found)
	}
}

// Catches: a second look at the server that takes away the name which was told.
func TestZerologonResetAgain(t *testing.T) {
	again := []events.Record{
		rpc(0, "samr", "SamrConnect5", rpcArgs(`\\dc01`)), rpc(0, "samr", "SamrLookupNamesInDomain", rpcArgs("DC01$")), rpc(0, "samr", "SamrSetInformationUser2", nil),
		rpc(time.Second, "samr", "SamrConnect5", rpcArgs(`\\dc01`)), rpc(time.Second, "samr", "SamrLookupNamesInDomain", rpcArgs("ann")),
		rpc(time.Hour, "samr", "SamrConnect5", rpcArgs(`\\dc01`)),
	}
	d := NewZerologon(ZerologonDefaults())
	if found := append(judge(d, again), d.Close(device.View{})...); len(found) != 1 {
		t.Errorf("%+v", found)
	}
}
