package lateral

import (
	"fmt"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/bounded"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// RegistryChange finds a host that writes into the registry of another.
var RegistryChange = detect.Spec{
	Type:  "lateral.registry_change",
	Title: "Remote registry change",
	Text: "Counts the values that one host writes into the registry of another (BaseRegSetValue), and the keys that it makes or " +
		"restores there. By a value under Run, Winlogon, Services or Image File Execution Options a program is started from then on; " +
		"others switch protection off. Where the name shows one of these, it is medium risk; else, and where the call is encrypted, " +
		"it is low. What looks the same: an administrator's registry editor, and management that sets values, which does it again on " +
		"other days and is quiet from the third on. Reading counts nothing.",
	Category: "lateral", Tactics: []string{"TA0003", "TA0005"}, Techniques: []string{"T1112", "T1547.001"},
	Risk:  detect.Base{Likelihood: events.Medium, Complexity: events.Low, Impact: events.Medium},
	Wants: []events.Kind{events.KindDCERPC}, Version: 1,
	Background: "Almost all that Windows does is set in its registry, and an administrator may change it from another host. An " +
		"intruder does so to have a program started with the host or with a log-on, to replace one program by another, or to switch " +
		"off what is in the way. The aim is to stay, or to make the next step easier.",
	Mitigation: []string{
		"Look at the values that are named here, and put back what nobody changed by order.",
		"Find out who used the account on the host that wrote them.",
		"Stop the remote registry service where nothing needs it.",
	},
	New:    func() detect.Detector { return NewRegistryChange(RegistryChangeDefaults()) },
	Tuning: detect.Tuned(RegistryChangeDefaults, NewRegistryChange),
}

// RegistryChangeTunables are what may be set.
type RegistryChangeTunables struct {
	Values  int           `tune:"values and keys written by one host that are told" min:"1" max:"100000"`
	Idle    time.Duration `tune:"a host that rests this long begins anew" min:"10m" max:"168h"`
	Clients int           `tune:"hosts watched that write" min:"100" max:"1000000"`
}

// RegistryChangeDefaults are the tunables that the project stands for.
func RegistryChangeDefaults() RegistryChangeTunables {
	return RegistryChangeTunables{Values: 1, Idle: 12 * time.Hour, Clients: 2_000}
}

// What may be written.
const (
	registryValue remoteStep = iota
	registryKey
	registryStarts = countedSteps + iota // its name is one by which programs are started, or protection is switched off
)

func registrySteps() []string {
	return []string{"values", "keys", "", "", "", "", "starts_programs"}
}

// registryStarters are parts of the names of such keys and values.
func registryStarters() []string {
	return []string{
		`currentversion\run`, `winlogon`, `image file execution options`, `silentprocessexit`, `currentcontrolset\services\`, `appinit_dlls`,
		`uselogoncredential`, `disablerestrictedadmin`, `disableantispyware`, `localaccounttokenfilterpolicy`, `fdenytsconnections`, `scrnsave.exe`,
		`notification packages`, `security packages`, `inprocserver32`, `userinitmprlogonscript`,
	}
}

// RegistryChanges remembers who wrote where.
type RegistryChanges struct {
	tune RegistryChangeTunables
	*remoteCases
	opened *bounded.Table[detect.CaseKey, openedName] // what a client opened last on a host
}

// NewRegistryChange makes the detector.
func NewRegistryChange(t RegistryChangeTunables) *RegistryChanges {
	return &RegistryChanges{t, newRemoteCases(t.Clients, t.Idle), bounded.New[detect.CaseKey, openedName](t.Clients)}
}

// Observe counts what is written.
func (d *RegistryChanges) Observe(r events.Record, v device.View) []detect.Finding {
	call, ok := r.(*events.DCERPC)
	if !ok || interfaceOf(call) != registry || rpcRefused(call) {
		return nil
	}
	pair := detect.CaseKey{VNI: call.VNI, By: call.OrigH, To: call.RespH}
	step, ok := registryStep(call.Opnum)
	if !ok {
		if (call.Opnum == 6 || call.Opnum == 15) && call.Args != "" { // BaseRegCreateKey, BaseRegOpenKey
			k, _ := d.opened.Put(pair)
			*k = openedName{call.TS, call.Args}
		}
		return nil
	}
	name := call.Args
	if k := d.opened.Peek(pair); k != nil && call.TS.Sub(k.at) <= openedFor {
		name = k.name + `\` + name
	}
	usual := d.habit(v, call.TS, false)
	if usual == usualHere {
		return nil
	}
	c := d.onAny(&call.Head, step)
	c.Flags |= usual
	c.mark(registryStarts, holdsAny(name, registryStarters()))
	if name != "" {
		c.Thing(name)
	}
	if timesDid(c.Case, registryValue)+timesDid(c.Case, registryKey) < d.tune.Values {
		return nil
	}
	return c.findings(d.report)
}

// registryStep says what a call writes, [MS-RRP] 3.1.5. Opening a key for writing also makes it, so that only what is put there counts.
func registryStep(opnum uint16) (step remoteStep, writes bool) {
	switch opnum {
	case 22: // BaseRegSetValue
		return registryValue, true
	case 13, 18, 19: // BaseRegLoadKey, BaseRegReplaceKey, BaseRegRestoreKey
		return registryKey, true
	}
	return 0, false
}

// Overflow is how many clients, habits and keys had to be forgotten for want of room.
func (d *RegistryChanges) Overflow() uint64 { return d.remoteCases.Overflow() + d.opened.Evicted() }

// Tick has nothing to do: what is written is told at once.
func (d *RegistryChanges) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the numbers up to date (Closer).
func (d *RegistryChanges) Close(device.View) []detect.Finding { return d.LastWords(d.report) }

func (d *RegistryChanges) report(k detect.CaseKey, c *detect.Case) detect.Finding {
	var done []string
	if n := timesDid(c, registryValue); n > 0 {
		done = append(done, "wrote "+counted(n, "value"))
	}
	if n := timesDid(c, registryKey); n > 0 {
		done = append(done, "loaded or restored "+counted(n, "key"))
	}
	text := fmt.Sprintf("%s %s in the registry of %s", k.By, listed(done), counted(c.Hosts.Count(), "other host"))
	term := events.Term{Name: "value_unknown", Points: -20, Reason: "no value is known by which programs are started"}
	if did(c, registryStarts) {
		text += "; by one of them programs are started, or protection is switched off"
		term = events.Term{Name: "starts_programs", Points: 10, Reason: "by such a value programs are started, or protection is switched off"}
	}
	if len(c.Names) > 0 {
		text += " (" + quoted(c.Names, 2, 80) + ")"
	}
	f := c.Finding(k, 0.75, text+".")
	f.Properties = remoteProperties(c, registrySteps())
	f.Properties["hosts"] = c.Hosts.Count()
	f.Terms = append([]events.Term{term}, habitTerms(c)...)
	return f
}
