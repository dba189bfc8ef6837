package names

import (
	"context"
	"net/netip"
	"slices"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// place is an address in a VPC, where it is one interface's at a time.
type place struct {
	vpc     string
	address netip.Addr
}

// Name gives the participants of a detection the names of their interfaces, as far as they are known now.
func (b *Book) Name(d *events.Detection) {
	bound, _ := b.Of(d.VNI, d.Update)
	b.name(d, &bound)
}

// AwaitName is Name for who may wait for an answer.
func (b *Book) AwaitName(ctx context.Context, d *events.Detection) {
	bound, _ := b.Await(ctx, d.VNI, d.Update)
	b.name(d, &bound)
}

// name names who has an address of the binding, or of another that held in the same VPC then. The list of participants is others' too,
// so it is replaced.
func (b *Book) name(d *events.Detection, bound *events.Binding) {
	if bound.Interface == "" {
		return
	}
	list := slices.Clone(d.Participants)
	for i := range list {
		p := &list[i]
		if owner, known := b.whose(bound, p.Address, d.Update); known {
			write(p, &owner)
		}
	}
	d.Participants = list
}

// Device gives a device the names of its interface, as far as they are known now.
func (b *Book) Device(d *events.Device) {
	bound, _ := b.Of(d.VNI, d.LastSeen)
	if owner, known := b.whose(&bound, d.Address, d.LastSeen); known {
		d.Interface, d.Instance, d.VPC, d.Account, d.Tags = owner.Interface, owner.Instance, owner.VPC, owner.Account, owner.Tags
	}
}

// Holder gives who had an address at a moment, as seen from an observation point; of the zero address, who held the point itself. Where
// nobody is known to have had it, the VPC of the point is all there is. Known is false while that of the point is being found out, or
// cannot be. It never waits.
func (b *Book) Holder(vni uint32, a netip.Addr, at time.Time) (_ events.Binding, known bool) {
	bound, known := b.Of(vni, at)
	if !a.IsValid() || bound.Interface == "" {
		return bound, known
	}
	if owner, known := b.whose(&bound, a, at); known {
		return owner, true
	}
	return events.Binding{VPC: bound.VPC}, true
}

// Learned differs from before where Of and Holder may answer otherwise than before.
func (b *Book) Learned() uint64 { return b.news.Load() }

// whose finds who had an address at a moment, as seen from an observation point: itself, or a neighbour.
func (b *Book) whose(bound *events.Binding, a netip.Addr, at time.Time) (events.Binding, bool) {
	if has(bound, a) {
		return *bound, true
	}
	return b.neighbour(bound, a, at)
}

func has(bound *events.Binding, a netip.Addr) bool { return slices.Contains(bound.Addresses, a) }

func write(p *events.Participant, bound *events.Binding) {
	p.Interface, p.Instance, p.VPC, p.Account, p.Tags = bound.Interface, bound.Instance, bound.VPC, bound.Account, bound.Tags
	if p.Hostname == "" {
		p.Hostname = bound.Name
	}
}

// neighbour finds who had an address in the same VPC at a moment: both ends of a conversation may be mirrored, each under its own VNI.
func (b *Book) neighbour(of *events.Binding, a netip.Addr, at time.Time) (events.Binding, bool) {
	if of.VPC == "" || !a.IsValid() {
		return events.Binding{}, false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, vni := range b.places[place{of.VPC, a}] {
		e := b.vnis.Peek(vni)
		if e == nil {
			continue
		}
		if have := e.holder(at); have != nil && have.VPC == of.VPC && has(have, a) {
			return *have, true
		}
	}
	return events.Binding{}, false
}

// index takes note of where the bindings of a VNI have their addresses. What is noted is looked at again before it is believed, so that
// nothing has to be taken out; when there is too much it is begun anew.
func (b *Book) index(vni uint32, e *entry) {
	if len(b.places) > maxIndexed {
		b.places = map[place][]uint32{}
	}
	for i := range e.bindings {
		bound := &e.bindings[i]
		if bound.VPC == "" {
			continue
		}
		for _, a := range bound.Addresses[:min(len(bound.Addresses), maxPlaces)] {
			b.indexAt(place{bound.VPC, a}, vni)
		}
	}
}

func (b *Book) indexAt(k place, vni uint32) {
	list := b.places[k]
	if slices.Contains(list, vni) {
		return
	}
	if len(list) >= maxSharers {
		list = list[1:]
	}
	b.places[k] = append(slices.Clip(list), vni)
}

var _ Mirror = store.Mirror(nil)
