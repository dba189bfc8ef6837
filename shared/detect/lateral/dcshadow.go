package lateral

import (
	"fmt"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// DCShadow finds a host that poses as a domain controller, to write into the directory.
var DCShadow = detect.Spec{
	Type:  "lateral.dcshadow",
	Title: "DCShadow",
	Text: "Looks for the calls by which a new domain controller makes itself known (DRSAddEntry, DRSReplicaAdd, DRSRemoveDsServer) " +
		"from a host that is none, and for a controller that then fetches changes (DRSGetNCChanges) from a host that is none. What " +
		"is fetched is written into the directory as it comes, past all checks and logs of changes. What looks the same: a server " +
		"that is made a domain controller by those who may; it goes on to answer Kerberos.",
	Category: "lateral", Tactics: []string{"TA0005"}, Techniques: []string{"T1207"},
	Risk:  detect.Base{Likelihood: events.Low, Complexity: events.Medium, Impact: events.High},
	Wants: []events.Kind{events.KindDCERPC}, Version: 1,
	Background: "An intruder with the rights of a domain administrator registers a host as a domain controller for a minute " +
		"(Mimikatz lsadump::dcshadow), and has a real controller copy a change from it: a group membership, a password, a back door " +
		"in the rights of an object. No log of the controllers shows who made the change. The aim is to stay in the domain unseen.",
	Mitigation: []string{
		"Isolate the host that posed as a controller; whoever works on it has the rights of a domain administrator.",
		"Compare the directory with a backup: look at the replication metadata of administrators' groups, of AdminSDHolder and of " +
			"SIDHistory.",
		"Remove the server's entry under CN=Sites in the configuration, if it is still there.",
		"Reset the passwords of all domain administrators, and of krbtgt twice.",
	},
	New:    func() detect.Detector { return NewDCShadow(DCShadowDefaults()) },
	Tuning: detect.Tuned(DCShadowDefaults, NewDCShadow),
}

// DCShadowTunables are what may be set.
type DCShadowTunables struct {
	Learn time.Duration `tune:"learning time after which the site's controllers are known" min:"1m" max:"720h"`
	Idle  time.Duration `tune:"a pair of hosts that rests this long begins anew" min:"10m" max:"168h"`
	Pairs int           `tune:"pairs of hosts watched" min:"100" max:"1000000"`
}

// DCShadowDefaults are the tunables that the project stands for. A pair takes about 1 KiB.
func DCShadowDefaults() DCShadowTunables {
	return DCShadowTunables{Learn: 24 * time.Hour, Idle: 12 * time.Hour, Pairs: 1_000}
}

// What makes a controller.
const (
	shadowEntry   remoteStep = iota // DRSAddEntry
	shadowReplica                   // DRSReplicaAdd, DRSReplicaDel
	shadowRemoved                   // DRSRemoveDsServer
	shadowFetched                   // DRSGetNCChanges by a controller, from a host that is none
)

func shadowSteps() []string {
	return []string{"entries_added", "replicas_changed", "servers_removed", "fetched"}
}

// DCShadows remembers who made itself known.
type DCShadows struct {
	tune DCShadowTunables
	*remoteCases
	known controllers
}

// NewDCShadow makes the detector.
func NewDCShadow(t DCShadowTunables) *DCShadows {
	return &DCShadows{t, newRemoteCases(t.Pairs, t.Idle), newControllers()}
}

// Observe looks at who makes itself a controller, and from whom controllers fetch.
func (d *DCShadows) Observe(r events.Record, v device.View) []detect.Finding {
	call, ok := r.(*events.DCERPC)
	if !ok {
		return nil
	}
	d.known.learn(call, v)
	if interfaceOf(call) != replication || rpcRefused(call) {
		return nil
	}
	if call.Opnum == 3 {
		return d.fetched(call, v)
	}
	step, ok := shadowStep(call.Opnum)
	if !ok || d.known.has(v.Orig) {
		return nil
	}
	c := d.onPair(&call.Head, step)
	return c.findings(d.report)
}

// shadowStep says what a call does to the list of controllers, [MS-DRSR] 4.1.
func shadowStep(opnum uint16) (step remoteStep, acts bool) {
	switch opnum {
	case 17:
		return shadowEntry, true
	case 5, 6:
		return shadowReplica, true
	case 14:
		return shadowRemoved, true
	}
	return 0, false
}

// fetched: a controller fetches from one that made itself known to it before, or from one of which nothing is known though the site is.
func (d *DCShadows) fetched(r *events.DCERPC, v device.View) []detect.Finding {
	if d.known.has(v.Resp) {
		return nil
	}
	k := detect.CaseKey{VNI: r.VNI, By: r.RespH, To: r.OrigH}
	before := d.Peek(k)
	if before == nil && (!d.known.has(v.Orig) || v.Age(r.TS) < d.tune.Learn) {
		return nil
	}
	c := d.add(k, &r.Head, shadowFetched)
	return c.findings(d.report)
}

// Tick has nothing to do: each call is told at once.
func (d *DCShadows) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the numbers up to date (Closer).
func (d *DCShadows) Close(device.View) []detect.Finding { return d.LastWords(d.report) }

func (d *DCShadows) report(k detect.CaseKey, c *detect.Case) detect.Finding {
	var done []string
	for s, text := range [...]string{shadowEntry: "added", shadowReplica: "added or removed as a source of replication", shadowRemoved: "removed"} {
		if n := timesDid(c, remoteStep(s)); n > 0 {
			done = append(done, fmt.Sprintf("had %s %s", counted(n, "server"), text))
		}
	}
	text := fmt.Sprintf("%s is not known as a domain controller", k.By)
	if len(done) > 0 {
		text += fmt.Sprintf(" and at %s %s", k.To, listed(done))
	}
	if n := timesDid(c, shadowFetched); n > 0 {
		text += fmt.Sprintf("; %s fetched changes from it %s", k.To, counted(n, "time"))
	}
	confidence := 0.7
	var terms []events.Term
	if did(c, shadowFetched) && len(done) > 0 || did(c, shadowRemoved) && len(done) > 1 {
		confidence = 0.95
		terms = append(terms, events.Term{Name: "whole_act", Points: 10, Reason: "it made itself known, and more followed"})
	}
	f := c.Finding(k, confidence, text+".")
	f.Properties = remoteProperties(c, shadowSteps())
	f.Terms = terms
	return f
}

// Save hands over what changed (Keeper).
func (d *DCShadows) Save(put func(key, value []byte)) { d.all().Save(put) }

// SaveSome is Save in slices (Sliced).
func (d *DCShadows) SaveSome(put func(key, value []byte) bool) bool { return d.all().SaveSome(put) }

// Load takes back what was saved (Keeper).
func (d *DCShadows) Load(key, value []byte) error { return d.all().Load(key, value) }

func (d *DCShadows) all() detect.Memories { return append(d.memories(), d.known.Memory) }

// Overflow is how many pairs and controllers had to be forgotten for want of room.
func (d *DCShadows) Overflow() uint64 { return d.remoteCases.Overflow() + d.known.Evicted() }
