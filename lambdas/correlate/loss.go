package correlate

import (
	"context"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/tally"
)

// loss compares the bytes that flow logs counted of a machine with those that the sensors counted of it in the same minutes: it is asked once,
// of the first participant whose device is known, and only where CloudWatch need not be asked in the same pass.
func (q *inquiry) loss(ctx context.Context, sum *events.FlowSummary) {
	if q.o.Store.Devices == nil || sum.BytesFlows == 0 || q.o.Metrics != nil && !settled(stateOf(q.d.Context, events.SourceCloudWatch)) {
		return
	}
	device := ""
	for _, p := range q.d.Participants {
		if !p.External && p.Device != "" && p.Address == sum.Of {
			device = p.Device
		}
	}
	if device == "" {
		return
	}
	from, to := sum.From.Truncate(time.Minute), sum.To.Add(time.Minute)
	points, err := q.o.Store.Devices.Series(ctx, device, bytesOut, from, to)
	if err != nil || len(points) == 0 {
		return
	}
	seen := 0.0
	for _, p := range points {
		seen += p.Value
	}
	tally.Loss(sum, uint64(seen))
}

// bytesOut is the metric of a device that counts what flow logs count as leaving it.
const bytesOut = "bytes_out"
