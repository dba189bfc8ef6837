package flow

import "github.com/mirrorwatch/mirrorwatch/sensor/packet"

// Flow is a conversation with the user's state hung on it.
type Flow[S any] struct {
	Conversation
	State S
}

// Endpoint is one side of a conversation.
type Endpoint struct {
	Addr    packet.Addr
	MAC     [6]byte // as seen in the first packet
	Port    uint16  // for ICMP the type (originator) and its counterpart or code (responder)
	Packets uint64  // sent
	IPBytes uint64  // sent, IP total lengths

	// TCP: how far this side's data, and the peer's acknowledgement of it, have come, counted from start. A SYN is at 0 and
	// data begins at 1, also where no SYN was seen. For other protocols last is the payload bytes sent.
	last, ack int64

	seen  uint32 // milliseconds since Start, of this side's latest counted packet
	vni   uint32 // the observation point that this side's packets are counted from
	start uint32 // TCP: initial sequence number
	ready uint32 // TCP: the sequence number up to which everything was seen or acknowledged

	// TCP: positions of the latest SYN, FIN and RST. Other protocols: fingerprints of the latest packets, newest first.
	marks [3]uint32

	resent, shut, gaps, bad uint32 // retransmissions, zero windows, gaps, wrong checksums

	state, before tcpState
	bits          endpointBits
	ttl           uint8 // hops left in its first packet
}

type endpointBits uint8

const (
	sentFIN    endpointBits = 1 << iota
	closeKnown              // its end was reported to the conversation
	finished                // all its data up to the end was seen
	aborted                 // reset by itself before anything answered
	isTCP
)

// Bytes is the payload this side sent, retransmissions counted once for TCP: there it is reckoned from the sequence numbers, so
// it includes what the mirror missed.
func (e *Endpoint) Bytes() uint64 {
	size := e.last
	if e.bits&isTCP != 0 {
		size = e.streamSize()
	}
	return uint64(max(size, 0))
}

func (e *Endpoint) streamSize() int64 {
	// A half-open connection discovered and aborted (RFC 9293 section 3.5.1): the reset's number is of another conversation.
	if e.bits&aborted != 0 && e.ack > 1 {
		return 0
	}
	size := max(e.last, e.ack)
	if size > 0 {
		size-- // the SYN
	}
	if size > 0 && e.bits&sentFIN != 0 {
		size--
	}
	return size
}

// Sizes of what a conversation keeps inline.
const (
	maxHistory    = 22 // Zeek's histories have 4 to 10 letters; a flow that repeats SYNs without end must not grow
	maxDuplicates = 4  // a packet passes two mirrored interfaces, or four where middleboxes route it
)

// Conversation is what is known of a flow. With nothing hung on it, one takes 336 bytes, plus 4 of its bucket.
type Conversation struct {
	Orig, Resp Endpoint
	Start      int64  // of the first packet, nanoseconds since the epoch
	Last       int64  // of the latest packet; for TCP the latest until both sides had closed, as Zeek reckons
	Number     uint64 // made of addresses, ports, observation point and Start alone: the same in every run
	// MissedBytes is what Gap was told while the conversation was in order.
	MissedBytes uint64

	interimAt int64 // when the next interim report is due
	touched   int64 // when it was put where it is in its time-out list

	Hash       uint32 // of addresses, ports and protocol; the same for both directions
	VNI        uint32 // observation point that showed it first
	duplicates [maxDuplicates]uint32
	copies     uint32 // packets of duplicates

	index, chain uint32 // own place, and the next in the same bucket
	older, newer uint32 // neighbours in the time-out list

	VLAN    [2]uint16 // outer and inner tag of the first packet
	letters [2]uint8  // history letters given already, a direction
	history [maxHistory]byte
	written uint8

	Proto uint8       // IP protocol number
	Kind  packet.Kind //
	Flags uint8       // TCP flags of the originator, or-ed
	// Duplicate says that the packet just tracked was another observation point's copy of one that is counted by itself: only
	// the number of copies changed. It is never set when a hook is called.
	Duplicate bool

	known uint8 // how many of duplicates are set
	class class
	bits  conversationBits
}

type conversationBits uint8

const (
	oneWay        conversationBits = 1 << iota // ICMP message without a counterpart
	closeDeferred                              // closed, but data before the end is still missing
	over                                       // nothing more is expected
	interactive                                // people type here: silence means little
	origWentOn                                 // the originator went on after a reset in its name
	respWentOn                                 // the responder did
	origFarReset                               // a reset in the originator's name came from elsewhere
	respFarReset                               // one in the responder's did
)

// ends gives the sender and the receiver of a packet that went in direction d.
func (c *Conversation) ends(d Dir) (from, to *Endpoint) {
	if d == Orig {
		return &c.Orig, &c.Resp
	}
	return &c.Resp, &c.Orig
}

// Bytes is the payload sent in direction d.
func (c *Conversation) Bytes(d Dir) uint64 {
	e, _ := c.ends(d)
	return e.Bytes()
}

// DuplicateVNIs are the other observation points that showed the same packets, in the order they appeared. Borrowed: valid as
// long as the flow is.
func (c *Conversation) DuplicateVNIs() []uint32 { return c.duplicates[:c.known:c.known] }

// DuplicatePackets is how many copies were seen and not counted.
func (c *Conversation) DuplicatePackets() uint64 { return uint64(c.copies) }

// flip makes the originator the responder.
func (c *Conversation) flip() {
	c.Orig, c.Resp = c.Resp, c.Orig
	c.bits &^= origWentOn | respWentOn | origFarReset | respFarReset // of before the first data: nothing of worth
	c.write('^')
}
