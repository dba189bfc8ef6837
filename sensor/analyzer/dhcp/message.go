package dhcp

import (
	"encoding/binary"
	"net/netip"
	"strconv"
	"strings"
)

const (
	fixedLen  = 236        // BOOTP's fixed part (RFC 951 section 3)
	cookie    = 0x63825363 // RFC 2131 section 3
	maxHops   = 16         // RFC 1542 section 4.1.1
	ethernet  = 1          // hardware type
	etherLen  = 6          //
	maxHardwr = 38         // the highest hardware type assigned (IANA ARP parameters)
)

// Options that are read (RFC 2132; 81 is RFC 4702).
const (
	optPad       = 0
	optHostName  = 12
	optDomain    = 15
	optRequested = 50
	optLease     = 51
	optOverload  = 52
	optKind      = 53
	optServer    = 54
	optMessage   = 56
	optFQDN      = 81
	optEnd       = 255
)

// message is one datagram; its slices are borrowed.
type message struct {
	fromClient bool
	relayed    bool
	cookie     bool
	kind       uint8 // message type; 0 for BOOTP
	xid        uint32
	lease      uint32 // seconds
	mac        [6]byte

	client, yours, requested, server netip.Addr
	hostName, domain, text, fqdn     []byte
}

// parse reads a datagram. It is not ok when it cannot be BOOTP; options that are cut short end the walk.
func parse(b []byte) (m message, ok bool) {
	if len(b) < fixedLen || b[0] != 1 && b[0] != 2 || b[1] == 0 || b[1] > maxHardwr || b[2] > 16 || b[3] > maxHops {
		return message{}, false
	}
	m.fromClient = b[0] == 1
	m.xid = binary.BigEndian.Uint32(b[4:])
	m.client, m.yours = addr(b[12:]), addr(b[16:])
	m.relayed = binary.BigEndian.Uint32(b[24:]) != 0
	if b[1] == ethernet && b[2] == etherLen {
		m.mac = [6]byte(b[28:])
	}
	if len(b) < fixedLen+4 || binary.BigEndian.Uint32(b[fixedLen:]) != cookie {
		return m, true
	}
	m.cookie = true
	overload := m.options(b[fixedLen+4:])
	if overload&1 != 0 {
		m.options(b[108:236]) // file
	}
	if overload&2 != 0 {
		m.options(b[44:108]) // sname
	}
	return m, true
}

// ends says that nothing follows in the transaction: an ACK, a NAK, BOOTP's reply, or DECLINE and RELEASE, which nobody answers.
func (m *message) ends() bool {
	switch m.kind {
	case 0:
		return !m.fromClient
	case 4, 5, 6, 7:
		return true
	}
	return false
}

func addr(b []byte) netip.Addr { return netip.AddrFrom4([4]byte(b)) }

// options walks tags, lengths and values (RFC 2132 section 2), and gives the overload option's value.
func (m *message) options(b []byte) (overload uint8) {
	for len(b) > 0 && b[0] != optEnd {
		if b[0] == optPad {
			b = b[1:]
			continue
		}
		if len(b) < 2 || len(b)-2 < int(b[1]) {
			return overload
		}
		value := b[2 : 2+int(b[1])]
		if b[0] == optOverload && len(value) == 1 {
			overload = value[0]
		}
		m.option(b[0], value)
		b = b[2+len(value):]
	}
	return overload
}

func (m *message) option(tag uint8, value []byte) {
	switch {
	case tag == optHostName:
		m.hostName = value
	case tag == optDomain:
		m.domain = value
	case tag == optMessage:
		m.text = value
	case tag == optFQDN && len(value) >= 3:
		m.fqdn = value
	case tag == optKind && len(value) == 1:
		m.kind = value[0]
	case tag == optLease && len(value) == 4:
		m.lease = binary.BigEndian.Uint32(value)
	case tag == optRequested && len(value) == 4:
		m.requested = addr(value)
	case tag == optServer && len(value) == 4:
		m.server = addr(value)
	}
}

// fqdnText reads RFC 4702's option: flags, two bytes without meaning, and a name, in DNS form where flag E is set.
func fqdnText(value []byte) []byte {
	const flagE = 4
	name := value[3:]
	if value[0]&flagE == 0 {
		return name
	}
	var out []byte
	for len(name) > 0 && name[0] != 0 && int(name[0]) < len(name) {
		if out != nil {
			out = append(out, '.')
		}
		out = append(out, name[1:1+int(name[0])]...)
		name = name[1+int(name[0]):]
	}
	return out
}

// kinds are the message types by number (IANA BOOTP parameters).
var kinds = [...]string{
	"", "DISCOVER", "OFFER", "REQUEST", "DECLINE", "ACK", "NAK", "RELEASE", "INFORM", "FORCERENEW", "LEASEQUERY",
	"LEASEUNASSIGNED", "LEASEUNKNOWN", "LEASEACTIVE", "BULKLEASEQUERY", "LEASEQUERYDONE", "ACTIVELEASEQUERY",
	"LEASEQUERYSTATUS", "TLS",
}

// kindNames is a message type's name as a list of one; for a known type the list is shared, and has no room for an append.
func kindNames(k uint8) []string {
	if int(k) < len(kinds) {
		return kinds[k : k+1 : k+1]
	}
	return []string{"unknown-message-type-" + strconv.Itoa(int(k))}
}

const hexDigits = "0123456789abcdef"

func macText(mac [6]byte) string {
	var b [17]byte
	for i, c := range mac {
		if i > 0 {
			b[3*i-1] = ':'
		}
		b[3*i], b[3*i+1] = hexDigits[c>>4], hexDigits[c&15]
	}
	return string(b[:])
}

// text makes an option's characters fit for a log: no trailing zeros (RFC 2132 section 2 allows them), other odd bytes as \xNN.
func text(b []byte) string {
	for len(b) > 0 && b[len(b)-1] == 0 {
		b = b[:len(b)-1]
	}
	var s strings.Builder
	for _, c := range b {
		switch {
		case c == '\\':
			s.WriteString(`\\`)
		case c >= ' ' && c < 0x7f:
			s.WriteByte(c)
		default:
			s.WriteString(`\x`)
			s.WriteByte(hexDigits[c>>4])
			s.WriteByte(hexDigits[c&15])
		}
	}
	return s.String()
}
