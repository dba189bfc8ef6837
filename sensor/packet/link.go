package packet

import "encoding/binary"

// Supported says whether Decode reads frames of this link type.
func Supported(l LinkType) bool {
	switch l {
	case LinkNull, LinkEthernet, LinkPPP, LinkPPPHDLC, LinkRaw12, LinkRaw14, LinkRaw, LinkLoop,
		LinkIPv4, LinkIPv6, LinkLinuxSLL, LinkLinuxSLL2, LinkMPLS:
		return true
	}
	return false
}

// link decodes frames of every link type but Ethernet, of which only those too short for their header come here.
func (p *Packet) link(b []byte, missing int, m Meta) error {
	if !m.Reassembled {
		p.clearLink()
	}
	switch m.Link {
	case LinkEthernet:
		return p.stop(ErrTruncated)
	case LinkRaw, LinkRaw12, LinkRaw14, LinkIPv4, LinkIPv6:
		return p.byVersion(b, missing)
	case LinkLinuxSLL:
		return p.cooked(b, missing)
	case LinkLinuxSLL2:
		return p.cooked2(b, missing)
	case LinkNull, LinkLoop:
		return p.loopback(b, missing)
	case LinkPPP:
		return p.ppp(b, missing)
	case LinkPPPHDLC:
		return p.hdlc(b, missing)
	case LinkMPLS:
		return p.network(typeMPLS, b, missing, 0)
	}
	return p.stop(ErrLinkType)
}

// byVersion decodes an IP packet that nothing but its own first bits announces.
func (p *Packet) byVersion(b []byte, missing int) error {
	if len(b) == 0 {
		return p.stop(ErrTruncated)
	}
	switch b[0] >> 4 {
	case 4:
		return p.ipv4(b, missing)
	case 6:
		return p.ipv6(b, missing)
	}
	return p.stop(ErrMalformed)
}

// cooked decodes LINKTYPE_LINUX_SLL: packet type, ARPHRD type, address length, address, protocol.
func (p *Packet) cooked(b []byte, missing int) error {
	if len(b) < 16 {
		return p.stop(ErrTruncated)
	}
	if binary.BigEndian.Uint16(b[4:]) == 6 {
		p.SrcMAC = [6]byte(b[6:12])
	}
	return p.cookedProtocol(binary.BigEndian.Uint16(b[14:]), b[16:], missing)
}

// cooked2 decodes LINKTYPE_LINUX_SLL2: protocol, reserved, interface index, ARPHRD type, packet type, address length, address.
func (p *Packet) cooked2(b []byte, missing int) error {
	if len(b) < 20 {
		return p.stop(ErrTruncated)
	}
	if b[11] == 6 {
		p.SrcMAC = [6]byte(b[12:18])
	}
	return p.cookedProtocol(binary.BigEndian.Uint16(b), b[20:], missing)
}

// cookedProtocol goes on by the protocol field of a Linux cooked header, which is an EtherType or one of Linux's ETH_P_ numbers
// below 1536.
func (p *Packet) cookedProtocol(t uint16, b []byte, missing int) error {
	const ethP8022 = 4 // LLC follows
	if t == ethP8022 {
		return p.llc(0, b, missing, 0)
	}
	if t < minEtherType {
		p.EtherType = t
		return p.stop(nil)
	}
	return p.network(t, b, missing, 0)
}

// loopback decodes the four-byte address family of BSD null and loop frames. Either byte order is read for both: the value is
// small, so its place tells the order, and files written as null on one machine are read on another.
func (p *Packet) loopback(b []byte, missing int) error {
	if len(b) < 4 {
		return p.stop(ErrTruncated)
	}
	family := binary.BigEndian.Uint32(b)
	if family > 0xffff {
		family = binary.LittleEndian.Uint32(b)
	}
	switch family {
	case 2: // AF_INET everywhere
		return p.ipv4(b[4:], missing)
	case 10, 24, 28, 30: // AF_INET6 of Linux, NetBSD and OpenBSD, FreeBSD, Darwin
		return p.ipv6(b[4:], missing)
	}
	return p.stop(nil)
}

// ppp decodes a PPP frame with or without its address and control bytes (RFC 1662 section 3.1).
func (p *Packet) ppp(b []byte, missing int) error {
	if len(b) >= 2 && b[0] == 0xff && b[1] == 0x03 {
		b = b[2:]
	}
	t, b, err := pppProtocol(b)
	if err != nil {
		return p.stop(err)
	}
	return p.network(t, b, missing, 0)
}

// hdlc decodes PPP in HDLC framing (RFC 1662), or Cisco's own framing, which files of this link type also hold: unicast or
// broadcast address, zero, and an EtherType.
func (p *Packet) hdlc(b []byte, missing int) error {
	if len(b) >= 4 && (b[0] == 0x0f || b[0] == 0x8f) && b[1] == 0 {
		return p.network(binary.BigEndian.Uint16(b[2:]), b[4:], missing, 0)
	}
	return p.ppp(b, missing)
}

// pppProtocol takes the protocol field off a PPP frame (one byte where it is compressed: RFC 1661 section 6.5) and names what
// follows by its EtherType; 0 for control and compressed protocols.
func pppProtocol(b []byte) (t uint16, rest []byte, err error) {
	if len(b) < 2 {
		return 0, nil, ErrTruncated
	}
	proto, n := binary.BigEndian.Uint16(b), 2
	if b[0]&1 == 1 {
		proto, n = uint16(b[0]), 1
	}
	switch proto {
	case 0x0021:
		return typeIPv4, b[n:], nil
	case 0x0057:
		return typeIPv6, b[n:], nil
	case 0x0281, 0x0283:
		return typeMPLS, b[n:], nil
	}
	return 0, nil, nil
}
