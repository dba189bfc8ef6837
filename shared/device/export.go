package device

import (
	"github.com/mirrorwatch/mirrorwatch/events"
)

// Export gives the device as it is stored and served.
func (d *Device) Export() events.Device {
	out := events.Device{
		ID: d.id, Address: d.Addr, Hostname: d.Hostname(), MAC: d.MAC, External: d.IsExternal(), VNI: d.VNI,
		Interface: d.Owner.Interface, Instance: d.Owner.Instance, VPC: d.Owner.VPC, Account: d.Owner.Account, Tags: d.Owner.Tags,
		FirstSeen: d.FirstSeen.Time(), LastSeen: d.LastSeen.Time(), Peers: d.Peers(),
		Offers: exportServices(d.Offers), Uses: exportServices(d.Uses),
	}
	for _, n := range d.Names {
		out.Names = append(out.Names, events.DeviceName{Text: n.Text, Source: n.Source.String()})
	}
	return out
}

func exportServices(list []Service) []events.DeviceService {
	var out []events.DeviceService
	for _, s := range list {
		out = append(out, events.DeviceService{Proto: protoName(s.Proto), Port: s.Port, Name: s.Name, Count: s.Count})
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

// Changed gives the devices, groups left out, that any record spoke of since the last call, most recent first. The tables are in the
// order of last use, so that the walk costs what it gives.
func (m *Model) Changed() []events.Device {
	var out []events.Device
	for _, table := range m.tables() {
		for _, d := range table.Newest {
			if !d.changed {
				break
			}
			d.changed = false
			if d.Class != Group {
				out = append(out, d.Export())
			}
		}
	}
	return out
}
