package lateral

import (
	"fmt"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// ADFSTheft finds a host that takes the settings of a federation server, the signing key among them.
var ADFSTheft = detect.Spec{
	Type:  "lateral.adfs_theft",
	Title: "Theft of federation settings",
	Text: "Looks for the service by which federation servers (AD FS) copy their settings from each other " +
		"(/adfs/services/policystoretransfer over HTTP), asked by a host that is no federation server itself, and for their " +
		"database's pipe (microsoft##wid\\tsql\\query) being opened from another host, and for the key that opens the settings being " +
		"looked up in the directory. The settings hold the key with which every log-in to the cloud is signed. What looks the same: " +
		"a second server of the same farm, which asks every five minutes and is quiet from the third day on; whoever answers log-ins " +
		"under /adfs/ is taken to be one at once.",
	Category: "lateral", Tactics: []string{"TA0006"}, Techniques: []string{"T1606.002", "T1552.004"},
	Risk:  detect.Base{Likelihood: events.Low, Complexity: events.Medium, Impact: events.High},
	Wants: []events.Kind{events.KindHTTP, events.KindSMBFiles, events.KindLDAPSearch}, Version: 1,
	Background: "A federation server signs who somebody is, and cloud services such as AWS and Microsoft 365 believe it. An intruder " +
		"who has its signing key signs as anybody (Golden SAML), without a password and past every second factor. The key stands " +
		"encrypted in the settings, which a farm's servers copy from each other; AADInternals asks for them as if it were one. The " +
		"aim is the cloud.",
	Mitigation: []string{
		"Isolate the host that asked, and find the account that it used: it is that of the federation service, or an administrator's.",
		"Renew the token signing certificate twice, and have every cloud service that trusts it take the new one.",
		"Look at the cloud for log-ins that the federation server has no record of.",
		"Let only the farm's servers reach port 80 of each other, and nobody else.",
	},
	New:    func() detect.Detector { return NewADFSTheft(ADFSTheftDefaults()) },
	Tuning: detect.Tuned(ADFSTheftDefaults, NewADFSTheft),
}

// ADFSTheftTunables are what may be set.
type ADFSTheftTunables struct {
	Idle    time.Duration `tune:"a host that rests this long begins anew" min:"10m" max:"168h"`
	Clients int           `tune:"hosts watched" min:"100" max:"1000000"`
}

// ADFSTheftDefaults are the tunables that the project stands for. A client takes about 1 KiB.
func ADFSTheftDefaults() ADFSTheftTunables {
	return ADFSTheftTunables{Idle: 12 * time.Hour, Clients: 1_000}
}

// What may be taken.
const (
	adfsSettings remoteStep = iota // the service of the settings was asked
	adfsDatabase                   // the database's pipe was opened
	adfsKey                        // the key that opens the settings was looked up in the directory
)

func adfsSteps() []string { return []string{"settings_requests", "database_opens", "key_searches"} }

// ADFSThefts remembers who asked for settings, and who is a federation server.
type ADFSThefts struct {
	*remoteCases
	servers *detect.Memory[uint32, lastTime]
}

// maxFederation bounds the federation servers remembered.
const maxFederation = 1000

// NewADFSTheft makes the detector.
func NewADFSTheft(t ADFSTheftTunables) *ADFSThefts {
	return &ADFSThefts{newRemoteCases(t.Clients, t.Idle), newSerials(maxFederation, 's')}
}

// What federation is found by.
const (
	adfsPath     = "/adfs/"
	adfsTransfer = "/adfs/services/policystoretransfer"
	adfsPipe     = `microsoft##wid\tsql\query`
	adfsObjects  = "cn=adfs,cn=microsoft,cn=program data"
	adfsValue    = "thumbnailphoto" // where the key is kept
)

// Observe looks at requests to federation servers.
func (d *ADFSThefts) Observe(r events.Record, v device.View) []detect.Finding {
	switch r := r.(type) {
	case *events.HTTP:
		if len(r.URI) < len(adfsPath) || !sameLetters(r.URI[:len(adfsPath)], adfsPath) {
			return nil
		}
		if !holds(r.URI, adfsTransfer) {
			d.serves(r, v)
			return nil
		}
		if r.StatusCode < 400 {
			return d.take(&r.Head, v, adfsSettings)
		}
	case *events.SMBFiles:
		if r.Status == 0 && holds(r.Name, adfsPipe) {
			return d.take(&r.Head, v, adfsDatabase)
		}
	case *events.LDAPSearch:
		if holds(r.BaseObject, adfsObjects) && holdsKey(r) {
			return d.take(&r.Head, v, adfsKey)
		}
	}
	return nil
}

// holdsKey says whether an answer holds the key: it was asked for by name, or everything was.
func holdsKey(r *events.LDAPSearch) bool {
	if r.ResultCount == 0 {
		return false
	}
	for _, a := range r.Attributes {
		if a == "*" || strings.EqualFold(a, adfsValue) {
			return true
		}
	}
	return len(r.Attributes) == 0
}

// serves remembers who answers log-ins.
func (d *ADFSThefts) serves(r *events.HTTP, v device.View) {
	if r.StatusCode == 0 || r.StatusCode >= 400 {
		return
	}
	meetOn(d.servers, v.Resp.Serial, r.TS)
}

func (d *ADFSThefts) take(h *events.Head, v device.View, step remoteStep) []detect.Finding {
	if d.servers.Peek(v.Orig.Serial) != nil {
		return nil
	}
	usual := d.habit(v, h.TS, false)
	if usual == usualHere {
		return nil
	}
	c := d.onAny(h, step)
	c.Flags |= usual
	return c.findings(d.report)
}

// Tick has nothing to do: a request is told at once.
func (d *ADFSThefts) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the numbers up to date (Closer).
func (d *ADFSThefts) Close(device.View) []detect.Finding { return d.LastWords(d.report) }

func (d *ADFSThefts) report(k detect.CaseKey, c *detect.Case) detect.Finding {
	var done []string
	if n := timesDid(c, adfsSettings); n > 0 {
		done = append(done, "asked for the settings "+counted(n, "time"))
	}
	if n := timesDid(c, adfsDatabase); n > 0 {
		done = append(done, "opened the database "+counted(n, "time"))
	}
	if n := timesDid(c, adfsKey); n > 0 {
		done = append(done, "looked the key that opens them up in the directory "+counted(n, "time"))
	}
	f := c.Finding(k, 0.8, fmt.Sprintf("%s, which is not known as a federation server, %s, at %s.", k.By, listed(done), counted(c.Hosts.Count(), "server")))
	f.Properties = remoteProperties(c, adfsSteps())
	f.Properties["servers"] = c.Hosts.Count()
	f.Terms = habitTerms(c)
	if !did(c, adfsSettings) && !did(c, adfsDatabase) {
		f.Terms = append(f.Terms, events.Term{Name: "key_only", Points: -20, Reason: "the federation server itself looks it up when it starts"})
	}
	return f
}

// Save hands over what changed (Keeper).
func (d *ADFSThefts) Save(put func(key, value []byte)) { d.all().Save(put) }

// SaveSome is Save in slices (Sliced).
func (d *ADFSThefts) SaveSome(put func(key, value []byte) bool) bool { return d.all().SaveSome(put) }

// Load takes back what was saved (Keeper).
func (d *ADFSThefts) Load(key, value []byte) error { return d.all().Load(key, value) }

func (d *ADFSThefts) all() detect.Memories { return append(d.memories(), d.servers) }

// Overflow is how many clients and servers had to be forgotten for want of room.
func (d *ADFSThefts) Overflow() uint64 { return d.remoteCases.Overflow() + d.servers.Evicted() }
