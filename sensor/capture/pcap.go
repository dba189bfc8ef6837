package capture

import (
	"encoding/binary"
	"fmt"
	"math/bits"

	"github.com/mirrorwatch/mirrorwatch/sensor/packet"
)

// The magic numbers of the pcap format (draft-ietf-opsawg-pcap section 4), as a little-endian file shows them.
const (
	pcapMicro    = 0xa1b2c3d4
	pcapNano     = 0xa1b23c4d
	pcapModified = 0xa1b2cd34 // Kuznetzov's patched libpcap: eight bytes more a packet
)

// Sizes of the pcap format, in bytes.
const (
	pcapHeader         = 24
	pcapRecord         = 16
	pcapModifiedRecord = 24
)

// order reads numbers in the byte order of the machine that wrote the file: big-endian when it is true.
type order bool

func (o order) u32(b []byte) uint32 {
	v := binary.LittleEndian.Uint32(b)
	if o {
		v = bits.ReverseBytes32(v)
	}
	return v
}

func (o order) u16(b []byte) uint16 {
	v := binary.LittleEndian.Uint16(b)
	if o {
		v = bits.ReverseBytes16(v)
	}
	return v
}

// pcap is the classic format: one link type, one clock, and records of a fixed header and the packet.
type pcap struct {
	order order
	unit  int64 // nanoseconds that the fraction counts
	head  int   // bytes of a record's header
	link  packet.LinkType
	seen  uint64 // packets so far
}

// pcapMagic tells the byte order, and whether it is a pcap file at all.
func pcapMagic(head []byte) (magic uint32, o order, ok bool) {
	if len(head) < 4 {
		return 0, false, false
	}
	for _, o := range [2]order{false, true} {
		switch m := o.u32(head); m {
		case pcapMicro, pcapNano, pcapModified:
			return m, o, true
		}
	}
	return 0, false, false
}

func isPcap(head []byte) bool {
	_, _, ok := pcapMagic(head)
	return ok
}

// newPcap reads the file header, or gives the reason why it cannot.
func newPcap(head []byte) (*pcap, string) {
	if len(head) < pcapHeader {
		return nil, fmt.Sprintf("cut short in the file header: %d of %d bytes are there", len(head), pcapHeader)
	}
	magic, o, _ := pcapMagic(head)
	p := &pcap{order: o, unit: 1000, head: pcapRecord}
	switch magic {
	case pcapNano:
		p.unit = 1
	case pcapModified:
		p.head = pcapModifiedRecord
	}
	if major := o.u16(head[4:]); major != 2 {
		return nil, fmt.Sprintf("pcap version %d.%d is not one that can be read", major, o.u16(head[6:]))
	}
	// The upper 16 bits say how long a frame check sequence is, if there is one; what is behind the IP packet is not read.
	if p.link = packet.LinkType(o.u32(head[20:])); !packet.Supported(p.link) {
		return nil, unreadableLink(p.link)
	}
	return p, ""
}

// frames slices the records that are whole.
func (p *pcap) frames(b *Batch, data []byte) (used int, bad *fault) {
	out := b.Frames[:cap(b.Frames)]
	n, full := len(b.Frames), min(len(out), MaxFrames)
	for n < full && len(data)-used >= p.head {
		rec := data[used:]
		size := p.order.u32(rec[8:])
		if size > maxSnap {
			bad = &fault{used, fmt.Sprintf("packet %d claims %d bytes, more than any capture takes of one (%d)",
				p.seen+1, size, maxSnap)}
			break
		}
		end := p.head + int(size)
		if len(rec) < end {
			break
		}
		out[n] = Frame{
			Time:   int64(p.order.u32(rec))*1e9 + int64(p.order.u32(rec[4:]))*p.unit,
			Data:   rec[p.head:end:end],
			Length: int(max(p.order.u32(rec[12:]), size)),
			Link:   p.link,
		}
		used += end
		p.seen++
		n++
	}
	b.Frames = out[:n]
	return used, bad
}

func (p *pcap) cut(data []byte) (what string, have, want int) {
	if len(data) < p.head {
		return fmt.Sprintf("the header of packet %d", p.seen+1), len(data), p.head
	}
	return fmt.Sprintf("packet %d", p.seen+1), len(data) - p.head, int(p.order.u32(data[8:]))
}

func (p *pcap) end() string     { return "" }
func (p *pcap) skipped() uint64 { return 0 }
