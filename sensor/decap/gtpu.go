package decap

import "encoding/binary"

// maxGTPExtensions bounds the chain of extension headers; 5G uses one or two.
const maxGTPExtensions = 8

// GTPU takes off the header of a GTP-U version 1 message that carries a user's packet (3GPP TS 29.281 section 5.1), with its
// extension headers. The tunnel's identifier is not given: it belongs to the receiver, so each direction has its own.
func GTPU(b []byte) (inner []byte, ok bool) {
	const version1, protocolGTP, userPacket = 0x20, 0x10, 255
	const extension, optional = 0x04, 0x07
	if len(b) < 8 || b[0]&0xf8 != version1|protocolGTP || b[1] != userPacket {
		return nil, false
	}
	if int(binary.BigEndian.Uint16(b[2:]))+8 < len(b) {
		return nil, false
	}
	flags, next := b[0], uint8(0)
	inner = b[8:]
	if flags&optional != 0 { // sequence, N-PDU number and extension type come together
		if len(inner) < 4 {
			return nil, false
		}
		if flags&extension != 0 {
			next = inner[3]
		}
		inner = inner[4:]
	}
	if inner, ok = gtpExtensions(inner, next); !ok {
		return nil, false
	}
	return inner, isIP(inner)
}

// gtpExtensions skips extension headers: a length in words, the content, and the type of the next one (section 5.2.1).
func gtpExtensions(b []byte, next uint8) (rest []byte, ok bool) {
	for range maxGTPExtensions {
		if next == 0 {
			return b, true
		}
		if len(b) < 4 {
			return nil, false
		}
		n := int(b[0]) * 4
		if n == 0 || len(b) < n {
			return nil, false
		}
		next, b = b[n-1], b[n:]
	}
	return nil, false
}
