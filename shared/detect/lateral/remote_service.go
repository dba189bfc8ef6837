package lateral

import (
	"slices"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/bounded"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// RemoteService finds a host that makes another one run programs as services.
var RemoteService = detect.Spec{
	Type:  "lateral.remote_service",
	Title: "Remote service control",
	Text: "Follows what one host does with the service control manager of another: services created, started, changed, stopped and " +
		"deleted, and programs that it put on an administrative share (ADMIN$, C$) before. A service runs as SYSTEM, so that whoever " +
		"may create one owns the host; PsExec and its kin copy a program and start it as a service, smbexec makes a service of a " +
		"command line. Only looking, or asking three hosts or more within minutes whether they let one in, is told too, at low risk. " +
		"What looks the same: an administrator's console, software deployment and monitoring, which do it again on other days: from " +
		"the third day on they are quiet, if they start no command interpreter.",
	Category: "lateral", Tactics: []string{"TA0002", "TA0008"}, Techniques: []string{"T1569.002", "T1021.002"},
	Risk:  detect.Base{Likelihood: events.Medium, Complexity: events.Low, Impact: events.Medium},
	Wants: []events.Kind{events.KindDCERPC, events.KindSMBFiles}, Version: 1,
	Background: "Windows lets an administrator create and start services of another host through its service control manager. With a " +
		"stolen password or hash an intruder does the same: the service is a program that was copied to the host before, or a " +
		"command line, and it runs with all rights. The service is often deleted within seconds, so that only the network shows it. " +
		"The aim is to run code on the next host, steal the passwords found there, and go on.",
	Mitigation: []string{
		"Isolate the host that was worked on, and look at the service and its program that are named here.",
		"Find out who used the account, and reset its password; if it is an administrator's, look at every host on which it was used " +
			"since.",
		"Let only management hosts reach SMB and RPC (ports 445, 135 and above 49151) of other hosts; a security group can say so.",
		"Give local administrators different passwords on each host (LAPS), and deny them log-on over the network.",
	},
	New:    func() detect.Detector { return NewRemoteService(RemoteServiceDefaults()) },
	Tuning: detect.Tuned(RemoteServiceDefaults, NewRemoteService),
}

// RemoteServiceTunables are what may be set.
type RemoteServiceTunables struct {
	Hosts int           `tune:"hosts that one host asks for their services, and does nothing, which are a hunt for rights" min:"2" max:"1000"`
	Hunt  time.Duration `tune:"such a hunt is over after so long a rest" min:"1m" max:"24h"`
	Hold  time.Duration `tune:"time that looking waits, in case more is done" min:"1s" max:"30m"`
	Idle  time.Duration `tune:"a pair of hosts that rests this long begins anew" min:"10m" max:"168h"`
	Pairs int           `tune:"pairs of hosts watched" min:"100" max:"1000000"`
}

// RemoteServiceDefaults are the tunables that the project stands for. A pair takes about 1 KiB.
func RemoteServiceDefaults() RemoteServiceTunables {
	return RemoteServiceTunables{Hosts: 3, Hunt: 15 * time.Minute, Hold: 2 * time.Minute, Idle: 12 * time.Hour, Pairs: 5_000}
}

// What may be done with services, the counted ones first.
const (
	serviceCreated remoteStep = iota
	serviceStarted
	serviceChanged
	serviceProgram // a program was put on an administrative share
	serviceStopped
	serviceDeleted
	serviceCommand // its command is a command interpreter's
	serviceTool    // its name is that of a tool
	serviceFailed
	servicePipes // pipes that carry what a program reads and writes were opened
)

func serviceSteps() []string {
	return []string{"created", "started", "changed", "programs_written", "stopped", "deleted", "command_interpreter", "tool", "failed", "standard_pipes"}
}

// RemoteServices remembers what was done with services, and who only looked.
type RemoteServices struct {
	tune RemoteServiceTunables
	*remoteCases
	looks  *detect.Cases
	held   []detect.CaseKey                           // looks that wait
	opened *bounded.Table[detect.CaseKey, openedName] // the service that a client opened last on a host
}

// NewRemoteService makes the detector.
func NewRemoteService(t RemoteServiceTunables) *RemoteServices {
	return &RemoteServices{
		tune: t, remoteCases: newRemoteCases(t.Pairs, t.Idle),
		looks:  detect.NewCases(detect.CasesOptions{Limit: t.Pairs, Idle: t.Hunt, Letter: 'l'}),
		opened: bounded.New[detect.CaseKey, openedName](t.Pairs),
	}
}

// Observe follows what is done with the services of another host.
func (d *RemoteServices) Observe(r events.Record, v device.View) []detect.Finding {
	switch r := r.(type) {
	case *events.SMBFiles:
		if programWritten(r) {
			c := d.onPair(&r.Head, serviceProgram)
			c.Thing(r.Name)
			c.mark(serviceTool, holdsAny(r.Name, toolServices()))
			return d.tell(c)
		}
		if standardPipe(r) {
			c := d.onPair(&r.Head, servicePipes)
			return d.tell(c)
		}
	case *events.DCERPC:
		if interfaceOf(r) == serviceControl {
			return d.call(r, v)
		}
	}
	return nil
}

// call looks at one call of the service control manager, [MS-SCMR] 3.1.4.
func (d *RemoteServices) call(r *events.DCERPC, v device.View) []detect.Finding {
	step, acts := serviceStep(r.Opnum)
	if !acts {
		if serviceLook(r.Opnum) {
			d.look(r, v)
		}
		if (r.Opnum == 16 || r.Opnum == 28) && r.Args != "" { // ROpenServiceW, A
			o, _ := d.opened.Put(servicePair(r))
			*o = openedName{r.TS, r.Args}
		}
		return nil
	}
	if serviceFails(r, step) {
		step = serviceFailed
	}
	line := (step == serviceCreated || step == serviceChanged) && holdsAny(r.Args, commandInterpreters())
	usual := d.habit(v, r.TS, false)
	if usual == usualHere && !line {
		return nil
	}
	c := d.onPair(&r.Head, step)
	c.Flags |= usual
	if name := d.nameOf(r); name != "" {
		c.Thing(name)
		c.mark(serviceTool, holdsAny(name, toolServices()))
	}
	c.mark(serviceCommand, line)
	return d.tell(c)
}

func servicePair(r *events.DCERPC) detect.CaseKey {
	return detect.CaseKey{VNI: r.VNI, By: r.OrigH, To: r.RespH}
}

// nameOf is the service that a call is about: it is named where one is made, and when one is opened; a change says the new command.
func (d *RemoteServices) nameOf(r *events.DCERPC) string {
	switch r.Opnum {
	case 12, 24, 44, 45, 60, 11, 23:
		return r.Args
	}
	if o := d.opened.Peek(servicePair(r)); o != nil && r.TS.Sub(o.at) <= openedFor {
		return o.name
	}
	return ""
}

// toolServices are the names that tools give the service by which they run commands, where nobody chooses another.
func toolServices() []string {
	return []string{"psexesvc", "paexec", "remcomsvc", "winexesvc", "csexecsvc", "xcmdsvc"}
}

// serviceStep says what a call does to a service; acts is false where it does nothing.
func serviceStep(opnum uint16) (step remoteStep, acts bool) {
	switch opnum {
	case 12, 24, 44, 45, 60: // RCreateServiceW, A, WOW64A, WOW64W, RCreateWowService
		return serviceCreated, true
	case 19, 31:
		return serviceStarted, true
	case 11, 23, 36, 37: // RChangeServiceConfigW, A, 2A, 2W
		return serviceChanged, true
	case 1, 50, 51: // RControlService, RControlServiceExA, W
		return serviceStopped, true
	case 2:
		return serviceDeleted, true
	}
	return 0, false
}

// serviceFails says that a call did nothing. A service that does not answer in time when it is started was started all the same: a command
// line never answers.
func serviceFails(r *events.DCERPC, step remoteStep) bool {
	return rpcRefused(r) || step != serviceStarted && r.Status != nil && *r.Status != 0
}

// serviceLook says whether a call asks the manager to let one in, or what services there are and how they fare.
func serviceLook(opnum uint16) bool {
	switch opnum {
	case 15, 27, 64, 13, 14, 25, 26, 41, 42, 17, 29, 38, 39, 6, 40:
		return true
	}
	return false
}

// commandInterpreters are what a service's command names when it is no program but a line for an interpreter, or a program that runs
// others.
func commandInterpreters() []string {
	return []string{"%comspec%", "cmd.exe", "cmd /", "powershell", "pwsh", "mshta", "rundll32", "regsvr32", "wscript", "cscript", "\\\\127.0.0.1\\"}
}

// look notes that a client looked at the services of a host.
func (d *RemoteServices) look(r *events.DCERPC, v device.View) {
	k := detect.CaseKey{VNI: r.VNI, By: r.OrigH, What: "look"}
	c := d.looks.Note(k, &r.Head)
	if c.Against(detect.Party{Addr: r.RespH, Port: r.RespP, Endpoint: detect.Server}) {
		c.Flags |= d.habit(v, r.TS, true)
		if len(d.held) < d.tune.Pairs && !slices.Contains(d.held, k) {
			d.held = append(d.held, k)
		}
	}
	if rpcRefused(r) {
		c.Flags |= 1 << serviceFailed
	}
}

func (d *RemoteServices) tell(c remoteCase) []detect.Finding {
	if !serviceActs(c.Case) {
		return nil
	}
	return c.findings(d.report)
}

// serviceCalls are the steps that are calls of the service control manager.
const serviceCalls = 1<<serviceCreated | 1<<serviceStarted | 1<<serviceChanged | 1<<serviceStopped | 1<<serviceDeleted | 1<<serviceFailed

// serviceActs: a program on a share alone is no service; it is told by who looks at files.
func serviceActs(c *detect.Case) bool { return c.Flags&(serviceCalls|1<<servicePipes) != 0 }

// Tick tells of those who only looked, once they do nothing more.
func (d *RemoteServices) Tick(now events.Time, _ device.View) []detect.Finding {
	if len(d.held) == 0 {
		return nil
	}
	return d.release(now)
}

// release tells of the looks that rested long enough.
func (d *RemoteServices) release(now events.Time) (found []detect.Finding) {
	kept := d.held[:0]
	for _, k := range d.held {
		c := d.looks.Peek(k)
		switch {
		case c == nil:
		case now.Sub(c.Last) < d.tune.Hold:
			kept = append(kept, k)
		case d.worth(k, c) && c.Reached(c.Hosts.Count(), 1):
			found = append(found, d.reportLook(k, c))
		}
	}
	d.held = kept
	return found
}

// worth: what is usual, and what is part of more that was told of the same pair, is not told.
func (d *RemoteServices) worth(k detect.CaseKey, c *detect.Case) bool {
	if c.Flags&(usualHere|usualElsewhere) != 0 {
		return false
	}
	for _, p := range c.Victims {
		acted := d.Peek(detect.CaseKey{VNI: k.VNI, By: k.By, To: p.Addr})
		if acted == nil || !acted.Raised() {
			return true
		}
	}
	return false
}

// Close tells what is held still, and brings the numbers up to date (Closer).
func (d *RemoteServices) Close(device.View) []detect.Finding {
	found := d.release(1 << 62)
	found = append(found, d.LastWords(d.report)...)
	return append(found, d.looks.LastWords(d.reportLook)...)
}

// Save hands over what changed (Keeper).
func (d *RemoteServices) Save(put func(key, value []byte)) { d.all().Save(put) }

// SaveSome is Save in slices (Sliced).
func (d *RemoteServices) SaveSome(put func(key, value []byte) bool) bool {
	return d.all().SaveSome(put)
}

// Load takes back what was saved (Keeper).
func (d *RemoteServices) Load(key, value []byte) error { return d.all().Load(key, value) }

func (d *RemoteServices) all() detect.Memories { return append(d.memories(), d.looks.Memory) }

// Overflow is how many pairs, habits, looks and names had to be forgotten for want of room.
func (d *RemoteServices) Overflow() uint64 {
	return d.remoteCases.Overflow() + d.looks.Evicted() + d.opened.Evicted()
}
