package exfil

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
	"github.com/mirrorwatch/mirrorwatch/shared/magnitude"
)

// NewDestination finds a local host that sends much to a host outside which is new to the site.
//
// Who speaks: from Most on, one way, exfil.outbound_volume tells of the pair at medium risk and more; this one then says nothing. Which
// data it may have been is exfil.staged's, who names other participants.
var NewDestination = detect.Spec{
	Type:  "exfil.new_destination",
	Title: "Much data to a new destination",
	Text: "Adds up what a local host sends to a host outside that nobody at the site knew a day before, at most two devices turned to since, " +
		"and whose domain is no more common. Stolen data goes where the site has no business. What looks the same: a new provider, or a file " +
		"that somebody hands over, which is low risk from a person's machine until it is much. It is held against the most that the host sends outside in an hour anyway, so that " +
		"a busy uploader is no news. On the first day of learning everything is new, and it weighs less.",
	Category: "exfil", Tactics: []string{"TA0010"}, Techniques: []string{"T1048", "T1567"},
	Risk:    detect.Base{Likelihood: events.Low, Complexity: events.Low, Impact: events.High},
	Novelty: true,
	Wants:   []events.Kind{events.KindConn}, GuardDuty: "Behavior:EC2/TrafficVolumeUnusual", Version: 1,
	Background: "Stolen data goes to a place that is new to the site: a rented server, an account at a file-sharing service, a bucket of " +
		"somebody else.",
	Mitigation: []string{
		"Find out which program sent the data, and what it was.",
		"If it is not known: block the destination, isolate the host, and change what secrets were in the data.",
		"Allow uploads only to buckets of your own by the endpoint policy.",
	},
	New:    func() detect.Detector { return NewNewDestination(NewDestinationDefaults()) },
	Tuning: detect.Tuned(NewDestinationDefaults, NewNewDestination),
}

// NewDestinationTunables are what may be set.
type NewDestinationTunables struct {
	Bytes   uint64        `tune:"payload bytes to one destination that are told" min:"10000" max:"1000000000000"`
	Ratio   float64       `tune:"least times more than came back" min:"0" max:"1000"`
	Most    uint64        `tune:"bytes from which exfil.outbound_volume tells of the pair, where little came back" min:"10000" max:"1000000000000"`
	Share   float64       `tune:"least part of what the host sends outside in its busiest usual hour" min:"0" max:"10"`
	Fresh   time.Duration `tune:"time for which a destination is new to the site" min:"1h" max:"720h"`
	Span    time.Duration `tune:"time from the first contact in which data is added up" min:"1h" max:"720h"`
	Devices int           `tune:"local devices that may use it meanwhile" min:"1" max:"8"`
	Common  int           `tune:"local devices that make its domain a common one" min:"2" max:"1000"`
	Hold    time.Duration `tune:"time that news waits for the rest of the transfer" min:"1s" max:"1h"`
	Pairs   int           `tune:"pairs of hosts watched" min:"100" max:"1000000"`
}

// NewDestinationDefaults are the tunables that the project stands for. Most is where OutboundVolume leaves the low risk.
func NewDestinationDefaults() NewDestinationTunables {
	return NewDestinationTunables{
		Bytes: 10e6, Ratio: 2, Most: 10 * OutboundVolumeDefaults().Bytes, Share: 0.25, Fresh: 24 * time.Hour, Span: 48 * time.Hour, Devices: 2, Common: 4,
		Hold: 5 * time.Minute, Pairs: 20_000,
	}
}

// Destinations adds up what goes to new ones.
type Destinations struct {
	tune    NewDestinationTunables
	pairs   *detect.Memory[uint64, newPair]
	busy    busiest
	waiting []uint64 // pairs that are told soon
}

// newPair is a local host and a destination that was new when they met.
type newPair struct {
	volume
	due        events.Time // when it is told, or told anew; 0: it does not wait
	from, to   netip.Addr
	port       uint16
	id, sensor string
	service    string
	vni        uint32
	person     bool // somebody's machine
	rung       int  // orders of magnitude that were told, or wait
	told       bool
	outbound   bool // left to exfil.outbound_volume
}

// NewNewDestination makes the detector.
func NewNewDestination(t NewDestinationTunables) *Destinations {
	return &Destinations{
		tune:  t,
		pairs: detect.NewMemory(t.Pairs, detect.Code[uint64, newPair]{Letter: 'p', Version: 1, Write: writePair, Read: readPair}),
		busy:  newBusiest(t.Pairs, float64(t.Bytes)/10),
	}
}

