package ec2fake

import (
	"net/netip"
	"slices"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// free says why an address of a subnet cannot be given to an interface. Addresses are given out in their order, so that only one that
// had a holder before can be asked for: then the order needs no gaps.
func (r *region) free(s *ec2api.Subnet, a netip.Addr) error {
	cidr, err := netip.ParsePrefix(s.CIDR)
	if err != nil || !cidr.Contains(a) {
		return invalid(a.String(), "PrivateIpAddress", "Address does not fall within the subnet's address range")
	}
	first, _ := nth(cidr, 4)
	if next, err := nth(cidr, r.hosts[s.ID]+4); a.Less(first) || err == nil && !a.Less(next) {
		return invalid(a.String(), "PrivateIpAddress", "No interface had it before, and this imitation gives out new ones in their order")
	}
	for _, row := range r.interfaces.lists[key{ofSubnet, s.ID}] {
		if row.now != nil && slices.Contains(row.now.Addresses, a) {
			return refuse("InvalidIPAddress.InUse", "Address %s is in use.", a)
		}
	}
	return nil
}

// addressed is an instance with the addresses of its first interface, which are the instance's.
func (r *region) addressed(i ec2api.Instance) ec2api.Instance {
	i.Private, i.Public = netip.Addr{}, netip.Addr{}
	if len(i.Interfaces) == 0 {
		return i
	}
	v, _ := r.interfaces.get(i.Interfaces[0])
	if v == nil {
		return i
	}
	if v.PrimaryAddress.Is4() {
		i.Private = v.PrimaryAddress
	}
	if len(v.PublicAddresses) > 0 {
		i.Public = v.PublicAddresses[0]
	}
	return i
}

// AssociateAddress has the outside see an interface under a public address, and its holder before under it no more. An interface has as
// many as it has private IPv4 addresses at the most.
func (c *Cloud) AssociateAddress(public netip.Addr, id string) error {
	return c.world(func() error {
		r, v, err := find(c, interfacesOf, id, interfaceNoun())
		if err != nil {
			return err
		}
		four := 0
		for _, a := range v.Addresses {
			if a.Is4() {
				four++
			}
		}
		if !slices.Contains(v.PublicAddresses, public) && len(v.PublicAddresses) >= four {
			return refuse("Resource.AlreadyAssociated", "Every private address of %s has a public one", id)
		}
		c.dissociate(public)
		if v, _ = r.interfaces.get(id); v != nil {
			c.seenUnder(r, v, append(slices.Clone(v.PublicAddresses), public))
		}
		return nil
	})
}

// DisassociateAddress has nobody seen under a public address.
func (c *Cloud) DisassociateAddress(public netip.Addr) error {
	return c.world(func() error {
		if !c.dissociate(public) {
			return refuse("InvalidAddress.NotFound", "Address '%s' not found.", public)
		}
		return nil
	})
}

func (c *Cloud) dissociate(public netip.Addr) (found bool) {
	for _, r := range c.regions {
		for _, row := range r.interfaces.all() {
			if v := row.now; slices.Contains(v.PublicAddresses, public) {
				c.seenUnder(r, v, slices.DeleteFunc(slices.Clone(v.PublicAddresses), func(a netip.Addr) bool { return a == public }))
				found = true
			}
		}
	}
	return found
}

// seenUnder gives an interface its public addresses, and its instance the first one.
func (c *Cloud) seenUnder(r *region, v *ec2api.NetworkInterface, public []netip.Addr) {
	next := *v
	if next.PublicAddresses = public; len(public) == 0 {
		next.PublicAddresses = nil
	}
	c.customer(v.Owner, r).putInterface(next)
	if v.Attachment == nil || v.Attachment.Instance == "" {
		return
	}
	if i, owner := r.instances.get(v.Attachment.Instance); i != nil {
		c.customer(owner, r).putInstance(r.addressed(*i))
	}
}
