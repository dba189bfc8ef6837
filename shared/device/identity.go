package device

import (
	"net/netip"
	"slices"
	"strconv"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/sketch"
)

// scope is where an address means one device: a VPC where it is known, else an observation point, else all there is.
type scope struct {
	key     uint64
	vni     uint32
	vpc     string
	asked   events.Time
	learned uint64
}

// everywhere is the scope of hosts outside. No VNI is as large, and VPCs have the highest bit.
const everywhere = 1 << 40

// place is an address in a scope.
type place struct {
	scope uint64
	addr  netip.Addr
}

// seat is whose a place is.
type seat struct {
	dev     *entry
	from    events.Time // since when it is the owner's: a record from before may be another's
	asked   events.Time // when Who was asked last
	nobody  events.Time // since when Who names nobody; 0: it does
	learned uint64
	asks    bool // there is somebody to ask about it
}

// ID names the device wherever it is stored or shown: the network interface where the inventory names one, else the address in its VPC
// ("vpc-1/10.0.0.1"), else under its observation point ("vni-17/10.0.0.1"). Where there is no observation point, and of hosts outside,
// it is the address.
func (d *Device) ID() string { return d.id }

func (m *Model) idOf(sc *scope, a netip.Addr, o *Owner) string {
	switch {
	case sc.vni == 0 || m.Classify(a) != Local:
		return a.String()
	case o.Interface != "":
		return o.Interface
	case o.VPC != "":
		return o.VPC + "/" + a.String()
	}
	return "vni-" + strconv.FormatUint(uint64(sc.vni), 10) + "/" + a.String()
}

// scopeOf gives the scope of an observation point as it is now. A VPC that is not known any more was right until then.
func (m *Model) scopeOf(vni uint32) *scope {
	if vni == 0 {
		return &m.plain
	}
	s, fresh := m.scopes.Put(vni)
	if fresh {
		*s = scope{key: uint64(vni), vni: vni}
	}
	if fresh || s.learned != m.learned || m.now-s.asked >= askEvery {
		s.asked, s.learned = m.now, m.learned
		if vpc := m.o.Who(vni, netip.Addr{}, m.now).VPC; vpc != "" && vpc != s.vpc {
			s.vpc, s.key = vpc, keyOf(vpc)
			m.attic.scopes = append(m.attic.scopes, vni)
		}
	}
	return s
}

func keyOf(vpc string) uint64 { return sketch.String(vpc) | 1<<63 }

// scopeAt is scopeOf for who only looks.
func (m *Model) scopeAt(vni uint32) *scope {
	if vni == 0 {
		return &m.plain
	}
	if s := m.scopes.Peek(vni); s != nil {
		return s
	}
	return &scope{key: uint64(vni), vni: vni}
}

func (m *Model) placeOf(sc *scope, a netip.Addr) place {
	if m.Classify(a) == Local {
		return place{sc.key, a}
	}
	return place{everywhere, a}
}

// seatOf finds the seat of an address. Which of the two places it can have is a matter of configuration; the likelier is looked at first,
// and at the other there is nobody else.
func (m *Model) seatOf(sc *scope, a netip.Addr) *seat {
	first, second := place{sc.key, a}, place{everywhere, a}
	if !a.IsPrivate() {
		first, second = second, first
	}
	if s := m.seats[first]; s != nil {
		return s
	}
	return m.seats[second]
}

// see finds or makes the device of an address, and notes that it was active. Alive says that it sent something, rather than that somebody
// else sent something to it.
func (m *Model) see(sc *scope, a netip.Addr, h *events.Head, alive bool) *Device {
	s := m.seatOf(sc, a)
	if s == nil {
		s = m.sit(sc, a)
	} else if s.asks && (s.learned != m.learned || m.now-s.asked >= askEvery) {
		s = m.check(sc, a, s)
	}
	e := s.dev
	if h.TS < s.from {
		e = m.before(sc, a, h.TS, e)
	}
	d := &e.Value
	if alive && d.mute {
		d.mute = false
		m.inside.Adopt(e, m.mute)
	}
	m.tableOf(d).Touch(e)
	m.touch(d)
	d.LastSeen, d.VNI = max(d.LastSeen, h.TS), h.VNI
	if d.FirstSeen == 0 {
		d.FirstSeen = h.TS
	}
	return d
}

func (m *Model) tableOf(d *Device) *table {
	switch {
	case d.Class != Local:
		return m.outside
	case d.mute:
		return m.mute
	}
	return m.inside
}

