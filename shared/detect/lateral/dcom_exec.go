package lateral

import (
	"fmt"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// DCOMExec finds a host that makes programs of another one run commands.
var DCOMExec = detect.Spec{
	Type:  "lateral.dcom_exec",
	Title: "Remote execution through DCOM",
	Text: "Follows programs that one host starts on another as distributed objects (RemoteCreateInstance, RemoteGetClassObject), and " +
		"what it then makes them do (IDispatch Invoke, IClassFactory CreateInstance). It speaks where the class is one that runs " +
		"commands (MMC20.Application, ShellWindows, ShellBrowserWindow, Excel and other Office programs, Internet Explorer), where a " +
		"method is named that does (ExecuteShellCommand, ShellExecute, RegisterXLL, DDEInitiate), or where an object is driven by " +
		"IDispatch within minutes of its start, which is all that shows when the calls are encrypted. What looks the same: " +
		"industrial software (OPC) and old programs that drive Office on a server; they do it every day, and are quiet from the " +
		"third on. WMI, which begins the same way, is lateral.wmi_exec.",
	Category: "lateral", Tactics: []string{"TA0002", "TA0008"}, Techniques: []string{"T1021.003"},
	Risk:  detect.Base{Likelihood: events.Low, Complexity: events.Medium, Impact: events.Medium},
	Wants: []events.Kind{events.KindDCERPC, events.KindSMBFiles}, Version: 1,
	Background: "The Distributed Component Object Model lets a program on one host use objects of another. Some of the objects that " +
		"every Windows has can start programs: the management console, the windows of the shell, Excel. With an administrator's " +
		"password or hash an intruder starts such an object on the next host and has it run a command (dcomexec, Invoke-DCOM). No " +
		"service and no file is needed, so that hosts seldom notice.",
	Mitigation: []string{
		"Look on the hosts that are named here for mmc.exe, explorer.exe or Excel with children that they do not usually have, and " +
			"isolate the host if there are any.",
		"Reset the password of the account that was used, and find out where else it was used.",
		"Let only management hosts reach RPC (port 135 and above 49151) of other hosts; a security group can say so.",
		"Switch DCOM off, or take the remote activation rights away, where nothing needs them.",
	},
	New:    func() detect.Detector { return NewDCOMExec(DCOMExecDefaults()) },
	Tuning: detect.Tuned(DCOMExecDefaults, NewDCOMExec),
}

// DCOMExecTunables are what may be set.
type DCOMExecTunables struct {
	Within time.Duration `tune:"time after an object's start in which what it is made to do belongs to it" min:"10s" max:"24h"`
	Idle   time.Duration `tune:"a pair of hosts that rests this long begins anew" min:"10m" max:"168h"`
	Pairs  int           `tune:"pairs of hosts watched" min:"100" max:"1000000"`
}

// DCOMExecDefaults are the tunables that the project stands for. A pair takes about 1 KiB.
func DCOMExecDefaults() DCOMExecTunables {
	return DCOMExecTunables{Within: 10 * time.Minute, Idle: 12 * time.Hour, Pairs: 5_000}
}

// What may be done with distributed objects.
const (
	dcomStarted remoteStep = iota // an object was started, or its class was asked for
	dcomDriven                    // IDispatch Invoke
	dcomMade                      // IClassFactory CreateInstance
	dcomProgram                   // a program was put on an administrative share
	dcomOutput                    // a file was fetched from an administrative share right after
	dcomClass                     // the class is one that runs commands
	dcomMethod                    // a method that does was named
)

func dcomSteps() []string {
	return []string{"activations", "automation_calls", "creations", "programs_written", "files_fetched", "command_class", "command_method"}
}

// dcomClasses are the classes that run commands for whoever starts them from afar.
func dcomClasses() []string {
	return []string{
		"49b2791a-b1ae-4c90-9b8e-e860ba07f889", // MMC20.Application
		"9ba05972-f6a8-11cf-a442-00a0c90a8f39", // ShellWindows
		"c08afd90-f2a1-11d1-8455-00a0c91f3880", // ShellBrowserWindow
		"0002df01-0000-0000-c000-000000000046", // InternetExplorer.Application
		"d5e8041d-920f-45e9-b8fb-b1deb82c6e5e", // the broker of Internet Explorer
		"00020812-0000-0000-c000-000000000046", // Excel.Application
		"00024500-0000-0000-c000-000000000046", // Excel.Application
		"000209ff-0000-0000-c000-000000000046", // Word.Application
		"0006f03a-0000-0000-c000-000000000046", // Outlook.Application
		"91493441-5a91-11cf-8700-00aa0060263b", // PowerPoint.Application
		"00021a20-0000-0000-c000-000000000046", // Visio.Application
		"73a4c9c1-d68d-11d0-98bf-00a0c90dc8d9", // Access.Application
		"72c24dd5-d70a-438b-8a42-98424b88afb8", // WScript.Shell
		"f935dc22-1cf0-11d0-adb9-00c04fd58a0b", // WScript.Shell
		"13709620-c279-11ce-a49e-444553540000", // Shell.Application
		"3050f4d8-98b5-11cf-bb82-00aa00bdce0b", // an HTML application
	}
}

// dcomMethods are their methods that run something.
func dcomMethods() []string {
	return []string{
		"executeshellcommand", "shellexecute", "registerxll", "ddeinitiate", "executeexcel4macro", "createobject",
		"activatemicrosoftapp", "shellexec",
	}
}

// DCOMExecs remembers who started what, and what it was made to do.
type DCOMExecs struct {
	tune DCOMExecTunables
	*remoteCases
}

// NewDCOMExec makes the detector.
func NewDCOMExec(t DCOMExecTunables) *DCOMExecs {
	return &DCOMExecs{t, newRemoteCases(t.Pairs, t.Idle)}
}

// Observe follows the objects that one host starts on another.
func (d *DCOMExecs) Observe(r events.Record, v device.View) []detect.Finding {
	if file, ok := r.(*events.SMBFiles); ok {
		if programWritten(file) {
			c := d.onPair(&file.Head, dcomProgram)
			c.Thing(file.Name)
			return d.tell(c)
		}
		if outputFetched(file) && d.drivenBefore(file) {
			c := d.onPair(&file.Head, dcomOutput)
			return d.tell(c)
		}
		return nil
	}
	call, ok := r.(*events.DCERPC)
	if !ok || rpcRefused(call) {
		return nil
	}
	step, ok := dcomStep(call)
	if !ok || step != dcomStarted && !d.startedBefore(call) {
		return nil
	}
	usual := uint64(0)
	if step != dcomStarted {
		if usual = d.habit(v, call.TS, false); usual == usualHere {
			return nil
		}
	}
	c := d.onPair(&call.Head, step)
	c.Flags |= usual
	c.mark(dcomClass, step == dcomStarted && holdsAny(call.Args, dcomClasses()))
	c.mark(dcomMethod, step == dcomDriven && holdsAny(call.Args, dcomMethods()))
	if step == dcomDriven && call.Args != "" {
		c.Thing(call.Args)
	}
	return d.tell(c)
}

// dcomStep says what a call does with an object, [MS-DCOM] 3.1.2.5.2 and [MS-OAUT] 3.1.4.
func dcomStep(r *events.DCERPC) (step remoteStep, acts bool) {
	switch face := interfaceOf(r); {
	case face == activator && (r.Opnum == 3 || r.Opnum == 4), face == oldActivator && r.Opnum == 0:
		return dcomStarted, true
	case face == automation && (r.Opnum == 5 || r.Opnum == 6): // GetIDsOfNames, Invoke
		return dcomDriven, true
	case face == classFactory && r.Opnum == 3:
		return dcomMade, true
	}
	return 0, false
}

// startedBefore: what is driven was started a little before; a conversation that began before the capture did is believed, too.
func (d *DCOMExecs) startedBefore(r *events.DCERPC) bool {
	c := d.Peek(detect.CaseKey{VNI: r.VNI, By: r.OrigH, To: r.RespH})
	return c == nil || r.TS.Sub(c.Last) <= d.tune.Within || c.Raised()
}

// drivenBefore: what a command wrote is fetched right after.
func (d *DCOMExecs) drivenBefore(r *events.SMBFiles) bool {
	c := d.Peek(detect.CaseKey{VNI: r.VNI, By: r.OrigH, To: r.RespH})
	return c != nil && did(c, dcomDriven) && r.TS.Sub(c.Last) <= outputWithin
}

// tell: an object alone is started by WMI, too, and by much that is harmless.
func (d *DCOMExecs) tell(c remoteCase) []detect.Finding {
	driven := did(c.Case, dcomDriven) || did(c.Case, dcomClass)
	loaded := did(c.Case, dcomProgram) && did(c.Case, dcomStarted) && did(c.Case, dcomMade)
	if !driven && !loaded {
		return nil
	}
	return c.findings(d.report)
}

// Tick has nothing to do: what is driven is told at once.
func (d *DCOMExecs) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the numbers up to date (Closer).
func (d *DCOMExecs) Close(device.View) []detect.Finding { return d.LastWords(d.report) }

func (d *DCOMExecs) report(k detect.CaseKey, c *detect.Case) detect.Finding {
	var done []string
	for s, what := range [...]string{dcomStarted: "activation", dcomDriven: "automation call", dcomMade: "creation"} {
		if n := timesDid(c, remoteStep(s)); n > 0 {
			done = append(done, counted(n, what))
		}
	}
	text := fmt.Sprintf("%s used a program of %s as a distributed object: %s", k.By, k.To, listed(done))
	if did(c, dcomClass) {
		text += "; the class is one that runs commands"
	}
	if did(c, dcomMethod) {
		text += "; a method that runs a command was called"
	}
	if n := timesDid(c, dcomProgram); n > 0 {
		text += fmt.Sprintf("; it put %s on the administrative share", counted(n, "program"))
	}
	if did(c, dcomOutput) {
		text += "; right after, it fetched files from the administrative share"
	}
	if len(c.Names) > 0 {
		text += " (" + quoted(c.Names, 5, 40) + ")"
	}
	f := c.Finding(k, dcomConfidence(c), text+".")
	f.Properties = remoteProperties(c, dcomSteps())
	f.Terms = append(dcomTerms(c), habitTerms(c)...)
	return f
}

func dcomConfidence(c *detect.Case) float64 {
	if did(c, dcomMethod) || did(c, dcomClass) {
		return 0.9
	}
	return 0.65
}

func dcomTerms(c *detect.Case) (list []events.Term) {
	if did(c, dcomClass) {
		list = append(list, events.Term{Name: "command_class", Points: 10, Reason: "the class is known to run commands"})
	}
	if did(c, dcomOutput) {
		list = append(list, events.Term{Name: "output", Points: 5, Reason: "what a command wrote was fetched"})
	}
	if did(c, dcomMethod) {
		list = append(list, events.Term{Name: "command_method", Points: 15, Reason: "a method that runs a command was called"})
	}
	if did(c, dcomProgram) {
		list = append(list, events.Term{Name: "program_written", Points: 10, Reason: "a program was put on the administrative share"})
	}
	return list
}
