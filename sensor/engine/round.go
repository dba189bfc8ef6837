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
	loads   []load       // what was carried of each envelope
	points  []pointCount // what was heard of each observation point, where it is time to tell
}

func (o *outbox) reset() {
	clear(o.entries) // let the records go
	clear(o.late)
	clear(o.loads)
	o.entries, o.late, o.json, o.loads, o.points = o.entries[:0], o.late[:0], o.json[:0], o.loads[:0], o.points[:0]
	if cap(o.points) > pointsKept {
		o.points = nil
	}
}

// put adds a record that the frame at caused, within depth envelopes.
func (o *outbox) put(r events.Record, at uint32, depth uint8, encode bool) {
	e := entry{at: at, depth: depth, record: r, from: len(o.json)}
	if encode {
		o.json = r.AppendJSON(o.json)
	}
	e.to = len(o.json)
	if at == atEnd {
		o.late = append(o.late, e)
	} else {
		o.entries = append(o.entries, e)
	}
}

// round is one batch of frames on its way through the workers. All of them see all of it, each takes the conversations that
// are its own; when the last is done the records are put in order and judged.
type round struct {
	batch *capture.Batch
	owner []uint8 // whose each frame is, or anyone; empty where every worker looks at all
	now   int64   // packet time at the end of the round
	last  bool    // the input ended
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

// inOrder calls f for every record of the round, those of the ledger among them, in the order in which one worker alone would
// have made them, so that the number of workers shows in no result.
func (r *round) inOrder(tunnels *outbox, f func(events.Record, []byte)) {
	boxes := make([]*outbox, 0, len(r.boxes)+1)
	for i := range r.boxes {
		boxes = append(boxes, &r.boxes[i])
	}
	boxes = append(boxes, tunnels)
	for _, b := range boxes {
		b.seal()
	}
	next := make([]int, len(boxes))
	for {
		best := -1
		for i, b := range boxes {
			if next[i] < len(b.entries) && (best < 0 || before(&b.entries[next[i]], &boxes[best].entries[next[best]])) {
				best = i
			}
		}
		if best < 0 {
			return
		}
		box := boxes[best]
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
