package device

import (
	"slices"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// topPeers is how many peers are stored of a device; the conversations themselves are records.
const topPeers = 10

// export gives the device as it is stored and served.
func (m *Model) export(d *Device) events.Device {
	out := events.Device{
		ID: d.id, Address: d.Addr, Hostname: d.Hostname(), MAC: d.MAC, External: d.IsExternal(), VNI: d.VNI,
		Interface: d.Owner.Interface, Instance: d.Owner.Instance, VPC: d.Owner.VPC, Account: d.Owner.Account, Tags: d.Owner.Tags,
		FirstSeen: d.FirstSeen.Time(), LastSeen: d.LastSeen.Time(), Peers: d.Peers(), TopPeers: m.exportPeers(d),
		Offers: exportServices(d.Offers), Uses: exportServices(d.Uses),
		Role: d.LearnedRole(), Groups: d.groups, HighValue: d.learnedHighValue(),
	}
	for _, n := range d.Names {
		out.Names = append(out.Names, events.DeviceName{Text: n.Text, Source: n.Source.String()})
	}
	for i := range d.Software {
		s := &d.Software[i]
		out.Software = append(out.Software, events.DeviceSoftware{
			Kind: s.Kind.String(), Text: s.Text, Count: s.Count, FirstSeen: s.First().Time(), LastSeen: s.Last().Time(),
		})
	}
	for _, r := range d.Roles() {
		out.Roles = append(out.Roles, events.DeviceRole{Role: r.Name, Evidence: r.Evidence, Since: r.Since.Time()})
	}
	return out
}

// exportPeers gives those with the most bytes, of the peers that are known still.
func (m *Model) exportPeers(d *Device) []events.DevicePeer {
	var best [topPeers]*tie
	n := 0
	for i := range d.ties {
		t := &d.ties[i]
		at := n
		for at > 0 && t.weighs(best[at-1]) {
			at--
		}
		if at == topPeers || m.bySerial(t.peer) == nil {
			continue
		}
		n = min(n+1, topPeers)
		copy(best[at+1:n], best[at:])
		best[at] = t
	}
	var list []events.DevicePeer
	for _, t := range best[:n] {
		list = append(list, t.served(m.bySerial(t.peer)))
	}
	return list
}

// weighs orders by bytes, and where they are equal so that the order is always the same.
func (t *tie) weighs(u *tie) bool {
	a, b := t.out+t.in, u.out+u.in
	return a > b || a == b && (t.peer < u.peer || t.peer == u.peer && t.port < u.port)
}

func (t *tie) served(peer *Device) events.DevicePeer {
	as := "client"
	if t.asked {
		as = "server"
	}
	return events.DevicePeer{
		Device: peer.id, Address: peer.Addr, Hostname: peer.Hostname(), External: peer.IsExternal(), As: as, Proto: protoName(t.proto), Port: t.port,
		Service: t.service, Count: t.count, BytesOut: t.out, BytesIn: t.in, FirstSeen: atSecond(t.first).Time(), LastSeen: atSecond(t.last).Time(),
	}
}

func exportServices(list []Service) []events.DeviceService {
	var out []events.DeviceService
	for _, s := range list {
		out = append(out, events.DeviceService{Proto: protoName(s.Proto), Port: s.Port, Name: s.Name, Count: s.Count, Peers: s.Peers})
	}
	return out
}

func protoName(proto uint8) string {
	switch proto {
	case TCP:
		return "tcp"
	case UDP:
		return "udp"
	}
	return "icmp"
}

// String is the source as it is stored.
func (s NameSource) String() string {
	return [...]string{FromInventory: "inventory", FromDHCP: "dhcp", FromDNS: "dns", FromNetBIOS: "netbios", FromSNI: "sni", FromHTTP: "http"}[s]
}

// Collect sets aside the devices, groups left out, that any record spoke of since it was called last. Collected gives them.
func (m *Model) Collect() {
	m.collected = append(m.collected, m.dirty...)
	m.dirty = m.dirty[:0]
}

// Collected gives at most so many of those that were set aside, as they are stored now, and how many are left. To export fifty thousand at
// one go would hold the records up.
func (m *Model) Collected(most int) (list []events.Device, left int) {
	n := min(most, len(m.collected))
	for _, serial := range m.collected[:n] {
		if d := m.bySerial(serial); d != nil && d.changed {
			d.changed = false
			list = append(list, m.export(d))
		}
	}
	m.collected = m.collected[:copy(m.collected, m.collected[n:])]
	return list, len(m.collected)
}

// touch takes note that a record spoke of a device.
func (m *Model) touch(d *Device) {
	if d.Class == Group {
		return
	}
	if !d.unsaved && !d.mute {
		if len(m.attic.unsaved) >= maxDirty {
			m.attic.unsaved = slices.DeleteFunc(m.attic.unsaved, func(s uint32) bool { return m.bySerial(s) == nil })
		}
		d.unsaved = true
		m.attic.unsaved = append(m.attic.unsaved, d.Serial)
	}
	if d.changed {
		return
	}
	if len(m.dirty) >= maxDirty {
		m.dirty = slices.DeleteFunc(m.dirty, func(s uint32) bool { return m.bySerial(s) == nil })
	}
	d.changed = true
	m.dirty = append(m.dirty, d.Serial)
}

// maxDirty is after how many devices those are left out that are forgotten already: where addresses are made up, most are.
const maxDirty = 4 * DefaultMaxLocal