// Observe adds up one conversation, or how far one has come.
func (d *Destinations) Observe(r events.Record, v device.View) []detect.Finding {
	c, ok := r.(*events.Conn)
	if !ok || c.OrigBytes < minOut || !v.Orig.IsLocal() || !v.Resp.IsExternal() {
		return nil
	}
	key, at := uint64(v.Orig.Serial)<<32|uint64(v.Resp.Serial), c.TS+events.Time(c.Duration)
	p := d.pairs.Peek(key)
	if p != nil && at.Sub(p.start) > d.tune.Span {
		d.pairs.Forget(key) // it is not new any more
		return nil
	}
	if p == nil && !d.isNew(c, v) {
		return nil
	}
	p, fresh := d.pairs.Put(key)
	if fresh {
		p.start = c.TS
	}
	p.start, p.last = min(p.start, c.TS), max(p.last, at)
	p.from, p.to, p.port, p.service, p.id, p.vni, p.sensor = c.OrigH, c.RespH, c.RespP, c.Service, v.Orig.ID(), c.VNI, c.Sensor
	p.person = v.Orig.HasRole("pc")
	p.add(c)
	d.pairs.Note(key)
	if rung := rungOf(p.out, d.tune.Bytes); p.due == 0 && rung > p.rung {
		p.rung = rung
		p.due = at.Add(d.tune.Hold)
		d.waiting = append(d.waiting, key)
	}
	return nil
}

// rungOf is how many orders of magnitude a count has reached, from first on.
func rungOf(n, first uint64) int {
	var l magnitude.Ladder
	l.Climb(float64(n), float64(first))
	return l.Rung()
}

// isNew says whether nobody knew the destination a day before, by its address and, where it has one, by its name.
func (d *Destinations) isNew(c *events.Conn, v device.View) bool {
	devices, first := v.RareHost(c.RespH)
	if devices > d.tune.Devices || devices > 0 && c.TS.Sub(first) > d.tune.Fresh {
		return false
	}
	return !d.common(v, c.RespH)
}

// common says that several devices know the domain of an address, or that people trust it.
func (d *Destinations) common(v device.View, a netip.Addr) bool {
	name := v.Hostname(a)
	if name == "" {
		return false
	}
	devices, _ := v.RareDomain(name)
	return devices >= d.tune.Common || v.Known().Trusted(name)
}

// Watch learns how much a host sends outside in an hour (detect.Watcher).
func (d *Destinations) Watch(t *device.Turned, _ device.View) []detect.Finding {
	d.busy.watch(t)
	return nil
}

// Tick tells what waited long enough.
func (d *Destinations) Tick(now events.Time, v device.View) []detect.Finding { return d.tell(now, v) }

// Close tells what waits still.
func (d *Destinations) Close(v device.View) []detect.Finding { return d.tell(1<<62, v) }

func (d *Destinations) tell(now events.Time, v device.View) []detect.Finding {
	var found []detect.Finding
	kept := d.waiting[:0]
	for _, key := range d.waiting {
		p := d.pairs.Peek(key)
		if p == nil || p.due == 0 {
			continue
		}
		if p.due > now {
			kept = append(kept, key)
			continue
		}
		p.due = 0
		if d.worth(p, uint32(key>>32), v.At(p.vni)) {
			found = append(found, p.news(v.At(p.vni)))
		}
	}
	d.waiting = kept
	return found
}

// worth looks at the transfer as it stands after the wait.
func (d *Destinations) worth(p *newPair, host uint32, v device.View) bool {
	if float64(p.out) < d.tune.Ratio*float64(p.in) {
		return false
	}
	if p.out >= d.tune.Most && float64(p.out) >= OutboundVolumeDefaults().Ratio*float64(p.in) && !p.told {
		p.outbound = true
	}
	if float64(p.out) < d.tune.Share*d.busy.of(host) {
		return false
	}
	devices, _ := v.RareHost(p.to)
	p.told = p.told || !p.outbound && devices <= d.tune.Devices && !d.common(v, p.to)
	return p.told
}

func (p *newPair) news(v device.View) detect.Finding {
	name := v.Hostname(p.to)
	f := detect.Finding{
		Key: p.id + " " + p.to.String(), Confidence: 0.7, Start: p.start, End: p.last, UIDs: p.uids, VNI: p.vni, Sensor: p.sensor,
		Offenders: []detect.Party{{Addr: p.from, Endpoint: detect.Client}, {Addr: p.to, Port: p.port, Endpoint: detect.Server}},
		Description: fmt.Sprintf("%s sent %s within %s to %s, which nobody here knew before, and received %s from there.",
			p.from, megabytes(p.out), detect.Lasted(p.last.Sub(p.start)), called(p.to, name), megabytes(p.in)),
		Properties: map[string]any{
			"bytes_out": p.out, "bytes_in": p.in, "connections": p.conns, "destination": p.to.String(), "destination_name": name, "port": p.port,
			"service": p.service,
		},
	}
	if name == "" && p.sensor != events.FlowLog { // flow logs have no names
		f.Terms = append(f.Terms, events.Term{Name: "nameless_destination", Points: 5, Reason: "nobody asked DNS for it"})
	}
	if p.person {
		f.Terms = append(f.Terms, events.Term{Name: "workstation", Points: -20, Reason: "people hand files over"})
	}
	if rung := p.rung; rung > 1 {
		f.Terms = append(f.Terms, events.Term{Name: "volume", Points: 15 * (rung - 1), Reason: "orders of magnitude above what is told"})
	}
	return f
}

// called is an address with its name, where it has one.
func called(a netip.Addr, name string) string {
	if name == "" {
		return a.String()
	}
	return a.String() + " (" + name + ")"
}

// Overflow is how many pairs and hosts had to be forgotten for want of room.
func (d *Destinations) Overflow() uint64 { return d.pairs.Evicted() + d.busy.Evicted() }
