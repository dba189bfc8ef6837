package device

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/sketch"
)

// IANA protocol numbers.
const (
	ICMP = 1
	TCP  = 6
	UDP  = 17

	ICMPv6 = 58
)

// learnConn notes who spoke with whom, and, where the responder answered, the service. A conversation that goes on is counted when
// it is heard of first. It gives what of the service was new.
func (m *Model) learnConn(c *events.Conn, v View) (fresh Fresh) {
	o, r := v.Orig, v.Resp
	o.spoke, r.spoke = true, true
	if c.OrigL2 != "" && o.IsLocal() && o.MAC != c.OrigL2 {
		o.MAC = strings.Clone(c.OrigL2)
	}
	if o.Class == Group || r.Class == Group {
		return 0
	}
	if m.first {
		o.conversations++
		r.conversations++
	}
	if !spoke(c) {
		o.tryTo(r.Serial, true, c.TS)
		r.tryTo(o.Serial, false, c.TS)
		return 0
	}
	told := report{service: m.intern(c.Service), out: m.moved.out, in: m.moved.in, first: m.first}
	asked := o.tieWith(r.Serial, c.IPProto, c.RespP, true)
	if asked == nil {
		if told.stranger = !o.met.Has(useHash(r.Serial, c.IPProto, c.RespP)); told.stranger {
			fresh |= FreshService
		}
		asked = o.meet(r.Serial, c.IPProto, c.RespP, true, c.TS)
	}
	asked.carry(c, told)
	served := r.tieWith(o.Serial, c.IPProto, c.RespP, false)
	if served == nil {
		served = r.meet(o.Serial, c.IPProto, c.RespP, false, c.TS)
	}
	served.carry(c, told.turned())
	if (c.IPProto != TCP && c.IPProto != UDP) || !Answered(c) {
		return fresh
	}
	if !r.OffersPort(c.IPProto, c.RespP) {
		fresh |= FreshOffer
	}
	r.Offers = r.serve(r.Offers, c, told.turned())
	o.Uses = o.serve(o.Uses, c, told)
	return fresh
}

// spoke says whether a conversation was more than an attempt. The mirror may show one side only: data over TCP is sent to who accepted,
// and nobody sends datagram after datagram to a host that is not there.
func spoke(c *events.Conn) bool {
	switch c.IPProto {
	case TCP:
		return Answered(c) || c.OrigBytes > 0
	case UDP:
		return c.RespPkts > 0 || c.OrigPkts >= 4
	}
	return c.RespPkts > 0
}

// Answered says whether the responder took part: for TCP it accepted the connection, for UDP it sent something.
func Answered(c *events.Conn) bool {
	if c.IPProto != TCP {
		return c.RespPkts > 0
	}
	switch c.ConnState {
	case "S1", "SF", "S2", "S3", "RSTO", "RSTR":
		return true
	}
	return c.ConnState == "OTH" && c.RespBytes > 0
}

// learnDNS keeps the name that each address of an answer goes by. The question's name is kept, not the end of a CNAME chain:
// it is the one a person knows.
func (m *Model) learnDNS(r *events.DNS, v View) {
	m.learnNetBIOS(r, v.Orig)
	if r.RCode == nil || *r.RCode != 0 || r.Query == "" || r.QType == nil || !holdsAddresses(*r.QType) {
		return
	}
	for _, text := range r.Answers {
		// Cheaper than asking the parser, which makes an error for every name.
		if text == "" || (text[0] < '0' || text[0] > '9') && !strings.Contains(text, ":") {
			continue
		}
		a, err := netip.ParseAddr(text)
		if err != nil || m.Classify(a) == Group {
			continue
		}
		v.name(a, r.Query, FromDNS)
	}
}

// holdsAddresses: A and AAAA of RFC 1035 and RFC 3596.
func holdsAddresses(qtype uint16) bool { return qtype == 1 || qtype == 28 }

// learnDHCP names the address that a lease gave. What was only offered is not the client's; BOOTP has no types, and no offers.
func (m *Model) learnDHCP(r *events.DHCP, v View) {
	if len(r.MsgTypes) > 0 && !slices.Contains(r.MsgTypes, "ACK") {
		return
	}
	m.learnLease(r, v)
	a, name := r.AssignedAddr, r.HostName
	if name == "" {
		name = r.ClientFQDN
	}
	if !a.IsValid() || name == "" {
		return
	}
	v.name(a, name, FromDHCP)
	if d := v.Device(a); d != nil && r.MAC != "" {
		d.MAC = r.MAC
	}
}

// dhcpPort is the server's, RFC 2131.
const dhcpPort = 67

// learnLease notes who gave a lease. The conversation itself is often a broadcast, and tells of no server.
func (m *Model) learnLease(r *events.DHCP, v View) {
	d := v.Resp
	if r.ServerAddr.IsValid() {
		d = m.see(v.scope, r.ServerAddr, &r.Head, true)
	}
	if d.Class == Group {
		return
	}
	client := sketch.String(r.MAC) ^ dhcpPort
	c := events.Conn{Head: r.Head, IPProto: UDP}
	c.RespP = dhcpPort
	d.Offers = d.serve(d.Offers, &c, report{service: "dhcp", first: true, stranger: r.MAC != "" && d.met.Add(client)})
	d.conversations++
	m.consider(d)
}

// name calls the device if there is one, and remembers the name for when it appears.
func (v View) name(a netip.Addr, text string, from NameSource) {
	if d := v.Device(a); d != nil {
		v.model.touch(d)
		d.call(text, from)
		return
	}
	if kept, _ := v.model.named.Put(v.model.placeOf(v.scope, a)); *kept != text {
		*kept = text
	}
}

// hostOnly takes the port off a Host header, and gives "" where what is left is an address and so no name.
func hostOnly(host string) string {
	if i := strings.LastIndexByte(host, ':'); i >= 0 {
		host = host[:i]
	}
	if host == "" || host[0] == '[' || strings.Trim(host, "0123456789.") == "" {
		return ""
	}
	return host
}
