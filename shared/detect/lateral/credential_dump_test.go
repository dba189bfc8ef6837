package lateral

import (
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// readFile is a file that was read from a share.
func readFile(at time.Duration, orig, resp, share, name string) *events.SMBFiles {
	r := written(at, orig, resp, share, name)
	r.Action, r.Bytes, r.Read, r.Program = "SMB::FILE_READ", 65536, 65536, ""
	return r
}

// Catches: a look through the registry, or files of users, that alarm; hives that are saved and fetched and are not told; a backup that is told
// of every day.
func TestCredentialDump(t *testing.T) {
	open := func(key string) events.Record {
		return rpcCall(0, worker, target, winregID, 15, `SYSTEM\CurrentControlSet\Control\`+key)
	}
	save := func(at time.Duration) events.Record { return rpcCall(at, worker, target, winregID, 20, "") }
	testRemote(t, CredentialDump, []remoteTest{
		{name: "below: reading the registry", records: []events.Record{open(`Lsa`), open(`Lsa\JD`), open(`Lsa\Database`), rpcCall(0, worker, target, winregID, 17, "x")}},
		{name: "below: files of users", records: []events.Record{
			readFile(0, worker, target, "data", "system.docx"), readFile(0, worker, target, "C$", "security"), readFile(0, worker, target, "data", "sam.txt"),
			written(0, worker, target, "C$", "lsass.dmp"),
		}},
		{"at: a hive", []events.Record{save(0)}, 45, 60, worker, 1, "saved 1 hive of its registry"},
		{"the boot key", []events.Record{open(`Lsa\JD`), open(`Lsa\Skew1`), open(`Lsa\GBG`), open(`Lsa\Data`)}, 45, 60, worker, 1, "opened the keys of the boot key, in 4 calls"},
		{"once: saved, and fetched", []events.Record{save(0), readFile(second, worker, target, "ADMIN$", `Temp\AbCd.tmp`), save(2 * second), readFile(3*second, worker, target, "ADMIN$", `Temp\EfGh.tmp`)},
			60, 75, worker, 1, "saved 2 hives of its registry and then fetched from its administrative share, in 2 steps"},
		{"a dump", []events.Record{readFile(0, worker, target, "share", `x\lsass_1234.dmp`)}, 60, 75, worker, 1, "read 1 file that holds passwords"},
		{"the directory", []events.Record{readFile(0, worker, target, "C$", `Windows\NTDS\ntds.dit`)}, 60, 75, worker, 1, "ntds.dit"},
		{"hives by name", []events.Record{readFile(0, worker, target, "C$", `Windows\System32\config\SAM`), readFile(0, worker, target, "C$", `temp\security.save`)}, 60, 75, worker, 1, "read 2 files"},
	})
	quietFromThirdDay(t, CredentialDump, func(at time.Duration) []events.Record {
		return []events.Record{readFile(at, admin, target, "C$", `Windows\NTDS\ntds.dit`)}
	})
}
