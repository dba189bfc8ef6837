package lateral

import (
	"fmt"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/bounded"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// DCSync finds a host that has a domain controller hand over the passwords of a domain.
var DCSync = detect.Spec{
	Type:  "lateral.dcsync",
	Title: "DCSync",
	Text: "Looks for the request by which domain controllers copy the directory from each other (DRSGetNCChanges), from a host that " +
		"is none: one that answered neither Kerberos nor what members ask of controllers. The answer holds the password hashes of " +
		"whichever accounts are asked for, so that one request is enough. As long as the site is not known for a day, it speaks only " +
		"where the request is not what a controller makes: right after questions, in the same conversation, for names or for the " +
		"controller (DRSCrackNames, DRSDomainControllerInfo), with a log-in by NTLM, or 20 times within a minute. What looks the " +
		"same: a new controller, and a server that copies passwords to a cloud directory, which does it every few minutes and is " +
		"quiet from the third day on.",
	Category: "lateral", Tactics: []string{"TA0006"}, Techniques: []string{"T1003.006"},
	Risk:  detect.Base{Likelihood: events.Medium, Complexity: events.Medium, Impact: events.High},
	Wants: []events.Kind{events.KindDCERPC}, Version: 1,
	Background: "Domain controllers keep each other up to date by a protocol of their own. Whoever has the right to replicate may " +
		"ask as if it were a controller, and gets password hashes, also that of krbtgt, with which tickets for anybody can be " +
		"forged. Mimikatz (lsadump::dcsync) and secretsdump do so from any host of the network. The aim is to own the domain for " +
		"good.",
	Mitigation: []string{
		"Treat all passwords of the domain as known: isolate the host that asked, and find the account that it used.",
		"Reset the password of krbtgt twice, and those of administrators and services.",
		"Take the rights Replicating Directory Changes (All) from every account that is not a controller's or the directory " +
			"synchronisation's.",
		"Let only controllers and management hosts reach RPC of controllers.",
	},
	New:    func() detect.Detector { return NewDCSync(DCSyncDefaults()) },
	Tuning: detect.Tuned(DCSyncDefaults, NewDCSync),
}

// DCSyncTunables are what may be set.
type DCSyncTunables struct {
	Learn   time.Duration `tune:"learning time after which the site's controllers are known" min:"1m" max:"720h"`
	Burst   int           `tune:"requests within a minute that no controller makes" min:"2" max:"100000"`
	Idle    time.Duration `tune:"a host that rests this long begins anew" min:"10m" max:"168h"`
	Clients int           `tune:"hosts watched that speak the replication protocol" min:"100" max:"1000000"`
}

// DCSyncDefaults are the tunables that the project stands for. A client takes about 1 KiB.
func DCSyncDefaults() DCSyncTunables {
	return DCSyncTunables{Learn: 24 * time.Hour, Burst: 20, Idle: 12 * time.Hour, Clients: 1_000}
}

// What may be asked of the directory.
const (
	drsChanges remoteStep = iota // DRSGetNCChanges
	drsNames                     // DRSCrackNames, DRSDomainControllerInfo
	drsPoses                     // it makes itself a controller, so that another fetches from it
)

// What shows that it is no controller that asks.
const (
	drsTogether remoteStep = countedSteps + iota // names were asked for right before
	drsNTLM                                      // controllers know each other by Kerberos
	drsBurst                                     // so many requests within a minute
	drsKnown                                     // the site is known, and this is no controller
)

func drsSteps() []string {
	return []string{"change_requests", "name_requests", "", "", "names_before", "ntlm", "burst", "site_known"}
}

// DCSyncs remembers who asks for the directory.
type DCSyncs struct {
	tune DCSyncTunables
	*remoteCases
	known controllers
	asked *bounded.Table[detect.CaseKey, openedName] // when a client asked for names last, and in which conversation
}

// NewDCSync makes the detector.
func NewDCSync(t DCSyncTunables) *DCSyncs {
	return &DCSyncs{t, newRemoteCases(t.Clients, t.Idle), newControllers(), bounded.New[detect.CaseKey, openedName](t.Clients)}
}

// Observe looks at who asks for changes of the directory.
func (d *DCSyncs) Observe(r events.Record, v device.View) []detect.Finding {
	call, ok := r.(*events.DCERPC)
	if !ok {
		return nil
	}
	d.known.learn(call, v)
	if interfaceOf(call) != replication || rpcRefused(call) {
		return nil
	}
	var step remoteStep
	switch call.Opnum {
	case 3:
		step = drsChanges
	case 12, 16:
		step = drsNames
	case 5, 17: // DRSReplicaAdd, DRSAddEntry
		step = drsPoses
	default:
		return nil
	}
	if d.known.has(v.Orig) || d.poses(call) {
		return nil
	}
	usual := uint64(0)
	if step == drsChanges {
		if usual = d.habit(v, call.TS, false); usual == usualHere {
			return nil
		}
	}
	together := d.askedForNames(call, step)
	c := d.onAny(&call.Head, step)
	c.Flags |= usual
	if step != drsChanges {
		return nil // members ask for names, too
	}
	c.mark(drsTogether, together)
	c.mark(drsNTLM, call.AuthType == "ntlm")
	c.mark(drsBurst, timesDid(c.Case, drsChanges) >= d.tune.Burst && c.Last.Sub(c.Start) <= time.Minute)
	c.mark(drsKnown, v.Age(call.TS) >= d.tune.Learn)
	if c.Flags>>drsTogether&0b1111 == 0 {
		return nil
	}
	return c.findings(d.report)
}

// askedForNames says whether a client that asks for changes asked for names, or for the controller, in the same conversation up to a minute
// before: what a controller asks for its group policy is another conversation.
func (d *DCSyncs) askedForNames(r *events.DCERPC, step remoteStep) bool {
	pair := detect.CaseKey{VNI: r.VNI, By: r.OrigH, To: r.RespH}
	switch step {
	case drsNames:
		o, _ := d.asked.Put(pair)
		*o = openedName{r.TS, r.UID}
	case drsChanges:
		o := d.asked.Peek(pair)
		return o != nil && o.name == r.UID && r.TS.Sub(o.at) <= time.Minute
	}
	return false
}

// poses: who fetches from a host that made itself a controller is the victim, and lateral.dcshadow tells of it.
func (d *DCSyncs) poses(r *events.DCERPC) bool {
	c := d.Peek(detect.CaseKey{VNI: r.VNI, By: r.RespH})
	return c != nil && did(c, drsPoses)
}

// Tick has nothing to do: a request is told at once.
func (d *DCSyncs) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the numbers up to date (Closer).
func (d *DCSyncs) Close(device.View) []detect.Finding { return d.LastWords(d.report) }

func (d *DCSyncs) report(k detect.CaseKey, c *detect.Case) detect.Finding {
	text := fmt.Sprintf("%s, which is not known as a domain controller, asked %s for the changes of the directory %s",
		k.By, counted(c.Hosts.Count(), "controller"), counted(timesDid(c, drsChanges), "time"))
	confidence := 0.7
	switch {
	case did(c, drsTogether):
		text += ", right after questions for names, as tools that steal passwords do"
		confidence = 0.95
	case did(c, drsNTLM):
		text += ", and logged in by NTLM, which controllers do not"
		confidence = 0.85
	}
	f := c.Finding(k, confidence, text+".")
	f.Properties = remoteProperties(c, drsSteps())
	f.Properties["controllers"] = c.Hosts.Count()
	f.Terms = habitTerms(c)
	return f
}

// Save hands over what changed (Keeper).
func (d *DCSyncs) Save(put func(key, value []byte)) { d.all().Save(put) }

// SaveSome is Save in slices (Sliced).
func (d *DCSyncs) SaveSome(put func(key, value []byte) bool) bool { return d.all().SaveSome(put) }

// Load takes back what was saved (Keeper).
func (d *DCSyncs) Load(key, value []byte) error { return d.all().Load(key, value) }

func (d *DCSyncs) all() detect.Memories { return append(d.memories(), d.known.Memory) }

// Overflow is how many clients, controllers and questions had to be forgotten for want of room.
func (d *DCSyncs) Overflow() uint64 {
	return d.remoteCases.Overflow() + d.known.Evicted() + d.asked.Evicted()
}
