package device

import (
	"net/netip"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/bounded"
)

// Options set up a Model; the zero value is the default.
type Options struct {
	Local       []netip.Prefix // the local networks; empty: DefaultLocal
	MaxLocal    int            // local devices; 0: DefaultMaxLocal
	MaxExternal int            // devices outside; 0: DefaultMaxExternal
}

// Local devices are kept apart from those outside, so that a flood of made-up sources cannot push them out. The numbers hold a
// model that is full below about 200 MiB; a VPC has at most 65,536 addresses a range and hardly ever uses them all.
const (
	DefaultMaxLocal    = 50_000
	DefaultMaxExternal = 50_000
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
	local    []netip.Prefix
	inside   *bounded.Table[netip.Addr, Device]
	outside  *bounded.Table[netip.Addr, Device] // groups too
	named    *bounded.Table[netip.Addr, string]
	lastName uint32
	known    Known
	rare     rareness
}

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
	return &Model{
		local: o.Local,
		// Two at the least: a record's two ends must stand side by side.
		inside:  bounded.New[netip.Addr, Device](max(o.MaxLocal, 2)),
		outside: bounded.New[netip.Addr, Device](max(o.MaxExternal, 2)),
		named:   bounded.New[netip.Addr, string](maxNamed),
		rare:    newRareness(),
	}
}

// Classify says where an address lies.
func (m *Model) Classify(a netip.Addr) Class {
	if !a.IsValid() || a.IsMulticast() || a.IsUnspecified() || a == broadcast {
		return Group
	}
	for _, p := range m.local {
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
	v := View{model: m, Orig: m.see(h.OrigH, h), Resp: m.see(h.RespH, h)}
	switch r := r.(type) {
	case *events.Conn:
		m.learnConn(r, v)
	case *events.DNS:
		m.learnDNS(r)
	case *events.DHCP:
		m.learnDHCP(r)
	case *events.SSL:
		v.Resp.call(r.ServerName, FromSNI)
	case *events.HTTP:
		v.Resp.call(hostOnly(r.Host), FromHTTP)
	}
	m.learnRare(r, v)
	return v
}

// see finds or makes the device of an address, and notes that it was active.
func (m *Model) see(a netip.Addr, h *events.Head) *Device {
	if d := m.inside.Get(a); d != nil {
		d.LastSeen, d.VNI, d.changed = max(d.LastSeen, h.TS), h.VNI, true
		return d
	}
	if d := m.outside.Get(a); d != nil {
		d.LastSeen, d.VNI, d.changed = max(d.LastSeen, h.TS), h.VNI, true
		return d
	}
	class := m.Classify(a)
	table := m.outside
	if class == Local {
		table = m.inside
	}
	d, _ := table.Put(a)
	m.lastName++
	*d = Device{Serial: m.lastName, Addr: a, Class: class, FirstSeen: h.TS, LastSeen: h.TS, VNI: h.VNI, changed: true}
	if name := m.named.Get(a); name != nil {
		d.call(*name, FromDNS)
	}
	return d
}

// Devices is how many devices are known, and how many had to be forgotten for want of room.
func (m *Model) Devices() (known int, forgotten uint64) {
	return m.inside.Len() + m.outside.Len(), m.inside.Evicted() + m.outside.Evicted()
}
