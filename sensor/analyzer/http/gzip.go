package http

import (
	"encoding/binary"

	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
)

const (
	// minGzip is a gzip member's header and trailer (RFC 1952 section 2.3).
	minGzip = 18
	// maxRatio is how far deflate can shrink anything: 258 bytes in two bits.
	maxRatio = 1032
	// likelyRatio is how far it shrinks what is worth sending. A body that lasts until the close may have been broken off, and its
	// last bytes may be anything: chance then hits a likely length once in hundreds.
	likelyRatio = 32
)

// keepTail remembers the last bytes of a body.
func (s *side) keepTail(b []byte) {
	n := min(len(b), len(s.tail))
	copy(s.tail[:], s.tail[n:])
	copy(s.tail[len(s.tail)-n:], b[len(b)-n:])
}

// inflate puts, for the length of a whole gzip body on the wire, the length of what it holds: Zeek logs that, and it is the
// body's last four bytes (RFC 1952 section 2.3.1: ISIZE, modulo 4 GiB). A length that deflate cannot have made is not
// believed.
func (s *side) inflate(d flow.Dir, ratio uint64) {
	if !s.head.gzip || s.x == nil {
		return
	}
	s.head.gzip = false
	n, size := s.x.length(d), uint64(binary.LittleEndian.Uint32(s.tail[:]))
	if *n >= minGzip && size <= *n*ratio && size+size/1024+64 >= *n {
		*n = size
	}
}
