package impact

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

func rewriteHead(at time.Duration) events.Head {
	return events.Head{
		TS: events.Time(1_700_006_400e9).Add(at), UID: "C" + at.String(), OrigH: netip.MustParseAddr("10.0.0.5"), RespH: netip.MustParseAddr("10.0.1.1"), OrigP: 50123, RespP: 445,
	}
}

func rewriteAct(at time.Duration, action, name, before string, size uint64) events.Record {
	return &events.SMBFiles{Head: rewriteHead(at), Action: "SMB::FILE_" + action, Path: `\\\\fs1\\users`, Name: name, PrevName: before, Size: size}
}

// rewriteKinds are extensions that files had before.
var rewriteKinds = []string{"doc", "xlsx", "pdf", "jpg"}

func TestRansomware(t *testing.T) {
	renamed := func(n, kinds int, every time.Duration, extension string) (list []events.Record) {
		for i := range n {
			before := fmt.Sprintf(`dir\\f%d.%s`, i, rewriteKinds[i%kinds])
			list = append(list, rewriteAct(time.Duration(i)*every, "RENAME", before+"."+extension, before, 100))
		}
		return list
	}
	replaced := func(n int, name func(stem, kind string) string) (list []events.Record) {
		for i := range n {
			at, stem, kind := time.Duration(i)*time.Second, fmt.Sprintf(`dir\\f%d`, i), rewriteKinds[i%4]
			list = append(list, rewriteAct(at, "OPEN", stem+"."+kind, "", 100), rewriteAct(at, "OPEN", name(stem, kind), "", 0), rewriteAct(at, "DELETE", stem+"."+kind, "", 100))
		}
		return list
	}
	deleted := replaced(50, func(string, string) string { return `dir\\readme.txt` })
	cases := []struct {
		name    string
		records []events.Record
		alerts  int
		files   int
	}{
		{"below: nine files", renamed(9, 4, time.Second, "locked"), 0, 0},
		{"below: two kinds", renamed(99, 2, time.Second, "locked"), 0, 0},
		{"at", renamed(10, 4, time.Second, "locked"), 1, 10},
		{"once", renamed(99, 4, time.Second, "locked"), 1, 10},
		{"next order", renamed(100, 4, time.Second, "locked"), 2, 100},
		{"written beside and deleted", replaced(10, func(stem, _ string) string { return stem + ".enc" }), 1, 10},
		{"the same, appended", replaced(10, func(stem, kind string) string { return stem + "." + kind + ".WNCRY" }), 1, 10},
		// The innocent twins.
		{"a folder that is deleted", deleted, 0, 0},
		{"photos that get another ending", renamed(500, 1, time.Second, "jpeg"), 0, 0},
		{"an editor that saves", renamed(500, 4, time.Second, "tmp"), 0, 0},
		{"logs that are packed", renamed(500, 4, time.Second, "gz"), 0, 0},
		{"a person who renames now and then", renamed(100, 4, 3*time.Minute, "final"), 0, 0},
	}
	for _, c := range cases {
		d := NewRansomware(RansomwareDefaults())
		model := device.New(device.Options{})
		var found []detect.Finding
		for _, r := range c.records {
			found = append(found, d.Observe(r, model.Observe(r))...)
		}
		if len(found) != c.alerts {
			t.Errorf("%s: %d alerts, want %d", c.name, len(found), c.alerts)
			continue
		}
		if c.alerts > 0 {
			f := found[len(found)-1]
			if f.Offenders[0].Addr.String() != "10.0.0.5" || f.Victims[0].Addr.String() != "10.0.1.1" || f.Properties["files"] != c.files {
				t.Errorf("%s: %+v", c.name, f)
			}
		}
	}
}
