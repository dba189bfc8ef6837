package packet

import "encoding/binary"

// transport reads the header after IP. b is what was captured of it and its payload, wire how long they are together.
func (p *Packet) transport(b []byte, wire int) error {
	switch p.Proto {
	case ProtoTCP:
		return p.tcp(b, wire)
	case ProtoUDP:
		return p.udp(b, wire)
	case ProtoICMP:
		if p.Version == 4 {
			return p.icmp(KindICMP, b, wire)
		}
	case ProtoICMPv6:
		if p.Version == 6 {
			return p.icmp(KindICMPv6, b, wire)
		}
	}
	return p.opaque(b, wire, nil)
}

// opaque ends the decoding of an IP packet whose payload is not read further.
func (p *Packet) opaque(b []byte, wire int, err error) error {
	p.Kind = KindIP
	p.clearPorts()
	p.Payload, p.PayloadLen = b, wire
	return err
}

// short tells a header of n bytes (from the start of the IP packet) that the mirror cut from one that the IP length itself has
// no room for.
func (p *Packet) short(n int) error {
	if p.IPLen >= n {
		return ErrTruncated
	}
	return ErrMalformed
}

// tcp reads a TCP header (RFC 9293 section 3.1). One that is cut within its options still counts.
func (p *Packet) tcp(b []byte, wire int) error {
	if len(b) < 20 {
		return p.opaque(b, wire, p.short(p.HeaderLen+20))
	}
	header := int(b[12]>>4) * 4
	if header < 20 || header > wire {
		return p.opaque(b, wire, ErrMalformed)
	}
	p.Kind = KindTCP
	p.SrcPort, p.DstPort = binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:])
	p.Seq, p.Ack = binary.BigEndian.Uint32(b[4:]), binary.BigEndian.Uint32(b[8:])
	p.Flags, p.Window = b[13], binary.BigEndian.Uint16(b[14:])
	p.MSS, p.WindowScale = 0, -1
	p.ICMPID, p.ICMPSeq, p.Checksum = 0, 0, CheckUnknown
	captured := min(header, len(b))
	p.PayloadLen = wire - header
	p.TCPOptions, p.Payload = b[20:captured], b[captured:]
	if p.Flags&SYN != 0 {
		p.synOptions()
	}
	return nil
}

// synOptions reads the options that only a SYN may carry (RFC 9293 section 3.2, RFC 7323 section 2.2).
func (p *Packet) synOptions() {
	for o := p.TCPOptions; len(o) >= 2; {
		kind, n := o[0], int(o[1])
		switch {
		case kind == 0:
			return
		case kind == 1:
			o = o[1:]
			continue
		case n < 2 || n > len(o):
			return
		case kind == 2 && n == 4:
			p.MSS = binary.BigEndian.Uint16(o[2:])
		case kind == 3 && n == 3:
			p.WindowScale = int8(min(o[2], 14)) // more is read as 14: RFC 7323 section 2.3
		}
		o = o[n:]
	}
}

// udp reads a UDP header (RFC 768). A length of zero is a jumbogram's or segmentation offload's: the IP length counts then, as it
// does where UDP claims more than it.
func (p *Packet) udp(b []byte, wire int) error {
	if len(b) < 8 {
		return p.opaque(b, wire, p.short(p.HeaderLen+8))
	}
	p.Kind = KindUDP
	p.clearTCP()
	p.ICMPID, p.ICMPSeq, p.Checksum = 0, 0, CheckUnknown
	p.SrcPort, p.DstPort = binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:])
	length := int(binary.BigEndian.Uint16(b[4:]))
	if length >= 8 && length < wire {
		wire = length
		b = b[:min(length, len(b))]
	}
	p.Payload, p.PayloadLen = b[8:], wire-8
	if length > 0 && length < 8 {
		return ErrMalformed
	}
	return nil
}

// icmp reads the eight bytes that every ICMP message begins with (RFC 792, RFC 4443).
func (p *Packet) icmp(k Kind, b []byte, wire int) error {
	if len(b) < 8 {
		return p.opaque(b, wire, p.short(p.HeaderLen+8))
	}
	p.Kind = k
	p.clearTCP()
	p.Checksum = CheckUnknown
	p.SrcPort, p.DstPort = uint16(b[0]), uint16(b[1])
	p.ICMPID, p.ICMPSeq = 0, 0
	if hasID(k, b[0]) {
		p.ICMPID, p.ICMPSeq = binary.BigEndian.Uint16(b[4:]), binary.BigEndian.Uint16(b[6:])
	}
	p.Payload, p.PayloadLen = b[8:], wire-8
	return nil
}

// hasID says whether an ICMP type carries an identifier and a sequence number: echo, timestamp, information and address mask.
func hasID(k Kind, t uint8) bool {
	if k == KindICMPv6 {
		return t == 128 || t == 129
	}
	return t == 0 || t == 8 || t >= 13 && t <= 18
}
