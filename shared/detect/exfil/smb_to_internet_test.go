package exfil

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

func TestSMBToInternet(t *testing.T) {
	const inside, outside = "10.0.0.5", "203.0.113.7"
	conn := func(at time.Duration, orig, resp, service string, answered uint64) events.Record {
		return &events.Conn{Head: sharesHead(at, orig, resp), Proto: "tcp", IPProto: 6, Service: service, OrigBytes: 900, RespBytes: answered, ConnState: "SF", History: "ShADadFf"}
	}
	yes := true
	logOn := &events.NTLM{Head: sharesHead(0, inside, outside), Username: "bob", Carrier: "smb", Success: &yes}
	file := &events.SMBFiles{Head: sharesHead(time.Second, inside, outside), Action: "SMB::FILE_WRITE", Bytes: 5000}
	several := func(n int) (list []events.Record) {
		for i := range n {
			list = append(list, conn(time.Duration(i)*time.Second, inside, fmt.Sprintf("203.0.113.%d", i+1), "smb", 500))
		}
		return list
	}
	cases := []struct {
		name     string
		records  []events.Record
		alerts   int
		says     string
		offender string
	}{
		{"below: nobody answered", []events.Record{conn(0, inside, outside, "smb", 0)}, 0, "", ""},
		{"at", []events.Record{conn(0, inside, outside, "gssapi,smb,ntlm", 500)}, 1, "with 203.0.113.7, a host outside; 0 bytes", inside},
		{"a log-in and a file", []events.Record{logOn, file, conn(2*time.Second, inside, outside, "smb", 500)}, 2, "logged in there by NTLM; 5000 bytes", inside},
		{"once", several(9), 2, "with 9 hosts outside", inside}, // the second is the last word
		{"next order", several(10), 2, "with 10 hosts outside", inside},
		{"from outside", []events.Record{conn(0, outside, inside, "smb", 500)}, 1, "of the local networks", outside},
		// The innocent twins.
		{"inside", []events.Record{conn(0, inside, "10.0.1.1", "smb", 500)}, 0, "", ""},
		{"another protocol", []events.Record{conn(0, inside, outside, "ssl", 500)}, 0, "", ""},
	}
	for _, c := range cases {
		found := sharesJudge(NewSMBToInternet(SMBToInternetDefaults()), c.records)
		if len(found) != c.alerts {
			t.Errorf("%s: %d alerts, want %d", c.name, len(found), c.alerts)
			continue
		}
		if c.alerts > 0 {
			f := found[len(found)-1]
			if !strings.Contains(f.Description, c.says) || f.Offenders[0].Addr.String() != c.offender {
				t.Errorf("%s: %+v", c.name, f)
			}
		}
	}
}
