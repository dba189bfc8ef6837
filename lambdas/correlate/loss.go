package correlate

import (
	"context"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/tally"
)

// loss compares the bytes that flow logs counted of a machine with those that the sensors counted of it in the same hours. It is one more
// call, for the first local participant of whom both know, and is left where none is left in the pass.
func (q *inquiry) loss(ctx context.Context, sum *events.FlowSummary) {
	if q.o.Store.Devices == nil || q.calls >= mostReads {
		return
	}
	from, to := sum.From.Truncate(10*time.Minute), sum.To.Truncate(10*time.Minute).Add(10*time.Minute)
	for _, p := range q.d.Participants {
		if p.External || p.Device == "" {
			continue
		}
		flows := tally.Total(q.docs, p.Address, from, to)
		if flows == 0 {
			continue
		}
		q.calls++
		points, err := q.o.Store.Devices.Series(ctx, p.Device, bytesOut, from, to)
		if err != nil || len(points) == 0 {
			return
		}
		seen := 0.0
		for _, one := range points {
			seen += one.Value
		}
		sum.BytesSeen, sum.BytesFlows = uint64(seen), flows
		share, sentence := tally.Loss(sum.BytesSeen, flows)
		sum.Loss = share
		if sentence != "" {
			sum.Sentence = sum.Sentence + " " + sentence
		}
		return
	}
}

// bytesOut is the metric of a device that counts what it sent, in bytes of IP.
const bytesOut = "bytes_out"
