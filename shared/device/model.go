package device

import (
	"net/netip"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/baseline"
	"github.com/mirrorwatch/mirrorwatch/shared/bounded"
)

// Options set up a Model; the zero value is the default.
type Options struct {
	Local       []netip.Prefix // the local networks; empty: DefaultLocal
	MaxLocal    int            // local devices; 0: DefaultMaxLocal
	MaxExternal int            // devices outside; 0: DefaultMaxExternal

	// Who says whose an address was at a moment, as seen from an observation point; of the zero address it says whose the point itself
	// was. It never waits, and is asked about a device once a minute and whenever Learned changes. nil: nobody knows.
	Who func(vni uint32, a netip.Addr, at events.Time) Owner
	// Reload gives what was kept of a device that had to leave the memory, by the key under which Save handed it over; nil: nothing.
	Reload  func(key []byte) (value []byte, ok bool)
	Learned func() uint64 // differs from before where Who may answer otherwise than before; nil: that shows by the minute
}

// Local devices are kept apart from those outside, so that a flood of made-up sources cannot push them out. The numbers hold a
// model that is full below about 200 MiB; a VPC has at most 65,536 addresses a range and hardly ever uses them all.
const (
	DefaultMaxLocal    = 50_000
	DefaultMaxExternal = 50_000
	maxMute            = 16_384 // local addresses that never sent anything
	maxNamed           = 20_000 // addresses whose name is known from DNS before anybody spoke with them
)

// DefaultLocal is RFC 1918, RFC 6598 (carrier NAT), RFC 3927 and RFC 4291 link local, RFC 4193 unique local, and loopback.
func DefaultLocal() []netip.Prefix {
	texts := []string{
		"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "127.0.0.0/8",
		"fc00::/7", "fe80::/10", "::1/128",
	}
	list := make([]netip.Prefix, len(texts))
	for i, t := range texts {
		list[i] = netip.MustParsePrefix(t)
	}
	return list
}

// Model is everything known about devices. It belongs to one goroutine.
type Model struct {
	o         Options
	inside    *table
	outside   *table // groups too
	mute      *table // local ones that never sent anything: whoever looks for hosts makes thousands of them, and pushes nobody else out
	plain     scope
	scopes    *bounded.Table[uint32, scope] // by VNI
	seats     map[place]*seat               // of the devices of both tables, and nobody else's
	named     *bounded.Table[place, string]
	netbios   *bounded.Table[string, claim]
	serials   map[uint32]*Device // of both tables
	texts     map[string]string
	said      map[string]Said // by ID
	tags      []string        // whose values make groups
	dirty     []uint32        // serials of the devices that records spoke of
	collected []uint32
	attic     attic
	lastName  uint32
	began     events.Time // the first record there ever was
	now       events.Time // the latest
	learned   uint64      // of Learned, at the last record
	moved     volume      // what the present record's conversation carried since it was told last
	first     bool        // it was never told before
	known     Known
	rare      rareness

	turns      turns
	groups     groups
	keptHabits keptHabits
	reported   *bounded.Table[uint64, volume] // by the hash of a conversation's uid: what was reported of it before
}

type (
	table = bounded.Table[string, Device]
	entry = bounded.Entry[string, Device]
)

// New makes an empty model.
func New(o Options) *Model {
	if len(o.Local) == 0 {
		o.Local = DefaultLocal()
	}
	if o.MaxLocal == 0 {
		o.MaxLocal = DefaultMaxLocal
	}
	if o.MaxExternal == 0 {
		o.MaxExternal = DefaultMaxExternal
	}
	if o.Who == nil {
		o.Who = func(uint32, netip.Addr, events.Time) Owner { return Owner{} }
	}
	if o.Learned == nil {
		o.Learned = func() uint64 { return 0 }
	}
	m := &Model{
		o: o,
		// Two at the least: a record's two ends must stand side by side.
		inside:  bounded.New[string, Device](max(o.MaxLocal, 2)),
		outside: bounded.New[string, Device](max(o.MaxExternal, 2)),
		mute:    bounded.New[string, Device](maxMute),
		scopes:  bounded.New[uint32, scope](maxScopes),
		seats:   map[place]*seat{},
		named:   bounded.New[place, string](maxNamed),
		netbios: bounded.New[string, claim](maxNetBIOS),
		serials: map[uint32]*Device{},
		texts:   map[string]string{},

		rare:       newRareness(),
		groups:     groups{tools: baseline.NewTools(), list: map[string]*peerGroup{}},
		keptHabits: keptHabits{back: map[string]*activity{}},
		reported:   bounded.New[uint64, volume](maxReported),
	}
	m.attic = newAttic()
	m.attic.away.OnEvict(func(id string, _ *struct{}) { m.attic.forget(id) })
	m.inside.OnEvict(m.leave)
	m.outside.OnEvict(m.leave)
	m.mute.OnEvict(m.leave)
	return m
}

