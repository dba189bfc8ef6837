package device

import (
	"encoding/binary"
	"net/netip"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/rarity"
	"github.com/mirrorwatch/mirrorwatch/shared/sketch"
)

// Limits of what is measured. A device beyond them is not measured in that minute, and is counted.
const (
	MaxMeasured = 50_000 // devices in one minute
	maxReported = 65_536 // conversations whose earlier reports are remembered
)

// activity is what a local device does, and usually does. It is made when the device is first active, and goes with it.
type activity struct {
	device *Device     // nil once it had to leave the model
	now    *minute     // what is being counted; nil until it is active in this minute
	hour   events.Time // the beginning of the hour that sofar is of; all hours before it are closed
	sofar  [NumMetrics]float64
	taint  uint64 // metrics of this hour that teach nothing, by bit
	habits
	outlets  []outlet // places outside that it sends to
	usualOut float64  // of the bytes that it sent outside in this hour those that went to usual ones

	counted  events.Time // the hour that the sets are of
	peers    sketch.Stamped
	external sketch.Stamped
	domains  sketch.Stamped
}

// minute is what one device did in one minute.
type minute struct {
	of     *activity
	at     events.Time
	counts [NumMetrics]float64
	usual  float64 // of bytes_out_external, those that went to usual places
	// distinct things of the hour until now
	peers, external, domains float64
}

// volume is what a report of a conversation adds to those before.
type volume struct{ out, in, outPkts, inPkts uint64 }

// measure counts a record for its local ends. A conversation counts in the minute in which it was reported: at its end, or while it
// goes on every few minutes, each time with what came since.
func (m *Model) measure(r events.Record, v View) {
	switch r := r.(type) {
	case *events.Conn:
		m.measureConn(r, v)
	case *events.DNS:
		if d := m.counting(v.Orig, r.TS); d != nil {
			d.dns(r)
		}
	case *events.HTTP:
		if r.StatusCode >= 400 {
			if d := m.counting(v.Resp, r.TS); d != nil {
				d.counts[HTTPErrors]++
			}
		}
	case *events.SSL:
		if m.rareTLS(v) {
			if d := m.counting(v.Orig, r.TS); d != nil {
				d.counts[RareTLS]++
			}
		}
	case *events.SSH:
		if r.AuthSuccess != nil && !*r.AuthSuccess {
			if d := m.counting(v.Orig, r.TS); d != nil {
				d.counts[AuthFailures] += float64(max(r.AuthAttempts, 1))
			}
		}
	}
}

// rareTLS says whether a handshake with a host outside names one, or comes with a fingerprint, that hardly anybody at the site has.
func (m *Model) rareTLS(v View) bool {
	if v.Resp == nil || !v.Resp.IsExternal() {
		return false
	}
	for _, kind := range [...]rarity.Kind{rarity.SNI, rarity.Fingerprint} {
		if seen, told := v.Seen(kind); told && seen.Devices <= fewDevices {
			return true
		}
	}
	return false
}

// fewDevices is how many devices may share what is rare.
const fewDevices = 2

// counting gives the present minute of a local device; nil where there is none, or no room.
func (m *Model) counting(d *Device, at events.Time) *minute {
	if d == nil || !d.IsLocal() || d.mute {
		return nil
	}
	a := d.activity
	if a != nil && a.now != nil && a.now.at == m.turns.minute {
		return a.now
	}
	return m.beginMinute(d, at)
}

func (m *Model) measureConn(c *events.Conn, v View) {
	fresh, first := m.moved, m.first
	if d := m.counting(v.Orig, c.TS); d != nil {
		d.transfer(fresh)
		d.client(c, fresh, v)
		if first {
			d.counts[Connections]++
			if c.IPProto == TCP && adminPort(c.RespP) {
				d.counts[AdminConnections]++
			}
		}
		if !c.Interim && c.IPProto == TCP && !Answered(c) {
			d.counts[FailedConnections]++
		}
	}
	if d := m.counting(v.Resp, c.TS); d != nil {
		d.transfer(volume{fresh.in, fresh.out, fresh.inPkts, fresh.outPkts})
		d.counts[ServedBytesOut] += float64(fresh.in)
		if v.Orig != nil && v.Orig.IsExternal() {
			d.counts[BytesOutExternal] += float64(fresh.in)
			d.counts[BytesInExternal] += float64(fresh.out)
		}
		if first {
			d.counts[Accepted]++
		}
	}
}

