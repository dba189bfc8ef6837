package decap

import "encoding/binary"

// Teredo takes off the optional headers in front of an IPv6 packet in UDP (RFC 4380 section 5.1.1). The packet must have a Teredo
// address (2001::/32) or, while a client finds its server, a link-local one; nothing else tells it from other UDP.
func Teredo(b []byte) (inner []byte, ok bool) {
	if len(b) >= 4 && b[0] == 0 && b[1] == 1 { // authentication: client identifier, value, nonce, confirmation
		n := 4 + int(b[2]) + int(b[3]) + 8 + 1
		if len(b) < n {
			return nil, false
		}
		b = b[n:]
	}
	if len(b) >= 8 && b[0] == 0 && b[1] == 0 { // origin: the port and address that the server saw, obfuscated
		b = b[8:]
	}
	if !isIPv6(b) || !teredoAddress(b[8:24]) && !teredoAddress(b[24:40]) {
		return nil, false
	}
	return b, true
}

func teredoAddress(a []byte) bool {
	return binary.BigEndian.Uint32(a) == 0x2001_0000 || binary.BigEndian.Uint16(a)&0xffc0 == 0xfe80
}