func (m *Model) tables() [3]*table { return [...]*table{m.inside, m.outside, m.mute} }

// Classify says where an address lies.
func (m *Model) Classify(a netip.Addr) Class {
	if !a.IsValid() || a.IsMulticast() || a.IsUnspecified() || a == broadcast {
		return Group
	}
	for _, p := range m.o.Local {
		if p.Contains(a) {
			return Local
		}
	}
	return External
}

var broadcast = netip.AddrFrom4([4]byte{255, 255, 255, 255})

// Observe learns from a record and gives the view of it. The view is good until the next Observe.
func (m *Model) Observe(r events.Record) View {
	h := r.Common()
	if r.Kind() == events.KindCloudTrail {
		return m.called(h)
	}
	m.mark(h.TS)
	sc := m.scopeOf(h.VNI)
	v := View{model: m, scope: sc, Orig: m.see(sc, onWire(r, h.OrigH), h, true), Resp: m.see(sc, onWire(r, h.RespH), h, answers(r))}
	v.Fresh = freshness(&v)
	switch r := r.(type) {
	case *events.Conn:
		m.moved, m.first = m.since(r)
		v.Fresh |= m.learnConn(r, v)
	case *events.DNS:
		m.learnDNS(r, v)
	case *events.DHCP:
		m.learnDHCP(r, v)
	case *events.SSL:
		v.Resp.call(r.ServerName, FromSNI)
		m.runs(v.Orig, JA4, r.JA4, r.TS)
		m.runs(v.Resp, JA4S, r.JA4S, r.TS)
	case *events.HTTP:
		v.Resp.call(hostOnly(r.Host), FromHTTP)
		m.runs(v.Orig, UserAgent, r.UserAgent, r.TS)
	case *events.SSH:
		m.runs(v.Orig, HASSH, r.HASSH, r.TS)
		m.runs(v.Orig, SSHClient, r.Client, r.TS)
		m.runs(v.Resp, HASSHServer, r.HASSHServer, r.TS)
		m.runs(v.Resp, SSHServer, r.Server, r.TS)
	}
	m.consider(v.Orig)
	m.consider(v.Resp)
	m.learnRare(r, v)
	m.measure(r, v)
	return v
}

// called gives the view of a call of an AWS API, and learns nothing of it: nobody sent a packet to anybody, and the moment is not one of
// the wire. Whoever is known from packets is looked up.
func (m *Model) called(h *events.Head) View {
	m.rare.has = 0
	v := m.View()
	if h.OrigH.IsValid() {
		v.Orig = v.Device(h.OrigH)
	}
	return v
}

// onWire gives the address of an end of a record, or none in particular where an envelope ends within one machine: mirrored packets are handed
// on to a sensor over loopback, and whoever does so is no device of the network that they tell of.
func onWire(r events.Record, a netip.Addr) netip.Addr {
	if r.Kind() == events.KindTunnel && a.IsLoopback() {
		return netip.IPv4Unspecified()
	}
	return a
}

// answers says whether the responder of a record sent anything.
func answers(r events.Record) bool {
	switch r := r.(type) {
	case *events.Conn:
		return r.RespPkts > 0 || r.Source == events.FlowLog && r.Direction == "ingress" // an interface that logs what comes to it is there
	case *events.DNS:
		return r.RCode != nil
	case *events.ARP:
		return false // what the target says has a record of its own
	}
	return true
}

// mark takes note of the time of a record, and of what was learned of the inventory since the last one.
func (m *Model) mark(at events.Time) {
	if m.attic.loaded != nil {
		m.settled()
	}
	if m.began == 0 || at < m.began {
		m.began = at
	}
	m.now = max(m.now, at)
	m.learned = m.o.Learned()
}

// bySerial gives a device that is known still.
func (m *Model) bySerial(serial uint32) *Device { return m.serials[serial] }

// Local is how many local devices are in memory.
func (m *Model) Local() int { return m.inside.Len() }

// Devices is how many devices are known, and how many had to be forgotten for want of room.
func (m *Model) Devices() (known int, forgotten uint64) {
	for _, t := range m.tables() {
		known, forgotten = known+t.Len(), forgotten+t.Evicted()
	}
	return known, forgotten
}

func (m *Model) limitOf(c Class) int {
	if c == Local {
		return max(m.o.MaxLocal, 2)
	}
	return max(m.o.MaxExternal, 2)
}
