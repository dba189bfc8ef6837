package exfil

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

// sharesHead is the head of a conversation of SMB.
func sharesHead(at time.Duration, orig, resp string) events.Head {
	return events.Head{
		TS: events.Time(1_700_006_400e9).Add(at), UID: "C" + at.String() + resp, OrigH: netip.MustParseAddr(orig), RespH: netip.MustParseAddr(resp), OrigP: 50123, RespP: 445,
	}
}

// sharesJudge runs a detector on records and gives what it found.
func sharesJudge(d detect.Detector, records []events.Record) (found []detect.Finding) {
	model := device.New(device.Options{})
	for _, r := range records {
		found = append(found, d.Observe(r, model.Observe(r))...)
	}
	return append(found, d.(detect.Closer).Close(device.View{})...)
}

func TestBulkFileCopy(t *testing.T) {
	read := func(n int, from, every time.Duration, share string, names int) (list []events.Record) {
		for i := range n {
			list = append(list, &events.SMBFiles{
				Head: sharesHead(from+time.Duration(i)*every, "10.0.0.5", "10.0.1.1"), Action: "SMB::FILE_READ", Path: `\\\\fs1\\` + share, Name: fmt.Sprint("f", i%names),
				Size: 1000, Bytes: 1000, Read: 1000,
			})
		}
		return list
	}
	half := read(300, 0, time.Second, "users", 300)
	for _, r := range half {
		r.(*events.SMBFiles).Read = 500
	}
	const day = 24 * time.Hour
	cases := []struct {
		name    string
		records []events.Record
		alerts  int
		folder  bool
	}{
		{"below", read(90, 0, time.Second, "users", 90), 0, false},
		{"at", read(110, 0, time.Second, "users", 110), 1, true},
		{"once", read(800, 0, time.Second/2, "users", 800), 1, true},
		{"next order", read(1100, 0, time.Second/2, "users", 1100), 2, false},
		// The innocent twins.
		{"a person who works", read(500, 0, time.Minute, "users", 500), 0, false},
		{"the same files over and over", read(500, 0, time.Second, "users", 20), 0, false},
		{"policies", read(500, 0, time.Second, "SYSVOL", 500), 0, false},
		{"a virus scanner that looks at beginnings", half, 0, false},
		{"a backup, on the third night", append(append(read(110, 0, time.Second, "users", 110), read(110, day, time.Second, "users", 110)...), read(110, 2*day, time.Second, "users", 110)...), 2, true},
	}
	for _, c := range cases {
		found := sharesJudge(NewBulkFileCopy(BulkFileCopyDefaults()), c.records)
		if len(found) != c.alerts {
			t.Errorf("%s: %d alerts, want %d", c.name, len(found), c.alerts)
			continue
		}
		if c.alerts > 0 {
			f := found[len(found)-1]
			if f.Offenders[0].Addr.String() != "10.0.0.5" || f.Victims[0].Addr.String() != "10.0.1.1" || len(f.Terms) > 0 != c.folder {
				t.Errorf("%s: %+v", c.name, f)
			}
		}
	}
}

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
