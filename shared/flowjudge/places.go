package flowjudge

import (
	"hash/fnv"
	"net/netip"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/bounded"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// Private addresses are used again in each VPC. The device model tells observation points apart by their numbers; flow logs have none, so that
// each VPC gets one that no mirror session can have.

// maxInterfaces is how many interfaces are remembered; one that is forgotten is asked about again.
const maxInterfaces = 20_000

// firstVNI is above all of VXLAN, whose numbers have 24 bits (RFC 7348).
const firstVNI = 1 << 24

// place is where an interface is.
type place struct {
	vni     uint32
	gateway bool
}

// places knows interfaces and VPCs.
type places struct {
	o    *Options
	list *bounded.Table[string, place]
	vpcs *bounded.Table[uint32, string] // by number
}

func newPlaces(o *Options) places {
	own := *o
	return places{&own, bounded.New[string, place](maxInterfaces), bounded.New[uint32, string](maxInterfaces)}
}

// of gives the place of an interface. It never leaves its VPC.
func (p *places) of(iface string) place {
	if iface == "" || p.o.VPC == nil && p.o.Gateway == nil {
		return place{}
	}
	known, fresh := p.list.Put(iface)
	if fresh || known.vni == 0 {
		*known = p.ask(iface)
	}
	return *known
}

func (p *places) ask(iface string) (at place) {
	if p.o.Gateway != nil {
		at.gateway = p.o.Gateway(iface)
	}
	if p.o.VPC == nil {
		return at
	}
	vpc := p.o.VPC(iface)
	if vpc == "" {
		return at
	}
	h := fnv.New32a()
	h.Write([]byte(vpc)) //nolint:errcheck // a hash takes everything
	at.vni = firstVNI | h.Sum32()>>8
	if name, _ := p.vpcs.Put(at.vni); *name == "" {
		*name = vpc
	}
	return at
}

// who says whose an address was, as device.Options wants it.
func (p *places) who(vni uint32, a netip.Addr, at events.Time) device.Owner {
	vpc := ""
	if name := p.vpcs.Peek(vni); name != nil {
		vpc = *name
	}
	if !a.IsValid() || p.o.Owner == nil {
		return device.Owner{VPC: vpc}
	}
	owner := p.o.Owner(vpc, a, at)
	if owner.VPC == "" {
		owner.VPC = vpc
	}
	return owner
}
