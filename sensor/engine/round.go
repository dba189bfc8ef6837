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
	record   events.Record
	from, to int // its line in outbox.json
}

// outbox is what one worker made of one round. It is reused.
type outbox struct {
	entries []entry
	json    []byte
}

func (o *outbox) reset() {
	clear(o.entries) // let the records go
	o.entries, o.json = o.entries[:0], o.json[:0]
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

// sortEnd puts the records of time-outs in order of start and uid. What frames caused is in order already.
func (o *outbox) sortEnd() {
	first := len(o.entries)
	for first > 0 && o.entries[first-1].at == atEnd {
		first--
	}
	slices.SortStableFunc(o.entries[first:], byStart)
}

func byStart(a, b entry) int {
	x, y := a.record.Common(), b.record.Common()
	return cmp.Or(cmp.Compare(x.TS, y.TS), strings.Compare(x.UID, y.UID))
}

// inOrder calls f for every record of the round, in the order in which one worker alone would have made them, so that
// the number of workers shows in no result.
func (r *round) inOrder(f func(events.Record, []byte)) {
	for i := range r.boxes {
		r.boxes[i].sortEnd()
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
	if a.at != b.at || a.at != atEnd {
		return a.at < b.at
	}
	return byStart(*a, *b) < 0
}
