package flow

import "github.com/mirrorwatch/mirrorwatch/sensor/packet"

// counterpart gives the type of the message that answers, or is answered by, an ICMP message. Those without one are told apart by
// their code, and only one side sends them.
func counterpart(kind packet.Kind, typ, code uint16) (other uint16, paired bool) {
	if kind == packet.KindICMP {
		other, paired = counterpart4(typ)
	} else {
		other, paired = counterpart6(typ)
	}
	if !paired {
		return code, false
	}
	return other, true
}

// counterpart4 knows echo, timestamp and information (RFC 792), router discovery (RFC 1256) and address mask (RFC 950).
func counterpart4(typ uint16) (uint16, bool) {
	switch typ {
	case 8:
		return 0, true
	case 0:
		return 8, true
	case 9, 13, 15, 17:
		return typ + 1, true
	case 10, 14, 16, 18:
		return typ - 1, true
	}
	return 0, false
}

// counterpart6 knows echo (RFC 4443), listener (RFC 2710), router and neighbour discovery (RFC 4861), node information (RFC
// 4620) and home agent discovery (RFC 6275).
func counterpart6(typ uint16) (uint16, bool) {
	switch typ {
	case 128, 130, 133, 135, 139, 144:
		return typ + 1, true
	case 129, 131, 134, 136, 140, 145:
		return typ - 1, true
	}
	return 0, false
}
