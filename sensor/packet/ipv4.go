package packet

import "encoding/binary"

// set4 sets an IPv4 address in its mapped form (RFC 4291 section 2.5.5.2).
func (a *Addr) set4(v uint32) {
	binary.BigEndian.PutUint64(a[0:], 0)
	binary.BigEndian.PutUint32(a[8:], 0xffff)
	binary.BigEndian.PutUint32(a[12:], v)
}

// ipv4 reads an IPv4 header (RFC 791 section 3.1) and goes on to the transport.
func (p *Packet) ipv4(b []byte, missing int) error {
	if len(b) < 20 {
		return p.stop(ErrTruncated)
	}
	header := int(b[0]&0x0f) * 4
	total := int(binary.BigEndian.Uint16(b[2:]))
	p.offloaded = total == 0
	if total == 0 {
		total = len(b) + missing
	}
	if b[0]>>4 != 4 || header < 20 || total < header {
		return p.stop(ErrMalformed)
	}
	field, proto := binary.BigEndian.Uint16(b[6:]), b[9]
	p.Version, p.TOS, p.TTL, p.Proto = 4, b[1], b[8], proto
	p.IPID = uint32(binary.BigEndian.Uint16(b[4:]))
	p.Src.set4(binary.BigEndian.Uint32(b[12:]))
	p.Dst.set4(binary.BigEndian.Uint32(b[16:]))
	p.Options, p.routed = header > 20, false
	p.IPLen, p.HeaderLen = total, header
	p.Truncated = len(b) < total
	b = b[:min(len(b), total)] // what follows is Ethernet's padding or frame check sequence
	p.IP = b
	if len(b) < header {
		p.fragmentField(0)
		return p.opaque(nil, total-header, ErrTruncated)
	}
	p.fragmentField(field)
	switch {
	case field&0x3fff != 0:
		return p.opaque(b[header:], total-header, nil)
	case proto == ProtoTCP: // the commonest of all is spared a call
		return p.tcp(b[header:], total-header)
	}
	return p.transport(b[header:], total-header)
}

// fragmentField reads IPv4's flags and fragment offset.
func (p *Packet) fragmentField(v uint16) {
	p.DontFrag = v&0x4000 != 0
	p.MoreFrags = v&0x2000 != 0
	p.FragOffset = v << 3
	p.Fragment = v&0x3fff != 0
}
