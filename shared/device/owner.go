package device

import (
	"maps"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// Owner is what the inventory says of an address as seen from an observation point. Where it does not know whose the address is, it may
// know the VPC of the point still.
type Owner struct {
	Interface, Instance, VPC, Account string
	Subnet                            string            // of the interface
	Name                              string            // of the instance
	Tags                              map[string]string // not to be changed
	From                              events.Time       // since when it is the interface's
	Pending                           bool              // not found out yet: what was known until now holds
}

const (
	// askEvery is how long an answer about an owner is good for, in packet time, where nothing was learned meanwhile.
	askEvery = events.Time(time.Minute)
	// lastsFor is how long a device stays the interface that it was while nobody says whose its address is: inventories are read again
	// after a restart, and a mirror that ends takes nothing away from who stands behind the address.
	lastsFor = events.Time(10 * time.Minute)
	// maxScopes is how many observation points are remembered; one that is forgotten is asked about again.
	maxScopes = 65_536
	// maxPlaces is by how many addresses one device is found; a network interface has up to 50 of each family.
	maxPlaces = 128
)

// own takes what the inventory says of a device, a new name included.
func (m *Model) own(d *Device, o Owner) {
	if o.same(&d.Owner) {
		return
	}
	d.Owner = o
	d.call(o.Name, FromInventory)
	m.regroup(d)
}

func (o *Owner) same(p *Owner) bool {
	return o.Interface == p.Interface && o.Instance == p.Instance && o.VPC == p.VPC && o.Account == p.Account && o.Subnet == p.Subnet &&
		o.Name == p.Name && o.From == p.From && maps.Equal(o.Tags, p.Tags)
}
