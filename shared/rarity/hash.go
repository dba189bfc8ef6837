package rarity

import (
	"encoding/binary"
	"net/netip"

	"github.com/mirrorwatch/mirrorwatch/shared/sketch"
)

// Text hashes a name, a fingerprint or a user agent. Letters count alike whether small or capital, as DNS has it, and a last dot does
// not count.
func Text(s string) uint64 {
	if n := len(s); n > 0 && s[n-1] == '.' {
		s = s[:n-1]
	}
	h := uint64(14695981039346656037)
	for i := range len(s) {
		c := s[i]
		if c-'A' < 26 {
			c |= 0x20
		}
		h = (h ^ uint64(c)) * 1099511628211
	}
	return sketch.Mix(h)
}

// Addr hashes an address.
func Addr(a netip.Addr) uint64 {
	b := a.As16()
	return sketch.Mix(sketch.Mix(binary.BigEndian.Uint64(b[:8])) + binary.BigEndian.Uint64(b[8:]))
}

// Service hashes a client, a server and a service, for Triple. Client and server are whatever names them for good: a serial or the hash of an
// address.
func Service(client, server uint64, proto uint8, port uint16) uint64 {
	return sketch.Mix(sketch.Mix(client)*3 + sketch.Mix(server)*5 + uint64(proto)<<16 + uint64(port))
}
