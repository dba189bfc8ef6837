package lateral

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
	"github.com/mirrorwatch/mirrorwatch/shared/magnitude"
	"github.com/mirrorwatch/mirrorwatch/shared/sketch"
)

// FanOut finds a host that works on many others within minutes.
//
// Who speaks: conversations that nobody took are recon.host_sweep's. From Hosts on a fan-out is told here, and lateral.new_admin_peer
// says nothing of the same client; below, it is the other way round.
var FanOut = detect.Spec{
	Type:  "lateral.fan_out",
	Title: "Remote-access fan-out",
	Text: "Counts the different hosts on which one host works within minutes by SSH, RDP, WinRM, Telnet or VNC, and inside by SMB or RPC, too: conversations in " +
		"which both sides had something to say. Worms and intruders with a stolen key go from one host to many; it needs no history. What " +
		"looks the same: configuration management and an administrator's loop over a fleet, which do it again another day, and are quiet " +
		"from then on up to twice as many hosts. The first deployment over servers of one name, by a server that administered on other days, is low risk.",
	Category: "lateral", Tactics: []string{"TA0008"}, Techniques: []string{"T1021"},
	Risk:  detect.Base{Likelihood: events.Medium, Complexity: events.Low, Impact: events.Medium},
	Wants: []events.Kind{events.KindConn}, Version: 2,
	Background: "With one key that opens many hosts an intruder, or a worm, goes to all of them within minutes, to spread, to search, or " +
		"to encrypt.",
	Mitigation: []string{
		"Find out whether the offender runs configuration management; if not, isolate it at once.",
		"Look at what was run on the first victims: it was run on all of them.",
		"Change the key or the account that opened them, and give each group of hosts one of its own.",
	},
	Yields: []string{
		"lateral.remote_service", "lateral.wmi_exec", "lateral.scheduled_task", "lateral.dcom_exec", "lateral.winrm_exec", "lateral.rdp_exec",
		"lateral.admin_share_write", "lateral.pass_the_hash", "lateral.dcsync", "lateral.dcshadow", "lateral.dpapi_backup_key",
		"lateral.event_log_tampering", "lateral.credential_dump", "lateral.registry_change",
	},
	New:    func() detect.Detector { return NewFanOut(FanOutDefaults()) },
	Tuning: detect.Tuned(FanOutDefaults, NewFanOut),
}

// FanOutTunables are what may be set.
type FanOutTunables struct {
	Hosts   int           `tune:"different hosts worked on that make a fan-out" min:"3" max:"60"`
	Within  time.Duration `tune:"time in which they are counted" min:"10s" max:"1h"`
	Habit   float64       `tune:"times the largest fan-out of earlier days that is still a habit" min:"1" max:"100"`
	Clients int           `tune:"hosts watched that work on others" min:"100" max:"1000000"`
}

// FanOutDefaults are the tunables that the project stands for. Somebody who opens sessions by hand comes to a handful; a loop over the
// eight hosts of a tier is daily work.
func FanOutDefaults() FanOutTunables {
	return FanOutTunables{Hosts: 12, Within: 10 * time.Minute, Habit: 2, Clients: 10_000}
}

// FanOuts counts, for each client, the hosts it works on.
type FanOuts struct {
	tune    FanOutTunables
	clients *detect.Memory[uint32, fanner]
}

// fanner is a client that works on others.
type fanner struct {
	fan
	hosts       sketch.Distinct // since the fan-out began
	start, last events.Time
	ladder      magnitude.Ladder
	told        int
	victims     []detect.Party
	uids        []string
	services    uint32 // bits
	fleet       fleet
	worked      int   // earlier days on which it worked on others
	most        int   // hosts of its largest fan-out on an earlier day
	today       int   // of the present day
	day         int64 // days since 1970
	addr        netip.Addr
	id, sensor  string
	vni         uint32
}

// fan is the hosts that were turned to lately.
type fan struct{ lately []turn }

type turn struct {
	server uint32
	at     events.Time
}

// maxLately bounds a fan; it is above every number of hosts that may be asked for.
const maxLately = 64

// add notes a host, and says how many different ones there were within a time.
func (f *fan) add(server uint32, at events.Time, within time.Duration) int {
	kept := f.lately[:0]
	for _, t := range f.lately {
		if at.Sub(t.at) <= within && t.server != server {
			kept = append(kept, t)
		}
	}
	if len(kept) == maxLately {
		kept = append(kept[:0], kept[1:]...)
	}
	f.lately = append(kept, turn{server, at})
	return len(f.lately)
}

// NewFanOut makes the detector.
func NewFanOut(t FanOutTunables) *FanOuts {
	return &FanOuts{t, detect.NewMemory(t.Clients, detect.Code[uint32, fanner]{Letter: 'c', Version: 2, Write: writeFanner, Read: readFanner})}
}

// writeFanner writes what is known of a client's habits; what goes on is not worth keeping.
func writeFanner(key, value *detect.Numbers, client uint32, o *fanner) {
	key.Add(int64(client))
	if o.most == 0 && o.today == 0 && o.worked == 0 {
		return
	}
	value.Add(int64(o.most))
	value.Add(int64(o.today))
	value.Add(o.day)
	value.Add(int64(o.worked))
}

