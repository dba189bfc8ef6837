package analyzer

import (
	"errors"

	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
	"github.com/mirrorwatch/mirrorwatch/sensor/stream"
)

// maxChanges is how often a conversation may change its protocol: a proxy's CONNECT and a STARTTLS make two. The bound keeps an
// attacker from having the same bytes read over and over.
const maxChanges = 4

// maxDatagrams is how many datagrams of a conversation are probed before it is left alone.
const maxDatagrams = 6

// Mux stands between one conversation's bytes and the analyzer that reads them: it probes, chooses, keeps what the analyzer left
// over, and takes it off. The zero value is ready once Start was called.
type Mux struct {
	deck     *Deck
	conv     *Conversation
	active   Analyzer
	open     set // analyzers that have not said No
	hinted   set
	state    state
	first    flow.Dir // direction whose bytes are held longest
	seen     uint8    // datagrams probed
	changes  uint8    // hand-overs so far
	held     [2][]byte
	heldFrom [2]uint64 // stream offset of held[d][0]
}

type state uint8

const (
	idle    state = iota // before Start, and after the end
	probing              // nobody has said Yes yet
	reading              // active reads
	settled              // nobody wants these bytes
)

// Opener makes the Conversation for a flow, at the moment when an analyzer takes it: most flows never need one.
type Opener interface{ Open() *Conversation }

// Start readies m for a new conversation between ports a and b.
func (m *Mux) Start(k *Deck, t Transport, a, b uint16) {
	*m = Mux{deck: k, open: k.over[t], state: probing}
	m.hinted = k.hinted(a, b) & m.open
	if m.open == 0 {
		m.state = settled
	}
}

// Wants says whether further bytes are of use. Once it is false it stays so.
func (m *Mux) Wants() bool { return m.state == probing || m.state == reading }

// Reading says whether an analyzer has taken the conversation.
func (m *Mux) Reading() bool { return m.state == reading }

// Stream takes the next bytes of a TCP direction.
func (m *Mux) Stream(c stream.Chunk, o Opener) {
	switch m.state {
	case reading:
		m.feed(c, o)
	case probing:
		m.probe(c, o)
	}
}

// Datagram takes one datagram.
func (m *Mux) Datagram(c stream.Chunk, o Opener) {
	if m.state == probing {
		m.seen++
		if i := m.ask(c.Dir, c.Data); i >= 0 {
			m.take(i, o)
		} else if m.seen >= maxDatagrams {
			m.state = settled
		}
	}
	if m.state != reading {
		return
	}
	if _, err := m.show(c); err != nil {
		m.leave(err)
	}
}

// probe shows the analyzers what a direction has brought so far, held bytes first.
func (m *Mux) probe(c stream.Chunk, o Opener) {
	d := c.Dir
	head := c.Data
	if len(m.held[d]) > 0 {
		if !m.hold(c) {
			return
		}
		head = m.held[d]
	}
	i := m.ask(d, head)
	switch {
	case i >= 0:
		m.begin(i, c, o)
	case m.open == 0:
		m.settle()
	case len(m.held[d]) == 0:
		m.hold(c)
	}
}

// ask gives the first analyzer that says Yes, or -1; who says No is not asked again.
func (m *Mux) ask(d flow.Dir, head []byte) (yes int) {
	whole := len(head) >= MaxProbe
	head = head[:min(len(head), MaxProbe)]
	yes = -1
	try := func(i int) bool {
		hinted := m.hinted&(1<<i) != 0
		switch v := m.deck.specs[i].Probe(d, head, hinted); {
		case v == Yes:
			yes = i
		case v == No || whole:
			m.open &^= 1 << i
		}
		return yes >= 0
	}
	m.hinted.each(try)
	if yes < 0 {
		(m.open &^ m.hinted).each(try)
	}
	m.hinted &= m.open
	if yes < 0 && m.open == 0 {
		m.settle()
	}
	return yes
}

// begin gives the conversation to analyzer i and shows it what was held, the direction that spoke first first.
func (m *Mux) begin(i int, c stream.Chunk, o Opener) {
	m.take(i, o)
	held := [2]stream.Chunk{}
	for d := range held {
		held[d] = stream.Chunk{Dir: flow.Dir(d), Time: c.Time, Offset: m.heldFrom[d], Data: m.held[d]}
		m.deck.budget.Used -= len(m.held[d])
		m.held[d] = nil
		defer m.deck.recycle(held[d].Data)
	}
	if len(held[c.Dir].Data) == 0 {
		held[c.Dir] = c
	}
	for _, d := range [2]flow.Dir{m.first, m.first.Other()} {
		if len(held[d].Data) > 0 {
			m.Stream(held[d], o)
		}
	}
}

func (m *Mux) take(i int, o Opener) {
	spec := &m.deck.specs[i]
	if m.conv == nil {
		m.conv = o.Open()
	}
	m.conv.taken = spec
	m.active, m.state = spec.New(m.conv), reading
}

