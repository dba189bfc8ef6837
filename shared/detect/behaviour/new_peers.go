package behaviour

import (
	"math"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/bounded"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
	"github.com/mirrorwatch/mirrorwatch/shared/rarity"
	"github.com/mirrorwatch/mirrorwatch/shared/sketch"
)

// NewPeers finds a device that suddenly speaks with many others with which it never spoke.
//
// Who speaks: what nobody answered, and what carried nothing, is recon.port_scan's and recon.host_sweep's, and a device that asks as many
// in vain is theirs altogether; work on others is lateral's.
var NewPeers = detect.Spec{
	Type:  "behaviour.new_peers",
	Title: "Many new peers",
	Text: "Counts the services, host and port, that a device used within an hour for the first time, and holds that against the most " +
		"that is usual of it in an hour. An intruder gets to know a network in which its host has stood quietly for months; programs keep to " +
		"the same few peers. Only what was answered and carried something counts, and outside nothing that browsers, resolvers and mail readers use. What looks the same: a deployment, after which several " +
		"hosts have the same new peers, so that peers which three others got to know within the day do not count; hosts that have " +
		"just begun, on either side. On the first day of learning it weighs less.",
	Category: "behaviour", Tactics: []string{"TA0007", "TA0008"}, Techniques: []string{"T1018", "T1046"},
	Risk:  detect.Base{Likelihood: events.Low, Complexity: events.Low, Impact: events.Medium},
	Wants: []events.Kind{events.KindConn}, Version: 1, Novelty: true,
	Background: "A host that does its work speaks with the same few others day by day. One that suddenly speaks with many it never met " +
		"looks around, or is somebody else's now.",
	Mitigation: []string{
		"Ask the owner whether the host got a new task.",
		"Look at which services it turned to: administrative ones weigh most.",
		"If nobody knows: isolate the host.",
	},
	New:    func() detect.Detector { return NewNewPeers(NewPeersDefaults()) },
	Tuning: detect.Tuned(NewPeersDefaults, NewNewPeers),
}

// NewPeersTunables are what may be set.
type NewPeersTunables struct {
	Peers   int           `tune:"least new services within an hour that are told" min:"2" max:"60"`
	Factor  float64       `tune:"least times more than the most that is usual in an hour" min:"1" max:"100"`
	Young   time.Duration `tune:"time in which a device is not judged, and the site neither" min:"0s" max:"168h"`
	Shared  int           `tune:"other devices with the same new peer that make it a deployment" min:"1" max:"7"`
	Hold    time.Duration `tune:"time that news waits for others that have the same" min:"1s" max:"30m"`
	Devices int           `tune:"devices watched" min:"100" max:"1000000"`
}

// NewPeersDefaults are the tunables that the project stands for. A new version of a program brings one to three new peers.
func NewPeersDefaults() NewPeersTunables {
	return NewPeersTunables{Peers: 8, Factor: 2, Young: 6 * time.Hour, Shared: 3, Hold: 10 * time.Minute, Devices: 50_000}
}

const (
	maxArrivals = 50_000         // services whose new users are remembered
	arrivalsFor = 24 * time.Hour // for how long
	fadesAnHour = 0.97           // what is usual fades by half in a day
	newHost     = 24 * time.Hour // for how long a host is new
	// firstEphemeral is where Linux begins to take clients' ports: above it, services of RPC and FTP have another port every time.
	firstEphemeral = 32768
)

// Peers knows how many new peers are usual of each device.
type Peers struct {
	tune     NewPeersTunables
	devices  *detect.Memory[uint32, circle]
	arrivals *bounded.Table[uint64, arrival]
	waiting  []uint32 // devices whose news is held, in the order in which it began to wait
}

// circle is the acquaintances that a device makes.
type circle struct {
	most   float64     // new ones in an hour, fading
	fading events.Time // the hour up to which it has
	news   peerNews
}

// arrival is who newly used a service lately.
type arrival struct {
	who  [8]uint32
	n    int
	last events.Time
}

// NewNewPeers makes the detector.
func NewNewPeers(t NewPeersTunables) *Peers {
	return &Peers{
		tune: t, arrivals: bounded.New[uint64, arrival](maxArrivals),
		devices: detect.NewMemory(t.Devices, detect.Code[uint32, circle]{Letter: 'd', Version: 1, Write: writeCircle, Read: readCircle}),
	}
}

// Observe counts what is new, and what was asked in vain.
func (p *Peers) Observe(r events.Record, v device.View) []detect.Finding {
	c, ok := r.(*events.Conn)
	if !ok || !v.Orig.IsLocal() || v.Resp.Class == device.Group || c.IPProto != device.TCP && c.IPProto != device.UDP {
		return nil
	}
	if v.Resp.IsExternal() && !telling(c.RespP) {
		return nil
	}
	if !device.Answered(c) || c.OrigBytes == 0 || c.RespBytes == 0 {
		p.inVain(c, v)
		return nil
	}
	seen, ok := v.Seen(rarity.Triple)
	if !ok || !seen.First || administers(c.RespP) || p.starting(v, ended(c)) {
		return nil
	}
	if c.RespP >= firstEphemeral && v.Fresh&device.FreshPeer == 0 {
		return nil
	}
	p.meets(c, v)
	return nil
}

// inVain counts different services that gave nothing, for devices that have news.
func (p *Peers) inVain(c *events.Conn, v device.View) {
	d, _ := p.devices.Put(v.Orig.Serial)
	p.turn(d, ended(c))
	d.news.vain.Add(serviceOf(c, v))
}

