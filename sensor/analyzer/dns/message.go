package dns

import "encoding/binary"

const (
	headerLen = 12 // RFC 1035 section 4.1.1
	// maxQuestions is above what any resolver sends (one), and what multicast DNS sends (a screenful); Zeek uses the same.
	maxQuestions = 25
)

// header is a message's first twelve bytes.
type header struct {
	id, flags                              uint16
	questions, answers, authority, related uint16
}

func parseHeader(msg []byte) (h header, ok bool) {
	if len(msg) < headerLen {
		return header{}, false
	}
	be := binary.BigEndian
	return header{
		id: be.Uint16(msg), flags: be.Uint16(msg[2:]), questions: be.Uint16(msg[4:]),
		answers: be.Uint16(msg[6:]), authority: be.Uint16(msg[8:]), related: be.Uint16(msg[10:]),
	}, true
}

func (h header) response() bool           { return h.flags&0x8000 != 0 }
func (h header) opcode() uint8            { return uint8(h.flags >> 11 & 15) }
func (h header) authoritative() bool      { return h.flags&0x0400 != 0 }
func (h header) truncated() bool          { return h.flags&0x0200 != 0 }
func (h header) recursionDesired() bool   { return h.flags&0x0100 != 0 }
func (h header) recursionAvailable() bool { return h.flags&0x0080 != 0 }
func (h header) rcode() uint16            { return h.flags & 15 }

// reserved is RFC 1035's three Z bits, two of which RFC 4035 has since named AD and CD: Zeek logs them as one number.
func (h header) reserved() uint8 { return uint8(h.flags >> 4 & 7) }

func (h header) records() int { return int(h.answers) + int(h.authority) + int(h.related) }

// question is an entry of the question section; name is borrowed.
type question struct {
	name          []byte
	qtype, qclass uint16
	seen          bool
}

// parseQuestions walks the question section and gives its last entry, as Zeek's log does for the several of multicast DNS.
// The name is written into buf.
func parseQuestions(buf, msg []byte, h header) (q question, off int, ok bool) {
	off = headerLen
	for range h.questions {
		var name []byte
		if name, off, ok = appendName(buf, msg, off); !ok || len(msg)-off < 4 {
			return question{}, off, false
		}
		q = question{name: name, qtype: binary.BigEndian.Uint16(msg[off:]), qclass: binary.BigEndian.Uint16(msg[off+2:]), seen: true}
		off += 4
	}
	return q, off, true
}

// resource is a resource record's fixed part; data is borrowed. The owner's name is left where it is, because few are wanted.
type resource struct {
	nameOff      int
	rtype, class uint16
	ttl          uint32
	data         []byte
	dataOff      int // of data in the message, for the compression pointers inside it
}

// parseResource reads the record at off and gives where the next begins. A record cut short is not ok.
func parseResource(msg []byte, off int) (rr resource, next int, ok bool) {
	rr.nameOff = off
	off, ok = skipName(msg, off)
	if !ok || len(msg)-off < 10 {
		return resource{}, off, false
	}
	be := binary.BigEndian
	rr.rtype, rr.class, rr.ttl, rr.dataOff = be.Uint16(msg[off:]), be.Uint16(msg[off+2:]), be.Uint32(msg[off+4:]), off+10
	size := int(be.Uint16(msg[off+8:]))
	if len(msg)-rr.dataOff < size {
		return resource{}, off, false
	}
	next = rr.dataOff + size
	rr.data = msg[rr.dataOff:next]
	return rr, next, true
}
