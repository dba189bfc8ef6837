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

func TestPassTheHash(t *testing.T) {
	yes, no := true, false
	logOn := func(at time.Duration, change func(*events.NTLM)) events.Record {
		n := &events.NTLM{Head: shareHead(at), Username: "Administrator", Carrier: "smb", Version: 2, Success: &yes, NegotiateFlags: 0xe0888235}
		n.NegotiateFlags &^= 0x02000000
		if change != nil {
			change(n)
		}
		return n
	}
	share := func(at time.Duration, path string) events.Record {
		return &events.SMBMapping{Head: shareHead(at), Path: path, ShareType: "DISK"}
	}
	call := func(at time.Duration, endpoint string) events.Record {
		return &events.DCERPC{Head: shareHead(at), Endpoint: endpoint}
	}
	pipe := &events.SMBFiles{Head: shareHead(time.Second), Action: "SMB::PIPE_OPEN", Path: `\\\\fs1\\IPC$`, Name: "svcctl"}
	const c = `\\\\fs1\\C$`
	repeat := func(n int) (list []events.Record) {
		for i := range n {
			at := time.Duration(i) * time.Minute
			list = append(list, logOn(at, nil), share(at+time.Second, c))
		}
		return list
	}
	cases := []struct {
		name    string
		records []events.Record
		alerts  int
	}{
		{"below: no use of it", []events.Record{logOn(0, nil), share(time.Second, `\\\\fs1\\users`), call(time.Second, "srvsvc")}, 0},
		{"at: a share", []events.Record{logOn(0, nil), share(time.Second, c)}, 1},
		{"at: a call", []events.Record{logOn(0, nil), call(time.Second, "svcctl")}, 1},
		{"at: a pipe", []events.Record{logOn(0, nil), pipe}, 1},
		{"both", []events.Record{logOn(0, nil), share(time.Second, c), call(time.Second, "svcctl")}, 2},
		{"a name that says nothing", []events.Record{logOn(0, func(n *events.NTLM) { n.Hostname = "WORKSTATION" }), share(time.Second, c)}, 1},
		{"once", repeat(9), 1},
		{"next order", repeat(10), 2},
		// The innocent twins.
		{"Windows", []events.Record{logOn(0, func(n *events.NTLM) { n.Hostname, n.ClientVersion, n.NegotiateFlags = "PC1", "10.0.1", 0xe2888215 }), share(time.Second, c)}, 0},
		{"Samba, which has a name", []events.Record{logOn(0, func(n *events.NTLM) { n.Hostname = "BACKUP" }), share(time.Second, c)}, 0},
		{"a web server", []events.Record{logOn(0, func(n *events.NTLM) { n.Carrier = "http" }), share(time.Second, c)}, 0},
		{"anonymous", []events.Record{logOn(0, func(n *events.NTLM) { n.Username, n.Anonymous = "", true }), call(time.Second, "svcctl")}, 0},
		{"a guest", []events.Record{logOn(0, func(n *events.NTLM) { n.Guest = true }), share(time.Second, c)}, 0},
		{"refused", []events.Record{logOn(0, func(n *events.NTLM) { n.Success = &no }), share(time.Second, c)}, 0},
		{"long after", []events.Record{logOn(0, nil), share(time.Hour, c)}, 0},
		{"a Kerberos user's share", []events.Record{share(0, c), call(time.Second, "svcctl")}, 0},
	}
	for _, tt := range cases {
		found := shareJudge(NewPassTheHash(PassTheHashDefaults()), tt.records)
		if len(found) != tt.alerts {
			t.Errorf("%s: %d alerts, want %d", tt.name, len(found), tt.alerts)
			continue
		}
		if tt.alerts > 0 && (found[0].Offenders[0].Addr.String() != admin || !strings.Contains(found[0].Description, `"Administrator"`)) {
			t.Errorf("%s: %+v", tt.name, found[0])
		}
	}
}
