package dhcp

import (
	"net/netip"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// part is the record of one message on its way from its conversation to the joiner. No one else sees it.
type part struct {
	events.DHCP
	xid        uint32
	mac        [6]byte
	fromClient bool
	ends       bool
}

// AppendJSON appends nothing: only what was joined is a line of a log.
func (p *part) AppendJSON(dst []byte) []byte { return dst }

// newPart keeps what a message says; nothing in it is borrowed.
func newPart(m *message, source netip.Addr, now int64) *part {
	p := &part{xid: m.xid, mac: m.mac, fromClient: m.fromClient, ends: m.ends()}
	p.TS = events.Time(now)
	if m.mac != ([6]byte{}) {
		p.MAC = macText(m.mac)
	}
	if m.kind != 0 {
		p.MsgTypes = kindNames(m.kind)
	}
	p.Domain = text(m.domain)
	setAddr(&p.AssignedAddr, m.yours)
	p.LeaseTime = events.Interval(m.lease) * events.Interval(time.Second)
	if m.fromClient {
		p.request(m, source)
		return p
	}
	p.ServerMessage = text(m.text)
	setAddr(&p.ServerAddr, source)
	setAddr(&p.ServerAddr, m.server)
	return p
}

func (p *part) request(m *message, source netip.Addr) {
	p.HostName, p.ClientMessage = text(m.hostName), text(m.text)
	if m.fqdn != nil {
		p.ClientFQDN = text(fqdnText(m.fqdn))
	}
	setAddr(&p.RequestedAddr, m.requested)
	if !m.relayed { // else the source is the relay's
		setAddr(&p.ClientAddr, source)
	}
	setAddr(&p.ClientAddr, m.client)
}

// add joins the next message to the record. Later messages overrule earlier ones, but never with nothing.
func add(to *events.DHCP, p *part) {
	to.Duration = events.Interval(p.TS) - events.Interval(to.TS)
	to.MsgTypes = append(to.MsgTypes, p.MsgTypes...)
	to.UIDs = addOnce(to.UIDs, p.UID)
	setText(&to.MAC, p.MAC)
	setText(&to.HostName, p.HostName)
	setText(&to.ClientFQDN, p.ClientFQDN)
	setText(&to.Domain, p.Domain)
	setText(&to.ClientMessage, p.ClientMessage)
	setText(&to.ServerMessage, p.ServerMessage)
	setAddr(&to.ClientAddr, p.ClientAddr)
	setAddr(&to.ServerAddr, p.ServerAddr)
	setAddr(&to.RequestedAddr, p.RequestedAddr)
	setAddr(&to.AssignedAddr, p.AssignedAddr)
	if p.LeaseTime != 0 {
		to.LeaseTime = p.LeaseTime
	}
	if p.ends && !p.fromClient && !to.ClientAddr.IsValid() { // the client spoke from 0.0.0.0, and has this address from here on
		setAddr(&to.ClientAddr, p.AssignedAddr)
	}
}

func addOnce(list []string, s string) []string {
	for _, have := range list {
		if have == s {
			return list
		}
	}
	return append(list, s)
}

func setText(dst *string, s string) {
	if s != "" {
		*dst = s
	}
}

func setAddr(dst *netip.Addr, a netip.Addr) {
	if a.IsValid() && !a.IsUnspecified() {
		*dst = a
	}
}