// since gives what a conversation carried since it was reported last, and whether this is the first that is heard of it.
func (m *Model) since(c *events.Conn) (fresh volume, first bool) {
	all := volume{c.OrigIPBytes, c.RespIPBytes, c.OrigPkts, c.RespPkts}
	if c.Source == events.FlowLog {
		return all, !c.Interim // each window counts what came in it
	}
	uid := sketch.String(c.UID)
	var before volume
	known := m.reported.Peek(uid)
	if known != nil {
		before = *known
	}
	switch {
	case c.Interim:
		kept, _ := m.reported.Put(uid)
		*kept = all
	case known != nil:
		m.reported.Delete(uid)
	}
	return volume{less(all.out, before.out), less(all.in, before.in), less(all.outPkts, before.outPkts), less(all.inPkts, before.inPkts)}, known == nil
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

// client counts what a device did as the one who began a conversation.
func (d *minute) client(c *events.Conn, fresh volume, v View) {
	peer := v.Resp
	switch {
	case c.IPProto == TCP && smbPort(c.RespP):
		d.counts[SMBWritten] += float64(fresh.out)
		d.counts[SMBRead] += float64(fresh.in)
	case c.IPProto == ICMP || c.IPProto == ICMPv6:
		d.counts[ICMPBytes] += float64(fresh.out)
	}
	if peer == nil || peer.Class == Group {
		return
	}
	a, stamp, h := d.of, d.stamp(), hashOf(peer.Addr)
	a.peers.Add(h, stamp)
	d.counts[Peers], d.peers = float64(a.peers.Latest()), float64(a.peers.Count())
	stranger := v.Fresh&FreshPeer != 0
	if stranger {
		d.counts[NewPeers]++
	}
	if !peer.IsExternal() {
		return
	}
	d.counts[BytesOutExternal] += float64(fresh.out)
	d.counts[BytesInExternal] += float64(fresh.in)
	d.usual += a.sends(fresh.out, peer, v, c.TS)
	a.external.Add(h, stamp)
	d.counts[ExternalPeers], d.external = float64(a.external.Latest()), float64(a.external.Count())
	if stranger {
		d.counts[NewExternal]++
	}
}

func (d *minute) dns(r *events.DNS) {
	d.counts[DNSQueries]++
	if r.RCode != nil && *r.RCode == 3 { // NXDOMAIN, RFC 1035 section 4.1.1
		d.counts[NXDomain]++
	}
	if r.Query != "" {
		a := d.of
		a.domains.Add(sketch.String(r.Query), d.stamp())
		d.counts[Domains], d.domains = float64(a.domains.Latest()), float64(a.domains.Count())
	}
}

// stamp numbers the minutes of an hour from 1.
func (d *minute) stamp() uint8 { return uint8(d.at%hour/minuteLong) + 1 }

// hashOf goes by the address: a serial is another once the device was forgotten meanwhile.
func hashOf(a netip.Addr) uint64 {
	b := a.As16()
	return sketch.Mix(binary.BigEndian.Uint64(b[:8]) ^ sketch.Mix(binary.BigEndian.Uint64(b[8:])))
}

// add makes a minute part of its hour.
func (a *activity) add(mn *minute) {
	for i, n := range &mn.counts {
		a.sofar[i] += n
	}
	a.usualOut += mn.usual
	// What is distinct within a minute does not add up.
	a.sofar[Peers], a.sofar[ExternalPeers], a.sofar[Domains] = mn.peers, mn.external, mn.domains
}
