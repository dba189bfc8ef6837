package engine

import (
	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/capture"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
	"github.com/mirrorwatch/mirrorwatch/sensor/packet"
	"github.com/mirrorwatch/mirrorwatch/sensor/stream"
)

// worker owns a share of the conversations and everything hung on them. Nothing in it is touched by another goroutine while it runs
// a round.
type worker struct {
	cfg     Config
	index   uint32
	share   uint32 // how many workers share the conversations; 0 when the source has divided them already
	deck    *analyzer.Deck
	door    func(events.Record) // Emit, bound once
	flows   *flow.Table[conversation]
	stream  *stream.Reassembler
	frags   *packet.Fragments
	freight freight
	points  points
	arps    arpTable
	counts  Counts
	shadows shadows

	pkt      [2]packet.Packet // outer and inner, in turn
	now      int64            // of the packet at hand
	box      *outbox
	depth    uint8    // envelopes taken off the frame at hand
	known    bool     // whose it is was told at a glance: this worker's
	faulty   bool     // it could not be decoded to its end
	cut      bool     // it was cut on the way, at some layer
	wire     int      // bytes of the frame in the envelope that named the observation point
	tooDeep  bool     // it came in more envelopes than are followed
	chain    []string // uids of the envelopes that the packet at hand came in; shared, never changed
	spare    []*talk  // of conversations that ended
	figures  *figures
	oddities map[uint64]uint8         // fragmented datagrams reported, and for what
	at       uint32                   // index of the frame at hand in its round
	f        *flow.Flow[conversation] // the conversation at hand

	segmentAt *packet.Packet // the TCP segment that is being put in order, or nil
}

// shadows is what the table counts of conversations that are another worker's, which counts them too.
type shadows struct{ open, duplicates uint64 }

func newWorker(cfg Config, index int, f *figures) *worker {
	w := &worker{cfg: cfg, index: uint32(index), share: uint32(cfg.Workers), figures: f}
	w.door = w.Emit
	w.deck = analyzer.NewDeck(cfg.Analyzers, analyzer.DefaultBudget)
	limits := cfg.Flow
	limits.MaxFlows = max(limits.MaxFlows/cfg.Workers, 1)
	w.flows = flow.New(limits, flow.Hooks[conversation]{Ended: w.ended, Interim: w.interim})
	w.stream = stream.NewReassembler(stream.Defaults())
	w.frags = packet.NewFragments(packet.FragmentLimits{})
	w.oddities = map[uint64]uint8{}
	return w
}

// run takes one round: every frame that is this worker's, then what timed out by the end of it.
func (w *worker) run(r *round) {
	w.box = &r.boxes[w.index]
	for i := range r.batch.Frames {
		w.known = len(r.owner) > 0 && r.owner[i] != anyone
		if w.known && uint32(r.owner[i]) != w.index {
			continue
		}
		w.at = uint32(i)
		w.frame(&r.batch.Frames[i])
	}
	w.at, w.known = atEnd, false
	w.expire(r.now)
	w.endARP(r.now, r.last)
	if r.last {
		w.flows.Close()
		w.forget()
	}
	w.unload()
	w.tell(r)
	w.publish()
}

// forget begins anew behind the end of the input: what follows is another capture, perhaps of the same hosts at an earlier time.
func (w *worker) forget() {
	given := w.frags.Stats
	w.frags = packet.NewFragments(packet.FragmentLimits{})
	w.frags.Stats = given
	clear(w.oddities)
	w.now = 0
}

// frame is the path of one frame, down to its conversation.
func (w *worker) frame(fr *capture.Frame) {
	w.now = fr.Time
	p, ok := w.unwrap(fr)
	if !w.mine(p) {
		return
	}
	w.settle()
	if w.faulty {
		w.counts.Undecoded++
	}
	if w.tooDeep {
		w.counts.TooDeep++
	}
	copied := ok && w.packet(p, true)
	if p.VNI != 0 {
		w.hear(p, fr.Time, copied)
	}
}

// packet gives a decoded packet to its conversation, and its payload to who reads it, unless another worker does that. It says whether
// another observation point showed it before.
func (w *worker) packet(p *packet.Packet, own bool) (copied bool) {
	w.now = p.Time
	if p.Kind < packet.KindIP {
		w.counts.NotIP++
		if p.Kind == packet.KindARP {
			w.arp(p)
		}
		return false
	}
	f, d, fresh := w.flows.Track(p)
	if w.f = f; f == nil {
		return false
	}
	if f.Duplicate {
		if f.State.shadow {
			w.shadows.duplicates++
		}
		return true
	}
	if fresh {
		f.State.parents, f.State.shadow = w.chain, !own
		if !own {
			w.shadows.open++
		}
	}
	if f.State.shadow {
		return false
	}
	if p.Kind == packet.KindTCP {
		w.segment(p, d)
	} else if p.PayloadLen > 0 || p.Kind >= packet.KindICMP {
		w.datagram(p, d)
	}
	return false
}

// segment puts TCP bytes in order for the analyzer, as long as somebody reads them.
func (w *worker) segment(p *packet.Packet, d flow.Dir) {
	c := &w.f.State
	w.segmentAt = p
	if c.talk == nil {
		if p.PayloadLen == 0 {
			w.stream.Segment(&c.bytes, d, p, w)
			return
		}
		w.startTalk(analyzer.TCP)
	}
	w.stream.Segment(&c.bytes, d, p, w)
	if p.Flags&packet.RST != 0 {
		w.stream.Flush(&c.bytes, w)
	}
}

// datagram gives a UDP or ICMP payload to the analyzer.
func (w *worker) datagram(p *packet.Packet, d flow.Dir) {
	c := &w.f.State
	if c.talk == nil {
		t := analyzer.UDP
		switch {
		case p.Kind >= packet.KindICMP:
			t = analyzer.ICMP
		case p.Kind != packet.KindUDP:
			return
		}
		w.startTalk(t)
	}
	if !c.talk.mux.Wants() {
		return
	}
	n := c.talk.datagrams[d]
	c.talk.datagrams[d]++
	c.talk.mux.Datagram(stream.Chunk{
		Dir: d, Time: p.Time, Offset: uint64(n), Data: p.Payload, Wire: p.PayloadLen,
		Corrupt: p.Kind == packet.KindUDP && p.VerifyChecksum() == packet.CheckBad,
	}, w)
}

// expire ends what has been silent for too long.
func (w *worker) expire(now int64) {
	w.now = max(w.now, now)
	w.flows.Expire(now)
}

// ended is called by the table when a conversation is over.
func (w *worker) ended(f *flow.Flow[conversation], why flow.Reason) {
	defer func(now int64, at uint32) { w.now, w.at = now, at }(w.now, w.at)
	w.f, w.now = f, f.Last
	if why != flow.Reused {
		w.at = atEnd
	}
	w.segmentAt = nil
	if t := f.State.talk; t != nil {
		w.stream.Flush(&f.State.bytes, w)
		t.mux.Close()
	}
	w.stream.Release(&f.State.bytes)
	if !f.State.shadow {
		w.emitConn(f, false)
	} else {
		w.shadows.open--
	}
	w.endTalk(f)
	f.State = conversation{}
}

// interim is called by the table when a conversation has gone on for another period.
func (w *worker) interim(f *flow.Flow[conversation]) {
	if w.cfg.Interim && !f.State.shadow {
		w.f = f
		w.emitConn(f, true)
	}
}

// emit puts a record in the outbox.
func (w *worker) emit(r events.Record) {
	w.box.put(r, w.at, w.depth, w.cfg.Encode)
}
