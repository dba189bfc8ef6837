package stream

import "encoding/binary"

// Conn is what is kept for one conversation: 96 bytes, and the pages it holds. Its zero value is ready.
type Conn struct {
	halves [2]half
}

// half is one direction.
type half struct {
	offset  uint64 // of the next byte to give out
	head    uint64 // of the latest segment given out, to compare a repetition with: see headOf
	headSeq uint32
	next    uint32 // sequence number of the next byte to give out
	fin     uint32 // sequence number of the FIN
	acked   uint32 // beyond next: what one acknowledgement said is there
	stray   uint32 // end of the latest segment that was too far ahead
	first   uint32 // page of the lowest sequence number
	last    uint32 // and of the highest
	pages   uint16
	headLen uint8
	bits    halfBits
}

type halfBits uint8

const (
	begun   halfBits = 1 << iota // next is known
	exact                        // from a SYN
	heard                        // this direction itself was seen, not only spoken of
	ended                        // fin is known
	doubted                      // acked is set
	strayed                      // stray is set
	stopped                      // nobody reads
)

// headSize is how many bytes of a segment are compared when it comes again after it was given out. An answer forged in HTTP differs
// from the true one behind its status line.
const headSize = 64

// headOf is what a segment is known by afterwards: its first four bytes as they are, which tells it from a shorter one, too, and
// below them a hash of all that is compared.
func headOf(data []byte) (uint64, uint8) {
	n := min(len(data), headSize)
	return headAs(data, n), uint8(n)
}

func headAs(data []byte, n int) uint64 {
	var h uint64 = hashSeed
	b := data[:n]
	for ; len(b) >= 8; b = b[8:] {
		h = (h ^ binary.LittleEndian.Uint64(b)) * hashStep
		h ^= h >> 29
	}
	return plainHead(data[:n])<<32 | (h^word(b))*hashStep>>32
}

// Odd numbers with well-spread bits, from splitmix64.
const (
	hashSeed = 0x9e3779b97f4a7c15
	hashStep = 0xbf58476d1ce4e5b9
)

// plainHead is the first four bytes, or what there is of them.
func plainHead(data []byte) uint64 {
	if len(data) >= 4 {
		return uint64(binary.LittleEndian.Uint32(data))
	}
	return word(data)
}

// word is less than eight bytes as a number.
func word(b []byte) (w uint64) {
	for i, x := range b {
		w |= uint64(x) << (8 * i)
	}
	return w
}

// differs says whether a segment that came again begins with other bytes than before.
func (s *half) differs(seq uint32, data []byte) bool {
	if seq != s.headSeq || s.headLen == 0 {
		return false
	}
	if len(data) >= int(s.headLen) {
		return headAs(data, int(s.headLen)) != s.head
	}
	n := min(len(data), 4, int(s.headLen))
	return (plainHead(data)^s.head>>32)<<(64-8*uint(n)) != 0
}

// begin sets where the direction's data starts.
func (s *half) begin(seq uint32) {
	s.next = seq
	s.bits |= begun
}

// syn takes the place that a SYN gives, unless data has been given out already.
func (s *half) syn(seq uint32) {
	if s.offset == 0 && (s.first == 0 || s.bits&exact == 0) {
		s.begin(seq)
		s.bits |= exact
	}
}

// guessed says that nothing but a segment without data, or an acknowledgement, told where the stream begins. If that was a keep-alive,
// it was one too low (RFC 9293 section 3.8.4).
func (s *half) guessed() bool {
	return s.offset == 0 && s.first == 0 && s.bits&exact == 0
}

// settle sees to it that next is known when a segment comes. Without a SYN the start is a guess by what acknowledgements said;
// a segment that comes from shortly before it is part of the stream as well, as long as nothing was given out.
func (s *half) settle(seq uint32, wire int) {
	s.bits |= heard
	if s.bits&begun == 0 {
		s.begin(seq)
		return
	}
	if s.offset != 0 || s.bits&exact != 0 {
		return
	}
	ahead := int32(seq - s.next)
	switch {
	case ahead == 1 && s.guessed():
		s.next = seq
	case ahead < 0 && wire > 1 && ahead > -earlier:
		s.next = seq
	case s.first == 0 && wire > 0 && (ahead > window || ahead <= -earlier):
		s.next = seq
	}
}

const (
	// earlier is how far before its supposed start a stream seen from its middle may begin after all.
	earlier = 64 << 10
	// window is how far ahead of the next byte a segment is believed. Linux grants receive buffers of 6 MiB unless told otherwise.
	window = 16 << 20
)