// feed shows the analyzer the next bytes, behind what it left over, and keeps what it leaves now.
func (m *Mux) feed(c stream.Chunk, o Opener) {
	d := c.Dir
	if n := len(m.held[d]); n > 0 && n < MaxHeld && n+len(c.Data) > MaxHeld {
		m.split(c, MaxHeld-n, o)
		return
	}
	if len(m.held[d]) > 0 {
		if !m.hold(c) {
			return
		}
		c.Data, c.Offset = m.held[d], m.heldFrom[d]
	}
	n, err := m.show(c)
	n = min(max(n, 0), len(c.Data))
	if errors.Is(err, ErrHandOver) {
		m.handOver(c, n, o)
		return
	}
	if err != nil {
		m.leave(err)
		return
	}
	m.keep(c, n)
}

// split shows a chunk in two pieces: with segmentation offload one may be as long as all that can be held.
func (m *Mux) split(c stream.Chunk, at int, o Opener) {
	rest := c
	c.Data, rest.Data, rest.Offset = c.Data[:at], c.Data[at:], c.Offset+uint64(at)
	m.Stream(c, o)
	m.Stream(rest, o)
}

// keep holds what an analyzer left of c.
func (m *Mux) keep(c stream.Chunk, n int) {
	d, rest := c.Dir, c.Data[n:]
	was := m.held[d]
	if len(was) == 0 {
		if len(rest) > 0 {
			c.Data, c.Offset = rest, c.Offset+uint64(n)
			m.hold(c)
		}
		return
	}
	m.deck.budget.Used -= n
	m.heldFrom[d] += uint64(n)
	if len(rest) == 0 {
		m.held[d] = nil
		m.deck.recycle(was)
		return
	}
	m.held[d] = was[:copy(was, rest)]
}

// hold keeps a copy of c's bytes behind those already held. It says false, and takes the analyzer off, at a limit.
func (m *Mux) hold(c stream.Chunk) bool {
	d := c.Dir
	b := &m.deck.budget
	if len(m.held[d])+len(c.Data) > MaxHeld || b.Used+len(c.Data) > b.Limit {
		b.Overflow++
		m.leave(ErrNotMine)
		return false
	}
	if len(m.held[d]) == 0 {
		m.held[d] = m.deck.room()
		m.heldFrom[d] = c.Offset
		if len(m.held[d.Other()]) == 0 {
			m.first = d
		}
	}
	b.Used += len(c.Data)
	m.held[d] = append(m.held[d], c.Data...)
	return true
}

// Gap says that n bytes of a direction are missing for good.
func (m *Mux) Gap(d flow.Dir, n int) {
	m.deck.drop(&m.held[d])
	if m.state == reading {
		if err := m.gap(d, n); err != nil {
			m.leave(err)
		}
	}
}

// Close ends the conversation.
func (m *Mux) Close() {
	if m.state != idle {
		m.leave(ErrDone)
		m.state = idle
	}
}

// handOver ends the analyzer and probes what follows the n bytes that it took of c.
func (m *Mux) handOver(c stream.Chunk, n int, o Opener) {
	m.keep(c, n)
	if m.state != reading { // what follows had no room, and so the analyzer is off already
		return
	}
	m.close()
	rest := m.held
	from := m.heldFrom
	first := m.first
	conv := m.conv
	deck := m.deck
	for d := range rest {
		deck.budget.Used -= len(rest[d])
	}
	*m = Mux{deck: deck, conv: conv, open: deck.over[conv.Transport], state: probing, changes: m.changes + 1}
	if m.changes > maxChanges {
		m.settle()
	} else if i := deck.named(conv); i >= 0 {
		m.take(i, o)
	}
	for _, d := range [2]flow.Dir{first, first.Other()} {
		if len(rest[d]) > 0 {
			m.Stream(stream.Chunk{Dir: d, Time: c.Time, Offset: from[d], Data: rest[d]}, o)
		}
	}
}

// leave takes the analyzer off: it closes, and what was held is let go.
func (m *Mux) leave(err error) {
	if m.state == reading {
		m.close()
		if !errors.Is(err, ErrDone) {
			m.conv.host.Rejected()
		}
	}
	m.active = nil
	m.settle()
}

func (m *Mux) settle() {
	m.state = settled
	m.deck.drop(&m.held[0])
	m.deck.drop(&m.held[1])
}

func (k *Deck) drop(held *[]byte) {
	k.budget.Used -= len(*held)
	k.recycle(*held)
	*held = nil
}

// named is the analyzer that both ends of a conversation agreed on, or -1.
func (k *Deck) named(c *Conversation) int {
	if c.Upgraded == nil {
		return -1
	}
	for i := range k.specs {
		if k.specs[i].Name == c.Upgraded.Protocol && k.specs[i].Over&c.Transport != 0 {
			return i
		}
	}
	return -1
}
