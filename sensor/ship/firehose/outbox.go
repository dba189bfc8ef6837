package firehose

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
)

// outbox is the frames that wait: in memory while Firehose takes them, on disk while it does not, or when memory is full. What is older
// goes first.
type outbox struct {
	mu       sync.Mutex
	seq      uint64
	memory   []frame
	bytes    int64  // of them
	spool    *spool // nil: there is none
	troubled bool   // Firehose took nothing the last time
	ended    bool
	wake     chan struct{}
	lose     func(records int, why string)
	refused  error // why the disk did not take the last frame

	// Not locked, since neither the pipeline nor who asks for them may wait for a disk.
	told                    atomic.Bool  // that records are lost
	waiting, spooled, spent atomic.Int64 // records in memory, records on disk, bytes there
}

// parcel is a frame on its way; file says that it lies in the spool.
type parcel struct {
	frame
	file bool
}

// add takes a frame.
func (o *outbox) add(f frame) {
	o.mu.Lock()
	f.seq = o.seq
	o.seq++
	lost := o.put(false, f)
	o.unlock()
	o.tell(lost)
	o.nudge()
}

// loss is what went wrong while the outbox was locked; whoever is told of it may ask it for its figures.
type loss struct {
	records int
	why     string
}

func (o *outbox) tell(list []loss) {
	for _, l := range list {
		o.lose(l.records, l.why)
	}
}

// put adds frames that are new, or that came back.
func (o *outbox) put(back bool, frames ...frame) (lost []loss) {
	for _, f := range frames {
		o.memory = append(o.memory, f)
		o.bytes += int64(len(f.data))
	}
	if back {
		slices.SortFunc(o.memory, func(a, b frame) int { return cmp.Compare(a.seq, b.seq) })
	}
	if o.spool != nil && (o.troubled || o.bytes > memoryBytes) {
		lost = o.spill()
	}
	for o.bytes > memoryBytes {
		lost = append(lost, loss{o.pop().records, "Firehose does not take them, and " + o.refusal()})
	}
	return lost
}

// refusal says why the disk does not take frames.
func (o *outbox) refusal() string {
	if o.spool == nil {
		return "there is no spool"
	}
	return fmt.Sprintf("the spool neither: %v", o.refused)
}

// pop takes the oldest frame out of memory.
func (o *outbox) pop() frame {
	f := o.memory[0]
	o.memory[0] = frame{}
	o.memory = o.memory[1:]
	o.bytes -= int64(len(f.data))
	return f
}

// spill moves what is in memory to the disk. What the disk refuses stays.
func (o *outbox) spill() (lost []loss) {
	for len(o.memory) > 0 {
		gone, err := o.spool.put(o.memory[0])
		lost = append(lost, gone...)
		if o.refused = err; err != nil {
			return lost
		}
		o.pop()
	}
	return lost
}

// take gives the oldest frames that may go together: one alone while Firehose takes nothing. Done says that there are none and that none will come.
func (o *outbox) take() (batch []parcel, done bool) {
	o.mu.Lock()
	most, room, lost := batchFrames, int64(batchBytes), []loss(nil)
	if o.troubled {
		most = 1
	}
	for o.spool != nil && len(batch) < most && o.spool.waits(room) {
		f, gone := o.spool.read()
		lost = append(lost, gone...)
		if f.data != nil {
			batch = append(batch, parcel{f, true})
			room -= int64(len(f.data))
		}
	}
	more := o.spool != nil && len(o.spool.files) > o.spool.busy // what is newer must not overtake it
	for !more && len(batch) < most && len(o.memory) > 0 && int64(len(o.memory[0].data)) <= room {
		f := o.pop()
		batch = append(batch, parcel{f, false})
		room -= int64(len(f.data))
	}
	done = o.ended && len(batch) == 0
	o.unlock()
	o.tell(lost)
	return batch, done
}

// settle takes back what was not sent. Nothing of a batch being sent is trouble: from then on frames wait on disk, where they outlive the process.
func (o *outbox) settle(sent, left []parcel) {
	o.mu.Lock()
	o.troubled = len(sent) == 0
	if !o.troubled {
		o.told.Store(false)
	}
	var back []frame
	var lost []loss
	for _, p := range left {
		if !p.file {
			back = append(back, p.frame)
		}
	}
	if o.spool != nil {
		o.spool.settle(sent)
	}
	if len(back) > 0 || o.troubled {
		lost = append(lost, o.put(true, back...)...)
	}
	o.unlock()
	o.tell(lost)
}

func (o *outbox) nudge() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

func (o *outbox) end() {
	o.mu.Lock()
	o.ended = true
	o.unlock()
	o.nudge()
}

// close puts what was not sent on disk, and says how many records lie there.
func (o *outbox) close() (left int64, err error) {
	o.mu.Lock()
	var lost []loss
	if o.spool != nil {
		lost = o.spill()
		left = o.spool.records
		err = o.spool.close()
	}
	for len(o.memory) > 0 {
		lost = append(lost, loss{o.pop().records, "they were not sent in time, and " + o.refusal()})
	}
	o.unlock()
	o.tell(lost)
	return left, err
}

// tellLoss says whether a loss is news.
func (o *outbox) tellLoss() bool { return !o.told.Load() && !o.told.Swap(true) }

func (o *outbox) stats() (waiting, spooled, bytes int64) {
	return o.waiting.Load(), o.spooled.Load(), o.spent.Load()
}

// unlock tells how things stand, and lets others in.
func (o *outbox) unlock() {
	n := 0
	for i := range o.memory {
		n += o.memory[i].records
	}
	o.waiting.Store(int64(n))
	if o.spool != nil {
		o.spooled.Store(o.spool.records)
		o.spent.Store(o.spool.bytes)
	}
	o.mu.Unlock()
}
