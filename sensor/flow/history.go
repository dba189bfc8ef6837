package flow

import "github.com/mirrorwatch/mirrorwatch/sensor/packet"

// The letters that a direction gets once, as bits.
const (
	letterSYN uint8 = 1 << iota
	letterFIN
	letterRST
	letterData
	letterAck
	letterMulti
	letterInconsistent
	secondAnswer // no letter: see doubtAnswer
)

// Places in Endpoint.marks.
const (
	markSYN = iota
	markFIN
	markRST
)

// History is Zeek's history: one letter for each kind of packet in the order they first came, upper case for the originator's.
// "^" says that the roles were put right against what the first packet looked like.
func (c *Conversation) History() string { return string(c.history[:c.written]) }

func (c *Conversation) write(letter byte) {
	if c.written < maxHistory {
		c.history[c.written] = letter
		c.written++
	}
}

func (c *Conversation) writeFor(d Dir, letter byte) {
	if d == Resp {
		letter |= 0x20
	}
	c.write(letter)
}

// once writes a letter the first time, and says whether it had been written before.
func (c *Conversation) once(d Dir, bit uint8, letter byte) bool {
	if c.letters[d]&bit != 0 {
		return true
	}
	c.letters[d] |= bit
	c.writeFor(d, letter)
	return false
}

// scaled counts an event, and writes its letter at the first, the tenth, the hundredth and so on.
func (c *Conversation) scaled(d Dir, count *uint32, letter byte) {
	*count++
	switch *count {
	case 1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000:
		c.writeFor(d, letter)
	}
}

// moved writes a letter again when its packet came at another place in the sequence space than the last of its kind.
func (c *Conversation) moved(d Dir, e *Endpoint, mark int, bit uint8, letter byte, at int64) {
	if c.once(d, bit, letter) && uint32(at) != e.marks[mark] {
		c.writeFor(d, letter)
	}
	e.marks[mark] = uint32(at)
}

// flagLetters writes what a TCP segment's flags and payload ask for. at is its place in the sender's sequence space.
func (c *Conversation) flagLetters(p *packet.Packet, d Dir, e *Endpoint, at int64) {
	switch p.Flags & (packet.SYN | packet.FIN | packet.RST) {
	case 0:
		if p.PayloadLen > 0 {
			c.once(d, letterData, 'D')
		} else if p.Flags&packet.ACK != 0 {
			c.once(d, letterAck, 'A')
		}
	case packet.SYN:
		letter := byte('S')
		if p.Flags&packet.ACK != 0 {
			letter = 'H'
		}
		c.moved(d, e, markSYN, letterSYN, letter, at)
	case packet.FIN:
		// A FIN stands behind its segment's data (RFC 9293 section 3.4).
		c.moved(d, e, markFIN, letterFIN, 'F', at+int64(p.PayloadLen))
	case packet.RST:
		c.moved(d, e, markRST, letterRST, 'R', at)
	default:
		if p.Flags&(packet.FIN|packet.RST) == packet.FIN|packet.RST {
			c.once(d, letterInconsistent, 'I')
		} else {
			c.once(d, letterMulti, 'Q')
		}
	}
}

// Gap says that n bytes which the sender of direction d had sent will never be seen. As with Zeek it counts only while both
// sides are established or closed in order: of a conversation seen from its middle, or after a reset, the numbers prove nothing.
func (c *Conversation) Gap(d Dir, n int) {
	e, peer := c.ends(d)
	if n <= 0 || !e.orderly() || !peer.orderly() {
		return
	}
	c.MissedBytes += uint64(n)
	c.scaled(d, &e.gaps, 'G')
}

func (e *Endpoint) orderly() bool {
	return e.state == tcpEstablished || e.state == tcpClosed && e.before == tcpEstablished
}
