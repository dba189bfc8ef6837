package ec2fake

import (
	"slices"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

func instancesOf(r *region) *table[ec2api.Instance] { return r.instances }

// AttachInterface attaches an interface to an instance.
func (c *Cloud) AttachInterface(id, instance string) error {
	return c.world(func() error {
		r, v, err := find(c, interfacesOf, id, interfaceNoun())
		if err != nil {
			return err
		}
		i, owner := r.instances.get(instance)
		switch {
		case i == nil || i.State == "terminated" || i.State == "shutting-down":
			return instanceNoun().notFound(instance)
		case v.Attachment != nil:
			return refuse("InvalidNetworkInterface.InUse", "The network interface '%s' is attached already", id)
		}
		c.customer(owner, r).attach(*v, *i, true)
		return nil
	})
}

// attach joins an interface and an instance.
func (h *handle) attach(v ec2api.NetworkInterface, i ec2api.Instance, tell bool) {
	v.Status = "in-use"
	v.Attachment = &ec2api.Attachment{
		Instance: i.ID, InstanceOwner: h.account, DeviceIndex: int32(len(i.Interfaces)), Status: "attached", AttachTime: h.c.now(),
	}
	h.putInterface(v)
	i.Interfaces = append(slices.Clone(i.Interfaces), v.ID)
	h.putInstance(h.region.addressed(i))
	if !tell {
		return
	}
	h.trail(request{name: "AttachNetworkInterface", write: true, asked: func() map[string]any {
		return map[string]any{"networkInterfaceId": v.ID, "instanceId": i.ID, "deviceIndex": v.Attachment.DeviceIndex}
	}, made: func() map[string]any { return map[string]any{"attachmentId": h.c.newID(noun{prefix: "eni-attach-"})} }}, nil)
}

// DetachInterface takes an interface off its instance or service. Its sessions stay, and are billed.
func (c *Cloud) DetachInterface(id string) error {
	return c.world(func() error {
		r, v, err := find(c, interfacesOf, id, interfaceNoun())
		if err != nil {
			return err
		}
		if v.Attachment == nil {
			return invalid(id, "NetworkInterfaceId", "The network interface is not attached.")
		}
		h := c.customer(v.Owner, r)
		h.detach(*v)
		h.trail(request{name: "DetachNetworkInterface", write: true, asked: func() map[string]any {
			return map[string]any{"networkInterfaceId": id}
		}, made: func() map[string]any { return map[string]any{"_return": true} }}, nil)
		return nil
	})
}

func (h *handle) detach(v ec2api.NetworkInterface) {
	if i, _ := h.region.instances.get(v.Attachment.Instance); i != nil {
		next := *i
		next.Interfaces = slices.DeleteFunc(slices.Clone(i.Interfaces), func(id string) bool { return id == v.ID })
		h.putInstance(h.region.addressed(next))
	}
	v.Attachment, v.Status = nil, "available"
	h.putInterface(v)
}

// ServeInterface attaches an interface to a service, which no instance of the account stands for: RDS, a load balancer, Fargate.
func (c *Cloud) ServeInterface(id, serviceAccount string) error {
	return c.world(func() error {
		r, v, err := find(c, interfacesOf, id, interfaceNoun())
		if err != nil {
			return err
		}
		c.serve(r, *v, serviceAccount)
		return nil
	})
}

func (c *Cloud) serve(r *region, v ec2api.NetworkInterface, serviceAccount string) ec2api.NetworkInterface {
	v.Status = "in-use"
	v.Attachment = &ec2api.Attachment{InstanceOwner: serviceAccount, DeviceIndex: 1, Status: "attached", AttachTime: c.now()}
	c.customer(v.Owner, r).putInterface(v)
	return v
}

// SetAttachment sets an interface's attachment status: attaching, attached, detaching, detached.
func (c *Cloud) SetAttachment(id, status string) error {
	return c.world(func() error {
		r, v, err := find(c, interfacesOf, id, interfaceNoun())
		if err != nil {
			return err
		}
		if v.Attachment == nil {
			return invalid(id, "NetworkInterfaceId", "The network interface is not attached.")
		}
		next, attachment := *v, *v.Attachment
		attachment.Status = status
		next.Attachment = &attachment
		c.customer(v.Owner, r).putInterface(next)
		return nil
	})
}

// AddAddress gives an interface another private address of its subnet.
func (c *Cloud) AddAddress(id string) error {
	return c.world(func() error {
		r, v, err := find(c, interfacesOf, id, interfaceNoun())
		if err != nil {
			return err
		}
		s, _ := r.subnets.get(v.Subnet)
		address, err := r.nextAddress(s)
		if err != nil {
			return err
		}
		next := *v
		next.Addresses = append(slices.Clone(v.Addresses), address)
		c.customer(v.Owner, r).putInterface(next)
		return nil
	})
}
