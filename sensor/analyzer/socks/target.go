package socks

import (
	"bytes"
	"encoding/binary"
	"net/netip"
)

// place is where somebody is.
type place struct {
	addr netip.Addr
	name []byte
	port uint16
}

// target reads what requests and answers of version 5 have in common: version, command, a zero, an address and a port.
func target(b []byte) (p place, n int, ok bool) {
	const byIPv4, byName, byIPv6 = 1, 3, 4
	if len(b) < 5 {
		return p, 0, len(b) == 0 || b[0] == 5
	}
	at := 4
	size := 0
	switch b[3] {
	case byIPv4:
		size = 4
	case byIPv6:
		size = 16
	case byName:
		at, size = 5, int(b[4])
	default:
		return p, 0, false
	}
	if n = at + size + 2; len(b) < n {
		return p, 0, b[0] == 5
	}
	if where := b[at : at+size]; b[3] == byName {
		p.name = where
	} else {
		p.addr, _ = netip.AddrFromSlice(where)
	}
	p.port = binary.BigEndian.Uint16(b[at+size:])
	return p, n, b[0] == 5 && b[2] == 0
}

// request4 is a request of version 4; an address of 0.0.0.x says that a name follows (4a).
type fourth struct {
	command byte
	user    []byte
	to      place
}

func request4(b []byte) (q fourth, n int, ok bool) {
	const fixed = 8
	if len(b) > 1 && b[1] != 1 && b[1] != 2 {
		return q, 0, false
	}
	if len(b) <= fixed {
		return q, 0, true
	}
	q.command, q.to.port = b[1], binary.BigEndian.Uint16(b[2:])
	rest := b[fixed:]
	end := bytes.IndexByte(rest, 0)
	if end < 0 {
		return q, 0, len(rest) <= maxText && isPlain(rest)
	}
	if q.user = rest[:end]; end > maxText || !isPlain(q.user) || q.to.port == 0 {
		return q, 0, false
	}
	n = fixed + end + 1
	if named := b[4] == 0 && b[5] == 0 && b[6] == 0 && b[7] != 0; !named {
		q.to.addr = netip.AddrFrom4([4]byte(b[4:8]))
		return q, n, true
	}
	rest = b[n:]
	if end = bytes.IndexByte(rest, 0); end < 0 {
		return q, 0, len(rest) <= maxText && isPlain(rest)
	}
	q.to.name = rest[:end]
	return q, n + end + 1, end <= maxText && isPlain(q.to.name)
}

func isPlain(b []byte) bool {
	for _, c := range b {
		if c <= ' ' || c >= 0x7f {
			return false
		}
	}
	return true
}
