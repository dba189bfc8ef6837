package lateral

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// RDPExec finds remote desktop sessions that stand out.
var RDPExec = detect.Spec{
	Type:  "lateral.rdp_exec",
	Title: "Unusual RDP session",
	Text: "Looks at remote desktop sessions inside that got past the log-in (3 kB from the client and 20 kB from the server at the least). A pair of hosts is told when it has one for the first time in " +
		"30 days, at low risk. It weighs more where the client was itself being worked on by RDP within the hour before (a hop), where the client asks for restricted admin mode, " +
		"for which a hash of the password is enough, and where the port is not 3389. What looks the same: an administrator's new task. A client that works " +
		"on more than five servers is quiet, unless one of these holds.",
	Category: "lateral", Tactics: []string{"TA0008"}, Techniques: []string{"T1021.001"},
	Risk:  detect.Base{Likelihood: events.Low, Complexity: events.Low, Impact: events.Low},
	Wants: []events.Kind{events.KindConn, events.KindRDP}, Version: 1,
	Background: "With a stolen password, or in restricted admin mode with its hash alone, an intruder opens a desktop on the next host, as administrators do, and goes on from there. " +
		"From one desktop to the next they come to where the data is.",
	Mitigation: []string{
		"Ask the owner of the offender, or of the account in the cookie, whether this was them.",
		"If not: isolate both ends, end the session, and change the credentials that were used.",
		"Let only bastions reach port 3389, by security groups, and switch restricted admin mode off where nothing needs it.",
	},
	New:    func() detect.Detector { return NewRDPExec(RDPExecDefaults()) },
	Tuning: detect.Tuned(RDPExecDefaults, NewRDPExec),
}

// RDPExecTunables are what may be set.
type RDPExecTunables struct {
	Sent     uint64        `tune:"bytes from the client of a session that got past the log-in" min:"500" max:"100000000"`
	Received uint64        `tune:"bytes from the server of such a session" min:"1000" max:"1000000000"`
	Hop      time.Duration `tune:"how long after a session to a host one from it is a hop" min:"1m" max:"24h"`
	Memory   time.Duration `tune:"a pair of hosts that rests this long is new again" min:"1h" max:"8760h"`
	Within   time.Duration `tune:"new servers of one host within it are told together" min:"1m" max:"24h"`
	Habit    int           `tune:"servers of a host that administers by habit" min:"1" max:"10000"`
	Pairs    int           `tune:"pairs of hosts remembered" min:"100" max:"1000000"`
	Clients  int           `tune:"hosts remembered that work on others" min:"100" max:"1000000"`
}

// RDPExecDefaults are the tunables that the project stands for. A log-in that fails takes 2 to 6 kB each way; the first picture of a desktop
// takes more than 20 kB.
func RDPExecDefaults() RDPExecTunables {
	return RDPExecTunables{
		Sent: 3000, Received: 20_000, Hop: time.Hour, Memory: 30 * 24 * time.Hour, Within: time.Hour, Habit: 5, Pairs: 20_000, Clients: 5_000,
	}
}

// Desktops remembers who has desktops on whom.
type Desktops struct {
	tune RDPExecTunables
	*remoteActs
	worked *detect.Cases // hosts that were worked on
}

// NewRDPExec makes the detector.
func NewRDPExec(t RDPExecTunables) *Desktops {
	d := &Desktops{
		tune: t, remoteActs: newRemoteActs(remoteTunables{t.Memory, t.Within, t.Habit, t.Pairs, t.Clients}),
		worked: detect.NewCases(detect.CasesOptions{Limit: t.Clients, Letter: 'w'}),
	}
	d.Memories = append(d.Memories, d.worked.Memory)
	return d
}

// What makes a session suspicious.
const (
	rdpHop = 1 << iota
	rdpRestricted
	rdpOddPort
)

const rdpPort = 3389

// Observe looks at how sessions begin, and at how much they carry.
func (d *Desktops) Observe(r events.Record, v device.View) []detect.Finding {
	if !v.Orig.IsLocal() || !v.Resp.IsLocal() {
		return nil
	}
	switch r := r.(type) {
	case *events.RDP:
		d.begins(r)
	case *events.Conn:
		if (administers(r) == rdp || said(r.Service, "rdp")) && r.OrigBytes >= d.tune.Sent && r.RespBytes >= d.tune.Received {
			return d.desktop(r)
		}
	}
	return nil
}

