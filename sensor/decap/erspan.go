package decap

import "encoding/binary"

// ERSPAN takes off the header between GRE and a mirrored frame (draft-foschiano-erspan-03). Type I has none and is told from type
// II by GRE's sequence number being absent; type III has a protocol type of its own. link is the kind of frame inside and
// session the mirroring session, 10 bits.
func ERSPAN(b []byte, h GREHeader) (inner []byte, link uint16, session uint32, ok bool) {
	switch {
	case h.Protocol == 0x88be && !h.Sequence:
		return b, LinkEthernet, 0, true
	case h.Protocol == 0x88be:
		return erspan2(b)
	case h.Protocol == 0x22eb:
		return erspan3(b)
	}
	return nil, 0, 0, false
}

// erspan2 reads type II: version 1, VLAN, class, session, and the port's index.
func erspan2(b []byte) (inner []byte, link uint16, session uint32, ok bool) {
	if len(b) < 8 || b[0]>>4 != 1 {
		return nil, 0, 0, false
	}
	return b[8:], LinkEthernet, uint32(binary.BigEndian.Uint16(b[2:]) & 0x03ff), true
}

// erspan3 reads type III: version 2, VLAN, class, session, a timestamp, and a frame type, with eight bytes of the platform's own
// where the last bit says so.
func erspan3(b []byte) (inner []byte, link uint16, session uint32, ok bool) {
	if len(b) < 12 || b[0]>>4 != 2 {
		return nil, 0, 0, false
	}
	session = uint32(binary.BigEndian.Uint16(b[2:]) & 0x03ff)
	tail := binary.BigEndian.Uint16(b[10:])
	n := 12
	if tail&1 != 0 {
		n += 8
	}
	if len(b) < n {
		return nil, 0, 0, false
	}
	switch tail >> 10 & 0x1f {
	case 0:
		return b[n:], LinkEthernet, session, true
	case 2:
		return b[n:], LinkRaw, session, true
	}
	return nil, 0, 0, false
}

// erspan describes the mirrored frame in a GRE packet b, whose payload follows its header h.
func (in *Inner) erspan(b, payload []byte, h GREHeader) bool {
	inner, link, session, ok := ERSPAN(payload, h)
	if !ok || link == LinkRaw && !isIP(inner) || link == LinkEthernet && !isEthernet(inner) {
		return false
	}
	return in.set(b, inner, link, session, "ERSPAN")
}
