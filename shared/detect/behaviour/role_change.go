package behaviour

import (
	"fmt"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// RoleChanged finds a device that becomes what it was not.
//
// Who speaks: a scan is recon's, which tells it sooner and of whom; here it is low risk. How much more a server serves than yesterday is
// the baselines'.
var RoleChanged = detect.Spec{
	Type:  "behaviour.role_change",
	Title: "Device changed its role",
	Text: "Tells when a device that has been known for days suddenly has another role: a workstation that serves files or names, a server at " +
		"which somebody browses, one that passes on what others send. Intruders make servers of what they hold, to hand out files, to answer " +
		"in others' names, to let traffic through. A person's machine that begins to serve is told from its third day on. The service must be as new as the role; what was offered all along and is only now used " +
		"is none. What looks the same: a new program on a server, which is low risk; a deployment, where several get the same role, is quiet.",
	Category: "behaviour", Tactics: []string{"TA0011", "TA0008"}, Techniques: []string{"T1090", "T1557", "T1105"},
	Risk:    detect.Base{Likelihood: events.Low, Complexity: events.Low, Impact: events.Medium},
	Version: 2, Novelty: true,
	Background: "A workstation that begins to serve others, or a web server that begins to browse, has got another task, or another " +
		"master: intruders set up proxies, file shares and relays where nobody expects them.",
	Mitigation: []string{
		"Find the program that serves, and who began it.",
		"If nobody knows it: isolate the host.",
		"If the change is meant: set the device's role by hand, so that it is judged by it from now on.",
	},
	New:    func() detect.Detector { return NewRoleChange(RoleChangeDefaults()) },
	Tuning: detect.Tuned(RoleChangeDefaults, NewRoleChange),
}

// RoleChangeTunables are what may be set.
type RoleChangeTunables struct {
	Learn   time.Duration `tune:"time a device is known before a change counts" min:"1h" max:"720h"`
	Person  time.Duration `tune:"time a person's machine is known, a working day in it, before it serves for the first time" min:"1h" max:"720h"`
	Sudden  time.Duration `tune:"most time from a service's first conversation to the role it makes" min:"1h" max:"720h"`
	Shared  int           `tune:"other devices that get the same role within a day, which make it a deployment" min:"1" max:"32"`
	Devices int           `tune:"devices remembered whose role changed" min:"100" max:"1000000"`
}

// RoleChangeDefaults are the tunables that the project stands for.
func RoleChangeDefaults() RoleChangeTunables {
	return RoleChangeTunables{Learn: 72 * time.Hour, Person: 48 * time.Hour, Sudden: 48 * time.Hour, Shared: 2, Devices: 50_000}
}

// RoleChanges remembers which changes it has seen.
type RoleChanges struct {
	tune   RoleChangeTunables
	seen   *detect.Memory[uint32, changedAt]
	lately []gained // within a day, bounded
}

// changedAt is when the last change of a device was that was looked at.
type changedAt struct{ at events.Time }

type gained struct {
	who  uint32
	role string
	at   events.Time
}

const maxGained = 64

// NewRoleChange makes the detector.
func NewRoleChange(t RoleChangeTunables) *RoleChanges {
	return &RoleChanges{tune: t, seen: detect.NewMemory(t.Devices, detect.Code[uint32, changedAt]{
		Letter: 'd', Version: 1,
		Write: func(key, value *detect.Numbers, id uint32, c *changedAt) {
			key.Add(int64(id))
			value.Add(int64(c.at))
		},
		Read: func(key, value *detect.Numbers, c *changedAt) uint32 {
			c.at = events.Time(value.Next(1<<63 - 1))
			return uint32(key.Next(1<<32 - 1))
		},
	})}
}

// Observe has nothing to do: what a device is shows by the minute.
func (r *RoleChanges) Observe(events.Record, device.View) []detect.Finding { return nil }

// Watch looks whether the role of a device has changed (detect.Watcher).
func (r *RoleChanges) Watch(t *device.Turned, v device.View) []detect.Finding {
	c, changed := t.Device.RoleChanged()
	if t.Hour || !changed {
		return nil
	}
	id := t.Device.Serial
	known, _ := r.seen.Put(id)
	if known.at >= c.At {
		return nil
	}
	known.at = c.At
	r.seen.Note(id)
	others := r.others(id, c)
	if !r.known(t.Device, c, v) || others >= r.tune.Shared || !r.isNews(t.Device, c) {
		return nil
	}
	if a := t.Device.Addr; v.Known().Scanner(a) || v.Known().Gateway(a) {
		return nil
	}
	return []detect.Finding{tellChange(t, c)}
}

// known says whether it is known long enough what the device did before. Of a person's machine less will do: the others at the site are
// people's machines, too, and serve nobody.
func (r *RoleChanges) known(d *device.Device, c device.RoleChange, v device.View) bool {
	if c.At.Sub(d.FirstSeen) >= r.tune.Learn && v.Age(c.At) >= r.tune.Learn {
		return true
	}
	newest := newestOffer(d)
	return c.From == "pc" && serves(c.To) && newest != nil && newest.First.Sub(d.FirstSeen) >= r.tune.Person &&
		device.Workday(d.FirstSeen, newest.First)
}

// others notes who got a role, and counts who else did within a day.
func (r *RoleChanges) others(id uint32, c device.RoleChange) (n int) {
	kept := r.lately[:0]
	for _, g := range r.lately {
		if c.At.Sub(g.at) > 24*time.Hour || g.who == id {
			continue
		}
		if kept = append(kept, g); g.role == c.To {
			n++
		}
	}
	if len(kept) == maxGained {
		kept = append(kept[:0], kept[1:]...)
	}
	r.lately = append(kept, gained{id, c.To, c.At})
	return n
}

// isNews says whether a role came with something that the device did not do before, rather than with more of the same. A person's
// machine is told by what it always does, so that only a server becomes one; who has no role yet becomes no scanner, gateway or client.
func (r *RoleChanges) isNews(d *device.Device, c device.RoleChange) bool {
	switch c.To {
	case "pc":
		return serves(c.From)
	case "scanner", "nat_gateway":
		return c.From != ""
	}
	for i := range d.Offers {
		if s := &d.Offers[i]; c.At.Sub(s.First) <= r.tune.Sudden && s.Count >= leastServed {
			return true
		}
	}
	return false
}

// leastServed is how many conversations of a new service are no accident.
const leastServed = 5

// serves says that a role is a server's.
func serves(role string) bool { return role != "" && role != "pc" && role != "scanner" }

func tellChange(t *device.Turned, c device.RoleChange) detect.Finding {
	d := t.Device
	evidence, was := "", "had no role"
	for _, role := range d.Roles() {
		if role.Name == c.To {
			evidence = role.Evidence
		}
	}
	if c.From != "" {
		was = "was a " + c.From
	}
	days := c.At.Sub(c.Since).Hours() / 24
	f := detect.Finding{
		Key: d.ID() + " " + c.To, Confidence: 0.75, Start: c.At, End: c.At, VNI: d.VNI,
		Offenders:   []detect.Party{{Addr: d.Addr, Endpoint: detect.Server}},
		Description: fmt.Sprintf("%s %s for %.0f days and is now a %s: it %s.", d.Addr, was, days, c.To, evidence),
		Terms:       termsOf(c),
		Properties:  map[string]any{"from": c.From, "to": c.To, "evidence": evidence, "days": days},
	}
	if newest := newestOffer(d); newest != nil && serves(c.To) {
		f.Start, f.Offenders[0].Port = newest.First, newest.Port
	}
	return f
}

// newestOffer is the service that a device offers since the shortest time.
func newestOffer(d *device.Device) (newest *device.Service) {
	for i := range d.Offers {
		if s := &d.Offers[i]; newest == nil || s.First > newest.First {
			newest = s
		}
	}
	return newest
}

// termsOf says what a change is worth beside the type.
func termsOf(c device.RoleChange) []events.Term {
	switch {
	case c.To == "scanner":
		return []events.Term{{Name: "scans", Points: -20, Reason: "the scan itself is told by its own type"}}
	case c.To == "dns_server" || c.To == "dhcp_server" || c.To == "domain_controller":
		return []events.Term{{Name: "authority", Points: 10, Reason: "others believe what it says"}}
	case c.From == "pc" && serves(c.To):
		return []events.Term{{Name: "workstation_serves", Points: 5, Reason: "a person's machine serves others"}}
	case serves(c.From) && serves(c.To):
		return []events.Term{{Name: "server_before", Points: -15, Reason: "a server with one more service"}}
	case c.From == "":
		return []events.Term{{Name: "no_role_before", Points: -15, Reason: "little was known of it"}}
	}
	return nil
}

// Tick has nothing to do.
func (r *RoleChanges) Tick(events.Time, device.View) []detect.Finding { return nil }

// Overflow is how many devices had to be forgotten for want of room.
func (r *RoleChanges) Overflow() uint64 { return r.seen.Evicted() }

// Save hands over which changes were seen (Keeper).
func (r *RoleChanges) Save(put func(key, value []byte)) { r.seen.Save(put) }

// SaveSome is Save in slices (Sliced).
func (r *RoleChanges) SaveSome(put func(key, value []byte) bool) bool { return r.seen.SaveSome(put) }

// Load takes back that a change was seen (Keeper).
func (r *RoleChanges) Load(key, value []byte) error { return r.seen.Load(key, value) }
