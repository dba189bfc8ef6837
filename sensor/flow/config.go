package flow

import "time"

// Config is what a table is built with. Start from Defaults.
type Config struct {
	// MaxFlows is how many conversations are kept at the most. At about 350 bytes each, and what the user hangs on them,
	// the default of half a million fits a sensor of 1 GiB in a flood, records included.
	MaxFlows int
	// Seed enters the hash of the buckets, so that nobody outside can choose packets that all fall into one. No result
	// depends on it.
	Seed uint64

	// How long a conversation may be silent or stay in a state, named and set as Zeek does.
	Attempt        time.Duration // a SYN without any answer, from the SYN on
	CloseDelay     time.Duration // closed by both sides or reset, from then on: late retransmissions still belong to it
	TCPInactivity  time.Duration //
	Interactive    time.Duration // TCP conversations that Table.Interactive was called for
	UDPInactivity  time.Duration //
	ICMPInactivity time.Duration //
	IPInactivity   time.Duration // any other IP protocol

	// InterimEvery is how often a conversation that goes on is reported; 0 never.
	InterimEvery time.Duration

	// LikelyTCP and LikelyUDP are ports that servers listen on. Where a conversation is first seen in its middle, the side
	// that uses one of them is taken for the responder.
	LikelyTCP, LikelyUDP []uint16

	// MarkChecksums puts a "c" in the history of conversations with wrong checksums. Off by default: with segmentation
	// offload, most of what a host's own capture or a mirror shows has one. Such packets are counted either way.
	MarkChecksums bool
}

// Defaults are Zeek's time-outs and likely server ports.
func Defaults() Config {
	return Config{
		MaxFlows:       1 << 19,
		Attempt:        5 * time.Second,
		CloseDelay:     5 * time.Second,
		TCPInactivity:  5 * time.Minute,
		Interactive:    time.Hour,
		UDPInactivity:  time.Minute,
		ICMPInactivity: time.Minute,
		IPInactivity:   time.Minute,
		InterimEvery:   5 * time.Minute,
		LikelyTCP: []uint16{
			21, 22, 25, 53, 79, 80, 81, 88, 110, 135, 139, 143, 389, 443, 445, 502, 563, 585, 587, 614, 631, 636, 989, 990,
			992, 993, 995, 1080, 1434, 1883, 2811, 3128, 3268, 3306, 3389, 5222, 5223, 5269, 5432, 6379, 6666, 6667, 6668,
			6669, 8000, 8080, 8888, 20000,
		},
		LikelyUDP: []uint16{
			53, 67, 88, 123, 137, 161, 162, 389, 443, 514, 1812, 2123, 2152, 3389, 3544, 4011, 4789, 5060, 5072, 5353, 5355,
			6081, 20000,
		},
	}
}

// Reason is why a conversation ended.
type Reason uint8

// The reasons.
const (
	TimedOut Reason = iota // silent for too long
	Closed                 // closed or reset, and the delay after it is over
	Reused                 // a new conversation began on its addresses and ports
	Evicted                // the table was full
	Shutdown               // the table was closed
)

// Hooks are called while a packet is tracked, or from Expire and Close. They may read and change the flow, and must not call the
// table. The flow is gone when Ended returns.
type Hooks[S any] struct {
	Ended   func(f *Flow[S], why Reason)
	Interim func(f *Flow[S])
}

// Stats counts what a table did.
type Stats struct {
	Flows, Peak      int    // conversations now, and at the most
	Made             uint64 // conversations ever
	EvictedHalfOpen  uint64 // ended because the table was full, having been seen in one direction only
	EvictedOther     uint64 // ended because the table was full, having been seen in both
	DuplicateFlows   uint64 // further observation points that showed a conversation already known
	DuplicatePackets uint64 // packets of those, not counted anywhere else
	Promoted         uint64 // times that a copy took over because the first observation point fell silent
	Untracked        uint64 // packets that belong to no conversation: ARP, fragments without a header, not IP
}

// portSet holds ports as bits.
type portSet [1 << 16 / 64]uint64

func newPortSet(ports []uint16) *portSet {
	var s portSet
	for _, p := range ports {
		s[p/64] |= 1 << (p % 64)
	}
	return &s
}

func (s *portSet) has(p uint16) bool { return s[p/64]&(1<<(p%64)) != 0 }
