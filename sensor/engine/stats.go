package engine

import (
	"fmt"
	"strings"
	"sync"

	"github.com/mirrorwatch/mirrorwatch/sensor/capture"
)

// Counts is what one worker did, and, summed, what the engine did.
type Counts struct {
	NotIP      uint64 // frames that carry no IP packet
	Undecoded  uint64 // frames that ended inside a header, or contradict themselves
	Flows      uint64 // conversations ended or, for long ones, reported
	Records    uint64 // of all kinds, passed on
	Weirds     uint64 // oddities, also those not reported for being too many
	Rejected   uint64 // analyzers taken off a conversation that they had claimed
	Gaps       uint64 // holes in TCP streams
	GapBytes   uint64 // their length
	TooDeep    uint64 // packets in more envelopes than MaxDepth
	Open       uint64 // conversations open now
	Duplicates uint64 // packets that a second observation point showed again
	Evicted    uint64 // conversations ended early because the table was full
	Fragments  uint64 // unfinished datagrams given up
	Held       uint64 // analyzers taken off because too much was held for them
	Segments   uint64 // holes in TCP streams given up because too much was waiting behind them
	Tunnels    uint64 // packets of envelopes beyond those accounted for
	Unjoined   uint64 // records passed on before they were whole, too many being joined
	ARPs       uint64 // ARP messages beyond those counted at a time
	Uncounted  uint64 // packets of observation points beyond those counted one by one; no drop: they were followed
}

func (c *Counts) add(o Counts) {
	c.NotIP += o.NotIP
	c.Undecoded += o.Undecoded
	c.Flows += o.Flows
	c.Records += o.Records
	c.Weirds += o.Weirds
	c.Rejected += o.Rejected
	c.Gaps += o.Gaps
	c.GapBytes += o.GapBytes
	c.TooDeep += o.TooDeep
	c.Open += o.Open
	c.Duplicates += o.Duplicates
	c.Evicted += o.Evicted
	c.Fragments += o.Fragments
	c.Held += o.Held
	c.Segments += o.Segments
	c.Tunnels += o.Tunnels
	c.Unjoined += o.Unjoined
	c.ARPs += o.ARPs
	c.Uncounted += o.Uncounted
}

// Stats is what the engine did so far. It is whole as of the end of some round of each worker.
type Stats struct {
	Packets          uint64 // frames read
	Bytes            uint64 // captured bytes of them
	Skipped          uint64 // frames of link types that nothing reads
	KernelDrops      uint64 // packets that the kernel threw away for want of room
	DuplicatePackets uint64
	Counts
}

// Drops is everything that was thrown away for a limit's sake.
func (s Stats) Drops() uint64 {
	return s.KernelDrops + s.Evicted + s.Fragments + s.Held + s.Segments + s.Tunnels + s.TooDeep + s.Unjoined + s.ARPs
}

// DropReasons names the limits that were reached, with their counts; "" when there were none.
func (s Stats) DropReasons() string {
	var parts []string
	for _, r := range []struct {
		n    uint64
		what string
	}{
		{s.KernelDrops, "packets by the kernel"},
		{s.Evicted, "conversations ended early, the table being full"},
		{s.Fragments, "unfinished datagrams"},
		{s.Held, "analyzers that held too much"},
		{s.Segments, "holes in TCP streams, too much waiting"},
		{s.Tunnels, "packets of unaccounted envelopes"},
		{s.TooDeep, "packets in too many envelopes"},
		{s.ARPs, "ARP messages, too many being counted"},
		{s.Unjoined, "records ended early, too many being joined"},
	} {
		if r.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", r.n, r.what))
		}
	}
	return strings.Join(parts, ", ")
}

// figures are what the workers publish at the end of each round, for whoever asks meanwhile.
type figures struct {
	mu      sync.Mutex
	sources []capture.Stats
	past    capture.Stats // of sources that ended
	workers []Counts
	passed  Counts // of what comes after the workers
}

// account takes the counts of what comes after the workers as they stand.
func (f *figures) account(passed Counts) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.passed = passed
}

// source takes the counts of one source as they stand.
func (f *figures) source(i int, s capture.Stats) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for len(f.sources) <= i {
		f.sources = append(f.sources, capture.Stats{})
	}
	f.sources[i] = s
}

// close moves the counts of the sources to those that ended.
func (f *figures) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, s := range f.sources {
		f.past = addSource(f.past, s)
	}
	f.sources = f.sources[:0]
}

func addSource(a, b capture.Stats) capture.Stats {
	a.Packets += b.Packets
	a.Bytes += b.Bytes
	a.Skipped += b.Skipped
	a.KernelDrops += b.KernelDrops
	return a
}

// publish makes the worker's counts visible.
func (w *worker) publish() {
	fl, st := w.flows.Stats(), w.stream.Stats()
	c := w.counts
	c.Open = uint64(fl.Flows) - w.shadows.open
	c.Duplicates = fl.DuplicatePackets - w.shadows.duplicates
	c.Evicted = fl.EvictedHalfOpen + fl.EvictedOther
	if w.share <= 1 || w.index == 0 { // every worker of a file sees every fragment
		c.Fragments = w.frags.Stats.Evicted
	}
	c.Held = w.deck.Budget().Overflow
	c.Segments = st.Forced
	c.Uncounted = w.points.overflow
	c.ARPs = w.arps.overflow
	w.figures.mu.Lock()
	w.figures.workers[w.index] = c
	w.figures.mu.Unlock()
}

// Stats may be called at any time, from any goroutine.
func (e *Engine) Stats() Stats {
	f := &e.figures
	f.mu.Lock()
	defer f.mu.Unlock()
	all := f.past
	for _, s := range f.sources {
		all = addSource(all, s)
	}
	out := Stats{Packets: all.Packets, Bytes: all.Bytes, Skipped: all.Skipped, KernelDrops: all.KernelDrops}
	out.Counts = f.passed
	for _, c := range f.workers {
		out.Counts.add(c)
	}
	out.DuplicatePackets = out.Duplicates
	return out
}
