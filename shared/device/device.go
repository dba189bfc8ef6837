// Package device knows who is who: every address that was seen, since when, under which names, which services it offers and uses,
// and with whom it speaks. What comes in is records; what goes out is a View that detectors read while they judge a record.
// It never judges, never sees a packet, never asks the network for anything, and never holds more than its stated limits.
package device

import (
	"net/netip"
	"slices"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// Limits of what is kept about one device. They hold a device below about 4 KiB, and are well above what one host needs to be
// described to a person; what does not fit is counted in Overflow.
const (
	MaxNames    = 4  // names a device was called by
	MaxServices = 32 // services offered, and as many used
	MaxPeers    = 64 // peers remembered one by one
)

// Class says where an address lies.
type Class uint8

// The classes.
const (
	External Class = iota // outside the local networks
	Local                 // inside them
	Group                 // multicast, broadcast or unspecified: no device at all
)

// Device is one host and what was learned about it. Detectors read it; only the Model writes.
type Device struct {
	Serial    uint32 // never 0, never used twice, also not after a restart: a short key for a detector's own tables
	Class     Class
	VNI       uint32     // the observation point that showed it last
	Addr      netip.Addr // that it was seen with first
	FirstSeen events.Time
	LastSeen  events.Time
	MAC       string // link-layer address, where a record told one
	Owner     Owner  // what the inventory says of it

	Names    []Name    // most trusted first
	Offers   []Service // what it answered to
	Uses     []Service // what it asked for
	Overflow uint32    // names, services and peers that did not fit

	id      string
	places  []place  // where it is found
	peers   []uint32 // serials, in the order of acquaintance
	changed bool     // since Changed was called last
	spoke   bool     // a conversation of it was told, and learned from

	activity *activity // what it does; nil for devices outside, and for those that rest
}

// Name is what a device was called, and by whom.
type Name struct {
	Text   string
	Source NameSource
}

// NameSource ranks the sources of names: people named what is in the inventory, a lease speaks for the device itself, an SNI only
// for what a client hoped for.
type NameSource uint8

// The sources, most trusted first.
const (
	FromInventory NameSource = iota
	FromDHCP
	FromDNS
	FromSNI
	FromHTTP
)

// Service is one transport and port.
type Service struct {
	Proto uint8 // IANA protocol number
	Port  uint16
	Name  string // the protocol that an analyzer confirmed, last seen; "" where none did
	Count uint32 // conversations
}

// IsLocal says that the device is inside the local networks.
func (d *Device) IsLocal() bool { return d.Class == Local }

// IsExternal says that the device is outside the local networks, and is one host.
func (d *Device) IsExternal() bool { return d.Class == External }

// Peers is how many devices it spoke with, at most MaxPeers.
func (d *Device) Peers() int { return len(d.peers) }

// OffersPort says whether the device ever answered on the port.
func (d *Device) OffersPort(proto uint8, port uint16) bool {
	for i := range d.Offers {
		if d.Offers[i].Port == port && d.Offers[i].Proto == proto {
			return true
		}
	}
	return false
}

// Hostname is the most trusted name, or "".
func (d *Device) Hostname() string {
	if len(d.Names) == 0 {
		return ""
	}
	return d.Names[0].Text
}

// Knows says whether the device ever spoke with another.
func (d *Device) Knows(peer uint32) bool { return slices.Contains(d.peers, peer) }

func (d *Device) meet(peer uint32) {
	if d.Knows(peer) {
		return
	}
	if len(d.peers) >= MaxPeers {
		d.Overflow++
		return
	}
	d.peers = append(d.peers, peer)
}

// call adds a name, keeping the most trusted first and the newest first among equals.
func (d *Device) call(text string, from NameSource) {
	if text == "" {
		return
	}
	at := len(d.Names)
	for i, n := range d.Names {
		if n.Text == text && n.Source <= from {
			return
		}
		if from <= n.Source && i < at {
			at = i
		}
	}
	if at >= MaxNames {
		d.Overflow++
		return
	}
	if len(d.Names) == MaxNames {
		d.Names = d.Names[:MaxNames-1]
		d.Overflow++
	}
	d.Names = append(d.Names, Name{})
	copy(d.Names[at+1:], d.Names[at:])
	d.Names[at] = Name{text, from}
}

// count adds one conversation to the service in list, which is returned.
func (d *Device) count(list []Service, proto uint8, port uint16, name string) []Service {
	for i := range list {
		s := &list[i]
		if s.Port == port && s.Proto == proto {
			s.Count++
			if name != "" {
				s.Name = name
			}
			return list
		}
	}
	if len(list) >= MaxServices {
		d.Overflow++
		return list
	}
	return append(list, Service{proto, port, name, 1})
}
