package recon

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// rpcCall is a call of 10.0.0.66 at a server.
func rpcCall(at time.Duration, server int, endpoint, operation string, set func(*events.DCERPC)) events.Record {
	r := &events.DCERPC{Head: rpcHead(at, server), Endpoint: endpoint, Operation: operation}
	if set != nil {
		set(r)
	}
	return r
}

// rpcCase is a test of a detector of calls: how many alerts the records give, and what the last of them says.
type rpcCase struct {
	name    string
	records []events.Record
	alerts  int
	says    string
}

func rpcTest(t *testing.T, fresh func() detect.Detector, cases []rpcCase) {
	t.Helper()
	for _, tt := range cases {
		d := fresh()
		found := rpcJudge(d, tt.records)
		if len(found) != tt.alerts {
			t.Errorf("%s: %d alerts, want %d: %+v", tt.name, len(found), tt.alerts, found)
			continue
		}
		if n := len(found); n > 0 && (!strings.Contains(found[n-1].Description, tt.says) || found[n-1].Offenders[0].Addr.String() != "10.0.0.66" || len(found[n-1].UIDs) == 0) {
			t.Errorf("%s: %+v", tt.name, found[n-1])
		}
		for _, f := range d.(detect.Closer).Close(device.View{}) {
			if !f.Final || tt.alerts == 0 {
				t.Errorf("%s: at the end %+v", tt.name, f)
			}
		}
	}
}

// rpcJudge runs a detector on records and gives what it found.
func rpcJudge(d detect.Detector, records []events.Record) (found []detect.Finding) {
	model := device.New(device.Options{})
	for _, r := range records {
		found = append(found, d.Observe(r, model.Observe(r))...)
	}
	return found
}

func rpcHead(at time.Duration, server int) events.Head {
	const start = events.Time(1_700_000_000e9)
	return events.Head{
		TS: start.Add(at), UID: fmt.Sprintf("C%d", server), OrigH: netip.MustParseAddr("10.0.0.66"), RespH: netip.AddrFrom4([4]byte{10, 0, 1, byte(server)}), OrigP: 50123, RespP: 445,
	}
}

func rpcMany(n int, each func(i int) events.Record) (list []events.Record) {
	for i := range n {
		list = append(list, each(i))
	}
	return list
}

func TestRPCEnum(t *testing.T) {
	lookup := func(server int) events.Record { return rpcCall(0, server, "epmapper", "ept_lookup", nil) }
	rpcTest(t, func() detect.Detector { return NewRPCEnum(RPCEnumDefaults()) }, []rpcCase{
		{"at", []events.Record{lookup(1)}, 1, "1 time, of 1 server."},
		{"once", []events.Record{lookup(1), lookup(1), lookup(1)}, 1, ""},
		{"a sweep", rpcMany(4, lookup), 2, "3 times, of 3 servers"},
		{"interfaces", []events.Record{rpcCall(0, 1, "mgmt", "inq_if_ids", nil)}, 1, ""},
		{"twin: a client asks for what it wants", rpcMany(50, func(i int) events.Record { return rpcCall(0, i, "epmapper", "ept_map", nil) }), 0, ""},
	})
}