// meets notes a new peer.
func (p *Peers) meets(c *events.Conn, v device.View) {
	at, service := ended(c), serviceOf(c, v)
	a, fresh := p.arrivals.Put(service)
	if fresh || at.Sub(a.last) > arrivalsFor {
		*a = arrival{}
	}
	a.add(v.Orig.Serial, at)
	d, _ := p.devices.Put(v.Orig.Serial)
	if p.turn(d, at) {
		p.devices.Note(v.Orig.Serial)
	}
	if v.Age(at) < p.tune.Young || at.Sub(v.Orig.FirstSeen) < p.tune.Young {
		return // of its first hours nothing is usual
	}
	d.news.add(c, v, service)
	if d.news.due == 0 && len(d.news.list) >= p.tune.Peers {
		d.news.due = at.Add(p.tune.Hold)
		p.waiting = append(p.waiting, v.Orig.Serial)
	}
}

func (a *arrival) add(who uint32, at events.Time) {
	a.last = max(a.last, at)
	for _, w := range a.who[:a.n] {
		if w == who {
			return
		}
	}
	if a.n < len(a.who) {
		a.who[a.n] = who
		a.n++
	}
}

// turn begins the next hour of a device, when it is time, and says whether what is usual changed.
func (p *Peers) turn(d *circle, at events.Time) (changed bool) {
	hour := startOfHour(at)
	if hour <= d.fading {
		return false
	}
	if d.fading != 0 {
		hours := float64(hour.Sub(d.fading) / time.Hour)
		d.most = max(float64(d.news.learned(p.enough(d))), d.most) * math.Pow(fadesAnHour, hours)
	}
	d.fading = hour
	if d.news.due == 0 {
		d.news = peerNews{}
	} else {
		d.news.over = true // it waits still, and is forgotten when it is told
	}
	return d.most >= 0.5
}

// enough is how many new peers it takes for a word.
func (p *Peers) enough(d *circle) int { return max(p.tune.Peers, int(math.Ceil(p.tune.Factor*d.most))) }

// starting says that the host asked has just begun, and asks for what it needs itself: others get to know it because of that. Hosts that
// were there when the learning began are not new.
func (p *Peers) starting(v device.View, at events.Time) bool {
	return at.Sub(v.Resp.FirstSeen) < newHost && len(v.Resp.Uses) > 0 && v.Age(v.Resp.FirstSeen) >= p.tune.Young
}

// telling says that a service outside tells something: those that browsers, resolvers, clocks and readers of mail use have new addresses
// all day, and so have peer-to-peer programs and games, above the ports that are assigned.
func telling(port uint16) bool {
	switch port {
	case 53, 80, 110, 123, 143, 443, 465, 587, 853, 993, 995:
		return false
	}
	return port < 1024
}

// administers: these services are lateral.new_admin_peer's, which tells more of them.
func administers(port uint16) bool {
	switch port {
	case 22, 23, 135, 445, 3389, 5985, 5986:
		return true
	}
	return port >= 5900 && port <= 5909
}

func serviceOf(c *events.Conn, v device.View) uint64 {
	return sketch.Mix(uint64(v.Resp.Serial)<<24 | uint64(c.RespP)<<8 | uint64(c.IPProto))
}

// Tick tells what was held long enough.
func (p *Peers) Tick(now events.Time, _ device.View) []detect.Finding { return p.tell(now) }

// Close tells what is held still.
func (p *Peers) Close(device.View) []detect.Finding { return p.tell(1 << 62) }

func (p *Peers) tell(now events.Time) []detect.Finding {
	var found []detect.Finding
	kept := p.waiting[:0]
	for _, id := range p.waiting {
		d := p.devices.Peek(id)
		if d == nil || d.news.due == 0 {
			continue
		}
		if d.news.due > now {
			kept = append(kept, id)
			continue
		}
		d.news.due = 0
		if f, ok := p.judge(d); ok {
			found = append(found, f)
		}
		if d.news.over {
			d.news = peerNews{}
		}
	}
	p.waiting = kept
	return found
}

// judge counts what nobody else got to know as well.
func (p *Peers) judge(d *circle) (detect.Finding, bool) {
	own, outside := d.news.own(p.arrivals, p.tune.Shared)
	need := p.enough(d)
	if 2*outside > len(own) {
		// Who brings letters, or fetches them, has new partners every day: more or fewer as chance will have it.
		need = max(2*p.tune.Peers, int(math.Ceil(2*p.tune.Factor*d.most)))
	}
	if len(own) < need || d.news.vain.Count() >= len(d.news.list) {
		return detect.Finding{}, false
	}
	if d.news.told > 0 && len(own) < 2*d.news.told {
		return detect.Finding{}, false
	}
	d.news.told = len(own)
	return d.news.report(own, d.most, p.tune.Peers), true
}

// Overflow is how many devices and services had to be forgotten for want of room.
func (p *Peers) Overflow() uint64 { return p.devices.Evicted() + p.arrivals.Evicted() }

// Save hands over what is usual where it changed (Keeper).
func (p *Peers) Save(put func(key, value []byte)) { p.devices.Save(put) }

// SaveSome is Save in slices (Sliced).
func (p *Peers) SaveSome(put func(key, value []byte) bool) bool { return p.devices.SaveSome(put) }

// Load takes back what is usual of a device (Keeper).
func (p *Peers) Load(key, value []byte) error { return p.devices.Load(key, value) }

func writeCircle(key, value *detect.Numbers, id uint32, d *circle) {
	key.Add(int64(id))
	if d.most < 0.5 {
		return
	}
	value.Add(int64(100 * d.most))
	value.Add(int64(d.fading) / int64(time.Hour))
}

func readCircle(key, value *detect.Numbers, d *circle) uint32 {
	d.most = float64(value.Next(1<<40)) / 100
	d.fading = events.Time(value.Next(1<<24)) * events.Time(time.Hour)
	return uint32(key.Next(1<<32 - 1))
}
