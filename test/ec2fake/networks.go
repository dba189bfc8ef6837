package ec2fake

import (
	"context"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strconv"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// guestKeys: a subnet and its VPC are seen by their owner and by those whom the subnet is shared with.
func (r *region) guestKeys(owner, id string, keys []key) []key {
	keys = append(keys, key{seenBy, owner})
	for _, guest := range slices.Sorted(maps.Keys(r.guests[id])) {
		keys = append(keys, key{seenBy, guest})
	}
	return keys
}

func vpcKind() kind[ec2api.Vpc] {
	type vpc = ec2api.Vpc
	return kind[vpc]{
		noun: vpcNoun(), tags: func(v *vpc) map[string]string { return v.Tags },
		filters: map[string]func(*vpc) []string{
			"vpc-id":                            func(v *vpc) []string { return []string{v.ID} },
			"owner-id":                          func(v *vpc) []string { return []string{v.Owner} },
			"state":                             func(*vpc) []string { return []string{"available"} },
			"cidr-block-association.cidr-block": func(v *vpc) []string { return v.CIDRs },
		},
	}
}

func subnetKind() kind[ec2api.Subnet] {
	type subnet = ec2api.Subnet
	return kind[subnet]{
		noun: subnetNoun(), tags: func(v *subnet) map[string]string { return v.Tags },
		filters: map[string]func(*subnet) []string{
			"subnet-id":         func(v *subnet) []string { return []string{v.ID} },
			"vpc-id":            func(v *subnet) []string { return []string{v.VPC} },
			"owner-id":          func(v *subnet) []string { return []string{v.Owner} },
			"availability-zone": func(v *subnet) []string { return []string{v.AvailabilityZone} },
			"cidr-block":        func(v *subnet) []string { return []string{v.CIDR} },
			"state":             func(*subnet) []string { return []string{"available"} },
			"ipv6-native":       func(v *subnet) []string { return []string{strconv.FormatBool(v.IPv6Native)} },
		},
	}
}

// DescribeVpcs gives the account's VPCs.
func (h *handle) DescribeVpcs(ctx context.Context, q ec2api.Query) (ec2api.Page[ec2api.Vpc], error) {
	return do(ctx, h, request{name: "DescribeVpcs"}, func() (ec2api.Page[ec2api.Vpc], error) {
		return describe(h, h.region.vpcs, vpcKind(), key{seenBy, h.account}, q)
	})
}

// DescribeSubnets gives the account's subnets and those that are shared with it.
func (h *handle) DescribeSubnets(ctx context.Context, q ec2api.Query) (ec2api.Page[ec2api.Subnet], error) {
	return do(ctx, h, request{name: "DescribeSubnets"}, func() (ec2api.Page[ec2api.Subnet], error) {
		return describe(h, h.region.subnets, subnetKind(), key{seenBy, h.account}, q)
	})
}

// MakeVpc makes a VPC. CIDRs are IPv4 first.
func (c *Cloud) MakeVpc(account, regionName string, cidrs []string, tags map[string]string) (made ec2api.Vpc, err error) {
	err = c.world(func() error {
		for _, cidr := range cidrs {
			if _, err := netip.ParsePrefix(cidr); err != nil {
				return fmt.Errorf("make vpc: CIDR %q: %w", cidr, err)
			}
		}
		r := c.regionOf(regionName)
		made = ec2api.Vpc{ID: c.newID(vpcNoun()), Owner: account, CIDRs: slices.Clone(cidrs), Tags: maps.Clone(tags)}
		v := made
		store(c, r.vpcs, v.ID, account, &v)
		c.customer(account, r).created(v.ID, v.Tags)
		return nil
	})
	return made, err
}

// SubnetSpec is a subnet to be made, by the owner of its VPC.
type SubnetSpec struct {
	VPC, CIDR, Zone string // Zone: "" is the region's first
	IPv6            string // CIDR of IPv6 beside CIDR: interfaces get an address of each; may be ""
	IPv6Native      bool
	Tags            map[string]string
}

// MakeSubnet makes a subnet.
func (c *Cloud) MakeSubnet(in SubnetSpec) (made ec2api.Subnet, err error) {
	err = c.world(func() error {
		if _, err := netip.ParsePrefix(in.CIDR); err != nil {
			return fmt.Errorf("make subnet: CIDR %q: %w", in.CIDR, err)
		}
		for _, r := range c.regions {
			if vpc, owner := r.vpcs.get(in.VPC); vpc != nil {
				made = ec2api.Subnet{
					ID: c.newID(subnetNoun()), VPC: in.VPC, Owner: owner, AvailabilityZone: in.Zone, CIDR: in.CIDR,
					IPv6Native: in.IPv6Native, Tags: maps.Clone(in.Tags),
				}
				if made.AvailabilityZone == "" {
					made.AvailabilityZone = r.name + "a"
				}
				if _, err := netip.ParsePrefix(in.IPv6); in.IPv6 != "" && err != nil {
					return fmt.Errorf("make subnet: IPv6 %q: %w", in.IPv6, err)
				}
				r.second[made.ID] = in.IPv6
				v := made
				store(c, r.subnets, v.ID, owner, &v)
				c.customer(owner, r).created(v.ID, v.Tags)
				return nil
			}
		}
		return vpcNoun().notFound(in.VPC)
	})
	return made, err
}

// ShareSubnet lets another account see a subnet and run instances in it.
func (c *Cloud) ShareSubnet(subnet, account string) error {
	return c.world(func() error {
		r, v, err := find(c, func(r *region) *table[ec2api.Subnet] { return r.subnets }, subnet, subnetNoun())
		if err != nil {
			return err
		}
		for _, id := range []string{subnet, v.VPC} {
			if r.guests[id] == nil {
				r.guests[id] = map[string]bool{}
			}
			r.guests[id][account] = true
		}
		vpc, owner := r.vpcs.get(v.VPC)
		store(c, r.subnets, subnet, v.Owner, v)
		store(c, r.vpcs, v.VPC, owner, vpc)
		return nil
	})
}

// newAddresses gives an interface's first addresses in a subnet: the one that was asked for, or the next.
func (r *region) newAddresses(s *ec2api.Subnet, asked netip.Addr) ([]netip.Addr, error) {
	if asked.IsValid() {
		return []netip.Addr{asked}, r.free(s, asked)
	}
	second := r.second[s.ID]
	first, err := r.nextAddress(s)
	if err != nil || second == "" {
		return []netip.Addr{first}, err
	}
	beside, err := nth(netip.MustParsePrefix(second), r.hosts[s.ID]+3)
	return []netip.Addr{first, beside}, err
}

// nextAddress gives the next free address of a subnet; the first four and the last are AWS's.
func (r *region) nextAddress(s *ec2api.Subnet) (netip.Addr, error) {
	addr, err := nth(netip.MustParsePrefix(s.CIDR), r.hosts[s.ID]+4)
	if err == nil {
		r.hosts[s.ID]++
	}
	return addr, err
}

func nth(prefix netip.Prefix, n uint32) (netip.Addr, error) {
	a := prefix.Masked().Addr().AsSlice()
	for i, carry := len(a)-1, n; i >= 0 && carry > 0; i-- {
		carry += uint32(a[i])
		a[i], carry = byte(carry), carry>>8
	}
	addr, _ := netip.AddrFromSlice(a)
	if !prefix.Contains(addr) || !prefix.Contains(addr.Next()) {
		return netip.Addr{}, refuse("InsufficientFreeAddressesInSubnet", "%s has no free address", prefix)
	}
	return addr, nil
}

// find gives an object of any account and region by its id.
func find[T any](c *Cloud, tableOf func(r *region) *table[T], id string, n noun) (*region, *T, error) {
	for _, r := range c.regions {
		if v, _ := tableOf(r).get(id); v != nil {
			return r, v, nil
		}
	}
	return nil, nil, n.notFound(id)
}

// world runs what a test does to the world; it is no call, so it is not counted, throttled or refused by chance.
func (c *Cloud) world(act func() error) (err error) {
	c.locked(func() {
		c.reap()
		err = act()
	})
	return err
}

// customer is who uses an account beside the program that is tested.
func (c *Cloud) customer(account string, r *region) *handle {
	return &handle{c: c, account: account, region: r, caller: "arn:aws:iam::" + account + ":user/customer"}
}
