package device

import (
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/bounded"
)

// Limits of a Meter. A device beyond them is not measured in that minute, and is counted.
const (
	MaxMeasured = 50_000 // devices in one minute
	maxReported = 65_536 // conversations whose earlier reports are remembered
)

// Meter counts what each local device does by the minute of packet time. It belongs to the goroutine of the Model. A conversation
// counts in the minute in which it was reported: at its end, or while it goes on every few minutes, each time with what came since.
type Meter struct {
	minute   events.Time
	devices  map[string]*minute
	reported *bounded.Table[string, volume]
	overflow uint64
}

// minute is what one device did in one minute.
type minute struct {
	counts         [NumMetrics]float64
	domains, peers map[string]struct{}
}

// volume is what earlier reports of a conversation said.
type volume struct{ out, in, outPkts, inPkts uint64 }

// NewMeter makes one that has seen nothing.
func NewMeter() *Meter {
	return &Meter{devices: map[string]*minute{}, reported: bounded.New[string, volume](maxReported)}
}

// Observe counts a record.
func (m *Meter) Observe(r events.Record, v View) {
	switch r := r.(type) {
	case *events.Conn:
		m.conn(r, v)
	case *events.DNS:
		m.dns(r, v)
	case *events.HTTP:
		m.http(r, v)
	case *events.SSH:
		m.ssh(r, v)
	}
}

// Turn gives the samples of the minute that now has left behind, if it has.
func (m *Meter) Turn(now events.Time) (list []events.Sample, turned bool) {
	this := startOfMinute(now)
	if this <= m.minute {
		return nil, false
	}
	for id, d := range m.devices {
		list = append(list, d.sample(id, m.minute))
	}
	m.minute = this
	clear(m.devices)
	return list, true
}

// Overflow is how many devices were not measured for want of room.
func (m *Meter) Overflow() uint64 { return m.overflow }

func startOfMinute(t events.Time) events.Time { return t - t%events.Time(time.Minute) }

func (m *Meter) of(d *Device) *minute {
	if d == nil || !d.IsLocal() {
		return nil
	}
	id := d.ID()
	have := m.devices[id]
	if have == nil {
		if len(m.devices) >= MaxMeasured {
			m.overflow++
			return nil
		}
		have = &minute{}
		m.devices[id] = have
	}
	return have
}

func (m *Meter) conn(c *events.Conn, v View) {
	fresh := m.since(c)
	if d := m.of(v.Orig); d != nil {
		d.transfer(fresh)
		if !c.Interim {
			d.counts[Connections]++
			if c.IPProto == TCP && !Answered(c) {
				d.counts[FailedConnections]++
			}
			d.meets(v.Resp)
		}
	}
	if d := m.of(v.Resp); d != nil {
		d.transfer(volume{fresh.in, fresh.out, fresh.inPkts, fresh.outPkts})
		if !c.Interim {
			d.counts[Accepted]++
		}
	}
}

// since gives what a conversation carried since it was reported last.
func (m *Meter) since(c *events.Conn) volume {
	all := volume{c.OrigIPBytes, c.RespIPBytes, c.OrigPkts, c.RespPkts}
	var before volume
	if known := m.reported.Peek(c.UID); known != nil {
		before = *known
	}
	if !c.Interim {
		m.reported.Delete(c.UID)
	} else {
		kept, _ := m.reported.Put(c.UID)
		*kept = all
	}
	return volume{less(all.out, before.out), less(all.in, before.in), less(all.outPkts, before.outPkts), less(all.inPkts, before.inPkts)}
}

func less(a, b uint64) uint64 {
	if b > a {
		return 0
	}
	return a - b
}

func (d *minute) transfer(v volume) {
	d.counts[BytesOut] += float64(v.out)
	d.counts[BytesIn] += float64(v.in)
	d.counts[PacketsOut] += float64(v.outPkts)
	d.counts[PacketsIn] += float64(v.inPkts)
}

// meets counts different peers; a minute's set is bounded by the peers that a device is counted up to.
func (d *minute) meets(peer *Device) {
	if peer == nil || peer.Class == Group {
		return
	}
	d.peers = add(d.peers, peer.ID())
	d.counts[Peers] = float64(len(d.peers))
}

// maxSet bounds what is counted one by one in a minute; more are counted as so many.
const maxSet = 1024

func add(set map[string]struct{}, s string) map[string]struct{} {
	if set == nil {
		set = map[string]struct{}{}
	}
	if len(set) < maxSet {
		set[s] = struct{}{}
	}
	return set
}

func (m *Meter) dns(r *events.DNS, v View) {
	d := m.of(v.Orig)
	if d == nil {
		return
	}
	d.counts[DNSQueries]++
	if r.RCode != nil && *r.RCode == 3 { // NXDOMAIN, RFC 1035 section 4.1.1
		d.counts[NXDomain]++
	}
	if r.Query != "" {
		d.domains = add(d.domains, r.Query)
		d.counts[Domains] = float64(len(d.domains))
	}
}

func (m *Meter) http(r *events.HTTP, v View) {
	if r.StatusCode < 400 {
		return
	}
	if d := m.of(v.Resp); d != nil {
		d.counts[HTTPErrors]++
	}
}

func (m *Meter) ssh(r *events.SSH, v View) {
	if r.AuthSuccess == nil || *r.AuthSuccess {
		return
	}
	if d := m.of(v.Orig); d != nil {
		d.counts[AuthFailures]++
	}
}

func (d *minute) sample(id string, at events.Time) events.Sample {
	s := events.Sample{Device: id, Time: at.Time(), Metrics: map[string]float64{}}
	for i, m := range Metrics() {
		if n := d.counts[i]; n != 0 {
			s.Metrics[m.Name] = n
		}
	}
	return s
}
