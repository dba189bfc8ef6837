package packet

import "encoding/binary"

// IPv6 extension headers (IANA).
const (
	extHopByHop    = 0
	extRouting     = 43
	extFragment    = 44
	extAuth        = 51
	extNone        = 59
	extDestination = 60
	extMobility    = 135
	extHIP         = 139
	extShim6       = 140
)

// maxExtensions bounds the chain of extension headers. RFC 8200 section 4.1 names seven places for one; a longer chain is
// made to be slow.
const maxExtensions = 8

// ipv6 reads an IPv6 header (RFC 8200 section 3) and its extension headers, and goes on to the transport.
func (p *Packet) ipv6(b []byte, missing int) error {
	if len(b) < 40 {
		return p.stop(ErrTruncated)
	}
	if b[0]>>4 != 6 {
		return p.stop(ErrMalformed)
	}
	p.Version, p.TOS, p.TTL, p.Proto = 6, b[0]<<4|b[1]>>4, b[7], b[6]
	p.Src, p.Dst = Addr(b[8:24]), Addr(b[24:40])
	p.IPID, p.DontFrag, p.Options, p.routed = 0, false, false, false
	p.Fragment, p.MoreFrags, p.FragOffset = false, false, 0
	length := int(binary.BigEndian.Uint16(b[4:]))
	// Zero is a jumbogram (RFC 2675) or segmentation offload, unless nothing is meant to follow.
	p.offloaded = length == 0 && b[6] != extNone
	if p.offloaded {
		length = len(b) - 40 + missing
	}
	p.IPLen = 40 + length
	p.Truncated = len(b) < p.IPLen
	b = b[:min(len(b), 40+length)] // what follows is padding
	p.IP = b
	if p.Proto == ProtoTCP {
		p.HeaderLen = 40
		return p.tcp(b[40:], length)
	}
	return p.extensions(b)
}

// extensions walks the extension headers that follow the IPv6 header of b.
func (p *Packet) extensions(b []byte) error {
	at, next := 40, p.Proto
	for range maxExtensions {
		p.Proto, p.HeaderLen = next, at
		if !isExtension(next) {
			return p.transport(b[at:], p.IPLen-at)
		}
		if len(b) < at+8 {
			return p.opaque(b[min(at, len(b)):], p.IPLen-at, p.short(at+8))
		}
		h := b[at:]
		n := extensionLen(next, h[1])
		if next == extFragment {
			p.fragmentHeader(h)
		} else {
			p.noteOptions(next, h)
		}
		if p.IPLen < at+n {
			return p.opaque(h, p.IPLen-at, ErrMalformed)
		}
		if len(b) < at+n {
			return p.opaque(h, p.IPLen-at, ErrTruncated)
		}
		next, at = h[0], at+n
		if p.Fragment {
			p.Proto, p.HeaderLen = next, at
			return p.opaque(b[at:], p.IPLen-at, nil)
		}
	}
	return p.opaque(b[p.HeaderLen:], p.IPLen-p.HeaderLen, ErrMalformed)
}

func isExtension(proto uint8) bool {
	switch proto {
	case extHopByHop, extRouting, extFragment, extAuth, extDestination, extMobility, extHIP, extShim6:
		return true
	}
	return false
}

// extensionLen is the length in bytes of an extension header whose length field is v.
func extensionLen(proto, v uint8) int {
	switch proto {
	case extFragment:
		return 8 // the field is reserved
	case extAuth:
		return (int(v) + 2) * 4 // RFC 4302 section 2.2
	}
	return (int(v) + 1) * 8
}

// noteOptions records the headers that change a packet's way.
func (p *Packet) noteOptions(proto uint8, h []byte) {
	if proto == extHopByHop || proto == extRouting {
		p.Options = true
	}
	if proto == extRouting && h[3] > 0 { // segments left
		p.routed = true
	}
}

// fragmentHeader reads an IPv6 fragment header (RFC 8200 section 4.5). One that says neither offset nor more is an atomic
// fragment, a whole datagram (RFC 6946).
func (p *Packet) fragmentHeader(h []byte) {
	v := binary.BigEndian.Uint16(h[2:])
	p.FragOffset = v & 0xfff8
	p.MoreFrags = v&1 != 0
	p.Fragment = v&0xfff9 != 0
	p.IPID = binary.BigEndian.Uint32(h[4:])
}
