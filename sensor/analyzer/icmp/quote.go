package icmp

import (
	"encoding/binary"
	"net/netip"
)

// IP protocol numbers whose headers begin with two ports (IANA).
const (
	protoTCP  = 6
	protoUDP  = 17
	protoSCTP = 132
)

// quote reads the start of the packet that an error message quotes (RFC 792, RFC 4443 section 2.4), of the conversation's first
// error.
func (r *reader) quote(b []byte) {
	if !isError(r.rec.V6, r.rec.Type) || len(b) == 0 {
		return
	}
	if b[0]>>4 == 6 {
		r.quote6(b)
		return
	}
	r.quote4(b)
}

func (r *reader) quote4(b []byte) {
	const minHeader = 20
	if len(b) < minHeader || b[0]>>4 != 4 {
		return
	}
	r.rec.UnProto = b[9]
	r.rec.OrigUnH, r.rec.RespUnH = netip.AddrFrom4([4]byte(b[12:])), netip.AddrFrom4([4]byte(b[16:]))
	const offsetMask = 0x1fff
	if size := int(b[0]&15) * 4; size >= minHeader && len(b) > size && binary.BigEndian.Uint16(b[6:])&offsetMask == 0 {
		r.ports(b[size:])
	}
}

// quote6 reads ports only where no extension header comes before them.
func (r *reader) quote6(b []byte) {
	const header = 40
	if len(b) < header {
		return
	}
	r.rec.UnProto = b[6]
	r.rec.OrigUnH, r.rec.RespUnH = netip.AddrFrom16([16]byte(b[8:])), netip.AddrFrom16([16]byte(b[24:]))
	r.ports(b[header:])
}

func (r *reader) ports(b []byte) {
	switch r.rec.UnProto {
	case protoTCP, protoUDP, protoSCTP:
		if len(b) >= 4 {
			r.rec.OrigUnP, r.rec.RespUnP = binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:])
		}
	}
}

// isEcho says whether a type is echo or its reply.
func isEcho(v6 bool, t uint8) bool {
	return t == echoReplyType(v6) || !v6 && t == 8 || v6 && t == 128
}

func echoReplyType(v6 bool) uint8 {
	if v6 {
		return 129
	}
	return 0
}

// isError says whether a type quotes a packet: in ICMPv6 all below 128, redirects apart, which carry it in an option.
func isError(v6 bool, t uint8) bool {
	if v6 {
		return t >= 1 && t <= 4
	}
	return t == 3 || t == 4 || t == 5 || t == 11 || t == 12
}

// paired says whether a type has a counterpart that answers it; the conversation's second port is then that type, else the code.
func paired(v6 bool, t uint8) bool {
	if v6 {
		return t >= 128 && t <= 131 || t >= 133 && t <= 136 || t == 139 || t == 140 || t == 144 || t == 145
	}
	return t == 0 || t >= 8 && t <= 10 || t >= 13 && t <= 18
}

// typeName names a type in the style of the other logs (IANA ICMP and ICMPv6 parameters), "" where it is not assigned.
func typeName(v6 bool, t uint8) string {
	if v6 {
		return typeName6(t)
	}
	switch t {
	case 0:
		return "echo_reply"
	case 3:
		return "unreachable"
	case 4:
		return "source_quench"
	case 5:
		return "redirect"
	case 8:
		return "echo"
	case 9:
		return "router_advertisement"
	case 10:
		return "router_solicitation"
	case 11:
		return "time_exceeded"
	case 12:
		return "parameter_problem"
	case 13:
		return "timestamp"
	case 14:
		return "timestamp_reply"
	case 15:
		return "information"
	case 16:
		return "information_reply"
	case 17:
		return "address_mask"
	case 18:
		return "address_mask_reply"
	}
	return ""
}

func typeName6(t uint8) string {
	switch t {
	case 1:
		return "unreachable"
	case 2:
		return "packet_too_big"
	case 3:
		return "time_exceeded"
	case 4:
		return "parameter_problem"
	case 128:
		return "echo"
	case 129:
		return "echo_reply"
	case 130:
		return "listener_query"
	case 131, 143:
		return "listener_report"
	case 132:
		return "listener_done"
	case 133:
		return "router_solicitation"
	case 134:
		return "router_advertisement"
	case 135:
		return "neighbor_solicitation"
	case 136:
		return "neighbor_advertisement"
	case 137:
		return "redirect"
	}
	return ""
}
