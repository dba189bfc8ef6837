package lateral

import (
	"fmt"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// AdminShareWrite finds programs that are put on another host through its administrative shares.
var AdminShareWrite = detect.Spec{
	Type:  "lateral.admin_share_write",
	Title: "Program copied to an administrative share",
	Text: "Looks for a program (by its first bytes, or by its name: .exe, .dll, .bat, .ps1 ...) that one host writes to an administrative share (ADMIN$, C$, D$ ...) " +
		"of another, and at low risk for one that it fetches from there; and on any share for a file with the name of a well-known attack tool (mimikatz, SharpHound ...). Only administrators may use these shares, and what lies there can be started at once as a " +
		"service or a task: it is how tools travel from host to host. What looks the same: software deployment and an administrator's copy. " +
		"Who did so on two earlier days is told at low risk from then on.",
	Category: "lateral", Tactics: []string{"TA0008"}, Techniques: []string{"T1570", "T1021.002"},
	Risk:  detect.Base{Likelihood: events.Medium, Complexity: events.Low, Impact: events.Medium},
	Wants: []events.Kind{events.KindSMBFiles}, Version: 1,
	Background: "Windows shares each drive and its own folder for administrators, hidden by a dollar sign. An intruder with an administrator's password, hash or ticket " +
		"copies a program there from the host that is lost already, and starts it from afar. The aim is to run code on the next host and to go on " +
		"from there, up to a server that is worth the trouble.",
	Mitigation: []string{
		"Isolate the host on which the program was put, and look at the file that is named here, and at what started it.",
		"Find out whose account was used and who sits at the offender; reset the password if it is nobody's work.",
		"Let only management hosts reach SMB (port 445) of other hosts: a security group can say so.",
		"Give local administrators different passwords on each host (LAPS), and deny them log-on over the network.",
	},
	Yields: []string{"lateral.remote_service", "lateral.scheduled_task", "lateral.wmi_exec", "lateral.dcom_exec"},
	New:    func() detect.Detector { return NewAdminShareWrite(AdminShareWriteDefaults()) },
	Tuning: detect.Tuned(AdminShareWriteDefaults, NewAdminShareWrite),
}

// AdminShareWriteTunables are what may be set.
type AdminShareWriteTunables struct {
	Days    int           `tune:"earlier days on which a host put programs on other hosts, after which that is its work" min:"1" max:"31"`
	Idle    time.Duration `tune:"a pair that rests this long begins anew" min:"10m" max:"168h"`
	Pairs   int           `tune:"pairs of hosts watched" min:"100" max:"1000000"`
	Clients int           `tune:"hosts whose habits are known" min:"100" max:"1000000"`
}

// AdminShareWriteDefaults are the tunables that the project stands for. A pair takes about 1 KiB.
func AdminShareWriteDefaults() AdminShareWriteTunables {
	return AdminShareWriteTunables{Days: 2, Idle: 12 * time.Hour, Pairs: 5_000, Clients: 10_000}
}

// ProgramCopies remembers who put programs on whom.
type ProgramCopies struct {
	tune  AdminShareWriteTunables
	cases *detect.Cases
	days  *detect.Memory[uint32, copyDays]
	detect.Memories
}

// copyDays are the days on which a host put programs on others.
type copyDays struct {
	days  int
	today int64 // since 1970
}

// Flags of a case.
const (
	copyPut     = 1 << iota // a program was written
	copyFetched             // a program was read
	copyUsual               // its host did so on earlier days
	copyTool                // one has the name of an attack tool
)

// NewAdminShareWrite makes the detector.
func NewAdminShareWrite(t AdminShareWriteTunables) *ProgramCopies {
	p := &ProgramCopies{tune: t, cases: detect.NewCases(detect.CasesOptions{Limit: t.Pairs, Idle: t.Idle})}
	p.days = detect.NewFilledMemory(t.Clients, 'd', 1, func(key, value *detect.Form, k *uint32, d *copyDays) {
		detect.Number(key, k)
		detect.Number(value, &d.days)
		detect.Number(value, &d.today)
	})
	p.Memories = detect.Memories{p.cases, p.days}
	return p
}

// Observe looks at what was written to a file, or read from it.
func (p *ProgramCopies) Observe(r events.Record, v device.View) []detect.Finding {
	f, ok := r.(*events.SMBFiles)
	if !ok || f.Bytes == 0 {
		return nil
	}
	put, tool := f.Bytes > f.Read, attackTool(f.Name)
	if !tool && !(adminShare(f.Path) || f.Path == "" && onSystemDrive(f.Name)) {
		return nil
	}
	if !tool && (put && !runs(f.Program, f.Name) || !put && f.Program != "pe" && f.Program != "elf") {
		return nil
	}
	k := detect.CaseKey{VNI: f.VNI, By: f.OrigH, To: f.RespH}
	c := p.cases.Note(k, &f.Head)
	c.Thing(strings.ReplaceAll(f.Name, `\\`, `\`)) // records have it escaped
	c.Sum += f.Bytes
	news := put && c.Flags&copyPut == 0 || tool && c.Flags&copyTool == 0
	if tool {
		c.Flags |= copyTool
	}
	if !put {
		c.Flags |= copyFetched
	} else if c.Flags |= copyPut; p.usual(v.Orig.Serial, f.TS) {
		c.Flags |= copyUsual
	}
	if !c.Reached(c.Count, 1) && !news {
		return nil
	}
	c.Told = c.Count
	return []detect.Finding{p.report(k, c)}
}

// usual notes the day, and says whether there were enough earlier ones.
func (p *ProgramCopies) usual(client uint32, at events.Time) bool {
	d, fresh := p.days.Put(client)
	if day := int64(at) / int64(24*time.Hour); fresh || day > d.today {
		d.days, d.today = d.days+1, day
		p.days.Note(client)
	}
	return d.days > p.tune.Days
}

// Tick has nothing to do: copies are told when they are made.
func (p *ProgramCopies) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the counts up to date.
func (p *ProgramCopies) Close(device.View) []detect.Finding { return p.cases.LastWords(p.report) }

// Overflow is how many pairs and hosts had to be forgotten for want of room.
func (p *ProgramCopies) Overflow() uint64 { return p.cases.Overflow() + p.days.Evicted() }

func (p *ProgramCopies) report(k detect.CaseKey, c *detect.Case) detect.Finding {
	did, share, confidence := "fetched programs from", "an administrative share", 0.6
	if c.Flags&copyTool != 0 {
		share = "a share"
	}
	switch c.Flags & (copyPut | copyFetched) {
	case copyPut:
		did, confidence = "put programs on", 0.85
	case copyPut | copyFetched:
		did, confidence = "put programs on, and fetched them from,", 0.85
	}
	f := c.Finding(k, confidence, fmt.Sprintf("%s %s %s of %s: %d copied, %d bytes; the first is %q.", k.By, did, share, k.To, c.Count, c.Sum, c.Names[0]))
	f.Properties = map[string]any{"files": c.Count, "bytes": c.Sum, "names": c.Names, "written": c.Flags&copyPut != 0, "fetched": c.Flags&copyFetched != 0}
	switch {
	case c.Flags&copyTool != 0:
		f.Terms = []events.Term{{Name: "attack_tool", Points: 15, Reason: "a file has the name of a well-known attack tool"}}
	case c.Flags&copyPut == 0:
		f.Terms = []events.Term{{Name: "fetched_only", Points: -20, Reason: "programs were read, and none was written"}}
	case c.Flags&copyUsual != 0:
		f.Terms = []events.Term{{Name: "usual", Points: -25, Reason: "the offender puts programs on other hosts on other days, too"}}
	}
	return f
}

// adminShare says whether a share is one that only administrators may use: a drive, or the system's folder. Paths end in the share's name.
func adminShare(path string) bool {
	name := path[strings.LastIndexByte(path, '\\')+1:]
	return strings.EqualFold(name, "ADMIN$") || len(name) == 2 && name[1] == '$' && (name[0]|0x20) >= 'a' && (name[0]|0x20) <= 'z'
}

// onSystemDrive says whether a file lies where only the drive of a system has such a folder: where the share was connected before the capture began,
// that tells which it is.
func onSystemDrive(name string) bool {
	top, _, deep := strings.Cut(name, `\`)
	if !deep {
		return false
	}
	switch strings.ToLower(top) {
	case "windows", "users", "programdata", "program files", "program files (x86)", "perflogs", "$recycle.bin":
		return true
	}
	return false
}

// attackTools are the beginnings of names that well-known attack tools come with.
const attackTools = " mimikatz mimidrv mimilib invoke-mimikatz safetykatz lazagne rubeus sharphound bloodhound winpeas pwdump fgdump gsecdump " +
	"kerbrute crackmapexec secretsdump printspoofer juicypotato godpotato sweetpotato chisel powersploit powerview "

// attackTool says whether a file has the name of an attack tool: the whole of it, or up to a digit or a mark.
func attackTool(name string) bool {
	base := strings.ToLower(name[strings.LastIndexByte(name, '\\')+1:])
	end := strings.IndexFunc(base, func(c rune) bool { return (c < 'a' || c > 'z') && c != '-' })
	if end < 0 {
		end = len(base)
	}
	return end > 4 && strings.Contains(attackTools, " "+base[:end]+" ")
}

// runnable are the names' endings of what Windows starts or loads.
const runnable = " exe dll sys com scr cpl bat cmd ps1 psm1 vbs vbe js jse wsf hta msi msp jar job xll lnk "

// runs says whether a file is a program, by its first bytes or by its name.
func runs(program, name string) bool {
	switch program {
	case "pe", "elf", "script", "lnk":
		return true
	}
	dot := strings.LastIndexByte(name, '.')
	if dot < 0 || len(name)-dot > 6 || len(name)-dot < 2 {
		return false
	}
	return strings.Contains(runnable, " "+strings.ToLower(name[dot+1:])+" ")
}
