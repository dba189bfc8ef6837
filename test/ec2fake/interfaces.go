package ec2fake

import (
	"context"
	"fmt"
	"maps"
	"net/netip"
	"strconv"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// interfaceKeys: an interface is seen by its owner and by the owner of its subnet.
func (r *region) interfaceKeys(owner string, v *ec2api.NetworkInterface, keys []key) []key {
	keys = append(keys, key{seenBy, owner}, key{ofSubnet, v.Subnet})
	if s := r.subnets.rows[v.Subnet]; s != nil && s.owner != owner {
		keys = append(keys, key{seenBy, s.owner})
	}
	if v.Attachment != nil && v.Attachment.Instance != "" {
		keys = append(keys, key{ofInstance, v.Attachment.Instance})
	}
	return keys
}

func interfaceKind(account string) kind[ec2api.NetworkInterface] {
	type eni = ec2api.NetworkInterface
	one := func(get func(v *eni) string) func(*eni) []string {
		return func(v *eni) []string { return []string{get(v)} }
	}
	attached := func(get func(a *ec2api.Attachment) string) func(*eni) []string {
		return func(v *eni) []string {
			if v.Attachment == nil {
				return nil
			}
			return []string{get(v.Attachment)}
		}
	}
	return kind[eni]{
		noun: interfaceNoun(), tags: func(v *eni) map[string]string { return v.Tags },
		narrow: map[string]byte{"network-interface-id": ofID, "subnet-id": ofSubnet, "attachment.instance-id": ofInstance},
		filters: map[string]func(*eni) []string{
			"network-interface-id":         one(func(v *eni) string { return v.ID }),
			"vpc-id":                       one(func(v *eni) string { return v.VPC }),
			"subnet-id":                    one(func(v *eni) string { return v.Subnet }),
			"owner-id":                     one(func(v *eni) string { return v.Owner }),
			"status":                       one(func(v *eni) string { return v.Status }),
			"interface-type":               one(func(v *eni) string { return v.Type }),
			"description":                  one(func(v *eni) string { return v.Description }),
			"requester-id":                 one(func(v *eni) string { return v.Requester }),
			"requester-managed":            one(func(v *eni) string { return strconv.FormatBool(v.RequesterManaged) }),
			"availability-zone":            one(func(v *eni) string { return v.AvailabilityZone }),
			"mac-address":                  one(func(v *eni) string { return v.MAC }),
			"private-ip-address":           one(func(v *eni) string { return v.PrimaryAddress.String() }),
			"addresses.private-ip-address": func(v *eni) []string { return texts(v.Addresses) },
			"association.public-ip":        func(v *eni) []string { return texts(v.PublicAddresses) },
			"group-id":                     func(v *eni) []string { return v.Groups },
			"attachment.instance-id":       attached(func(a *ec2api.Attachment) string { return a.Instance }),
			"attachment.instance-owner-id": attached(func(a *ec2api.Attachment) string { return a.InstanceOwner }),
			"attachment.status":            attached(func(a *ec2api.Attachment) string { return a.Status }),
			"attachment.device-index":      attached(func(a *ec2api.Attachment) string { return strconv.Itoa(int(a.DeviceIndex)) }),
		},
		mask: func(r *row[eni], out *eni) {
			if r.owner != account {
				out.Tags = nil // tags are seen by the account that set them only
			}
		},
	}
}

func texts(addresses []netip.Addr) []string {
	out := make([]string, 0, len(addresses))
	for _, a := range addresses {
		out = append(out, a.String())
	}
	return out
}

// DescribeNetworkInterfaces gives the account's interfaces and those of others in its subnets.
func (h *handle) DescribeNetworkInterfaces(ctx context.Context, q ec2api.Query) (ec2api.Page[ec2api.NetworkInterface], error) {
	return do(ctx, h, request{name: "DescribeNetworkInterfaces"}, func() (ec2api.Page[ec2api.NetworkInterface], error) {
		return describe(h, h.region.interfaces, interfaceKind(h.account), key{seenBy, h.account}, q)
	})
}

// InterfaceSpec is a network interface to be made.
type InterfaceSpec struct {
	Account     string // "": the owner of the subnet
	Subnet      string
	Type        string // "": interface
	Description string
	Groups      []string
	Requester   string     // a service that makes and manages it
	Hardware    string     // instance type below a service's interface, which decides whether it can be mirrored; "": one that can be
	Address     netip.Addr // one that another interface of its subnet had before; not valid: the next that nobody had
	Tags        map[string]string
}

// MakeInterface makes a network interface that is attached to nothing.
func (c *Cloud) MakeInterface(in InterfaceSpec) (made ec2api.NetworkInterface, err error) {
	err = c.world(func() error {
		h, subnet, err := c.guest(in.Account, in.Subnet)
		if err != nil {
			return err
		}
		made, err = h.newInterface(in, subnet)
		return err
	})
	return made, err
}

// guest gives who acts in a subnet: its owner, or one whom it is shared with.
func (c *Cloud) guest(account, subnet string) (*handle, *ec2api.Subnet, error) {
	r, s, err := find(c, func(r *region) *table[ec2api.Subnet] { return r.subnets }, subnet, subnetNoun())
	if err != nil {
		return nil, nil, err
	}
	if account == "" {
		account = s.Owner
	}
	if account != s.Owner && !r.guests[subnet][account] {
		return nil, nil, subnetNoun().notFound(subnet)
	}
	return c.customer(account, r), s, nil
}

func (h *handle) newInterface(in InterfaceSpec, s *ec2api.Subnet) (ec2api.NetworkInterface, error) {
	addresses, err := h.region.newAddresses(s, in.Address)
	if err != nil {
		return ec2api.NetworkInterface{}, err
	}
	mac := h.c.names.Uint64()
	v := ec2api.NetworkInterface{
		ID: h.c.newID(interfaceNoun()), Owner: h.account, VPC: s.VPC, Subnet: s.ID, AvailabilityZone: s.AvailabilityZone, Type: in.Type,
		Status: "available", Description: in.Description, Requester: in.Requester, RequesterManaged: in.Requester != "",
		MAC:            fmt.Sprintf("02:%02x:%02x:%02x:%02x:%02x", byte(mac), byte(mac>>8), byte(mac>>16), byte(mac>>24), byte(mac>>32)),
		PrimaryAddress: addresses[0], Addresses: addresses, Groups: in.Groups, Tags: maps.Clone(in.Tags),
	}
	if v.Type == "" {
		v.Type = "interface"
	}
	h.region.facts[v.ID] = facts{hardware: in.Hardware, keep: true}
	h.putInterface(v)
	h.trail(request{name: "CreateNetworkInterface", write: true, asked: func() map[string]any {
		return map[string]any{"subnetId": s.ID, "description": v.Description}
	}, made: func() map[string]any { return map[string]any{"networkInterface": interfaceMade(v)} }}, nil)
	h.created(v.ID, v.Tags)
	return v, nil
}

func interfaceMade(v ec2api.NetworkInterface) map[string]any {
	return map[string]any{
		"networkInterfaceId": v.ID, "subnetId": v.Subnet, "vpcId": v.VPC, "availabilityZone": v.AvailabilityZone, "description": v.Description,
		"ownerId": v.Owner, "requesterId": v.Requester, "requesterManaged": v.RequesterManaged, "status": "pending", "macAddress": v.MAC,
		"privateIpAddress": v.PrimaryAddress.String(), "interfaceType": v.Type,
	}
}

func (h *handle) putInterface(v ec2api.NetworkInterface) {
	store(h.c, h.region.interfaces, v.ID, v.Owner, &v)
}

func interfacesOf(r *region) *table[ec2api.NetworkInterface] { return r.interfaces }

// DeleteInterface deletes an interface that is attached to no instance, and with it every session that mirrors it.
func (c *Cloud) DeleteInterface(id string) error {
	return c.world(func() error {
		r, v, err := find(c, interfacesOf, id, interfaceNoun())
		if err != nil {
			return err
		}
		if v.Attachment != nil && v.Attachment.Instance != "" {
			return refuse("InvalidNetworkInterface.InUse", "The network interface '%s' is attached to %s", id, v.Attachment.Instance)
		}
		h := c.customer(v.Owner, r)
		h.dropInterface(v)
		h.trail(request{name: "DeleteNetworkInterface", write: true, asked: func() map[string]any {
			return map[string]any{"networkInterfaceId": id}
		}, made: func() map[string]any { return map[string]any{"_return": true} }}, nil)
		return nil
	})
}

func (h *handle) dropInterface(v *ec2api.NetworkInterface) {
	var sessions []*ec2api.TrafficMirrorSession
	h.region.sessions.each(key{ofSource, v.ID}, func(_ *row[ec2api.TrafficMirrorSession], s *ec2api.TrafficMirrorSession) {
		sessions = append(sessions, s)
	})
	for _, s := range sessions {
		h.c.dropSession(h.region, s)
	}
	delete(h.region.facts, v.ID)
	store(h.c, h.region.interfaces, v.ID, v.Owner, nil)
}
