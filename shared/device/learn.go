package device

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// IANA protocol numbers.
const (
	ICMP = 1
	TCP  = 6
	UDP  = 17

	ICMPv6 = 58
)

// learnConn notes who spoke with whom, and, where the responder answered, the service. A conversation that goes on is counted
// when it ends, so that its interim records do not count it again. It gives what of the service was new.
func (m *Model) learnConn(c *events.Conn, v View) (fresh Fresh) {
	v.Orig.spoke, v.Resp.spoke = true, true
	if v.Resp.Class != Group {
		v.Orig.meet(v.Resp.Serial)
		v.Resp.meet(v.Orig.Serial)
	}
	if c.OrigL2 != "" && v.Orig.IsLocal() {
		v.Orig.MAC = c.OrigL2
	}
	if c.Interim || (c.IPProto != TCP && c.IPProto != UDP) || !Answered(c) {
		return 0
	}
	if !v.Resp.OffersPort(c.IPProto, c.RespP) {
		fresh = FreshOffer
	}
	v.Resp.Offers = v.Resp.count(v.Resp.Offers, c.IPProto, c.RespP, c.Service)
	v.Orig.Uses = v.Orig.count(v.Orig.Uses, c.IPProto, c.RespP, c.Service)
	return fresh
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

// name calls the device if there is one, and remembers the name for when it appears.
func (v View) name(a netip.Addr, text string, from NameSource) {
	if d := v.Device(a); d != nil {
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
