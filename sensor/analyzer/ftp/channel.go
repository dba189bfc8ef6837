package ftp

import (
	"bytes"
	"net/netip"
	"strconv"
)

// channel is where a data connection will go to.
type channel struct {
	passive bool
	host    netip.Addr
	port    uint16
}

// parsePort reads h1,h2,h3,h4,p1,p2 (RFC 959 section 5.3.2), wherever it stands in the text.
func parsePort(b []byte) channel {
	for i := range b {
		if b[i] < '0' || b[i] > '9' || i > 0 && b[i-1] >= '0' && b[i-1] <= '9' {
			continue
		}
		if n, ok := sixNumbers(b[i:]); ok {
			return channel{host: netip.AddrFrom4([4]byte(n[:4])), port: uint16(n[4])<<8 | uint16(n[5])}
		}
	}
	return channel{}
}

func sixNumbers(b []byte) (n [6]byte, ok bool) {
	at := 0
	for i := range n {
		v, digits := 0, 0
		for at < len(b) && digits < 3 && b[at] >= '0' && b[at] <= '9' {
			v, at, digits = v*10+int(b[at]-'0'), at+1, digits+1
		}
		if digits == 0 || v > 255 {
			return n, false
		}
		n[i] = byte(v)
		if i < len(n)-1 {
			if at >= len(b) || b[at] != ',' {
				return n, false
			}
			at++
		}
	}
	return n, true
}

// parseEprt reads |1|132.235.1.2|6275| or |2|::1|6275| (RFC 2428 section 2), whatever the delimiter.
func parseEprt(b []byte) channel {
	if len(b) < 2 {
		return channel{}
	}
	parts := bytes.SplitN(b, b[:1], 5)
	if len(parts) < 4 || len(parts[2]) > 45 {
		return channel{}
	}
	host, err := netip.ParseAddr(string(parts[2]))
	port, perr := strconv.ParseUint(string(parts[3]), 10, 16)
	if err != nil || perr != nil || host.Zone() != "" {
		return channel{}
	}
	return channel{host: host.Unmap(), port: uint16(port)}
}

// passive reads the reply to PASV or EPSV. EPSV names only a port, of the server itself (RFC 2428 section 3).
func (r *reader) passive(verb string, code uint16, said []byte) channel {
	if code/100 != 2 {
		return channel{}
	}
	if verb == "PASV" {
		c := parsePort(said)
		c.passive = c.port != 0
		return c
	}
	at := bytes.Index(said, []byte("|||"))
	if at < 0 {
		return channel{}
	}
	text, _, _ := bytes.Cut(said[at+3:], []byte{'|'})
	port, err := strconv.ParseUint(string(text[:min(len(text), 6)]), 10, 16)
	if err != nil {
		return channel{}
	}
	return channel{passive: true, host: r.conv.Head.RespH, port: uint16(port)}
}
