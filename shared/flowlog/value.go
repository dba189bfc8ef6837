package flowlog

import (
	"net/netip"
	"unsafe"
)

// maxText is how long a value may be: the longest there are are ARNs of ECS.
const maxText = 512

// maxNames is how many texts are remembered at a time: interfaces, instances, tasks. Beyond it all are forgotten and learned again, so
// that a file that never repeats itself takes no more than this.
const maxNames = 16 << 10

// names keeps one string of each text, so that a record that says what others said costs no memory.
type names struct {
	known map[string]string
	last  [textCount]string // of a file mostly one account, one region, one VPC
}

func (n *names) of(f Field, b []byte) string {
	last := &n.last[f-firstText]
	if *last == string(b) {
		return *last
	}
	s, has := n.known[string(b)]
	if !has {
		if len(n.known) >= maxNames || n.known == nil {
			n.known = make(map[string]string)
		}
		s = string(b)
		n.known[s] = s
	}
	*last = s
	return s
}

// set puts a value where it belongs. It gives "", or what would have been allowed. A dash and nothing at all mean that there is none.
func (n *names) set(r *Record, f Field, b []byte) string {
	if len(b) == 0 || len(b) == 1 && b[0] == '-' {
		return ""
	}
	s := &specs[f]
	switch s.sort {
	case number:
		v, ok := parseNumber(b)
		return n.setNumber(r, f, v, ok)
	case address:
		if !setAddress(r, f, b) {
			return s.allowed
		}
	case word:
		if !setWord(r, f, b) {
			return s.allowed
		}
	default:
		if len(b) > maxText {
			return "a text of at most 512 bytes"
		}
		r.texts[f-firstText] = n.of(f, b)
	}
	r.has |= 1 << f
	return ""
}

// setNumber is set for a field that is a number.
func (n *names) setNumber(r *Record, f Field, v uint64, ok bool) string {
	s := &specs[f]
	if !ok || v > s.most {
		return s.allowed
	}
	switch f {
	case Version:
		r.Version = uint8(v)
	case SrcPort:
		r.SrcPort = uint16(v)
	case DstPort:
		r.DstPort = uint16(v)
	case Protocol:
		r.Protocol = uint8(v)
	case Packets:
		r.Packets = v
	case Bytes:
		r.Bytes = v
	case Start:
		r.Start = int64(v)
	case End:
		r.End = int64(v)
	case TCPFlags:
		r.TCPFlags = uint8(v)
	case TrafficPath:
		r.Path = uint8(v)
	}
	r.has |= 1 << f
	return ""
}

// parseNumber reads decimal digits and nothing else.
func parseNumber(b []byte) (v uint64, ok bool) {
	if len(b) == 0 || len(b) > 19 { // 19 digits cannot run over
		return 0, false
	}
	for _, c := range b {
		d := c - '0'
		if d > 9 {
			return 0, false
		}
		v = v*10 + uint64(d)
	}
	return v, true
}

func setAddress(r *Record, f Field, b []byte) bool {
	a, ok := parseAddr(b)
	if !ok {
		return false
	}
	switch f {
	case SrcAddr:
		r.Src = a
	case DstAddr:
		r.Dst = a
	case PktSrcAddr:
		r.PktSrc = a
	case PktDstAddr:
		r.PktDst = a
	}
	return true
}

// maxAddr is the longest way to write an address without a zone.
const maxAddr = len("ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255")

// parseAddr reads an address without a zone. The parser keeps none of the bytes but in its error, which we drop, so that they need not
// be copied.
func parseAddr(b []byte) (netip.Addr, bool) {
	if len(b) == 0 || len(b) > maxAddr {
		return netip.Addr{}, false
	}
	for _, c := range b {
		if c == '%' {
			return netip.Addr{}, false
		}
	}
	a, err := netip.ParseAddr(unsafe.String(&b[0], len(b)))
	return a.Unmap(), err == nil
}

func setWord(r *Record, f Field, b []byte) bool {
	switch f {
	case ActionTaken:
		r.Action = Action(1 + index(b, "ACCEPT", "REJECT"))
		return r.Action != NoAction
	case LogStatus:
		r.Status = Status(1 + index(b, "OK", "NODATA", "SKIPDATA"))
		return r.Status != NoStatus
	}
	r.Direction = Direction(1 + index(b, "ingress", "egress"))
	return r.Direction != NoDirection
}

// index is the place of b among the words, or -1.
func index(b []byte, words ...string) int {
	for i, w := range words {
		if string(b) == w {
			return i
		}
	}
	return -1
}
