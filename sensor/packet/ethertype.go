package packet

import "encoding/binary"

// EtherTypes that are read (IANA, IEEE registry).
const (
	typeIPv4       = 0x0800
	typeARP        = 0x0806
	typeEthernet   = 0x6558 // transparent Ethernet bridging: used here for a pseudowire's frame
	typeVLAN       = 0x8100
	typeIPv6       = 0x86dd
	typeMPLS       = 0x8847
	typeMPLSMulti  = 0x8848
	typePPPoE      = 0x8864
	typeQinQ       = 0x88a8
	typeQinQLegacy = 0x9100
)

// minEtherType is the least value of the field that is a type; at or below 1500 it is a length (IEEE 802.3 clause 3.2.6).
const minEtherType = 1536

// maxLayers bounds tags, label stacks and pseudowires within one frame. Real networks stack four or five; a frame of tags alone
// must not cost more than that.
const maxLayers = 12

// network goes on by EtherType, through tags and labels, to IP or ARP. depth counts the layers taken off so far.
func (p *Packet) network(t uint16, b []byte, missing, depth int) error {
	var err error
	for ; depth < maxLayers; depth++ {
		if t != 0 {
			p.EtherType = t
		}
		switch t {
		case typeIPv4:
			return p.ipv4(b, missing)
		case typeIPv6:
			return p.ipv6(b, missing)
		case typeARP:
			return p.arp(b)
		case typeVLAN, typeQinQ, typeQinQLegacy:
			t, b, err = p.vlan(b)
		case typeMPLS, typeMPLSMulti:
			t, b, err = mpls(b)
		case typePPPoE:
			t, b, missing, err = pppoe(b, missing)
		case typeEthernet:
			t, b, err = p.pseudowire(b)
		default:
			if t < minEtherType && t != 0 {
				return p.llc(t, b, missing, depth)
			}
			return p.stop(nil)
		}
		if err != nil {
			return p.stop(err)
		}
	}
	return p.stop(ErrMalformed)
}

// vlan takes off one tag (IEEE 802.1Q clause 9.6). A third and later tag is passed over.
func (p *Packet) vlan(b []byte) (t uint16, rest []byte, err error) {
	if len(b) < 4 {
		return 0, nil, ErrTruncated
	}
	id := binary.BigEndian.Uint16(b) & 0x0fff
	switch {
	case p.VLAN[0] == 0:
		p.VLAN[0] = id
	case p.VLAN[1] == 0:
		p.VLAN[1] = id
	}
	return binary.BigEndian.Uint16(b[2:]), b[4:], nil
}

// pseudowire reads an Ethernet header inside MPLS.
func (p *Packet) pseudowire(b []byte) (t uint16, rest []byte, err error) {
	if len(b) < 14 {
		return 0, nil, ErrTruncated
	}
	p.DstMAC, p.SrcMAC = [6]byte(b[0:6]), [6]byte(b[6:12])
	return binary.BigEndian.Uint16(b[12:]), b[14:], nil
}

// pppoe takes off a PPPoE session header and PPP's protocol field (RFC 2516 section 4). What lies beyond its length is padding.
func pppoe(b []byte, missing int) (t uint16, rest []byte, left int, err error) {
	if len(b) < 6 {
		return 0, nil, missing, ErrTruncated
	}
	if b[0] != 0x11 || b[1] != 0 {
		return 0, nil, missing, ErrMalformed
	}
	body := b[6:]
	if n := int(binary.BigEndian.Uint16(b[4:])); n < len(body) {
		body, missing = body[:n], 0
	}
	t, rest, err = pppProtocol(body)
	return t, rest, missing, err
}

// mpls takes off a label stack (RFC 3032 section 2.1). Nothing in it tells what follows, so the first bits do: an IP version, or
// the zero that begins a pseudowire's control word (RFC 4385 section 3). An Ethernet frame without a control word is told by
// its EtherType.
func mpls(b []byte) (t uint16, rest []byte, err error) {
	for range maxLayers {
		if len(b) < 5 {
			return 0, nil, ErrTruncated
		}
		bottom := b[2]&1 == 1
		b = b[4:]
		if bottom {
			return labelled(b)
		}
	}
	return 0, nil, ErrMalformed
}

// labelled guesses what follows the bottom of a label stack; b holds at least a byte.
func labelled(b []byte) (t uint16, rest []byte, err error) {
	switch b[0] >> 4 {
	case 4:
		return typeIPv4, b, nil
	case 6:
		return typeIPv6, b, nil
	case 0:
		if len(b) >= 4 && etherAt(b[4:]) {
			return typeEthernet, b[4:], nil
		}
	}
	if etherAt(b) {
		return typeEthernet, b, nil
	}
	return 0, nil, nil
}

// etherAt says whether b begins with an Ethernet header that leads to something that is read.
func etherAt(b []byte) bool {
	if len(b) < 14 {
		return false
	}
	switch binary.BigEndian.Uint16(b[12:]) {
	case typeIPv4, typeIPv6, typeARP, typeVLAN, typeQinQ, typeQinQLegacy, typeMPLS, typeMPLSMulti, typePPPoE:
		return true
	}
	return false
}

// llc goes on through an IEEE 802.2 header: SNAP names an EtherType (RFC 1042), and the IP service access point needs none. length
// is IEEE 802.3's, 0 where the link has none.
func (p *Packet) llc(length uint16, b []byte, missing, depth int) error {
	p.EtherType = length
	if n := int(length); n > 0 && n < len(b) { // the rest is padding
		b, missing = b[:n], 0
	}
	if len(b) < 3 {
		return p.stop(ErrTruncated)
	}
	if b[0] == 0x06 && b[1] == 0x06 && b[2] == 0x03 {
		return p.ipv4(b[3:], missing)
	}
	if b[0] != 0xaa || b[1] != 0xaa || b[2] != 0x03 {
		return p.stop(nil)
	}
	if len(b) < 8 {
		return p.stop(ErrTruncated)
	}
	oui := uint32(b[3])<<16 | uint32(b[4])<<8 | uint32(b[5])
	if t := binary.BigEndian.Uint16(b[6:]); t >= minEtherType && (oui == 0 || oui == 0x0000f8) {
		return p.network(t, b[8:], missing, depth+1)
	}
	return p.stop(nil)
}

// arp reads an ARP message for IPv4 over Ethernet (RFC 826); others are KindOther.
func (p *Packet) arp(b []byte) error {
	if len(b) < 28 {
		return p.stop(ErrTruncated)
	}
	if binary.BigEndian.Uint64(b)>>16 != 0x0001_0800_0604 {
		return p.stop(nil)
	}
	_ = p.stop(nil)
	p.Kind = KindARP
	p.ARP.Op = binary.BigEndian.Uint16(b[6:])
	p.ARP.SenderMAC, p.ARP.TargetMAC = [6]byte(b[8:14]), [6]byte(b[18:24])
	p.ARP.Sender.set4(binary.BigEndian.Uint32(b[14:]))
	p.ARP.Target.set4(binary.BigEndian.Uint32(b[24:]))
	return nil
}
