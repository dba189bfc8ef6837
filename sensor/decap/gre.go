package decap

import "encoding/binary"

// GREHeader is what a GRE header says.
type GREHeader struct {
	Protocol uint16 // EtherType of what follows
	Version  uint8  // 0, or 1 for PPTP's
	Key      uint32 // 0 where absent; of version 1 the receiver's call, so each direction has its own
	Sequence bool   // a sequence number was there
}

// Flag bits of GRE (RFC 2784 section 2.1, RFC 2890 section 2, routing from RFC 1701, acknowledgment from RFC 2637 section 4.1).
const (
	greChecksum = 0x8000
	greRouting  = 0x4000
	greKey      = 0x2000
	greSequence = 0x1000
	greAck      = 0x0080
	greVersion  = 0x0007
)

// maxSourceRoutes bounds the routing entries of RFC 1701, which nothing has sent for decades.
const maxSourceRoutes = 16

// GRE takes off a GRE header of version 0 or 1 with its optional fields.
func GRE(b []byte) (inner []byte, h GREHeader, ok bool) {
	if len(b) < 4 {
		return nil, h, false
	}
	flags := binary.BigEndian.Uint16(b)
	h.Protocol, h.Version = binary.BigEndian.Uint16(b[2:]), uint8(flags&greVersion)
	h.Sequence = flags&greSequence != 0
	n := greLen(flags)
	if h.Version > 1 || len(b) < n || h.Version == 1 && flags&(greKey|greChecksum|greRouting) != greKey {
		return nil, h, false
	}
	if flags&greKey != 0 {
		at := 4
		if flags&(greChecksum|greRouting) != 0 {
			at = 8
		}
		h.Key = binary.BigEndian.Uint32(b[at:])
	}
	inner = b[n:]
	if flags&greRouting != 0 {
		inner, ok = greRoutes(inner)
		return inner, h, ok
	}
	return inner, h, true
}

// greLen is the length in bytes of the header that flags describe, without source routes.
func greLen(flags uint16) int {
	n := 4
	if flags&(greChecksum|greRouting) != 0 {
		n += 4 // checksum and offset come together
	}
	if flags&greKey != 0 {
		n += 4
	}
	if flags&greSequence != 0 {
		n += 4
	}
	if flags&greVersion == 1 && flags&greAck != 0 {
		n += 4
	}
	return n
}

// greRoutes skips source route entries up to the empty one that ends them (RFC 1701): family, offset, length, then the entry.
func greRoutes(b []byte) (rest []byte, ok bool) {
	for range maxSourceRoutes {
		if len(b) < 4 {
			return nil, false
		}
		family, n := binary.BigEndian.Uint16(b), 4+int(b[3])
		if len(b) < n {
			return nil, false
		}
		b = b[n:]
		if family == 0 && n == 4 {
			return b, true
		}
	}
	return nil, false
}

// gre takes off GRE and, where that is what it carries, ERSPAN. Whatever the header promises, the frame must look like it.
func (in *Inner) gre(b []byte) bool {
	inner, h, ok := GRE(b)
	if !ok {
		return false
	}
	if h.Version == 1 {
		return h.Protocol == 0x880b && len(inner) > 0 && in.set(b, inner, LinkPPP, 0, "GRE")
	}
	switch h.Protocol {
	case 0x0800:
		return isIPv4(inner) && in.set(b, inner, LinkRaw, 0, "GRE")
	case 0x86dd:
		return isIPv6(inner) && in.set(b, inner, LinkRaw, 0, "GRE")
	case 0x6558:
		return isEthernet(inner) && in.set(b, inner, LinkEthernet, 0, "GRE")
	case 0x8847, 0x8848:
		return len(inner) > 4 && in.set(b, inner, LinkMPLS, 0, "GRE")
	case 0x88be, 0x22eb:
		return in.erspan(b, inner, h)
	}
	return false
}
