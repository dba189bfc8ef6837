package lateral

import (
	"fmt"
	"slices"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// WMIExec finds a host that makes another one run programs through WMI.
var WMIExec = detect.Spec{
	Type:  "lateral.wmi_exec",
	Title: "Remote execution through WMI",
	Text: "Counts the calls by which one host makes the management service (WMI) of another do something: methods that are run " +
		"(IWbemServices ExecMethod, as for Win32_Process Create) and objects that are written (PutInstance, PutClass), three of " +
		"which make an event subscription that runs a program later. Most such calls are encrypted, so that the interface and the " +
		"number of the operation are all there is; where the text shows a process being made, it weighs more. What looks the same: a " +
		"management server, and inventory that reads the registry by methods. Queries, which are what monitoring does, count " +
		"nothing; who runs methods on a host on two earlier days is quiet there.",
	Category: "lateral", Tactics: []string{"TA0002", "TA0008"}, Techniques: []string{"T1047"},
	Risk:  detect.Base{Likelihood: events.Medium, Complexity: events.Low, Impact: events.Medium},
	Wants: []events.Kind{events.KindDCERPC, events.KindSMBFiles}, Version: 1,
	Background: "Windows Management Instrumentation lets an administrator ask and command other hosts. With a stolen password or " +
		"hash an intruder runs programs through it (wmic, Invoke-WmiMethod, wmiexec): nothing is installed and hardly a trace is " +
		"left on the disk. An event subscription made the same way runs a program whenever something happens, and so stays after a " +
		"restart. The aim is to run code on the next host.",
	Mitigation: []string{
		"Look on the hosts that are named here for processes begun by WmiPrvSE.exe at that time, and isolate them if one is unknown.",
		"Look for event subscriptions there (root\\subscription: __EventFilter, CommandLineEventConsumer) and remove what nobody knows.",
		"Reset the password of the account that was used, and find out where else it was used.",
		"Let only management hosts reach RPC (port 135 and above 49151) of other hosts; a security group can say so.",
	},
	New:    func() detect.Detector { return NewWMIExec(WMIExecDefaults()) },
	Tuning: detect.Tuned(WMIExecDefaults, NewWMIExec),
}

// WMIExecTunables are what may be set.
type WMIExecTunables struct {
	Methods int           `tune:"methods run by one host that are told" min:"1" max:"100000"`
	Objects int           `tune:"objects written by one host that are told" min:"1" max:"100000"`
	Idle    time.Duration `tune:"a host that rests this long begins anew" min:"10m" max:"168h"`
	Clients int           `tune:"hosts watched that work on others" min:"100" max:"1000000"`
}

// subscriptionObjects: a filter, a consumer and what binds them.
const subscriptionObjects = 3

// WMIExecDefaults are the tunables that the project stands for: one process is all an intruder needs. A client takes about 1 KiB.
func WMIExecDefaults() WMIExecTunables {
	return WMIExecTunables{Methods: 1, Objects: 2, Idle: 12 * time.Hour, Clients: 5_000}
}

// What may be done through WMI.
const (
	wmiMethod remoteStep = iota
	wmiObject            // an object was written
	wmiOutput            // a file was fetched from an administrative share right after
)

// What the text of the calls shows; it is not counted.
const (
	wmiProcess      remoteStep = countedSteps + iota // a process is made
	wmiHarmless                                      // a method does something else
	wmiSubscription                                  // an object is part of a subscription
	wmiSealed                                        // nothing
	wmiNamed                                         // the interface is known, and not only the number of the operation
)

func wmiSteps() []string {
	return []string{"methods", "objects_written", "files_fetched", "", "process_created", "other_method", "event_subscription", "sealed", "interface_known"}
}

// WMIExecs remembers who ran what.
type WMIExecs struct {
	tune WMIExecTunables
	*remoteCases
}

// NewWMIExec makes the detector.
func NewWMIExec(t WMIExecTunables) *WMIExecs { return &WMIExecs{t, newRemoteCases(t.Clients, t.Idle)} }

// Observe counts what is run and written.
func (d *WMIExecs) Observe(r events.Record, v device.View) []detect.Finding {
	if file, ok := r.(*events.SMBFiles); ok {
		return d.fetched(file)
	}
	call, ok := r.(*events.DCERPC)
	if !ok || rpcRefused(call) || interfaceOf(call) != wmiServices && !wmiByNumber(call) {
		return nil
	}
	var step remoteStep
	switch call.Opnum {
	case 24, 25: // ExecMethod, ExecMethodAsync
		step = wmiMethod
	case 8, 9, 14, 15: // PutClass, PutInstance, and the same without waiting
		step = wmiObject
	default:
		return nil
	}
	usual := d.habit(v, call.TS, false)
	if usual == usualHere {
		return nil
	}
	c := d.onAny(&call.Head, step)
	c.Flags |= usual | wmiContent(call, step)
	c.mark(wmiNamed, !wmiByNumber(call))
	if timesDid(c.Case, wmiMethod) < d.tune.Methods && timesDid(c.Case, wmiObject) < d.tune.Objects {
		return nil
	}
	return c.findings(d.report)
}

// fetched: what a command wrote is fetched right after by who had it run, and not by an inventory.
func (d *WMIExecs) fetched(r *events.SMBFiles) []detect.Finding {
	if !outputFetched(r) {
		return nil
	}
	c := d.Peek(detect.CaseKey{VNI: r.VNI, By: r.OrigH})
	if c == nil || !did(c, wmiMethod) || r.TS.Sub(c.Last) > outputWithin ||
		!slices.ContainsFunc(c.Victims, func(p detect.Party) bool { return p.Addr == r.RespH }) {
		return nil
	}
	one := d.onAny(&r.Head, wmiOutput)
	one.Thing(r.Name)
	return one.findings(d.report)
}

// wmiLeast is how many bytes a method's name, its object's path and what it is given take at least.
const wmiLeast = 300

// wmiByNumber: of an encrypted conversation that began before the capture did, the operation's number and its size are all that shows.
func wmiByNumber(r *events.DCERPC) bool {
	return r.UUID == "" && r.Endpoint == "" && r.NamedPipe == "" && r.Sealed && r.Opnum == 24 && r.RequestLen >= wmiLeast && r.RespP > 1024
}

// wmiContent says what the text of a call shows, as flags of steps.
func wmiContent(r *events.DCERPC, step remoteStep) uint64 {
	switch {
	case r.Sealed || r.Args == "":
		return 1 << wmiSealed
	case step == wmiMethod && holds(r.Args, "win32_process"):
		return 1 << wmiProcess
	case step == wmiMethod:
		return 1 << wmiHarmless
	case holds(r.Args, "__eventfilter") || holds(r.Args, "eventconsumer") || holds(r.Args, "__filtertoconsumer"):
		return 1 << wmiSubscription
	}
	return 0
}

// Tick has nothing to do: what is run is told at once.
func (d *WMIExecs) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the numbers up to date (Closer).
func (d *WMIExecs) Close(device.View) []detect.Finding { return d.LastWords(d.report) }

func (d *WMIExecs) report(k detect.CaseKey, c *detect.Case) detect.Finding {
	var done []string
	if n := timesDid(c, wmiMethod); n > 0 {
		done = append(done, "ran "+counted(n, "method"))
	}
	if n := timesDid(c, wmiObject); n > 0 {
		done = append(done, "wrote "+counted(n, "object"))
	}
	text := fmt.Sprintf("%s %s through WMI on %s", k.By, listed(done), counted(c.Hosts.Count(), "host"))
	switch {
	case did(c, wmiProcess):
		text += "; a process was created"
	case did(c, wmiSubscription):
		text += "; an event subscription was written"
	case did(c, wmiSealed) && !did(c, wmiHarmless):
		text += "; the calls are encrypted"
	}
	if n := timesDid(c, wmiOutput); n > 0 {
		text += fmt.Sprintf("; right after, it fetched files from an administrative share %s (%s)", counted(n, "time"), quoted(c.Names, 1, 60))
	}
	confidence := 0.8
	if !did(c, wmiNamed) {
		text += ", and by its number alone the operation is one of WMI"
		confidence = 0.4
	}
	f := c.Finding(k, confidence, text+".")
	f.Properties = remoteProperties(c, wmiSteps())
	f.Properties["hosts"] = c.Hosts.Count()
	f.Terms = append(d.terms(c), habitTerms(c)...)
	return f
}

func (d *WMIExecs) terms(c *detect.Case) (list []events.Term) {
	switch {
	case did(c, wmiProcess):
		list = append(list, events.Term{Name: "process", Points: 15, Reason: "a process was created"})
	case did(c, wmiMethod) && did(c, wmiHarmless) && !did(c, wmiSealed):
		list = append(list, events.Term{Name: "other_method", Points: -20, Reason: "no method that was read makes a process"})
	}
	if !did(c, wmiNamed) {
		list = append(list, events.Term{Name: "by_number", Points: -20, Reason: "the conversation began before it was seen: it may be another interface"})
	}
	if !did(c, wmiMethod) && !did(c, wmiSubscription) && timesDid(c, wmiObject) < subscriptionObjects {
		list = append(list, events.Term{Name: "few_objects", Points: -20, Reason: "a subscription takes three objects"})
	}
	if did(c, wmiOutput) {
		list = append(list, events.Term{Name: "output", Points: 10, Reason: "what a command wrote was fetched"})
	}
	if did(c, wmiSubscription) {
		list = append(list, events.Term{Name: "subscription", Points: 20, Reason: "it stays, and runs when something happens"})
	}
	return list
}
