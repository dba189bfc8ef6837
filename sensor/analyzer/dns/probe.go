package dns

import (
	"encoding/binary"

	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
)

const (
	// minRecord is the least that a resource record takes: a root name and the fixed part.
	minRecord = 11
	// maxStrangeMessage is the longest TCP message that is believed on a port that is not DNS's.
	maxStrangeMessage = 16 << 10
)

// probe reads the bytes as a datagram and as a stream, because it is not told which they are: a frame's length where a datagram
// has its id shifts every field by two, and one of both readings falls.
func probe(_ flow.Dir, head []byte, hinted bool) analyzer.Verdict {
	return max(probeMessage(head, hinted), probeFramed(head, hinted))
}

// probeFramed judges the start of a TCP stream as far as its bytes go.
func probeFramed(head []byte, hinted bool) analyzer.Verdict {
	if len(head) < 2 {
		return analyzer.Maybe
	}
	size := int(binary.BigEndian.Uint16(head))
	if size < headerLen || !hinted && size > maxStrangeMessage {
		return analyzer.No
	}
	msg := head[2:]
	if len(msg) > size {
		msg = msg[:size]
	}
	switch {
	case len(msg) >= 4 && !plausibleFlags(binary.BigEndian.Uint16(msg[2:]), hinted):
		return analyzer.No
	case len(msg) < size && len(head) < analyzer.MaxProbe:
		if h, ok := parseHeader(msg); ok && !plausibleCounts(h, size, hinted) {
			return analyzer.No
		}
		return analyzer.Maybe
	}
	h, ok := parseHeader(msg)
	if !ok || !plausibleCounts(h, size, hinted) {
		return analyzer.No
	}
	return judge(h, msg, len(msg) == size, hinted)
}

// probeMessage judges a datagram. One that fills the probe may be longer, and one on a known port may have been cut.
func probeMessage(head []byte, hinted bool) analyzer.Verdict {
	h, ok := parseHeader(head)
	if !ok || !plausibleFlags(h.flags, hinted) {
		return analyzer.No
	}
	whole := !hinted && len(head) < analyzer.MaxProbe
	size := 0xffff
	if whole {
		size = len(head)
	}
	if !plausibleCounts(h, size, hinted) {
		return analyzer.No
	}
	return judge(h, head, whole, hinted)
}

// plausibleFlags refuses opcodes that nobody assigned, and questions that carry an error.
func plausibleFlags(flags uint16, hinted bool) bool {
	h := header{flags: flags}
	op := h.opcode()
	if op > 8 || op == 3 || !hinted && op != 0 && op != 4 && op != 5 {
		return false
	}
	if !h.response() && (h.rcode() != 0 || h.authoritative() && !hinted) {
		return false
	}
	return hinted || flags&0x40 == 0 // RFC 1035 section 4.1.1: the last Z bit is zero
}

// plausibleCounts refuses messages that could not hold what they announce.
func plausibleCounts(h header, size int, hinted bool) bool {
	if h.questions > maxQuestions || headerLen+5*int(h.questions)+minRecord*h.records() > size {
		return false
	}
	if h.questions == 0 {
		return h.response() && (h.answers > 0 || hinted && h.rcode() != 0) || hinted && h.authority > 0
	}
	if h.response() {
		return true
	}
	// A query's records are prerequisites and updates, or known answers in multicast DNS: elsewhere none, but for one in
	// NOTIFY, an EDNS option and a signature.
	return hinted || h.opcode() != 0 || h.records() <= 2
}

// judge walks the message. A stranger's has to fit its length to the byte; on a known port the questions are enough, because
// the frame may have been cut.
func judge(h header, msg []byte, whole, hinted bool) analyzer.Verdict {
	off, ok := walkQuestions(h, msg, hinted)
	if !ok {
		return analyzer.No
	}
	if h.questions == 0 && h.records() > 0 && !plausibleRecord(msg, off) {
		return analyzer.No
	}
	if hinted || !whole {
		return analyzer.Yes
	}
	for range h.records() {
		if _, off, ok = parseResource(msg, off); !ok {
			return analyzer.No
		}
	}
	if off != len(msg) {
		return analyzer.No
	}
	return analyzer.Yes
}

// plausibleRecord is what a message without a question is known by.
func plausibleRecord(msg []byte, off int) bool {
	var scratch [maxNameText]byte
	if _, _, ok := appendName(scratch[:0], msg, off); !ok {
		return false
	}
	rr, _, ok := parseResource(msg, off)
	return ok && knownType(rr.rtype) != "" && knownClass(rr.class)
}

func walkQuestions(h header, msg []byte, hinted bool) (off int, ok bool) {
	off = headerLen
	var scratch [maxNameText]byte
	for range h.questions {
		var name []byte
		if name, off, ok = appendName(scratch[:0], msg, off); !ok || len(msg)-off < 4 {
			return off, false
		}
		qtype, qclass := binary.BigEndian.Uint16(msg[off:]), binary.BigEndian.Uint16(msg[off+2:])
		if qtype == 0 || !knownClass(qclass) || !hinted && (knownType(qtype) == "" || !hostLike(name)) {
			return off, false
		}
		off += 4
	}
	return off, true
}

// knownClass leaves aside the bit that multicast DNS puts on top (RFC 6762 sections 5.4 and 10.2).
func knownClass(c uint16) bool {
	switch c & 0x7fff {
	case 1, 2, 3, 4, 254, 255:
		return true
	}
	return false
}

// hostLike says that a name is of the characters that names are made of.
func hostLike(name []byte) bool {
	for _, c := range name {
		if c <= ' ' || c >= 0x7f || c == '\\' {
			return false
		}
	}
	return true
}
