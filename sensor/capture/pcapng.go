package capture

import (
	"encoding/binary"
	"fmt"
)

// Block types of pcapng (draft-ietf-opsawg-pcapng section 4).
const (
	blockSection        = 0x0a0d0d0a
	blockInterface      = 1
	blockObsoletePacket = 2
	blockSimplePacket   = 3
	blockPacket         = 6
)

// Sizes and limits of pcapng, in bytes.
const (
	byteOrderMagic = 0x1a2b3c4d

	// blockFrame is what surrounds a block's body: type and length before it, the length again behind it.
	blockFrame = 12

	// maxBlock is the most a block of any type may claim: Wireshark's limit, which leaves room for the largest block of
	// TLS keys or names.
	maxBlock = 16 << 20

	// maxWhole is the most that a block which is read may claim: the largest packet, and its options.
	maxWhole = maxSnap + 64<<10

	// maxInterfaces is how many interfaces one section may describe; each takes 40 bytes of memory.
	maxInterfaces = 4096
)

// pcapng is the block format: sections, each with its byte order and its interfaces, each of those with a link type and a
// clock of its own.
type pcapng struct {
	order  order
	faces  []face
	seen   uint64 // packets so far, given or skipped
	unread uint64 // packets whose link type nothing reads
	odd    face   // the interface of the last of those
	last   int64  // time of the packet before, for packets without one
}

func newPcapng() *pcapng { return &pcapng{} }

// isPcapng looks for a section header, which reads the same in both byte orders, and its byte-order magic.
func isPcapng(head []byte) bool {
	if len(head) < 12 || binary.LittleEndian.Uint32(head) != blockSection {
		return false
	}
	return order(false).u32(head[8:]) == byteOrderMagic || order(true).u32(head[8:]) == byteOrderMagic
}

// frames reads the blocks that are whole, and keeps the packets among them.
func (p *pcapng) frames(b *Batch, data []byte) (used int, bad *fault) {
	for len(b.Frames) < MaxFrames && len(data)-used >= blockFrame {
		block := data[used:]
		kind := p.order.u32(block)
		if kind == blockSection && !p.section(block) {
			return used, &fault{used, "a section header without its byte-order magic"}
		}
		size, reason := p.size(kind, block)
		if reason != "" {
			return used, &fault{used, reason}
		}
		if len(block) < size && skippable(kind) {
			return used + size, nil
		}
		if len(block) < size {
			break
		}
		if p.order.u32(block[size-4:]) != uint32(size) {
			return used, &fault{used, fmt.Sprintf("a block states %d bytes at its start and %d at its end", size,
				p.order.u32(block[size-4:]))}
		}
		if reason := p.block(b, kind, block[8:size-4:size-4]); reason != "" {
			return used, &fault{used, reason}
		}
		used += size
	}
	return used, nil
}

// section takes the byte order of a section header, which has to be known to read even its length.
func (p *pcapng) section(block []byte) bool {
	for _, o := range [2]order{false, true} {
		if o.u32(block[8:]) == byteOrderMagic {
			p.order = o
			return true
		}
	}
	return false
}

// skippable says that nothing is read from blocks of this type.
func skippable(kind uint32) bool {
	switch kind {
	case blockSection, blockInterface, blockObsoletePacket, blockSimplePacket, blockPacket:
		return false
	}
	return true
}

// size reads a block's length and holds it against the limits.
func (p *pcapng) size(kind uint32, block []byte) (n int, reason string) {
	size := p.order.u32(block[4:])
	limit := uint32(maxWhole)
	if skippable(kind) {
		limit = maxBlock
	}
	switch {
	case size < blockFrame || size%4 != 0:
		return 0, fmt.Sprintf("a block of type %d states a length of %d bytes, which no block has", kind, size)
	case size > limit:
		return 0, fmt.Sprintf("a block of type %d states a length of %d bytes, more than the limit of %d", kind, size, limit)
	}
	return int(size), ""
}

