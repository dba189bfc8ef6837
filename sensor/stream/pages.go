package stream

// Pages are kept in slabs and named by indexes; index 0 is none. What was taken once is kept for the next hole.

const slabPages = 32 // 64 KiB at a time

type page struct {
	data [pageSize]byte
	time int64  // of its packet, nanoseconds since the epoch
	seq  uint32 // of data[0]
	n    uint32 // bytes of data
	lost uint32 // bytes after those that belong to it, but were cut off in the mirror
	next uint32 // of the same direction, in order of seq
}

// span is how much of the sequence space a page stands for.
func (g *page) span() int { return int(g.n + g.lost) }

func (g *page) end() uint32 { return g.seq + g.n + g.lost }

type pages struct {
	slabs []*[slabPages]page
	free  uint32
	used  int
	limit int
}

func (p *pages) at(i uint32) *page { return &p.slabs[(i-1)/slabPages][(i-1)%slabPages] }

func (p *pages) room(n int) bool { return p.used+n <= p.limit }

// take gives an empty page. The caller has asked for room.
func (p *pages) take() (uint32, *page) {
	if p.free == 0 {
		p.extend()
	}
	i := p.free
	g := p.at(i)
	p.free = g.next
	p.used++
	return i, g
}

func (p *pages) extend() {
	s := new([slabPages]page)
	p.slabs = append(p.slabs, s)
	first := uint32(len(p.slabs)-1)*slabPages + 1
	for i := range s {
		s[i].next = first + uint32(i) + 1
	}
	s[slabPages-1].next = 0
	p.free = first
}

func (p *pages) give(i uint32) {
	p.at(i).next, p.free = p.free, i
	p.used--
}
