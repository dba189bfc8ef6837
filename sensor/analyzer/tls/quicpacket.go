package tls

import "encoding/binary"

// Kinds of packets (RFC 9000 section 17).
const (
	quicInitial = iota
	quicZeroRTT
	quicHandshake
	quicRetry
	quicShort // its own header, behind the handshake
	quicOther // of a version that cannot be read, or a list of versions
)

const (
	maxConnectionID = 20 // RFC 9000 section 17.2
	// maxLongHeader is how long the header of a first packet may be; a token in it has room for about 200 bytes, servers' take less than 150.
	maxLongHeader = 256
	maxToken      = 200
)

// quicPacket is one packet in a datagram, borrowed.
type quicPacket struct {
	kind       int
	version    uint32
	dcid, scid []byte
	numberAt   int    // where its number stands
	whole      []byte // from the first byte to its end
}

// varint reads a number of one, two, four or eight bytes (RFC 9000 section 16).
func (c *cursor) varint() uint64 {
	if len(c.b) == 0 {
		c.bad = true
		return 0
	}
	size := 1 << (c.b[0] >> 6)
	b := c.take(size)
	if c.bad {
		return 0
	}
	v := uint64(b[0] & 0x3f)
	for _, x := range b[1:] {
		v = v<<8 | uint64(x)
	}
	return v
}

// parseQUIC reads the packet at the head of a datagram.
func parseQUIC(b []byte) (p quicPacket, ok bool) {
	if len(b) == 0 || b[0]&0x40 == 0 && b[0]&0x80 == 0 {
		return p, false
	}
	p.whole = b
	if b[0]&0x80 == 0 {
		p.kind = quicShort
		return p, true
	}
	c := cursor{b: b[1:]}
	p.version = uint32(c.uint(4))
	p.dcid, p.scid = c.vector(1), c.vector(1)
	if c.bad || len(p.dcid) > maxConnectionID || len(p.scid) > maxConnectionID {
		return p, false
	}
	v := findQUIC(p.version)
	if v == nil {
		p.kind = quicOther
		return p, true
	}
	if p.kind = int(b[0]>>4&3+4-v.turned) & 3; p.kind == quicRetry {
		return p, true
	}
	if p.kind == quicInitial {
		if n := c.varint(); n > maxToken || len(c.take(int(n))) != int(n) {
			return p, false
		}
	}
	length := c.varint()
	if c.bad || length > uint64(len(c.b)) {
		return p, false
	}
	p.numberAt = len(b) - len(c.b)
	p.whole = b[:p.numberAt+int(length)]
	return p, true
}

// Frames that a first packet may hold (RFC 9000 section 17.2.2).
const (
	framePadding = 0
	framePing    = 1
	frameACK     = 2
	frameACKECN  = 3
	frameCrypto  = 6
	frameClose   = 0x1c
)

// eachCrypto calls f for what of the handshake a packet holds, and says whether the connection was closed. It stops at what it cannot read.
func eachCrypto(b []byte, f func(offset uint64, data []byte)) (closed bool) {
	for c := (cursor{b: b}); c.more(); {
		switch kind := c.u8(); kind {
		case framePadding, framePing:
		case frameACK, frameACKECN:
			c.varint()
			c.varint()
			ranges := c.varint()
			c.varint()
			for ; ranges > 0 && !c.bad; ranges-- {
				c.varint()
				c.varint()
			}
			if kind == frameACKECN {
				c.varint()
				c.varint()
				c.varint()
			}
		case frameCrypto:
			offset, length := c.varint(), c.varint()
			if length > uint64(len(c.b)) {
				return closed
			}
			f(offset, c.take(int(length)))
		case frameClose:
			return true
		default:
			return closed
		}
	}
	return closed
}

// cryptoStream puts the pieces of one side's handshake in order. Browsers send them in any, to see that nobody relies on it.
type cryptoStream struct {
	bytes []byte  // from the start; what is missing is zero
	have  []piece // what is there, not in order
	done  int     // how much was read
}

type piece struct{ from, to int }

const (
	maxCrypto = 16 << 10 // a hello with the largest post-quantum shares stays below 4 KiB
	maxPieces = 64
)

// add takes a piece and gives what is in order now and was not before.
func (s *cryptoStream) add(offset uint64, data []byte) []byte {
	end := offset + uint64(len(data))
	if end > maxCrypto || len(s.have) >= maxPieces {
		return nil
	}
	for len(s.bytes) < int(end) {
		s.bytes = append(s.bytes, make([]byte, int(end)-len(s.bytes))...)
	}
	copy(s.bytes[offset:], data)
	s.have = append(s.have, piece{int(offset), int(end)})
	to := s.done
	for again := true; again; {
		again = false
		for _, p := range s.have {
			if p.from <= to && p.to > to {
				to, again = p.to, true
			}
		}
	}
	ready := s.bytes[s.done:to]
	s.done = to
	return ready
}

func be32(b []byte) uint32 { return binary.BigEndian.Uint32(b) }