// begins notes what only the beginning tells. The conversation that it belongs to comes later.
func (d *Desktops) begins(r *events.RDP) {
	pair := d.pair(&r.Head)
	if r.Cookie != "" {
		pair.Thing(r.Cookie)
	}
	if r.RestrictedAdmin {
		pair.Flags |= rdpRestricted
	}
	if d.isHop(r.Head) {
		pair.Flags |= rdpHop
	}
}

// isHop says whether the client was worked on shortly before.
func (d *Desktops) isHop(h events.Head) bool {
	one := d.worked.Peek(detect.CaseKey{VNI: h.VNI, To: h.OrigH})
	return one != nil && one.Head.OrigH != h.RespH && one.Start <= h.TS && h.TS.Sub(one.Last) <= d.tune.Hop
}

func (d *Desktops) desktop(c *events.Conn) []detect.Finding {
	pair := d.pair(&c.Head)
	if d.isHop(c.Head) {
		pair.Flags |= rdpHop
	}
	if c.RespP != rdpPort {
		pair.Flags |= rdpOddPort
	}
	in := d.worked.Note(detect.CaseKey{VNI: c.VNI, To: c.RespH}, &c.Head)
	in.Last = max(in.Last, ended(c))
	suspicious := pair.Flags & (rdpHop | rdpRestricted | rdpOddPort)
	key, one := d.works(pair, suspicious != 0)
	if one == nil {
		return d.wentOn(c)
	}
	one.UIDs = join16(one.UIDs, pair.UIDs)
	return append(d.wentOn(c), rdpReport(key, one, one.Head.RespH))
}

// wentOn looks whether the server of a session went on to another meanwhile: of two sessions at the same time, the later one may end first,
// and then it was told before it could be called a hop.
func (d *Desktops) wentOn(c *events.Conn) []detect.Finding {
	key := detect.CaseKey{VNI: c.VNI, By: c.RespH}
	one := d.clients.Peek(key)
	if one == nil || one.Flags&rdpHop != 0 || one.Head.RespH == c.OrigH || one.Head.TS < c.TS || one.Head.TS.Sub(ended(c)) > d.tune.Hop {
		return nil
	}
	one.Flags |= rdpHop
	d.clients.Memory.Note(key)
	return []detect.Finding{rdpReport(key, one, one.Head.RespH)}
}

func rdpReport(key detect.CaseKey, one *detect.Case, latest netip.Addr) detect.Finding {
	n := one.Hosts.Count()
	f := one.Finding(key, 0.75, fmt.Sprintf("%s had a remote desktop on %s for the first time.", key.By, latest))
	if n > 1 {
		f.Description = fmt.Sprintf("%s had remote desktops on %d hosts for the first time, the latest %s.", key.By, n, latest)
	}
	f.Properties = map[string]any{
		"hosts": n, "port": one.Head.RespP, "hop": one.Flags&rdpHop != 0, "restricted_admin": one.Flags&rdpRestricted != 0,
	}
	if len(one.Names) > 0 {
		f.Properties["users"] = one.Names
	}
	for _, t := range []struct {
		flag   uint64
		points int
		name   string
		reason string
	}{
		{rdpHop, 25, "hop", "the client was itself worked on by RDP shortly before"}, {rdpRestricted, 20, "restricted_admin", "restricted admin mode, for which a hash is enough"},
		{rdpOddPort, 15, "odd_port", "the port is not 3389"},
	} {
		if one.Flags&t.flag != 0 {
			f.Terms = append(f.Terms, events.Term{Name: t.name, Points: t.points, Reason: t.reason})
		}
	}
	return f
}

// Tick has nothing to do: sessions are told of while they go on.
func (d *Desktops) Tick(events.Time, device.View) []detect.Finding { return nil }

// Overflow is how many pairs and hosts had to be forgotten for want of room.
func (d *Desktops) Overflow() uint64 { return d.remoteActs.Overflow() + d.worked.Evicted() }
