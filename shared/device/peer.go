package device

import (
	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/sketch"
)

// Peer is what a device had to do with another over one port.
type Peer struct {
	Serial      uint32 // the other's
	Asked       bool   // the device turned to the other's port, rather than the other to its own
	Proto       uint8  // IANA protocol number
	Port        uint16 // of the one that was asked
	Service     string // the protocol that an analyzer confirmed, last seen
	Count       uint32 // conversations
	Out, In     uint64 // bytes of IP that the device sent and got
	First, Last events.Time
}

// tie is a Peer as it is kept: a device has dozens.
type tie struct {
	out, in     uint64
	service     string
	peer, count uint32
	first, last uint32 // seconds
	port        uint16
	proto       uint8
	asked       bool
}

// tieStep is how many ties there is room for at a time: most devices speak with a handful of others, and doubling wastes half.
const tieStep = 6

func seconds(t events.Time) uint32 { return uint32(max(int64(t)/1e9, 0)) }

func atSecond(s uint32) events.Time { return events.Time(s) * 1e9 }

// Peers is how many devices it had to do with, attempts included. Beyond a few thousand it may be a little too low.
func (d *Device) Peers() int { return int(d.peers) }

// Knows says whether the device ever had to do with another, by that one's Serial; attempts count.
func (d *Device) Knows(peer uint32) bool {
	for i := range d.ties {
		if d.ties[i].peer == peer {
			return true
		}
	}
	return d.met.Has(peerHash(peer))
}

// EachPeer gives the peers of the last conversations one by one, at most MaxPeers by transport and port, in no order of meaning.
func (d *Device) EachPeer(yield func(Peer) bool) {
	for i := range d.ties {
		if !yield(d.ties[i].export()) {
			return
		}
	}
}

func (t *tie) export() Peer {
	return Peer{
		Serial: t.peer, Asked: t.asked, Proto: t.proto, Port: t.port, Service: t.service, Count: t.count, Out: t.out, In: t.in,
		First: atSecond(t.first), Last: atSecond(t.last),
	}
}

// Silent is how many devices it turned to that did not answer when it turned to them first.
func (d *Device) Silent() int { return int(d.silent) }

func peerHash(peer uint32) uint64 { return sketch.Mix(uint64(peer)) }

// useHash stands for a port of a peer that the device turned to.
func useHash(peer uint32, proto uint8, port uint16) uint64 {
	return sketch.Mix(uint64(peer)<<24 | uint64(proto)<<16 | uint64(port) | 1<<63)
}

// tryTo notes that the device had to do with another in vain.
func (d *Device) tryTo(peer uint32, asked bool, at events.Time) {
	if d.Knows(peer) {
		return
	}
	d.met.Add(peerHash(peer))
	d.peers++
	if asked {
		d.silent++
		d.triedAt = max(d.triedAt, seconds(at))
	}
}

func (d *Device) tieWith(peer uint32, proto uint8, port uint16, asked bool) *tie {
	for i := range d.ties {
		if t := &d.ties[i]; t.peer == peer && t.port == port && t.proto == proto && t.asked == asked {
			return t
		}
	}
	return nil
}

// meet makes the tie to a peer. When there are too many, the one that was used least recently leaves; that the two know each other
// stays.
func (d *Device) meet(peer uint32, proto uint8, port uint16, asked bool, at events.Time) *tie {
	if !d.Knows(peer) {
		d.peers++
	}
	t := d.freeTie()
	*t = tie{peer: peer, proto: proto, port: port, asked: asked, first: seconds(at)}
	return t
}

func (d *Device) freeTie() *tie {
	if n := len(d.ties); n < MaxPeers {
		if n == cap(d.ties) {
			longer := make([]tie, n, min(n+tieStep, MaxPeers))
			copy(longer, d.ties)
			d.ties = longer
		}
		d.ties = d.ties[:n+1]
		return &d.ties[n]
	}
	oldest := &d.ties[0]
	for i := range d.ties {
		if d.ties[i].last < oldest.last {
			oldest = &d.ties[i]
		}
	}
	d.Overflow++
	d.met.Add(peerHash(oldest.peer))
	if oldest.asked {
		d.met.Add(useHash(oldest.peer, oldest.proto, oldest.port))
	}
	return oldest
}

// report is what a record adds to what was known of a conversation, as one end sees it.
type report struct {
	service  string
	out, in  uint64
	first    bool // of the conversation
	stranger bool // the one never used this port of the other before
}

func (r report) turned() report {
	r.out, r.in = r.in, r.out
	return r
}

// carry adds what a record tells of a conversation.
func (t *tie) carry(c *events.Conn, r report) {
	t.out, t.in = t.out+r.out, t.in+r.in
	t.first, t.last = min(t.first, seconds(c.TS)), max(t.last, seconds(c.TS.Add(c.Duration.Duration())))
	if r.first {
		t.count++
	}
	if r.service != "" {
		t.service = r.service
	}
}
