package device

import (
	"net/netip"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/domain"
	"github.com/mirrorwatch/mirrorwatch/shared/rarity"
)

// rareness is the model's knowledge of what is rare at the site, and what the present record had of it.
type rareness struct {
	site *rarity.Site
	seen [rarity.NumKinds]rarity.Seen
	has  uint16 // kinds of seen that the present record told
}

func newRareness() rareness { return rareness{site: rarity.New(rarity.Options{})} }

// Rarity gives what is known of rare things at the site, for whoever keeps it over a restart.
func (m *Model) Rarity() *rarity.Site { return m.rare.site }

// Rare gives what is known of rare things at the site, this record included.
func (v View) Rare() *rarity.Site { return v.model.rare.site }

// Seen is what is known of a thing that this record told of; false where it told of none of the kind, or where no local client did. It is
// good until the next record.
func (v View) Seen(k rarity.Kind) (rarity.Seen, bool) {
	r := &v.model.rare
	return r.seen[k], r.has>>k&1 != 0
}

// RareHost says how many local devices turned to a host outside, exactly up to eight, and since when. Nobody did where devices is 0.
func (v View) RareHost(a netip.Addr) (devices int, first events.Time) {
	seen := v.Rare().Peek(rarity.Address, rarity.Addr(a))
	return seen.Devices, events.Time(seen.FirstSeen)
}

// RareName says the same of a full name that was asked for: in DNS, TLS or HTTP.
func (v View) RareName(name string) (devices int, first events.Time) {
	seen := v.Rare().Peek(rarity.Name, rarity.Text(name))
	return seen.Devices, events.Time(seen.FirstSeen)
}

// RareDomain says the same of the domain that somebody registered for a name.
func (v View) RareDomain(name string) (devices int, first events.Time) {
	seen := v.Rare().Peek(rarity.Domain, registered(name))
	return seen.Devices, events.Time(seen.FirstSeen)
}

// learnRare feeds the site from a record. Only what local clients do counts: what the world sends to a server is as manifold as the world.
func (m *Model) learnRare(r events.Record, v View) {
	m.rare.has = 0
	if !v.Orig.IsLocal() && !v.Resp.IsLocal() {
		return
	}
	if c, ok := r.(*events.Conn); ok {
		m.learnTriple(c, v)
	}
	if !v.Orig.IsLocal() {
		return
	}
	at := r.Common().TS
	if v.Resp.IsExternal() {
		m.rare.note(rarity.Address, rarity.Addr(v.Resp.Addr), v.Orig, at)
	}
	switch r := r.(type) {
	case *events.DNS:
		if asksOutside(r.RespP) && !m.known.DNSServer(r.OrigH) {
			m.rare.name(r.Query, false, v.Orig, at)
		}
	case *events.HTTP:
		m.rare.name(hostOnly(r.Host), false, v.Orig, at)
		m.rare.text(rarity.UserAgent, r.UserAgent, v.Orig, at)
	case *events.SSL:
		m.rare.handshake(r, v.Orig, at)
	case *events.SSH:
		m.rare.text(rarity.SSHClient, r.HASSH, v.Orig, at)
	}
}

// asksOutside: mDNS, LLMNR and NetBIOS ask the neighbours for their names, which are not the world's.
func asksOutside(port uint16) bool { return port != 5353 && port != 5355 && port != 137 }

// learnTriple notes who used which service of whom, where there was one. A host outside goes by its address: the model may forget it.
func (m *Model) learnTriple(c *events.Conn, v View) {
	if c.IPProto != TCP && c.IPProto != UDP || v.Resp.Class == Group || !Answered(c) {
		return
	}
	client := v.Orig
	if !client.IsLocal() {
		client = v.Resp // whose device the triple is
	}
	m.rare.note(rarity.Triple, rarity.Service(lasting(v.Orig), lasting(v.Resp), c.IPProto, c.RespP), client, c.TS)
}

// lasting names a device for good.
func lasting(d *Device) uint64 {
	if d.IsLocal() {
		return uint64(d.Serial)
	}
	return rarity.Addr(d.Addr)
}

func (r *rareness) note(k rarity.Kind, hash uint64, d *Device, at events.Time) {
	r.seen[k] = r.site.Observe(k, hash, d.Serial, int64(at))
	r.has |= 1 << k
}

func (r *rareness) text(k rarity.Kind, text string, d *Device, at events.Time) {
	if text != "" {
		r.note(k, rarity.Text(text), d, at)
	}
}

// name notes a full name and the domain that somebody registered for it. Names that stand for addresses are no names.
func (r *rareness) name(name string, sni bool, d *Device, at events.Time) {
	if name == "" || domain.Under(name, "arpa") {
		return
	}
	hash := rarity.Text(name)
	r.note(rarity.Name, hash, d, at)
	r.note(rarity.Domain, registered(name), d, at)
	if sni {
		r.note(rarity.SNI, hash, d, at)
	}
}

func registered(name string) uint64 {
	if n := len(name); n > 0 && name[n-1] == '.' {
		name = name[:n-1]
	}
	_, own := domain.Split(name)
	return rarity.Text(own)
}

func (r *rareness) handshake(s *events.SSL, d *Device, at events.Time) {
	r.name(s.ServerName, true, d, at)
	if s.JA4 != "" {
		r.text(rarity.Fingerprint, s.JA4, d, at)
	} else {
		r.text(rarity.Fingerprint, s.JA3, d, at)
	}
	r.text(rarity.Server, s.JA4S, d, at)
	if len(s.CertChainFPs) > 0 {
		own := s.CertChainFPs[0]
		r.text(rarity.Certificate, own[:min(len(own), 32)], d, at) // 128 bits tell certificates apart
	}
}
