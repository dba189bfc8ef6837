package mirror

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/plan"
	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
	"github.com/mirrorwatch/mirrorwatch/shared/inventory"
)

const (
	// noteFor is how long writing down who holds what may take. What is left is news for the next pass.
	noteFor = time.Minute
	// fewInterfaces is how many there must have been for a loss of more than half to be taken for a bad answer, as the plan takes it.
	fewInterfaces = 10
)

// note writes down who held which interface and address, for whoever asks later: also of interfaces that are not mirrored. It comes when
// the leases are given back, as nothing waits for it, and what goes wrong stops nothing: the next pass sees the same.
func (p *pass) note(ctx context.Context) {
	ctx, cancel := p.last(ctx)
	defer cancel()
	ctx, cancel = context.WithTimeout(ctx, noteFor)
	defer cancel()
	was := map[string]int{}
	for _, c := range p.world.Before {
		was[plan.Place(c.Account, c.Region)]++
	}
	for _, pl := range p.here() {
		o, ok := pl.observation(was[pl.place()])
		if !ok {
			continue
		}
		o.At, o.Memory = p.at, &p.l.inventory
		if _, err := inventory.Keep(ctx, p.l.o.Store.Documents, o); err != nil {
			p.l.o.Log.Warn("who holds which address is not written down", "place", pl.place(), "error", err)
		}
	}
}

// observation is what was seen of a place, if anything: without instances an interface would lose what they say of it.
func (pl *place) observation(was int) (o inventory.Observation, ok bool) {
	failed := slices.ContainsFunc(pl.seen.Failures, func(f string) bool {
		call, _, _ := strings.Cut(f, ":")
		return call == "Open" || call == "DescribeNetworkInterfaces" || call == "DescribeInstances"
	})
	if !pl.mirrors || failed || pl.api.EC2 == nil {
		return o, false
	}
	o = inventory.Observation{Account: pl.account.ID, Region: pl.region, Seen: pl.holdings()}
	if pl.want == nil {
		o.Complete = was < fewInterfaces || 2*len(pl.seen.Interfaces) >= was
		return o, true
	}
	o.Interfaces, o.Instances = pl.want.interfaces, slices.Clone(pl.want.instances)
	seen := map[string]bool{}
	for i := range pl.seen.Interfaces {
		seen[pl.seen.Interfaces[i].ID] = true
	}
	for id, i := range pl.seen.Instances {
		if len(i.Interfaces) > 0 && !slices.ContainsFunc(i.Interfaces, func(n string) bool { return !seen[n] }) {
			o.Instances = append(o.Instances, id)
		}
	}
	slices.Sort(o.Instances)
	return o, true
}

// holdings are the interfaces as the inventory knows them, of an instance the first one first.
func (pl *place) holdings() []events.Holding {
	order := make([]*ec2api.NetworkInterface, 0, len(pl.seen.Interfaces))
	for i := range pl.seen.Interfaces {
		order = append(order, &pl.seen.Interfaces[i])
	}
	device := func(n *ec2api.NetworkInterface) int32 {
		if n.Attachment == nil {
			return 0
		}
		return n.Attachment.DeviceIndex
	}
	slices.SortStableFunc(order, func(a, b *ec2api.NetworkInterface) int {
		return cmp.Or(cmp.Compare(device(a), device(b)), strings.Compare(a.ID, b.ID))
	})
	list := make([]events.Holding, 0, len(order))
	for _, n := range order {
		list = append(list, pl.holding(n))
	}
	return list
}

func (pl *place) holding(n *ec2api.NetworkInterface) events.Holding {
	h := events.Holding{
		Interface: n.ID, Account: cmp.Or(n.Owner, pl.account.ID), Region: pl.region, VPC: n.VPC, Subnet: n.Subnet, Tags: n.Tags, Groups: n.Groups,
		Requester: n.Requester, Description: n.Description, PublicAddresses: n.PublicAddresses, Addresses: n.Addresses,
	}
	if n.Attachment != nil {
		h.Instance = n.Attachment.Instance
		if since := n.Attachment.AttachTime; !since.IsZero() {
			h.From = &since
		}
	}
	h = inventory.Completed(h, n.Type)
	if i, known := pl.seen.Instances[h.Instance]; known {
		h = inventory.Attached(h, events.Holding{InstanceType: i.Type, Tags: i.Tags, Profile: i.Profile})
	}
	return h
}