// sit gives an address a seat that has none.
func (m *Model) sit(sc *scope, a netip.Addr) *seat {
	at := m.placeOf(sc, a)
	if at.scope == everywhere || sc.vni == 0 {
		return m.seat(at, m.enter(m.idOf(sc, a, &Owner{}), a), false)
	}
	o := m.whose(sc, a)
	// Before its VPC was known the address had a seat under the observation point: it is the same device.
	var was *entry
	if old := m.seats[place{uint64(sc.vni), a}]; old != nil && sc.vpc != "" {
		was = old.dev
	}
	return m.pass(sc, at, o, was)
}

func (m *Model) whose(sc *scope, a netip.Addr) Owner {
	o := m.o.Who(sc.vni, a, m.now)
	if o.VPC == "" {
		o.VPC = sc.vpc
	}
	return o
}

// check asks anew whose a seat is.
func (m *Model) check(sc *scope, a netip.Addr, s *seat) *seat {
	s.asked, s.learned = m.now, m.learned
	o, d := m.whose(sc, a), &s.dev.Value
	switch {
	case o.Interface == d.Owner.Interface:
		if s.nobody = 0; !o.Pending {
			s.from = o.From
			m.own(d, o)
		}
		return s
	case o.Interface == "" && o.Pending:
		return s
	case o.Interface == "":
		if s.nobody == 0 {
			s.nobody = m.now
		}
		if m.now-s.nobody < lastsFor {
			return s
		}
	}
	return m.pass(sc, place{sc.key, a}, o, s.dev)
}

// pass seats whoever the owner is. Who was there without a name is that owner, if it was there since the owner has been.
func (m *Model) pass(sc *scope, at place, o Owner, was *entry) *seat {
	id := m.idOf(sc, at.addr, &o)
	e := m.find(id)
	if e == nil && was != nil && was.Value.Owner.Interface == "" && was.Value.LastSeen >= o.From {
		e = m.rename(was, id)
	}
	if e == nil {
		e = m.enter(id, at.addr)
	}
	m.own(&e.Value, o)
	s := m.seat(at, e, true)
	s.from = o.From
	return s
}

// before finds whose an address was when another had it still.
func (m *Model) before(sc *scope, a netip.Addr, then events.Time, now *entry) *entry {
	o := m.o.Who(sc.vni, a, then)
	if o.Interface == "" || o.Interface == now.Value.Owner.Interface {
		return now
	}
	e := m.find(o.Interface)
	if e == nil {
		e = m.enter(o.Interface, a)
		m.own(&e.Value, o)
	}
	return e
}

// find gives the device of an id.
func (m *Model) find(id string) *entry {
	for _, t := range m.tables() {
		if e := t.Find(id); e != nil {
			return e
		}
	}
	return nil
}

// enter makes a device, or takes one back that had to leave; the one that was active least recently may have to leave for it.
func (m *Model) enter(id string, a netip.Addr) *entry {
	if d, ok := m.back(id); ok && m.bySerial(d.Serial) == nil {
		return m.admit(m.tableOf(&d), d)
	}
	m.lastName++
	fresh := Device{Serial: m.lastName, id: id, Addr: a, Class: m.Classify(a)}
	fresh.mute = fresh.Class == Local
	t := m.tableOf(&fresh)
	d, _ := t.Put(id)
	*d = fresh
	d.said = m.said[id]
	m.serials[d.Serial] = d
	return t.Find(id)
}

// leave takes a device's seats away; it has to make room for another.
func (m *Model) leave(_ string, d *Device) {
	m.part(d)
	for _, p := range d.places {
		delete(m.seats, p)
	}
	d.places = nil
	delete(m.serials, d.Serial)
	m.forgetHabits(d)
}

// rename gives a device the id that was found out, and leaves everything else as it is.
func (m *Model) rename(e *entry, id string) *entry {
	m.attic.forget(e.Value.id)
	m.tableOf(&e.Value).Rekey(e, id)
	e.Value.id = id
	e.Value.said = m.said[id]
	return e
}

// seat puts a device at a place. Who was there before keeps its other places, and its record.
func (m *Model) seat(at place, e *entry, asks bool) *seat {
	s := m.seats[at]
	if s == nil {
		s = &seat{}
		m.seats[at] = s
	} else if was := &s.dev.Value; s.dev != e {
		was.places = slices.DeleteFunc(was.places, func(p place) bool { return p == at })
	}
	d := &e.Value
	if !slices.Contains(d.places, at) {
		if len(d.places) >= maxPlaces {
			delete(m.seats, d.places[0])
			d.places = slices.Delete(d.places, 0, 1)
		}
		d.places = append(d.places, at)
	}
	*s = seat{dev: e, asked: m.now, learned: m.learned, asks: asks}
	if len(d.groups) == 0 {
		m.regroup(d)
	}
	if name := m.named.Get(at); name != nil {
		d.call(*name, FromDNS)
	}
	return s
}
