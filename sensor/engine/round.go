package engine

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/capture"
)

// atEnd is the place of records that no frame of the round caused: time-outs, and the end of the input.
const atEnd = ^uint32(0)

// entry is one record as a worker made it: where in the round, and its JSON when logs are kept.
type entry struct {
	at       uint32 // index of the frame that caused it, or atEnd
	depth    uint8  // envelopes around what caused it: each layer of a frame may be another worker's
	record   events.Record
	from, to int // its line in outbox.json
}

// outbox is what one worker made of one round. It is reused.
type outbox struct {
	entries []entry // caused by a frame, in the order of frames
	late    []entry // caused by time alone: ended by a time-out at some moment of the round
	json    []byte
}

func (o *outbox) reset() {
	clear(o.entries) // let the records go
	clear(o.late)
	o.entries, o.late, o.json = o.entries[:0], o.late[:0], o.json[:0]
}

// round is one batch of frames on its way through the workers. All of them see all of it, each takes the conversations that
// are its own; when the last is done the records are put in order and judged.
type round struct {
	batch *capture.Batch
	now   int64 // packet time at the end of the round
	last  bool  // the input ended
	boxes []outbox
	done  sync.WaitGroup
}

// seal puts the records that time caused behind the others, in order of start and uid: which of a round's packets showed a worker
// that a conversation had timed out depends on how many workers there are.
func (o *outbox) seal() {
	slices.SortStableFunc(o.late, byStart)
	o.entries = append(o.entries, o.late...)
}

func byStart(a, b entry) int {
	x, y := a.record.Common(), b.record.Common()
	return cmp.Or(cmp.Compare(x.TS, y.TS), strings.Compare(x.UID, y.UID))
}

// inOrder calls f for every record of the round, in the order in which one worker alone would have made them, so that
// the number of workers shows in no result.
func (r *round) inOrder(f func(events.Record, []byte)) {
	for i := range r.boxes {
		r.boxes[i].seal()
	}
	next := make([]int, len(r.boxes))
	for {
		best := -1
		for i := range r.boxes {
			if next[i] < len(r.boxes[i].entries) && (best < 0 || before(&r.boxes[i].entries[next[i]], &r.boxes[best].entries[next[best]])) {
				best = i
			}
		}
		if best < 0 {
			return
		}
		box := &r.boxes[best]
		e := &box.entries[next[best]]
		next[best]++
		f(e.record, box.json[e.from:e.to])
	}
}

func before(a, b *entry) bool {
	if a.at != b.at {
		return a.at < b.at
	}
	if a.at == atEnd {
		return byStart(*a, *b) < 0
	}
	return a.depth < b.depth
}
