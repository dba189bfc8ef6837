package exfil

import (
	"fmt"
	"net/netip"
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
		{"below", read(45, 0, time.Second, "users", 45), 0, false},
		{"at", read(55, 0, time.Second, "users", 55), 1, true},
		{"once", read(400, 0, time.Second/2, "users", 400), 1, true},
		{"next order", read(550, 0, time.Second/2, "users", 550), 2, false},
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
