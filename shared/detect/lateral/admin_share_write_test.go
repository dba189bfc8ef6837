package lateral

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// shareHead is the head of a conversation with a file server.
func shareHead(at time.Duration) events.Head {
	return events.Head{TS: start.Add(at), UID: "C" + at.String(), OrigH: netip.MustParseAddr(admin), RespH: netip.MustParseAddr(target), OrigP: 50123, RespP: 445}
}

// shareFile is a file that was closed.
func shareFile(at time.Duration, path, name, program string, written, read uint64) *events.SMBFiles {
	action := "SMB::FILE_WRITE"
	if written == 0 {
		action = "SMB::FILE_READ"
	}
	return &events.SMBFiles{Head: shareHead(at), Action: action, Path: path, Name: name, Program: program, Size: max(written, read), Bytes: written + read, Read: read}
}

// shareJudge runs a detector on records and gives what it found.
func shareJudge(d detect.Detector, records []events.Record) (found []detect.Finding) {
	model := device.New(device.Options{})
	for _, r := range records {
		found = append(found, d.Observe(r, model.Observe(r))...)
	}
	return found
}

func TestAdminShareWrite(t *testing.T) {
	const adminShares = `\\\\fs1\\ADMIN$`
	put := func(n int, every time.Duration) (list []events.Record) {
		for i := range n {
			list = append(list, shareFile(time.Duration(i)*every, adminShares, "psexesvc.exe", "pe", 5000, 0))
		}
		return list
	}
	cases := []struct {
		name    string
		records []events.Record
		alerts  int
		says    string
		term    string
	}{
		{"below: a text", []events.Record{shareFile(0, adminShares, "readme.txt", "", 5000, 0)}, 0, "", ""},
		{"at", put(1, time.Second), 1, "put programs on", ""},
		{"once", put(9, time.Second), 1, "1 copied", ""},
		{"next order", put(10, time.Second), 2, "10 copied", ""},
		{"a program by its first bytes", []events.Record{shareFile(0, `\\\\fs1\\C$`, `temp\\x.dat`, "pe", 5000, 0)}, 1, `temp\\x.dat`, ""},
		{"a script by its name", []events.Record{shareFile(0, `\\\\fs1\\c$`, `temp\\x.BAT`, "", 50, 0)}, 1, "put programs on", ""},
		{"fetched", []events.Record{shareFile(0, `\\\\fs1\\d$`, "x.exe", "pe", 0, 5000)}, 1, "fetched programs from", "fetched_only"},
		{"fetched, then put", []events.Record{shareFile(0, `\\\\fs1\\d$`, "x.exe", "pe", 0, 5000), put(1, 0)[0]}, 2, "put programs on, and fetched", ""},
		{"an attack tool on any share", []events.Record{shareFile(0, `\\\\fs1\\users`, `a\\Mimikatz_x64.exe`, "", 0, 5000)}, 1, "from a share", "attack_tool"},
		{"the share was connected before", []events.Record{shareFile(0, "", `Windows\\Temp\\a.exe`, "pe", 5000, 0)}, 1, "put programs on", ""},
		{"on the third day", put(3, 25*time.Hour), 3, "put programs on", "usual"},
		// The innocent twins.
		{"an ordinary share", []events.Record{shareFile(0, `\\\\fs1\\install`, "setup.exe", "pe", 5000, 0)}, 0, "", ""},
		{"a share that is not known", []events.Record{shareFile(0, "", `setup\\a.exe`, "pe", 5000, 0)}, 0, "", ""},
		{"a person's name", []events.Record{shareFile(0, `\\\\fs1\\users`, `rubeushagrid.doc`, "", 5000, 0)}, 0, "", ""},
		{"a printer's driver", []events.Record{shareFile(0, `\\\\fs1\\print$`, "driver.dll", "pe", 0, 5000)}, 0, "", ""},
		{"a log that is read", []events.Record{shareFile(0, adminShares, "setup.log", "", 0, 5000)}, 0, "", ""},
		{"pipes", []events.Record{shareFile(0, `\\\\fs1\\IPC$`, "svcctl.exe", "pe", 5000, 0)}, 0, "", ""},
	}
	for _, c := range cases {
		found := shareJudge(NewAdminShareWrite(AdminShareWriteDefaults()), c.records)
		if len(found) != c.alerts {
			t.Errorf("%s: %d alerts, want %d", c.name, len(found), c.alerts)
			continue
		}
		if c.alerts == 0 {
			continue
		}
		f := found[len(found)-1]
		if !strings.Contains(f.Description, c.says) || f.Offenders[0].Addr.String() != admin || f.Victims[0].Addr.String() != target || len(f.Terms) > 0 != (c.term != "") || c.term != "" && f.Terms[0].Name != c.term {
			t.Errorf("%s: %+v", c.name, f)
		}
	}
}
