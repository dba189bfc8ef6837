// Package device knows who is who: every address that was seen, since when, under which names, which services it offers and uses,
// with whom it speaks, which roles that shows, and what is usual of it by the hour. What comes in is records and what people and the
// inventory say; what goes out is a View that detectors read while they judge, the minutes and hours of each device, and what is to be kept.
// It never judges, never sees a packet, never asks the network for anything, and never holds more than its stated limits.
package device

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/sketch"
)

// Limits of what is kept about one device. They hold a device below about 5 KiB, and are well above what one host needs to be
// described to a person; what does not fit is counted in Overflow.
const (
	MaxNames    = 4   // names a device was called by
	MaxServices = 32  // services offered, and as many used
	MaxPeers    = 64  // peers remembered one by one, by transport and port
	MaxSoftware = 16  // fingerprints, user agents and banners
	MaxText     = 128 // bytes of one of those; longer ones are cut
	maxName     = 253 // of a name, as in DNS; what is longer is none
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

	Names    []Name     // most trusted first
	Offers   []Service  // what it answered to
	Uses     []Service  // what it asked for, and got an answer
	Software []Software // what it runs, as far as it shows
	Overflow uint32     // names, services, peers and software that did not fit

	id      string
	places  []place // where it is found
	ties    []tie   // whom it spoke with lately, one by one
	met     sketch.Members
	peers   uint32 // different devices that it had to do with
	silent  uint32 // of them those that it turned to and that did not answer, at the first time
	triedAt uint32 // when it did so last, in seconds

	conversations uint32 // that it had, attempts included
	lookAt        uint32 // at how many its roles are judged next
	young         bool   // a service had one of its first conversations since
	looked        uint32 // in which hour they were
	roles         []held // that counts most first
	turn          *RoleChange
	said          Said
	groups        []string

	changed bool // since it was exported last
	unsaved bool // since it was saved last
	spoke   bool // a conversation of it was told, and learned from
	mute    bool // local, and never sent anything that was seen: perhaps nobody is there
	scans   bool // people say that it scans
	stands  bool // people say that it stands for many

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
	FromNetBIOS
	FromSNI
	FromHTTP
)

// IsLocal says that the device is inside the local networks.
func (d *Device) IsLocal() bool { return d.Class == Local }

// IsExternal says that the device is outside the local networks, and is one host.
func (d *Device) IsExternal() bool { return d.Class == External }

// Hostname is the most trusted name, or "".
func (d *Device) Hostname() string {
	if len(d.Names) == 0 {
		return ""
	}
	return d.Names[0].Text
}

// call adds a name, keeping the most trusted first and the newest first among equals.
func (d *Device) call(text string, from NameSource) {
	if text == "" || len(text) > maxName {
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
	d.Names[at] = Name{strings.Clone(text), from} // a record's text may be part of something large
}

// uncall takes a name back.
func (d *Device) uncall(text string, from NameSource) {
	d.Names = slices.DeleteFunc(d.Names, func(n Name) bool { return n == Name{text, from} })
}
