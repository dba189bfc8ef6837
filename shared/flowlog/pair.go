package flowlog

import (
	"net/netip"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/bounded"
)

// PairOptions say how records are joined. Zero members mean the defaults.
type PairOptions struct {
	Limit int           // conversations that wait for more; 65,536, about 30 MB. Beyond it the one that waited longest goes as it is
	Wait  time.Duration // how much newer the newest record must be before a conversation is given; 2 minutes
	Gap   time.Duration // how long after its last packet a record still belongs to it; 1 minute
	Span  time.Duration // a conversation that goes on is given in parts of this length; 10 minutes
}

// Pairer joins the records of one conversation: its two directions, as one interface logged them or as the interfaces at both ends did,
// window after window. What both ends logged is counted once. Time comes with the records, so that the same records in the same order
// give the same conversations. It is not safe for use by several goroutines.
type Pairer struct {
	waiting *bounded.Table[pairKey, pairing]
	emit    func(*events.Conn)
	wait    int64
	gap     int64
	span    int64
	newest  int64 // the latest End there was
	conn    events.Conn
}

// pairKey is a conversation with its lower end first, whoever began it.
type pairKey struct {
	low, high         netip.Addr
	lowPort, highPort uint16
	proto             uint8
}

// half is one direction as one interface logged it.
type half struct {
	packets, bytes   uint64
	accepted, denied uint32 // records
	flags            uint8
	flagged, acted   bool // the format has flags, and the action
	dir              Direction
	first            int64
}

// view is what one interface logged: of the lower end, and of the higher.
type view struct {
	iface string
	of    [2]half
}

// pairing is a conversation that waits.
type pairing struct {
	since       int64 // newest, when it was last added to
	first, last int64
	views       [2]view // of the ends. A third interface on the way, such as a NAT gateway's, shows nothing new
	used        int
}

// NewPairer makes one. What is joined is handed to emit, which must not keep the pointer.
func NewPairer(o PairOptions, emit func(*events.Conn)) *Pairer {
	seconds := func(d, usual time.Duration) int64 {
		if d <= 0 {
			d = usual
		}
		return int64(d / time.Second)
	}
	if o.Limit <= 0 {
		o.Limit = 65536
	}
	p := &Pairer{
		waiting: bounded.New[pairKey, pairing](o.Limit), emit: emit,
		wait: seconds(o.Wait, 2*time.Minute), gap: seconds(o.Gap, time.Minute), span: seconds(o.Span, 10*time.Minute),
	}
	p.waiting.OnEvict(func(k pairKey, w *pairing) { p.give(k, w) })
	return p
}

// Add takes a record. One without addresses is passed over.
func (p *Pairer) Add(r *Record) {
	src, dst := r.Source(), r.Destination()
	if !src.IsValid() || !dst.IsValid() {
		return
	}
	k, end := pairKey{src, dst, r.SrcPort, r.DstPort, r.Protocol}, 0
	if n := src.Compare(dst); n > 0 || n == 0 && r.SrcPort > r.DstPort {
		k, end = pairKey{dst, src, r.DstPort, r.SrcPort, r.Protocol}, 1
	}
	p.newest = max(p.newest, r.End)
	p.expire()
	w, fresh := p.waiting.Put(k)
	if !fresh && p.another(w, end, r) {
		p.give(k, w)
		*w, fresh = pairing{}, true
	}
	if fresh {
		w.first, w.last = r.Start, r.End
	}
	w.since = p.newest
	w.first, w.last = min(w.first, r.Start), max(w.last, r.End)
	w.add(end, r)
}

// another says whether a record begins a new conversation between the same ports: it is too far off in time, or it brings a SYN where
// the one before had ended.
func (p *Pairer) another(w *pairing, end int, r *Record) bool {
	if r.Start > w.last+p.gap || r.End < w.first-p.gap || max(w.last, r.End)-min(w.first, r.Start) > p.span {
		return true
	}
	if r.Protocol != tcp || r.TCPFlags&flagSYN == 0 {
		return false
	}
	for i := range w.used {
		h := &w.views[i].of[end]
		if w.views[i].iface == r.Text(Interface) && h.flags&flagSYN != 0 && h.flags&(flagFIN|flagRST) != 0 && r.Start > h.first {
			return true
		}
	}
	return false
}

func (w *pairing) add(end int, r *Record) {
	i := 0
	for i < w.used && w.views[i].iface != r.Text(Interface) {
		i++
	}
	if i == len(w.views) {
		return
	}
	if i == w.used {
		w.views[i].iface = r.Text(Interface)
		w.used++
	}
	h := &w.views[i].of[end]
	if h.accepted+h.denied == 0 || r.Start < h.first {
		h.first = r.Start
	}
	h.packets, h.bytes = h.packets+r.Packets, h.bytes+r.Bytes
	if r.Action == Reject {
		h.denied++
	} else {
		h.accepted++
	}
	h.flags |= r.TCPFlags
	h.flagged, h.acted = h.flagged || r.Has(TCPFlags), h.acted || r.Has(ActionTaken)
	h.dir = r.Direction
}

// expire gives what nothing more is expected of. Entries stand in the order in which they were added to.
func (p *Pairer) expire() {
	for {
		k, w, ok := p.waiting.Oldest()
		if !ok || p.newest-w.since < p.wait {
			return
		}
		p.give(k, w)
		p.waiting.Delete(k)
	}
}

// Flush gives all that waits, the longest first.
func (p *Pairer) Flush() {
	for {
		k, w, ok := p.waiting.Oldest()
		if !ok {
			return
		}
		p.give(k, w)
		p.waiting.Delete(k)
	}
}

// Waiting is how many conversations wait.
func (p *Pairer) Waiting() int { return p.waiting.Len() }

// Evicted is how many conversations had to go before their time, because too many waited.
func (p *Pairer) Evicted() uint64 { return p.waiting.Evicted() }
