package device

import (
	"net/netip"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// inventory is what the tests know of who holds what.
type inventory struct {
	learned uint64
	asked   int
	vpc     map[uint32]string
	holds   map[string][]Owner // by VPC and address, latest last
	pending bool
}

func (i *inventory) who(vni uint32, a netip.Addr, at events.Time) Owner {
	i.asked++
	o := Owner{VPC: i.vpc[vni], Pending: i.pending}
	if !a.IsValid() {
		return o
	}
	for _, held := range i.holds[o.VPC+" "+a.String()] {
		if at >= held.From {
			o = held
			o.VPC = i.vpc[vni]
		}
	}
	return o
}

func (i *inventory) hold(vpc, address string, o Owner) {
	if i.holds == nil {
		i.holds = map[string][]Owner{}
	}
	i.holds[vpc+" "+address] = append(i.holds[vpc+" "+address], o)
	i.learned++
}

func (i *inventory) model() *Model {
	return New(Options{Who: i.who, Learned: func() uint64 { return i.learned }})
}

func under(vni uint32, c *events.Conn) *events.Conn {
	c.VNI = vni
	return c
}

const aMinute = int64(time.Minute)

// Catches: two networks that use the same addresses taken for one, and one network seen from two points taken for two.
func TestOverlappingAddresses(t *testing.T) {
	inv := &inventory{vpc: map[uint32]string{1: "vpc-a", 2: "vpc-a", 3: "vpc-b"}}
	inv.hold("vpc-a", "10.0.0.2", Owner{Interface: "eni-2", Name: "shop"})
	m := inv.model()
	serials := map[string]uint32{}
	for _, c := range []struct {
		vni        uint32
		orig, resp string
	}{
		{1, "vpc-a/10.0.0.1", "eni-2"}, {2, "vpc-a/10.0.0.1", "eni-2"}, {3, "vpc-b/10.0.0.1", "vpc-b/10.0.0.2"},
		{4, "vni-4/10.0.0.1", "vni-4/10.0.0.2"}, {5, "vni-5/10.0.0.1", "vni-5/10.0.0.2"}, {0, "10.0.0.1", "10.0.0.2"},
	} {
		v := m.Observe(under(c.vni, conn(aMinute, "10.0.0.1", "10.0.0.2", 80, "SF")))
		if v.Orig.ID() != c.orig || v.Resp.ID() != c.resp {
			t.Errorf("vni %d: %q and %q, want %q and %q", c.vni, v.Orig.ID(), v.Resp.ID(), c.orig, c.resp)
		}
		for _, d := range []*Device{v.Orig, v.Resp} {
			if had := serials[d.ID()]; had != 0 && had != d.Serial {
				t.Errorf("%s was %d and is %d", d.ID(), had, d.Serial)
			}
			serials[d.ID()] = d.Serial
		}
		if at := m.View().At(c.vni); at.Device(addr("10.0.0.1")) != v.Orig || at.ID(addr("10.0.0.2")) != c.resp || v.Device(addr("10.0.0.2")) != v.Resp {
			t.Errorf("vni %d: looked up as %v, %q", c.vni, at.Device(addr("10.0.0.1")), at.ID(addr("10.0.0.2")))
		}
	}
	if len(serials) != 10 {
		t.Errorf("%d devices: %v", len(serials), serials)
	}
	if got := m.View().At(2).Hostname(addr("10.0.0.2")); got != "shop" {
		t.Errorf("the inventory's name is %q", got)
	}
	if got := m.View().At(9).ID(addr("10.0.0.7")); got != "vni-9/10.0.0.7" {
		t.Errorf("never seen: %q", got)
	}
}

// Catches: a host outside that is another one under each observation point.
func TestOutsideIsOne(t *testing.T) {
	inv := &inventory{vpc: map[uint32]string{1: "vpc-a"}}
	m := inv.model()
	first := m.Observe(under(1, conn(1, "10.0.0.1", "203.0.113.9", 443, "SF")))
	second := m.Observe(under(2, conn(2, "10.0.0.1", "203.0.113.9", 443, "SF")))
	if first.Resp != second.Resp || first.Resp.ID() != "203.0.113.9" || first.Orig == second.Orig {
		t.Errorf("%q and %q", first.Resp.ID(), second.Resp.ID())
	}
	if first.Fresh&FreshExternal == 0 || second.Fresh&FreshExternal != 0 || second.Fresh&(FreshDevice|FreshPeer) != FreshDevice|FreshPeer {
		t.Errorf("fresh %b, then %b", first.Fresh, second.Fresh)
	}
}

// Catches: history that goes to whoever has the address next, late records that go to the wrong one, and an answer that waits for a minute
// although the inventory has news.
func TestAddressPassesOn(t *testing.T) {
	inv := &inventory{vpc: map[uint32]string{1: "vpc-a"}}
	inv.hold("vpc-a", "10.0.0.1", Owner{Interface: "eni-old", From: 1})
	m := inv.model()
	old := m.Observe(under(1, conn(aMinute, "10.0.0.1", "10.0.0.2", 80, "SF"))).Orig
	inv.hold("vpc-a", "10.0.0.1", Owner{Interface: "eni-new", From: events.Time(3 * aMinute)})
	now := m.Observe(under(1, conn(3*aMinute+1, "10.0.0.1", "10.0.0.2", 80, "SF"))).Orig
	if old.ID() != "eni-old" || now.ID() != "eni-new" || now.Serial == old.Serial || now.FirstSeen != events.Time(3*aMinute+1) {
		t.Errorf("%q, then %q since %d", old.ID(), now.ID(), now.FirstSeen)
	}
	late := m.Observe(under(1, conn(2*aMinute, "10.0.0.1", "10.0.0.2", 80, "SF"))).Orig
	if late != old || late.LastSeen != events.Time(2*aMinute) {
		t.Errorf("a late record went to %q", late.ID())
	}
	if again := m.Observe(under(1, conn(4*aMinute, "10.0.0.1", "10.0.0.2", 80, "SF"))).Orig; again != now {
		t.Errorf("and the next one to %q", again.ID())
	}
}

// Catches: a device that begins anew when it is found out whose it is, and one that ends when the inventory is silent for a moment.
func TestFoundOutLater(t *testing.T) {
	inv := &inventory{vpc: map[uint32]string{}, pending: true}
	m := inv.model()
	at := aMinute
	see := func() *Device {
		at += int64(time.Second)
		return m.Observe(under(1, conn(at, "10.0.0.1", "10.0.0.2", 80, "SF"))).Orig
	}
	first := *see()
	inv.vpc[1] = "vpc-a"
	inv.learned++
	second := *see()
	inv.hold("vpc-a", "10.0.0.1", Owner{Interface: "eni-1", From: 1})
	third := *see()
	if first.ID() != "vni-1/10.0.0.1" || second.ID() != "vpc-a/10.0.0.1" || third.ID() != "eni-1" {
		t.Errorf("%q, %q, %q", first.ID(), second.ID(), third.ID())
	}
	if first.Serial != second.Serial || second.Serial != third.Serial || third.FirstSeen != first.FirstSeen {
		t.Errorf("serials %d, %d, %d", first.Serial, second.Serial, third.Serial)
	}
	inv.holds, inv.pending = nil, false
	inv.learned++
	if d := see(); d.Serial != first.Serial {
		t.Errorf("at once %q", d.ID())
	}
	at += 11 * aMinute
	if d := see(); d.ID() != "vpc-a/10.0.0.1" || d.Serial == first.Serial {
		t.Errorf("after eleven minutes %q", d.ID())
	}
}

// Catches: an inventory that is asked for every record, and a look-up that allocates.
func TestAskedRarely(t *testing.T) {
	inv := &inventory{vpc: map[uint32]string{1: "vpc-a"}}
	inv.hold("vpc-a", "10.0.0.1", Owner{Interface: "eni-1"})
	m := inv.model()
	c := under(1, conn(aMinute, "10.0.0.1", "10.0.0.2", 80, "SF"))
	m.Observe(c)
	asked := inv.asked
	if n := testing.AllocsPerRun(1000, func() { m.Observe(c) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if inv.asked != asked {
		t.Errorf("asked %d times more", inv.asked-asked)
	}
	c.TS += events.Time(aMinute)
	m.Observe(c)
	if inv.asked != asked+3 {
		t.Errorf("after a minute asked %d times, want 3: the point and both addresses", inv.asked-asked)
	}
}

// Catches: seats that stay when their device had to leave, and an interface with many addresses that takes more than its share.
func TestSeatsAreBounded(t *testing.T) {
	inv := &inventory{vpc: map[uint32]string{1: "vpc-a"}}
	many := func(i int) string { return netip.AddrFrom4([4]byte{10, 1, byte(i >> 8), byte(i)}).String() }
	for i := range 1000 {
		inv.hold("vpc-a", many(i), Owner{Interface: "eni-1"})
	}
	m := New(Options{Who: inv.who, MaxLocal: 4})
	for i := range 1000 {
		if d := m.Observe(under(1, conn(int64(i), many(i), "203.0.113.1", 80, "SF"))).Orig; d.ID() != "eni-1" || len(d.places) > maxPlaces {
			t.Fatalf("%q has %d places", d.ID(), len(d.places))
		}
	}
	for i := range 1000 {
		m.Observe(under(2, conn(int64(i), many(i), "203.0.113.1", 80, "SF")))
	}
	if known, _ := m.Devices(); known != 5 || len(m.seats) != known {
		t.Errorf("%d devices, %d seats; want 5 and as many", known, len(m.seats))
	}
}