func readFanner(key, value *detect.Numbers, o *fanner) uint32 {
	o.most, o.today, o.day = int(value.Next(1<<30)), int(value.Next(1<<30)), value.Next(1<<20)
	o.worked = int(value.Next(1 << 20))
	return uint32(key.Next(1<<32 - 1))
}

// Save hands over the habits that changed (Keeper).
func (f *FanOuts) Save(put func(key, value []byte)) { f.clients.Save(put) }

// SaveSome is Save in slices (Sliced).
func (f *FanOuts) SaveSome(put func(key, value []byte) bool) bool { return f.clients.SaveSome(put) }

// Load takes back a habit (Keeper).
func (f *FanOuts) Load(key, value []byte) error { return f.clients.Load(key, value) }

// Observe counts whom a host works on.
func (f *FanOuts) Observe(r events.Record, v device.View) []detect.Finding {
	c, ok := r.(*events.Conn)
	if !ok || !v.Orig.IsLocal() || v.Resp.Class == device.Group {
		return nil
	}
	s := administers(c)
	if s == none || v.Resp.IsExternal() && (s == smb || s == rpc) {
		return nil // what speaks SMB and RPC outside is no door that anybody works through
	}
	o, _ := f.clients.Put(v.Orig.Serial)
	at := ended(c)
	if at.Sub(o.last) > f.tune.Within {
		o.rest()
	}
	if o.turnDay(at) {
		f.clients.Note(v.Orig.Serial)
	}
	o.note(c, v, s, at)
	n := o.add(v.Resp.Serial, at, f.tune.Within)
	if n < f.tune.Hosts && o.told == 0 {
		return nil
	}
	if o.today < o.hosts.Count() {
		o.today = o.hosts.Count()
		f.clients.Note(v.Orig.Serial)
	}
	if float64(o.hosts.Count()) <= f.tune.Habit*float64(o.most) || !o.ladder.Climb(float64(o.hosts.Count()), float64(f.tune.Hosts)) {
		return nil
	}
	o.told = o.hosts.Count()
	return []detect.Finding{o.report()}
}

// Tick has nothing to do: a fan-out is told while it happens.
func (f *FanOuts) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the numbers of fan-outs that were told up to date.
func (f *FanOuts) Close(device.View) []detect.Finding {
	var found []detect.Finding
	for _, o := range f.clients.All {
		if o.told == 0 || o.hosts.Count() == o.told {
			continue
		}
		one := o.report()
		one.Final = true
		found = append(found, one)
	}
	return found
}

// Overflow is how many clients had to be forgotten for want of room.
func (f *FanOuts) Overflow() uint64 { return f.clients.Evicted() }

// rest ends a fan-out, so that the next one is counted anew.
func (o *fanner) rest() {
	*o = fanner{fan: fan{o.lately[:0]}, most: o.most, today: o.today, day: o.day, worked: o.worked}
}

// turnDay makes what was done until yesterday a habit, which fades by a thirtieth a day. It says whether that is worth keeping.
func (o *fanner) turnDay(at events.Time) bool {
	day := int64(at) / int64(24*time.Hour)
	if day <= o.day {
		return false
	}
	if o.day != 0 {
		o.worked = min(o.worked+1, 1<<20)
	}
	o.most, o.today, o.day = max(o.most-o.most/30, o.today), 0, day
	return o.most > 0 || o.worked > 0
}

// note keeps what a report needs.
func (o *fanner) note(c *events.Conn, v device.View, s service, at events.Time) {
	if o.start == 0 {
		o.start = c.TS
	}
	o.start, o.last = min(o.start, c.TS), max(o.last, at)
	o.addr, o.id, o.vni, o.sensor = c.OrigH, v.Orig.ID(), c.VNI, c.Sensor
	if !o.hosts.Add(sketch.Mix(uint64(v.Resp.Serial))) {
		return
	}
	o.fleet.add(v.Orig, v.Resp)
	o.services |= 1 << s
	o.uids = keep(o.uids, c.UID)
	if len(o.victims) < maxLately {
		o.victims = append(o.victims, detect.Party{Addr: c.RespH, Port: c.RespP, Endpoint: detect.Server})
	}
}

func (o *fanner) report() detect.Finding {
	var terms []events.Term
	if o.worked > 0 && o.fleet.whole() {
		terms = []events.Term{{Name: "one_fleet", Points: -25, Reason: "an administrator's round over the servers " + o.fleet.family}}
	}
	return detect.Finding{
		Key: o.id, Confidence: 0.75, Start: o.start, End: o.last, UIDs: o.uids, VNI: o.vni, Sensor: o.sensor,
		Offenders: []detect.Party{{Addr: o.addr, Endpoint: detect.Client}}, Victims: o.victims, Terms: terms,
		Description: fmt.Sprintf("%s worked on %s hosts by %s within %s.", o.addr, o.hosts.Text(), names(o.services), detect.Lasted(o.last.Sub(o.start))),
		Properties: map[string]any{
			"hosts": o.hosts.Count(), "services": names(o.services), "seconds": o.last.Sub(o.start).Seconds(), "most_before": o.most,
		},
	}
}

// names lists services.
func names(bits uint32) string {
	text := ""
	for s := range numServices {
		if bits>>s&1 == 0 {
			continue
		}
		if text != "" {
			text += ", "
		}
		text += s.String()
	}
	return text
}
