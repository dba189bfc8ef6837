package hygiene

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

// oldHead is the head of a conversation of a client with a file server.
func oldHead(i int, server string) events.Head {
	return events.Head{
		TS: events.Time(1_700_006_400e9).Add(time.Duration(i) * time.Second), UID: fmt.Sprint("C", i), OrigH: netip.AddrFrom4([4]byte{10, 0, 0, byte(i + 1)}),
		RespH: netip.MustParseAddr(server), OrigP: 50123, RespP: 445,
	}
}

// oldJudge runs a detector on records and gives what it found, last words included.
func oldJudge(d detect.Detector, records []events.Record) (found []detect.Finding) {
	model := device.New(device.Options{})
	for _, r := range records {
		found = append(found, d.Observe(r, model.Observe(r))...)
	}
	return append(found, d.(detect.Closer).Close(device.View{})...)
}

func TestSMB1(t *testing.T) {
	shares := func(n int, server, dialect, kind string, status uint32) (list []events.Record) {
		for i := range n {
			list = append(list, &events.SMBMapping{Head: oldHead(i, server), Path: `\\\\fs1\\users`, ShareType: kind, Dialect: dialect, Status: status})
		}
		return list
	}
	cases := []struct {
		name    string
		records []events.Record
		found   int
		says    string
	}{
		{"below: calls only", shares(5, "10.0.1.1", "NT LM 0.12", "PIPE", 0), 0, ""},
		{"at", shares(1, "10.0.1.1", "NT LM 0.12", "DISK", 0), 1, "shares: 1, connections: 1, clients: 1"},
		{"once, and the last word", shares(50, "10.0.1.1", "NT LM 0.12", "DISK", 0), 2, "shares: 1, connections: 50, clients: 50"},
		{"the innocent twin: a newer version", shares(5, "10.0.1.1", "3.1.1", "DISK", 0), 0, ""},
		{"refused", shares(5, "10.0.1.1", "NT LM 0.12", "DISK", 0xc0000022), 0, ""},
		{"a server outside", shares(5, "203.0.113.9", "NT LM 0.12", "DISK", 0), 0, ""},
	}
	for _, c := range cases {
		found := oldJudge(NewSMB1(SMB1Defaults()), c.records)
		if len(found) != c.found || c.found > 0 && (!strings.Contains(found[c.found-1].Description, c.says) || found[0].Offenders[0].Addr.String() != "10.0.1.1") {
			t.Errorf("%s: %+v", c.name, found)
		}
	}
}
