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

// UUIDs of interfaces, written out once more: a table that is wrong in one place shows.
const (
	svcctlID    = "367abb81-9844-35f1-ad32-98f038001003"
	wbemID      = "9556dc99-828c-11cf-a37e-00aa003240c7"
	taskID      = "86d35949-83c9-4044-b424-db363231fd0c"
	atsvcID     = "1ff70682-0a51-30e8-076d-740be8cee98b"
	activatorID = "000001a0-0000-0000-c000-000000000046"
	factoryID   = "00000001-0000-0000-c000-000000000046"
	dispatchID  = "00020400-0000-0000-c000-000000000046"
	drsuapiID   = "e3514235-4b06-11d1-ab04-00c04fc2dcd2"
	lsarpcID    = "12345778-1234-abcd-ef00-0123456789ab"
	backupID    = "3dde7c30-165d-11d1-ab8f-00805f14db40"
	eventlogID  = "82273fdc-e32a-18c3-3f78-827929dc23ea"
	even6ID     = "f6beaff7-1e19-4fbb-9f8f-b89e2018337c"
	netlogonID  = "12345678-1234-abcd-ef00-01234567cffb"
	winregID    = "338cd001-2244-31f1-aaaa-900038001003"
)

const (
	second = time.Second
	dc     = "10.0.1.2"
	dc2    = "10.0.1.3"
)

// rpcCall is one that was answered, and whose text was read; empty text makes it a sealed one.
func rpcCall(at time.Duration, orig, resp, uuid string, opnum uint16, text string) *events.DCERPC {
	r := &events.DCERPC{UUID: uuid, Opnum: opnum, Args: text, Sealed: text == "", RTT: events.Interval(time.Millisecond), RequestLen: 200}
	if text != "" {
		r.Status = new(int64)
	}
	r.TS, r.UID = start.Add(at), "R"+orig+resp+uuid[:4]
	r.OrigH, r.RespH, r.OrigP, r.RespP = netip.MustParseAddr(orig), netip.MustParseAddr(resp), 50123, 49670
	return r
}

// rpcFailed is a call whose answer says no.
func rpcFailed(r *events.DCERPC, status int64) *events.DCERPC {
	r.Status = &status
	return r
}

// rpcSilent is a call that nobody answered.
func rpcSilent(r *events.DCERPC) *events.DCERPC {
	r.RTT, r.Status, r.Sealed = 0, nil, false
	return r
}

