// Package icmp sums up ICMP (RFC 792) and ICMPv6 (RFC 4443) exchanges. What comes in is messages without their first eight bytes;
// what goes out is one events.ICMP a conversation, and interim ones for long conversations so that nobody waits for a tunnel to
// end. It never keeps a payload, only hashes of the newest; it does not see identifiers and sequence numbers, and so tells a reply
// that is not an echo by comparing it with the newest requests.
package icmp

import (
	"hash/maphash"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
	"github.com/mirrorwatch/mirrorwatch/sensor/stream"
)

// Spec declares the analyzer.
var Spec = analyzer.Spec{
	Name:  "icmp",
	Over:  analyzer.ICMP,
	Probe: func(flow.Dir, []byte, bool) analyzer.Verdict { return analyzer.Yes }, // the IP header has said so
	New:   open,
}

const (
	// firstInterim is after how many messages the first interim record comes; the next come at each doubling, so a flood of a
	// million messages makes fifteen.
	firstInterim = 64
	// sampled is among how many messages different payloads are counted: a ping's are all alike, a tunnel's soon are not.
	sampled = 64
	// clockBytes at the start of a payload may be the time of sending and a count, as ping programs put there: 4 bytes in
	// BusyBox, 8 in BSD, 16 in iputils, 24 in fping. They are left out of the comparison of payloads.
	clockBytes = 24
	// outstanding is how many of the newest requests a reply is compared with. A flood ping keeps fewer than this on the way.
	outstanding = 32
)

// reader is one conversation's analyzer.
type reader struct {
	conv     *analyzer.Conversation
	rec      events.ICMP
	seed     maphash.Seed
	asker    flow.Dir // who sends the echo requests
	asked    uint64   // and how many were seen
	messages uint64
	interim  uint64 // count at which the next interim record comes

	payloads []uint64            // hashes of the different payloads of the sample
	requests [outstanding]uint64 // hashes of the newest requests, a ring
}

func open(c *analyzer.Conversation) analyzer.Analyzer {
	r := &reader{conv: c, seed: maphash.MakeSeed(), interim: firstInterim}
	h := &c.Head
	r.rec.V6 = h.OrigH.Is6()
	r.rec.Type = uint8(h.OrigP)
	if !paired(r.rec.V6, r.rec.Type) {
		r.rec.Code = uint8(h.RespP)
	}
	r.rec.Name = typeName(r.rec.V6, r.rec.Type)
	if r.rec.Type == echoReplyType(r.rec.V6) { // the capture began after the request, or there was none
		r.asker = flow.Resp
	}
	return r
}

// Feed takes one message's bytes after the eight of its header.
func (r *reader) Feed(c stream.Chunk) (int, error) {
	r.measure(c.Time, uint32(max(c.Wire, len(c.Data))))
	if r.messages <= sampled {
		r.sample(c.Data)
	}
	if r.messages == 1 {
		r.quote(c.Data)
	}
	r.advert(c.Dir, c.Data)
	if c.Dir == flow.Orig {
		r.rec.Requests++
	} else {
		r.rec.Replies++
	}
	if isEcho(r.rec.V6, r.rec.Type) {
		r.compare(c)
	}
	if r.messages == r.interim {
		r.interim *= 2
		r.emit(true)
	}
	return len(c.Data), nil
}

// measure counts a message, its time and its length.
func (r *reader) measure(now int64, size uint32) {
	if r.messages == 0 {
		r.rec.TS = events.Time(now)
		r.rec.MinLen = size
	}
	r.messages++
	r.rec.MinLen, r.rec.MaxLen = min(r.rec.MinLen, size), max(r.rec.MaxLen, size)
	r.rec.Duration = max(r.rec.Duration, events.Interval(now)-events.Interval(r.rec.TS))
}

// hash is never zero: that is a place in the ring where nothing is.
func (r *reader) hash(b []byte) uint64 { return maphash.Bytes(r.seed, b) | 1 }

// sample counts a payload that is unlike those before it. Two of different lengths are unlike even where all else is left out.
func (r *reader) sample(b []byte) {
	h := r.hash(b[min(len(b), clockBytes):]) + uint64(len(b))
	for _, have := range r.payloads {
		if have == h {
			return
		}
	}
	r.payloads = append(r.payloads, h)
	r.rec.Distinct = uint32(len(r.payloads))
}

// compare remembers a request, and holds a reply against the newest of them: an echo has to return what was sent (RFC 792 page 15).
// Where no request was seen there is nothing to compare with.
func (r *reader) compare(c stream.Chunk) {
	h := r.hash(c.Data)
	if c.Dir == r.asker {
		r.requests[r.asked%outstanding] = h
		r.asked++
		return
	}
	if r.asked == 0 {
		return
	}
	for _, have := range r.requests {
		if have == h {
			return
		}
	}
	r.rec.Mismatched++
}

func (r *reader) emit(interim bool) {
	rec := r.rec
	rec.Interim = interim
	r.conv.Emit(&rec)
}

// Gap has no meaning for datagrams.
func (r *reader) Gap(flow.Dir, int) error { return nil }

// Close emits the whole exchange.
func (r *reader) Close() {
	if r.messages > 0 {
		r.emit(false)
	}
}