// block reads one block's body.
func (p *pcapng) block(b *Batch, kind uint32, body []byte) (reason string) {
	switch kind {
	case blockPacket:
		return p.packet(b, body)
	case blockInterface:
		return p.describe(body)
	case blockSection:
		p.faces = p.faces[:0]
		if len(body) < 16 {
			return "a section header of less than 28 bytes"
		}
		if major := p.order.u16(body[4:]); major != 1 {
			return fmt.Sprintf("pcapng version %d.%d is not one that can be read", major, p.order.u16(body[6:]))
		}
	case blockSimplePacket:
		return p.simplePacket(b, body)
	case blockObsoletePacket:
		return p.obsoletePacket(b, body)
	}
	return ""
}

// packet reads an enhanced packet block (section 4.3).
func (p *pcapng) packet(b *Batch, body []byte) (reason string) {
	if len(body) < 20 {
		return fmt.Sprintf("packet %d has a block too short for its header", p.seen+1)
	}
	return p.keep(b, p.order.u32(body), body[4:], body[20:])
}

// obsoletePacket reads the packet block that the enhanced one replaced (appendix A), which differs in a 16-bit interface
// number and a drop count beside it.
func (p *pcapng) obsoletePacket(b *Batch, body []byte) (reason string) {
	if len(body) < 20 {
		return fmt.Sprintf("packet %d has a block too short for its header", p.seen+1)
	}
	return p.keep(b, uint32(p.order.u16(body)), body[4:], body[20:])
}

// keep adds a packet: head is its time, captured length and length on the wire; data its bytes and what follows them.
func (p *pcapng) keep(b *Batch, face uint32, head, data []byte) (reason string) {
	p.seen++
	size, length := p.order.u32(head[8:]), p.order.u32(head[12:])
	if int64(size) > int64(len(data)) || size > maxSnap {
		return fmt.Sprintf("packet %d claims %d bytes in a block with room for %d", p.seen, size, len(data))
	}
	if uint64(face) >= uint64(len(p.faces)) {
		return fmt.Sprintf("packet %d is from interface %d, of which there is no description", p.seen, face)
	}
	from := &p.faces[face]
	if !from.read {
		p.unread++
		p.odd = *from
		return ""
	}
	ticks := uint64(p.order.u32(head))<<32 | uint64(p.order.u32(head[4:]))
	p.last = from.time(ticks)
	b.Frames = append(b.Frames, Frame{Time: p.last, Data: data[:size:size], Length: int(max(length, size)), Link: from.link})
	return ""
}

// simplePacket reads a packet with neither time nor interface (section 4.4): it is from the first interface, and cut to its
// snapshot length. It is given the time of the packet before, so that time does not jump back to 1970.
func (p *pcapng) simplePacket(b *Batch, body []byte) (reason string) {
	p.seen++
	if len(body) < 4 {
		return fmt.Sprintf("packet %d has a block too short for its header", p.seen)
	}
	if len(p.faces) == 0 {
		return fmt.Sprintf("packet %d comes before any interface is described", p.seen)
	}
	length, from := p.order.u32(body), &p.faces[0]
	size := min(length, uint32(len(body)-4), maxSnap)
	if from.snap > 0 {
		size = min(size, from.snap)
	}
	if !from.read {
		p.unread++
		p.odd = *from
		return ""
	}
	b.Frames = append(b.Frames, Frame{Time: p.last, Data: body[4 : 4+size : 4+size], Length: int(length), Link: from.link})
	return ""
}

func (p *pcapng) cut(data []byte) (what string, have, want int) {
	if len(data) < blockFrame {
		return "the header of a block", len(data), blockFrame
	}
	what = fmt.Sprintf("packet %d", p.seen+1)
	switch kind := p.order.u32(data); kind {
	case blockPacket, blockSimplePacket, blockObsoletePacket:
	default:
		what = fmt.Sprintf("a block of type %d", kind)
	}
	return what, len(data), int(p.order.u32(data[4:]))
}

// end finds fault with a file that had packets, and none of them readable.
func (p *pcapng) end() string {
	if p.unread > 0 && p.unread == p.seen {
		return unreadableLink(p.odd.link)
	}
	return ""
}

func (p *pcapng) skipped() uint64 { return p.unread }
