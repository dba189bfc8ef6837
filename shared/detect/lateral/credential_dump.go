package lateral

import (
	"fmt"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// CredentialDump finds a host that takes the password store of another.
var CredentialDump = detect.Spec{
	Type:  "lateral.credential_dump",
	Title: "Password store taken from another host",
	Text: "Looks for three ways to take the passwords of a host from afar: a hive of its registry being saved to a file " +
		"(BaseRegSaveKey), which nobody does over the network but who wants SAM or SECURITY; the four keys being opened from which " +
		"the boot key is put together (Lsa\\JD, Skew1, GBG, Data); and files being read from its shares that hold passwords " +
		"(ntds.dit, a dump of lsass, saved hives). What looks the same: a backup over the network that reads whole disks; it does so " +
		"every day and is quiet from the third on.",
	Category: "lateral", Tactics: []string{"TA0006"}, Techniques: []string{"T1003.002", "T1003.003", "T1003.001"},
	Risk:  detect.Base{Likelihood: events.Medium, Complexity: events.Low, Impact: events.High},
	Wants: []events.Kind{events.KindDCERPC, events.KindSMBFiles}, Version: 1,
	Background: "A Windows host keeps the hashes of its local accounts, cached log-ins and the passwords of its services in the " +
		"registry, a domain controller those of everybody in ntds.dit, and the memory of the process lsass those of whoever is " +
		"logged on. An intruder with an administrator's rights has them saved to a file and copies it (secretsdump, reg save, " +
		"procdump). The aim is passwords and hashes that open the next hosts.",
	Mitigation: []string{
		"Treat every password that was used on the host as known, and reset them, services' and administrators' first; on a domain " +
			"controller all of the domain.",
		"Isolate the host that took them, and find the account that it used.",
		"Stop the remote registry service where nothing needs it.",
		"Give local administrators different passwords on each host (LAPS), and deny them log-on over the network.",
	},
	New:    func() detect.Detector { return NewCredentialDump(CredentialDumpDefaults()) },
	Tuning: detect.Tuned(CredentialDumpDefaults, NewCredentialDump),
}

// CredentialDumpTunables are what may be set.
type CredentialDumpTunables struct {
	Keys  int           `tune:"keys of the boot key opened that are told" min:"1" max:"4"`
	Idle  time.Duration `tune:"a pair of hosts that rests this long begins anew" min:"10m" max:"168h"`
	Pairs int           `tune:"pairs of hosts watched" min:"100" max:"1000000"`
}

// CredentialDumpDefaults are the tunables that the project stands for. One of the keys may be met by chance, in a look through all.
func CredentialDumpDefaults() CredentialDumpTunables {
	return CredentialDumpTunables{Keys: 3, Idle: 12 * time.Hour, Pairs: 2_000}
}

// What may be taken.
const (
	dumpHive remoteStep = iota // BaseRegSaveKey, BaseRegSaveKeyEx
	dumpFile                   // a file that holds passwords was read
	dumpKey                    // a key of the boot key was opened
	dumpUse                    // a file was fetched from an administrative share after a hive was saved
)

func dumpSteps() []string {
	return []string{"hives_saved", "files_read", "boot_keys_opened", "fetched"}
}

// CredentialDumps remembers who took what.
type CredentialDumps struct {
	tune CredentialDumpTunables
	*remoteCases
}

// NewCredentialDump makes the detector.
func NewCredentialDump(t CredentialDumpTunables) *CredentialDumps {
	return &CredentialDumps{t, newRemoteCases(t.Pairs, t.Idle)}
}

// Observe looks at hives that are saved and at files that are read.
func (d *CredentialDumps) Observe(r events.Record, v device.View) []detect.Finding {
	var step remoteStep
	var name string
	switch r := r.(type) {
	case *events.DCERPC:
		var ok bool
		if step, ok = dumpStep(r); !ok || rpcRefused(r) {
			return nil
		}
		name = r.Args
	case *events.SMBFiles:
		if r.Status != 0 || r.Read == 0 || r.Action != "SMB::FILE_READ" {
			return nil
		}
		switch {
		case passwordFile(r.Name):
			step, name = dumpFile, r.Name
		case remoteAdminShare(r.Path) != "" && d.savedBefore(r):
			step = dumpUse
		default:
			return nil
		}
	default:
		return nil
	}
	return d.take(r.Common(), v, step, name)
}

func (d *CredentialDumps) take(h *events.Head, v device.View, step remoteStep, name string) []detect.Finding {
	usual := uint64(0)
	if step == dumpHive || step == dumpFile {
		if usual = d.habit(v, h.TS, false); usual == usualHere {
			return nil
		}
	}
	c := d.onPair(h, step)
	c.Flags |= usual
	if name != "" {
		c.Thing(name)
	}
	if timesDid(c.Case, dumpHive)+timesDid(c.Case, dumpFile) == 0 && timesDid(c.Case, dumpKey) < d.tune.Keys {
		return nil
	}
	return c.findings(d.report)
}

// dumpStep says what a call takes from the registry, [MS-RRP] 3.1.5.
func dumpStep(r *events.DCERPC) (step remoteStep, takes bool) {
	if interfaceOf(r) != registry {
		return 0, false
	}
	switch r.Opnum {
	case 20, 31:
		return dumpHive, true
	case 15: // BaseRegOpenKey
		return dumpKey, bootKey(r.Args)
	}
	return 0, false
}

// bootKey says whether a key is one of the four whose class names make the boot key up.
func bootKey(args string) bool {
	const parent = `control\lsa\`
	for _, name := range [...]string{"jd", "skew1", "gbg", "data"} {
		if end := len(args) - len(name); end >= len(parent) && sameLetters(args[end:], name) && sameLetters(args[end-len(parent):end], parent) {
			return true
		}
	}
	return false
}

// passwordFile says whether a file's name is one under which passwords are kept, or taken away.
func passwordFile(path string) bool {
	name := path[strings.LastIndexByte(path, '\\')+1:]
	switch {
	case len(name) > 64:
		return false
	case strings.EqualFold(name, "ntds.dit"), holds(name, "lsass") && holds(name, ".dmp"):
		return true
	case strings.EqualFold(name, "sam"), strings.EqualFold(name, "security"):
		return holds(path, `config\`) || holds(path, `registry\`)
	}
	for _, hive := range [...]string{"sam", "security", "system"} {
		if rest := len(hive); len(name) > rest && sameLetters(name[:rest], hive) {
			switch strings.ToLower(name[rest:]) {
			case ".save", ".hive", ".hiv", ".sav":
				return true
			}
		}
	}
	return false
}

// dumpFetched is how soon a saved hive is fetched.
const dumpFetched = 5 * time.Minute

func (d *CredentialDumps) savedBefore(r *events.SMBFiles) bool {
	c := d.Peek(detect.CaseKey{VNI: r.VNI, By: r.OrigH, To: r.RespH})
	return c != nil && did(c, dumpHive) && r.TS.Sub(c.Last) <= dumpFetched
}

// Tick has nothing to do: each act is told at once.
func (d *CredentialDumps) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the numbers up to date (Closer).
func (d *CredentialDumps) Close(device.View) []detect.Finding { return d.LastWords(d.report) }

func (d *CredentialDumps) report(k detect.CaseKey, c *detect.Case) detect.Finding {
	var done []string
	for s, text := range [...]string{
		dumpHive: "saved %s of its registry", dumpFile: "read %s that holds passwords", dumpKey: "opened the keys of the boot key, " +
			"in %s", dumpUse: "then fetched from its administrative share, in %s",
	} {
		what := [...]string{dumpHive: "hive", dumpFile: "file", dumpKey: "call", dumpUse: "step"}[s]
		if n := timesDid(c, remoteStep(s)); n > 0 {
			done = append(done, fmt.Sprintf(text, counted(n, what)))
		}
	}
	text := fmt.Sprintf("%s took passwords from %s: it %s", k.By, k.To, listed(done))
	if len(c.Names) > 0 {
		text += " (" + quoted(c.Names, 4, 50) + ")"
	}
	f := c.Finding(k, 0.8, text+".")
	f.Properties = remoteProperties(c, dumpSteps())
	if did(c, dumpHive) && (did(c, dumpKey) || did(c, dumpUse)) || did(c, dumpFile) {
		f.Confidence = 0.9
		f.Terms = []events.Term{{Name: "taken", Points: 10, Reason: "what was saved was also fetched, or can be opened"}}
	}
	f.Terms = append(f.Terms, habitTerms(c)...)
	return f
}
