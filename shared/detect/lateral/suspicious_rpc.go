package lateral

import (
	"fmt"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// SuspiciousRPC finds calls to interfaces that ordinary hosts have no business with.
var SuspiciousRPC = detect.Spec{
	Type:  "lateral.suspicious_rpc",
	Title: "Rare or known-hostile RPC interface",
	Text: "Looks at the interfaces of remote procedure calls, by their number (UUID): at those of tools of attack (Mimikatz has one " +
		"of its own); at old ones that worms and exploits came through and that hosts no longer use between each other (messenger, " +
		"plug and play, licence logging, telephony, the transaction coordinator); at the shutdown of another host; and, from the " +
		"third day of learning on, at one that has no public name and that nobody at the site used before; on the first days only " +
		"where it answers callers who did not log in. What looks the same: a new product that brings an interface of its own, which " +
		"is told once at low risk, and an administrator who restarts a host.",
	Category: "lateral", Tactics: []string{"TA0008"}, Techniques: []string{"T1021", "T1210"},
	Risk:  detect.Base{Likelihood: events.Low, Complexity: events.Medium, Impact: events.Medium},
	Wants: []events.Kind{events.KindDCERPC}, Version: 1,
	Background: "Windows offers hundreds of interfaces to callers from the network, and hosts use a dozen of them all day. An " +
		"intruder needs others: those of a tool that was put there, those with a known weakness, or those that restart a host. Which " +
		"interface is called shows even where the calls are encrypted.",
	Mitigation: []string{
		"Find out which program of the calling host made the calls, and why.",
		"Isolate the called host if a tool of attack answered there.",
		"Close RPC between workstations: hardly anything needs it.",
	},
	Yields: []string{"access.coerced_authentication", "access.worm"},
	New:    func() detect.Detector { return NewSuspiciousRPC(SuspiciousRPCDefaults()) },
	Tuning: detect.Tuned(SuspiciousRPCDefaults, NewSuspiciousRPC),
}

// SuspiciousRPCTunables are what may be set.
type SuspiciousRPCTunables struct {
	Learn      time.Duration `tune:"learning time after which an interface that nobody used is rare" min:"1h" max:"720h"`
	Idle       time.Duration `tune:"a host that rests this long begins anew" min:"10m" max:"168h"`
	Clients    int           `tune:"hosts and interfaces watched that are conspicuous" min:"100" max:"1000000"`
	Interfaces int           `tune:"interfaces without a public name remembered" min:"10" max:"100000"`
}

// SuspiciousRPCDefaults are the tunables that the project stands for.
func SuspiciousRPCDefaults() SuspiciousRPCTunables {
	return SuspiciousRPCTunables{Learn: 48 * time.Hour, Idle: 12 * time.Hour, Clients: 2_000, Interfaces: 2_000}
}

// oddInterface is one that is conspicuous wherever it is called.
type oddInterface struct {
	uuid   string
	why    string // after "an interface "
	points int    // what it adds to the risk
	tool   bool   // of attack: nothing is usual about it
}

// oddInterfaces are those known to be hostile, and those that are only met in attacks by now.
func oddInterfaces() []oddInterface {
	return []oddInterface{
		{"17fc11e9-c258-4b8d-8d07-2f4125156244", "of Mimikatz", 30, true},
		{"5a7b91f8-ff00-11d0-a9b2-00c04fb6e6fc", "of the messenger service, which Windows has not had since 2007 (MS03-043)", 0, false},
		{"8d9f4e40-a03d-11ce-8f69-08003e30051b", "of plug and play, which the Zotob worm came through (MS05-039)", 0, false},
		{"342cfd40-3c6c-11ce-a893-08002b2e9c6d", "of the licence logging service (MS05-010)", 0, false},
		{"2f5f6520-ca46-1067-b319-00dd010662da", "of telephony, which hardly any host offers to others (MS05-040)", -10, false},
		{"906b0ce0-c70b-1067-b317-00dd010662da", "of the transaction coordinator (MS05-051)", -25, false},
		{"fdb3a030-065f-11d1-bb9b-00a024ea5525", "of message queuing (CVE-2023-21554)", -25, false},
		{"894de0c0-0d55-11d3-a322-00c04fa321a1", "that shuts a host down", -20, false},
		{"d95afe70-a6d5-4259-822e-2c84da1ddb0d", "that shuts a host down", -20, false},
	}
}

// maxOddInterfaces bounds the table of names; it is above the number of oddInterfaces.
const maxOddInterfaces = 64

// SuspiciousRPCs remembers who called what, and which interfaces without a name are used at the site.
type SuspiciousRPCs struct {
	tune SuspiciousRPCTunables
	*remoteCases
	odd  map[string]oddInterface // never changed
	seen *detect.Memory[string, lastTime]
}

// NewSuspiciousRPC makes the detector.
func NewSuspiciousRPC(t SuspiciousRPCTunables) *SuspiciousRPCs {
	d := &SuspiciousRPCs{
		tune: t, remoteCases: newRemoteCases(t.Clients, t.Idle), odd: make(map[string]oddInterface, maxOddInterfaces),
		seen: detect.NewFilledMemory(t.Interfaces, 'i', 1, func(key, value *detect.Form, uuid *string, l *lastTime) {
			key.Text(uuid, lengthOfUUID)
			detect.Number(value, &l.day)
		}),
	}
	for _, o := range oddInterfaces() {
		d.odd[o.uuid] = o
	}
	return d
}

// lengthOfUUID is that of its text.
const lengthOfUUID = 36

// Observe looks at the interface of a call.
func (d *SuspiciousRPCs) Observe(r events.Record, v device.View) []detect.Finding {
	call, ok := r.(*events.DCERPC)
	if !ok || len(call.UUID) != lengthOfUUID {
		return nil
	}
	odd, known := d.odd[call.UUID]
	if !known && !d.rare(call, v) {
		return nil
	}
	usual := uint64(0)
	if !odd.tool {
		if usual = d.habit(v, call.TS, false); usual == usualHere {
			return nil
		}
	}
	c := d.add(detect.CaseKey{VNI: call.VNI, By: call.OrigH, What: call.UUID}, &call.Head, 0)
	c.Flags |= usual
	c.victim = c.Against(detect.Party{Addr: call.RespH, Port: call.RespP, Endpoint: detect.Server})
	return c.findings(d.report)
}

// rare: an interface without a public name that was never used at the site before, by somebody who is not new to it.
func (d *SuspiciousRPCs) rare(r *events.DCERPC, v device.View) bool {
	if !nameless(r) {
		return false
	}
	fresh := meetOn(d.seen, r.UUID, r.TS)
	if v.Age(r.TS) < d.tune.Learn {
		return fresh && backDoor(r)
	}
	return fresh && r.TS.Sub(v.Orig.FirstSeen) >= newHost
}

// comInterface ends the UUIDs of the interfaces that COM itself has.
const comInterface = "-0000-0000-c000-000000000046"

// backDoor: products have their callers log in, and what is part of COM is nobody's own. It is told also where nothing is known of the site.
func backDoor(r *events.DCERPC) bool {
	return r.AuthType == "" && !r.Sealed && r.RTT > 0 && r.Fault == 0 && !strings.HasSuffix(r.UUID, comInterface)
}

// nameless says that the analyzer has no name for the interface.
func nameless(r *events.DCERPC) bool {
	return r.Endpoint == "" || strings.HasPrefix(r.Endpoint, "unknown") || r.Endpoint == r.UUID
}

// Tick has nothing to do: a call is told at once.
func (d *SuspiciousRPCs) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the numbers up to date (Closer).
func (d *SuspiciousRPCs) Close(device.View) []detect.Finding { return d.LastWords(d.report) }

func (d *SuspiciousRPCs) report(k detect.CaseKey, c *detect.Case) detect.Finding {
	why, confidence, points := "that nobody at the site used before and that has no public name", 0.5, -30
	if o, known := d.odd[k.What]; known {
		why, confidence, points = o.why, 0.8, o.points
	}
	f := c.Finding(k, confidence, fmt.Sprintf("%s made %s to %s by an interface %s (%s).",
		k.By, counted(timesDid(c, 0), "call"), counted(c.Hosts.Count(), "host"), why, k.What))
	f.Properties = map[string]any{"calls": timesDid(c, 0), "hosts": c.Hosts.Count(), "interface": k.What, "why": why}
	f.Terms = habitTerms(c)
	if points != 0 {
		f.Terms = append(f.Terms, events.Term{Name: "interface", Points: points, Reason: "an interface " + why})
	}
	return f
}

// Save hands over what changed (Keeper).
func (d *SuspiciousRPCs) Save(put func(key, value []byte)) { d.all().Save(put) }

// SaveSome is Save in slices (Sliced).
func (d *SuspiciousRPCs) SaveSome(put func(key, value []byte) bool) bool {
	return d.all().SaveSome(put)
}

// Load takes back what was saved (Keeper).
func (d *SuspiciousRPCs) Load(key, value []byte) error { return d.all().Load(key, value) }

func (d *SuspiciousRPCs) all() detect.Memories { return append(d.memories(), d.seen) }

// Overflow is how many cases and interfaces had to be forgotten for want of room.
func (d *SuspiciousRPCs) Overflow() uint64 { return d.remoteCases.Overflow() + d.seen.Evicted() }