// written is a file that was put on a share.
func written(at time.Duration, orig, resp, share, name string) *events.SMBFiles {
	r := &events.SMBFiles{Action: "SMB::FILE_WRITE", Path: `\\` + resp + `\` + share, Name: name, Bytes: 140_000, Program: "pe"}
	r.TS, r.UID = start.Add(at), "F"+orig+resp
	r.OrigH, r.RespH, r.OrigP, r.RespP = netip.MustParseAddr(orig), netip.MustParseAddr(resp), 50120, 445
	return r
}

// daily repeats what is done on a day on so many days, the first of which is the first of all.
func daily(days int, work func(at time.Duration) []events.Record) (list []events.Record) {
	for d := range days {
		list = append(list, work(time.Duration(d)*day+9*hour)...)
	}
	return list
}

// remoteRun shows records to a judge, lets time pass, closes it, and gives the detections as they were told last.
func remoteRun(records []events.Record, specs ...detect.Spec) (list []*events.Detection) {
	j := detect.NewJudge(specs, device.New(device.Options{}), detect.Options{Emit: func(d *events.Detection) {
		for i := range list {
			if list[i].ID == d.ID {
				list[i] = d
				return
			}
		}
		list = append(list, d)
	}})
	var last events.Time
	for _, r := range records {
		last = max(last, r.Common().TS)
		j.Tick(last.Add(-time.Millisecond))
		j.Observe(r)
	}
	j.Close(last)
	return list
}

// remoteTest is a table of records and what is to be found.
type remoteTest struct {
	name     string
	records  []events.Record
	low      int // the score of the one detection, from here
	high     int // to here; 0: nothing may be found
	offender string
	victims  int
	says     string
}

func testRemote(t *testing.T, spec detect.Spec, cases []remoteTest) {
	t.Helper()
	for _, c := range cases {
		found := remoteRun(c.records, spec)
		if c.high == 0 {
			if len(found) > 0 {
				t.Errorf("%s: %d %s", c.name, found[0].Risk.Score, found[0].Description)
			}
			continue
		}
		if len(found) != 1 {
			t.Errorf("%s: %d detections", c.name, len(found))
			continue
		}
		d := found[0]
		if d.Risk.Score < c.low || d.Risk.Score > c.high {
			t.Errorf("%s: score %d, want %d to %d: %+v", c.name, d.Risk.Score, c.low, c.high, d.Risk.Terms)
		}
		victims := 0
		for _, p := range d.Participants {
			if p.Role == detect.Offender && p.Address.String() != c.offender {
				t.Errorf("%s: offender %s", c.name, p.Address)
			}
			if p.Role == detect.Victim {
				victims++
			}
		}
		if victims != max(c.victims, 1) || !strings.Contains(d.Description, c.says) || len(d.Evidence.UIDs) == 0 {
			t.Errorf("%s: %d victims, uids %v, %s", c.name, victims, d.Evidence.UIDs, d.Description)
		}
	}
}

// quietFromThirdDay does the same work on nine days: it is told on the first ones, and then no more.
func quietFromThirdDay(t *testing.T, spec detect.Spec, work func(at time.Duration) []events.Record) {
	t.Helper()
	found := remoteRun(daily(9, work), spec)
	if len(found) == 0 {
		t.Errorf("%s: nothing is told of the first day", spec.Type)
	}
	for _, d := range found {
		if d.Update.After(start.Add(2 * day).Time()) {
			t.Errorf("%s: habit is told of on %s: %s", spec.Type, d.Update, d.Description)
		}
	}
}

// Catches: an interface that is not found by its name where the bind was before the capture began, or one taken for another.
func TestInterfaces(t *testing.T) {
	names := map[string]string{
		"svcctl": svcctlID, "IWbemServices": wbemID, "ITaskSchedulerService": taskID, "atsvc": atsvcID, "ISystemActivator": activatorID,
		"IClassFactory": factoryID, "IDispatch": dispatchID, "drsuapi": drsuapiID, "lsarpc": lsarpcID, "BackupKey": backupID,
		"eventlog": eventlogID, "IEventService": even6ID, "netlogon": netlogonID, "winreg": winregID,
	}
	seen := map[rpcInterface]string{}
	for name, id := range names {
		byID, byName := interfaceOf(&events.DCERPC{UUID: id, Endpoint: name}), interfaceOf(&events.DCERPC{Endpoint: name})
		if byID == otherInterface || byID != byName || seen[byID] != "" {
			t.Errorf("%s: %d by id, %d by name, also %s", name, byID, byName, seen[byID])
		}
		seen[byID] = name
	}
	if interfaceOf(&events.DCERPC{UUID: "x", Endpoint: "svcctl"}) != otherInterface {
		t.Error("a name was believed against the UUID")
	}
}

// Catches: a share of users taken for an administrative one, a document for a program, a refused write for one that was done.
func TestProgramWritten(t *testing.T) {
	named := func(share, name, program string) *events.SMBFiles {
		f := written(0, worker, target, share, name)
		f.Program = program
		return f
	}
	refused, read := named("C$", "a.exe", "pe"), named("C$", "a.exe", "")
	refused.Status = 0xc0000022
	read.Action, read.Read = "SMB::FILE_READ", read.Bytes
	cases := []struct {
		f    *events.SMBFiles
		want bool
	}{
		{named("ADMIN$", "x.exe", "pe"), true}, {named("admin$", `Temp\x`, "pe"), true}, {named("D$", "run.PS1", ""), true}, {named("c$", "a.dll", ""), true},
		{named("ADMIN$", "report.txt", ""), false}, {named("public", "x.exe", "pe"), false}, {named("IPC$", "x", "pe"), false}, {named("C$", "a.docx", "zip"), false},
		{named("C$", "noending", ""), false}, {refused, false}, {read, false},
	}
	for _, c := range cases {
		if got := programWritten(c.f); got != c.want {
			t.Errorf("%s %s %q: %v", c.f.Path, c.f.Name, c.f.Program, got)
		}
	}
}

// Catches: a case, a habit or a table of controllers that a restart loses.
func TestRemoteDetectorsAreKept(t *testing.T) {
	work := func(at time.Duration) []events.Record {
		return []events.Record{
			rpcCall(at, worker, target, svcctlID, 12, "x cmd.exe /c whoami"), rpcCall(at, worker, target, wbemID, 24, ""), rpcCall(at, worker, target, taskID, 1, ""),
			rpcCall(at, worker, target, activatorID, 4, dcomClasses()[0]), rpcCall(at, worker, dc, drsuapiID, 3, ""), rpcCall(at, worker, dc, drsuapiID, 17, ""),
			rpcCall(at, worker, dc, lsarpcID, 43, "G$BCKUPKEY_P"), rpcCall(at, worker, target, even6ID, 6, ""), rpcCall(at, admin, dc, netlogonID, 2, ""),
			rpcCall(at, worker, target, oddInterfaces()[0].uuid, 1, ""), rpcCall(at, worker, target, svcctlID, 15, "x"), rpcCall(at, worker, target, winregID, 20, ""), rpcCall(at, worker, target, winregID, 22, ""),
		}
	}
	specs := []detect.Spec{
		RemoteService, WMIExec, ScheduledTask, DCOMExec, DCSync, DCShadow, DPAPIBackupKey, ADFSTheft, SuspiciousRPC, EventLogTampering,
		CredentialDump, RegistryChange,
	}
	model := device.New(device.Options{})
	told := 0
	first := detect.NewJudge(specs, model, detect.Options{Emit: func(*events.Detection) { told++ }})
	for _, r := range work(0) {
		first.Observe(r)
	}
	again := detect.NewJudge(specs, device.New(device.Options{}), detect.Options{Emit: func(d *events.Detection) { t.Errorf("told again: %s", d.Description) }})
	first.SaveAll(func(name string, key, value []byte) bool {
		if err := again.Load(name, key, value); err != nil {
			t.Error(err)
		}
		return true
	})
	if told < 8 {
		t.Errorf("%d alerts", told)
	}
	for _, r := range work(second) {
		again.Observe(r)
	}
}

// Catches: memory that is taken for every call of a host that is monitored all day.
func TestOrdinaryCallsTakeNoMemory(t *testing.T) {
	j := detect.NewJudge([]detect.Spec{
		RemoteService, WMIExec, ScheduledTask, DCOMExec, DCSync, DCShadow, DPAPIBackupKey, ADFSTheft, SuspiciousRPC, EventLogTampering,
		CredentialDump, RegistryChange,
	}, device.New(device.Options{}), detect.Options{})
	day := []events.Record{
		rpcCall(0, admin, target, activatorID, 4, "8bc3f05e-d86b-11d0-a075-00c04fb68820"), rpcCall(0, admin, target, wbemID, 20, ""),
		rpcCall(0, admin, target, svcctlID, 15, "x"), rpcCall(0, admin, target, svcctlID, 6, ""), rpcCall(0, admin, dc, netlogonID, 39, ""),
		rpcCall(0, dc, dc2, drsuapiID, 3, ""), rpcCall(0, admin, dc, lsarpcID, 44, "x"), rpcCall(0, admin, target, even6ID, 5, ""),
		rpcCall(0, admin, dc, "aabbccdd-0000-1111-2222-333344445555", 5, ""), adfsRequest(0, admin, target, "/index.html", 200),
	}
	show := func() {
		for _, r := range day {
			j.Observe(r)
		}
	}
	for range 20 {
		show()
	}
	if n := testing.AllocsPerRun(100, show); n > 0 {
		t.Errorf("%v allocations for %d records", n, len(day))
	}
}
