package access

import (
	"fmt"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// PrintNightmare finds a host that has a print spooler load a program of its choice (CVE-2021-1675, CVE-2021-34527).
var PrintNightmare = detect.Spec{
	Type:  "access.printnightmare",
	Title: "PrintNightmare",
	Text: "Looks for calls that install a printer driver on another host (RpcAddPrinterDriver, RpcAddPrinterDriverEx, RpcAsyncAddPrinterDriver), one of whose " +
		"files is on a server's share or among the spooler's set-aside old files: one such call is enough. Where the calls are encrypted, so that their files " +
		"are unknown, one is told with less risk, and a second within a minute with more, since the attack copies first and loads afterwards. It says whether the " +
		"spooler took the driver. What looks the same: an administrator who installs drivers from the spooler's own folder, which is told nothing of; over an encrypted call one.",
	Category: "access", Tactics: []string{"TA0004", "TA0008"}, Techniques: []string{"T1210", "T1547.012"},
	Risk:  detect.Base{Likelihood: events.Medium, Complexity: events.Medium, Impact: events.High},
	Wants: []events.Kind{events.KindDCERPC}, Version: 1,
	Background: "The print spooler runs as the system itself on nearly every Windows host. Before the fix anyone who could log in was able to have it install a " +
		"driver, which is a library that it loads: a file from the attacker's share then runs with all rights, on domain controllers too.",
	Mitigation: []string{
		"Isolate the victim, and look for new files below the spooler's drivers folder and for what the spooler started.",
		"Stop and disable the print spooler on every host that prints nothing, domain controllers first.",
		"Install the updates of July and August 2021, and let only administrators install drivers (RestrictDriverInstallationToAdministrators).",
		"Change the password of the account that made the call.",
	},
	New:    func() detect.Detector { return NewPrintNightmare(PrintNightmareDefaults()) },
	Tuning: detect.Tuned(PrintNightmareDefaults, NewPrintNightmare),
}

// PrintNightmareTunables are what may be set.
type PrintNightmareTunables struct {
	Sealed int           `tune:"encrypted calls of one host that install a driver elsewhere" min:"1" max:"1000"`
	Sure   int           `tune:"encrypted calls, from which on an administrator is unlikely" min:"1" max:"1000"`
	Idle   time.Duration `tune:"a host that rests this long begins anew" min:"10s" max:"24h"`
	Hosts  int           `tune:"hosts watched" min:"100" max:"100000"`
}

// PrintNightmareDefaults are the tunables that the project stands for.
func PrintNightmareDefaults() PrintNightmareTunables {
	return PrintNightmareTunables{Sealed: 1, Sure: 2, Idle: time.Minute, Hosts: 5_000}
}

// PrintNightmares counts, for each host, the drivers that it installed on others. Sum counts those from a share.
type PrintNightmares struct {
	tune PrintNightmareTunables
	*detect.Cases
}

// What is known of a case.
const (
	printNightmareTaken   uint64 = 1 << iota // the spooler took a driver from a share
	printNightmareSeveral                    // one encrypted call may be an administrator's
)

// NewPrintNightmare makes the detector.
func NewPrintNightmare(t PrintNightmareTunables) *PrintNightmares {
	return &PrintNightmares{tune: t, Cases: detect.NewCases(detect.CasesOptions{Limit: t.Hosts, Idle: t.Idle})}
}

// Observe looks at calls that install a driver.
func (p *PrintNightmares) Observe(r events.Record, v device.View) []detect.Finding {
	c, ok := r.(*events.DCERPC)
	if !ok || !installsDriver(c.Operation) {
		return nil
	}
	foreign := foreignDriver(c, v)
	if !foreign && !c.Sealed {
		return nil
	}
	key := detect.CaseKey{VNI: c.VNI, By: c.OrigH}
	one := p.Note(key, &c.Head)
	one.Against(detect.Party{Addr: c.RespH, Port: c.RespP, Endpoint: detect.Server})
	news := one.Reached(one.Count, p.tune.Sealed)
	if !foreign && one.Count >= p.tune.Sure && one.Flags&printNightmareSeveral == 0 {
		one.Flags |= printNightmareSeveral
		news = true
	}
	if foreign {
		one.Sum++
		news = one.Reached(int(one.Sum), 1) || news
		if rpcSucceeded(c) && one.Flags&printNightmareTaken == 0 {
			one.Flags |= printNightmareTaken
			news = true
		}
		one.Thing(c.Args)
	}
	if !news {
		return nil
	}
	one.Told = one.Count
	return []detect.Finding{printNightmareReport(key, one)}
}

// Tick has nothing to do: calls are told when they are made.
func (p *PrintNightmares) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the numbers of what was told up to date.
func (p *PrintNightmares) Close(device.View) []detect.Finding {
	return p.LastWords(printNightmareReport)
}

func installsDriver(operation string) bool {
	switch operation {
	case "RpcAddPrinterDriver", "RpcAddPrinterDriverEx", "RpcAsyncAddPrinterDriver":
		return true
	}
	return false
}

// foreignDriver says whether a driver's files are where only an attack has them: on a share of another host, or among the old files that the
// spooler set aside when it installed the driver before.
func foreignDriver(c *events.DCERPC, v device.View) bool {
	args := strings.ToLower(c.Args)
	if strings.Contains(args, `\drivers\`) && strings.Contains(args, `\old\`) && strings.Contains(args, ".dll") {
		return true
	}
	for _, p := range rpcPaths(c.Args) {
		if p.deep >= 2 && rpcElsewhere(p.host, c.RespH, v.Resp) > 0 {
			return true
		}
	}
	return false
}

func printNightmareReport(k detect.CaseKey, one *detect.Case) detect.Finding {
	victims := one.Hosts.Count()
	text := fmt.Sprintf("%s had the print spooler of %s install a driver %s, over encrypted calls", k.By, rpcCount(victims, "host"), rpcCount(one.Count, "time"))
	confidence := 0.65
	if one.Sum > 0 {
		text = fmt.Sprintf("%s asked the print spooler of %s %s to install a driver from a share or from set-aside files", k.By, rpcCount(victims, "host"), rpcCount(int(one.Sum), "time"))
		confidence = 0.95
	}
	f := one.Finding(k, confidence, "")
	if one.Sum == 0 && one.Flags&printNightmareSeveral == 0 {
		f.Terms = []events.Term{{Name: "one_call", Points: -20, Reason: "one encrypted call may be an administrator's"}}
	}
	if one.Flags&printNightmareTaken != 0 {
		text += ", and it took one"
		f.Terms = []events.Term{{Name: "success_followed", Points: 20, Reason: "the spooler took the driver"}}
	}
	f.Description = text + "."
	f.Properties = map[string]any{"calls": one.Count, "victims": victims, "foreign": one.Sum, "taken": one.Flags&printNightmareTaken != 0, "drivers": one.Names}
	return f
}
